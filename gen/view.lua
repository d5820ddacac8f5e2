-- From plans to what templates see: plans' numbers under the templates' names,
-- and the words that describe them. No numbers are made here; what an algorithm
-- has beyond a few lines is in its own view_*.lua.

local view_depthwise = require "view_depthwise"
local view_depthwise_direct = require "view_depthwise_direct"
local view_depthwise_nlc = require "view_depthwise_nlc"
local view_family = require "view_family"
local view_polyphase = require "view_polyphase"
local view_tile = require "view_tile"
local view_weight = require "view_weight"

local view = {}

local include = {avx512 = "immintrin.h", avx2 = "immintrin.h",
    sse2 = "emmintrin.h", neon = "arm_neon.h", scalar = false}

-- Constraints of inline assembly for a vector register.
local register = {avx512 = "v", avx2 = "x", sse2 = "x", neon = "w",
    scalar = false}

-- Of sums.
local ctypes = {f32 = "float", f64 = "double", i32 = "int32_t"}

-- What vector.c.tmpl and term.c.tmpl want to know of a target.
function view.target(target, dtype)
    local special = dtype == "i32" and target.integer or target
    return {
        isa = target.isa, ops = target.isa,
        half = target.half and target.half.isa or false,
        dtype = dtype,
        ctype = ctypes[dtype], integer = dtype == "i32",
        supported = special.supported,
        attribute = special.target or false,
        macro = "TCONV_" .. target.isa:upper(),
        target = target.target and "TCONV_" .. target.isa:upper() .. " " or "",
        include = include[target.isa],
        term = target.isa .. "_fma",
        register = register[target.isa],
        fenced = true, broadcasts = true, asks = true,
        elementwise = false,
    }
end

local function unrolled(p, v)
    v.elementwise = true
    v.weight_elements = p.weight_elements
    v.x_rows, v.y_rows, v.dense = p.x_rows, p.y_rows, p.dense
    v.elements = p.terms
    v.common_parts = {}
    v.plan_lines = {"Every output element's sum is spelled out."}
end

local algorithms = {
    unrolled = unrolled,
    depthwise = view_depthwise.plan,
    depthwise_direct = view_depthwise_direct.plan,
    depthwise_nlc = view_depthwise_nlc.plan,
    polyphase = view_polyphase.plan,
    weight = view_weight.plan,
}

-- Functions that convert one element. Where tiles are the JIT's, its driver
-- converts no more than the bias.
local function add_conversions(p, v, micro)
    local is_driver = micro and not (p.terms or p.shifts or p.walk)
    local parts = {}
    for i, kind in ipairs(is_driver and view_tile.kind_list(v.rounds, false)
        or v.wide_kinds) do
        parts[i] = {template = "widen_one.c.tmpl", values = {kind = kind}}
    end
    if v.rounds and not is_driver then
        table.insert(parts,
            {template = "round_one.c.tmpl", values = {kind = v.rounds}})
    end
    table.move(v.common_parts, 1, #v.common_parts, #parts + 1, parts)
    v.common_parts = parts
end

-- What the algorithm's template sees of a plan: adds it to `v`, which has the
-- target's words.
function view.plan(p, v, micro)
    v.stored = p.spec.weight_dtype == "i8" and "int8_t"
        or p.spec.weight_number_bytes < p.spec.sum_bytes and "uint16_t"
        or v.ctype
    v.compact_kind, v.widens = false, false
    v.parts, v.y_parts = p.spec.parts, 1
    v.run, v.packed_head = v.isa .. "_run", ""
    local kind = view_tile.kind(p.spec)
    if p.algorithm == "weight" and p.spec.parts > 1 then
        kind = "complex"
    end
    view_tile.add_conversion(v, kind)
    local weight_kind = view_tile.weight_kind(p.spec)
    v.take_weight = view_tile.call(weight_kind and "widen_" .. weight_kind)
    -- Integers are not converted one by one: a panel has them as they are.
    local of_x = p.spec.sum_dtype ~= "i32" and v.convert
    v.wide_kinds = view_tile.kind_list(of_x, weight_kind)
    v.vector_kinds = view_tile.kind_list(of_x, false)
    algorithms[p.algorithm](p, v, micro)
    add_conversions(p, v, micro)
    v.packed_bytes = v.packed_head .. p.packed_elements * p.spec.sum_bytes
end

-- What micro.c.tmpl sees: adds it to `v`, likewise.
function view.family(shape, v)
    if v.integer then
        view_family.integer(shape, v)
        return
    end
    view_family.tiles(shape, v)
    view_depthwise.family(v)
    view_depthwise_nlc.family(v)
    view_depthwise_direct.family(v)
    v.weights = setmetatable({}, {__index = v})
    view_weight.family(shape, v.weights)
end

return view
