-- The depthwise algorithm: groups of one input channel, or of few and one
-- output channel; few taps.
--
-- Positions q, phases and shifts are the polyphase algorithm's (see there).
-- Here each output is a handful of terms and memory is what takes the time, so
-- the lanes of a vector are positions, each x is loaded once for all phases,
-- and the phases are interleaved in registers on their way to y. Positions
-- from `left_end` on and before length + `right_begin` have all taps and all
-- their outputs in y; the others are the edges, spelled out while they are few.
-- Lengths from `long` on have no position that is at both edges. Of a single
-- frame each output has one tap at most: there the lanes are channels, whose
-- weights lie side by side for that, as many channels as a vector has lanes:
-- for each tap, ascending, and then for the bias.

local plan_tile = require "plan_tile"

local depthwise = {name = "depthwise"}

-- What still makes short straight code.
local MAX_TAPS, MAX_STRIDE = 64, 16
-- Input channels of a group of one output channel.
local MAX_INS = 8
-- Strides that no vectors are zipped for, but elements stored one by one.
local MAX_SCRATCHED_STRIDE = 3
-- Sums and terms of edges that are spelled out.
local MAX_EDGE = 200
-- Work that is worth waking a thread for: some microseconds of multiply-adds,
-- or of bytes to and from memory, each of which counts as much as two.
depthwise.PART_WORK, depthwise.BYTE_WORK = 1 << 17, 2
-- From so many positions on a row is stored in whole lines: where stores are
-- half of the work, they take 5 to 15 % less time if none crosses a line.
local LEAST_ALIGNED = 96
-- Longer rows are split among threads.
local BLOCK_POSITIONS = 8192

local function ceil_div(a, b)
    return (a + b - 1) // b
end

