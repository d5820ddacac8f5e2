-- What templates of tiles see, in emitted files and in families of
-- micro-kernels alike.

local plan_asks = require "plan_asks"
local plan_tile = require "plan_tile"

local view_tile = {}

-- Templates of tiles see numbers under one name, whether a plan fixes them or
-- a block has them at run time. `inner_*` are those of the innermost loops,
-- where a number from the block is a local variable, of the block's name.
view_tile.set_fields = {"taps", "first", "inner", "phase", "x_at", "chunk",
    "piece_rows", "stores_vectors", "streamed", "looks_ahead", "compact",
    "strips"}
view_tile.panel_fields = {"panel_first", "panel_last", "stretches", "stretch",
    "panel_step", "group_elements"}
view_tile.layer_fields = {"channels", "stride", "x_stride", "crop", "step",
    "phase_step", "q_begin", "far"}
local inner_fields = {"channels", "taps", "step", "panel_step"}

-- How x is walked: the sign of a tap's step, and what a number of positions is
-- multiplied by to be one of elements of x.
function view_tile.add_walk(v, direct, x_stride)
    local at_run_time = x_stride == "b->x_stride"
    v.direct, v.forward = direct, direct and "+" or "-"
    v.spaced = x_stride ~= 1
    v.times = v.spaced and " * " .. x_stride or ""
    local most = plan_tile.TWO_LINES_STRIDE
    -- Where lines of x begin that a tile asks for in its form for x or for
    -- weights (`of`), in bytes from its x; `from`: what `soon` is among them.
    function v.x_soon(tile, form, of, reach)
        local next_line, list = ("%d * sizeof *x"):format(v.line), {}
        local follow = not at_run_time and plan_tile.lines_that_follow(
            tile.positions, x_stride, v.shape)
        if at_run_time and form.tap_list[1].loop then
            list.from = ("(uintptr_t)(x_stride > %d ? %s + %s : %d)"
                .. " * sizeof *x"):format(most, reach, tile.span, v.line)
            for i = 0, plan_tile.SOME_LINES - 1 do
                list[i + 1] = "soon + " .. i * v.shape.line_bytes
            end
        elseif follow then
            for i = 0, follow - 1 do
                list[i + 1] = ("%d * sizeof *x"):format(
                    reach + tile.span + i * v.line)
            end
        elseif of == "x" then
            list[1] = next_line
            list[2] = at_run_time
                and ("(x_stride <= %d ? 2U : 1U) * %s"):format(most, next_line)
                or v.spaced and x_stride <= most and "2 * " .. next_line or nil
        end
        return list
    end
    -- Only rows of neighbouring x may have lanes over positions.
    v.narrow_test = v.both and "(b->turned || (!b->x_nlc && !b->y_nlc"
        .. " && b->compact == 0 && b->x_kind == 0 && b->scales == 0"
        .. (at_run_time and " && b->x_stride == 1" or "")
        .. ")) && " or ""
    v.no_panel, v.x_param, v.x_next = false, "x_step", "x += x_step"
    v.places, v.stores_test, v.to_places = false, false, ""
    v.x_from = "x_at + p" .. v.times
    v.x_apart = at_run_time and plan_tile.X_APART
    local function index(position, read)
        return at_run_time
            and ("%d * x_stride + %d"):format(position, read.offset)
            or read.at
    end
    function v.x_index(read)
        return index(read.position, read)
    end
    -- An element of x, counted from a pointer. Every so many positions have a
    -- pointer of their own, named after the first.
    function v.x_element(from, read)
        local near = at_run_time and read.position % plan_tile.X_APART
            or read.position
        if near < read.position then
            from = ("%s_apart%d"):format(from, read.position - near)
        end
        return ("%s[%s]"):format(from, index(near, read))
    end
end

-- So many rows of x.
local function rows_of_x(count)
    return count == 0 and "0" or count == 1 and "x_row"
        or ("%d * x_row"):format(count)
end

-- The same where rows of x, each of a position, are read where they are.
function view_tile.add_rows_of_x(v)
    v.no_panel, v.x_param, v.x_next = true, "x_row", "x++"
    v.x_from = "at * b->x_row"
    v.narrow_test = v.both and "b->turned && " or ""
    v.x_apart = false
    local index_in_row = v.x_index
    function v.x_index(read)
        return read.at and rows_of_x(read.at)
            or ("(%s) * x_row"):format(index_in_row(read))
    end
    function v.x_element(from, read)
        return ("%s[%s]"):format(from, v.x_index(read))
    end
