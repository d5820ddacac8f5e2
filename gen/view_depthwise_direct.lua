-- From plans of depthwise layers of one phase to what their templates see.

local plan_depthwise_direct = require "plan_depthwise_direct"
local view_depthwise = require "view_depthwise"
local view_tile = require "view_tile"

local view_depthwise_direct = {}

local plus = view_depthwise.plus

-- "j", "2 * j"; of a name and another "n * j".
local function times(factor, name)
    return factor == 1 and name or ("%s * %s"):format(factor, name)
end

-- The names of a walk's operations, of its forms, and when it is taken: where
-- `tests` hold, if there are any.
local function add_walk(walk, v, name, tests)
    local vectors = walk.lanes > 1
    walk.type = vectors and v.isa .. "_vec" or v.ctype
    walk.fma = vectors and v.isa .. "_fma" or v.term
    local load = v.isa .. (walk.x_stride == 2 and "_load_second" or "_load")
    function walk.set1(value)
        return vectors and ("%s_set1(%s)"):format(v.isa, value) or value
    end
    function walk.load(from)
        return vectors and ("%s(%s)"):format(load, from)
            or (from:find(" ") and "*(%s)" or "*%s"):format(from)
    end
    function walk.store(to, value)
        return vectors and ("%s_store(%s, %s)"):format(v.isa, to, value)
            or ("*%s = %s"):format(to, value)
    end
    for _, form in ipairs(walk.forms) do
        form.name = name .. #form.vectors
        form.text = form.positions == 1 and "one" or form.positions
        for _, a in ipairs(form.vectors) do
            a.to, a.at = plus("", a.to), plus("", a.at)
        end
    end
    walk.taps = walk.loads and {}
    for _, x in ipairs(walk.loads or {}) do
        x.at = x.at and plus("", x.at) or v.along(x.tap)
        table.insert(walk.taps, x.tap)
        if x.second then
            table.insert(walk.taps, x.second)
        end
    end
    if vectors then
        table.insert(tests, ("end - j >= %d"):format(walk.lanes))
    end
    walk.locals = v.locals
    if walk.loads and walk.step then
        walk.locals = v.locals_but_step
    end
    walk.condition = #tests > 0 and table.concat(tests, " && ")
end

-- The numbers of a layer that its rows take.
local fields = {"rows", "outs", "kernel_size", "x_stride", "step", "shift",
    "back", "span", "least", "inner_begin", "reach", "has_ends",
    "block_positions"}

-- What depthwise_direct.c.tmpl sees of a plan.
function view_depthwise_direct.plan(p, v, micro)
    v.micro, v.name = micro, v.isa
    v.fenced, v.elementwise = false, p.walk.lanes == 1
    v.lanes, v.row_elements = p.lanes, p.row_elements
    v.term = v.isa .. (p.lanes > 1 and "_term" or "_fma")
    for _, field in ipairs(fields) do
        v[field] = p[field]
    end
    v.part_work, v.input_work = p.part_work, p.input_work
    v.layer_param, v.layer_arg = false, ""
    v.locals, v.locals_but_step = {}, {}
    v.args_length = p.spec.length > 0 and p.spec.length or "args->length"
    v.x_channel = p.outs == 1 and "o" or "o / " .. p.outs
    v.x_at = plus(times(p.x_stride, "j"), -p.shift)
    function v.along(tap)
        return (p.step < 0 and " - " or " + ") .. times(math.abs(p.step), tap)
    end
    -- The first tap that is inside x, and the one behind the last.
    local function steps_to(distance)
        return math.abs(p.step) == 1 and distance
            or ("steps_to(%s, %d)"):format(distance, math.abs(p.step))
    end
    v.tap_begin = steps_to(p.step < 0 and "i - length + 1" or "-i")
    v.tap_end = steps_to(p.step < 0 and "i + 1" or "length - i")
    v.rows_dense = {x_row = "length", x_rows = p.spec.reads, y_row = "n",
        y_rows = p.rows}
    v.end_at = plus(times(p.x_stride, "begin"), -p.least)
    v.end_read = plus(times(p.x_stride, "(end - begin - 1)"), p.span)
    v.end_first = plus(times(p.x_stride, "(j - e->begin)"), p.back)
    v.unzips, v.loads_seconds = p.walk.unzips, p.walk.loads_seconds
    v.walks = {p.walk}
    add_walk(p.walk, v, "inner", {})
    v.end_elements, v.end_test, v.end_load = p.end_elements, "", p.walk.load
    v.common_parts = micro and view_tile.parts("clamp")
        or view_tile.parts("clamp", "share",
        math.abs(p.step) > 1 and "steps_to" or nil)
    v.plan_lines = {
        ("Position j of a row reads x at %s for tap 0, and %d %s for each")
            :format(v.x_at, math.abs(p.step), p.step < 0 and "before" or "on"),
        "next one; lanes are positions.",
    }
end

-- What micro.c.tmpl sees of such layers.
function view_depthwise_direct.family(v)
    local p = plan_depthwise_direct.family(v.lanes)
    local rows = setmetatable({
        name = "depthwise_direct",
        layer_param = "const struct tconv_depthwise_direct *layer",
        layer_arg = "layer, ",
        locals = {"kernel_size", "x_stride", "shift", "step"},
        locals_but_step = {"kernel_size", "x_stride", "shift"},
        x_channel = "(layer->outs > 1 ? o / layer->outs : o)",
        x_at = "j * x_stride - shift",
        along = function(tap) return " + " .. times(tap, "step") end,
        tap_begin = "taps_before(step < 0 ? i - length + 1 : -i, step)",
        tap_end = "taps_before(step < 0 ? i + 1 : length - i, step)",
        row_elements = "(layer->kernel_size + 1)",
        walks = p.walks, end_elements = p.end_elements,
        end_test = "layer->has_ends && ",
        end_load = function(from)
            return ("(layer->x_stride == 2 ? %s_load_second(%s) : %s_load(%s))")
                :format(v.isa, from, v.isa, from)
        end,
        end_at = "begin * layer->x_stride - layer->least",
        end_read = "(end - begin - 1) * layer->x_stride + layer->span",
        end_first = "(j - e->begin) * layer->x_stride + layer->back",
        rows_dense = {x_row = "length", x_rows = "layer->rows / layer->outs",
            y_row = "n", y_rows = "layer->rows"},
    }, {__index = v})
    for _, field in ipairs(fields) do
        rows[field] = "layer->" .. field
    end
    rows.kernel_size, rows.step = "kernel_size", "step"
    for _, walk in ipairs(rows.walks) do
        local name, tests = "any_", {}
        if walk.x_stride then
            name = "stride" .. walk.x_stride .. "_"
            table.insert(tests, "layer->x_stride == " .. walk.x_stride)
        end
        if walk.taps then
            name = "taps" .. walk.taps .. "_" .. name
            table.insert(tests, "layer->kernel_size == " .. walk.taps)
        end
        if walk.step then
            table.insert(tests, "layer->step == " .. walk.step)
        end
        add_walk(walk, rows, name, tests)
    end
    v.depthwise_direct = rows
end

return view_depthwise_direct
