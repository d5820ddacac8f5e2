-- What the planner knows of each instruction set. Best first.
--
--   vector_bytes  width of a vector register; 0: no vectors
--   registers     of them that sums, x and weights may take
--   tile          of lanes over rows: vectors x positions, whose sums, a weight
--                 or an x for each of the fewer and one of the other, fill the
--                 registers; the more alike the two, the fewer loads
--   positions     of a few tiles, for which storing is straight code
--   group         of those, whose x lies together and results are stored
--                 together: long enough to fill some cache lines of y, which
--                 stay for a moment only where rows lie a power of two apart.
--                 Strips' groups are theirs. Whole vectors where these turn
--   turns         are vectors turned in registers, on their way to y?
--   spreads       most vectors of y that one of results is spread over, where
--                 there are masked stores
--   strips        rows x vectors of positions that have all taps: they read x
--                 and weights more often than tiles do, but need no turning.
--                 The first whose rows are whole phases serve. nil: where few
--                 registers make that dear
--   narrow_rows   most rows of a block of lanes over positions
--   code_lines    of C that a layer's tiles and strips may take, about, or else
--                 they are made shorter: fewer where only old machines stop at
--                 this one. A file with all of them stays below 256 KiB
--   l1_bytes      first-level cache
--   chunk_bytes   of a tile's weights that stay near while positions pass by,
--                 so many that their sums seldom go through memory; nil: half
--                 the first-level cache, which is busiest with them, since the
--                 next ones are asked for beside them
--   l2_bytes      second-level cache; half of it may hold all weights
--   l3_bytes      last-level cache; weights that are more come from memory
--   panel_bytes   of x that a run through all tiles may take
--   sum           how terms are added, 0 fused or 1 separate (enum tconv_sum);
--                 nil: the portable variant asks the preprocessor
--   guard         when a compiler can take the section
--   target        function attribute that makes it do so
--   supported     C expression: can this processor run it?
--   half          whose vectors are half as wide, if these can be had as well,
--                 and the last two where they are taken
--   integer       the last two for integer layers, if they are others

-- Compilers with GNU extensions; TCC says it has them.
local gnu = "defined(__GNUC__) && !defined(__TINYC__)"
local gnu_x86 = "defined(__x86_64__) && " .. gnu

local targets = {
    {
        isa = "avx512", vector_bytes = 64, registers = 32, code_lines = 1100,
        tile = {vectors = 4, positions = 6}, positions = 24, group = 24,
        turns = true, spreads = 4, narrow_rows = 8, sum = 0,
        strips = {rows = {8, 6}, vectors = 3},
        l1_bytes = 32768, chunk_bytes = 131072,
        l2_bytes = 524288, panel_bytes = 1 << 20,
        guard = gnu_x86, target = "avx512f",
        supported = '__builtin_cpu_supports("avx512f") != 0',
        half = {
            isa = "avx2", target = "avx512f,fma",
            supported = '__builtin_cpu_supports("avx512f") != 0 &&\n'
                .. '        __builtin_cpu_supports("fma") != 0',
        },
        integer = {
            target = "avx512f,avx512vnni",
            supported = '__builtin_cpu_supports("avx512f") != 0 &&\n'
                .. '        __builtin_cpu_supports("avx512vnni") != 0',
        },
    },
    {
        isa = "avx2", vector_bytes = 32, registers = 16, code_lines = 780,
        tile = {vectors = 4, positions = 3}, positions = 12, group = 48,
        turns = true, spreads = 0, narrow_rows = 6, sum = 0,
        l1_bytes = 32768,
        l2_bytes = 524288, panel_bytes = 1 << 20,
        -- Every processor with the first two has F16C as well.
        guard = gnu_x86, target = "avx2,fma,f16c",
        supported = '__builtin_cpu_supports("avx2") != 0 &&\n'
            .. '        __builtin_cpu_supports("fma") != 0',
    },
    {
        isa = "sse2", vector_bytes = 16, registers = 14, code_lines = 700,
        tile = {vectors = 2, positions = 5}, positions = 5, group = 40,
        turns = false, spreads = 0, narrow_rows = 5, sum = 1,
        l1_bytes = 32768,
        l2_bytes = 524288, panel_bytes = 1 << 20,
        guard = gnu_x86, supported = "1",
    },
    {
        isa = "neon", vector_bytes = 16, registers = 32, code_lines = 900,
        tile = {vectors = 4, positions = 6}, positions = 6, group = 48,
        turns = true, spreads = 0, narrow_rows = 8, sum = 0,
        l1_bytes = 32768,
        l2_bytes = 524288, panel_bytes = 1 << 20,
        guard = "defined(__aarch64__) && " .. gnu, supported = "1",
    },
    {
        isa = "scalar", vector_bytes = 0, registers = 16, code_lines = 780,
        tile = {vectors = 4, positions = 2}, positions = 2, group = 2,
        turns = false, spreads = 0, narrow_rows = 4,
        l1_bytes = 32768,
        l2_bytes = 524288, panel_bytes = 1 << 20,
        supported = "1",
    },
}

for _, target in ipairs(targets) do
    targets[target.isa] = target
    target.chunk_bytes = target.chunk_bytes or target.l1_bytes // 2
    target.l3_bytes = 1 << 24
end

-- Estimates for the prediction of `tconv show` (plan_cost.lua), alike for all:
-- bytes that come from each level while the peak does two multiply-adds of
-- vectors.
for _, target in ipairs(targets) do
    target.l2_speed = 32
    target.l3_speed = 24
    target.memory_speed = 8
end

return targets
