#!/usr/bin/python3
"""Random layers through `tconv run`, `grad` and `init`, and through PyTorch.

    tests/torch_live.py --tool build/tconv [--count N] [--seed S]
                        [--engine generic --engine jit]

PyTorch computes in float64 from the same elements; a result of tconv may be
off by gamma(terms) * (|bias| + sum of |products|) per element, terms being the
length of that element's sum. A third of the layers have Inf, NaN and -0.0 in
their data; there PyTorch must agree which elements are which. A quarter of the
float32 ones have weights in float16 or bfloat16. PyTorch multiplies some data by zero: Conv1d's weights where they meet padding, which are therefore
finite here, and what gradients are made of. Those are autograd's, for layers
without such data. The layer's first weights (`tconv init`) must be those of
torch.manual_seed and the constructor, bit for bit; with
ATEN_CPU_CAPABILITY=default in the environment, those of a processor without
fused multiply-adds. Prints "skipped: no torch" and exits with 77 where PyTorch
is not installed.
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


def draw(rng):
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
            "float64": rng.random() < 0.3,
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
        if not a["float64"] and rng.random() < 0.25:
            a["narrow"] = rng.choice(["float16", "bfloat16"])
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
    ours = a["float64"] or a["narrow"] or "nlc" in layouts(a)
    if not a["printed"] or uneven or ours:
        return ""
    keys = KEYS + ("output_padding",) * (a["op"] != "Conv1d")
    layer = layer_of(a, keys, padding="same" if a["same"] else a["begin"])
    return str(torch.nn.Sequential(layer)).splitlines()[1]


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
    if a["float64"]:
        text += ', dtype="float64"'
    if a["narrow"]:
        text += ", weight_dtype=torch." + a["narrow"]
    if a["layout"] != "ncl":
        text += ", layout='nlc'"
    if a["output_layout"] != a["layout"]:
        text += ", output_layout='%s'" % a["output_layout"]
    return text + ")"


def convolve(a, x, weight, bias, size):
    """PyTorch's result in float64. What PyTorch cannot say is cropped here."""
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


def tolerance(a, x, weight, bias, size):
    magnitude = convolve(a, x.abs(), weight.abs(),
                         None if bias is None else bias.abs(), size)
    ones = torch.ones_like
    terms = convolve(a, ones(x), ones(weight), None, size) + 1
    # PyTorch's own float64 sum may be off as well.
    unit = (2.0**-53 if a["float64"] else 2.0**-24) + 2.0**-53
    return terms * unit / (1 - terms * unit) * magnitude


def tensor(rng, shape, a, finite=False):
    dtype = numpy.float64 if a["float64"] else numpy.float32
    values = rng.uniform(-1, 1, shape)
    if a["hostile"] and not finite:
        which = rng.uniform(0, 1, shape)
        values[which < 0.1] = -0.0
        values[which < 0.03] = numpy.inf
        values[which < 0.02] = -numpy.inf
        values[which < 0.01] = numpy.nan
    return values.astype(dtype)


def narrowed(a, weight):
    """The weight as a file has it, and the float32 that it then is."""
    if a["narrow"] == "float16":
        weight = weight.astype(numpy.float16)
        return weight, weight.astype(numpy.float32)
    if a["narrow"] == "bfloat16":
        narrow = torch.from_numpy(weight).bfloat16()
        bits = narrow.view(torch.int16).numpy()
        if a["printed"]:
            bits = bits.view("V2")
        return bits, narrow.float().numpy()
    return weight, weight


