-- Whole files from specs: plan, view, render.

local plan = require "plan"
local plan_tile = require "plan_tile"
local targets = require "targets"
local template = require "template"
local view = require "view"
local view_layer = require "view_layer"

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

-- What parts of a file a plan's kernel needs that others may not.
local function needs(planned)
    local needed = {narrow = false, looks_ahead = planned.looks_ahead}
    for _, set in ipairs(planned.sets or {}) do
        needed.narrow = needed.narrow
            or set.rest and set.rest.narrow and planned.stride > 1
        needed.looks_ahead = needed.looks_ahead
            or set.looks_ahead or set.strips
    end
    return needed
end

-- A part that variants with these guards need: is there any, and under what
-- condition is it used at all? false: always.
local function add_part(values, name, guards)
    local list, known, always = {}, {}, false
    for _, guard in ipairs(guards) do
        if not guard then
            always = true
        elseif not known[guard] then
            known[guard] = true
            list[#list + 1] = "(" .. guard .. ")"
        end
    end
    values["any_" .. name] = #guards > 0
    values[name .. "_guard"] = not always and #list > 0
        and table.concat(list, " || \\\n    ")
end

-- One kernel file. `micro`: for libtcc, which gets micro-kernels.
function emit.kernel(spec, isas, micro, prefix)
    local values = view_layer.values(spec)
    values.prefix = prefix
    values.gen_flags = gen_flags(isas, prefix)
    values.isas = table.concat(isas, ", ")
    values.micro = micro
    values.variants = {}
    values.most_rows = 0
    local guards = {narrow = {}, looks_ahead = {}}
    for i, isa in ipairs(isas) do
        local target = targets[isa]
        local planned = plan.make(spec, isa)
        local v = view.target(target, spec.sum_dtype)
        view.plan(planned, v, micro)
        v.guard = not micro and target.guard or false
        v.target = not micro and v.target or ""
        v.supported = micro and "1" or v.supported
        v.sum_text = sum_text[target.sum]
            or "(enum tconv_sum)TCONV_SCALAR_SUM"
        values.variants[i] = setmetatable(v, {__index = values})
        values.algorithm = planned.algorithm
        if planned.sets then
            values.most_rows = math.max(values.most_rows, planned.shape.rows)
        end
        for name, needed in pairs(needs(planned)) do
            if needed then
                table.insert(guards[name], v.guard)
            end
        end
    end
    for name, list in pairs(guards) do
        add_part(values, name, list)
    end
    -- What does not hang on the instruction set is the same in all variants; of
    -- what some have, it is said here whether any does.
    local any = values.variants[1]
    any.any_across = false
    for _, variant in ipairs(values.variants) do
        any.any_across = any.any_across or variant.across or false
    end
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
    local shape = plan_tile.shape(target, dtype == "f64" and 8 or 4)
    view.family(shape, values)
    values.chains = {}
    for i = 1, target.registers - 4 do
        values.chains[i] = i - 1
    end
    values.flops_per_round = 2 * values.shape.lanes * #values.chains
        * (values.integer and 4 or 1)
    return text_of(values.integer and "micro_integer.c.tmpl" or "micro.c.tmpl",
        values)
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
