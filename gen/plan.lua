-- From a checked spec and a target to a plan: every number the templates need,
-- and no text. One algorithm, one plan_*.lua, one template.

local targets = require "targets"

local plan = {}

local algorithms = {
    require "plan_weight",
    require "plan_unrolled",
    require "plan_depthwise",
    require "plan_depthwise_nlc",
    require "plan_depthwise_direct",
    require "plan_polyphase",
}

-- The first algorithm that takes the layer; the last takes all.
function plan.make(spec, isa)
    local target = targets[isa]
    for _, algorithm in ipairs(algorithms) do
        local result = algorithm.plan(spec, target)
        if result then
            result.algorithm = algorithm.name
            result.spec = spec
            result.target = target
            return result
        end
    end
end

-- A plan as lines of "name = value", for people.
function plan.describe(result)
    local lines = {}
    local function walk(prefix, t)
        local keys = {}
        for key in pairs(t) do
            if key ~= "spec" and key ~= "target" and key ~= "terms" then
                keys[#keys + 1] = key
            end
        end
        table.sort(keys, function(a, b)
            if type(a) == type(b) then
                return a < b
            end
            return type(a) == "number"
        end)
        for _, key in ipairs(keys) do
            local v, name = t[key], prefix .. tostring(key)
            if type(v) == "table" then
                walk(name .. ".", v)
            else
                lines[#lines + 1] = ("%s = %s\n"):format(name, tostring(v))
            end
        end
    end
    walk("", result)
    return table.concat(lines)
end

return plan
