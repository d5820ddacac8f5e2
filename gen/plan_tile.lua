-- The numbers of tiles: how many rows and positions one piece of straight code
-- computes, and which vectors, positions and taps it spells out.
--
-- A wide tile has its lanes over rows: its weights are loaded as vectors, x is
-- broadcast. A narrow tile, whose rows do not fill a vector, has its lanes over
-- positions: x is loaded, weights are broadcast. Both keep as many sums in
-- registers as there are, so that each load serves several multiply-adds and
-- no addition waits for the one before.
--
-- A strip is some rows of a wide tile at a whole group of positions that have
-- all taps, with lanes over positions as a narrow tile's: its results lie in
-- registers as in y, but for the phases, which are zipped there or spread.

local plan_asks = require "plan_asks"

local plan_tile = {}

-- Up to this stride of x, what a tile reads next begins within two lines, and
-- these are asked for; beyond, all that follow its own are, but not more than
-- so many: longer ones processors find by themselves. Where the stride is known
-- at run time, they are as many as one of 8 has.
plan_tile.TWO_LINES_STRIDE = 4
local MOST_LINES, SOME_LINES = 6, 3

-- How many lines of x follow those of `positions` positions and are theirs that
-- come next; nil where these are near, or too many to be asked for.
function plan_tile.lines_that_follow(positions, x_stride, shape)
    local lines = (positions * x_stride + shape.line - 1) // shape.line
    return x_stride > plan_tile.TWO_LINES_STRIDE and lines <= MOST_LINES
        and lines or nil
end

plan_tile.SOME_LINES = SOME_LINES

-- Where positions read x a distance apart that is known at run time: as many as
-- take few registers for their distances from one pointer.
plan_tile.X_APART = 6

local LINE_BYTES = plan_asks.LINE_BYTES

-- Positions at the ends of x that lack taps, in most layers; tiles of many more
-- ask for those at once.
local FEW_AT_ENDS = 4

-- Most vectors that strips spread together.
local SPREAD_PHASES = 3

-- Strides up to which rows of narrow tiles are zipped or spread, and what a
-- store of a vector and one of elements that are put together for it take, in
-- stores of an element.
local MOST_STRIDE, VECTOR_STORE, JOINED = 8, 2, 1

-- Vectors of a whole tile whose rows are to be a multiple of three.
plan_tile.THREE = 3

-- Fewest positions of a tile whose rows are worth halving.
local HALVED_POSITIONS = 6

-- Rows of x that a processor follows at a time: its translations of addresses.
local ROWS_FOLLOWED = 64

-- Most taps that are spelled out for tiles at the input's ends.
local END_TAPS = 4
plan_tile.END_TAPS = END_TAPS

-- A call with fewer columns of positions than these asks for its own weights.
local FEW_COLUMNS = 4
-- Weights that follow come during this many columns of positions at most, a
-- line for each tap, and for each channel one of so many lines of a tap's: with
-- few columns, hardware that sees the others asked for brings the rest.
local SPREAD, FETCH_LINES = 16, 2

-- Most groups of a target's positions in a block, whose partial sums stay in
-- L2, and the least, so that weights serve some positions.
local MOST_GROUPS, LEAST_GROUPS = 48, 4

local function ceil_div(a, b)
    return (a + b - 1) // b
end

-- "at" of the first `count` vectors.
local function vectors(count, lanes)
    local list = {}
    for v = 0, count - 1 do
        list[v + 1] = {index = v, at = v * lanes}
    end
    return list
end

local function upto(count)
    local list = {}
    for i = 0, count - 1 do
        list[i + 1] = i
    end
    return list
end

plan_tile.upto = upto

-- A target's strips, if it has any.
local function strips_of(target, lanes, line)
    local count, list = target.strips.vectors, {}
    for i, rows in ipairs(target.strips.rows) do
        list[i] = {
            rows = rows, row_list = upto(rows),
            vectors = count, vector_list = vectors(count, lanes),
            positions = count * lanes, last_position = count * lanes - 1,
            -- Elements of x that one strip of a group asks for after the other.
            line_step = ceil_div(line, rows),
            last_soon = 2 * count * lanes - 1,
        }
    end
    return list
end

