-- The numbers of one tile's code: which rows, vectors, positions and taps its
-- straight code spells out.

local plan_span = {}

local function ceil_div(a, b)
    return (a + b - 1) // b
end

-- The tile shapes of a target for elements of some size: rows of a tile, and
-- rows, vectors and positions of a block.
function plan_span.shape(target, element_bytes)
    local lanes = math.max(1, target.vector_bytes // element_bytes)
    local shape = {
        lanes = lanes,
        max_rows = math.max(lanes, lanes == 1 and 4 or 8),
        block_rows = target.block.rows,
        block_positions = target.block.vectors * lanes,
        accumulators = target.accumulators,
        block_list = {},
    }
    for v = 0, target.block.vectors - 1 do
        shape.block_list[v + 1] = {index = v, at = v * lanes}
    end
    return shape
end

-- Blocks are as even as they can be, none above the target's height.
local function blocks_of(shape, rows)
    local count = ceil_div(rows, shape.block_rows)
    local blocks, at = {}, 0
    for b = 1, count do
        local height = (rows - at) // (count - b + 1)
        local list = {}
        for i = 0, height - 1 do
            list[i + 1] = {index = at + i, slot = i}
        end
        blocks[b] = {
            name = "block" .. b - 1, first = at, last = at + height - 1,
            rows = height, list = list,
        }
        at = at + height
    end
    return blocks
end

-- Strips of positions for lanes over rows: as many as accumulators allow, and
-- one alone.
local function strips_of(shape, vectors)
    local strips = {}
    local most = math.max(1, shape.accumulators // vectors)
    for _, count in ipairs(most > 1 and {most, 1} or {1}) do
        local list = {}
        for position = 0, count - 1 do
            list[position + 1] = position
        end
        strips[#strips + 1] = {
            name = "strip" .. count, count = count, list = list,
            text = count == 1 and "position" or count .. " positions",
        }
    end
    return strips
end

function plan_span.tile(shape, rows)
    local vectors = ceil_div(rows, shape.lanes)
    local tile = {
        rows = rows,
        lanes = vectors * shape.lanes,
        blocks = blocks_of(shape, rows),
        strips = strips_of(shape, vectors),
        vector_list = {},
    }
    for v = 0, vectors - 1 do
        tile.vector_list[v + 1] = {index = v, at = v * shape.lanes}
    end
    return tile
end

-- Taps as straight code; nil for `taps` makes them one loop.
function plan_span.taps(taps, first, step)
    if not taps then
        return {{loop = true}}
    end
    local list = {}
    for t = 0, taps - 1 do
        list[t + 1] = {
            loop = false, index = t, back = t * step, shift = first + t * step,
        }
    end
    return list
end

return plan_span
