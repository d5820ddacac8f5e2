-- Whole files from specs: plan, view, render.

local plan = require "plan"
local plan_tile = require "plan_tile"
local targets = require "targets"
local template = require "template"
local view = require "view"

local emit = {}

local sum_text = {
    [0] = "TCONV_SUM_FUSED", [1] = "TCONV_SUM_SEPARATE",
}

local function text_of(name, values)
    local out = {}
    template.render(out, name, values)
    -- Templates may leave a blank line at the end of what they render.
    return (table.concat(out):gsub("\n\n\n+", "\n\n"):gsub("\n+$", "\n"))
end

-- The flags that `tconv gen` needs to make a file again.
local function gen_flags(isas, prefix)
    return (#isas < #targets and " --isa " .. table.concat(isas, ",") or "")
        .. (prefix ~= "tconv" and " --prefix " .. prefix or "")
end

local weight_dtypes = {
    f32 = "float32", f64 = "float64", f16 = "float16", bf16 = "bfloat16",
}

-- The layer in PyTorch's notation, defaults left out, as lines of a comment.
local function notation(spec)
    local parts = {spec.in_channels, spec.out_channels, spec.kernel_size}
    local function add(field, value, default)
        if value ~= default then
            parts[#parts + 1] = field .. "=" .. value
        end
    end
    add("stride", spec.stride, 1)
    if spec.padding_begin == spec.padding_end then
        add("padding", spec.padding_begin, 0)
    else
        add("padding", ("(%d, %d)"):format(spec.padding_begin,
            spec.padding_end))
    end
    add("output_padding", spec.output_padding, 0)
    add("groups", spec.groups, 1)
    add("bias", spec.bias == 1 and "True" or "False", "True")
    add("dilation", spec.dilation, 1)
    add("dtype", spec.dtype == "f64" and '"float64"' or '"float32"',
        '"float32"')
    add("weight_dtype", '"' .. weight_dtypes[spec.weight_dtype] .. '"',
        '"' .. weight_dtypes[spec.dtype] .. '"')
    add("length", spec.length, 0)
    add("pass", '"' .. spec.pass .. '"', '"forward"')
    local lines = {spec.op .. "("}
    for i, part in ipairs(parts) do
        part = part .. (i < #parts and "," or ")")
        if #lines[#lines] + #part > 72 then
            lines[#lines + 1] = "   "
        end
        lines[#lines] = lines[#lines]
            .. (lines[#lines]:sub(-1) == "(" and "" or " ") .. part
    end
    return lines
end

-- What the kernel reads and writes, and their shapes.
local function shapes(spec)
    local conv = spec.op == "Conv1d"
    local x = ("(batch, %d, length)"):format(spec.in_channels)
    local y = ("(batch, %d, output length)"):format(spec.out_channels)
    local weight = ("(%d, %d, %d)"):format(
        conv and spec.out_channels or spec.in_channels,
        (conv and spec.in_channels or spec.out_channels) // spec.groups,
        spec.kernel_size)
    local list
    if spec.pass == "grad_input" then
        list = {{"x", "grad_output " .. y}, {"weight", weight},
            {"y", "grad_input  " .. x}}
    else
        list = {{"x", x}, {"weight", weight}, {"y", y}}
        if spec.pass == "grad_weight" then
            list = {{"x", x}, {"packed", "grad_output " .. y},
                {"y", "grad_weight " .. weight}}
        end
        if spec.has_bias then
            table.insert(list, 3, {"bias", ("(%d)"):format(spec.out_channels)})
        end
    end
    local lines = {}
    for i, item in ipairs(list) do
        lines[i] = ("  %-7s %s%s"):format(item[1], item[2],
            i < #list and "" or ", all " .. (spec.dtype == "f64" and "double"
                or "float") .. ", in C order")
    end
    return lines
end

-- How its sums go.
local function sum_lines(spec)
    if spec.pass == "grad_weight" then
        return {
            "Each sum starts at +0 and goes over batch items, then positions",
            "of " .. (spec.op == "Conv1d" and "y" or "x")
                .. ", both ascending, in blocks of 256 positions that are each",
            "summed from +0, acc = fma(a, b, acc), and then added. A product",
            "with a tap outside the signal is left out.",
        }
    end
    local summed = spec.pass == "grad_input" and "output" or "input"
    return {
        ("Each sum starts at %s; then, for %s channels ascending and for")
            :format(spec.has_bias and "bias[o]" or "+0", summed),
        "taps ascending, acc = fma(w, x, acc). A tap outside the " .. summed
            .. " is left out.",
    }
end

local function layer_values(spec)
    return {
        op = spec.op,
        pass = spec.pass,
        shape_lines = shapes(spec),
        sum_lines = sum_lines(spec),
        writes = spec.writes,
        counted = spec.op == "Conv1d" and "output" or "input",
        version = tconv.version,
        name = spec.name,
        notation_lines = notation(spec),
        dtype = spec.dtype,
        ctype = spec.dtype == "f64" and "double" or "float",
        in_channels = spec.in_channels,
        out_channels = spec.out_channels,
        groups = spec.groups,
        kernel_size = spec.kernel_size,
        stride = spec.stride,
        outs = spec.writes // spec.groups,
        has_bias = spec.has_bias,
        fixed_length = spec.length,
        fixed_output_length = spec.output_length,
        least_length = spec.least_length,
        most_length = spec.most_length,
        output_sign = spec.output_constant < 0 and "-" or "+",
        output_distance = math.abs(spec.output_constant),
        weight_bytes = spec.weight_bytes,
        macs_per_input = spec.weight_elements,
    }
end

-- One kernel file. `micro`: for libtcc, which gets micro-kernels.
function emit.kernel(spec, isas, micro, prefix)
    local values = layer_values(spec)
    values.prefix = prefix
    values.gen_flags = gen_flags(isas, prefix)
    values.isas = table.concat(isas, ", ")
    values.micro = micro
    values.variants = {}
    values.most_rows = 0
    values.any_narrow, values.any_looks_ahead = false, false
    for i, isa in ipairs(isas) do
        local target = targets[isa]
        local planned = plan.make(spec, isa)
        local v = view.target(target, spec.dtype)
        view.plan(planned, v, micro)
        v.guard = not micro and target.guard or false
        v.target = not micro and v.target or ""
        v.supported = micro and "1" or target.supported
        v.sum_text = sum_text[target.sum]
            or "(enum tconv_sum)TCONV_SCALAR_SUM"
        values.variants[i] = setmetatable(v, {__index = values})
        values.algorithm = planned.algorithm
        if planned.sets then
            values.most_rows = math.max(values.most_rows, planned.shape.rows)
            values.any_looks_ahead = values.any_looks_ahead
                or planned.looks_ahead or false
            for _, set in ipairs(planned.sets) do
                values.any_narrow = values.any_narrow
                    or set.rest and set.rest.narrow
                values.any_looks_ahead = values.any_looks_ahead
                    or set.looks_ahead
            end
        end
    end
    -- What does not hang on the instruction set is the same in all variants.
    local any = values.variants[1]
    values.common_parts = any.common_parts
    values.op_name = any.op_name or ""
    values.plan_lines = any.plan_lines
    for _, part in ipairs(values.common_parts) do
        setmetatable(part.values, {__index = any})
    end
    return text_of("file.c.tmpl", values)
end

-- A model's files: a list of {name, text}.
function emit.model(model, isas, prefix)
    local values = {
        version = tconv.version,
        model = model.name,
        source = model.file:match("[^/]*$"),
        macro = (prefix .. "_" .. model.name):upper(),
        guard = (prefix .. "_" .. model.name):upper() .. "_H",
        prefix = prefix,
        gen_flags = gen_flags(isas, prefix),
        layers = {},
        layer_count = #model.layers,
        kernels = {},
    }
    local files, seen = {}, {}
    for i, layer in ipairs(model.layers) do
        values.layers[i] = {name = layer.name, kernel = layer.spec.name}
        if not seen[layer.spec.name] then
            seen[layer.spec.name] = true
            table.insert(values.kernels, layer.spec.name)
            table.insert(files, {
                name = layer.spec.name .. ".c",
                text = emit.kernel(layer.spec, isas, false, prefix),
            })
        end
    end
    table.insert(files, 1, {
        name = model.name .. ".h", text = text_of("model.h.tmpl", values),
    })
    table.insert(files, 2, {
        name = model.name .. ".c", text = text_of("model.c.tmpl", values),
    })
    table.insert(files, {
        name = "tconv_kernel.h", text = template.load("tconv_kernel.h"),
    })
    return files
end

-- A family of micro-kernels.
function emit.family(isa, dtype)
    local target = targets[isa]
    local values = view.target(target, dtype)
    values.version = tconv.version
    view.family(plan_tile.shape(target, dtype == "f64" and 8 or 4), values)
    values.chains = {}
    for i = 1, target.registers - 4 do
        values.chains[i] = i - 1
    end
    values.flops_per_round = 2 * values.shape.lanes * #values.chains
    return text_of("micro.c.tmpl", values)
end

function emit.plan(spec, isa)
    return plan.describe(plan.make(spec, isa))
end

-- Predicted speed; see plan_cost.lua. Loaded here only: the JIT does without.
function emit.cost(spec, isa, length, batch, threads)
    local cost = require "plan_cost"
    return cost.estimate(plan.make(spec, isa), length, batch, threads)
end

return emit