end

-- How tiles ask for lines of y, as a block has it.
view_tile.looks = {pieces = 1, positions = 2}

-- And emitted ones, with a plan's word for it.
function view_tile.add_looks(values, how)
    values.looks_ahead = how == "pieces" and "last"
    values.looks_far = how == "positions" and "last"
end

-- How elements are stored that are not as in sums, as families know it: the
-- third are floats, to be rounded as they are read; of the last a channel's
-- parts lie side by side.
view_tile.kinds = {f16 = 1, bf16 = 2, tf32 = 3, complex = 4, i8 = 5, u8 = 6}
-- Of packed weights that are not widened.
view_tile.compact_kinds = {f16 = 1, bf16 = 2, i8 = 3}
-- Of integers' results.
local output_kinds = {i8 = 5, u8 = 6, f32 = 7}
-- What they may be.
local ranges = {i8 = {-128, 127}, u8 = {0, 255}}
-- Those of which each element is converted as it is read.
local element_kinds = {f16 = true, bf16 = true, tf32 = true, i8 = true}

-- The C type that weights are stored as, if they are not as sums.
local stored_types = {f16 = "uint16_t", bf16 = "uint16_t", i8 = "int8_t"}
view_tile.per_element = {f16 = 2, bf16 = 2, i8 = 4}

-- Of a layer's x and y: one of these, or false.
function view_tile.kind(spec)
    if spec.parts > 1 then
        return spec.x_layout == "ncl" and "complex"
    end
    return spec.precision == "tf32" and "tf32"
        or spec.dtype ~= spec.sum_dtype and spec.dtype
end

-- And of its weights.
function view_tile.weight_kind(spec)
    if spec.sum_dtype == "i32" then
        return false
    end
    return spec.parts > 1 and "complex"
        or spec.precision == "tf32" and "tf32"
        or spec.weight_dtype ~= spec.sum_dtype and spec.weight_dtype
end

