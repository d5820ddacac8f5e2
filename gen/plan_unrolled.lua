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
                    x = channel * spec.length + i,
                }
            end
        end
    end
    return terms
end

function unrolled.plan(spec)
    if spec.op ~= "ConvTranspose1d" or spec.pass ~= "forward"
        or spec.length == 0 then
        return nil
    end
    local weight = spec.in_channels * (spec.out_channels // spec.groups)
        * spec.kernel_size
    local outputs = spec.out_channels * spec.output_length
    if weight > LIMIT or weight * spec.length + outputs > LIMIT then
        return nil
    end
    local result = {
        weight_elements = weight,
        packed_elements = weight + spec.out_channels,
        input_elements = spec.in_channels * spec.length,
        output_elements = outputs,
        terms = {},
    }
    for o = 0, spec.out_channels - 1 do
        for j = 0, spec.output_length - 1 do
            result.terms[#result.terms + 1] = {
                y = o * spec.output_length + j, bias = weight + o,
                terms = terms_of(spec, o, j),
            }
        end
    end
    return result
end

return unrolled
