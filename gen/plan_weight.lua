-- The gradient of the weight, for every layer.
--
-- The weight's first index c is a channel of a, its second o one of the same
-- group of b: a is x and b is grad_output, in Conv1d the reverse. Then
--
--   grad_weight[c][o][k] = sum over i of
--                          a[c][i] * b[o][i*stride + k*dilation - padding]
--
-- for each batch item, in blocks of positions i whose sums are then added. It
-- is a matrix of rows c and columns (o, k), k running fastest, as it lies in
-- memory. A tile has its lanes over rows: a's are turned into a panel,
-- [position][row], and b is broadcast, for some columns at a time: those of
-- neighbouring taps, which read the same lines of b, or of neighbouring o where
-- these lie side by side. Where some have no b, columns are looked at one by
-- one. At the end the sums are turned on their way to memory. A chunk is as
-- many positions as caches keep the panel of; between those of a block sums
-- wait in memory.
--
-- Of few positions, that turning would take longer than the sums; there the
-- lanes are over columns, of which a panel of b is made, and a is broadcast.
--
-- Of depthwise layers, which have one row and one o in each group, lanes are
-- over groups: panels of a and of b are made, [position][channel], unless rows
-- are positions and lie so already, and nothing is broadcast.

local plan_tile = require "plan_tile"

local weight = {name = "weight"}

-- Positions that are summed from +0 before they are added: the contract's.
local BLOCK = 256
weight.BLOCK = BLOCK
-- Most tiles of columns whose panels are made together.
weight.TILES_ACROSS = 32
-- A part of all columns that may be computed twice, with lanes over columns.
local OVERLAP = 4
-- Units of work for each part, so that these are even.
local UNITS = 4
-- Columns whose sums are in memory at a time, or one o's; they stay in L2.
local COLUMNS = 1024
-- Work that is worth waking a thread for.
local PART_WORK = 1 << 17

-- Taps whose sums of a depthwise layer are made together.
local DEPTHWISE_TAPS = 8
-- Most of its stride, and of how far its taps reach: its panel of b is so long.
local DEPTHWISE_STRIDE, DEPTHWISE_REACH = 16, 1024

local function ceil_div(a, b)
    return (a + b - 1) // b
end

-- Positions of a chunk: some even share of a block; is it less than all?
function weight.chunk(shape)
    local chunks = ceil_div(BLOCK, shape.chunk_elements // shape.rows)
    return ceil_div(BLOCK, chunks), chunks > 1
end

-- Numbers of taps whose sums a depthwise layer makes together.
function weight.tap_counts(kernel_size)
    local counts = {}
    if kernel_size >= DEPTHWISE_TAPS then
        counts[1] = DEPTHWISE_TAPS
    end
    local rest = kernel_size % DEPTHWISE_TAPS
    if rest > 0 then
        table.insert(counts, rest)
    end
    return counts
end

-- And for any layer.
function weight.all_tap_counts()
    local counts = {}
    for i = 1, DEPTHWISE_TAPS do
        counts[i] = DEPTHWISE_TAPS + 1 - i
    end
    return counts
end

-- A depthwise layer's numbers; nil: it is none, or not one for this.
local function add_depthwise(p, spec)
    local reach = (spec.kernel_size - 1) * spec.dilation
    if p.rows > 1 or p.outs > 1 or spec.groups == 1 or p.parts > 1
        or spec.converts or spec.stride > DEPTHWISE_STRIDE
        or reach > DEPTHWISE_REACH then
        return
    end
    local lanes = p.shape.lanes
    p.depthwise = {tap_counts = weight.tap_counts(spec.kernel_size)}
    p.tiles = ceil_div(spec.groups, lanes)
    p.sums_elements = spec.kernel_size * lanes
    local panels = (BLOCK + (BLOCK - 1) * spec.stride + reach + 1) * lanes
    -- What lies behind them is aligned to two elements.
    p.part_elements = (p.sums_elements + panels + 1) // 2 * 2
    p.panel_elements = p.part_elements - p.sums_elements
    p.across = false
end

function weight.plan(spec, target)
    if spec.pass ~= "grad_weight" then
        return nil
    end
    local conv = spec.op == "Conv1d"
    local shape = plan_tile.shape(target, spec.sum_bytes)
    local p = {
        shape = shape,
        a_nlc = (conv and spec.output_layout or spec.layout) == "nlc",
        b_nlc = (conv and spec.layout or spec.output_layout) == "nlc",
        rows = (conv and spec.out_channels or spec.in_channels) // spec.groups,
        outs = (conv and spec.in_channels or spec.out_channels) // spec.groups,
        parts = spec.parts,
        block = BLOCK,
        packed_elements = 0,
        part_work = PART_WORK, input_work = spec.weight_elements,
    }
    p.columns = p.outs * spec.kernel_size
    -- The parts of complex elements are channels of their own.
    p.rows = p.rows * p.parts
    p.most_outs = math.max(1,
        math.min(p.outs, COLUMNS // (spec.kernel_size * p.parts))) * p.parts
    p.chunk, p.chunked = weight.chunk(shape)
    p.tiles = ceil_div(p.rows, shape.rows)
    p.full = p.rows >= shape.rows and plan_tile.weight_tile(shape, shape.rows)
    local rest = p.rows % shape.rows
    p.rest = rest > 0 and plan_tile.weight_tile(shape, rest)
    p.sums_elements = p.most_outs * spec.kernel_size * shape.rows
    p.panel_elements = p.chunk * shape.rows
    -- b, where its elements are converted.
    p.b_stretch = (p.chunk - 1) * spec.stride
        + (spec.kernel_size - 1) * spec.dilation + 1
    p.b_columns = math.max(p.full and p.full.columns or 0,
        p.rest and p.rest.columns or 0)
    local across = ceil_div(p.columns, shape.rows) * shape.rows
    p.across = not spec.converts and p.parts == 1 and p.full
        and p.columns >= shape.rows
        and across - p.columns <= p.columns // OVERLAP
    -- Beyond so many positions, turning b takes longer than what comes out.
    p.most_across, p.units_across = p.rows, UNITS
    p.last_across = p.columns % shape.rows > 0 and p.columns - shape.rows
    local sums = p.sums_elements * (p.chunked and 2 or 1)
    across = p.across and 2 * BLOCK * shape.rows or 0
    p.part_elements = math.max(sums + p.panel_elements, across)
    add_depthwise(p, spec)
    return p
end

return weight
