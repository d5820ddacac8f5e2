-- A layer in PyTorch's notation, as one types it or as print(model) shows it,
-- from text to a table of arguments. What the arguments may be is the C side's
-- business (table.c, spec.c).
--
--   ConvTranspose1d(512, 256, 16, stride=8, padding=4)
--   (0): ConvTranspose1d(512, 256, kernel_size=(16,), stride=(8,))
--   self.up = torch.nn.ConvTranspose1d(1, 1, 3, dtype=torch.float64)

local read = {}

-- The order of the parameters in torch.nn.
local orders = {
    ConvTranspose1d = {
        "in_channels", "out_channels", "kernel_size", "stride", "padding",
        "output_padding", "groups", "bias", "dilation", "padding_mode",
        "device", "dtype",
    },
    Conv1d = {
        "in_channels", "out_channels", "kernel_size", "stride", "padding",
        "dilation", "groups", "bias", "padding_mode", "device", "dtype",
    },
}

-- What an operator takes by name.
local known = {}
for op, order in pairs(orders) do
    known[op] = {length = true, layout = true, output_layout = true,
        pass = true, weight_dtype = true, precision = true,
        output_dtype = true}
    for _, name in ipairs(order) do
        known[op][name] = true
    end
end

local names = {
    ["torch.float32"] = "float32", ["torch.float"] = "float32",
    ["torch.float64"] = "float64", ["torch.double"] = "float64",
    ["torch.float16"] = "float16", ["torch.half"] = "float16",
    ["torch.bfloat16"] = "bfloat16",
    ["torch.int8"] = "int8", ["torch.qint8"] = "int8",
    ["torch.uint8"] = "uint8", ["torch.quint8"] = "uint8",
    ["torch.complex64"] = "complex64", ["torch.cfloat"] = "complex64",
    ["torch.complex128"] = "complex128", ["torch.cdouble"] = "complex128",
    float32 = "float32", float64 = "float64", zeros = "zeros",
    True = true, False = false,
}

local function fail(format, ...)
    error(format:format(...), 0)
end

-- Where something is wrong, for a message.
local function near(text, at)
    return at > #text and "the end" or ('"%s"'):format(text:sub(at, at + 20))
end

-- One value from text[at] on: a number, a word, a quoted string or a tuple.
-- Returns it and where the text goes on. A tuple is a list.
local function read_value(text, at, field)
    local from, to, match = text:find("^%s*([+-]?%d[%d_]*)", at)
    if from and not text:find("^[%w.]", to + 1) then
        local digits = match:gsub("_", "")
        local number = #digits <= 19 and math.tointeger(tonumber(digits))
        if not number then
            fail("%s=%s: must be an integer of at most 18 digits", field,
                match:sub(1, 40))
        end
        return number, to + 1
    end
    from, to = text:find("^%s*[%(%[]", at)
    if from then
        local list = {}
        local close = text:sub(to, to) == "(" and ")" or "]"
        at = to + 1
        while true do
            from, to = text:find("^%s*%" .. close, at)
            if from then
                return list, to + 1
            end
            if #list == 2 then
                fail("%s: a tuple of more than two numbers", field)
            end
            local element
            element, at = read_value(text, at, field)
            if math.type(element) ~= "integer" then
                fail("%s: a tuple holds integers", field)
            end
            list[#list + 1] = element
            from, to = text:find("^%s*,", at)
            if from then
                at = to + 1
            elseif not text:find("^%s*%" .. close, at) then
                fail('%s: "," or "%s" must follow near %s', field, close,
                    near(text, at))
            end
        end
    end
    from, to, match = text:find("^%s*'([^']*)'", at)
    if not from then
        from, to, match = text:find('^%s*"([^"]*)"', at)
    end
    if from then
        return match, to + 1
    end
    from, to, match = text:find("^%s*([%w_.+-]+)", at)
    if not from then
        fail("%s: a value must stand near %s", field, near(text, at))
    end
    if names[match] ~= nil then
        return names[match], to + 1
    end
    return tonumber(match) or match, to + 1
end

-- print(model) shows integers as tuples of one. padding may have two.
local function plain(field, value)
    if type(value) ~= "table" or field == "padding" and #value == 2 then
        return value
    end
    if #value ~= 1 then
        fail("%s: a tuple of %d, must have one number", field, #value)
    end
    return value[1]
end

-- True if the text means to be PyTorch's notation.
function read.is_notation(text)
    return text:find("ConvTranspose1d%s*%(") ~= nil
        or text:find("Conv1d%s*%(") ~= nil
end

-- Text to an operator and a table of arguments, which has a layer's name where
-- print(model) gives one.
function read.notation(text)
    local from, at, name = text:find("^%s*%(([%w_.]+)%):%s*")
    if not from then
        from, at = text:find("^%s*[%a_][%w_.]*%s*=%s*")
    end
    at = (at or 0) + 1
    local op = text:match("^%s*([%w_.]+)%s*%(", at)
    op = op and (op:match("^[%a_][%w_.]*%.(%w+)$") or op)
    local order = orders[op]
    if not order then
        fail('"%s": must read ConvTranspose1d(in_channels, out_channels, '
            .. "kernel_size, ...) or Conv1d(...)", text:sub(1, 60))
    end
    at = text:find("(", at, true) + 1
    local arguments, position, by_name = {}, 0, false
    while not text:find("^%s*%)", at) do
        local field
        local f, t, key = text:find("^%s*([%a_][%w_]*)%s*=", at)
        if f then
            field, at, by_name = key, t + 1, true
        else
            position = position + 1
            field = order[position]
            if by_name then
                fail("positional arguments come before named ones, near %s",
                    near(text, at))
            elseif not field then
                fail("argument %d: %s has %d by position", position, op,
                    #order)
            end
        end
        if not known[op][field] then
            fail('"%s": %s has no such argument', field:sub(1, 40), op)
        end
        if arguments[field] ~= nil then
            fail("%s: is given twice", field)
        end
        local value
        value, at = read_value(text, at, field)
        arguments[field] = plain(field, value)
        f, t = text:find("^%s*,", at)
        if f then
            at = t + 1
        elseif not text:find("^%s*%)", at) then
            fail('"," or ")" must follow near %s', near(text, at))
        end
    end
    if not text:find("^%s*%)%s*,?%s*$", at) then
        fail("unexpected text near %s", near(text, at))
    end
    arguments.device = nil
    arguments.name = name
    if arguments.dtype == "None" then
        arguments.dtype = nil
    end
    return op, arguments
end

return read
