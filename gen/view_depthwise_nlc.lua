-- From plans of depthwise layers, rows of which are positions, to what their
-- templates see.

local plan_depthwise_nlc = require "plan_depthwise_nlc"
local view_tile = require "view_tile"

local view_depthwise_nlc = {}

-- Names of forms, and what they say of themselves.
local function add_forms(v, p)
    v.forms = p.forms
    for _, form in ipairs(p.forms) do
        local taps, count = form.taps, #form.positions
        form.name = taps and "taps" .. taps or count > 1 and "some" or "one"
        form.text = count == 1 and "One output"
            or count .. " outputs of a phase"
        if taps then
            form.text = form.text .. (" with %d %s"):format(taps,
                taps == 1 and "tap" or "taps")
        end
    end
end

-- The numbers of a layer that its rows take, in the order of the plan.
local fields = {"channels", "kernel_size", "tap_step", "stride", "x_stride",
    "step", "crop", "q_begin", "phase_count"}

local function add_rows(v, p)
    v.positions, v.block_positions = p.positions, p.block_positions
    v.last_position = p.last_position
    v.rows_dense = {
        x_row = v.channels, x_rows = "length", y_row = v.channels, y_rows = "n",
    }
    add_forms(v, p)
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
    add_rows(v, p)
    v.common_parts = micro and view_tile.parts("clamp")
        or view_tile.parts("clamp", "share", "inside", "phase")
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
    add_rows(rows, plan_depthwise_nlc.family())
    v.depthwise_nlc = rows
end

return view_depthwise_nlc
