#!/bin/sh
# The NEON and the portable variants on aarch64: tests/aarch64.sh TOOL emits a
# model with a layer for each way of walking tap sets, cross-compiles it with
# the generic kernel at two levels of optimization, and runs both in QEMU.
# Exit code 77 where compiler or emulator are missing (Debian:
# gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user).
set -eu
tool=$1
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")/runtime
cc=aarch64-linux-gnu-gcc
for program in $cc qemu-aarch64; do
    command -v $program >/dev/null || {
        echo "skipped: no aarch64 compiler or emulator ($program)"
        exit 77
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >layers.lua <<'END'
ConvTranspose1d{24, 10, 16, stride=8, padding=4, name="one_set"}
ConvTranspose1d{8, 7, 5, stride=3, padding={1, 0}, dtype="float64",
    name="two_sets"}
ConvTranspose1d{4, 3, 40, stride=30, output_padding=7, name="chunked"}
ConvTranspose1d{4, 6, 3, stride=7, groups=2, dilation=2, bias=False,
    name="gaps"}
ConvTranspose1d{2, 3, 90, stride=80, dilation=7, name="folded"}
ConvTranspose1d{3, 5, 60, padding=9, dtype="float64", name="taps_in_a_loop"}
ConvTranspose1d{2, 2, 4, stride=2, padding={0, 1}, length=4, name="unrolled"}
END
"$tool" gen layers.lua --isa neon -o . >/dev/null

warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"
for flags in "-O0 -std=c11" "-O3 -std=gnu11 -ffp-contract=fast"; do
    # shellcheck disable=SC2086 # lists of flags
    $cc $warnings $flags -static -I "$runtime" -I . -o harness \
        "$here/aarch64_main.c" ./*.c "$runtime/spec.c" "$runtime/name.c" \
        "$runtime/error.c" "$runtime/generic.c" "$runtime/kernel.c" \
        "$runtime/isa.c" -lm -pthread
    qemu-aarch64 ./harness >log || {
        echo "FAILED: $cc $flags"
        cat log
        exit 1
    }
done
cat log
