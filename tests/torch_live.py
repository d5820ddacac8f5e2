#!/usr/bin/python3
"""Random layers through `tconv run`, `grad` and `init`, and through PyTorch.

    tests/torch_live.py --tool build/tconv [--count N] [--seed S]
                        [--dtype f32 --dtype bf16 ...]
                        [--engine generic --engine jit]

PyTorch computes in float64 from the same elements; a result of tconv may be
off by gamma(terms) * (|bias| + sum of |products|) per element, terms being the
length of that element's sum. Of 16 bits (where PyTorch 1.13 has no convolution,
or a poor one) it must be a number of that type between those bounds, each
rounded likewise; a bfloat16 Conv1d also gets near PyTorch's own. "tf32" is
float32 with precision="tf32": PyTorch gets operands rounded so. Complex layers
are held to PyTorch's own complex128 ones.

Integer layers ("i8", "u8") have sums that float64 holds exactly: they are
scaled, rounded and kept within their type as they should be, and every bit must
agree. "wi8" is float32 with weights of int8: PyTorch's float64 sums, scaled,
with the bound above. Where PyTorch has quantized operators, a uint8 layer also
gets near theirs: off by one at most, and how often is said at the end. (Of the
engines, "fbgemm" and "onednn" round as tconv does; "qnnpack" does not promise
to.) Weights are within -64..63 there, since fbgemm's sums of two products
saturate in 16 bits.

A third of the layers have Inf, NaN and -0.0 in their data; there PyTorch must
agree which elements are which (complex ones as four real convolutions, since
PyTorch's three subtract what may be Inf). A quarter of the float32 ones have
weights in float16 or bfloat16. PyTorch multiplies some data by zero: Conv1d's
weights where they meet padding, which are therefore finite here, and what
gradients are made of. Those are autograd's, for layers without such data. The
layer's first weights (`tconv init`) must be those of torch.manual_seed and the
constructor, bit for bit; with ATEN_CPU_CAPABILITY=default in the environment,
those of a processor without fused multiply-adds. Prints "skipped: no torch" and
exits with 77 where PyTorch is not installed.
"""

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import warnings

SKIP = 77
# What both operators are made of.
KEYS = ("in_channels", "out_channels", "kernel_size", "stride", "dilation",
        "groups", "bias")
DEBIANS = "/usr/bin/python3"

try:
    import numpy
    import torch
except ImportError:
    # Debian's python3-torch belongs to Debian's python3, which need not be the
    # first on the path.
    same = os.path.realpath(sys.executable) == os.path.realpath(DEBIANS)
    if not same and os.path.exists(DEBIANS) and "TCONV_NO_EXEC" not in os.environ:
        os.environ["TCONV_NO_EXEC"] = "1"
        os.execv(DEBIANS, [DEBIANS] + sys.argv)
    print("skipped: no torch")
    sys.exit(SKIP)


# What a layer is made of: PyTorch's type, and the relative error of each
# operation of its sums.
KINDS = {
    "f32": (torch.float32, 2.0**-24),
    "f64": (torch.float64, 2.0**-53),
    "f16": (torch.float16, 2.0**-24),
    "bf16": (torch.bfloat16, 2.0**-24),
    "tf32": (torch.float32, 2.0**-24),
    "c64": (torch.complex64, 2.0**-24),
    "c128": (torch.complex128, 2.0**-53),
    "i8": (torch.int8, 0),
    "u8": (torch.uint8, 0),
    "wi8": (torch.float32, 2.0**-24),
}
# As layers are drawn: half of them of the first two.
DRAWN = 3 * ["f32"] + 2 * ["f64"] + ["f16", "bf16", "tf32", "c64", "c128"]
DRAWN += ["i8", "u8", "wi8"]
INTEGERS = {"i8": (-128, 127), "u8": (0, 255)}


def output_length(a, length):
    """Without output_padding; of what has no output, less than 1."""
    reach = a["dilation"] * (a["kernel_size"] - 1)
    padding = a["begin"] + a["end"]
    if a["op"] == "Conv1d":
        return (length + padding - reach - 1) // a["stride"] + 1
    return (length - 1) * a["stride"] - padding + reach + 1


