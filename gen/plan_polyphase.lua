-- The polyphase algorithm, for every layer.
--
-- The output before its crop, f = j + padding_begin, is split by
-- f = stride*q + r into phases r. Phase r takes the taps k for which
-- k*dilation - r is a multiple of the stride; tap k reads x at q - shift,
-- shift = (k*dilation - r) / stride. So no stuffed zero is ever multiplied.
--
-- With g = gcd(stride, dilation), the phases that taps reach are numbered by
-- their first tap k0 = 0 .. min(kernel_size, stride/g) - 1; further taps follow
-- each tap_step = stride/g, and their shifts each shift_step = dilation/g. As
-- k0 ascends so does the first shift, and the number of taps falls once: phases
-- with the same taps, seen from q, are runs of k0. Such a run is a tap set.
-- Rows of a set, (output channel, phase), are computed in tiles.

local plan_span = require "plan_span"

local polyphase = {name = "polyphase"}

-- More sets than this are walked by a loop over run-time numbers. Layers
-- without dilation have at most two.
local MAX_SETS = 2
-- Lines of C that an instruction set's spans may take; beyond it the taps
-- become a loop. The two keep a file with all instruction sets below 256 KiB.
local MAX_LINES = 1250
-- Elements of x that one block of positions may take: they stay in L2.
local BLOCK_ELEMENTS = 32768

local function gcd(a, b)
    while b ~= 0 do
        a, b = b, a % b
    end
    return a
end

local function ceil_div(a, b)
    return (a + b - 1) // b
end

local function power_of_two(most)
    local p = 1
    while 2 * p <= most do
        p = 2 * p
    end
    return p
end

-- Visits the tap sets in order.
local function each_set(g, visit)
    local k0 = 0
    while k0 < g.reached do
        local first = k0 * g.dilation // g.stride
        local k1 = math.min(g.reached,
            ceil_div((first + 1) * g.stride, g.dilation))
        local change = g.kernel_size % g.tap_step
        if k0 < change then
            k1 = math.min(k1, change)
        end
        local taps = ceil_div(g.kernel_size - k0, g.tap_step)
        if visit {
            first_tap = k0,
            phases = k1 - k0,
            phase = k0 * g.dilation - first * g.stride,
            first = first,
            last = first + (taps - 1) * g.shift_step,
            taps = taps,
        } then
            return
        end
        k0 = k1
    end
end

-- The tiles of a set: whole channels while their phases fit a tile, else
-- stretches of one channel's phases. `full` comes first, `rest` is what is
-- left.
local function tile_set(set, p)
    local full_rows, rest_rows
    set.chunked = set.phases > p.shape.max_rows
    if set.chunked then
        set.tile_channels = 1
        set.tile_phases = p.shape.max_rows
        full_rows = set.tile_phases
        rest_rows = set.phases % set.tile_phases
        set.full_tiles = set.phases // set.tile_phases
        set.full_phase_step = set.tile_phases * p.dilation
        set.full_elements = set.tile_phases * set.row_elements
    else
        set.tile_channels = power_of_two(p.shape.max_rows // set.phases)
        full_rows = p.outs >= set.tile_channels
            and set.tile_channels * set.phases or 0
        rest_rows = p.outs % set.tile_channels * set.phases
    end
    set.full = full_rows > 0 and plan_span.tile(p.shape, full_rows)
    set.rest = rest_rows > 0 and plan_span.tile(p.shape, rest_rows)
    set.channel_elements = set.phases * set.row_elements
end

-- About how many lines a tile's span takes: straight code for each tap in its
-- blocks, and the code around it.
local function tile_lines(tile, taps, shape)
    local vectors, lines = #shape.block_list, 60
    for _, block in ipairs(tile.blocks) do
        local products = block.rows * vectors
        lines = lines + 20 + block.rows + 2 * products
            + taps * (5 + vectors + block.rows + products)
    end
    for _, strip in ipairs(tile.strips) do
        local products = strip.count * #tile.vector_list
        lines = lines + 25 + strip.count + 3 * products
    end
    return lines
end

local function span_lines(p)
    local lines = 0
    for _, set in ipairs(p.sets) do
        for _, tile in ipairs {set.full or false, set.rest or false} do
            if tile then
                lines = lines + tile_lines(tile, set.taps, p.shape)
            end
        end
    end
    return lines
end

function polyphase.plan(spec, target)
    local common = gcd(spec.stride, spec.dilation)
    local p = {
        channels = spec.in_channels // spec.groups,
        outs = spec.out_channels // spec.groups,
        stride = spec.stride,
        dilation = spec.dilation,
        kernel_size = spec.kernel_size,
        crop = spec.padding_begin,
        tap_step = spec.stride // common,
        shift_step = spec.dilation // common,
        shape = plan_span.shape(target, spec.element_bytes),
        sets = {},
    }
    p.reached = math.min(spec.kernel_size, p.tap_step)
    p.bare = p.reached < spec.stride
    p.change = spec.kernel_size % p.tap_step
    p.q_begin = spec.padding_begin // spec.stride
    p.channel_stride = p.outs * spec.kernel_size
    p.group_weights = p.channels * p.channel_stride

    local count = 0
    each_set(p, function(set)
        count = count + 1
        p.sets[count] = set
        return count > MAX_SETS
    end)
    p.folded = count > MAX_SETS

    local bias_elements = p.bare and spec.out_channels or 0
    if p.folded then
        -- Sets are walked at run time, in tiles of 2^n rows of one channel.
        p.sets = {}
        p.out_block = 8
        p.tiles = {}
        local rows = power_of_two(p.shape.max_rows)
        while rows >= 1 do
            p.tiles[#p.tiles + 1] = plan_span.tile(p.shape, rows)
            rows = rows // 2
        end
    else
        local offset = bias_elements
        p.out_block = 1
        for _, set in ipairs(p.sets) do
            set.row_elements = 1 + p.channels * set.taps
            tile_set(set, p)
            set.offset = offset
            offset = offset + spec.out_channels * set.channel_elements
            p.out_block = math.max(p.out_block, set.tile_channels)
        end
    end
    p.unroll_taps = not p.folded and span_lines(p) <= MAX_LINES
    for _, set in ipairs(p.sets) do
        set.tap_list = plan_span.taps(p.unroll_taps and set.taps, set.first,
            p.shift_step)
    end

    -- Each tap of each channel is packed once, each row has its bias, and
    -- vectors of rows may read on beyond the last row.
    p.weights_at = bias_elements
    p.slack = p.shape.lanes * ceil_div(p.shape.max_rows, p.shape.lanes)
    p.packed_elements = bias_elements + p.slack
        + spec.out_channels * (p.reached + p.channels * spec.kernel_size)
    local n = p.shape.block_positions
    p.block = math.max(1, math.min(64, BLOCK_ELEMENTS // p.channels // n)) * n
    p.out_blocks = ceil_div(p.outs, p.out_block)
    return p
end

return polyphase
