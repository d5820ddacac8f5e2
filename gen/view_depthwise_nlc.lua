-- From plans of depthwise layers, rows of which are positions, to what their
-- templates see.

local plan_depthwise_nlc = require "plan_depthwise_nlc"

local view_depthwise_nlc = {}

-- Most taps that micro-kernels spell out.
local FAMILY_TAPS = 4

local function upto(count)
    local list = {}
    for i = 0, count - 1 do
        list[i + 1] = i
    end
    return list
end

-- Functions for so many taps each, for any number, and for an output alone.
local function forms_of(tap_counts, positions, any)
    local forms = {}
    for i, taps in ipairs(tap_counts) do
        forms[i] = {
            name = "taps" .. taps, positions = upto(positions), taps = taps,
            tap_list = upto(taps),
            text = ("%d outputs of a phase with %d %s"):format(positions, taps,
                taps == 1 and "tap" or "taps"),
        }
    end
    if any then
        forms[#forms + 1] = {
            name = "some", positions = upto(positions), tap_list = false,
            text = positions .. " outputs of a phase",
        }
    end
    forms[#forms + 1] = {
        name = "one", positions = upto(1), tap_list = false,
        text = "One output",
    }
    return forms
end

-- The numbers of a layer that its rows take, in the order of the plan.
local fields = {"channels", "kernel_size", "tap_step", "stride", "x_stride",
    "step", "crop", "q_begin", "phase_count"}

local function add_rows(v, p)
    v.positions, v.block_positions = p.positions, p.block_positions
    v.last_position = p.positions - 1
    v.rows_dense = {
        x_row = v.channels, x_rows = "length", y_row = v.channels, y_rows = "n",
    }
end

-- What depthwise_nlc.c.tmpl sees of a plan.
function view_depthwise_nlc.plan(p, v, micro)
    v.micro, v.name = micro, v.isa
    v.fenced, v.broadcasts = false, false
    v.phase_count = #p.phases
    for _, field in ipairs(fields) do
        v[field] = p[field] or v[field]
    end
    v.part_work, v.input_work = p.part_work, p.input_work
    v.phase_list, v.phases = p.phases, v.isa .. "_phases"
    v.lanes, v.last_channels, v.w_tap = p.lanes, p.last_channels, p.w_tap
    v.layer_param, v.layer_arg = false, ""
    v.phase_type = micro and "struct tconv_phase" or "struct phase"
    v.args_length = p.spec.length > 0 and p.spec.length or "args->length"
    v.forms = forms_of(p.tap_counts, p.positions, p.any_taps)
    add_rows(v, p)
    v.common_parts = {{template = "clamp.c.tmpl", values = {}}}
    if not micro then
        v.common_parts[2] = {template = "inside.c.tmpl", values = {}}
        v.common_parts[3] = {template = "phase.c.tmpl", values = {}}
    end
    v.plan_lines = {"Lanes are channels; a row of y is a few rows of x, each "
        .. "times a tap's", "weights."}
end

-- What micro.c.tmpl sees of such layers.
function view_depthwise_nlc.family(v)
    local rows = setmetatable({
        name = "depthwise_nlc", phases = "layer->phases",
        layer_param = "const struct tconv_depthwise_nlc *layer",
        layer_arg = "layer, ", phase_type = "struct tconv_phase",
        w_tap = "layer->tap_step * layer->channels",
        last_channels = ("layer->channels - %d"):format(v.lanes),
    }, {__index = v})
    for _, field in ipairs(fields) do
        rows[field] = "layer->" .. field
    end
    local tap_counts = {}
    for taps = 1, FAMILY_TAPS do
        tap_counts[taps] = taps
    end
    rows.forms = forms_of(tap_counts, plan_depthwise_nlc.positions, true)
    add_rows(rows, plan_depthwise_nlc)
    v.depthwise_nlc = rows
end

return view_depthwise_nlc
