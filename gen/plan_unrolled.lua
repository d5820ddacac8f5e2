-- Tiny layers of a fixed length: each output element's sum is spelled out.

local unrolled = {name = "unrolled"}

-- The most multiply-adds and outputs that are still spelled out.
local LIMIT = 192

local function terms_of(spec, o, j)
    local group_in = spec.in_channels // spec.groups
    local group_out = spec.out_channels // spec.groups
    local terms = {}
    for c = 0, group_in - 1 do
        local channel = o // group_out * group_in + c
        for k = 0, spec.kernel_size - 1 do
            local at = j + spec.padding_begin - k * spec.dilation
            local i = at // spec.stride
            if at % spec.stride == 0 and i >= 0 and i < spec.length then
                terms[#terms + 1] = {
                    w = (channel * group_out + o % group_out)
                        * spec.kernel_size + k,
                    row = spec.layout == "nlc" and i or channel,
                    at = spec.layout == "nlc" and channel or i,
                }
            end
        end
    end
    return terms
end

-- The rows, each once and ascending, that elements of the list are in.
local function rows_of(list)
    local seen, rows = {}, {}
    for _, element in ipairs(list) do
        if not seen[element.row] then
            seen[element.row] = true
            rows[#rows + 1] = element.row
        end
    end
    table.sort(rows)
    return rows
end

function unrolled.plan(spec)
    if spec.op ~= "ConvTranspose1d" or spec.pass ~= "forward"
        or spec.length == 0 or spec.parts > 1
        or spec.weight_dtype == "i8" then
        return nil
    end
    local weight = spec.in_channels * (spec.out_channels // spec.groups)
        * spec.kernel_size
    local outputs = spec.out_channels * spec.output_length
    if weight > LIMIT or weight * spec.length + outputs > LIMIT then
        return nil
    end
    local x_nlc, y_nlc = spec.layout == "nlc", spec.output_layout == "nlc"
    local result = {
        weight_elements = weight,
        packed_elements = weight + spec.out_channels,
        dense = {
            x_row = x_nlc and spec.in_channels or spec.length,
            y_row = y_nlc and spec.out_channels or spec.output_length,
            x_rows = x_nlc and spec.length or spec.in_channels,
            y_rows = y_nlc and spec.output_length or spec.out_channels,
        },
        terms = {},
    }
    local reads = {}
    for o = 0, spec.out_channels - 1 do
        for j = 0, spec.output_length - 1 do
            local terms = terms_of(spec, o, j)
            result.terms[#result.terms + 1] = {
                row = y_nlc and j or o, at = y_nlc and o or j,
                bias = weight + o, terms = terms,
            }
            table.move(terms, 1, #terms, #reads + 1, reads)
        end
    end
    result.x_rows, result.y_rows = rows_of(reads), rows_of(result.terms)
    return result
end

return unrolled
