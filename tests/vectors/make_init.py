#!/usr/bin/python3
"""Writes the vectors that tests/unit_init.c compares tconv_init_weights with.

    /usr/bin/python3 tests/vectors/make_init.py > tests/vectors/init.txt

Needs PyTorch (Debian: python3-torch) and a processor with AVX2; made with 1.13.
What PyTorch draws is rounded once where its code has fused multiply-adds, and
twice where it has not; ATEN_CPU_CAPABILITY=default makes it the second, and
this program runs itself once for each.

One case a block:

    case NAME SEED fused | separate
    weight COUNT HASH v v v v v v v v
    bias COUNT HASH v v v v v v v v         not without a bias

HASH is the FNV-1a hash, of 64 bits, of all elements as they lie in memory; the
values are the first four elements and the last four (of fewer than eight: all),
as hex floats. A complex element counts as two, its parts.
"""

import os
import subprocess
import sys

import torch

from make import canonical_name, hex_float

# in, out, kernel_size, then arguments of ConvTranspose1d; the seed
CASES = [
    (dict(i=1, o=1, k=1), 0),
    (dict(i=2, o=3, k=4, stride=2, padding=1), 0),
    (dict(i=2, o=3, k=4, stride=2, padding=1), 1),
    (dict(i=2, o=3, k=4, stride=2, padding=1, dtype=64), 1),
    (dict(i=3, o=1, k=5, bias=False), 42),
    (dict(i=3, o=1, k=5, bias=False, dtype=64), 42),
    (dict(i=4, o=4, k=1), 2**31),
    (dict(i=4, o=4, k=1, dtype=64), 2**31),
    # The generator's words run out, once and often.
    (dict(i=12, o=13, k=4), 7),
    (dict(i=12, o=13, k=2, dtype=64), 7),
    (dict(i=64, o=48, k=16, stride=8, padding=4), 1234567),
    (dict(i=32, o=48, k=7, dtype=64), 1234567),
    # Groups, depthwise.
    (dict(i=12, o=8, k=7, groups=4), 99),
    (dict(i=12, o=8, k=7, groups=4, dtype=64), 99),
    (dict(i=10, o=10, k=11, groups=10, bias=False), 3),
    (dict(i=20, o=30, k=16, groups=10, stride=5, output_padding=3), 3),
    # Seeds of more than 32 bits, of which PyTorch takes the low ones.
    (dict(i=3, o=2, k=3), 2**32 - 1),
    (dict(i=3, o=2, k=3), 2**32),
    (dict(i=3, o=2, k=3), 2**32 + 5),
    (dict(i=3, o=2, k=3), 2**63 - 1),
    (dict(i=3, o=2, k=3), 2**63),
    (dict(i=3, o=2, k=3, dtype=64), 2**64 - 1),
    # 16 bits, whose bounds are rounded to that type; complex ones.
    (dict(i=1, o=1, k=1, dtype="f16"), 0),
    (dict(i=3, o=2, k=3, dtype="f16"), 5),
    (dict(i=12, o=13, k=4, dtype="f16"), 7),
    (dict(i=3, o=7, k=11, bias=False, dtype="f16"), 42),
    (dict(i=12, o=8, k=7, groups=4, dtype="f16"), 2**32 + 99),
    (dict(i=1, o=1, k=1, dtype="bf16"), 0),
    (dict(i=3, o=2, k=3, dtype="bf16"), 5),
    (dict(i=12, o=13, k=4, dtype="bf16"), 7),
    (dict(i=3, o=7, k=11, bias=False, dtype="bf16"), 42),
    (dict(i=12, o=8, k=7, groups=4, dtype="bf16"), 2**32 + 99),
    (dict(i=1, o=1, k=1, dtype="c64"), 0),
    (dict(i=3, o=2, k=3, dtype="c64"), 5),
    (dict(i=12, o=13, k=4, dtype="c64"), 7),
    (dict(i=12, o=8, k=7, groups=4, bias=False, dtype="c64"), 99),
    (dict(i=1, o=1, k=1, dtype="c128"), 0),
    (dict(i=3, o=2, k=3, dtype="c128"), 5),
    (dict(i=12, o=13, k=2, dtype="c128"), 7),
    (dict(i=12, o=8, k=7, groups=4, bias=False, dtype="c128"), 99),
]

DTYPES = {32: torch.float32, 64: torch.float64, "f16": torch.float16,
          "bf16": torch.bfloat16, "c64": torch.complex64,
          "c128": torch.complex128}


def layer(a, seed):
    torch.manual_seed(seed)
    return torch.nn.ConvTranspose1d(
        a["i"], a["o"], a["k"], stride=a.get("stride", 1),
        padding=a.get("padding", 0), output_padding=a.get("output_padding", 0),
        groups=a.get("groups", 1), bias=a.get("bias", True),
        dilation=a.get("dilation", 1), dtype=DTYPES[a.get("dtype", 32)])


def fnv1a(octets):
    value = 0xcbf29ce484222325
    for octet in octets:
        value = (value ^ octet) * 0x100000001b3 % 2**64
    return value


def row(key, tensor):
    flat = tensor.detach().flatten()
    if flat.is_complex():
        flat = torch.view_as_real(flat).flatten()
    values = flat.tolist()
    shown = values if len(values) < 8 else values[:4] + values[-4:]
    # NumPy has no bfloat16.
    octets = flat.view(torch.int16) if flat.dtype == torch.bfloat16 else flat
    print(key, len(values), "%016x" % fnv1a(octets.numpy().tobytes()),
          *[hex_float(v) for v in shown])


def write_cases(rounding):
    for a, seed in CASES:
        new = layer(a, seed)
        print("\ncase", canonical_name(a), seed, rounding)
        row("weight", new.weight)
        if new.bias is not None:
            row("bias", new.bias)


def main():
    if len(sys.argv) > 1:
        write_cases(sys.argv[1])
        return 0
    print("# Made by tests/vectors/make_init.py with PyTorch %s. Do not edit." %
          torch.__version__, flush=True)
    for rounding, capability in (("fused", "avx2"), ("separate", "default")):
        subprocess.run([sys.executable, __file__, rounding], check=True,
                       env=dict(os.environ, ATEN_CPU_CAPABILITY=capability))
    return 0


if __name__ == "__main__":
    sys.exit(main())
