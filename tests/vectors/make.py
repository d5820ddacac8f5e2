#!/usr/bin/python3
"""Writes the vectors that tests/vectors.c compares the generic kernel with.

    /usr/bin/python3 tests/vectors/make.py > tests/vectors/vectors.txt

Needs PyTorch (Debian: python3-torch); made with 1.13. The reference is
torch.nn.ConvTranspose1d in float64. Most data are multiples of 1/8 with few
bits, so that every sum is exact and the comparison is one of equality; rows
marked "rounded" hold data of full precision.

One case a block:

    case NAME                canonical name of the layer
    call BATCH LENGTH        then OUTPUT_SIZE where the call gives one; the
                             name is then that without output_padding
    exact | rounded
    x, weight, bias, y       the elements in C order, as hex floats

A crop that differs between the ends is not PyTorch's: such a case is its
output without padding, cut by hand.
"""

import random
import sys

import torch

# in, out, kernel_size, then arguments of ConvTranspose1d (padding may be a
# pair, dtype 32 or 64); batch, length; extra: output_size, rounded
CASES = [
    # The plain ones, as in vocoders and codecs.
    (dict(i=2, o=3, k=4, stride=2, padding=1), 2, 5, {}),
    (dict(i=3, o=2, k=16, stride=8, padding=4), 1, 3, {}),
    (dict(i=1, o=1, k=1), 1, 1, {}),
    (dict(i=1, o=1, k=1), 3, 7, {}),
    (dict(i=4, o=4, k=3, padding=1), 2, 6, {"rounded": True}),
    (dict(i=2, o=2, k=7), 1, 9, {}),
    (dict(i=2, o=2, k=5, stride=3, padding=1, output_padding=2), 1, 4, {}),
    (dict(i=2, o=1, k=11, stride=5, padding=3, output_padding=1), 2, 4, {}),
    # Batch 1 to 3, length 1 (streaming).
    (dict(i=3, o=2, k=4, stride=2), 1, 1, {}),
    (dict(i=3, o=2, k=10, stride=5), 3, 1, {}),
    # output_padding uncovers real samples before it shows bias alone.
    (dict(i=1, o=2, k=6, stride=4, padding=2, output_padding=3), 1, 3, {}),
    (dict(i=1, o=2, k=3, stride=4, padding=0, output_padding=3), 1, 3, {}),
    # Dilation, with output_padding at or above the stride.
    (dict(i=2, o=2, k=3, stride=1, dilation=4, output_padding=3), 1, 5, {}),
    (dict(i=2, o=2, k=4, stride=2, dilation=5, output_padding=4), 1, 4, {}),
    (dict(i=2, o=1, k=3, stride=3, dilation=7, padding=5, output_padding=6),
     2, 3, {}),
    (dict(i=2, o=2, k=3, dilation=2, padding=2), 1, 8, {"rounded": True}),
    # gcd(stride, dilation) > 1: phases no tap reaches.
    (dict(i=2, o=2, k=3, stride=2, dilation=2), 1, 5, {}),
    (dict(i=1, o=2, k=4, stride=4, dilation=6, padding=3), 1, 5, {}),
    (dict(i=1, o=1, k=2, stride=6, dilation=9, output_padding=8), 2, 3, {}),
    # K < stride: gaps.
    (dict(i=2, o=2, k=2, stride=5), 1, 4, {}),
    (dict(i=1, o=3, k=1, stride=3, output_padding=1), 1, 4, {}),
    (dict(i=1, o=3, k=1, stride=3, padding=2, bias=False), 1, 4, {}),
    # Groups and depthwise.
    (dict(i=4, o=6, k=3, stride=2, groups=2, padding=1), 1, 4, {}),
    (dict(i=6, o=3, k=4, stride=2, groups=3), 2, 3, {}),
    (dict(i=5, o=5, k=4, stride=2, padding=1, groups=5), 1, 6, {}),
    (dict(i=3, o=9, k=5, stride=4, groups=3, bias=False), 1, 3, {}),
    (dict(i=4, o=4, k=10, stride=5, groups=4, bias=False, padding=2,
          output_padding=1), 1, 4, {"rounded": True}),
    # No bias.
    (dict(i=3, o=2, k=4, stride=2, padding=1, bias=False), 1, 5, {}),
    # Pure crop: padding above dilation * (kernel_size - 1).
    (dict(i=2, o=2, k=2, padding=3), 1, 9, {}),
    (dict(i=2, o=1, k=1, stride=2, padding=3), 1, 7, {}),
    (dict(i=1, o=1, k=3, stride=2, padding=7), 1, 10, {}),
    # output_size, both ends of its range.
    (dict(i=2, o=2, k=5, stride=4, padding=1), 1, 3, {"output_size": 11}),
    (dict(i=2, o=2, k=5, stride=4, padding=1), 1, 3, {"output_size": 14}),
    (dict(i=1, o=2, k=4, stride=3, padding=2, dilation=2), 2, 4,
     {"output_size": 14}),
    # The ends cropped differently (causal codecs; Keras's "same").
    (dict(i=2, o=2, k=4, stride=2, padding=(0, 2)), 1, 5, {}),
    (dict(i=2, o=2, k=10, stride=5, padding=(0, 5)), 2, 3, {}),
    (dict(i=2, o=2, k=5, stride=3, padding=(2, 0)), 1, 4, {}),
    (dict(i=1, o=2, k=3, stride=2, padding=(0, 1)), 1, 6, {"rounded": True}),
    (dict(i=2, o=2, k=6, stride=2, padding=(1, 3), dilation=3, groups=2), 1,
     5, {}),
    # float64.
    (dict(i=3, o=2, k=4, stride=2, padding=1, dtype=64), 1, 6, {}),
    (dict(i=3, o=2, k=8, stride=4, padding=2, dtype=64), 1, 4,
     {"rounded": True}),
    (dict(i=4, o=4, k=3, dilation=3, groups=2, dtype=64), 2, 4,
     {"rounded": True}),
    # A longer sum.
    (dict(i=24, o=2, k=6, stride=3, padding=1), 1, 4, {"rounded": True}),
    (dict(i=2, o=1, k=64, stride=16), 1, 5, {}),
]


