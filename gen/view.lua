-- From plans to what templates see: plans' numbers under the templates' names,
-- and the words that describe them. No numbers are made here.

local plan_span = require "plan_span"

local view = {}

local include = {avx512 = "immintrin.h", avx2 = "immintrin.h",
    sse2 = "emmintrin.h", neon = "arm_neon.h", scalar = false}

local function ctype(dtype)
    return dtype == "f64" and "double" or "float"
end

-- What vector.c.tmpl and term.c.tmpl want to know of a target.
function view.target(target, dtype)
    return {
        isa = target.isa,
        dtype = dtype,
        ctype = ctype(dtype),
        attribute = target.target or false,
        macro = "TCONV_" .. target.isa:upper(),
        target = target.target and "TCONV_" .. target.isa:upper() .. " " or "",
        include = include[target.isa],
    }
end

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
    return (set.phases == 1 and "phase " or "phases ")
        .. series(set.phase, p.dilation, set.phases)
end

-- "q", "q and q - 1", "q, q - 1, ..., q - 9"
local function shift_text(set, p)
    local text = series(set.first, p.shift_step, set.taps)
    return (text:gsub("%d+", "q - %0"))
end

-- A few lines on each tap set.
local function set_lines(p)
    if p.folded then
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

local function polyphase(p, micro)
    local v = {
        channels = p.channels, outs = p.outs, stride = p.stride,
        dilation = p.dilation, kernel_size = p.kernel_size, crop = p.crop,
        tap_step = p.tap_step, shift_step = p.shift_step,
        reached = p.reached, bare = p.bare, change = p.change,
        folded = p.folded, block = p.block, out_block = p.out_block,
        out_blocks = p.out_blocks, q_begin = p.q_begin, slack = p.slack,
        weights_at = p.weights_at, shape = p.shape,
        channel_stride = p.channel_stride, group_weights = p.group_weights,
        sets = {},
    }
    if p.folded then
        local set = {
            index = 0, text = "all, by a loop", tiles = p.tiles,
            tap_list = plan_span.taps(nil), taps = "taps", first = "first",
            span_phase = "phase", call_phase = "r",
            params = "int64_t taps, int64_t first, int64_t phase,",
            args = "taps, first, phase, ", call_args = "taps, first, r, ",
        }
        for _, tile in ipairs(p.tiles) do
            tile.name = "rows" .. tile.rows
            tile.phases = tile.rows
        end
        v.sets[1] = set
    end
    for i, planned in ipairs(p.sets) do
        local set = setmetatable({}, {__index = planned})
        set.index = i - 1
        set.text = phase_text(planned, p)
        set.first_phase = planned.phase
        set.tiles = {}
        for _, which in ipairs {"full", "rest"} do
            local tile = planned[which]
            if tile then
                tile.name = ("set%d_%s"):format(i - 1, which)
                tile.phases = planned.chunked and tile.rows or planned.phases
                set.tiles[#set.tiles + 1] = tile
            end
        end
        set.span_phase = planned.chunked and "phase" or planned.phase
        set.call_phase = planned.chunked and "r" or planned.phase
        set.params = planned.chunked and "int64_t phase," or ""
        set.args = planned.chunked and "phase, " or ""
        set.call_args = planned.chunked and "r, " or ""
        v.sets[i] = set
    end
    v.common = {{template = "clamp.c.tmpl", values = {}}}
    if not micro then
        v.common[2] = {template = "put.c.tmpl", values = {}}
        v.common[3] = {template = "pack.c.tmpl", values = {params = ""}}
    end
    if p.bare then
        v.common[#v.common + 1] = {template = "fill.c.tmpl", values = {}}
    end
    if p.folded then
        v.common[#v.common + 1] = {template = "sets.c.tmpl", values = {}}
    end
    local rows, seen = {}, {}
    for _, set in ipairs(v.sets) do
        for _, tile in ipairs(set.tiles) do
            if not seen[tile.rows] then
                seen[tile.rows] = true
                rows[#rows + 1] = tile.rows
            end
        end
    end
    v.micro_rows = rows
    v.plan_lines = set_lines(p)
    table.insert(v.plan_lines, 1,
        "Full output position (before the crop) = stride*q + phase.")
    if p.bare then
        table.insert(v.plan_lines, "Phases that no tap reaches hold the bias.")
    end
    return v
end

local function unrolled(p)
    return {
        weight_elements = p.weight_elements,
        input_elements = p.input_elements,
        output_elements = p.output_elements,
        elements = p.terms,
        common = {},
        micro_rows = {},
        plan_lines = {"Every output element's sum is spelled out."},
    }
end

-- What the algorithm's template sees of a plan.
function view.plan(p, micro)
    local v = p.algorithm == "unrolled" and unrolled(p) or polyphase(p, micro)
    v.packed_bytes = p.packed_elements * p.spec.element_bytes
    return v
end

return view