def run_one(tool, engine, folder, a, batch, length, size, seed):
    """None, or what is wrong."""
    rng = numpy.random.RandomState(seed)
    lead = () if batch is None else (batch,)
    x = tensor(rng, lead + (a["in_channels"], length), a)
    stored, weight = narrowed(
        a, tensor(rng, weight_shape(a), a, finite=a["op"] == "Conv1d"))
    bias = tensor(rng, (a["out_channels"],), a) if a["bias"] else None
    paths = {key: os.path.join(folder, key + ".npy")
             for key in ("input", "weight", "bias", "output")}
    numpy.save(paths["input"], placed(a["layout"], x))
    numpy.save(paths["weight"], stored)
    command = [tool, "run", spelled(a), "--input", paths["input"], "--weight",
               paths["weight"], "--output", paths["output"], "--engine", engine]
    command += a["options"]
    if bias is not None:
        numpy.save(paths["bias"], bias)
        command += ["--bias", paths["bias"]]
    if size is not None:
        command += ["--output-size", str(size)]
    if os.path.exists(paths["output"]):
        os.unlink(paths["output"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return "exit code %d: %s" % (done.returncode, done.stderr.strip())

    # conv_transpose1d of PyTorch 1.13 takes an unbatched input as well.
    wide = [None if v is None else torch.from_numpy(v.astype(numpy.float64))
            for v in (x, weight, bias)]
    return compare(paths["output"], a, convolve(a, *wide, size),
                   tolerance(a, *wide, size), a["output_layout"])


def compare(path, a, want, bound, layout="ncl"):
    """None, or what is wrong with the tensor in a file."""
    got = placed(layout, numpy.load(path))
    dtype = numpy.float64 if a["float64"] else numpy.float32
    if got.dtype != dtype or got.shape != tuple(want.shape):
        return "%s%s instead of %s%s" % (got.dtype, got.shape, dtype,
                                         tuple(want.shape))
    got = torch.from_numpy(got.astype(numpy.float64))
    same = (got == want) | (got.isnan() & want.isnan())
    right = same | (want.isfinite() & ((got - want).abs() <= bound))
    if not right.all():
        at = tuple((~right).nonzero()[0].tolist())
        return "element %s is %g instead of %g, bound %g" % (
            at, got[at], want[at], bound[at])
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
    lead = () if batch is None else (batch,)
    stored, weight = narrowed(a, tensor(rng, weight_shape(a), a))
    tensors = [
        tensor(rng, lead + (a["in_channels"], length), a),
        weight,
        tensor(rng, (a["out_channels"],), a) if a["bias"] else None,
    ]
    wide = [None if t is None else torch.from_numpy(t.astype(numpy.float64))
            for t in tensors]
    grad_output = tensor(rng, tuple(convolve(a, *wide, size).shape), a)
    paths = {key: os.path.join(folder, key + ".npy")
             for key in ("input", "weight", "grad-output")}
    for key, data in zip(paths, [placed(a["layout"], tensors[0]), stored,
                                 placed(a["output_layout"], grad_output)]):
        numpy.save(paths[key], data)
    # Narrow weights have no gradient.
    wanted = (["grad-input"] + ["grad-weight"] * (not a["narrow"]) +
              ["grad-bias"] * a["bias"])
    command = [tool, "grad", spelled(a), "--engine", engine]
    for key in wanted:
        paths[key] = os.path.join(folder, key + ".npy")
        if os.path.exists(paths[key]):
            os.unlink(paths[key])
    for key, path in paths.items():
        command += ["--" + key, path]
    if size is not None:
        command += ["--output-size", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return "exit code %d: %s" % (done.returncode, done.stderr.strip())

    given = torch.from_numpy(grad_output.astype(numpy.float64))
    want = gradients(a, wide, size, given)
    magnitude = gradients(a, [None if t is None else t.abs() for t in wide],
                          size, given.abs())
    ones = torch.ones_like
    terms = gradients(a, [None if t is None else ones(t) for t in wide], size,
                      ones(given))
    # Adding up blocks of 256 positions rounds, too.
    blocks = (batch or 1) * (given.shape[-1] // 256 + 1)
    unit = (2.0**-53 if a["float64"] else 2.0**-24) + 2.0**-53
    keys = ("grad-input", "grad-weight", "grad-bias")
    for key, right, size_of, count in zip(keys, want, magnitude, terms):
        if key not in wanted:
            continue
        steps = (count + 1 + blocks) * unit
        wrong = compare(paths[key], a, right, steps / (1 - steps) * size_of,
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


def init_one(tool, folder, a, seed):
    """None, or what is wrong with the layer's first weights."""
    rng = random.Random(seed)
    start = rng.choice([seed, 2**31 + seed, 2**32 + seed, 2**63 - 1,
                        rng.getrandbits(63)])
    torch.manual_seed(start)
    layer = layer_of(a, KEYS, dtype=torch.float64 if a["float64"]
                     else torch.float32)
    command = [tool, "init", spelled(a), "--seed", str(start), "--isa",
               rounding()]
    paths = {}
    for name, _ in layer.named_parameters():
        paths[name] = os.path.join(folder, "init_" + name + ".npy")
        if os.path.exists(paths[name]):
            os.unlink(paths[name])
        command += ["--" + name, paths[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return "exit code %d: %s" % (done.returncode, done.stderr.strip())
    for name, want in layer.named_parameters():
        got = numpy.load(paths[name])
        want = want.detach().numpy()
        if got.dtype != want.dtype or got.shape != want.shape:
            return "%s is %s%s instead of %s%s" % (
                name, got.dtype, got.shape, want.dtype, want.shape)
        if got.tobytes() != want.tobytes():
            return "%s of torch.manual_seed(%d) differs in %d elements" % (
                name, start, (got != want).sum())
    return None


def check_layer(tool, engines, folder, seed):
    """One random layer through all: yields what was called and what is wrong,
    None where nothing is."""
    a, batch, length, size = draw(random.Random(seed))
    plain = dict(a, narrow=None)
    call = "%s batch=%s length=%d output_size=%s" % (spelled(a), batch, length,
                                                     size)
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
    parser.add_argument("--engine", action="append")
    arguments = parser.parse_args()
    engines = arguments.engine or ["generic", "jit"]
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Using padding='same'")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            for what, wrong in check_layer(arguments.tool, engines, folder,
                                           seed):
                if wrong is None:
                    continue
                failures += 1
                print("%s: %s" % (what, wrong))
                print("  again: %s --tool %s --count 1 --seed %d" %
                      (sys.argv[0], arguments.tool, seed))
    print("%d layers, engines %s, seed %d: %d failures" %
          (arguments.count, ", ".join(engines), arguments.seed, failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
