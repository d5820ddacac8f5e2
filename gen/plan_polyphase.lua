-- The polyphase algorithm, for every layer.
--
-- Transposed: the output before its crop, f = j + padding_begin, is split by
-- f = stride*q + r into phases r. Phase r takes the taps k for which
-- k*dilation - r is a multiple of the stride; tap k reads x at q - shift,
-- shift = (k*dilation - r) / stride. So no stuffed zero is ever multiplied.
--
-- With g = gcd(stride, dilation), the phases that taps reach are numbered by
-- their first tap k0 = 0 .. min(kernel_size, stride/g) - 1; further taps follow
-- each tap_step = stride/g, and their shifts each shift_step = dilation/g. As
-- k0 ascends so does the first shift, and the number of taps falls once: phases
-- with the same taps, seen from q, are runs of k0. Such a run is a tap set. Its
-- rows, (output channel, phase) with the phase running fastest, are a matrix
-- of rows x (channel, tap), computed tile by tile; its columns are positions q.
--
-- A convolution that is not transposed is one phase of one set: position q is
-- the output's, reads x x_stride elements after q - 1, and its taps go forward
-- in x: tap k reads x at q*x_stride - shift,
-- shift = padding_begin - k*dilation.
--
-- For a block of positions, x is first copied to a panel in which what a tile
-- reads lies together: for each group of positions [channel][x of the group].

local plan_length = require "plan_length"
local plan_tile = require "plan_tile"

local polyphase = {name = "polyphase"}

-- More sets than this are walked by a loop over run-time numbers. Layers
-- without dilation have at most two.
local MAX_SETS = 2
-- Most rows of x that straight code reads: their addresses are in registers.
local MAX_ROWS = 12
-- Rows that lie so many bytes apart share a set of the first-level cache, whose
-- sets are as many as lines in them.
local PAGE_BYTES, PAGE_LINES = 4096, 64
-- Lines of a set.
local PAGE_WAYS = 8
-- Most positions, on any target, of tiles of so many rows and of smaller ones
-- that read rows of x: all variants of a file have a panel, or none has.
local MANY_ROWS, MANY_ROWS_POSITIONS, ROWS_POSITIONS = 64, 6, 12
-- Multiply-adds of an element of y beside which it costs little to ask for its
-- line ahead of storing it.
local LOOK_MACS = 32
-- Positions of y are far from each other from so many lines on.
local FAR_LINES = 2
-- A panel is at most so many times as large as the weights, or a part of what
-- the target has for it.
local PANEL_WEIGHTS, SMALL_PANEL = 4, 8
-- Tiles of all targets have a multiple of so many rows.
local ROWS_TOGETHER = 4
-- So many tiles for each part are shared out evenly enough.
local EVEN_TILES = 32
-- Multiply-adds that are worth waking a thread for: some microseconds.
local PART_MACS = 1 << 17

local function gcd(a, b)
    while b ~= 0 do
        a, b = b, a % b
    end
    return a
end

-- The number of times `a` goes into 1 modulo m; the two have no common factor.
local function inverse(a, m)
    local r0, r1, t0, t1 = m, a % m, 0, 1
    while r1 > 0 do
        local quotient = r0 // r1
        r0, r1 = r1, r0 - quotient * r1
        t0, t1 = t1, t0 - quotient * t1
    end
    return t0 % m
end

local function ceil_div(a, b)
    return (a + b - 1) // b
end

-- Visits the tap sets in order.
local function each_set(g, visit)
    local k0 = 0
    while k0 < g.reached do
        local first = k0 * g.dilation // g.phases
        local k1 = math.min(g.reached,
            ceil_div((first + 1) * g.phases, g.dilation))
        local change = g.kernel_size % g.tap_step
        if k0 < change then
            k1 = math.min(k1, change)
        end
        local taps = ceil_div(g.kernel_size - k0, g.tap_step)
        if visit {
            first_tap = k0,
            phases = k1 - k0,
            phase = k0 * g.dilation - first * g.phases,
            first = first,
            least = first,
            greatest = first + (taps - 1) * g.shift_step,
            taps = taps,
        } then
            return
        end
        k0 = k1
    end
end

-- How a tile asks for y's lines of a group before it stores there: piece after
-- piece, or where a piece leaves out lines of others, position after position.
-- false: that is not worth it, for so many multiply-adds beside it.
local function looks_ahead(p, macs)
    if p.y_nlc or p.converts or macs < LOOK_MACS then
        return false
    end
    return p.stride >= FAR_LINES * p.shape.line and "positions" or "pieces"
