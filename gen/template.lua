-- Templates: text in which a line that begins with `$` (but not with `${`) is a
-- line of Lua and ${expression} is replaced by its value. One line of template
-- is one line of Lua, so that an error names the template's own line. See
-- templates/README.md.

local template = {}

local function value(v)
    if math.type(v) == "integer" or type(v) == "string" then
        return v
    end
    error("${...} gave " .. tostring(v) .. ", not a string or an integer", 2)
end

-- One line of text as a statement that puts it out.
local function text_line(line)
    local parts, at = {}, 1
    while true do
        local from = line:find("${", at, true)
        if not from then
            break
        end
        local to = line:find("}", from, true)
        if not to then
            -- Lua's own message, which knows file and line.
            return line:sub(from)
        end
        parts[#parts + 1] = ("%q"):format(line:sub(at, from - 1))
        parts[#parts + 1] = "__value(" .. line:sub(from + 2, to - 1) .. ")"
        at = to + 1
    end
    parts[#parts + 1] = ("%q"):format(line:sub(at) .. "\n"):gsub("\\\n", "\\n")
    return "__out[#__out + 1] = " .. table.concat(parts, " .. ")
end

local function compile(name, text)
    local lines = {}
    if text:find("[^\n]$") then
        text = text .. "\n"
    end
    for line in text:gmatch("([^\n]*)\n") do
        local control = line:find("^%$") and not line:find("^%${")
        lines[#lines + 1] = control and line:sub(2) or text_line(line)
    end
    -- The values come as the chunk's environment.
    local head = "local _ENV, __out, __value = ...; "
    return assert(load(head .. table.concat(lines, "\n"),
        "@" .. name, "t"))
end

local compiled = {}

-- Appends the template's text to the list `out`. A name that `values` lacks is
-- an error. Templates see the values, ipairs, and render(name, values) for a
-- template within, whose values are laid over those of the outer one (unless
-- they have a metatable of their own).
function template.render(out, name, values)
    local run = compiled[name]
    if not run then
        run = compile(name, template.load(name))
        compiled[name] = run
    end
    local env = setmetatable({ipairs = ipairs}, {__index = function(_, key)
        local v = values[key]
        if v == nil then
            error("undefined name '" .. tostring(key) .. "'", 2)
        end
        return v
    end})
    function env.render(inner, inner_values)
        if not getmetatable(inner_values) then
            setmetatable(inner_values, {__index = values})
        end
        template.render(out, inner, inner_values)
    end
    run(env, out, value)
end

-- Text of a template file; the host sets this.
template.load = nil

return template
