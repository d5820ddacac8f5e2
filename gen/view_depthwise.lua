-- From depthwise plans to what their templates see, and the words for it.

local plan_depthwise = require "plan_depthwise"
local view_tile = require "view_tile"

local view_depthwise = {}

-- "q", "q - 1", "2 * q + 3"; of 0 and a distance just that.
function view_depthwise.plus(name, distance)
    if distance == 0 then
        return name
    end
    return ("%s %s %d"):format(name, distance < 0 and "-" or "+",
        math.abs(distance))
end

local plus = view_depthwise.plus

-- Where an element of a group's first channel of x is in another.
local function of_channel(at, input)
    if input == 0 then
        return at
    end
    local row = input == 1 and "x_row" or input .. " * x_row"
    return at == 0 and row or ("%s + %s"):format(at, row)
end

-- Numbers of straight code for a depthwise layer's taps, as text.
local function depthwise_taps(p, v)
    for _, name in ipairs {"stride", "ins", "term_count", "lanes", "zipped",
        "zips", "phases", "least_aligned"} do
        v[name] = p[name]
    end
    v.term = p.lanes > 1 and v.isa .. "_term" or v.isa .. "_fma"
    v.scratched = p.lanes > 1 and p.stride > 1 and not p.zipped
    v.zips_name = p.zips_name
    v.times_stride = p.stride > 1 and " * " .. p.stride or ""
    v.taps, v.bare_phases, v.shifts = {}, {}, {}
    for k = 0, p.term_count - 1 do
        v.taps[k + 1] = {k = k, weight = k * p.lanes}
    end
    v.bias_at = p.term_count * p.lanes
    v.more_params, v.more_args = "", ""
    if p.ins > 1 then
        v.more_params, v.more_args = ", int64_t x_row", ", x_row"
    end
    for _, phase in ipairs(p.phases) do
        local r = phase.phase
        phase.inside = ("is_inside(%s, n)"):format(plus("j", r))
        phase.to = r > 0 and " + " .. r * (v.scratched and 1 or p.lanes) or ""
        phase.from_j = r > 0 and " + " .. r or ""
        if #phase.taps == 0 then
            table.insert(v.bare_phases, r)
        end
        for _, tap in ipairs(phase.taps) do
            tap.weight = tap.k * p.lanes
            local at = plus("q", -tap.shift)
            tap.at = of_channel(at, tap.input)
            tap.inside = ("is_inside(%s, length)"):format(at)
        end
    end
    local begun = {}
    for i, shift in ipairs(p.shifts) do
        local at = of_channel(plus("q", -shift.shift), shift.input)
        v.shifts[i] = {
            name = p.ins > 1 and shift.input .. "_" .. shift.shift
                or shift.shift,
            at = at == "q" and at or "(" .. at .. ")", taps = {},
        }
        for t, tap in ipairs(shift.taps) do
            local first = not begun[tap.phase]
            begun[tap.phase] = true
            v.shifts[i].taps[t] = {
                k = tap.k, phase = tap.phase,
                type = first and v.isa .. "_vec " or "",
                from = first and "bias" or "s" .. tap.phase,
            }
        end
    end
end

-- Sums of an edge; y and x are counted from names where these are given, and
-- y_at and test make an index and a condition of where in y a sum is.
local function edge_sums(p, edge, y, x, y_at, test)
    local sums = {}
    for i, sum in ipairs(edge) do
        local at = y and plus(y, sum.y) or y_at and y_at:format(sum.y) or sum.y
        local terms = {}
        for t, term in ipairs(sum.terms) do
            terms[t] = {
                weight = term.k * p.lanes,
                at = of_channel(x and plus(x, term.x) or term.x, term.input),
            }
        end
        sums[i] = {at = at, terms = terms, test = test and test:format(sum.y)}
    end
    return sums
end

-- Does any of these sums read x?
local function reads_x(sums)
    for _, sum in ipairs(sums) do
        if #sum.terms > 0 then
            return true
        end
    end
    return false
end

-- Where the weights of channel o are: lanes of its block of channels.
local function weights_at(row_elements, lanes)
    if lanes == 1 then
        return "o * " .. row_elements
    end
    return ("(o & -%d) * %s + (o & %d)"):format(lanes, row_elements,
        lanes - 1)
end