end

-- Are vectors of rows that lie side by side in y, `run` of them, stored there
-- as they are?
local function stores_vectors(p, run)
    return run > 1 and run % p.shape.lanes == 0 and p.y_parts == 1
        and not (p.converts or p.integer or p.scales)
end

-- How many of a channel's rows lie side by side in y.
local function run_of(set, p)
    return p.phase_step == 1 and set.phases or 1
end

-- Where a row of a set lies in y: its channel's row of that, and where in it.
local function place(row, set, p)
    local o, phase = row // set.inner, row % set.inner
    if p.y_nlc then
        o, phase = row % set.inner, row // set.inner
    end
    return o // p.y_parts, o % p.y_parts + phase * p.phase_step
end

-- How many rows of a narrow tile, whose first is `first`, lie side by side in
-- y, run after run, none of which is longer than the stride.
local function runs_of(tile, first, set, p)
    local runs, from, begin = {}, false, 0
    for row = first, first + tile.rows - 1 do
        local channel, at = place(row, set, p)
        local n = runs[#runs]
        if channel == from and at == begin + n and n < p.stride then
            runs[#runs] = n + 1
        else
            runs[#runs + 1], from, begin = 1, channel, at
        end
    end
    return runs
end

-- The strip that serves rows of a set, if any does.
local function set_strip(set, p)
    local n = run_of(set, p)
    local zips = plan_tile.strip_zips(p.shape, n, p.stride)
    return p.x_stride == 1 and p.parts == 1
        and not (p.x_nlc or p.y_nlc or p.integer or p.scales)
        and (zips or not p.converts)
        and plan_tile.strip(p.shape, n, p.stride)
end

-- What tiles are made from. Where a strip takes three phases, whole tiles have
-- three vectors, whose rows are a multiple of a strip's; but not where weights
-- may be widened as they are loaded, by tiles of four.
local function shape_of(p, spec, target)
    p.shape = plan_tile.shape(target, spec.sum_bytes)
    for _, set in ipairs((p.folded or p.narrow) and {} or p.sets) do
        local strip = set_strip(set, p)
        if strip and p.shape.rows % strip.rows > 0 then
            return plan_tile.shape(target, spec.sum_bytes, plan_tile.THREE)
        end
    end
    return p.shape
end

-- The tiles of a set, and how many channels of weights stay in L1 with them:
-- sums over further channels go on from partial sums in memory. Lines of y that
-- the first set asked for are there for the others.
local function tile_set(set, index, p)
    local shape = p.shape
    set.rows = p.outs * set.phases
    set.full_tiles = set.rows // shape.rows
    set.full = set.full_tiles > 0
        and plan_tile.tile(shape, shape.rows, p.x_stride,
            p.most_positions)
    if set.full and not p.integer then
        set.full.halves = plan_tile.halves(shape, set.full)
    end
    set.rest_rows = set.rows % shape.rows
    set.rest = set.rest_rows > 0
        and plan_tile.tile(shape, set.rest_rows, p.x_stride,
            p.most_positions)
    set.tiles = set.full_tiles + (set.rest and 1 or 0)
    set.pair = set.full_tiles > 1 and not p.integer
        and plan_tile.pair(shape, shape.vectors)
    set.row_elements = p.heads + p.channels * set.taps
    set.cost = set.tiles * set.taps
    -- Rows of a tile that lie side by side in y, where all such are alike.
    local r, n = shape.rows, p.y_nlc and p.outs or run_of(set, p)
    set.piece_rows = r % n == 0 and n or n % r == 0 and r or 0
    p.piece_rows = math.max(p.piece_rows or 1, n)
    set.stores_vectors = stores_vectors(p, n)
    set.inner = p.y_nlc and p.outs or set.phases
    set.looks_ahead = index == 1
        and looks_ahead(p, p.channels * set.taps)
    set.over = not p.y_nlc and n == p.stride and plan_tile.over(shape, n) or {}
    set.streamed = set.rows * set.row_elements > shape.stream_elements
    -- Narrow weights are widened when they are packed, unless that would have
    -- more of them come from memory than need be.
    set.compact = p.narrow and set.streamed
    if set.compact then
        set.row_elements = 1
            + ceil_div(p.channels * set.taps, p.weights_per_element)
    end
    -- A strip's weights are floats, one at a time.
    local strip = not set.compact and set_strip(set, p)
    set.strip = strip and shape.rows % strip.rows == 0 and strip or false
    set.strips = set.strip and plan_tile.takes_strips(shape, strip,
        set.full and shape.rows or set.rest_rows)
    -- Few of a long call's groups are whole ones that strips leave: with a head
    -- apart, none at the input's beginning.
    set.heads_apart = set.strips and not set.streamed
    set.turns = not p.y_nlc and not p.integer and n == p.stride
        and not set.heads_apart and plan_tile.turns(shape, set.piece_rows)
    set.spread = not p.y_nlc and not p.converts and not set.heads_apart
        and plan_tile.spread(shape, set.piece_rows, p.stride)
    -- Only rows of x's and y's own have lanes over positions, of sums' type.
    if set.rest and (set.compact or (p.x_nlc or p.y_nlc) and not p.turned
        or p.converts or p.scales) then
        set.rest.narrow, set.rest.blocks = false, {}
    end
    if set.rest and set.rest.narrow then
        set.rest.runs = runs_of(set.rest, set.rows - set.rest_rows, set, p)
    end
    set.ends = set.full and not p.direct and not p.integer
        and plan_tile.ends(set.full, set.taps, p.shift_step)
    local chunk = math.max(1, shape.chunk_elements // (set.taps * shape.rows))
    set.chunks = ceil_div(p.channels, chunk)
    set.chunk = ceil_div(p.channels, set.chunks)
end

-- The panel that serves tap shifts from `first` to `last`, `step` apart. For
-- each channel it holds what a group of positions reads: one stretch of x or,
-- where taps lie further apart than the group is long, a stretch for each tap.
local function panel(p, first, last, taps)
    local positions = (p.shape.positions - 1) * p.x_stride + 1
    local apart = taps > 1 and p.shift_step > positions
    local stretch = apart and positions or positions + last - first
    -- Whole vectors are copied, or turned.
    stretch = ceil_div(stretch, p.shape.lanes) * p.shape.lanes
    local width = apart and taps * stretch or stretch
    return {
        first = first,
        last = last,
        stretches = apart and taps or 1,
        stretch = stretch,
        step = p.no_panel and p.shift_step
            or apart and stretch or math.min(p.shift_step, positions),
        width = width,
        elements = p.channels * width,
    }
end

-- The taps of a tile's inner loop.
local function spell_taps(tile, set, p)
    if tile.narrow then
        -- Blocks that take all registers keep one tap's x in them only where
        -- the compiler sees no other tap.
        local spelled = p.unroll_taps and #tile.blocks == 1
        tile.tap_list = plan_tile.taps(tile, spelled and set.taps,
            p.forward * p.shift_step)
    else
        local spelled = p.unroll_taps and not (p.no_panel
            and plan_tile.rows_read(tile, set.taps, p.shift_step) > MAX_ROWS)
        tile.tap_list = plan_tile.taps(tile, spelled and set.taps,
            p.forward * set.panel.step)
    end
end

-- Groups of positions in a block: as long as their panel and partial sums stay
-- near, and not so many that the panel is much larger than the weights that
-- strips pass by.
local function block_groups(p)
    local elements = p.shape.panel_elements
    if p.heads_apart then
        elements = math.max(elements // SMALL_PANEL,
            math.min(elements, PANEL_WEIGHTS * p.group_weights))
    end
    local groups = elements // p.panel_elements
    return math.max(p.shape.least_groups,
        math.min(p.shape.most_groups, groups))
end

-- Do the rows of x that a tile reads, a line of each at a time, stay in the
-- first-level cache while channels go by? Rows fall into as many of its sets as
-- their distance leaves, and each set has some lines.
local function rows_stay(p, spec)
    local positions = p.outs * p.most_phases >= MANY_ROWS
        and MANY_ROWS_POSITIONS or ROWS_POSITIONS
    local taps = p.most_taps - 1
    local rows = math.min(positions * (taps + 1),
        (positions - 1) * p.x_stride + taps * p.shift_step + 1)
    local apart = gcd(spec.reads * spec.sum_bytes, PAGE_BYTES)
    return rows <= PAGE_WAYS * math.min(PAGE_LINES, PAGE_BYTES // apart)
end

-- A transposed layer's numbers, and its sets.
local function transposed(p, spec)
    local common = gcd(spec.stride, spec.dilation)
    p.direct, p.forward = false, -1
    p.phases, p.x_stride = spec.stride, 1
    p.stride = spec.stride * p.y_parts
    p.phase_step = spec.dilation * p.y_parts
    p.crop = spec.padding_begin * p.y_parts
    p.common = common
    p.tap_step = spec.stride // common
    p.shift_step = spec.dilation // common
    p.reached = math.min(spec.kernel_size, p.tap_step)
    p.bare = p.reached < spec.stride
    p.inverse = inverse(p.shift_step, p.tap_step)
    p.change = spec.kernel_size % p.tap_step
    p.q_begin = spec.padding_begin // spec.stride
    p.row_stride = spec.kernel_size * spec.parts
    p.channel_stride = p.outs * spec.kernel_size
    p.most_taps = ceil_div(spec.kernel_size, p.tap_step)
    p.most_phases = 0
    local count = 0
    each_set(p, function(set)
        count = count + 1
        p.sets[count] = set
        p.most_phases = math.max(p.most_phases, set.phases)
        return count > MAX_SETS
    end)
    p.folded = count > MAX_SETS
end

-- And those of a convolution that is not transposed.
local function direct(p, spec)
    p.direct, p.forward = true, 1
    p.phases, p.stride, p.x_stride = 1, p.y_parts, spec.stride
    p.phase_step, p.crop, p.q_begin = 1, 0, 0
    p.tap_step, p.shift_step = 1, spec.dilation
    p.reached, p.bare, p.folded = 1, false, false
    p.row_stride = p.reads * spec.kernel_size
    p.channel_stride = spec.kernel_size * spec.parts
    p.most_taps, p.most_phases = spec.kernel_size, 1
    local first = spec.padding_begin
    p.sets[1] = {
        first_tap = 0, phases = 1, phase = 0, first = first,
        least = first - (spec.kernel_size - 1) * spec.dilation,
        greatest = first, taps = spec.kernel_size,
    }
end

function polyphase.plan(spec, target)
    local p = {
        reads = spec.reads // spec.groups,
        outs = spec.writes // spec.groups,
        dilation = spec.dilation,
        kernel_size = spec.kernel_size,
        sets = {},
        converts = spec.converts,
        parts = spec.parts,
    }
    p.x_nlc, p.y_nlc = spec.x_layout == "nlc", spec.y_layout == "nlc"
    -- Four channels of integers are one of elements; the sums of their weights
    -- stand beside the bias.
    p.integer = spec.sum_dtype == "i32"
    p.channels = p.integer and ceil_div(p.reads, 4) or p.reads
    p.heads = p.integer and 2 or 1
    -- The parts of complex elements are channels. Where these are rows, a
    -- channel's two lie in one, part by part.
    p.x_parts, p.y_parts = p.x_nlc and 1 or p.parts, p.y_nlc and 1 or p.parts
    if spec.transposed then
        transposed(p, spec)
    else
        direct(p, spec)
    end
    p.narrow = spec.weight_number_bytes < spec.sum_bytes and not p.integer
    p.weights_per_element = spec.sum_bytes // spec.weight_number_bytes
    -- Sums are scaled before the bias is added.
    p.scales = p.narrow and spec.weight_dtype == "i8"
    p.shape = shape_of(p, spec, target)
    -- Rows of x that hold all channels of a position are read where they are.
    p.no_panel = p.x_nlc and not p.converts and not p.integer and not p.narrow
        and rows_stay(p, spec)
    p.most_positions = p.no_panel and p.shape.row_positions or nil
    -- Where y's elements lie as in one row, few rows of tiles have their lanes
    -- over positions of x that is turned, some channels at a time.
    p.turned = p.no_panel and p.parts == 1 and p.shape.turns
        and (not p.y_nlc or spec.writes == 1) and p.x_stride == 1
        and not p.folded and p.outs * p.most_phases <= p.shape.lanes
    p.group_weights = p.reads * p.outs * spec.kernel_size // p.parts
    p.part_work, p.input_work = PART_MACS, spec.weight_elements
    local offset = p.bare and spec.writes or 0
    p.weights_at = offset
    if p.folded then
        -- Sets are walked at run time.
        p.sets = {}
        p.panel = panel(p, 0, (p.most_taps - 1) * p.shift_step, p.most_taps)
        p.panel_elements = p.panel.elements
        p.in_place = false
        p.tile = plan_tile.tile(p.shape, p.shape.rows, 1)
        p.tile.tap_list = plan_tile.taps(p.tile)
        p.tile.halves = plan_tile.halves(p.shape, p.tile)
        p.cost, p.tiles, p.fills_rows = false, false, false
        p.stores_vectors = stores_vectors(p, p.y_nlc and p.outs or 1)
        p.looks_ahead = looks_ahead(p, p.channels * p.most_taps)
    else
        local first, last = p.sets[1].least, p.sets[1].greatest
        local taps = 0
        p.cost, p.tiles, p.even_tiles = 0, 0, EVEN_TILES
        for index, set in ipairs(p.sets) do
            tile_set(set, index, p)
            set.offset = offset
            p.tiles = p.tiles + set.tiles
            offset = offset + p.outs * spec.groups * set.phases
                * set.row_elements
            p.cost = p.cost + set.cost
            first = math.min(first, set.least)
            last = math.max(last, set.greatest)
            taps = math.max(taps, set.taps)
        end
        -- One panel serves all sets where it is not much wider than theirs.
        local widest = 0
        for _, set in ipairs(p.sets) do
            set.panel = panel(p, set.least, set.greatest, set.taps)
            widest = math.max(widest, set.panel.width)
        end
        p.shared_panel = p.shape.positions + last - first <= 2 * widest
            and p.sets[1].panel.stretches == 1
        p.panel = p.shared_panel and panel(p, first, last, taps)
            or p.sets[1].panel
        for _, set in ipairs(p.sets) do
            set.panel = p.shared_panel and p.panel or set.panel
            set.x_at = set.panel.stretches == 1 and set.panel.last - set.first
                or p.direct and 0 or (set.taps - 1) * set.panel.step
        end
        p.panel_elements = p.channels * math.max(widest, p.panel.width)
        p.far = offset > p.shape.far_elements
        -- Where each channel's rows are all a tile's, on any target, this may
        -- store its row's bias and go over it.
        p.fills_rows = p.bare and #p.sets == 1 and not p.y_nlc
            and p.y_parts == 1
            and not (p.converts or p.integer or p.scales)
            and ROWS_TOGETHER % p.sets[1].phases == 0
        -- Reading x where it is takes 1 to 10 % less time than copying it to a
        -- panel, however many tiles read it, be its rows powers of two apart or
        -- not. (Only with weights from memory and some 10 positions it may take
        -- as much longer.)
        p.in_place = p.shared_panel
            and not (p.x_nlc or p.converts or p.integer)
    end
    plan_length.shorten(p)
    for index, set in ipairs(p.sets) do
        set.masked_by = #p.sets > 1 and set.full
            and plan_length.masked_by(index, p) or nil
        for _, tile in ipairs {set.full or false, set.rest or false} do
            if tile then
                tile.strips = set.strips and plan_tile.takes_strips(p.shape,
                    set.strip, tile.rows)
                spell_taps(tile, set, p)
            end
        end
    end
    -- Channels whose x is turned at a time, and elements that their rows take
    -- beside the block's positions.
    p.turned_channels = math.min(p.channels, p.shape.narrow_chunk)
    p.turned_spare = p.panel.last - p.panel.first + 2 * p.shape.line
    for _, set in ipairs(p.sets) do
        p.tile_positions = p.tile_positions or not p.integer
            and set.full_tiles > 1 and set.full.positions or nil
        p.heads_apart = p.heads_apart or set.heads_apart
        p.turns = p.turns or set.turns
    end
    p.block_groups = block_groups(p)
    -- Turned vectors are lines of y where groups begin with one.
    p.head_end = p.direct and p.turns and p.q_begin
        or math.max(p.q_begin, ceil_div(p.panel.last, p.x_stride))

    -- Each tap of each channel is packed once, each row has its bias, and
    -- vectors of rows may read on beyond the last row.
    p.slack = p.shape.rows
    p.packed_elements = p.slack + (p.folded and p.weights_at
        + spec.writes * (p.heads * p.reached + p.channels * spec.kernel_size)
        or offset)
    -- A whole tile widens its weights as it loads them, the last one a chunk
    -- beforehand.
    p.compact, p.widened_elements = false, 0
    for _, set in ipairs(p.sets) do
        p.compact = p.compact or set.compact
        if set.compact and set.rest_rows > 0 then
            p.widened_elements = math.max(p.widened_elements,
                set.chunk * set.taps * set.rest_rows + p.shape.spare)
        end
    end
    return p
end

return polyphase