def weight_shape(a):
    """As PyTorch has it."""
    lead, other = a["in_channels"], a["out_channels"]
    if a["op"] == "Conv1d":
        lead, other = other, lead
    return lead, other // a["groups"], a["kernel_size"]


def layer_of(a, keys, **more):
    """PyTorch's layer, made of these parts."""
    make = getattr(torch.nn, a["op"])
    return make(**{key: a[key] for key in keys}, **more)


def draw(rng, kinds):
    """A legal layer and call, from all of PyTorch's space and our crop."""
    while True:
        op = rng.choice(["ConvTranspose1d", "ConvTranspose1d", "Conv1d"])
        groups = rng.choice([1, 1, 1, 2, 3, 4])
        a = {
            "op": op,
            "in_channels": groups * rng.randint(1, 5),
            "out_channels": groups * rng.randint(1, 5),
            "kernel_size": rng.choice([1, 2, 3, 4, 5, 7, 8, 10, 16, 20, 33]),
            "stride": rng.choice([1, 1, 2, 2, 3, 4, 5, 8, 10]),
            "dilation": rng.choice([1, 1, 1, 2, 3, 4, 6]),
            "groups": groups,
            "bias": rng.random() < 0.75,
            "kind": rng.choice(kinds),
            "scale": 0,
            "narrow": None,
            "begin": rng.choice([0, 0, rng.randint(0, 12)]),
            "output_padding": 0,
            "same": False,
        }
        a["end"] = a["begin"] if rng.random() < 0.7 else rng.randint(0, 12)
        if op == "Conv1d":
            if rng.random() < 0.25:
                reach = a["dilation"] * (a["kernel_size"] - 1)
                a.update(same=True, stride=1, begin=reach // 2,
                         end=reach - reach // 2)
        elif rng.random() < 0.35:
            a["output_padding"] = rng.randrange(max(a["stride"], a["dilation"]))
        batch = rng.choice([None, 1, 1, 2, 3])
        length = rng.choice([1, 2, 3, 5, 17, 32, rng.randint(1, 100)])
        least = output_length(a, length)
        if least + a["output_padding"] < 1:
            continue
        size = None
        if op != "Conv1d" and least > 0 and rng.random() < 0.2:
            # Replaces an output_padding, if there is one.
            size = least + rng.randrange(a["stride"])
        a["hostile"] = rng.random() < 0.35
        a["printed"] = rng.random() < 0.5
        a["y"] = a["kind"]
        if a["kind"] in INTEGERS:
            a["hostile"] = False
            a["y"] = rng.choice([a["kind"], "i8", "u8", "f32"])
        if a["kind"] == "f32" and rng.random() < 0.25:
            a["narrow"] = rng.choice(["f16", "bf16"])
        if a["kind"] == "f16":
            # Results without a leading 1, and such as round to Inf.
            a["scale"] = rng.choice([0, 0, 0, -5, -10, 7])
        a["options"] = []
        if rng.random() < 0.3:
            a["options"] += ["--threads", str(rng.choice([2, 3, 7]))]
        if rng.random() < 0.3:
            a["options"] += ["--chunk", str(rng.choice([1, 2, 5, 16]))]
        a["layout"], a["output_layout"] = rng.choice(
            [("ncl", "ncl"), ("ncl", "ncl"), ("nlc", "nlc"), ("nlc", "ncl"),
             ("ncl", "nlc")])
        return a, batch, length, size


def layouts(a):
    return a["layout"], a["output_layout"]


def placed(layout, signal):
    """A signal of PyTorch's layout, channels last where that is wanted."""
    if layout == "nlc":
        signal = numpy.ascontiguousarray(signal.swapaxes(-1, -2))
    return signal


def printed(a):
    """The layer as print(model) shows it; "" where PyTorch cannot say it."""
    uneven = a["begin"] != a["end"] and not a["same"]
    ours = a["kind"] != "f32" or a["narrow"] or "nlc" in layouts(a)
    if not a["printed"] or uneven or ours:
        return ""
    keys = KEYS + ("output_padding",) * (a["op"] != "Conv1d")
    layer = layer_of(a, keys, padding="same" if a["same"] else a["begin"])
    return str(torch.nn.Sequential(layer)).splitlines()[1]


def torch_name(kind, module=True):
    name = str(KINDS[kind][0])
    return name if module else name.split(".")[1]


def spelled(a):
    """The layer as one types it, or as PyTorch prints it."""
    text = printed(a)
    if text:
        return text
    text = "%s(%d, %d, %d" % (
        a["op"], a["in_channels"], a["out_channels"], a["kernel_size"])
    for key in ("stride", "dilation", "groups"):
        if a[key] != 1:
            text += ", %s=%d" % (key, a[key])
    if a["same"]:
        text += ", padding='same'"
    elif a["begin"] != a["end"]:
        text += ", padding=(%d, %d)" % (a["begin"], a["end"])
    elif a["begin"]:
        text += ", padding=%d" % a["begin"]
    if a["output_padding"]:
        text += ", output_padding=%d" % a["output_padding"]
    if not a["bias"]:
        text += ", bias=False"
    if a["kind"] == "tf32":
        text += ', precision="tf32"'
    elif a["kind"] == "wi8":
        text += ", weight_dtype=" + ("torch.int8" if a["printed"] else "'int8'")
    elif a["kind"] != "f32":
        text += (", dtype=%s" if a["printed"] else ', dtype="%s"') % (
            torch_name(a["kind"], a["printed"]))
    if a["y"] != a["kind"]:
        text += ', output_dtype="%s"' % torch_name(a["y"], False)
    if a["narrow"]:
        text += ", weight_dtype=" + torch_name(a["narrow"])
    if a["layout"] != "ncl":
        text += ", layout='nlc'"
    if a["output_layout"] != a["layout"]:
        text += ", output_layout='%s'" % a["output_layout"]
    return text + ")"


def convolve(a, x, weight, bias, size):
    """PyTorch's result. What PyTorch cannot say is cropped here."""
    even = a["begin"] == a["end"]
    if a["op"] == "Conv1d":
        if not even and not a["same"]:
            x = torch.nn.functional.pad(x, (a["begin"], a["end"]))
        return torch.nn.functional.conv1d(
            x, weight, bias, stride=a["stride"],
            padding="same" if a["same"] else a["begin"] if even else 0,
            dilation=a["dilation"], groups=a["groups"])
    extra = a["output_padding"]
    if size is not None:
        extra = size - output_length(a, x.shape[-1])
    y = torch.nn.functional.conv_transpose1d(
        x, weight, bias, stride=a["stride"],
        padding=a["begin"] if even else 0, output_padding=extra,
        groups=a["groups"], dilation=a["dilation"])
    return y if even else y[..., a["begin"]:y.shape[-1] - a["end"]]


def parts(a, x, weight, bias, size, sign):
    """A complex result's two parts: re*re + sign*im*im, and re*im + im*re."""
    re = convolve(a, x.real, weight.real, None, size)
    im = convolve(a, x.real, weight.imag, None, size)
    re = re + sign * convolve(a, x.imag, weight.imag, None, size)
    im = im + convolve(a, x.imag, weight.real, None, size)
    if bias is not None:
        re, im = re + bias.real[:, None], im + bias.imag[:, None]
    return re, im


def reference(a, x, weight, bias, size):
    """The result as it should be, in float64 or complex128."""
    if a["hostile"] and x.is_complex():
        return torch.complex(*parts(a, x, weight, bias, size, -1))
    return convolve(a, x, weight, bias, size)


def size_of(t):
    """What bounds each product that the element is a factor of."""
    if t is None:
        return None
    return t.real.abs() + t.imag.abs() if t.is_complex() else t.abs()


def ones_of(t):
    return None if t is None else torch.ones_like(size_of(t))


def error_bound(a, steps, magnitude):
    """Of sums of so many steps whose terms have that much in all."""
    kind = a["kind"]
    if kind in ("c64", "c128"):
        # Twice the terms; PyTorch has three sums, with sums as operands.
        steps = 2 * steps + 10
    # PyTorch's own float64 sum may be off as well.
    unit = KINDS[kind][1] + 2.0**-53
    return steps * unit / (1 - steps * unit) * magnitude


def tolerance(a, tensors, size):
    x, weight, _ = [ones_of(t) for t in tensors]
    terms = convolve(a, x, weight, None, size) + 1
    if a["hostile"] and tensors[0].is_complex():
        # Of each part by itself: the other one may be infinite.
        sizes = [None if t is None else torch.complex(t.real.abs(),
                                                      t.imag.abs())
                 for t in tensors]
        magnitude = torch.stack(parts(a, *sizes, size, 1), -1)
        return error_bound(a, terms.unsqueeze(-1), magnitude)
    magnitude = convolve(a, *[size_of(t) for t in tensors], size)
    return error_bound(a, terms, magnitude)


def rounded(kind, values):
    """Numbers of float64 or complex128, rounded to a kind's type."""
    return torch.from_numpy(values).to(KINDS[kind][0]).to(
        torch.complex128 if kind[0] == "c" else torch.float64).numpy()


def operand(kind, values):
    """What is multiplied."""
    if kind != "tf32":
        return values
    values = values.astype(numpy.float32)
    bits = values.view(numpy.uint32)
    # To the nearest, halves away from zero; a carry goes into the exponent.
    near = ((bits + 0x1000) & 0xffffe000).astype(numpy.uint32)
    return numpy.where(numpy.isfinite(values), near.view(numpy.float32),
                       values).astype(numpy.float64)


def tensor(rng, shape, a, kind=None, finite=False):
    """Elements of a kind's type, in float64 or complex128."""
    kind = kind or a["kind"]
    whole = numpy.zeros(shape, numpy.complex128 if kind[0] == "c"
                        else numpy.float64)
    for values in (whole.real, whole.imag)[:1 + (kind[0] == "c")]:
        values[...] = rng.uniform(-1, 1, shape) * 2.0**a["scale"]
        if a["hostile"] and not finite:
            which = rng.uniform(0, 1, shape)
            values[which < 0.1] = -0.0
            values[which < 0.03] = numpy.inf
            values[which < 0.02] = -numpy.inf
            values[which < 0.01] = numpy.nan
    return rounded(kind, whole)


def save(path, kind, values, void):
    """Writes elements of a kind's type. NumPy has no bfloat16: those are two
    bytes, or integers."""
    stored = torch.from_numpy(values).to(KINDS[kind][0])
    if kind == "bf16":
        bits = stored.view(torch.int16).numpy()
        numpy.save(path, bits.view("V2") if void else bits)
    else:
        numpy.save(path, stored.numpy())


def load(path, kind):
    """Reads what the tool wrote, as elements of PyTorch's type. None where the
    file is of another."""
    stored = numpy.load(path)
    if kind == "bf16":
        if stored.dtype != numpy.dtype("V2"):
            return None
        return torch.from_numpy(stored.view(numpy.int16)).view(torch.bfloat16)
    loaded = torch.from_numpy(stored)
    return loaded if loaded.dtype == KINDS[kind][0] else None


def run_tool(command, outputs):
    """None, or what is wrong."""
    for path in outputs:
        if os.path.exists(path):
            os.unlink(path)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return "exit code %d: %s" % (done.returncode, done.stderr.strip())
    return None


def run_one(tool, engine, folder, a, batch, length, size, seed):
    """None, or what is wrong."""
    rng = numpy.random.RandomState(seed)
    kind, narrow = a["kind"], a["narrow"] or a["kind"]
    lead = () if batch is None else (batch,)
    x = tensor(rng, lead + (a["in_channels"], length), a)
    weight = tensor(rng, weight_shape(a), a, narrow,
                    finite=a["op"] == "Conv1d")
    bias = tensor(rng, (a["out_channels"],), a) if a["bias"] else None
    paths = {key: os.path.join(folder, key + ".npy")
             for key in ("input", "weight", "bias", "output")}
    save(paths["input"], kind, placed(a["layout"], x), a["printed"])
    save(paths["weight"], narrow, weight, a["printed"])
    command = [tool, "run", spelled(a), "--input", paths["input"], "--weight",
               paths["weight"], "--output", paths["output"], "--engine", engine]
    command += a["options"]
    if bias is not None:
        save(paths["bias"], kind, bias, a["printed"])
        command += ["--bias", paths["bias"]]
    if size is not None:
        command += ["--output-size", str(size)]
    wrong = run_tool(command, [paths["output"]])
    if wrong:
        return wrong

    # conv_transpose1d of PyTorch 1.13 takes an unbatched input as well.
    wide = [None if v is None else torch.from_numpy(v)
            for v in (operand(kind, x), operand(kind, weight), bias)]
    wrong = compare(paths["output"], a, reference(a, *wide, size),
                    tolerance(a, wide, size), a["output_layout"])
    if wrong or kind != "bf16" or a["op"] != "Conv1d" or a["hostile"]:
        return wrong
    return compare_own(paths["output"], a, wide)


def compare(path, a, want, bound, layout="ncl"):
    """None, or what is wrong with the tensor in a file."""
    kind = a["kind"]
    got = load(path, kind)
    if got is None:
        return "not of type " + torch_name(kind)
    if layout == "nlc":
        got = got.transpose(-1, -2)
    if got.shape != want.shape:
        return "%s instead of %s" % (tuple(got.shape), tuple(want.shape))
    # Between the bounds as they would be stored: of 16 bits, rounded. A sum in
    # float32 that lies between them is rounded to what lies between these.
    if want.is_complex():
        got, want = torch.view_as_real(got), torch.view_as_real(want)
        if bound.dim() < want.dim():
            bound = bound.unsqueeze(-1)
        bound = bound.expand(want.shape)
    least, most = want - bound, want + bound
    if kind in ("f16", "bf16"):
        narrow = KINDS[kind][0]
        least, most = [t.float().to(narrow).double() for t in (least, most)]
    got = got.double()
    same = (got == want) | (got.isnan() & want.isnan())
    right = same | (want.isfinite() & (least <= got) & (got <= most))
    if not right.all():
        at = tuple((~right).nonzero()[0].tolist())
        return "element %s is %g instead of %g, bound %g" % (
            at, got[at], want[at], bound[at])
    return None


def compare_own(path, a, tensors):
    """A bfloat16 Conv1d beside PyTorch's. By processor and version, that may
    have its sums in bfloat16."""
    own = [None if t is None else t.bfloat16() for t in tensors]
    try:
        want = convolve(a, *own, None).double()
    except RuntimeError: # a PyTorch without it
        return None
    magnitude = convolve(a, *[size_of(t) for t in tensors], None)
    x, weight, _ = [ones_of(t) for t in tensors]
    terms = convolve(a, x, weight, None, None) + 2
    return compare(path, a, want, terms * 2.0**-8 * magnitude,
                   a["output_layout"])


def quantized_data(rng, a, lead, length):
    """x, weight, bias and scale of a layer with weights of int8, and the zero
    points of x and y."""
    kind, outputs = a["kind"], a["out_channels"]
    weight = rng.randint(-128, 128, weight_shape(a)).astype(numpy.int8)
    terms = a["in_channels"] // a["groups"] * a["kernel_size"]
    scale = rng.uniform(-2, 2, outputs) / (64 * terms**0.5)
    if kind == "wi8":
        x = tensor(rng, lead + (a["in_channels"], length), a)
        bias = tensor(rng, (outputs,), a, "f32")
        return (x.astype(numpy.float32), weight, bias.astype(numpy.float32),
                scale.astype(numpy.float32), (0, 0))
    least, most = INTEGERS[kind]
    x = rng.randint(least, most + 1, lead + (a["in_channels"], length))
    bias = rng.randint(-20000, 20000, outputs).astype(numpy.int32)
    scale = numpy.where(rng.uniform(0, 1, outputs) < 0.2, 0.5, scale / 32)
    zeros = []
    for at in (kind, a["y"]):
        least, most = INTEGERS.get(at, (0, 0))
        zeros.append(int(rng.choice([least, most,
                                     rng.randint(least, most + 1)])))
    return (x.astype(torch_name(kind, False)), weight, bias,
            scale.astype(numpy.float32), tuple(zeros))


def column(values, signal):
    """One for each channel, as a factor of a signal."""
    return torch.from_numpy(values).to(signal.dtype)[:, None]


def requantized(a, sums, scale, zero):
    """Exact sums as y has them."""
    value = sums.float() * column(scale, sums.float())
    if a["y"] == "f32":
        return value
    least, most = INTEGERS[a["y"]]
    return torch.round(value.clamp(least - zero, most - zero)) + zero


def run_quantized(tool, engine, folder, a, batch, length, size, seed):
    """None, or what is wrong."""
    rng = numpy.random.RandomState(seed)
    lead = () if batch is None else (batch,)
    x, weight, bias, scale, zeros = quantized_data(rng, a, lead, length)
    paths = {key: os.path.join(folder, key + ".npy")
             for key in ("input", "weight", "bias", "scale", "output")}
    numpy.save(paths["input"], placed(a["layout"], x))
    numpy.save(paths["weight"], weight)
    numpy.save(paths["bias"], bias)
    numpy.save(paths["scale"], scale)
    command = [tool, "run", spelled(a), "--engine", engine] + a["options"]
    for key in ("input", "weight", "scale", "output"):
        command += ["--" + key, paths[key]]
    if a["bias"]:
        command += ["--bias", paths["bias"]]
    if a["kind"] != "wi8":
        command += ["--x-zero-point", str(zeros[0])]
        command += ["--y-zero-point", str(zeros[1])]
    if size is not None:
        command += ["--output-size", str(size)]
    wrong = run_tool(command, [paths["output"]])
    if wrong:
        return wrong

    wide = torch.from_numpy(x.astype(numpy.float64)) - zeros[0]
    w = torch.from_numpy(weight.astype(numpy.float64))
    sums = convolve(a, wide, w, None, size)
    if a["kind"] == "wi8":
        if not a["bias"]:
            bias = numpy.zeros_like(bias)
        want = sums * column(scale, sums) + column(bias, sums)
        terms = convolve(a, ones_of(wide), ones_of(w), None, size) + 2
        magnitude = (convolve(a, wide.abs(), w.abs(), None, size) *
                     column(scale, sums).abs() + column(bias, sums).abs())
        return compare(paths["output"], a, want,
                       error_bound(a, terms, magnitude), a["output_layout"])
    if a["bias"]:
        sums = sums + column(bias, sums)
    want = requantized(a, sums, scale, zeros[1])
    return compare(paths["output"], dict(a, kind=a["y"]), want.double(),
                   torch.zeros(()).expand(want.shape), a["output_layout"])


# Elements that were held to PyTorch's quantized operators, those that differ,
# and layers that PyTorch does not take.
own_counts = {"elements": 0, "differ": 0, "refused": 0}


def own_quantized(a, x, weight, bias, scales, zeros, extra):
    """PyTorch's own result, or None where it has no such operator."""
    x_scale, w_scale, y_scale = scales
    # pylint: disable=protected-access
    qx = torch._make_per_tensor_quantized_tensor(
        torch.from_numpy(x), x_scale, zeros[0])
    qw = torch._make_per_tensor_quantized_tensor(
        torch.from_numpy(weight), w_scale, 0)
    real = None
    if a["bias"]:
        real = torch.from_numpy(bias).float() * (x_scale * w_scale)
    stride, padding = [a["stride"]], [a["begin"]]
    dilation, groups = [a["dilation"]], a["groups"]
    ops = torch.ops.quantized
    try:
        if a["op"] == "Conv1d":
            packed = ops.conv1d_prepack(qw, real, stride, padding, dilation,
                                        groups)
            y = ops.conv1d(qx, packed, y_scale, zeros[1])
        else:
            packed = ops.conv_transpose1d_prepack(
                qw, real, stride, padding, [extra], dilation, groups)
            y = ops.conv_transpose1d(qx, packed, y_scale, zeros[1])
    except (RuntimeError, NotImplementedError):
        return None
    return y.int_repr()


def near_own(tool, folder, a, batch, length, seed):
    """A uint8 layer beside PyTorch's own: None, or what is wrong."""
    rng = numpy.random.RandomState(seed)
    a = dict(a, y="u8", layout="ncl", output_layout="ncl", printed=False)
    x = rng.randint(0, 256, (batch or 1, a["in_channels"], length))
    x = x.astype(numpy.uint8)
    weight = rng.randint(-64, 64, weight_shape(a)).astype(numpy.int8)
    bias = rng.randint(-20000, 20000, a["out_channels"]).astype(numpy.int32)
    terms = a["in_channels"] // a["groups"] * a["kernel_size"]
    # Powers of two, so that the bias comes through PyTorch as it is.
    scales = (2.0**-7, 2.0**-6,
              float(numpy.float32(terms**0.5 * rng.uniform(0.3, 3))))
    zeros = (int(rng.randint(0, 256)), int(rng.randint(0, 256)))
    own = own_quantized(a, x, weight, bias, scales, zeros,
                        a["output_padding"])
    if own is None:
        own_counts["refused"] += 1
        return None
    scale = numpy.full(a["out_channels"], scales[0] * scales[1],
                       numpy.float32) / numpy.float32(scales[2])
    command = [tool, "run", spelled(a), "--engine", "jit", "--x-zero-point",
               str(zeros[0]), "--y-zero-point", str(zeros[1])]
    for key, values in (("input", x), ("weight", weight), ("scale", scale),
                        ("bias", bias)):
        path = os.path.join(folder, key + ".npy")
        numpy.save(path, values)
        if key != "bias" or a["bias"]:
            command += ["--" + key, path]
    path = os.path.join(folder, "output.npy")
    wrong = run_tool(command + ["--output", path], [path])
    if wrong:
        return wrong
    got = torch.from_numpy(numpy.load(path))
    if got.shape != own.shape:
        return "own: %s instead of %s" % (tuple(got.shape), tuple(own.shape))
    far = (got.int() - own.int()).abs()
    own_counts["elements"] += far.numel()
    own_counts["differ"] += int((far > 0).sum())
    if far.numel() and far.max() > 1:
        return "PyTorch's own is %d off" % far.max()
    return None


def gradients(a, tensors, size, grad_output):
    """Those of x, weight and bias, by autograd."""
    leaves = [None if t is None else t.detach().requires_grad_()
              for t in tensors]
    convolve(a, *leaves, size).backward(grad_output)
    return [None if t is None else t.grad for t in leaves]


def grad_one(tool, engine, folder, a, batch, length, size, seed):
    """None, or what is wrong."""
    rng = numpy.random.RandomState(seed)
    kind, narrow = a["kind"], a["narrow"] or a["kind"]
    lead = () if batch is None else (batch,)
    x = tensor(rng, lead + (a["in_channels"], length), a)
    weight = tensor(rng, weight_shape(a), a, narrow)
    bias = tensor(rng, (a["out_channels"],), a) if a["bias"] else None
    wide = [None if t is None else torch.from_numpy(t)
            for t in (operand(kind, x), operand(kind, weight), bias)]
    shape = tuple(convolve(a, *wide, size).shape)
    grad_output = tensor(rng, shape, a)
    paths = {key: os.path.join(folder, key + ".npy")
             for key in ("input", "weight", "grad-output")}
    save(paths["input"], kind, placed(a["layout"], x), a["printed"])
    save(paths["weight"], narrow, weight, a["printed"])
    save(paths["grad-output"], kind, placed(a["output_layout"], grad_output),
         a["printed"])
    # Narrow weights have no gradient.
    wanted = (["grad-input"] + ["grad-weight"] * (not a["narrow"]) +
              ["grad-bias"] * a["bias"])
    command = [tool, "grad", spelled(a), "--engine", engine]
    for key in wanted:
        paths[key] = os.path.join(folder, key + ".npy")
    for key, path in paths.items():
        command += ["--" + key, path]
    if size is not None:
        command += ["--output-size", str(size)]
    wrong = run_tool(command, [paths[key] for key in wanted])
    if wrong:
        return wrong

    given = torch.from_numpy(operand(kind, grad_output))
    want = gradients(a, wide, size, given)
    if a["bias"]:
        # Added, not multiplied: TF32 does not round it.
        plain = torch.from_numpy(grad_output).reshape((-1,) + shape[-2:])
        want[2] = plain.sum((0, 2))
    magnitude = gradients(a, [size_of(t) for t in wide], size, size_of(given))
    terms = gradients(a, [ones_of(t) for t in wide], size, ones_of(given))
    # Adding up blocks of 256 positions rounds, too.
    blocks = (batch or 1) * (given.shape[-1] // 256 + 1)
    keys = ("grad-input", "grad-weight", "grad-bias")
    for key, right, whole, count in zip(keys, want, magnitude, terms):
        if key not in wanted:
            continue
        wrong = compare(paths[key], a, right,
                        error_bound(a, count + 1 + blocks, whole),
                        a["layout"] if key == "grad-input" else "ncl")
        if wrong:
            return key + ": " + wrong
    return None


def rounding():
    """The --isa that rounds as PyTorch's code for this processor does."""
    said = torch.__config__.show()
    fused = platform.machine() not in ("x86_64", "AMD64") or any(
        "CPU capability usage: " + name in said for name in ("AVX2", "AVX512"))
    return "native" if fused else "sse2"


def octets_of(t):
    return (t.view(torch.int16) if t.dtype == torch.bfloat16 else
            t).numpy().tobytes()


def init_one(tool, folder, a, seed):
    """None, or what is wrong with the layer's first weights."""
    rng = random.Random(seed)
    start = rng.choice([seed, 2**31 + seed, 2**32 + seed, 2**63 - 1,
                        rng.getrandbits(63)])
    torch.manual_seed(start)
    kind = a["kind"]
    layer = layer_of(a, KEYS, dtype=KINDS[kind][0])
    command = [tool, "init", spelled(a), "--seed", str(start), "--isa",
               rounding()]
    paths = {}
    for name, _ in layer.named_parameters():
        paths[name] = os.path.join(folder, "init_" + name + ".npy")
        command += ["--" + name, paths[name]]
    wrong = run_tool(command, paths.values())
    if wrong:
        return wrong
    for name, want in layer.named_parameters():
        got = load(paths[name], kind)
        if got is None:
            return "%s is not of type %s" % (name, torch_name(kind))
        if got.shape != want.shape:
            return "%s is %s instead of %s" % (name, tuple(got.shape),
                                               tuple(want.shape))
        if octets_of(got) != octets_of(want.detach()):
            return "%s of torch.manual_seed(%d) differs in %d elements" % (
                name, start, (got != want).sum())
    return None


def check_layer(tool, engines, kinds, folder, seed):
    """One random layer through all: yields what was called and what is wrong,
    None where nothing is."""
    a, batch, length, size = draw(random.Random(seed), kinds)
    plain = dict(a, narrow=None)
    quantized = a["kind"] in INTEGERS or a["kind"] == "wi8"
    call = "%s batch=%s length=%d output_size=%s" % (spelled(a), batch, length,
                                                     size)
    if quantized:
        for engine in engines:
            options = " ".join(["--engine", engine] + a["options"])
            yield "run %s %s" % (call, options), run_quantized(
                tool, engine, folder, a, batch, length, size, seed)
        if (a["kind"] == "u8" and a["begin"] == a["end"] and not a["same"] and
                size is None):
            yield "own " + call, near_own(tool, folder, a, batch, length, seed)
        return
    yield "init " + spelled(plain), init_one(tool, folder, plain, seed)
    for engine in engines:
        options = " ".join(["--engine", engine] + a["options"])
        yield "run %s %s" % (call, options), run_one(
            tool, engine, folder, a, batch, length, size, seed)
        if not a["hostile"]:
            yield "grad %s --engine %s" % (call, engine), grad_one(
                tool, engine, folder, a, batch, length, size, seed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dtype", action="append", choices=list(KINDS))
    parser.add_argument("--engine", action="append")
    parser.add_argument("--own-engine", help="of PyTorch's quantized operators",
                        choices=torch.backends.quantized.supported_engines)
    arguments = parser.parse_args()
    if arguments.own_engine:
        torch.backends.quantized.engine = arguments.own_engine
    engines = arguments.engine or ["generic", "jit"]
    kinds = arguments.dtype or DRAWN
    again = "".join(" --dtype " + kind for kind in arguments.dtype or [])
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Using padding='same'")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            for what, wrong in check_layer(arguments.tool, engines, kinds,
                                           folder, seed):
                if wrong is None:
                    continue
                failures += 1
                print("%s: %s" % (what, wrong))
                print("  again: %s --tool %s --count 1 --seed %d%s" %
                      (sys.argv[0], arguments.tool, seed, again))
    if own_counts["elements"] or own_counts["refused"]:
        print("PyTorch's quantized operators (%s): %d of %d elements differ, "
              "by one; %d layers are not for them" %
              (torch.backends.quantized.engine, own_counts["differ"],
               own_counts["elements"], own_counts["refused"]))
    print("%d layers, %s, engines %s, seed %d: %d failures" %
          (arguments.count, ", ".join(arguments.dtype or ["all dtypes"]),
           ", ".join(engines), arguments.seed, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