-- Taps of each phase, with what they read.
function depthwise.phases(spec)
    local phases = {}
    for r = 0, spec.stride - 1 do
        phases[r + 1] = {phase = r, taps = {}}
    end
    for k = 0, spec.kernel_size - 1 do
        local at = k * spec.dilation
        table.insert(phases[at % spec.stride + 1].taps,
            {k = k, shift = at // spec.stride})
    end
    return phases
end

-- Taps of each phase of all a group's input channels, in the order of the sum;
-- `k` counts on from one channel to the next.
local function phases_of(spec, ins)
    local phases = depthwise.phases(spec)
    for _, phase in ipairs(phases) do
        local taps = phase.taps
        phase.taps = {}
        for input = 0, ins - 1 do
            for _, tap in ipairs(taps) do
                table.insert(phase.taps, {
                    k = input * spec.kernel_size + tap.k, shift = tap.shift,
                    input = input,
                })
            end
        end
    end
    return phases
end

-- The same by channels and shifts, ascending: one load of x each.
local function shifts_of(spec, ins)
    local shifts = {}
    for input = 0, ins - 1 do
        local known = {}
        for k = 0, spec.kernel_size - 1 do
            local at = k * spec.dilation
            local shift = at // spec.stride
            if not known[shift] then
                known[shift] = {shift = shift, input = input, taps = {}}
                shifts[#shifts + 1] = known[shift]
            end
            table.insert(known[shift].taps, {
                k = input * spec.kernel_size + k, phase = at % spec.stride,
            })
        end
    end
    return shifts
end

-- Outputs of edge positions from <= q < to. A tap that reads x at q - shift is
-- there where `has` says so; y_at and x_at are where q = 0 puts phase 0 and
-- reads with shift 0; outputs stay in y where `keeps` says so.
local function edge_of(p, from, to, y_at, x_at, keeps, has)
    local edge = {}
    for q = from, to - 1 do
        for _, phase in ipairs(p.phases) do
            local sum = {y = y_at + p.stride * q + phase.phase, terms = {}}
            if keeps(sum.y) then
                for _, tap in ipairs(phase.taps) do
                    if has(q - tap.shift) then
                        table.insert(sum.terms, {
                            k = tap.k, x = x_at + q - tap.shift,
                            input = tap.input,
                        })
                    end
                end
                edge[#edge + 1] = sum
                p.edge_cost = p.edge_cost + 1 + #sum.terms
            end
        end
        if p.edge_cost > MAX_EDGE then
            return
        end
    end
    return edge
end

-- The numbers of straight code for a layer's taps; also what micro-kernels
-- made for one stride and number of taps are rendered from.
function depthwise.taps(spec, ins, lanes)
    local p = {
        stride = spec.stride,
        ins = ins,
        term_count = ins * spec.kernel_size,
        row_elements = ins * spec.kernel_size + 1,
        lanes = lanes,
        phases = phases_of(spec, ins),
        shifts = shifts_of(spec, ins),
        max_shift = (spec.kernel_size - 1) * spec.dilation // spec.stride,
        edge_cost = 0,
        least_aligned = LEAST_ALIGNED,
    }
    p.zipped = plan_tile.zips_phases(p, spec.stride)
    p.zips, p.zips_name = plan_tile.zips(p.zipped and spec.stride or 1)
    return p
end

-- The edges where crops leave all that the first and last taps - 1 positions
-- reach, `taps` being the most of any phase; counted from the full output's
-- begin and end on.
function depthwise.whole_edges(p, taps)
    local function all()
        return true
    end
    p.edge_cost = -math.maxinteger
    p.left = edge_of(p, 0, taps - 1, 0, 0, all, function(i) return i >= 0 end)
    p.right = edge_of(p, 0, taps - 1, 0, 0, all, function(i) return i < 0 end)
end

-- Both edges; nil for those that take too much code. Right edges are counted
-- from the length and from the output length on.
function depthwise.edges(p, spec)
    local crop, constant = spec.padding_begin, spec.output_constant
    p.left = edge_of(p, p.q_begin, p.left_end, -crop, 0,
        function(y) return y >= 0 end,
        function(i) return i >= 0 end)
    p.right = p.left and edge_of(p, p.right_begin, p.right_end,
        spec.stride - crop - constant, 0,
        function(y) return y < 0 end,
        function(i) return i < 0 end)
end

-- The outputs of one frame, each of which has one tap or none, or nil where
-- these are not a channel's alone or too many.
function depthwise.frame(spec, lanes)
    local count = spec.output_constant
    if lanes == 1 or lanes > spec.out_channels
        or spec.in_channels ~= spec.out_channels
        or spec.groups ~= spec.out_channels or count < 1
        or count > MAX_STRIDE then
        return nil
    end
    local outputs = {}
    for j = 0, count - 1 do
        local f = j + spec.padding_begin
        local k = f // spec.dilation
        local reached = f % spec.dilation == 0 and k < spec.kernel_size
        outputs[j + 1] = {index = j, k = reached and k}
    end
    local zipped = count == 1 or plan_tile.zips_phases({lanes = lanes}, count)
    local zips, name = plan_tile.zips(zipped and count or 1)
    return {
        outputs = outputs, count = count, zipped = zipped, zips = zips,
        zips_name = name,
    }
end

-- Are vectors of half the width better? Where terms are few, it is zips and
-- stores that take the time: processors that do the widest vectors by halves
-- (Zen 4) take 5 to 20 % longer with these then, and where that is not so
-- memory is the limit for most. Three levels of zips want more registers.
function depthwise.halves(stride, ins, kernel_size)
    return (stride == 2 or stride == 4) and ins * kernel_size <= 3 * stride
end

-- Strides, input channels of a group and kernel sizes that a micro-kernel has
-- straight code for.
depthwise.FORMS = {}
for _, strides in ipairs {
    {1, 1, {1, 2, 3, 4, 5, 6, 7}},
    {2, 1, {2, 3, 4, 6, 8, 10, 12}},
    {2, 2, {4}},
    {3, 1, {3, 6, 9}},
    {4, 1, {4, 8, 12, 16}},
    {4, 2, {8}},
    {5, 1, {5, 10}},
    {8, 1, {8, 16}},
    {8, 2, {16}},
} do
    for _, kernel_size in ipairs(strides[3]) do
        table.insert(depthwise.FORMS, {
            stride = strides[1], ins = strides[2], kernel_size = kernel_size,
        })
    end
end

-- The place of a layer's among them; 0: it is none of these.
function depthwise.form(stride, ins, kernel_size)
    for i, form in ipairs(depthwise.FORMS) do
        if form.stride == stride and form.ins == ins
            and form.kernel_size == kernel_size then
            return i
        end
    end
    return 0
end

-- Are groups of so many channels worth it? All targets say the same. More
-- outputs of more inputs than one would read x anew for each.
local function few_channels(ins, outs, stride)
    return ins == 1 or outs == 1 and ins <= MAX_INS
        and (stride <= MAX_SCRATCHED_STRIDE or stride & (stride - 1) == 0)
end

function depthwise.plan(spec, target)
    local ins = spec.in_channels // spec.groups
    local outs = spec.out_channels // spec.groups
    if spec.op ~= "ConvTranspose1d" or spec.pass ~= "forward"
        or spec.layout == "nlc" or spec.output_layout == "nlc"
        or not few_channels(ins, outs, spec.stride)
        or ins * spec.kernel_size > MAX_TAPS
        or spec.stride > MAX_STRIDE
        or spec.converts or spec.weight_dtype == "i8" then
        return nil
    end
    local stride, crop = spec.stride, spec.padding_begin
    local constant = spec.output_constant
    local half = target.half
        and depthwise.halves(stride, ins, spec.kernel_size)
    local lanes = math.max(1, target.vector_bytes // (half and 2 or 1)
        // spec.element_bytes)
    local p = depthwise.taps(spec, ins, lanes)
    p.half = half and target.half
    p.outs = outs
    p.crop = crop
    p.q_begin = crop // stride
    p.left_end = math.max(p.max_shift, ceil_div(crop, stride))
    p.right_begin = math.min(0, (crop + constant) // stride - 1)
    p.right_end = (crop + constant - 1) // stride
    p.long = p.left_end - p.right_begin
    -- A form crops none but positions at the ends that lack taps.
    local ends = crop + constant
    p.form = spec.dilation == 1 and crop <= stride * p.max_shift
        and ends >= stride and ends <= stride * (1 + p.max_shift)
        and depthwise.form(stride, ins, spec.kernel_size) or 0
    depthwise.edges(p, spec)
    p.spelled = p.right ~= nil
    p.any = not p.spelled or p.long > spec.least_length
    p.packed_elements = ceil_div(spec.out_channels, lanes) * lanes
        * p.row_elements
    p.frame = depthwise.frame(spec, lanes)
    -- From this length on; one frame, where it can, has lanes over channels.
    p.form_length = math.max(p.max_shift, p.frame and 2 or 0)
    p.block_positions = BLOCK_POSITIONS
    p.part_work = depthwise.PART_WORK
    p.input_work = math.max(spec.weight_elements, depthwise.BYTE_WORK
        * spec.element_bytes * (spec.in_channels + stride * spec.out_channels))
    return p
end

return depthwise