-- Those of two that elements are converted from, each once.
function view_tile.kind_list(first, second)
    local list = {}
    for _, kind in ipairs {first or "", second or ""} do
        if element_kinds[kind] and kind ~= list[1] then
            list[#list + 1] = kind
        end
    end
    return list
end

-- Templates by their names, for parts of a file that take nothing of their own.
function view_tile.parts(...)
    local list = {}
    for _, name in ipairs {...} do
        list[#list + 1] = {template = name .. ".c.tmpl", values = {}}
    end
    return list
end

-- Writes an expression as the argument of a function, if there is one.
function view_tile.call(name)
    return name and function(text) return name .. "(" .. text .. ")" end
        or function(text) return text end
end

-- The same of integers: `output` is y's type.
function view_tile.add_quantization(v, kind, output)
    view_tile.add_conversion(v, kind, "")
    v.x_type, v.flip = "uint8_t", kind == "i8" and "0x80" or "0"
    v.y_kind = output_kinds[output]
    v.y_lowest, v.y_highest = table.unpack(ranges[output] or {0, 0})
    v.y_type = output == "f32" and "float" or "uint8_t"
    v.tile_y_type, v.bias_type = v.y_type, "int32_t"
    v.take_bias = view_tile.call()
    function v.rounded(sums, count, lanes)
        return ("%s_quantized(b, %s, %s, %s, scale)"):format(v.isa, sums, count,
            lanes)
    end
end

-- How elements of x become those of sums, and these y's: types, functions, and
-- what an element is written as. `suffix` is of functions that a family has for
-- all kinds.
function view_tile.add_conversion(v, kind, suffix)
    local rounds = (kind == "f16" or kind == "bf16") and kind
    v.convert, v.rounds = kind, rounds
    v.x_kind = kind and view_tile.kinds[kind] or 0
    v.y_kind = rounds and v.x_kind or 0
    v.x_suffix, v.y_suffix = suffix or "", rounds and suffix or ""
    v.x_type = rounds and "uint16_t" or v.ctype
    v.x_load = v.isa .. (kind and "_widen_" .. kind or "_load")
    v.take = view_tile.call(kind and "widen_" .. kind)
    v.y_type = v.x_type
    v.y_store = v.isa .. (rounds and "_store_" .. rounds or "_store")
    v.round = view_tile.call(rounds and "round_" .. rounds)
    v.tile_y_type, v.any_rounds = v.y_type, false
    function v.rounded(sums, count, lanes)
        return rounds and ("%s_rounded_%s(%s, %s * %s)"):format(v.isa, rounds,
            sums, count, lanes) or sums
    end
    v.bias_type = v.y_type
    v.take_bias = view_tile.call(rounds and "widen_" .. rounds)
end

-- How rows of y are reached, by functions and numbers: `j` is a position of y.
function view_tile.add_places(v, nlc, stride)
    local suffix = nlc and "_nlc" or ""
    local kind = v.y_parts > 1 and "_complex" or suffix
    v.tile_pieces = "tile_pieces" .. kind .. "("
    v.put_cropped = "put_cropped" .. suffix .. "("
    v.to_j = nlc and "j * b->y_row" or "j"
    v.y_step = nlc and stride .. " * b->y_row" or stride
    v.y_end = nlc and "b->output_length * b->y_row" or "b->output_length"
end

-- And where a block says which layout it is.
function view_tile.add_any_places(v)
    v.tile_pieces, v.put_cropped = "any_pieces(b, ", "any_put_cropped(b, "
    v.to_j, v.y_step, v.y_end = "j * b->y_position", "b->y_step", "b->y_end"
end

-- The functions that pack: of weights stored so, as they are or widened.
function view_tile.packing(kind, compact, nlc)
    return {
        name = "pack_" .. (compact and "compact" or "tile"),
        widen = view_tile.kinds[kind] ~= nil and kind ~= "complex"
            and not compact and "widen_" .. kind,
        complex = kind == "complex",
        stored = stored_types[kind] or false, compact = compact,
        per_element = view_tile.per_element[kind] or 1,
        params = false,
        row_channel = nlc and "(row + i) % inner" or "(row + i) / inner",
        row_phase = nlc and "(row + i) / inner" or "(row + i) % inner",
    }
end

-- Numbers that a block has.
function view_tile.block_numbers(...)
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

-- Makes tiles store whole groups' vectors to y as they are; if there is a test,
-- where it says so.
function view_tile.add_places_of_vectors(v, test)
    v.places, v.stores_test = true, test
    v.to_places = ", out_step, places"
end

-- What the innermost loops see of `numbers`, and what they get from the block.
-- `step` is from tap to tap.
function view_tile.add_inner(v, numbers, step)
    v.tile_locals, v.pair_locals, v.column_locals = {}, {}, {}
    for _, field in ipairs(inner_fields) do
        local value = numbers[field]
        if v.no_panel and field == "panel_step" then
            if not step then
                table.insert(v.tile_locals, "step")
                table.insert(v.pair_locals, "step")
            end
            value = step and rows_of_x(step) or "step * x_row"
        end
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

-- Forms at the input's ends. `test`: are the block's taps the form's?
function view_tile.end_forms(tile, ends, taps, test)
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

function view_tile.add_shape(v, shape)
    v.shape = shape
    v.lanes, v.positions = shape.lanes, shape.positions
    v.put_positions, v.position_list = shape.put_positions, shape.position_list
    v.sizes, v.pair_sizes = shape.sizes, shape.pair_sizes
    v.narrow_chunk = shape.narrow_chunk
    v.line, v.spread = shape.line, shape.spread
    -- Statements by which weights that follow come nearer: in a form's loop
    -- over taps, if it has one, or else before a channel's.
    function v.fetches(form, in_loop)
        if in_loop ~= (form.tap_list[1].loop or false) then
            return {}
        end
        local list = {"TCONV_READS_LATER(ahead);"}
        for i = 1, in_loop and 0
            or math.max(form.taps, shape.fetch_lines) - 1 do
            list[i + 1] = ("TCONV_READS_LATER(ahead + %d);"):format(
                i * shape.line_bytes)
        end
        list[#list + 1] = "ahead += share;"
        return list
    end
    v.ahead_bytes, v.few_columns = shape.ahead_bytes, shape.few_columns
end

local function rows_text(rows)
    return rows == 1 and "One row" or rows .. " rows"
end

local function vector_starts(tile)
    local starts = {}
    for i, v in ipairs(tile.vector_list) do
        starts[i] = v.at
    end
    return table.concat(starts, ", ")
end

local function block_texts(tile)
    for i, block in ipairs(tile.blocks) do
        block.name = "part" .. i - 1
        block.text = #tile.blocks == 1 and rows_text(tile.rows)
            or ("Rows %d to %d of %d"):format(block.first, block.last,
                tile.rows)
    end
end

-- Positions that lack taps: of so many, spelled out, or of any. `tile`: one of
-- fewer positions.
local function edge_form(name, taps, test, tile)
    return {
        name = name, taps = taps, test = test, tile = tile or false,
        tap_list = plan_tile.upto(taps or 0),
    }
end

view_tile.edge_form = edge_form

-- Statements that ask for weights from each of some pointers on, as plan_asks
-- says for each distance: the plan's or, where a block has to say it, that.
local function ask_statements(numbers, pointers, asks)
    local list = {}
    local function add(indent, wanted)
        for _, from in ipairs(pointers) do
            for _, ask in ipairs(wanted) do
                list[#list + 1] = ("%sTCONV_READS_%s((uintptr_t)%s + %d);")
                    :format(indent, ask.later and "LATER" or "SOON", from,
                        ask.at)
            end
        end
    end
    if type(numbers.far) ~= "string" then
        add("", numbers.far and asks.far
            or numbers.streamed ~= 0 and asks.near or asks.kept)
        return list
    end
    list[1] = ("if (%s) {"):format(numbers.far)
    add("    ", asks.far)
    if asks.kept ~= asks.near then
        list[#list + 1] = ("} else if (%s) {"):format(numbers.streamed)
        add("    ", asks.near)
    end
    list[#list + 1] = "} else {"
    add("    ", asks.kept)
    list[#list + 1] = "}"
    return list
end

-- A tile that emitted files have: rows, names, and the numbers behind it.
function view_tile.tile_values(tile, name, numbers)
    block_texts(tile)
    local values = setmetatable({
        edge_asks = ask_statements(numbers, {"wt"},
            plan_asks.of_edge(tile.lanes * numbers.shape.element_bytes)),
        vector_starts = vector_starts(tile),
        tile = tile, rows = tile.rows, text = rows_text(tile.rows),
        name = tile.narrow and name .. "_edges" or name,
        masked_name = false, masked_taps = false,
        narrow_name = name, edges = name .. "_edges", edge_args = "",
        tile_params = false, tile_args = "", wide_params = "",
        gets_block = false,
        streams = false, end_forms = {}, strip_calls = {},
        looks_ahead = false, looks_far = false,
        one_form = false,
        edge_forms = {edge_form("edge", false, false)},
        half_forms = {edge_form("half", false, false)},
        loads = false, w_type = numbers.ctype, w_load = numbers.isa .. "_load",
    }, {__index = numbers})
    view_tile.add_halves(values, tile.halves)
    return values
end

-- The tile's rows by halves, if it has them.
function view_tile.add_halves(values, halves)
    values.halves = halves or false
    values.half_asks = halves and ask_statements(values, {"wt"},
        plan_asks.of_half(halves.lanes * values.shape.element_bytes))
end

-- Makes a tile widen its weights as it loads them.
function view_tile.load_kind(values, kind)
    values.kind, values.loads = false, kind
    values.w_type = stored_types[kind]
    values.w_load = values.isa .. "_widen_" .. kind
end

-- Makes a tile's innermost functions get the block that has their numbers.
function view_tile.pass_block(values, block_type)
    values.gets_block = true
    values.tile_params = ("const %s *b,"):format(block_type)
    values.tile_args = "b, "
end

-- Makes a tile one of any rows, up to its own.
function view_tile.open_rows(values)
    local params = values.tile_params and values.tile_params .. " " or ""
    values.rows, values.text = "rows", "Up to " .. values.text
    values.tile_params = params .. "int64_t rows,"
    values.tile_args = values.tile_args .. "rows, "
    values.wide_params = "int64_t rows, "
end

-- Two tiles at once.
function view_tile.pair_values(pair, name, numbers, rows, kind)
    local params = #numbers.tile_locals > 0
    local per_element = view_tile.per_element[kind] or 1
    return setmetatable({
        asks = ask_statements(numbers, {"wt", "(wt + tile_elements)"},
            plan_asks.of_pair(pair.rows // 2 * numbers.shape.element_bytes
                // per_element)),
        pair = pair, name = name, rows = rows, kind = kind,
        load = numbers.isa .. (kind and "_widen_" .. kind or "_load"),
        wtype = stored_types[kind] or numbers.ctype,
        per_element = per_element,
        pair_params = params and "const " .. numbers.block_type .. " *b,",
        pair_args = params and "b, " or "",
        pair_locals = numbers.pair_locals,
    }, {__index = numbers})
end

return view_tile
