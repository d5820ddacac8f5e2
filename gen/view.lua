-- From plans to what templates see: plans' numbers under the templates' names,
-- and the words that describe them. No numbers are made here; what an algorithm
-- has beyond a few lines is in its own view_*.lua.

local view_depthwise = require "view_depthwise"
local view_family = require "view_family"
local view_polyphase = require "view_polyphase"
local view_weight = require "view_weight"

local view = {}

local include = {avx512 = "immintrin.h", avx2 = "immintrin.h",
    sse2 = "emmintrin.h", neon = "arm_neon.h", scalar = false}

-- Constraints of inline assembly for a vector register.
local register = {avx512 = "v", avx2 = "x", sse2 = "x", neon = "w",
    scalar = false}

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
        term = target.isa .. "_fma",
        register = register[target.isa],
        fenced = true,
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
    polyphase = view_polyphase.plan,
    weight = view_weight.plan,
}

-- What the algorithm's template sees of a plan: adds it to `v`, which has the
-- target's words.
function view.plan(p, v, micro)
    local kind = p.spec.weight_dtype ~= p.spec.dtype and p.spec.weight_dtype
    v.narrow_kind, v.stored = kind, kind and "uint16_t" or v.ctype
    v.compact_kind = false
    algorithms[p.algorithm](p, v, micro)
    -- Layers of few weights widen all of them as they pack.
    if kind and (p.terms or p.shifts) then
        table.insert(v.common_parts,
            {template = "widen_one.c.tmpl", values = {kind = kind}})
    end
    v.packed_bytes = p.packed_elements * p.spec.element_bytes
end

-- What micro.c.tmpl sees: adds it to `v`, likewise.
function view.family(shape, v)
    view_family.tiles(shape, v)
    view_depthwise.family(v)
    v.weights = setmetatable({}, {__index = v})
    view_weight.family(shape, v.weights)
end

return view
