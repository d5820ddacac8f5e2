-- From polyphase plans to what their templates see, and the words for it.

local plan_tile = require "plan_tile"
local view_put = require "view_put"
local view_tile = require "view_tile"

local view_polyphase = {}

-- More taps of strips are a loop.
local MOST_STRIP_TAPS = 4

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

-- Numbers of a layer.
local function layer_numbers(p)
    return {
        channels = p.channels, stride = p.stride, x_stride = p.x_stride,
        crop = p.crop, step = p.shift_step, phase_step = p.phase_step,
        q_begin = p.q_begin,
    }
end

-- Numbers of a planned set and its panel.
local function set_numbers(set, p)
    return {
        taps = set.taps, first = set.first, inner = set.inner,
        phase = set.phase * p.y_parts, x_at = set.x_at, chunk = set.chunk,
        piece_rows = set.piece_rows,
        stores_vectors = set.stores_vectors and 1 or 0,
        streamed = set.streamed and 1 or 0,
        looks_ahead = view_tile.looks[set.looks_ahead] or 0,
        strips = set.strips and set.strip.rows or 0,
        compact = set.compact
            and view_tile.compact_kinds[p.spec.weight_dtype] or 0,
        panel_first = set.panel.first, panel_last = set.panel.last,
        stretches = set.panel.stretches, stretch = set.panel.stretch,
        panel_step = set.panel.step,
        group_elements = set.panel.elements,
        reach = (set.taps - 1) * p.shift_step,
        span = (set.panel.stretches - 1) * p.shift_step + set.panel.stretch,
    }
end

-- The one form of a tile's inner loop that emitted files have.
local function full_form(tile, v)
    return {{
        name = "full", where = "that have all taps", test = false,
        tap_list = tile.tap_list, taps = v.taps, locals = v.tile_locals,
    }}
end

-- And of a narrow tile's loop.
local function narrow_forms(tile, v)
    local loop = tile.tap_list[1].loop
    return {{
        suffix = "", test = false, tap_list = tile.tap_list, taps = v.taps,
        locals = loop and v.column_locals or {}, opaque = loop,
    }}
end

-- And of strips.
local function strip_forms(set, v, p)
    local spelled = p.unroll_taps and set.taps <= MOST_STRIP_TAPS
    return {{
        suffix = "", test = false, taps = v.taps,
        tap_list = plan_tile.taps(set.strip, spelled and set.taps,
            p.forward * set.panel.step),
        locals = {}, opaque = not spelled,
    }}
end

-- The first channel that has no row of a set before row + n; `inner` rows of
-- each lie side by side, or in `nlc` one of each channel.
local function first_out(p, inner, n)
    local at = n > 0 and "row + " .. n or "row"
    if p.y_nlc or inner == 1 then
        return at
    end
    return ("(%s + %s - 1) / %s"):format(at, inner, inner)
end

local function folded_set(p, v)
    local numbers = view_tile.block_numbers(view_tile.set_fields,
        view_tile.panel_fields)
    setmetatable(numbers, {__index = v})
    numbers.reach = ("(b->taps - 1) * %d"):format(p.shift_step)
    numbers.span = ("(b->stretches - 1) * %d + stretch"):format(p.shift_step)
    view_tile.add_inner(numbers, numbers, p.shift_step)
    numbers.forms = full_form(p.tile, numbers)
    numbers.put_forms = v.put_functions
    local tile = view_tile.tile_values(p.tile, v.isa .. "_tile", numbers)
    tile.streams = ""
    view_tile.add_looks(tile, p.looks_ahead)
    view_tile.pass_block(tile, v.block_type)
    view_tile.open_rows(tile)
    numbers.index, numbers.text, numbers.tiles = 0, "all, by a loop", {tile}
    numbers.first_out = first_out(p, "b.inner", 0)
    numbers.next_out = first_out(p, "b.inner", p.shape.rows)
    tile.row_channel = p.y_nlc and "(row + i) % b->inner"
        or "(row + i) / b->inner"
    numbers.tile = v.micro and "tconv_tile" or v.isa .. "_tile"
    numbers.fill, numbers.skip = v.fill, 0
    numbers.open, numbers.pair, numbers.strip_list = true, false, {}
    numbers.kind, numbers.compact, numbers.pack = false, 0, "pack_tile"
    return numbers
