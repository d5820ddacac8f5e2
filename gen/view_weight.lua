-- From plans of the weight's gradient to what their templates see.

local plan_tile = require "plan_tile"
local plan_weight = require "plan_weight"
local view_put = require "view_put"
local view_tile = require "view_tile"

local view_weight = {}

local function rows_text(rows)
    return rows == 1 and "One row" or rows .. " rows"
end

local function tile_values(tile, name, v)
    for _, width in ipairs(tile.widths) do
        width.text = width.count == 1 and "one column"
            or width.count .. " columns"
        width.rows_text = rows_text(width.count):lower()
    end
    return setmetatable({
        tile = tile, name = name, text = rows_text(tile.rows),
    }, {__index = v})
end

-- How a depthwise layer's sums go, of so many taps at once each.
local function depthwise_values(tap_counts, name, v)
    local depthwise = setmetatable({
        name = name, counts = {}, tile = {vector_list = {{index = 0, at = 0}}},
    }, {__index = v})
    for i, count in ipairs(tap_counts) do
        depthwise.counts[i] = {
            count = count, list = plan_tile.upto(count),
            text = count == 1 and "a tap" or count .. " taps",
        }
    end
    return depthwise
end

-- Numbers that tiles see, where a plan fixes them, and where a call has them.
local fields = {"kernel_size", "stride", "dilation", "padding", "columns",
    "chunk", "most_outs", "sums_elements", "panel_elements"}

-- What weight.c.tmpl sees of a plan.
function view_weight.plan(p, v, micro)
    local spec = p.spec
    v.micro, v.conv = micro, spec.op == "Conv1d"
    v.vector_kinds = view_tile.kind_list(v.convert, false)
    v.shape, v.lanes, v.line = p.shape, p.shape.lanes, p.shape.line
    view_put.add_turns(v, p.shape, {}, true)
    for _, name in ipairs {
        "rows", "outs", "columns", "a_nlc", "b_nlc", "block", "chunk",
        "chunked", "last_across", "most_across", "units_across",
        "most_outs", "sums_elements", "panel_elements",
        "parts", "part_elements", "b_stretch", "b_columns", "part_work",
        "input_work",
    } do
        v[name] = p[name]
    end
    v.kernel_size, v.stride = spec.kernel_size, spec.stride
    v.dilation, v.padding = spec.dilation, spec.padding_begin
    v.b_channel = v.b_nlc and "1" or "w->b_row"
    v.times_b_position = v.b_nlc and " * w->b_row" or ""
    v.b_across = v.b_nlc and "w->b_row" or "1"
    v.a_channel = v.a_nlc and "1" or "w->a_row"
    v.a_position = v.a_nlc and "w->a_row" or "1"
    v.b_pair = v.b_nlc and "2" or "w->b_row"
    v.b_position = v.b_nlc and "w->b_row" or "2"
    v.dense = {
        x_row = spec.layout == "nlc" and spec.in_channels or "length",
        y_row = spec.output_layout == "nlc" and spec.out_channels
            or "output_length",
        x_rows = spec.layout == "nlc" and "length" or spec.in_channels,
        y_rows = spec.output_layout == "nlc" and "output_length"
            or spec.out_channels,
    }
    v.tile_count = p.tiles
    v.fenced = not p.depthwise
    v.depthwise_name = micro and "tconv_weight_depthwise"
        or v.isa .. "_depthwise"
    v.depthwise = p.depthwise and depthwise_values(p.depthwise.tap_counts,
        v.depthwise_name, v) or false
    v.weight_type = micro and "struct tconv_weight" or "struct weight"
    v.swapped = v.conv and 1 or 0
    v.numbers, v.tiles = {}, {}
    for i, name in ipairs(micro and fields or {}) do
        v.numbers[i] = {name = name, value = v[name]}
    end
    for _, which in ipairs {"full", "rest"} do
        v[which] = p[which] and v.isa .. "_" .. which
        if p[which] and not p.depthwise then
            table.insert(v.tiles, tile_values(p[which], v[which], v))
        end
    end
    v.rest_rows = p.rest and p.rest.rows
    v.lanes_across = p.shape.rows
    v.tiles_across = plan_weight.TILES_ACROSS
    v.across = p.across and v.tiles[1]
    v.across_name = micro and "tconv_weight_across"
        or v.across and v.across.name .. "_across"
    v.common_parts = micro and view_tile.parts("clamp", "share")
        or view_tile.parts("loops", "clamp", "share", "steps_to",
            "weight_parts")
    v.plan_lines = {
        "A matrix: rows are the weight's first index, columns its second and",
        "the tap. " .. (v.conv and "Its sums go over y's positions."
            or "Its sums go over x's positions."),
    }
end

-- What micro.c.tmpl sees: tiles of so many vectors of rows, for any layer.
function view_weight.family(shape, v)
    for _, name in ipairs(fields) do
        v[name] = "w->" .. name
    end
    v.block = plan_weight.BLOCK
    v.tiles_across = plan_weight.TILES_ACROSS
    v.chunked = select(2, plan_weight.chunk(shape))
    v.swapped = "w->swapped"
    v.b_channel, v.times_b_position = "w->b_channel", " * w->b_position"
    v.b_across = "w->b_position"
    v.a_channel = "(w->a_nlc ? 1 : w->a_row)"
    v.a_position = "(w->a_nlc ? w->a_row : 1)"
    v.b_pair, v.b_position = "w->b_channel", "w->b_position"
    v.weight_type = "struct tconv_weight"
    v.a_nlc, v.b_nlc = false, false -- known at run time
    v.weight_tiles = {}
    for count = 1, shape.vectors do
        local rows = count * shape.lanes
        local tile = tile_values(plan_tile.weight_tile(shape, rows),
            "weight" .. count, v)
        v.weight_tiles[count], tile.some = tile, {tile}
        for i, kind in ipairs(v.fill_kinds) do
            tile.some[i + 1] = setmetatable({}, {__index = tile})
            view_tile.add_conversion(tile.some[i + 1], kind, "_" .. kind)
        end
    end
    v.across = v.weight_tiles[shape.vectors]
    v.depthwise = depthwise_values(plan_weight.all_tap_counts(),
        "weight_depthwise", v)
end

return view_weight