def ends(padding):
    return padding if isinstance(padding, tuple) else (padding, padding)


def canonical_name(a):
    """The name as runtime/name.c spells it."""
    begin, end = ends(a.get("padding", 0))
    dtype = a.get("dtype", 32) # or a name
    name = "%s_ci%d_co%d_k%d" % (
        {32: "f32", 64: "f64"}.get(dtype, dtype), a["i"], a["o"], a["k"])
    for tag, value, implied in (
            ("s", a.get("stride", 1), 1), ("p", begin, 0), ("pe", end, begin),
            ("op", a.get("output_padding", 0), 0), ("g", a.get("groups", 1), 1),
            ("bias", int(a.get("bias", True)), 1),
            ("d", a.get("dilation", 1), 1)):
        if value != implied:
            name += "_%s%d" % (tag, value)
    return name


def hex_float(value):
    text = float(value).hex()
    mantissa, exponent = text.split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + "p" + exponent


def row(key, tensor):
    print(key, *[hex_float(v) for v in tensor.flatten().tolist()])


def draw(generator, shape, a, rounded):
    count = 1
    for extent in shape:
        count *= extent
    if rounded:
        values = [generator.uniform(-1, 1) for _ in range(count)]
    else:
        values = [generator.randint(-16, 16) / 8 for _ in range(count)]
    tensor = torch.tensor(values, dtype=torch.float64)
    if a.get("dtype", 32) == 32:
        tensor = tensor.float().double()
    return tensor.reshape(shape)


def reference(a, x, weight, bias, output_size):
    begin, end = ends(a.get("padding", 0))
    even = begin == end
    layer = torch.nn.ConvTranspose1d(
        a["i"], a["o"], a["k"], stride=a.get("stride", 1),
        padding=begin if even else 0,
        output_padding=a.get("output_padding", 0), groups=a.get("groups", 1),
        bias=a.get("bias", True), dilation=a.get("dilation", 1)).double()
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
        if output_size is not None:
            return layer(x, output_size=[output_size])
        y = layer(x)
    return y if even else y[..., begin:y.shape[-1] - end]


def main():
    generator = random.Random(1)
    print("# Made by tests/vectors/make.py with PyTorch %s. Do not edit." %
          torch.__version__)
    for a, batch, length, extra in CASES:
        rounded = extra.get("rounded", False)
        group_out = a["o"] // a.get("groups", 1)
        x = draw(generator, (batch, a["i"], length), a, rounded)
        weight = draw(generator, (a["i"], group_out, a["k"]), a, rounded)
        bias = None
        if a.get("bias", True):
            bias = draw(generator, (a["o"],), a, rounded)
        output_size = extra.get("output_size")
        y = reference(a, x, weight, bias, output_size)
        print("\ncase", canonical_name(a))
        print("call", batch, length,
              *([] if output_size is None else [output_size]))
        print("rounded" if rounded else "exact")
        row("x", x)
        row("weight", weight)
        if bias is not None:
            row("bias", bias)
        row("y", y)
    return 0


if __name__ == "__main__":
    sys.exit(main())