end

local function planned_set(index, set, p, v)
    local numbers = setmetatable(set_numbers(set, p), {__index = v})
    local name = ("%s_set%d"):format(v.isa, index)
    view_tile.add_inner(numbers, numbers, p.shift_step)
    numbers.x_origin = v.turned and ("(b->inner_begin - %d)"):format(
        set.panel.last - set.first) or set.first
    if set.stores_vectors then
        view_tile.add_places_of_vectors(numbers, false)
    end
    local size = set.piece_rows > 0 and set.piece_rows
    local copied = {size and view_put.form(size, "")
        or view_put.any_form(set.over, "")}
    local turned = {
        set.turns and view_put.form(size, "", p.stride, set.turns)
            or view_put.spread_form(v, size, "", p.stride, set.spread)
            or copied[1],
    }
    numbers.put_forms = {}

    numbers.index, numbers.text = index, phase_text(set, p)
    numbers.first_out = first_out(p, set.inner, 0)
    numbers.next_out = first_out(p, set.inner, p.shape.rows)
    numbers.row_channel = p.y_nlc and "(row + i) % " .. set.inner
        or "(row + i) / " .. set.inner
    numbers.rows, numbers.offset = set.rows, set.offset
    numbers.first_tap = set.first_tap
    numbers.kind = set.compact and p.spec.weight_dtype
    numbers.pack = "pack_" .. (set.compact and "compact" or "tile")
    if set.rest and set.rest.narrow then
        view_put.add_row_kinds(v, set.rest.runs, p.stride)
    end
    numbers.strip_list = {}
    if set.strips and not v.micro then
        numbers.strip_list = {view_put.strips(numbers, name .. "_strip",
            set.strip, strip_forms(set, numbers, p),
            {{set.piece_rows, p.stride}}, set.streamed)}
        v.has_strips = true
        v.zips_strips = v.zips_strips
            or plan_tile.strip_zips(p.shape, set.piece_rows, p.stride)
        view_put.add_spreads(v, numbers.strip_list[1].strip_stores)
    end
    numbers.tiles = {}
    numbers.full = set.full and name .. "_full"
    numbers.rest = set.rest and name .. "_rest"
    for _, which in ipairs {"full", "rest"} do
        if set[which] then
            local tile = set[which]
            local values = view_tile.tile_values(tile, numbers[which], numbers)
            view_tile.add_looks(values, set.looks_ahead)
            values.forms = tile.narrow and not v.turned and {}
                or full_form(tile, numbers)
            values.narrow_forms = tile.narrow and narrow_forms(tile, numbers)
            values.strip_calls = view_put.strip_calls(numbers.strip_list,
                tile.rows, false, set.open)
            values.streams = set.streamed and not tile.narrow and ""
            -- Whole groups of whole vectors are there already.
            values.put_forms = set.stores_vectors and {}
                or tile.rows % p.shape.lanes == 0 and turned or copied
            if set.open then
                view_tile.open_rows(values)
                values.put_forms = copied -- rows may end within a vector
                values.stores_test = ("rows == %d"):format(tile.lanes)
            end
            if which == "full" then
                if set.masked_by then
                    values.masked_taps = true
                    values.masked_name = ("%s_set%d_full"):format(v.isa,
                        set.masked_by - 1)
                end
                if p.spells_halves then
                    values.half_forms = {view_tile.edge_form("half", set.taps,
                        false)}
                end
                if set.compact then
                    view_tile.load_kind(values, p.spec.weight_dtype)
                end
                values.one_form = set.strips
                values.end_forms = view_tile.end_forms(tile, set.ends,
                    set.taps, false)
            end
            view_put.joined(numbers.put_forms, values.put_forms)
            table.insert(numbers.tiles, values)
        end
    end
    numbers.open = v.micro or set.open
    numbers.tile = v.micro and "tconv_" .. v.op_name .. "tile" or numbers.full
    numbers.pair = false
    if set.pair then
        local pair = v.micro and "tconv_" .. v.op_name .. "pair"
            or name .. "_pair"
        numbers.pair = view_tile.pair_values(set.pair, pair, numbers,
            p.shape.rows, set.compact and p.spec.weight_dtype)
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

