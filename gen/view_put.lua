-- How results go to y: forms of storing, zips and spreads, and strips, which
-- store from registers.

local plan_tile = require "plan_tile"

local view_put = {}

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

-- How vectors are spread by stores, as spread.c.tmpl has it: elements of the
-- first two, numbered through, and what the third has in place of them.
local function spread_values(name, count, stores)
    local values = {name = name, count = count, stores = {}}
    for i, store in ipairs(stores) do
        local lanes = #store.elements
        local elements, last = {}, {}
        for lane, element in ipairs(store.elements) do
            local in_last = element >= 2 * lanes
            elements[lane] = in_last and 0 or element
            last[lane] = in_last and element - lanes or lane - 1
        end
        values.stores[i] = {
            to = store.first > 0 and "to + " .. store.first or "to",
            mask = store.mask ~= (1 << lanes) - 1
                and ("0x%x"):format(store.mask),
            elements = table.concat(elements, ", "),
            last = table.concat(last, ", "),
        }
    end
    return values
end

-- Storing `size` rows of each `stride` in turned vectors that are spread; nil
-- where a plan has none.
function view_put.spread_form(size, test, stride, spread)
    if not spread then
        return nil
    end
    local form = view_put.form(size, test, stride, spread.parts)
    form.suffix = ("_spread_%d_%d"):format(size, stride)
    form.spread = spread_values("put" .. form.suffix .. "_one", 1,
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

-- How narrow tiles zip so many phases.
function view_put.zip_form(v, stride, test)
    local shape = v.shape
    local zips, name = plan_tile.zips(stride)
    local form = {
        stride = stride, test = test, zips = zips, zips_name = name,
        elements = stride * shape.lanes, phases = {},
    }
    local isa = v.isa
    local vectors, loads = {}, {}
    for r = 0, stride - 1 do
        form.phases[r + 1] = {phase = r, to = r * shape.lanes}
        vectors[r + 1] = ("%s_vec s%d"):format(isa, r)
        loads[r + 1] = ("%s_load(from + %d * positions + p)"):format(isa, r)
    end
    form.vectors = table.concat(vectors, ", ")
        :gsub("(s3,) ", "%1\n    ")
    form.loads = table.concat(loads, ",\n                ")
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
        local name = ("spread_%d_%d"):format(phases, stride)
        store.by = ("%s_%s"):format(v.isa, name)
        store.spread = spread_values(name, phases,
            plan_tile.strip_spread(v.shape, phases, stride))
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
