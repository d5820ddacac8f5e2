-- What a plan's work costs at some length and batch, and what bounds it.
--
-- A cycle is the time in which the peak does two multiply-adds of vectors; as
-- many vectors can be loaded in it. The rest are round numbers of the target
-- table and those below. They are estimates, meant to tell the bound and to
-- come within some ten per cent of a measurement, and no choice rests on them
-- yet.

local plan_tile = require "plan_tile"

local cost = {}

local LONG = 1 << 16       -- a long signal
local PER_CYCLE = 2        -- multiply-adds, and loads, of vectors
local LATENCY = 4          -- from one multiply-add of a sum to its next
local ISSUED = 4           -- instructions of a loop with branches, per cycle
local CALL = 20            -- of one tile at one group
local STAGE = 300          -- of one block
local PUT = 0.5            -- for each run of results that goes to y
local ZIPPED = 3.0         -- for each vector of results that is zipped
local SPREAD = 2.0         -- or spread, and for each vector that it goes to
local KEPT = 1.5           -- and by a strip, which has it in a register
local ADDED = 1.5          -- for each vector of sums that is added to others
local TURNED = 5.0         -- and turned on its way to memory
local DENSE = 8            -- elements that go to a panel at a time, on average
local FILL = 1.5           -- for each vector or element that goes to a panel
local EDGES_LOOKED_AT = 64 -- at each end; others are taken to be like these

local function ceil_div(a, b)
    return (a + b - 1) // b
end

local function clamp(value, least, most)
    return math.max(least, math.min(value, most))
end