-- What a target's registers hold, for elements of some size; `count` vectors of
-- rows in a whole tile, if given.
function plan_tile.shape(target, element_bytes, count)
    count = count or target.tile.vectors
    local lanes = math.max(1, target.vector_bytes // element_bytes)
    local line = LINE_BYTES // element_bytes
    local strips = target.strips and strips_of(target, lanes, line) or {}
    -- A group is a strip's positions long, or some tiles'.
    local positions = math.max(target.group,
        strips[1] and strips[1].positions or 1)
    local longer = positions // target.positions
    local sizes, size = {}, 1
    while size <= count * lanes do
        table.insert(sizes, 1, size)
        size = 2 * size
    end
    return {
        lanes = lanes,
        spare = lanes - 1,
        line = line,
        line_bytes = LINE_BYTES,
        element_bytes = element_bytes,
        sizes = sizes,
        pair_sizes = {2 * sizes[1], table.unpack(sizes)},
        vectors = count,
        rows = count * lanes,
        positions = positions,
        -- So many at a time have straight code.
        put_positions = target.positions,
        position_list = upto(target.positions),
        strips = strips,
        row_positions = math.max(target.tile.positions,
            target.positions // 2),
        most_groups = math.max(1, MOST_GROUPS // longer),
        least_groups = math.max(1, LEAST_GROUPS // longer),
        sums = target.tile.vectors * target.tile.positions,
        elements = count * lanes * positions,
        registers = target.registers,
        code_lines = target.code_lines,
        turns = target.turns,
        spreads = target.spreads,
        ahead_bytes = plan_asks.AHEAD_BYTES,
        few_columns = FEW_COLUMNS,
        far_elements = target.l3_bytes // element_bytes,
        spread = SPREAD,
        fetch_lines = count * target.vector_bytes
            // (FETCH_LINES * LINE_BYTES),
        narrow_rows = target.narrow_rows,
        chunk_elements = target.chunk_bytes // element_bytes,
        stream_elements = target.l2_bytes // 2 // element_bytes,
        narrow_chunk = ROWS_FOLLOWED,
        panel_elements = target.panel_bytes // element_bytes,
    }
end

-- Where the next positions' cache lines begin, in bytes from these.
local function lines_after(positions, shape)
    local bytes, list = positions * (LINE_BYTES // shape.line), {}
    for at = bytes, 2 * bytes - 1, LINE_BYTES do
        list[#list + 1] = at
    end
    return list
end

-- What becomes of `stride` vectors, one for each phase, until element p of
-- phase r is at p*stride + r: each step zips the first half of them with the
-- second. Vectors of each round are numbered after a letter, "s" before the
-- first; the last round's is the second result.
function plan_tile.zips(stride)
    local steps, half = {}, stride // 2
    local from, to, done = "s", "a", 1
    while done < stride do
        for i = 0, half - 1 do
            steps[#steps + 1] = {
                low = to .. 2 * i, high = to .. 2 * i + 1,
                a = from .. i, b = from .. i + half,
            }
        end
        from, to, done = to, string.char(to:byte() + 1), 2 * done
    end
    return steps, from
end

-- Can vectors of so many phases be zipped?
function plan_tile.zips_phases(shape, stride)
    return shape.lanes > 1 and stride > 1 and stride <= MOST_STRIDE
        and stride & (stride - 1) == 0
end

-- Blocks of a narrow tile, their heights as even as they can be. Sums, a vector
-- of x for each column and one weight fill the registers; what is left of the
-- positions goes vector by vector.
local function add_blocks(tile, shape)
    local count = ceil_div(tile.rows, shape.narrow_rows)
    local most = ceil_div(tile.rows, count)
    local columns = math.min(8, (shape.registers - 1) // (most + 1))
    local at = 0
    tile.wide = columns > 1 and columns * shape.lanes
    -- Results wait where a group's of other tiles do.
    assert(tile.rows * (tile.wide or shape.lanes) <= shape.elements)
    for b = 1, count do
        local height = (tile.rows - at) // (count - b + 1)
        local block = {
            height = height, row_list = upto(height), first = at,
            last = at + height - 1, widths = {},
        }
        for _, n in ipairs(columns > 1 and {columns, 1} or {1}) do
            block.widths[#block.widths + 1] = {
                vectors = n, positions = n * shape.lanes,
                vector_list = vectors(n, shape.lanes),
                lines = lines_after(n * shape.lanes, shape),
            }
        end
        tile.blocks[b] = block
        at = at + height
    end
end

-- Are so many phases, side by side in y, all of a stride that strips zip?
function plan_tile.strip_zips(shape, phases, stride)
    return phases == stride
        and (stride == 1 or plan_tile.zips_phases(shape, stride))
end

-- The strip that serves rows of which so many phases lie side by side in y at a
-- stride, if any does.
function plan_tile.strip(shape, phases, stride)
    for _, strip in ipairs(shape.strips) do
        if strip.rows % phases == 0
            and (plan_tile.strip_zips(shape, phases, stride)
                or plan_tile.strip_spread(shape, phases, stride)) then
            return strip
        end
    end
end

-- Is it a part of a tile of so many rows? `open`: of which as many are used as
-- is known at run time.
function plan_tile.takes_strips(shape, strip, rows, open)
    return rows > shape.lanes and (open or rows % strip.rows == 0)
end

-- At how many positions at a time, `most` if given, sums of so many vectors
-- fill registers.
local function at_once(count, shape, most)
    local positions = most or shape.put_positions
    while positions > 1 and (shape.put_positions % positions > 0
        or count * positions > shape.sums) do
        positions = positions - 1
    end
    return positions
end

-- What the tap `offset` elements from tap 0 reads of x at a tile's positions
-- from `first` to `last`, counted from tap 0's first x, and the register that
-- has it. Positions read x `x_stride` elements apart; false if that is not
-- known before.
local function reads(x_stride, first, last, offset, slot)
    local list = {}
    for position = first, last do
        list[#list + 1] = {
            position = position, offset = offset,
            at = x_stride and position * x_stride + offset,
            slot = position + slot,
        }
    end
    return list
end

-- Positions that begin anew from a pointer, each from the one before.
local function x_pointers(positions)
    local list = {}
    for at = plan_tile.X_APART, positions - 1, plan_tile.X_APART do
        list[#list + 1] = {at = at, before = list[#list] and list[#list].at}
    end
    return list
end

-- Of so many rows, at positions that read x `x_stride` elements apart; at most
-- so many positions at once, if given.
function plan_tile.tile(shape, rows, x_stride, most)
    local count = ceil_div(rows, shape.lanes)
    local narrow = rows <= shape.lanes and rows < shape.rows and x_stride == 1
    local positions = at_once(count, shape, most)
    local tile = {
        rows = rows,
        narrow = narrow,
        vectors = count,
        lanes = count * shape.lanes,
        vector_list = vectors(count, shape.lanes),
        position_list = upto(positions),
        positions = positions,
        x_stride = x_stride,
        span = x_stride and (positions - 1) * x_stride + 1,
        holds_x = positions < count,
        edge_holds_w = count * (positions + 1) < shape.registers,
        elements = count * shape.lanes * shape.positions,
        blocks = {},
    }
    local few = positions > 2 * FEW_AT_ENDS and FEW_AT_ENDS or positions
    tile.edge_reads = reads(x_stride, 0, positions - 1, 0, 0)
    tile.edge_few = reads(x_stride, 0, few - 1, 0, 0)
    tile.edge_more = reads(x_stride, few, positions - 1, 0, 0)
    tile.x_pointers = x_pointers(positions)
    if narrow then
        add_blocks(tile, shape)
    end
    return tile
end

-- A tile's rows by halves, at up to half as many positions more, so that
-- weights are read once where these are all that is left. `front`: positions
-- that are straight code where all of them have a tap. nil: the tile has few
-- positions.
function plan_tile.halves(shape, tile)
    if tile.vectors % 2 > 0 or tile.positions < HALVED_POSITIONS then
        return nil
    end
    local count, positions = tile.vectors // 2, tile.positions * 3 // 2
    local front = tile.positions * 4 // 3
    local half = {
        lanes = count * shape.lanes,
        vector_list = vectors(count, shape.lanes),
        positions = positions, position_list = upto(positions),
        front_count = front,
        front_mask = ("0x%x"):format((1 << front) - 1),
        front = reads(tile.x_stride, 0, front - 1, 0, 0),
        beyond = reads(tile.x_stride, front, positions - 1, 0, 0),
        x_pointers = x_pointers(positions),
    }
    return half
end

-- How many rows of x the taps of a tile read, each a position's.
function plan_tile.rows_read(tile, taps, step)
    local seen, count = {}, 0
    for t = 0, taps - 1 do
        for position = 0, tile.positions - 1 do
            local row = position * tile.x_stride - t * step
            count = count + (seen[row] and 0 or 1)
            seen[row] = true
        end
    end
    return count
end

-- Vectors of rows whose number is not known before.
function plan_tile.open_tile(shape, count, x_stride, most)
    local tile = plan_tile.tile(shape, count * shape.lanes, x_stride, most)
    tile.narrow = count < shape.vectors and count == 1
    tile.blocks = {}
    return tile
end

-- Rows of the weight's gradient, computed at some columns at a time, at fewer,
-- or at one.
function plan_tile.weight_tile(shape, rows)
    local tile = plan_tile.tile(shape, rows, false)
    tile.columns = math.max(1, shape.sums // tile.vectors)
    tile.holds_x = tile.columns < tile.vectors
    tile.widths, tile.wider = {}, {}
    for _, count in ipairs {1, tile.columns // 3, tile.columns} do
        if count > #tile.widths then
            table.insert(tile.widths, {count = count, list = upto(count)})
        end
    end
    table.move(tile.widths, 2, #tile.widths, 1, tile.wider)
    return tile
end

-- In how many parts a vector is turned for pieces of `rows` rows, where these
-- are all of a stride: one for each position. nil: pieces are copied.
function plan_tile.turns(shape, rows)
    local parts = rows > 0 and shape.lanes // rows or 1
    if shape.turns and parts > 1 and parts * rows == shape.lanes
        and shape.positions % parts == 0 then
        return parts
    end
end

-- The stores that put `rows` elements of each `stride` to y for so many
-- positions, leaving out others', and where each has which elements: `element`
-- numbers those of a position's row.
local function spread_stores(lanes, positions, rows, stride, element)
    local stores = {}
    for first = 0, (positions - 1) * stride + rows - 1, lanes do
        local store = {first = first, mask = 0, elements = {}}
        for i = 0, lanes - 1 do
            local position = (first + i) // stride
            local row = (first + i) % stride
            local is_ours = position < positions and row < rows
            store.mask = store.mask | (is_ours and 1 << i or 0)
            store.elements[i + 1] = is_ours and element(position, row) or 0
        end
        stores[#stores + 1] = store
    end
    return stores
end

-- The same as turns() for pieces that leave gaps for others', at a greater
-- stride, and how a turned vector is spread.
function plan_tile.spread(shape, rows, stride)
    local parts = rows > 0 and rows < stride and stride <= shape.spreads
        and plan_tile.turns(shape, rows)
    return parts and {
        parts = parts,
        stores = spread_stores(shape.lanes, parts, rows, stride,
            function(position, row) return position * rows + row end),
    } or nil
end

-- How narrow tiles store so many rows that lie side by side in y at a stride:
-- "zipped", "spread", or false, element by element.
function plan_tile.row_stores(shape, rows, stride)
    if rows == stride and plan_tile.zips_phases(shape, stride) then
        return "zipped"
    end
    local joins = math.max(1, rows - 1)
    return shape.spreads > 0 and stride > 1 and stride <= MOST_STRIDE
        and stride * (VECTOR_STORE + JOINED * joins) < rows * shape.lanes
        and "spread"
end

-- And how their vectors are spread.
function plan_tile.row_spread(shape, rows, stride)
    return spread_stores(shape.lanes, shape.lanes, rows, stride,
        function(position, row) return row * shape.lanes + position end)
end

-- Each way that is not element by element: as many rows, at a stride.
function plan_tile.row_kinds(shape)
    local kinds = {}
    for stride = 2, MOST_STRIDE do
        for rows = 1, stride do
            if plan_tile.row_stores(shape, rows, stride) then
                kinds[#kinds + 1] = {rows = rows, stride = stride}
            end
        end
    end
    return kinds
end

-- How a strip's vectors of so many phases of a stride are spread, where they
-- are few and not zipped.
function plan_tile.strip_spread(shape, phases, stride)
    return phases <= SPREAD_PHASES and stride <= shape.spreads
        and not plan_tile.strip_zips(shape, phases, stride)
        and plan_tile.row_spread(shape, phases, stride) or nil
end

-- How many elements are stored at a time for `rows` of them where the next
-- position's go over what is too much: the next power of two, if a vector has
-- as many. A list of none or one.
function plan_tile.over(shape, rows)
    local size = 4
    while size < rows do
        size = 2 * size
    end
    return rows > 2 and rows < size and size <= shape.lanes and {size} or {}
end

-- How as many vectors as they have parts, of `elements` each, are turned: by
-- rounds of pairs that lie 1, 2, 4, ... apart. Of each pair, the first keeps
-- its even runs of as many parts and gets the other's between them; the other
-- gets the odd ones.
function plan_tile.rounds(parts, elements)
    local rounds, apart = {}, 1
    while apart < parts do
        local pairs = {}
        for i = 0, parts - 1 do
            if i // apart % 2 == 0 then
                pairs[#pairs + 1] = {first = i, second = i + apart}
            end
        end
        rounds[#rounds + 1] = {run = apart * elements, pairs = pairs}
        apart = 2 * apart
    end
    return rounds
end

-- The runs that this takes, from `least` elements on, and which elements of two
-- vectors, side by side, become their even and their odd runs.
function plan_tile.runs(lanes, least)
    local runs, run = {}, least
    while run < lanes do
        local even, odd = {}, {}
        for i = 0, lanes - 1 do
            local is_even = i // run % 2 == 0
            even[i + 1] = is_even and i or lanes + i - run
            odd[i + 1] = is_even and i + run or lanes + i
        end
        runs[#runs + 1] = {
            elements = run, even = even, odd = odd, half = 2 * run == lanes,
        }
        run = 2 * run
    end
    return runs
end

-- Two tiles of so many vectors at once, at one position.
function plan_tile.pair(shape, count)
    local list, rows = vectors(2 * count, shape.lanes), count * shape.lanes
    for v, vector in ipairs(list) do
        vector.tile = (v - 1) // count
        vector.at = vector.at - vector.tile * rows
    end
    return {vector_list = list, lanes = 2 * rows, rows = 2 * rows}
end

-- Taps of a tile as straight code, tap t at positions from first(t) to last(t),
-- `step` elements of x on from tap t - 1; less than 0 in a transposed layer.
-- Where the next tap reads what the neighbouring position did, a tile that
-- holds x slides: x stays in its register, and little of it is fresh.
local function spelled(tile, taps, step, first, last)
    local slides = tile.holds_x and taps > 1 and math.abs(step) == 1
        and tile.x_stride == 1
    local list, loaded = {}, {}
    for t = 0, taps - 1 do
        local tap = {
            loop = false, index = t, away = t > 0 and math.abs(t * step),
            slides = slides, fresh = {},
            reads = reads(tile.x_stride, first(t), last(t), t * step,
                slides and (step < 0 and taps - 1 - t or t) or 0),
        }
        for _, read in ipairs(tap.reads) do
            if slides and not loaded[read.slot] then
                loaded[read.slot] = true
                table.insert(tap.fresh, read)
            end
        end
        list[t + 1] = tap
    end
    return list
end

-- Taps at positions that have all of them; nil for `taps` makes them one loop.
function plan_tile.taps(tile, taps, step)
    if not taps then
        return {{loop = true, reads = tile.edge_reads}}
    end
    return spelled(tile, taps, step,
        function() return 0 end,
        function() return tile.positions - 1 end)
end

-- Taps of a transposed layer's whole tile that begins where the input does, and
-- of one that ends where the input's reach does: a position lacks a tap for
-- each step that it is from having all. nil: not worth code of their own.
function plan_tile.ends(tile, taps, step)
    local last = tile.positions - 1
    if taps < 2 or taps > END_TAPS or (taps - 1) * step > last then
        return nil
    end
    return {
        head = spelled(tile, taps, -step,
            function(t) return t * step end,
            function() return last end),
        tail = spelled(tile, taps, -step,
            function() return 0 end,
            function(t) return last - (taps - 1 - t) * step end),
    }
end

return plan_tile
