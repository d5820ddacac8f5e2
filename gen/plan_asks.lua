-- What is asked for of packed weights before they are read, where no form of a
-- tile spreads that evenly: how far ahead, and of which cache. A list has, for
-- each line asked for, `at`, bytes ahead of the tap that is being read, and
-- `later`: of the second-level cache, or else of the first.
--
-- Weights are `kept` by the second level, or `near`, but more than that, or
-- `far`: those come from memory. The first level cannot keep count of as many
-- lines as must be under way then.

local plan_asks = {}

plan_asks.LINE_BYTES = 64
-- How far ahead the first level is asked; the second, of what is far; and the
-- first once more, of what is read too fast otherwise.
plan_asks.AHEAD_BYTES = 4096
local FAR_BYTES, NEAR_BYTES = 8192, 2048
-- Of a tap of more lines, hardware that sees one asked for brings the rest.
local FEW_LINES = 2

-- All lines of so many bytes.
local function asks(later, ahead, bytes)
    local list = {}
    for line = 0, bytes - 1, plan_asks.LINE_BYTES do
        list[#list + 1] = {later = later, at = ahead + line}
    end
    return list
end

local function joined(first, second)
    return table.move(second, 1, #second, #first + 1, first)
end

-- Of a tap whose weights are `bytes` long, where some positions lack taps.
function plan_asks.of_edge(bytes)
    local function one(later, ahead)
        return asks(later, ahead, 1)
    end
    local near = one(false, plan_asks.AHEAD_BYTES)
    local far = bytes > FEW_LINES * plan_asks.LINE_BYTES
        and one(true, FAR_BYTES)
        or joined(one(false, plan_asks.AHEAD_BYTES),
            asks(true, 2 * FAR_BYTES, bytes))
    return {kept = near, near = near, far = far}
end

-- Of half a tap's, which the other half lies between.
function plan_asks.of_half(bytes)
    local near = asks(false, plan_asks.AHEAD_BYTES, bytes)
    return {kept = near, near = near, far = asks(true, FAR_BYTES, bytes)}
end

-- Of each of two tiles' at a single position.
function plan_asks.of_pair(bytes)
    return {
        kept = asks(false, plan_asks.AHEAD_BYTES, 1),
        near = asks(false, plan_asks.AHEAD_BYTES, bytes),
        far = joined(asks(false, NEAR_BYTES, bytes),
            asks(true, FAR_BYTES, bytes)),
    }
end

return plan_asks
