-- From polyphase plans to what their templates see, and the words for it.

local plan_tile = require "plan_tile"

local view_polyphase = {}

-- "0", "0 and 8", "0, 8 and 16", "0, 8, ..., 24"
local function series(first, step, count)
    if count == 1 then
        return tostring(first)
    elseif count == 2 then
        return ("%d and %d"):format(first, first + step)
    elseif count == 3 then
        return ("%d, %d and %d"):format(first, first + step, first + 2 * step)
    end
    return ("%d, %d, ..., %d"):format(first, first + step,
        first + (count - 1) * step)
end

local function phase_text(set, p)
    if p.direct then
        return "all output channels"
    end
    return (set.phases == 1 and "phase " or "phases ")
        .. series(set.phase, p.dilation, set.phases)
end

-- What a convolution that is not transposed reads.
local function direct_lines(p)
    local set = p.sets[1]
    local at = p.x_stride == 1 and "j" or p.x_stride .. "*j"
    if p.dilation > 1 then
        at = at .. " + " .. p.dilation .. "*k"
    else
        at = at .. " + k"
    end
    return {
        "Output position j reads x at " .. at
            .. (set.first > 0 and " - " .. set.first or "") .. " for taps k.",
    }
end

-- "q", "q and q - 1", "q, q - 1, ..., q - 9"
local function shift_text(set, p)
    local text = series(set.first, p.shift_step, set.taps)
    return (text:gsub("%d+", "q - %0"))
end

