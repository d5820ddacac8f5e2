-- How results go to y: forms of storing, zips and spreads, and strips, which
-- store from registers.

local plan_tile = require "plan_tile"

local view_put = {}

-- What numbers of rows that are stored together are less than; and a number of
-- these and a stride, in one.
local MOST_RUN = 16
view_put.row_case = ("stride * %d + pieces[i].rows"):format(MOST_RUN)

-- Forms of storing: one for a number of rows that all pieces have, or any;
-- with `turns`, for that number as stride.
function view_put.form(size, test, stride, turns)
    return {
        size = size, test = test, stride = stride or false, spread = false,
        over = {},
        turns = turns or false, rounds = plan_tile.rounds(turns or 1, size),
        suffix = turns and "_turned_" .. size or size and "_" .. size or "",
    }
end

-- Storing pieces of any rows. `sizes`: of stores that go over what comes next;
-- `test` has what must hold for each beside.
function view_put.any_form(sizes, test)
    local form = view_put.form(false, "")
    for i, size in ipairs(sizes) do
        form.over[i] = {size = size, test = test:format(size, size)}
    end
    return form
end

-- How the elements of a store come together, which are numbered through the
-- vectors that have them: from the first two, then from one after the other.
local function spread_steps(store)
    local lanes = #store.elements
    local used, places = {}, {}
    for lane, element in ipairs(store.elements) do
        if store.mask >> (lane - 1) & 1 == 1 then
            used[element // lanes] = true
            places[lane] = element
        end
    end
    local order = {}
    for vector in pairs(used) do
        order[#order + 1] = vector
    end
    table.sort(order)
    local steps = {}
    for i = 2, math.max(2, #order) do
        local first, other = order[i - 1], order[i]
        local indices = {}
        for lane = 1, lanes do
            local vector = (places[lane] or 0) // lanes
            local at = (places[lane] or 0) % lanes
            indices[lane] = vector == other and lanes + at
                or i > 2 and lane - 1 or vector == first and at or 0
        end
        steps[i - 1] = {
            from = i > 2 and "v" or "v" .. first,
            next = other and "v" .. other,
            elements = table.concat(indices, ", "),
        }
    end
    return steps
end

-- How `count` vectors are spread by stores, as spread.c.tmpl has it.
local function spread_values(v, name, count, stores)
    local values = {name = name, count = count, stores = {}}
    local vectors = {}
    for i = 0, count - 1 do
        local line = i % 4 == 3 and "\n    " or i > 0 and " " or ""
        vectors[i + 1] = ("%s%s_vec v%d"):format(line, v.isa, i)
    end
    values.vectors = table.concat(vectors, ",")
    for i, store in ipairs(stores) do
        values.stores[i] = {
            to = store.first > 0 and "to + " .. store.first or "to",
            mask = store.mask ~= (1 << #store.elements) - 1
                and ("0x%x"):format(store.mask),
            steps = spread_steps(store),
        }
    end
    return values
end

-- How rows that lie side by side in y are spread there, a vector of positions
-- each.
local function rows_spread(v, rows, stride)
    return spread_values(v, ("spread_%d_%d"):format(rows, stride), rows,
        plan_tile.row_spread(v.shape, rows, stride))
end

-- Storing `size` rows of each `stride` in turned vectors that are spread; nil
-- where a plan has none.
function view_put.spread_form(v, size, test, stride, spread)
    if not spread then
        return nil
    end
    local form = view_put.form(size, test, stride, spread.parts)
    form.suffix = ("_spread_%d_%d"):format(size, stride)
    form.spread = size == 1 and rows_spread(v, 1, stride)
        or spread_values(v, ("spread_turned_%d_%d"):format(size, stride), 1,
            spread.stores)
    return form
end

-- What turning vectors takes: for `forms`, and with `squares` for these.
function view_put.add_turns(v, shape, forms, squares)
    local least = squares and shape.turns and 1 or shape.lanes
    for _, form in ipairs(forms) do
        least = math.min(least, form.turns and form.size or least)
    end
    v.square = squares and shape.turns
    v.turn_runs = plan_tile.runs(shape.lanes, least)
    v.square_rounds = plan_tile.rounds(shape.lanes, 1)
    for _, run in ipairs(v.turn_runs) do
        run.text = run.elements == 1 and "elements"
            or "runs of " .. run.elements
        run.even = table.concat(run.even, ", ")
        run.odd = table.concat(run.odd, ", ")
    end
end

-- Each way of spreading once, if there is one.
local function add_spread(v, spread)
    for _, known in ipairs(v.spreads) do
        if not spread or known.name == spread.name then
            return
        end
    end
    v.spreads[#v.spreads + 1] = spread or nil
end

-- Those of `list`, each of which may have one.
function view_put.add_spreads(v, list)
    for _, item in ipairs(list) do
        add_spread(v, item.spread)
    end
end

-- Loads of so many rows' vectors.
local function row_loads(isa, rows)
    local loads = {}
    for r = 0, rows - 1 do
        loads[r + 1] = ("%s_load(from + %d * positions + p)"):format(isa, r)
    end
    return table.concat(loads, ",\n                ")
end

-- How narrow tiles store some rows that lie side by side in y, unless that is
-- element by element. `micro`: the stride is not known before.
function view_put.row_kind(v, rows, stride, micro)
    local stores = plan_tile.row_stores(v.shape, rows, stride)
    local kind = {
        rows = rows, stride = stride, elements = stride * v.shape.lanes,
        case = micro and stride * MOST_RUN + rows or rows,
        loads = row_loads(v.isa, rows),
        spread = stores == "spread" and rows_spread(v, rows, stride),
    }
    kind.name = kind.spread and kind.spread.name or "zipped" .. stride
    kind.store = kind.spread and kind.name or "store_" .. kind.name
    return stores and kind
end

-- Each way in which a narrow tile's runs of such rows are stored, once.
function view_put.add_row_kinds(v, runs, stride)
    for _, rows in ipairs(runs) do
        local kind = view_put.row_kind(v, rows, stride, false)
        for _, other in ipairs(v.row_kinds) do
            kind = other.rows ~= rows and kind
        end
        if kind then
            table.insert(v.row_kinds, kind)
            v.zips_rows = v.zips_rows or not kind.spread
        end
    end
end

-- How narrow tiles zip so many phases.
function view_put.zip_form(v, stride)
    local shape = v.shape
    local zips, name = plan_tile.zips(stride)
    local form = {
        stride = stride, rows = stride, zips = zips, zips_name = name,
        name = "zipped" .. stride, store = "store_zipped" .. stride,
        elements = stride * shape.lanes, phases = {},
    }
    local isa = v.isa
    local vectors = {}
    for r = 0, stride - 1 do
        form.phases[r + 1] = {phase = r, to = r * shape.lanes}
        vectors[r + 1] = ("%s_vec s%d"):format(isa, r)
    end
    form.vectors = table.concat(vectors, ", ")
        :gsub("(s3,) ", "%1\n    ")
    form.loads = row_loads(isa, stride)
    return form
end

-- How a strip's sums go to y, which has so many phases of each stride.
local function strip_store(v, strip, phases, stride, test)
    local store = {test = test, pieces = {}}
    if stride == 1 then
        store.by = v.y_store
    elseif plan_tile.strip_zips(v.shape, phases, stride) then
        store.by = ("%s_store_zipped%d"):format(v.isa, stride)
    else
        store.spread = rows_spread(v, phases, stride)
        store.by = ("%s_%s"):format(v.isa, store.spread.name)
    end
    for k = 0, strip.rows // phases - 1 do
        local piece = {index = k, columns = {}}
        for c, column in ipairs(strip.vector_list) do
            local sums = {}
            for r = 0, phases - 1 do
                sums[r + 1] = ("a%d_%d"):format(k * phases + r, column.index)
            end
            piece.columns[c] = {
                at = column.at * stride, sums = table.concat(sums, ", "),
            }
        end
        store.pieces[k + 1] = piece
    end
    return store
end

-- What strip.c.tmpl and calls of strips see. `forms` are those of the inner
-- loop; `kinds`, pairs of phases and stride, what is told apart at run time, or
-- the one; `streams`: may weights come from memory?
function view_put.strips(v, name, strip, forms, kinds, streams)
    local values = setmetatable({
        strip = strip, strip_name = name, strip_forms = forms,
        strip_stores = {}, strip_streams = streams,
    }, {__index = v})
    for i, kind in ipairs(kinds) do
        local phases, stride = table.unpack(kind)
        values.strip_stores[i] = strip_store(v, strip, phases, stride,
            #kinds > 1 and ("b->piece_rows == %d && b->stride == %d"):format(
                phases, stride))
    end
    return values
end

-- How a tile of so many rows calls those strips of a list that are parts of
-- it: if `chosen`, where they are the set's; if `open`, where whole ones make
-- up its rows, which are known at run time.
function view_put.strip_calls(list, rows, chosen, open)
    local calls = {}
    for _, values in ipairs(list) do
        local n = values.strip.rows
        if plan_tile.takes_strips(values.shape, values.strip, rows, open) then
            calls[#calls + 1] = setmetatable({
                test = (chosen and ("b->strips == %d && "):format(n) or "")
                    .. (open and ("rows %% %d == 0 && "):format(n) or ""),
            }, {__index = values})
        end
    end
    return calls
end

-- `forms` and those of `more` that it lacks.
function view_put.joined(forms, more)
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

return view_put
