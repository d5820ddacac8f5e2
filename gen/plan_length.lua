-- How many lines of C a polyphase plan takes, and what makes them fewer where a
-- target's limit is below that.

local plan_tile = require "plan_tile"

local plan_length = {}

-- The set, among those up to `index`, whose functions for positions that lack
-- taps serve whole tiles of that one: these differ by no more than their taps.
function plan_length.masked_by(index, p)
    local set = p.sets[index]
    for i, other in ipairs(p.sets) do
        if other.full and other.open == set.open
            and other.compact == set.compact
            and other.stores_vectors == set.stores_vectors
            and other.panel.step == set.panel.step then
            return i
        end
    end
end

-- About how many lines functions take for positions that lack taps.
local function masked_lines(tile, taps)
    local v, n = tile.vectors, tile.positions
    return 40 + 4 * v * n + 5 * n + v
        + (tile.halves and 20 + 3 * v * n // 2 + taps * (20 + 3 * v * n) or 0)
end

-- And a tile's others.
local function tile_lines(tile, taps, forms)
    local v, n = tile.vectors, tile.positions
    local lines = 90
        + forms * (20 + 2 * v * n + taps * (5 + v + n + v * n))
    for _, block in ipairs(tile.blocks) do
        for _, width in ipairs(block.widths) do
            local sums = block.height * width.vectors
            lines = lines + 30 + block.height + 2 * sums
                + taps * (4 + width.vectors + block.height + sums)
        end
    end
    return lines
end

-- What stores a narrow tile's rows.
local function row_lines(tile, p)
    local lines, known = 25, {}
    for _, rows in ipairs(tile.runs or {}) do
        local by = not known[rows]
            and plan_tile.row_stores(p.shape, rows, p.stride)
        known[rows] = true
        lines = lines + (by == "spread" and 25 + p.stride * (1 + 3 * rows)
            or by == "zipped" and 20 + 2 * rows or 0)
    end
    return lines
end

local function pair_lines(pair)
    return 80 + 8 * #pair.vector_list
end

local function strip_lines(strip, taps)
    return 70 + 5 * strip.rows * strip.vectors
        + taps * (4 + strip.vectors + strip.rows * (strip.vectors + 1))
end

-- The lines of all tiles and strips, with taps spelled out or not.
local function code_lines(p, spelled)
    local lines = 0
    for index, set in ipairs(p.sets) do
        local taps = spelled and set.taps or 1
        if set.full then
            lines = lines + tile_lines(set.full, taps,
                (set.streamed and not set.strips and 2 or 1)
                    + (set.ends and 2 or 0))
                + (plan_length.masked_by(index, p) == index
                    and masked_lines(set.full,
                        p.spells_halves and set.taps or 1)
                    or 0)
        end
        if set.rest then
            lines = lines + tile_lines(set.rest, taps,
                set.rest.narrow and 0 or 1) + masked_lines(set.rest, 1)
                + (set.rest.narrow and row_lines(set.rest, p) or 0)
        end
        lines = lines + (set.pair and pair_lines(set.pair) or 0)
            + (set.strips and strip_lines(set.strip, taps) or 0)
    end
    return lines
end

-- Whole tiles for any rows, so that the last ones are theirs too.
local function open_rows(set)
    if set.full and set.rest then
        set.rest, set.open = false, true
    end
end

-- What makes code short where it is longer than `code_lines`, dearest last.
local shorter = {
    function(_, p) -- taps of rows by halves are a loop
        p.spells_halves = false
    end,
    function(set, p) -- and they are tiles like others
        if set.full and #p.sets > 1 then
            set.full.halves = nil
        end
    end,
    function(set) -- the input's ends are edges like others
        set.ends = nil
    end,
    function(set) -- last rows that are as much work as a whole tile's
        if set.full and set.rest and set.rest.vectors == set.full.vectors then
            open_rows(set)
        end
    end,
    function(_, p) -- taps are a loop
        p.unroll_taps = false
    end,
    function(set) -- the few rows left over are tiles like the others
        if set.full and set.rest then
            set.rest.narrow, set.rest.blocks = false, {}
        end
    end,
    function(set) -- seven to nine last positions are whole tiles, and a part
        if set.full then
            set.full.halves = nil
        end
    end,
    function(set) -- single positions without code of their own
        set.pair = nil
    end,
    function(_, p) -- taps at edges that all positions have without it
        p.quick_edges = false
    end,
    function(set, p) -- last rows of few vectors at half as many positions
        local half = set.rest and set.rest.positions // 2
        if set.full and half and half >= set.full.positions then
            set.rest = plan_tile.tile(p.shape, set.rest_rows, p.x_stride, half)
            set.rest.narrow, set.rest.blocks = false, {}
        end
    end,
    open_rows,
}

function plan_length.shorten(p)
    p.unroll_taps, p.quick_edges = not p.folded, true
    -- Which positions have a tap is then a branch of its own, which processors
    -- foresee.
    p.spells_halves = #p.sets == 1 and p.most_taps <= plan_tile.END_TAPS
    for _, step in ipairs(shorter) do
        if code_lines(p, p.unroll_taps) <= p.shape.code_lines then
            return
        end
        for _, set in ipairs(p.sets) do
            step(set, p)
        end
    end
end

return plan_length
