-- From checked specs to what templates see of a layer, and the words for it.

local view_layer = {}

-- The layer in PyTorch's notation, defaults left out, as lines of a comment.
local function notation(spec)
    local parts = {spec.in_channels, spec.out_channels, spec.kernel_size}
    local function add(field, value, default)
        if value ~= default then
            parts[#parts + 1] = field .. "=" .. value
        end
    end
    add("stride", spec.stride, 1)
    if spec.padding_begin == spec.padding_end then
        add("padding", spec.padding_begin, 0)
    else
        add("padding", ("(%d, %d)"):format(spec.padding_begin,
            spec.padding_end))
    end
    add("output_padding", spec.output_padding, 0)
    add("groups", spec.groups, 1)
    add("bias", spec.bias == 1 and "True" or "False", "True")
    add("dilation", spec.dilation, 1)
    add("dtype", '"' .. spec.torch_dtype .. '"', '"float32"')
    add("weight_dtype", '"' .. spec.torch_weight_dtype .. '"',
        '"' .. spec.torch_dtype .. '"')
    add("output_dtype", '"' .. spec.torch_output_dtype .. '"',
        '"' .. spec.torch_dtype .. '"')
    add("precision", '"' .. spec.precision .. '"', '"full"')
    add("layout", '"' .. spec.layout .. '"', '"ncl"')
    add("output_layout", '"' .. spec.output_layout .. '"',
        '"' .. spec.layout .. '"')
    add("length", spec.length, 0)
    add("pass", '"' .. spec.pass .. '"', '"forward"')
    local lines = {spec.op .. "("}
    for i, part in ipairs(parts) do
        part = part .. (i < #parts and "," or ")")
        if #lines[#lines] + #part > 72 then
            lines[#lines + 1] = "   "
        end
        lines[#lines] = lines[#lines]
            .. (lines[#lines]:sub(-1) == "(" and "" or " ") .. part
    end
    return lines
end

-- Types of elements, for people.
local types = {f32 = "float", f64 = "double", f16 = "float16",
    bf16 = "bfloat16", c64 = "float complex", c128 = "double complex",
    i8 = "int8_t", u8 = "uint8_t"}

-- What the kernel reads and writes, and their shapes.
local function shapes(spec)
    local x = ("(batch, %d, length)"):format(spec.in_channels)
    local y = ("(batch, %d, output length)"):format(spec.out_channels)
    local weight = ("(%d, %d, %d)"):format(spec.weight_rows,
        spec.weight_columns, spec.kernel_size)
    local list
    if spec.pass == "grad_input" then
        list = {{"x", "grad_output " .. y}, {"weight", weight},
            {"y", "grad_input  " .. x}}
    else
        list = {{"x", x}, {"weight", weight}, {"y", y}}
        if spec.pass == "grad_weight" then
            list = {{"x", x}, {"packed", "grad_output " .. y},
                {"y", "grad_weight " .. weight}}
        end
        if spec.has_bias then
            table.insert(list, 3, {"bias", ("(%d)"):format(spec.out_channels)})
        end
    end
    local lines = {}
    for i, item in ipairs(list) do
        lines[i] = ("  %-7s %s%s"):format(item[1], item[2],
            i < #list and "" or ", all " .. (types[spec.dtype])
                .. ", in C order")
    end
    return lines
end

-- What becomes of elements that are not as in sums.
local function add_conversion(lines, spec)
    if spec.sum_dtype == "i32" then
        lines[1] = "Sums are of integers, and exact modulo 2^32: see "
            .. "struct tconv_quantization."
        lines[2] = "Weights are int8_t, the bias is int32_t, y "
            .. types[spec.output_dtype] .. "."
    elseif spec.parts > 1 and spec.pass == "grad_weight" then
        lines[#lines + 1] = "Complex: conj(x)*grad_output, in sums of real "
            .. "products: re*re plus"
        lines[#lines + 1] = "im*im, and re*im less im*re."
    elseif spec.parts > 1 then
        lines[#lines + 1] = "Complex: a channel's real part and then its "
            .. "imaginary one are channels"
        lines[#lines + 1] = "of their own" .. (spec.pass == "grad_input"
            and ", and weights are conjugate." or ".")
    elseif spec.precision == "tf32" then
        lines[#lines + 1] = "Operands are rounded to TF32, ties away from zero."
    elseif spec.dtype ~= spec.sum_dtype then
        lines[#lines + 1] = "Sums are floats, and rounded once, ties to even."
    end
    return lines
end

-- How its sums go.
local function sum_lines(spec)
    if spec.pass == "grad_weight" then
        return add_conversion({
            "Each sum starts at +0 and goes over batch items, then positions",
            "of " .. (spec.op == "Conv1d" and "y" or "x")
                .. ", both ascending, in blocks of 256 positions that are each",
            "summed from +0, acc = fma(a, b, acc), and then added. A product",
            "with a tap outside the signal is left out.",
        }, spec)
    end
    local summed = spec.pass == "grad_input" and "output" or "input"
    return add_conversion({
        ("Each sum starts at %s; then, for %s channels ascending and for")
            :format(spec.has_bias and "bias[o]" or "+0", summed),
        "taps ascending, acc = fma(w, x, acc). A tap outside the " .. summed
            .. " is left out.",
    }, spec)
end

-- What every template sees of a layer.
function view_layer.values(spec)
    return {
        op = spec.op,
        pass = spec.pass,
        shape_lines = shapes(spec),
        sum_lines = sum_lines(spec),
        writes = spec.writes,
        counted = spec.op == "Conv1d" and "output" or "input",
        version = tconv.version,
        name = spec.name,
        notation_lines = notation(spec),
        dtype = spec.dtype,
        layout = spec.layout,
        output_layout = spec.output_layout,
        weight_dtype = spec.weight_dtype,
        output_dtype = spec.output_dtype,
        ctype = ({f32 = "float", f64 = "double", i32 = "int32_t"})[
            spec.sum_dtype],
        in_channels = spec.in_channels,
        out_channels = spec.out_channels,
        groups = spec.groups,
        kernel_size = spec.kernel_size,
        stride = spec.stride,
        outs = spec.writes // spec.groups,
        has_bias = spec.has_bias,
        fixed_length = spec.length,
        call_length = spec.length > 0 and spec.length or "args->length",
        fixed_output_length = spec.output_length,
        least_length = spec.least_length,
        most_length = spec.most_length,
        output_sign = spec.output_constant < 0 and "-" or "+",
        output_distance = math.abs(spec.output_constant),
        weight_bytes = spec.weight_bytes,
        macs_per_input = spec.weight_elements,
    }
end

return view_layer
