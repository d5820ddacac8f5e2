-- From shapes of tiles to what families of micro-kernels see.

local plan_tile = require "plan_tile"
local view_put = require "view_put"
local view_tile = require "view_tile"

local view_family = {}

-- Forms of a micro-kernel's inner loop: few taps are spelled out, more of them
-- for whole tiles, which do most of the work, and where positions lie a stride
-- apart, whose loop is dearer.
local REST_TAPS, DIRECT_REST_TAPS, WHOLE_TAPS = 3, 5, 7
-- And of whole tiles with weights that they widen.
local NARROW_TAPS = 4
-- And where positions lack taps: whether one has a tap is then a branch of its
-- own, which processors foresee.
local EDGE_TAPS, NARROW_EDGE_TAPS, FEW_TAPS = 4, 2, 2
-- And where each tap's x is in rows of its own, whose addresses take registers.
local ROWS_TAPS, DIRECT_ROWS_TAPS = 4, 1

-- When whole tiles may store their vectors to y as they are; others would take
-- longer over small layers for it.
local VECTORS_STORED = "b->stores_vectors != 0"

-- A factor of the positions whose tiles ask for weights that follow.
local STREAMED = "b->streamed * "

-- When a form for some taps, after `forms`, is the one; `also` is what else
-- must hold.
local function taps_test(forms, taps, also)
    local test = ("if (b->taps == %d%s)"):format(taps,
        also and " && " .. also or "")
    return #forms > 0 and "else " .. test or test
end

-- And that more taps than one are neighbours, `step` being the distance.
local function near(taps, step)
    return taps > 1 and ("b->%s == 1"):format(step)
end

local function family_forms(tile, v, most)
    local forms = {}
    for taps = 1, most do
        forms[taps] = {
            name = "taps" .. taps, where = "that have all taps",
            tap_list = plan_tile.taps(tile, taps, v.direct and 1 or -1),
            taps = taps,
            locals = v.spelled_locals,
            test = taps_test(forms, taps, near(taps, v.tap_step)),
        }
    end
    forms[#forms + 1] = {
        name = "taps", where = "that have all taps",
        tap_list = plan_tile.taps(tile), taps = false,
        test = "else", locals = v.tile_locals,
    }
    return forms
end

