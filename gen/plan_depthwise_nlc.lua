-- Depthwise layers whose rows of x and y are positions, transposed or not.
--
-- Phases, shifts and steps are the polyphase algorithm's (see there). A row of
-- y is the bias and a few rows of x, each times the weights of one tap: lanes
-- are channels, nothing is broadcast or turned. Some outputs of a phase are
-- computed together, so that a load of weights serves all; those that lack taps
-- go one by one.

local plan_depthwise = require "plan_depthwise"
local plan_tile = require "plan_tile"

local depthwise_nlc = {name = "depthwise_nlc"}

-- Phases are in a table; beyond, the polyphase algorithm has shorter code.
local MAX_STRIDE = 64
-- Outputs of a phase at once: enough sums for a multiply-add's latency.
local POSITIONS = 4
-- Most taps that are spelled out, and by micro-kernels.
local MAX_TAPS, FAMILY_TAPS = 12, 4
-- Positions of a unit of work, whose rows of x stay near for all phases.
local BLOCK_POSITIONS = 32
-- Channels from which on every instruction set fills a vector.
local WIDEST_BYTES = 64

-- Functions for so many taps each, for any number, and for an output alone.
local function forms_of(tap_counts, any)
    local positions, forms = plan_tile.upto(POSITIONS), {}
    for i, taps in ipairs(tap_counts) do
        forms[i] = {
            positions = positions, taps = taps,
            tap_list = plan_tile.upto(taps),
        }
    end
    if any then
        forms[#forms + 1] = {positions = positions, tap_list = false}
    end
    forms[#forms + 1] = {positions = plan_tile.upto(1), tap_list = false}
    return forms
end

local function add_positions(p)
    p.positions, p.last_position = POSITIONS, POSITIONS - 1
    p.block_positions = BLOCK_POSITIONS
end

-- What micro-kernels are rendered from.
function depthwise_nlc.family()
    local p, tap_counts = {}, {}
    for taps = 1, FAMILY_TAPS do
        tap_counts[taps] = taps
    end
    add_positions(p)
    p.forms = forms_of(tap_counts, true)
    return p
end

local function transposed(p, spec)
    p.stride, p.x_stride, p.crop = spec.stride, 1, spec.padding_begin
    p.q_begin = spec.padding_begin // spec.stride
    p.tap_step, p.step = spec.kernel_size, 0 -- of phases of one tap
    for i, phase in ipairs(plan_depthwise.phases(spec)) do
        local first, second = phase.taps[1], phase.taps[2]
        p.phases[i] = {
            phase = phase.phase, taps = #phase.taps,
            first = first and first.k or 0, shift = first and first.shift or 0,
        }
        if second then
            p.tap_step = second.k - first.k
            p.step = first.shift - second.shift
        end
    end
end

local function direct(p, spec)
    p.stride, p.x_stride, p.crop, p.q_begin = 1, spec.stride, 0, 0
    p.tap_step, p.step = 1, spec.dilation
    p.phases[1] = {
        phase = 0, taps = spec.kernel_size, first = 0,
        shift = spec.padding_begin,
    }
end

function depthwise_nlc.plan(spec, target)
    if spec.pass == "grad_weight"
        or spec.x_layout ~= "nlc" or spec.y_layout ~= "nlc"
        or spec.reads ~= spec.groups or spec.writes ~= spec.groups
        or spec.groups * spec.sum_bytes < WIDEST_BYTES
        or spec.stride > MAX_STRIDE or spec.converts
        or spec.weight_number_bytes < spec.sum_bytes then
        return nil
    end
    local p = {
        channels = spec.groups, kernel_size = spec.kernel_size,
        lanes = math.max(1, target.vector_bytes // spec.sum_bytes),
        phases = {},
        packed_elements = spec.groups * (spec.kernel_size + 1),
        part_work = plan_depthwise.PART_WORK,
    }
    add_positions(p)
    if spec.transposed then
        transposed(p, spec)
    else
        direct(p, spec)
    end
    p.last_channels, p.w_tap = p.channels - p.lanes, p.tap_step * p.channels
    p.input_work = math.max(spec.weight_elements, plan_depthwise.BYTE_WORK
        * spec.sum_bytes * p.channels * (p.x_stride + p.stride))
    local seen, tap_counts, any = {}, {}, false
    for _, phase in ipairs(p.phases) do
        if phase.taps > MAX_TAPS then
            any = true
        elseif not seen[phase.taps] then
            seen[phase.taps] = true
            table.insert(tap_counts, phase.taps)
        end
    end
    p.forms = forms_of(tap_counts, any)
    return p
end

return depthwise_nlc