-- Bytes of what is read and written for one batch item and group, of all
-- weights, and of all that a call must move. `length` is the layer's.
local function sizes(spec, length, batch)
    local element = spec.element_bytes // spec.parts
    local conv = spec.op == "Conv1d"
    local output = conv and (length + spec.output_constant) // spec.stride + 1
        or (length - 1) * spec.stride + spec.output_constant
    local back = spec.pass == "grad_input"
    local s = {
        length = back and output or length,
        output_length = back and length or output,
        batch = batch, items = 1.0 * batch * spec.groups,
        weights = 1.0 * spec.weight_bytes,
        macs = 1.0 * batch * (conv and output or length)
            * spec.weight_elements,
    }
    local items = s.items
    s.x = 1.0 * spec.reads // spec.groups * s.length * element
    s.y = 1.0 * spec.writes // spec.groups * s.output_length
        * (spec.output_element_bytes // spec.parts)
    s.bytes = items * (s.x + s.y) + s.weights
    return s
end

-- Cycles, by what takes them: `compute`, `L1` and `memory` if there were
-- nothing else, and the bytes from L2; `busy` is compute and L1 loop by loop,
-- the slower counting.
local function nothing()
    return {compute = 0.0, L1 = 0.0, l2_bytes = 0.0, memory = 0.0, busy = 0.0}
end

-- A loop that runs `times` times.
local function add_loop(sum, times, products, loads)
    local compute = math.max(products / PER_CYCLE, LATENCY)
    local from_l1 = loads / PER_CYCLE
    sum.compute = sum.compute + times * compute
    sum.L1 = sum.L1 + times * from_l1
    sum.busy = sum.busy + times * math.max(compute, from_l1)
end

local function add_other(sum, cycles)
    sum.compute = sum.compute + cycles
    sum.busy = sum.busy + cycles
end

-- The groups of positions that a length has, and its blocks of them: cut() of
-- polyphase.c.tmpl, without the last group of one position.
local function cut(p, s)
    local n = p.shape.positions
    local c = {length = s.length}
    c.q_begin = p.q_begin
    c.q_end = p.direct and s.output_length
        or (p.crop + s.output_length * p.y_parts - 1) // p.stride + 1
    c.head_end = clamp(p.head_end, c.q_begin, c.q_end)
    local whole = p.tile_positions
    if whole and (c.q_end - c.head_end) % whole ~= 0 and c.length > 1
        and not (p.heads_apart and c.q_end - c.head_end >= n) then
        c.head_end = c.q_begin
    end
    c.head_groups = ceil_div(c.head_end - c.q_begin, n)
    c.groups = c.head_groups + ceil_div(c.q_end - c.head_end, n)
    c.blocks = ceil_div(c.groups, p.block_groups)
    c.block_groups = ceil_div(c.groups, c.blocks)
    return c
end

local function group_start(c, n, group)
    if group >= c.groups then
        return c.q_end
    elseif group < c.head_groups then
        return c.q_begin + group * n
    end
    return c.head_end + (group - c.head_groups) * n
end

local function taps_within(distance, set)
    return distance < 0 and 0 or math.min(distance // set.step + 1, set.taps)
end

-- The most taps that any of `count` positions from q on has.
local function taps_at(q, count, set, p, c)
    local i = q * p.x_stride - set.first
    if p.direct then
        return taps_within(c.length - 1 - i, set)
            - taps_within(-1 - (i + (count - 1) * p.x_stride), set)
    end
    return taps_within(i + count - 1, set) - taps_within(i - c.length, set)
end

-- What groups at the ends cost: their masked taps go one by one, and few
-- positions leave each sum waiting for itself.
local function add_edges(sum, tile, set, p, c, from, to)
    local n = p.shape.positions
    local stride = math.max(1, (to - from) // EDGES_LOOKED_AT)
    for group = from, to - 1, stride do
        local q = group_start(c, n, group)
        local count = group_start(c, n, group + 1) - q
        local taps = taps_at(q, count, set, p, c)
        local products = count * tile.vectors
        -- Two tiles may share the wait, and what goes around it.
        local tiles = set.pair and count == 1 and 2 or 1
        local wait = LATENCY / tiles
        local issue = ((2 * count + 5) / tiles + products + tile.vectors)
            / ISSUED
        local step = math.max(products / PER_CYCLE, wait, issue)
        add_other(sum, stride * (p.channels * math.max(0, taps) * step
            + set.put * count + CALL))
    end
end

-- Cycles in which one position's rows of a tile go to y: a store for each run
-- of elements that lie together, in powers of two, or in as many as go over.
local function put_cycles(rows, phases, lanes, over)
    if over and over[1] then
        return PUT * rows / phases
    end
    local piece = clamp(phases, 1, rows)
    local stores = piece // lanes
    local rest = piece % lanes
    while rest > 0 do
        stores = stores + rest % 2
        rest = rest // 2
    end
    return PUT * rows / piece * stores
end

-- Tiles whose lanes are rows, `times` alike.
local function add_wide(sum, tile, times, set, p, c)
    local n = p.shape.positions
    local once = nothing()
    local groups = set.inner_groups
    add_loop(once, groups * n / tile.positions * p.channels * set.taps,
        tile.vectors * tile.positions, tile.vectors + tile.positions)
    if tile.strips then
        add_other(once, groups * tile.rows * (n / p.shape.lanes
            * (KEPT + set.chunks - 1) + CALL / set.strip.rows))
    else
        -- Sums are stored, and loaded again, in each chunk and once for y.
        add_other(once, groups * (set.chunks * tile.vectors * n + set.put * n
            + CALL))
    end
    add_edges(once, tile, set, p, c, 0, c.head_groups)
    add_edges(once, tile, set, p, c, c.head_groups + groups, c.groups)
    local element = p.spec.sum_bytes
    local weights = 1.0 * p.channels * set.taps * tile.rows * element
    -- Groups may be longer than what a call has.
    local panel = set.panel_bytes * (c.q_end - c.q_begin) / n
    if panel / c.blocks + weights > p.target.l1_bytes * set.chunks then
        once.l2_bytes = once.l2_bytes + panel
    end
    once.l2_bytes = once.l2_bytes
        + c.blocks * tile.rows * (1 + p.channels * set.taps) * element
        + 2 * (set.chunks - 1) * (c.q_end - c.q_begin) * tile.lanes * element
    for name, cycles in pairs(once) do
        sum[name] = sum[name] + times * cycles
    end
end

-- And in which a narrow tile's do.
local function row_cycles(tile, stride, shape)
    local sum = 0
    for _, rows in ipairs(tile.runs) do
        local stores = plan_tile.row_stores(shape, rows, stride)
        sum = sum + (stores == "zipped" and rows * ZIPPED / shape.lanes
            or stores == "spread" and stride * SPREAD / shape.lanes
            or stride > 1 and rows or rows / shape.lanes)
    end
    return sum
end

-- A tile whose lanes are positions, where these have all taps.
local function add_narrow(sum, tile, set, p, c)
    local lanes, channels = p.shape.lanes, p.channels
    local inner = clamp(c.length + set.least
        - math.max(c.q_begin, set.greatest), 0, c.q_end - c.q_begin)
    local wide = tile.wide and tile.wide or lanes
    local column_groups = inner // wide
    local columns = ceil_div(inner % wide, lanes)
    -- Where positions are not a multiple of the line, loads cross lines.
    local load = 1 + p.target.vector_bytes / 64
    for _, block in ipairs(tile.blocks) do
        for _, w in ipairs {{wide // lanes, column_groups}, {1, columns}} do
            local count, times = w[1], w[2]
            add_loop(sum, times * channels * set.taps, block.height * count,
                load * count + block.height)
            add_other(sum, times * CALL)
        end
        sum.l2_bytes = sum.l2_bytes
            + 1.0 * channels * inner * p.spec.sum_bytes
    end
    add_other(sum, (column_groups * wide + columns * lanes)
        * row_cycles(tile, p.stride, p.shape))
    add_edges(sum, tile, set, p, c, 0, c.head_groups)
    add_edges(sum, tile, set, p, c, c.head_groups + set.inner_groups, c.groups)
end

-- Tap sets that are walked at run time, as sets of average size; their number.
local function average_set(p)
    local shape = p.shape
    local count = math.min(p.reached,
        (p.reached - 1) * p.dilation // p.stride + 1)
    local taps = p.spec.kernel_size / p.reached
    local phases = p.reached / count
    local rows = math.max(1, math.floor(p.outs * phases))
    local average = {
        first = 0, least = 0, taps = taps,
        greatest = math.floor((taps - 1) * p.shift_step),
        phases = 1, rows = rows, full_tiles = rows // shape.rows,
        full = p.tile, open = rows % shape.rows > 0,
        panel = {
            width = p.panel.stretches > 1 and taps * shape.positions
                or shape.positions + (taps - 1) * p.shift_step,
            stretches = p.panel.stretches,
        },
        chunks = math.ceil(p.channels * taps * shape.rows
            / shape.chunk_elements),
    }
    return average, count
end

local function add_set(sum, set, p, c, fill)
    local n = p.shape.positions
    local s = setmetatable({step = p.shift_step}, {__index = set})
    local inner_end = math.min(c.q_end,
        ceil_div(c.length + set.least, p.x_stride))
    s.inner_groups = math.max(0, (inner_end - c.head_end) // n)
    s.panel_bytes = 1.0 * p.channels * set.panel.width * p.spec.sum_bytes
    local phases = p.phase_step == 1 and set.phases or 1
    if set.full then
        s.put = put_cycles(set.full.rows, phases, p.shape.lanes, set.over)
        add_wide(sum, set.full, set.full_tiles + (set.open and 1 or 0), s, p, c)
    end
    if set.rest then
        s.put = put_cycles(set.rest.rows, phases, p.shape.lanes, set.over)
        if set.rest.narrow then
            add_narrow(sum, set.rest, s, p, c)
        else
            add_wide(sum, set.rest, 1, s, p, c)
        end
    end
    if fill then
        local panel = set.panel
        local narrow = set.full_tiles == 0 and set.rest and set.rest.narrow
        local inner = panel.stretches > 1 and panel.width
            or ceil_div(panel.width, p.shape.lanes)
        local edges = (c.groups - s.inner_groups) * panel.width
        add_other(sum, FILL * p.channels * (edges
            + (narrow and 0 or s.inner_groups * inner)))
    end
end

-- What lies beyond L2: x, y and the weights once, unless all of a call's data
-- stay in L2, and the weights for each block where they do not stay.
local function add_memory(sum, s, target, readings)
    local near = s.bytes <= target.l2_bytes
    local speed = s.bytes <= target.l3_bytes and target.l3_speed
        or target.memory_speed
    if not near then
        sum.memory = sum.memory + s.bytes / speed
    end
    if s.weights > target.l2_bytes // 2 then
        local bytes = s.weights * (readings - 1)
        sum.memory = sum.memory + bytes
            / (s.weights <= target.l3_bytes and target.l3_speed
                or target.memory_speed)
    end
end

local function polyphase(p, s)
    local c = cut(p, s)
    local sum = nothing()
    if p.folded then
        local set, count = average_set(p)
        add_set(sum, set, p, c, true)
        for name, cycles in pairs(sum) do
            sum[name] = cycles * count
        end
    end
    for index, set in ipairs(p.sets) do
        add_set(sum, set, p, c, index == 1 or not p.shared_panel)
    end
    if p.bare then
        add_other(sum, 1.0 * p.outs * (p.stride // p.y_parts - p.reached)
            * (c.q_end - c.q_begin))
    end
    add_other(sum, c.blocks * STAGE)
    for name, cycles in pairs(sum) do
        sum[name] = cycles * s.items
    end
    add_memory(sum, s, p.target, s.batch * c.blocks)
    sum.parts = math.max(1, s.macs // p.part_work)
    return sum
end

-- What a call must move comes by each level once.
local function add_passage(sum, s, target)
    if s.bytes > target.l1_bytes then
        sum.l2_bytes = s.bytes
    end
    add_memory(sum, s, target, 1)
end

-- Sums spelled out, one element at a time: two loads for each term.
local function unrolled(p, s)
    local terms = 0
    for _, output in ipairs(p.terms) do
        terms = terms + #output.terms
    end
    local sum = nothing()
    local count = 1.0 * s.batch * terms
    sum.L1 = 2 * count / PER_CYCLE
    sum.compute = count / PER_CYCLE
    sum.busy = math.max(sum.L1, sum.compute)
    return sum
end

-- Lanes over positions, each x loaded once for all phases, which are zipped on
-- their way to y; ends element by element.
local function depthwise(p, s)
    local spec, target, lanes = p.spec, p.target, p.lanes
    local sum = nothing()
    local vectors = ceil_div(s.length, lanes)
    local loads = #p.shifts * (1 + target.vector_bytes / 64)
    -- Other strides go through memory once more.
    local stores = p.stride * (p.zipped and 1 or 2)
    local issued = (p.term_count + loads + #p.zips + stores) / ISSUED
    local compute = math.max(p.term_count / PER_CYCLE, #p.zips, stores, issued)
    local rows = 1.0 * s.batch * spec.out_channels
    sum.compute = rows * (vectors * compute + CALL + p.long * p.term_count)
    sum.L1 = rows * vectors * (loads + stores) / PER_CYCLE
    sum.busy = math.max(sum.compute, sum.L1)
    add_passage(sum, s, target)
    sum.parts = math.max(1, 1.0 * s.batch * s.length * p.input_work
        // p.part_work)
    return sum
end

-- Lanes over channels: each term is loaded, and a share of its weight.
local function depthwise_nlc(p, s, lanes)
    local sum = nothing()
    local terms = 1.0 * s.batch * p.spec.kernel_size / #p.phases
        * s.output_length * ceil_div(p.channels, lanes)
    sum.compute = terms / PER_CYCLE
    sum.L1 = terms * (1 + 1 / p.positions) / PER_CYCLE
    sum.busy = sum.L1
    add_passage(sum, s, p.target)
    sum.parts = math.max(1, s.batch * s.output_length // p.block_positions)
    return sum
end

-- Lanes over positions: each term is loaded, from two lines or, a stride
-- apart, twice; ends element by element.
local function depthwise_direct(p, s)
    local sum = nothing()
    local walk = p.walk
    local loads = p.kernel_size * (walk.lanes > 1 and p.x_stride or 1)
    local vectors = ceil_div(s.output_length, walk.lanes)
    local edges = math.min(s.output_length, 2 * p.inner_begin)
    local rows = 1.0 * s.batch * p.rows
    local issued = (p.kernel_size + loads + 1) / ISSUED
    sum.L1 = rows * vectors * loads * (1 + p.target.vector_bytes / 64)
        / PER_CYCLE
    sum.compute = rows * (vectors * math.max(p.kernel_size / PER_CYCLE, issued)
        + CALL + edges * p.kernel_size)
    sum.busy = math.max(sum.compute, sum.L1)
    add_passage(sum, s, p.target)
    sum.parts = math.max(1, 1.0 * s.batch * s.output_length * p.input_work
        // p.part_work)
    return sum
end

-- The gradient of the weight: its sums are added up for each block of
-- positions, and turned in the end unless lanes are columns.
local function weight(p, s, lanes)
    local sum = nothing()
    local positions = s.macs / p.spec.weight_elements
    local across = p.across and positions <= p.most_across
    local blocks = s.batch * math.ceil(positions / s.batch / p.block)
    local vectors = across and p.rows / lanes or ceil_div(p.rows, lanes)
    local sums = p.spec.groups * p.columns * vectors
    -- Sums that wait for their last term, where too few go on beside it.
    local chains = across and PER_CYCLE * LATENCY
        or math.min(vectors, p.shape.vectors) * p.outs
    local slow = math.max(1, PER_CYCLE * LATENCY / chains)
    local per_position = across and p.columns / DENSE
        or p.rows * ceil_div(p.columns, p.most_outs * p.spec.kernel_size)
            / lanes
    sum.L1 = sums * positions / PER_CYCLE / 2
    sum.compute = sums * positions * slow / PER_CYCLE
    sum.busy = sum.compute
    add_other(sum, sums * (blocks * ADDED + (across and 0 or TURNED)))
    add_other(sum, FILL * p.spec.groups * positions * per_position)
    add_passage(sum, s, p.target)
    return sum
end

-- Of a depthwise layer: lanes over channels; panels are made where rows are not
-- positions.
local function weight_depthwise(p, s, lanes)
    local sum = nothing()
    local positions = s.macs / p.spec.weight_elements
    local terms = 1.0 * positions * p.tiles * p.spec.kernel_size
    local count = p.depthwise.tap_counts[1]
    sum.L1 = terms * (1 + 1 / count) * p.target.vector_bytes / 32 / PER_CYCLE
    sum.compute = terms * math.max(1, PER_CYCLE * LATENCY / count) / PER_CYCLE
    sum.busy = math.max(sum.L1, sum.compute)
    local turned = (p.a_nlc and 0 or 1) + (p.b_nlc and 0 or p.spec.stride)
    add_other(sum, FILL * turned * positions * p.tiles * lanes / DENSE)
    add_passage(sum, s, p.target)
    return sum
end

-- For `threads` parts of a call. `length` 0: the layer's own, or a long signal.
--
--   fraction  of the peak: multiply-adds of all taps at all positions, also
--             those that the crop takes, over what the peak does meanwhile
--   bound     what takes longest: compute, L1, L2 or memory
--   shares    of the predicted time that each of the four would take alone
--   bytes     that a call must move: x, y, weights
function cost.estimate(p, length, batch, threads)
    local spec, target = p.spec, p.target
    if length == 0 then
        length = spec.length
    end
    local long = length == 0
    if long then
        length = clamp(LONG, spec.least_length, spec.most_length)
    end
    local s = sizes(spec, length, batch)
    local lanes = math.max(1, target.vector_bytes // spec.sum_bytes)
    local sum
    if p.sets then
        sum = polyphase(p, s)
    elseif p.terms then
        sum = unrolled(p, s)
    elseif p.shifts then
        sum = depthwise(p, s)
    elseif p.walk then
        sum = depthwise_direct(p, s)
    elseif p.forms then
        sum = depthwise_nlc(p, s, lanes)
    elseif p.depthwise then
        sum = weight_depthwise(p, s, lanes)
    else
        sum = weight(p, s, lanes)
    end
    local own = {
        compute = sum.compute, L1 = sum.L1,
        L2 = sum.l2_bytes / target.l2_speed, memory = sum.memory,
    }
    -- All of them at once, the slowest counting; tiles wait for none of L2 or
    -- memory but what is more than their own work.
    local cycles = math.max(sum.busy, own.L2, own.memory, 1)
    local bound = "compute"
    for _, level in ipairs {"L1", "L2", "memory"} do
        if own[level] > own[bound] then
            bound = level
        end
    end
    local parts = math.min(threads, sum.parts or threads)
    local products = p.integer and 4 or 1 -- of an element
    local peak_cycles = s.macs / (products * lanes) / PER_CYCLE
    local shares = {}
    for level, of_level in pairs(own) do
        shares[level] = of_level / cycles
    end
    return {
        algorithm = p.algorithm,
        bound = bound,
        fraction = peak_cycles / cycles * parts / threads,
        bytes = s.bytes,
        shares = shares,
        length = length,
        long = long,
    }
end

return cost