-- Those at the input's ends.
local function family_end_forms(tile, v, most)
    local forms = {}
    for taps = 2, most do
        local ends = plan_tile.ends(tile, taps, 1)
        for _, form in ipairs(view_tile.end_forms(tile, ends, taps,
            ("b->taps == %d && %s"):format(taps, near(taps, v.tap_step)))) do
            forms[#forms + 1] = form
        end
    end
    return forms
end

-- Those of positions that lack taps. Short calls of the most frequent kind,
-- where few of them are left over, have one of their own.
local function family_edge_forms(few, most)
    local forms = {}
    if few then
        forms[1] = view_tile.edge_form("few" .. FEW_TAPS, FEW_TAPS,
            taps_test(forms, FEW_TAPS, "some <= " .. few.positions), few)
    end
    for taps = 2, most do
        forms[#forms + 1] = view_tile.edge_form("edge" .. taps, taps,
            taps_test(forms, taps))
    end
    forms[#forms + 1] = view_tile.edge_form("edge", false, "else")
    return forms
end

-- Those of narrow tiles: for the numbers of taps that most such layers have.
local function family_narrow_forms(tile, v)
    local forms = {}
    for i, taps in ipairs(#tile.blocks == 1 and v.narrow_taps or {}) do
        forms[i] = {
            suffix = "_taps" .. taps,
            tap_list = plan_tile.taps(tile, taps, v.direct and 1 or -1),
            taps = taps, locals = {},
            test = taps_test(forms, taps, near(taps, "step")),
        }
    end
    forms[#forms + 1] = {
        suffix = "", test = #forms > 0 and "else", taps = false,
        tap_list = plan_tile.taps(tile), locals = v.column_locals,
    }
    return forms
end

-- Those of strips.
local function family_strip_forms(v, strip)
    local forms = {}
    for _, taps in ipairs(v.strip_taps) do
        forms[#forms + 1] = {
            suffix = "_taps" .. taps, taps = taps, locals = {}, opaque = false,
            tap_list = plan_tile.taps(strip, taps, v.direct and 1 or -1),
            test = taps_test(forms, taps, near(taps, v.tap_step)),
        }
    end
    forms[#forms + 1] = {
        suffix = "", test = "else", taps = false, opaque = false,
        tap_list = plan_tile.taps(strip),
        locals = {"taps", "panel_step"},
    }
    return forms
end

-- And which phases of which strides of y a strip serves.
local function strip_kinds(v, strip)
    local kinds = {}
    for stride = 1, v.direct and 1 or v.shape.lanes do
        for phases = 1, stride do
            if plan_tile.strip(v.shape, phases, stride) == strip then
                table.insert(kinds, {phases, stride})
            end
        end
    end
    return kinds
end

-- When storing turned vectors is possible.
local function turned_test(rows, stride, parts)
    return parts and (" if (b->piece_rows == %d && b->y_step == %d"
        .. " && piece_count %% %d == 0)"):format(rows, stride, parts)
end

-- A tile of so many vectors of rows, or of all with their rows spelled out.
local function family_wide(shape, v, count, name)
    local tile = plan_tile.open_tile(shape, count, not v.direct and 1,
        v.no_panel and shape.row_positions or nil)
    if v.spaced then
        tile.span = ("%d%s + 1"):format(tile.positions - 1, v.times)
    end
    local t = view_tile.tile_values(tile, v.op_name .. name, v)
    view_tile.pass_block(t, v.block_type)
    t.name = v.op_name .. name
    t.looks_ahead = "last && b->looks_ahead == " .. view_tile.looks.pieces
    t.looks_far = "last && b->looks_ahead == " .. view_tile.looks.positions
    return t, tile
end

-- What tiles of layers that are transposed, or are not, have in common; with
-- `rows`, of those that read rows of x, each a position's, in place.
local function walk_of(v, direct, rows)
    local op = direct and "direct_" or ""
    v = setmetatable({op_name = rows and op .. "rows_" or op}, {__index = v})
    view_tile.add_walk(v, direct, direct and "b->x_stride" or 1)
    v.tap_step = rows and "step" or "panel_step"
    v.rest_taps = direct and DIRECT_REST_TAPS or REST_TAPS
    v.whole_taps = WHOLE_TAPS
    if rows then
        view_tile.add_rows_of_x(v)
        view_tile.add_inner(v, v.block_numbers)
        view_tile.add_places_of_vectors(v, VECTORS_STORED)
        v.of_rows = false
        v.any_rounds, v.scales, v.kinds = false, false, {}
        v.whole_taps = direct and DIRECT_ROWS_TAPS or ROWS_TAPS
        v.rest_taps = math.min(v.rest_taps, v.whole_taps)
    end
    v.spelled_locals = direct and {"x_stride"} or {}
    if direct then
        v.tile_locals = {table.unpack(v.tile_locals)}
        table.insert(v.tile_locals, "x_stride")
    end
    return v
end

-- What micro_integer.c.tmpl sees of tiles: wide ones.
local function integer_tiles(shape, v, direct)
    v = walk_of(v, direct)
    v.fills = {}
    for i, kind in ipairs {"i8", "u8"} do
        v.fills[i] = setmetatable({name = v.op_name .. "fill_" .. kind},
            {__index = v})
        view_tile.add_quantization(v.fills[i], kind, "i8")
    end
    v.wide_tiles = {}
    for count = 1, shape.vectors do
        local t, tile = family_wide(shape, v, count, "wide" .. count)
        view_tile.open_rows(t)
        t.forms = family_forms(tile, v, v.rest_taps)
        t.looks_ahead, t.looks_far = false, false
        v.wide_tiles[count] = t
    end
    local t, tile = family_wide(shape, v, shape.vectors, "whole")
    t.streams = STREAMED
    t.forms = family_forms(tile, v, v.whole_taps)
    t.looks_ahead, t.looks_far = false, false
    v.whole = t
    return v
end

-- Those that families have: wide ones, and for rows of x that are channels
-- narrow ones.
local function family_tiles(shape, v, direct, rows)
    v = walk_of(v, direct, rows)
    v.narrow_taps = direct and {3, 7} or {2, 4}
    v.rows_edges = v.turned and v.op_name .. "rows_wide1"
    v.fills = {}
    local kinds = rows and {} or {"as_is", table.unpack(v.fill_kinds)}
    for i, kind in ipairs(kinds) do
        v.fills[i] = setmetatable({name = v.op_name .. "fill_" .. kind},
            {__index = v})
        if kind ~= "as_is" then
            view_tile.add_conversion(v.fills[i], kind, "_" .. kind)
        end
    end
    v.pairs = {}
    for i, kind in ipairs {false, table.unpack(v.kinds)} do
        local name = v.op_name .. "both" .. (kind and "_" .. kind or "")
        v.pairs[i] = view_tile.pair_values(plan_tile.pair(shape,
            shape.vectors), name, v, shape.rows, kind)
    end
    -- Where strips take three phases, whole tiles may have three vectors.
    local threes = not rows and not direct and #shape.strips > 1
    v.pair_of_three = threes and view_tile.pair_values(
        plan_tile.pair(shape, plan_tile.THREE), v.op_name .. "both3", v,
        plan_tile.THREE * shape.lanes, false)
    v.strip_list = {}
    v.strip_taps = direct and {1, 3, 5, 7} or {1, 2, 3, 4}
    for _, strip in ipairs(rows and {} or shape.strips) do
        local known = strip_kinds(v, strip)
        if #known > 0 then
            table.insert(v.strip_list, view_put.strips(v,
                v.op_name .. "strip" .. strip.rows, strip,
                family_strip_forms(v, strip), known, true))
        end
    end
    v.wide_tiles, v.middle_tiles, v.narrow_tiles = {}, {}, {}
    for count = 1, shape.vectors do
        local t, tile = family_wide(shape, v, count, "wide" .. count)
        view_tile.open_rows(t)
        t.forms = family_forms(tile, v, v.rest_taps)
        t.strip_calls = view_put.strip_calls(v.strip_list, tile.rows,
            true, true)
        t.streams = threes and count == plan_tile.THREE and STREAMED
        v.wide_tiles[count] = t
        if count > 1 and count < shape.vectors then
            table.insert(v.middle_tiles, t)
        end
    end
    v.widest = v.wide_tiles[shape.vectors]
    -- Most tiles are whole: with their rows spelled out.
    v.wholes = {}
    for i, kind in ipairs {false, table.unpack(v.kinds)} do
        local t, tile = family_wide(shape, v, shape.vectors, "whole"
            .. (kind and "_" .. kind or ""))
        t.half_forms = {}
        view_tile.add_halves(t, plan_tile.halves(shape, tile))
        for n = 1, kind and 0 or plan_tile.END_TAPS do
            t.half_forms[n] = view_tile.edge_form("half" .. n, n,
                taps_test(t.half_forms, n))
        end
        table.insert(t.half_forms, view_tile.edge_form("half", false,
            #t.half_forms > 0 and "else"))
        local taps = kind and NARROW_TAPS or v.whole_taps
        view_tile.add_places_of_vectors(t, VECTORS_STORED)
        t.kind = false
        if kind then
            view_tile.load_kind(t, kind)
        end
        t.streams = STREAMED
        t.strip_calls = view_put.strip_calls(kind and {} or v.strip_list,
            shape.rows, true, false)
        t.forms = family_forms(tile, v, taps)
        t.end_forms = direct and {} or family_end_forms(tile, v, taps)
        local half = tile.positions // 2
        local few = half > 1 and tile.x_stride == 1
            and plan_tile.tile(shape, shape.rows, 1, half)
        t.edge_forms = family_edge_forms(few, kind and NARROW_EDGE_TAPS
            or EDGE_TAPS)
        v.wholes[i] = t
    end
    local most = not rows and shape.vectors > 1 and shape.lanes or 0
    for count = 1, most do
        local t = view_tile.tile_values(plan_tile.tile(shape, count, 1),
            v.op_name .. "narrow" .. count, v)
        t.edges, t.edge_args = v.op_name .. "wide1", ", " .. count
        t.narrow_forms = family_narrow_forms(t.tile, v)
        v.narrow_tiles[count] = t
    end
    return v
end

-- The function that packs weights stored so.
local function add_pack(v, shape, kind, compact)
    local pack = view_tile.packing(kind, compact)
    table.insert(v.packs, pack)
    pack.kind = kind and view_tile.kinds[kind] or 0
    pack.name = pack.name .. (kind and "_" .. kind or "")
    pack.stored = pack.stored or v.ctype
    pack.bias_type, pack.conjugate = "void", "s->conjugate"
    pack.take_bias = function(_) return "bias_of(s, bias, o)" end
    pack.params = "const struct tconv_pack *s,"
    for _, field in ipairs {"channels", "channel_stride", "row_stride",
        "tap_step"} do
        pack[field] = "s->" .. field
    end
    pack.row_channel = "s->y_nlc ? (row + i) % inner : (row + i) / inner"
    pack.row_phase = "(s->y_nlc ? (row + i) / inner : (row + i) % inner)"
    pack.most_rows = shape.rows
end

-- What both frames see of tiles.
local function common(shape, v)
    local numbers = view_tile.block_numbers(view_tile.set_fields,
        view_tile.panel_fields, view_tile.layer_fields)
    for name, value in pairs(numbers) do
        v[name] = value
    end
    v.block_numbers = numbers
    view_tile.add_inner(v, numbers)
    view_tile.add_shape(v, shape)
    v.block_type, v.micro, v.folded = "struct tconv_block", true, false
    v.bare, v.fills_rows, v.any_narrow = true, false, true
    v.any_looks_ahead, v.looks_ahead_guard, v.narrow_guard = true, false, false
    v.quick_edges, v.direct, v.both = true, false, true
    v.any_x_nlc, v.any_x_ncl, v.any_nlc, v.any_ncl = true, true, true, true
    view_tile.add_any_places(v)
    v.row_channel = "b->y_nlc ? (row + i) % b->inner : (row + i) / b->inner"
    v.parts, v.y_parts = 1, 1
    v.turned = shape.turns or false
    v.turned_test = "b->turned && "
    v.turned_y = " || (b->y_nlc && b->y_row != 1)"
    v.narrow_x = v.turned and "(b->turned ? b->panel : b->x)" or "b->x"
    v.narrow_row = v.turned and "(b->turned ? b->x_step : b->x_row)"
        or "b->x_row"
    v.x_origin = v.turned
        and "(b->turned ? b->inner_begin - b->panel_last + b->first : b->first)"
        or v.first
end

-- What micro_integer.c.tmpl sees of tiles: of any rows, for any layer.
function view_family.integer(shape, v)
    common(shape, v)
    v.any_narrow, v.quick_edges = false, false
    v.any_looks_ahead = false
    v.kind, v.any_rounds, v.narrow_test = false, false, ""
    v.scales = false
    v.x_channel = "(b->x_nlc ? 1 : x_row)"
    v.x_position = "(b->x_nlc ? x_row : 1)"
    v.reads, v.heads = "b->reads", 2
    view_tile.add_quantization(v, "i8", "i8")
    v.tile_y_type = "void"
    v.pack = {
        params = "const struct tconv_pack *s,", reads = "s->channels",
        channel_stride = "s->channel_stride", row_stride = "s->row_stride",
        tap_step = "s->tap_step", most_rows = shape.rows,
        row_channel = "s->y_nlc ? (row + i) % inner : (row + i) / inner",
        row_phase = "(s->y_nlc ? (row + i) / inner : (row + i) % inner)",
    }
    v.outputs = {}
    for i, output in ipairs {"i8", "f32"} do
        v.outputs[i] = setmetatable({}, {__index = v})
        view_tile.add_quantization(v.outputs[i], "i8", output)
        v.outputs[i].y_suffix = output == "f32" and "_f32" or "_8"
    end
    v.float_kind = v.outputs[2].y_kind
    v.put_forms = {}
    v.walks = {integer_tiles(shape, v, false), integer_tiles(shape, v, true)}
end

-- What micro.c.tmpl sees of tiles: of any rows, for any layer.
function view_family.tiles(shape, v)
    common(shape, v)
    function v.channel_of(row)
        return ("b->y_nlc ? (%s) %% inner : (%s) / inner"):format(row, row)
    end
    v.f32, v.kind = v.ctype == "float", v.ctype == "float" and "any"
    v.kinds = v.f32 and {"f16", "bf16", "i8"} or {}
    v.scales, v.any_pair = v.f32, true
    view_tile.add_conversion(v, false)
    v.conversions = {}
    for i, kind in ipairs(v.f32 and {"f16", "bf16", "tf32"} or {}) do
        v.conversions[i] = setmetatable({}, {__index = v})
        view_tile.add_conversion(v.conversions[i], kind, "_" .. kind)
    end
    v.fill_kinds = v.f32 and {"f16", "bf16", "tf32", "complex"} or {"complex"}
    v.any_rounds = v.f32
    v.packs = {}
    for _, conversion in ipairs {v, table.unpack(v.conversions)} do
        local kind = conversion.convert
        add_pack(v, shape, kind, false)
        if conversion.rounds then
            add_pack(v, shape, kind, true)
        end
    end
    add_pack(v, shape, "complex", false)
    if v.f32 then
        add_pack(v, shape, "i8", false)
        add_pack(v, shape, "i8", true)
    end
    v.put_forms = {}
    for _, size in ipairs(shape.sizes) do
        local turns = plan_tile.turns(shape, size)
        if turns then
            table.insert(v.put_forms, view_put.form(size,
                turned_test(size, size, turns), size, turns))
        end
        local test = (" if (b->piece_rows == %d && b->y_step == %d)"):format(
            size, size)
        table.insert(v.put_forms, view_put.form(size, test, size))
    end
    for _, size in ipairs(shape.sizes) do
        for stride = size + 1, shape.spreads do
            local spread = plan_tile.spread(shape, size, stride)
            table.insert(v.put_forms, view_put.spread_form(v, size,
                turned_test(size, stride, spread and spread.parts), stride,
                spread))
        end
        table.insert(v.put_forms, view_put.form(size,
            (" if (b->piece_rows == %d)"):format(size)))
    end
    local over = {}
    for rows = 1, shape.lanes do
        local size = plan_tile.over(shape, rows)[1]
        if size and size ~= over[#over] then
            over[#over + 1] = size
        end
    end
    table.insert(v.put_forms, view_put.any_form(over,
        " && stride <= %d && %d < 2 * stride"))
    v.put_functions = view_put.joined({}, v.put_forms)
    for _, conversion in ipairs(v.conversions) do
        conversion.put_functions = {}
        for _, form in ipairs(v.put_functions) do
            if form.turns and not form.spread then
                table.insert(conversion.put_functions, form)
            end
        end
    end
    view_put.add_turns(v, shape, v.put_functions, true)
    v.row_kinds, v.row_case = {}, view_put.row_case
    v.spreads, v.zips = {}, {}
    for i, kind in ipairs(plan_tile.row_kinds(shape)) do
        v.row_kinds[i] = view_put.row_kind(v, kind.rows, kind.stride, true)
        if not v.row_kinds[i].spread then
            table.insert(v.zips, view_put.zip_form(v, kind.stride))
        end
    end
    v.rounded_zips = {}
    for _, conversion in ipairs(shape.strips[1] and v.conversions or {}) do
        for _, kind in ipairs(conversion.rounds
            and strip_kinds(v, shape.strips[1]) or {}) do
            if kind[1] == kind[2] then
                table.insert(v.rounded_zips, setmetatable(
                    view_put.zip_form(v, kind[2]),
                    {__index = conversion}))
            end
        end
    end
    view_put.add_spreads(v, v.row_kinds)
    view_put.add_spreads(v, v.put_functions)
    v.walks = {}
    for i, direct in ipairs {false, true} do
        v.walks[i] = family_tiles(shape, v, direct, false)
        v.walks[i].of_rows = family_tiles(shape, v, direct, true)
        for _, strips in ipairs(v.walks[i].strip_list) do
            view_put.add_spreads(v, strips.strip_stores)
        end
    end
end

return view_family
