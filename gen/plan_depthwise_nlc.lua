-- Depthwise layers whose rows of x and y are positions, transposed or not.
--
-- Phases, shifts and steps are the polyphase algorithm's (see there). A row of
-- y is the bias and a few rows of x, each times the weights of one tap: lanes
-- are channels, nothing is broadcast or turned. Some outputs of a phase are
-- computed together, so that a load of weights serves all; those that lack taps
-- go one by one.

local depthwise_nlc = {name = "depthwise_nlc"}

-- Phases are in a table; beyond, the polyphase algorithm has shorter code.
local MAX_STRIDE = 64
-- Outputs of a phase at once: enough sums for a multiply-add's latency.
local POSITIONS = 4
-- Most taps that are spelled out.
local MAX_TAPS = 12
-- Positions of a unit of work, whose rows of x stay near for all phases.
local BLOCK_POSITIONS = 32
-- As in plan_depthwise.lua.
local PART_WORK, BYTE_WORK = 1 << 17, 2
-- Channels from which on every instruction set fills a vector.
local WIDEST_BYTES = 64

-- Numbers that micro-kernels are rendered from, too.
depthwise_nlc.positions = POSITIONS
depthwise_nlc.block_positions = BLOCK_POSITIONS

local function transposed(p, spec)
    p.stride, p.x_stride, p.crop = spec.stride, 1, spec.padding_begin
    p.q_begin = spec.padding_begin // spec.stride
    p.tap_step, p.step = spec.kernel_size, 0 -- of phases of one tap
    for r = 0, spec.stride - 1 do
        p.phases[r + 1] = {phase = r, taps = 0, first = 0, shift = 0}
    end
    for k = 0, spec.kernel_size - 1 do
        local at = k * spec.dilation
        local phase = p.phases[at % spec.stride + 1]
        if phase.taps == 0 then
            phase.first, phase.shift = k, at // spec.stride
        elseif phase.taps == 1 then
            p.tap_step = k - phase.first
            p.step = phase.shift - at // spec.stride
        end
        phase.taps = phase.taps + 1
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
        positions = POSITIONS, block_positions = BLOCK_POSITIONS,
        phases = {}, tap_counts = {},
        packed_elements = spec.groups * (spec.kernel_size + 1),
        part_work = PART_WORK,
    }
    if spec.transposed then
        transposed(p, spec)
    else
        direct(p, spec)
    end
    p.last_channels, p.w_tap = p.channels - p.lanes, p.tap_step * p.channels
    p.input_work = math.max(spec.weight_elements, BYTE_WORK
        * spec.sum_bytes * p.channels * (p.x_stride + p.stride))
    local seen = {}
    p.any_taps = false
    for _, phase in ipairs(p.phases) do
        if phase.taps > MAX_TAPS then
            p.any_taps = true
        elseif not seen[phase.taps] then
            seen[phase.taps] = true
            table.insert(p.tap_counts, phase.taps)
        end
    end
    return p
end

return depthwise_nlc