-- Those of `sizes` that a piece of at most so many rows is copied in.
local function fitting(sizes, rows)
    local list = {}
    for _, size in ipairs(sizes) do
        if size <= rows then
            list[#list + 1] = size
        end
    end
    return list
end

local function shared_parts(p, v, micro)
    local even = p.tiles and "even_blocks" or nil
    local parts = micro and view_tile.parts("clamp", "share", even)
        or view_tile.parts("groups", "share", "pieces", even)
    for _, compact in ipairs(micro and {} or {false, true}) do
        local needed = p.folded and not compact
        for _, set in ipairs(p.sets) do
            needed = needed or set.compact == compact
        end
        if needed then
            local values = view_tile.packing(
                view_tile.weight_kind(p.spec) or "f32", compact, p.y_nlc)
            values.stored = values.stored or v.ctype
            values.bias_type, values.take_bias = v.bias_type, v.take_bias
            values.conjugate = v.conjugate
            parts[#parts + 1] = {values = values,
                template = v.integer and "pack_integer.c.tmpl"
                    or "pack.c.tmpl"}
        end
    end
    if v.integer then
        parts[#parts + 1] = {template = "quantize_one.c.tmpl", values = {}}
    end
    if p.folded then
        parts[#parts + 1] = {template = "sets.c.tmpl", values = {}}
    end
    return parts
end

-- What polyphase.c.tmpl sees of a plan.
function view_polyphase.plan(p, v, micro)
    v.micro, v.both = micro, false
    view_tile.add_walk(v, p.direct, p.x_stride)
    v.compact_kind = p.compact and p.spec.weight_dtype
    for _, set in ipairs(p.sets) do
        local has_rest = set.rest or micro and set.rest_rows > 0
        v.widens = v.widens or set.compact and has_rest and v.compact_kind
    end
    -- x is turned to the panel in vectors where these can be turned.
    local of_x = (not p.x_nlc or p.shape.turns)
        and p.spec.sum_dtype ~= "i32" and v.convert
    v.vector_kinds = view_tile.kind_list(of_x, v.compact_kind)
    v.source = view_tile.kinds[view_tile.weight_kind(p.spec)] or 0
    for name, value in pairs(layer_numbers(p)) do
        v[name] = value
    end
    for _, name in ipairs {
        "outs", "dilation", "kernel_size", "tap_step", "shift_step", "reached",
        "bare", "change", "folded", "common", "inverse", "slack", "weights_at",
        "channel_stride", "row_stride", "group_weights", "part_work",
        "input_work", "block_groups", "panel_elements", "in_place",
        "most_taps", "reads", "heads", "phases", "scales",
        "weights_per_element", "parts", "x_parts", "y_parts", "head_end",
        "cost", "tiles", "even_tiles", "fills_rows", "quick_edges",
        "widened_elements", "turned", "turned_channels", "turned_spare",
    } do
        v[name] = p[name]
    end
    if p.no_panel then
        view_tile.add_rows_of_x(v)
    end
    v.turned = p.turned or false
    v.fills = not p.no_panel or v.turned
    v.turned_test = ""
    v.turned_y = p.y_nlc and " || b->y_row != 1" or ""
    v.narrow_x = v.turned and "b->panel" or "b->x"
    v.narrow_row = v.turned and "b->x_step" or "b->x_row"
    v.rows_edges = false
    view_tile.add_shape(v, p.shape)
    v.far = p.far or false
    if p.piece_rows then
        v.sizes = fitting(v.sizes, p.piece_rows)
        v.pair_sizes = fitting(v.pair_sizes, p.piece_rows)
    end
    v.x_nlc, v.any_x_nlc, v.any_x_ncl = p.x_nlc, p.x_nlc, not p.x_nlc
    v.y_nlc, v.any_nlc, v.any_ncl = p.y_nlc, p.y_nlc, not p.y_nlc
    view_tile.add_places(v, p.y_nlc, p.stride)
    local reads, writes = p.spec.reads // p.parts, p.spec.writes // p.parts
    v.dense = {
        x_row = p.x_nlc and reads or "b.length",
        y_row = p.y_nlc and writes or "positions",
        x_rows = p.x_nlc and "b.length" or reads,
        y_rows = p.y_nlc and "positions" or writes,
    }
    v.x_channels, v.y_channels = p.reads // p.x_parts, p.outs // p.y_parts
    v.x_channel = p.x_nlc and "1" or "x_row"
    v.x_position = p.x_nlc and "x_row" or "1"
    if v.integer then
        view_tile.add_quantization(v, p.spec.dtype, p.spec.output_dtype)
    end
    v.row_of_o = p.y_nlc and "y + o"
        or p.y_parts > 1 and "y + (o / 2 * y_row + o % 2)" or "y + o * y_row"
    function v.channel_of(row)
        return ("(%s) %s inner"):format(row, p.y_nlc and "%" or "/")
    end
    v.any_pair, v.has_narrow = false, false
    for _, set in ipairs(p.sets) do
        v.has_narrow = v.has_narrow or set.rest and set.rest.narrow
        v.any_pair = v.any_pair or set.pair ~= nil and set.pair ~= false
    end
    v.conjugate = p.spec.pass == "grad_input" and 1 or 0
    v.shared_panel = p.shared_panel or false
    v.looks_ahead = view_tile.looks[p.looks_ahead] or 0
    v.stores_vectors = p.stores_vectors and 1 or 0
    v.tile_positions = p.tile_positions or false
    v.heads_apart = p.heads_apart or false
    v.op_name = p.direct and "direct_" or ""
    v.fill = micro and "tconv_" .. v.op_name .. "fill"
        or (p.folded or p.shared_panel) and v.isa .. "_fill"
    v.block_type = micro and "struct tconv_block" or "struct block"
    v.panel = p.panel
    v.sums_elements = p.shape.elements
    v.sets, v.panels, v.zips = {}, {}, {}
    v.row_kinds, v.row_case, v.zips_rows = {}, "pieces[i].rows", false
    v.has_strips, v.zips_strips, v.spreads = false, false, {}
    v.put_functions = p.folded and {view_put.any_form {}} or {}
    local skip = 1
    if p.folded then
        v.sets[1] = folded_set(p, v)
        v.panels[1] = setmetatable({name = v.fill}, {__index = v.sets[1]})
    end
    for i, set in ipairs(p.sets) do
        local numbers = planned_set(i - 1, set, p, v)
        numbers.numbers = not micro and {}
            or v.shared_panel and assignments(numbers, view_tile.set_fields)
            or assignments(numbers, view_tile.set_fields,
                view_tile.panel_fields)
        view_put.joined(v.put_functions, numbers.put_forms)
        skip = math.min(skip, numbers.skip)
        v.sets[i] = numbers
        if i == 1 or not v.shared_panel then
            v.panels[i] = setmetatable({name = numbers.fill},
                {__index = numbers})
        end
    end
    if (v.zips_strips or v.zips_rows) and p.stride > 1 then
        v.zips[1] = view_put.zip_form(v, p.stride)
    end
    view_put.add_spreads(v, v.row_kinds)
    view_put.add_spreads(v, v.put_functions)
    v.skip = skip
    view_put.add_turns(v, p.shape, v.put_functions,
        p.x_nlc and v.fills)
    v.panel_numbers = micro and v.shared_panel
        and assignments(v.sets[1], view_tile.panel_fields) or {}
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

return view_polyphase