-- A few lines on each tap set.
local function set_lines(p)
    if p.direct then
        return direct_lines(p)
    elseif p.folded then
        return {
            "Phases with the same taps, as seen from q, are walked by a loop:",
            "next_set() has the rule.",
        }
    end
    local lines = {}
    for i, set in ipairs(p.sets) do
        lines[#lines + 1] = ("Tap set %d: %s."):format(i - 1,
            phase_text(set, p))
        lines[#lines + 1] = ("  The first has %s %s, each next phase one on;")
            :format(set.taps == 1 and "tap" or "taps",
                series(set.first_tap, p.tap_step, set.taps))
        lines[#lines + 1] = ("  position q reads x at %s."):format(
            shift_text(set, p))
    end
    return lines
end

-- Templates of tiles see numbers under one name, whether a plan fixes them or
-- a block has them at run time. `inner_*` are those of the innermost loops,
-- where a number from the block is a local variable, of the block's name.
local set_fields = {"taps", "first", "phases", "phase", "x_at", "chunk",
    "piece_rows", "streamed", "looks_ahead", "compact"}
local panel_fields = {"panel_first", "panel_last", "stretches", "stretch",
    "panel_step", "group_elements"}
local layer_fields = {"channels", "stride", "x_stride", "crop", "step",
    "phase_step", "q_begin"}
local inner_fields = {"channels", "taps", "step", "panel_step"}

-- Numbers of a layer.
local function layer_numbers(p)
    return {
        channels = p.channels, stride = p.stride, x_stride = p.x_stride,
        crop = p.crop, step = p.shift_step, phase_step = p.phase_step,
        q_begin = p.q_begin,
    }
end

-- How x is walked: the sign of a tap's step, and what a number of positions is
-- multiplied by to be one of elements of x.
local function add_walk(v, direct, x_stride)
    v.direct, v.forward = direct, direct and "+" or "-"
    v.spaced = x_stride ~= 1
    v.times = v.spaced and " * " .. x_stride or ""
    -- Only rows of neighbouring x may have lanes over positions.
    v.narrow_test = x_stride == "b->x_stride" and "b->x_stride == 1 && " or ""
    v.narrow_test = (v.both and "b->compact == 0 && " or "") .. v.narrow_test
end

-- How packed weights are stored, where they are not widened: for the block.
local compact_kinds = {f16 = 1, bf16 = 2}

-- The functions that pack: of weights stored so, as they are or widened.
local function packing(kind, compact)
    local narrow = kind == "f16" or kind == "bf16"
    return {
        name = "pack_" .. (compact and "compact" or "tile"),
        widen = narrow and not compact and "widen_" .. kind,
        stored = narrow and "uint16_t" or false, compact = compact,
        params = false,
    }
end

-- Numbers of a planned set and its panel.
local function set_numbers(set, p)
    return {
        taps = set.taps, first = set.first, phases = set.phases,
        phase = set.phase, x_at = set.x_at, chunk = set.chunk,
        piece_rows = set.piece_rows, streamed = set.streamed and 1 or 0,
        looks_ahead = set.looks_ahead and 1 or 0,
        compact = set.compact and compact_kinds[p.spec.weight_dtype] or 0,
        panel_first = set.panel.first, panel_last = set.panel.last,
        stretches = set.panel.stretches, stretch = set.panel.stretch,
        panel_step = set.panel.step,
        group_elements = set.panel.elements,
        reach = (set.taps - 1) * p.shift_step,
        span = (set.panel.stretches - 1) * p.shift_step + set.panel.stretch,
    }
end

-- Numbers that a block has.
local function block_numbers(...)
    local v = {
        reach = "(b->taps - 1) * b->step",
        span = "(b->stretches - 1) * b->step + stretch",
    }
    for _, fields in ipairs {...} do
        for _, field in ipairs(fields) do
            v[field] = "b->" .. field
        end
    end
    return v
end

-- What the innermost loops see of `numbers`, and what they get from the block.
local function add_inner(v, numbers)
    v.tile_locals, v.pair_locals, v.column_locals = {}, {}, {}
    for _, field in ipairs(inner_fields) do
        local value = numbers[field]
        if value == "b->" .. field then
            if field == "taps" or field == "step" then
                table.insert(v.column_locals, field)
            end
            if field ~= "channels" and field ~= "step" then
                table.insert(v.tile_locals, field)
            end
            if field ~= "step" then
                table.insert(v.pair_locals, field)
            end
            value = field
        end
        v["inner_" .. field] = value
    end
end

-- Forms of storing: one for a number of rows that all pieces have, or any;
-- with `turns`, for that number as stride.
local function put_form(size, test, stride, turns)
    return {
        size = size, test = test, stride = stride or false,
        turns = turns or false,
        suffix = turns and "_turned_" .. size or size and "_" .. size or "",
    }
end

-- The one form of a tile's inner loop that emitted files have.
local function full_form(tile, v)
    return {{
        name = "full", where = "that have all taps", test = false,
        tap_list = tile.tap_list, taps = v.taps, locals = v.tile_locals,
    }}
end

-- And of those at the input's ends. `test`: are the block's taps the form's?
local function end_forms(tile, ends, taps, test)
    if not ends then
        return {}
    end
    local n = tile.positions
    return {
        {
            name = "head" .. taps, where = "at the input's head",
            tap_list = ends.head, taps = taps, locals = {}, test = test,
            at_end = ("at == 0 && %d <= b->length"):format(n),
        },
        {
            name = "tail" .. taps, where = "at the input's end",
            tap_list = ends.tail, taps = taps, locals = {}, test = test,
            at_end = ("at >= reach && at + %d == b->length + reach"):format(n),
        },
    }
end

-- And of a narrow tile's loop.
local function narrow_forms(tile, v)
    local loop = tile.tap_list[1].loop
    return {{
        suffix = "", test = false, tap_list = tile.tap_list, taps = v.taps,
        locals = loop and v.column_locals or {}, opaque = loop,
    }}
end

local function add_shape(v, shape)
    v.shape = shape
    v.lanes, v.spare, v.positions = shape.lanes, shape.spare, shape.positions
    v.position_list, v.sizes = shape.position_list, shape.sizes
    v.turns, v.narrow_chunk = shape.turns, shape.narrow_chunk
    v.square = shape.square
    v.line, v.spread = shape.line, shape.spread
    v.ahead_bytes = shape.ahead_bytes
end

local function rows_text(rows)
    return rows == 1 and "One row" or rows .. " rows"
end

local function block_texts(tile)
    for i, block in ipairs(tile.blocks) do
        block.name = "part" .. i - 1
        block.text = #tile.blocks == 1 and rows_text(tile.rows)
            or ("Rows %d to %d of %d"):format(block.first, block.last,
                tile.rows)
    end
end

-- A tile that emitted files have: rows, names, and the numbers behind it.
local function tile_values(tile, name, numbers)
    block_texts(tile)
    return setmetatable({
        tile = tile, rows = tile.rows, text = rows_text(tile.rows),
        name = tile.narrow and name .. "_edges" or name,
        narrow_name = name, edges = name .. "_edges", edge_args = "",
        tile_params = false, tile_args = "", wide_params = "",
        gets_block = false,
        streams = false, end_forms = {}, looks_ahead = false,
    }, {__index = numbers})
end

-- Makes a tile's innermost functions get the block that has their numbers.
local function pass_block(values, block_type)
    values.gets_block = true
    values.tile_params = ("const %s *b,"):format(block_type)
    values.tile_args = "b, "
end

-- Makes a tile one of any rows, up to its own.
local function open_rows(values)
    local params = values.tile_params and values.tile_params .. " " or ""
    values.rows, values.text = "rows", "Up to " .. values.text
    values.tile_params = params .. "int64_t rows,"
    values.tile_args = values.tile_args .. "rows, "
    values.wide_params = "int64_t rows, "
end

-- Two tiles at once.
local function pair_values(pair, name, numbers, rows, kind)
    local params = #numbers.tile_locals > 0
    return setmetatable({
        pair = pair, name = name, rows = rows, kind = kind,
        load = numbers.isa .. (kind and "_widen_" .. kind or "_load"),
        wtype = kind and "uint16_t" or numbers.ctype,
        pair_params = params and "const " .. numbers.block_type .. " *b,",
        pair_args = params and "b, " or "",
        pair_locals = numbers.pair_locals,
    }, {__index = numbers})
end

-- `forms` and those of `more` that it lacks.
local function joined(forms, more)
    for _, form in ipairs(more) do
        local known = false
        for _, other in ipairs(forms) do
            known = known or other.suffix == form.suffix
        end
        if not known then
            forms[#forms + 1] = form
        end
    end
    return forms
end

local function folded_set(p, v)
    local numbers = setmetatable(block_numbers(set_fields, panel_fields),
        {__index = v})
    numbers.reach = ("(b->taps - 1) * %d"):format(p.shift_step)
    numbers.span = ("(b->stretches - 1) * %d + stretch"):format(p.shift_step)
    add_inner(numbers, numbers)
    numbers.forms = full_form(p.tile, numbers)
    numbers.put_forms = v.put_functions
    local tile = tile_values(p.tile, v.isa .. "_tile", numbers)
    tile.streams, tile.looks_ahead = "", p.looks_ahead and "last"
    pass_block(tile, v.block_type)
    open_rows(tile)
    numbers.index, numbers.text, numbers.tiles = 0, "all, by a loop", {tile}
    numbers.tile = v.micro and "tconv_tile" or v.isa .. "_tile"
    numbers.fill, numbers.skip = v.fill, 0
    numbers.open, numbers.pair = true, false
    numbers.kind, numbers.compact, numbers.pack = false, 0, "pack_tile"
    return numbers
end

local function planned_set(index, set, p, v)
    local numbers = setmetatable(set_numbers(set, p), {__index = v})
    local name = ("%s_set%d"):format(v.isa, index)
    add_inner(numbers, numbers)
    local copied = {put_form(set.piece_rows > 0 and set.piece_rows, "")}
    local turned = set.turns
        and {put_form(set.piece_rows, "", false, set.turns)} or copied
    numbers.put_forms = {}

    numbers.index, numbers.text = index, phase_text(set, p)
    numbers.rows, numbers.offset = set.rows, set.offset
    numbers.first_tap = set.first_tap
    numbers.kind = set.compact and p.spec.weight_dtype
    numbers.pack = "pack_" .. (set.compact and "compact" or "tile")
    numbers.tiles = {}
    numbers.full = set.full and name .. "_full"
    numbers.rest = set.rest and name .. "_rest"
    for _, which in ipairs {"full", "rest"} do
        if set[which] then
            local tile = set[which]
            local values = tile_values(tile, numbers[which], numbers)
            values.looks_ahead = set.looks_ahead and "last"
            values.forms = tile.narrow and {} or full_form(tile, numbers)
            values.narrow_forms = tile.narrow and narrow_forms(tile, numbers)
            values.put_forms = tile.rows % p.shape.lanes == 0 and turned
                or copied
            if set.open then
                open_rows(values)
                values.put_forms = copied -- rows may end within a vector
            end
            if which == "full" then
                values.streams = set.streamed and ""
                values.end_forms = end_forms(tile, set.ends, set.taps, false)
            end
            joined(numbers.put_forms, values.put_forms)
            table.insert(numbers.tiles, values)
        end
    end
    numbers.open = v.micro or set.open
    numbers.tile = v.micro and "tconv_" .. v.op_name .. "tile" or numbers.full
    numbers.pair = false
    if set.pair then
        local pair = v.micro and "tconv_" .. v.op_name .. "pair"
            or name .. "_pair"
        numbers.pair = pair_values(set.pair, pair, numbers, p.shape.rows,
            set.compact and p.spec.weight_dtype)
    end
    numbers.skip = (set.full or not set.rest.narrow) and 0 or 1
    numbers.fill = v.fill or name .. "_fill"
    return numbers
end

-- Assignments of numbers to a block.
local function assignments(numbers, ...)
    local list = {}
    for _, fields in ipairs {...} do
        for _, field in ipairs(fields) do
            list[#list + 1] = {name = field, value = numbers[field]}
        end
    end
    return list
end

local function shared_parts(p, v, micro)
    local parts = {{template = micro and "clamp.c.tmpl" or "groups.c.tmpl",
        values = {}}}
    if not micro then
        parts[2] = {template = "pieces.c.tmpl", values = {}}
    end
    if p.narrow and not micro then
        parts[#parts + 1] = {template = "widen_one.c.tmpl",
            values = {kind = p.spec.weight_dtype}}
    end
    for _, compact in ipairs(micro and {} or {false, true}) do
        local needed = p.folded and not compact
        for _, set in ipairs(p.sets) do
            needed = needed or set.compact == compact
        end
        if needed then
            local values = packing(p.spec.weight_dtype, compact)
            values.stored = values.stored or v.ctype
            parts[#parts + 1] = {template = "pack.c.tmpl", values = values}
        end
    end
    if p.folded then
        parts[#parts + 1] = {template = "sets.c.tmpl", values = {}}
    end
    return parts
end

-- What polyphase.c.tmpl sees of a plan.
function view_polyphase.plan(p, v, micro)
    v.micro, v.both = micro, false
    add_walk(v, p.direct, p.x_stride)
    v.compact_kind = p.compact and p.spec.weight_dtype
    v.source = p.narrow and compact_kinds[p.spec.weight_dtype] or 0
    for name, value in pairs(layer_numbers(p)) do
        v[name] = value
    end
    for _, name in ipairs {
        "outs", "dilation", "kernel_size", "tap_step", "shift_step", "reached",
        "bare", "change", "folded", "common", "inverse", "slack", "weights_at",
        "channel_stride", "row_stride", "group_weights", "part_work",
        "input_work", "block_groups", "panel_elements", "in_place",
        "in_place_channels", "page_elements", "page_lines", "ways",
        "most_taps", "head_end", "cost", "quick_edges", "widened_elements",
    } do
        v[name] = p[name]
    end
    add_shape(v, p.shape)
    v.shared_panel = p.shared_panel or false
    v.looks_ahead = p.looks_ahead and 1 or 0
    v.tile_positions = p.tile_positions or false
    v.op_name = p.direct and "direct_" or ""
    v.fill = micro and "tconv_" .. v.op_name .. "fill"
        or (p.folded or p.shared_panel) and v.isa .. "_fill"
    v.fill_phase = micro and "tconv_fill_phase" or "fill_phase"
    v.block_type = micro and "struct tconv_block" or "struct block"
    v.panel = p.panel
    v.sums_elements = p.shape.elements
    v.sets, v.panels = {}, {}
    v.put_functions = p.folded and {put_form(false, "")} or {}
    local skip = 1
    if p.folded then
        v.sets[1] = folded_set(p, v)
        v.panels[1] = setmetatable({name = v.fill}, {__index = v.sets[1]})
    end
    for i, set in ipairs(p.sets) do
        local numbers = planned_set(i - 1, set, p, v)
        numbers.numbers = not micro and {}
            or v.shared_panel and assignments(numbers, set_fields)
            or assignments(numbers, set_fields, panel_fields)
        joined(v.put_functions, numbers.put_forms)
        skip = math.min(skip, numbers.skip)
        v.sets[i] = numbers
        if i == 1 or not v.shared_panel then
            v.panels[i] = setmetatable({name = numbers.fill},
                {__index = numbers})
        end
    end
    v.skip = skip
    v.turns = 1
    v.square = false
    for _, form in ipairs(v.put_functions) do
        v.turns = math.max(v.turns, form.turns or 1)
        v.square = v.square
            or p.shape.square and form.turns == p.shape.lanes
    end
    v.panel_numbers = micro and v.shared_panel
        and assignments(v.sets[1], panel_fields) or {}
    v.common_parts = shared_parts(p, v, micro)
    v.plan_lines = set_lines(p)
    if not p.direct then
        table.insert(v.plan_lines, 1,
            "Full output position (before the crop) = stride*q + phase.")
    end
    if p.bare then
        table.insert(v.plan_lines, "Phases that no tap reaches hold the bias.")
    end
end

-- Forms of a micro-kernel's inner loop: few taps are spelled out, more of them
-- for whole tiles, which do most of the work.
local REST_TAPS, WHOLE_TAPS = 3, 7

-- When a form for some taps, after `forms`, is the one.
local function taps_test(forms, taps, step)
    local near = taps > 1 and (" && b->%s == 1"):format(step) or ""
    local test = ("if (b->taps == %d%s)"):format(taps, near)
    return #forms > 0 and "else " .. test or test
end

-- Elements of x at positions a run-time number apart, in words.
local function space(list)
    for _, x in ipairs(list) do
        x.at = ("%d * x_stride + %d"):format(x.position, x.offset)
    end
end

local function family_taps(tile, taps, v)
    local list = plan_tile.taps(tile, taps, v.direct and 1 or -1)
    for _, tap in ipairs(v.spaced and list or {}) do
        space(tap.reads)
    end
    return list
end

local function family_forms(tile, v, most)
    local forms = {}
    for taps = 1, most do
        forms[taps] = {
            name = "taps" .. taps, where = "that have all taps",
            tap_list = family_taps(tile, taps, v), taps = taps,
            locals = v.spelled_locals,
            test = taps_test(forms, taps, "panel_step"),
        }
    end
    forms[#forms + 1] = {
        name = "taps", where = "that have all taps",
        tap_list = family_taps(tile, nil, v), taps = false,
        test = "else", locals = v.tile_locals,
    }
    return forms
end

-- Those at the input's ends.
local function family_end_forms(tile)
    local forms = {}
    for taps = 2, WHOLE_TAPS do
        local ends = plan_tile.ends(tile, taps, 1)
        for _, form in ipairs(end_forms(tile, ends, taps,
            ("b->taps == %d && b->panel_step == 1"):format(taps))) do
            forms[#forms + 1] = form
        end
    end
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
            test = taps_test(forms, taps, "step"),
        }
    end
    forms[#forms + 1] = {
        suffix = "", test = #forms > 0 and "else", taps = false,
        tap_list = plan_tile.taps(tile), locals = v.column_locals,
    }
    return forms
end

-- A tile of so many vectors of rows, or of all with their rows spelled out.
local function family_wide(shape, v, count, name)
    local tile = plan_tile.open_tile(shape, count, not v.direct and 1)
    if v.spaced then
        space(tile.edge_reads)
        tile.span = ("%d%s + 1"):format(tile.positions - 1, v.times)
    end
    local t = tile_values(tile, v.op_name .. name, v)
    pass_block(t, v.block_type)
    t.name, t.looks_ahead = v.op_name .. name, "last && b->looks_ahead"
    return t, tile
end

-- The tiles of layers that are transposed, or are not.
local function family_tiles(shape, v, direct)
    v = setmetatable({op_name = direct and "direct_" or ""}, {__index = v})
    add_walk(v, direct, direct and "b->x_stride" or 1)
    v.spelled_locals = direct and {"x_stride"} or {}
    v.narrow_taps = direct and {3, 7} or {2, 4}
    if direct then
        v.tile_locals = {table.unpack(v.tile_locals)}
        table.insert(v.tile_locals, "x_stride")
    end
    v.name = v.op_name .. "fill"
    v.pairs = {}
    for i, kind in ipairs {false, table.unpack(v.kinds)} do
        v.pairs[i] = pair_values(plan_tile.pair(shape), v.op_name .. "both"
            .. (kind and "_" .. kind or ""), v, shape.rows, kind)
    end
    v.wide_tiles, v.middle_tiles, v.narrow_tiles = {}, {}, {}
    for count = 1, shape.vectors do
        local t, tile = family_wide(shape, v, count, "wide" .. count)
        open_rows(t)
        t.forms = family_forms(tile, v, REST_TAPS)
        v.wide_tiles[count] = t
        if count > 1 and count < shape.vectors then
            table.insert(v.middle_tiles, t)
        end
    end
    v.widest = v.wide_tiles[shape.vectors]
    -- Most tiles are whole: with their rows spelled out.
    local whole
    v.whole, whole = family_wide(shape, v, shape.vectors, "whole")
    v.whole.streams = "b->streamed * "
    v.whole.forms = family_forms(whole, v, WHOLE_TAPS)
    v.whole.end_forms = direct and {} or family_end_forms(whole)
    for rows = 1, shape.vectors > 1 and shape.lanes or 0 do
        local t = tile_values(plan_tile.tile(shape, rows, 1),
            v.op_name .. "narrow" .. rows, v)
        t.edges, t.edge_args = v.op_name .. "wide1", ", " .. rows
        t.narrow_forms = family_narrow_forms(t.tile, v)
        v.narrow_tiles[rows] = t
    end
    return v
end

-- What micro.c.tmpl sees of tiles: of any rows, for any layer.
function view_polyphase.family(shape, v)
    local numbers = block_numbers(set_fields, panel_fields, layer_fields)
    for name, value in pairs(numbers) do
        v[name] = value
    end
    add_inner(v, numbers)
    add_shape(v, shape)
    v.block_type, v.micro, v.folded = "struct tconv_block", true, false
    v.bare, v.any_narrow, v.any_looks_ahead = true, true, true
    v.quick_edges, v.direct, v.both = true, false, true
    v.f32, v.kind = v.ctype == "float", v.ctype == "float" and "any"
    v.kinds = v.f32 and {"f16", "bf16"} or {}
    v.packs = {}
    for i, kind in ipairs {"f32", table.unpack(v.kinds)} do
        for _, compact in ipairs {false, i > 1 or nil} do
            local pack = packing(kind, compact)
            table.insert(v.packs, pack)
            pack.kind = i - 1
            pack.name = pack.name .. (i > 1 and "_" .. kind or "")
            pack.stored = pack.stored or v.ctype
            pack.params = "const struct tconv_pack *s,"
            for _, field in ipairs {"channels", "channel_stride", "row_stride",
                "tap_step"} do
                pack[field] = "s->" .. field
            end
            pack.most_rows = shape.rows
        end
    end
    v.put_forms = {}
    for _, size in ipairs(shape.sizes) do
        local turns = plan_tile.turns(shape, size)
        if turns then
            local test = (" if (b->piece_rows == %d && b->stride == %d"
                .. " && piece_count %% %d == 0)"):format(size, size, turns)
            table.insert(v.put_forms, put_form(size, test, size, turns))
        end
        table.insert(v.put_forms, put_form(size, (" if (b->piece_rows == %d"
            .. " && b->stride == %d)"):format(size, size), size))
    end
    for _, size in ipairs(shape.sizes) do
        table.insert(v.put_forms, put_form(size,
            (" if (b->piece_rows == %d)"):format(size)))
    end
    table.insert(v.put_forms, put_form(false, ""))
    v.put_functions = joined({}, v.put_forms)
    v.walks = {family_tiles(shape, v, false), family_tiles(shape, v, true)}
end

return view_polyphase