-- What depthwise.c.tmpl sees of a plan.
function view_depthwise.plan(p, v, micro)
    v.micro = micro
    for _, name in ipairs {"outs", "crop", "q_begin", "left_end", "long",
        "spelled", "any", "row_elements", "block_positions", "part_work",
        "input_work", "form", "form_length"} do
        v[name] = p[name]
    end
    v.dilation = p.spec.dilation
    v.right_begin = plus("length", p.right_begin)
    v.right_end = plus("length", p.right_end)
    depthwise_taps(p, v)
    if micro then
        v.run = ("tconv_depthwise%s_%d"):format(p.half and "_half" or "",
            p.form)
        v.packed_head = "TCONV_DEPTHWISE_HEAD + "
    end
    if p.half then
        v.ops, v.attribute = p.half.isa, p.half.target
        v.supported = p.half.supported
    end
    v.uncut = p.any and p.long or 0
    v.output_constant = p.spec.output_constant
    v.k_at = p.lanes == 1 and "k" or "k * " .. p.lanes
    v.frame = p.frame or false
    v.part_name = v.isa .. (p.frame and "_part" or "_run")
    for _, output in ipairs(p.frame and p.frame.outputs or {}) do
        output.weight = output.k and output.k * p.lanes
        output.to = output.index * p.lanes
    end
    v.position_at = plus(p.stride == 1 and "q" or p.stride .. " * q", -p.crop)
    v.layer_param, v.layer_arg, v.packed = "", "", "args->packed"
    v.fenced, v.elementwise = false, p.lanes == 1
    v.x_channel = p.ins > 1 and "o * " .. p.ins
        or p.outs == 1 and "o" or "o / " .. p.outs
    v.x_step = p.ins > 1 and p.ins .. " * x_row"
        or p.outs == 1 and "x_row"
        or ("o %% %d == 0 ? x_row : 0"):format(p.outs)
    v.w_at = weights_at(p.row_elements, p.lanes)
    v.dense = {x_row = "length", x_rows = p.spec.in_channels, y_row = "n",
        y_rows = p.spec.out_channels}
    v.left = p.spelled and edge_sums(p, p.left) or {}
    v.right = p.spelled and edge_sums(p, p.right, "n", "length") or {}
    v.has_left, v.has_right = #v.left > 0, #v.right > 0
    v.has_edges = v.has_left or v.has_right
    v.right_reads = reads_x(v.right)
    v.common_parts = micro and view_tile.parts("clamp")
        or view_tile.parts("clamp", "share", p.any and "inside" or nil)
    v.plan_lines = {
        "Full output position (before the crop) = stride*q + phase. Tap k",
        ("serves phase k*%d mod %d and reads x at q - k*%d/%d, rounded down.")
            :format(v.dilation, p.stride, v.dilation, p.stride),
    }
    if #v.bare_phases > 0 then
        table.insert(v.plan_lines, "Phases that no tap reaches hold the bias.")
    end
end

-- Rows of dense x and y, of a layer whose numbers are known at run time.
local layer_dense = {
    x_row = "length", x_rows = "layer->in_channels", y_row = "n",
    y_rows = "layer->out_channels",
}

local function depthwise_form(stride, ins, kernel_size, v)
    local p = plan_depthwise.taps(
        {stride = stride, kernel_size = kernel_size, dilation = 1}, ins,
        v.lanes)
    local taps = p.max_shift + 1
    local name = ("stride%d_size%d"):format(stride, kernel_size)
        .. (ins > 1 and "_ins" .. ins or "")
    local form = setmetatable({
        name = name, part_name = name,
        micro_form = true, call_length = "args->length", spelled = true,
        any = false,
        layer_param = "const struct tconv_depthwise_layer *layer, ",
        layer_arg = "layer, ", packed = "packed_rows(args)",
        position_at = (stride > 1 and stride .. " * q" or "q") .. " - crop",
        j_at = (stride > 1 and stride .. " * length" or "length") .. " - crop",
        left_end = taps - 1, right_begin = "length",
        out_channels = "layer->out_channels",
        x_channel = "(layer->outs > 1 ? o / layer->outs : o)"
            .. (ins > 1 and " * " .. ins or ""),
        x_step = "(layer->outs > 1 && o % layer->outs ? 0 : x_row)"
            .. (ins > 1 and " * " .. ins or ""),
        w_at = weights_at(p.row_elements, v.lanes),
        dense = layer_dense, isa = v.isa,
    }, {__index = v})
    depthwise_taps(p, form)
    form.more_params = form.more_params .. ", int64_t crop"
    form.more_args = form.more_args .. ", crop"
    plan_depthwise.whole_edges(p, taps)
    form.left = edge_sums(p, p.left, false, false, "%d - crop",
        "crop <= %d")
    form.right = edge_sums(p, p.right, "j", "length", false,
        "j + %d < n")
    form.has_left, form.has_right = taps > 1, taps > 1
    form.has_edges, form.right_reads = taps > 1, taps > 1
    return form
end

-- How the micro-kernel for all other layers interleaves.
local function zip_form(stride, positions, v)
    local p = plan_depthwise.taps(
        {stride = stride, kernel_size = 1, dilation = 1}, 1, v.lanes)
    local form = {
        stride = stride, elements = stride * v.lanes, phases = {},
        zips = p.zips, zips_name = p.zips_name, zipped = p.zipped,
    }
    for r = 0, stride - 1 do
        form.phases[r + 1] = {phase = r, at = r * positions, to = r * v.lanes}
    end
    return form
end

-- What micro.c.tmpl sees of depthwise layers.
function view_depthwise.family(v)
    v.term = v.lanes > 1 and v.isa .. "_term" or v.isa .. "_fma"
    v.x_channel = "(d->outs > 1 ? o / d->outs : o) * d->ins"
    v.w_at = weights_at("(d->ins * d->kernel_size + 1)", v.lanes)
    v.layer_dense = layer_dense
    v.depthwise_blocks = {}
    for _, count in ipairs(v.lanes > 1 and {4, 1} or {1}) do
        local list = {}
        for i = 0, count - 1 do
            list[i + 1] = {index = i, at = i * v.lanes}
        end
        table.insert(v.depthwise_blocks, {
            vectors = count, positions = count * v.lanes, list = list,
            text = count == 1 and "one vector" or count .. " vectors",
        })
    end
    v.most_positions = v.depthwise_blocks[1].positions
    v.depthwise_forms, v.depthwise_table, v.zip_forms = {}, {}, {}
    local stride = 1
    for i, form in ipairs(plan_depthwise.FORMS) do
        local name = "depthwise" -- for what the family `half` is asked
        if not v.half or not plan_depthwise.halves(
            form.stride, form.ins, form.kernel_size) then
            local values = depthwise_form(
                form.stride, form.ins, form.kernel_size, v)
            table.insert(v.depthwise_forms, values)
            name = values.name
        end
        v.depthwise_table[i] = name
        if form.stride > stride then
            stride = form.stride
            table.insert(v.zip_forms, zip_form(stride, v.most_positions, v))
        end
    end
end

return view_depthwise
