-- Depthwise layers of one phase, whose rows are channels: Conv1d, its mirror
-- grad_input, and what is transposed but of stride 1.
--
-- Position j of a row reads x at x_stride*j - shift, + step, ... for its taps.
-- Lanes are positions; where these lie two apart in x, vectors of every second
-- element are made in registers, for two neighbouring taps at once; at other
-- distances positions go one by one. Positions from `inner_begin` on and before
-- (length - 1 - reach)/x_stride + 1 have all taps; the others, the edges, go
-- one by one with what taps they have or, where these are many, by vectors with
-- masks.

local plan_depthwise = require "plan_depthwise"

local depthwise_direct = {name = "depthwise_direct"}

-- Most taps that are spelled out; more go in a loop, where so many vectors at
-- once hide a multiply-add's latency.
local MAX_TAPS, VECTORS = 16, 8
-- Strides in x that vectors are loaded at, up to this one.
local MAX_VECTOR_STRIDE = 2
-- What micro-kernels spell out: x_stride, taps, and step if that must be known.
local FORMS = {{1, 3}, {1, 5}, {1, 7}, {2, 4, 1}, {2, 12, 1}}
-- Ends of a row are done by vectors, with masks for what is not inside x, where
-- they have so many terms, and read no more elements of x than that.
local END_TERMS, END_ELEMENTS = 128, 256
-- Longer rows are split among threads.
local BLOCK_POSITIONS = 8192

-- Loads of x, each of one tap or two. `at`: from the first tap on, if steps are
-- known.
local function loads_of(walk, taps, step)
    local pairs_up = walk.x_stride == 2 and walk.lanes > 1 and step == 1
    local loads, t = {}, 0
    while t < taps do
        local load = {
            tap = t, at = step and t * step,
            second = pairs_up and t + 1 < taps and t + 1,
        }
        table.insert(loads, load)
        t = t + (load.second and 2 or 1)
    end
    return loads
end

-- How positions of a stride in x go: some vectors at once, then single ones; or
-- single positions. x_stride: or nil, of any; `taps`: how many, if these are
-- known; step: likewise; has_ends: single taps are loaded for these.
local function walk_of(x_stride, lanes, taps, step, has_ends)
    local walk = {
        x_stride = x_stride, lanes = lanes, forms = {}, step = step,
        unzips = false, loads_seconds = false,
    }
    if not x_stride or x_stride > MAX_VECTOR_STRIDE then
        walk.lanes = 1
    end
    if taps and taps <= MAX_TAPS then
        walk.taps = taps
        walk.loads = loads_of(walk, taps, step)
    end
    if walk.x_stride == 2 and walk.lanes > 1 then
        local last = walk.loads and walk.loads[#walk.loads] or nil
        walk.unzips = last ~= nil and walk.loads[1].second ~= false
        walk.loads_seconds = has_ends or not last or not last.second
    end
    for _, vectors in ipairs((walk.taps or walk.lanes == 1) and {1}
        or {VECTORS, 1}) do
        local form = {positions = vectors * walk.lanes, vectors = {}}
        for i = 1, vectors do
            local to = (i - 1) * walk.lanes
            form.vectors[i] = {
                index = i - 1, to = to, at = to * (x_stride or 1),
            }
        end
        table.insert(walk.forms, form)
    end
    return walk
end

-- What micro-kernels are rendered from: what is spelled out, the strides that
-- vectors are loaded at, and any other.
function depthwise_direct.family(lanes)
    local walks = {}
    if lanes > 1 then
        for i, form in ipairs(FORMS) do
            walks[i] = walk_of(form[1], lanes, form[2], form[3])
        end
        for x_stride = 1, MAX_VECTOR_STRIDE do
            table.insert(walks, walk_of(x_stride, lanes))
        end
    end
    table.insert(walks, walk_of(nil, 1))
    return {walks = walks, end_elements = lanes > 1 and END_ELEMENTS}
end

function depthwise_direct.plan(spec, target)
    if spec.pass == "grad_weight"
        or spec.transposed and spec.stride > 1
        or spec.x_layout == "nlc" or spec.y_layout == "nlc"
        or spec.reads ~= spec.groups
        or spec.converts or spec.weight_dtype == "i8" then
        return nil
    end
    local transposed = spec.transposed
    local p = {
        rows = spec.writes, outs = spec.writes // spec.groups,
        kernel_size = spec.kernel_size,
        x_stride = spec.stride,
        step = transposed and -spec.dilation or spec.dilation,
        shift = transposed and -spec.padding_begin or spec.padding_begin,
        lanes = math.max(1, target.vector_bytes // spec.sum_bytes),
        block_positions = BLOCK_POSITIONS,
        row_elements = spec.kernel_size + 1,
        part_work = plan_depthwise.PART_WORK,
    }
    -- A position reads `span` elements, the first of them `least` before
    -- x_stride*j, and for its first tap the one `back` behind that.
    local last = (p.kernel_size - 1) * p.step
    p.back, p.span = math.max(0, -last), math.abs(last) + 1
    p.least = p.shift + p.back
    p.inner_begin = math.max(0, p.least + p.x_stride - 1) // p.x_stride
    p.reach = math.max(0, last) - p.shift
    local has_ends = p.lanes > 1 and p.x_stride <= MAX_VECTOR_STRIDE
        and p.inner_begin * p.kernel_size >= END_TERMS
        and (p.lanes - 1) * p.x_stride + math.abs(last) < END_ELEMENTS
    p.has_ends = has_ends and 1 or 0
    p.end_elements = has_ends and END_ELEMENTS
    p.walk = walk_of(p.x_stride, p.lanes, p.kernel_size, p.step, has_ends)
    p.packed_elements = p.rows * p.row_elements
    p.input_work = math.max(spec.weight_elements, plan_depthwise.BYTE_WORK
        * spec.element_bytes * (spec.reads * p.x_stride + spec.writes))
    return p
end

return depthwise_direct
