#!/bin/sh
# The NEON and the portable variants on aarch64: tests/aarch64.sh TOOL emits the
# layers of emitted_layers.lua, cross-compiles them with the generic kernel at
# two levels of optimization, and runs both in QEMU. Exit code 77 where compiler
# or emulator are missing (Debian: gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross, qemu-user).
set -eu
tool=$1
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")/runtime
cc=aarch64-linux-gnu-gcc
for program in "$cc" qemu-aarch64; do
    command -v "$program" >/dev/null || {
        echo "skipped: no aarch64 compiler or emulator ($program)"
        exit 77
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tool" gen "$here/emitted_layers.lua" --isa neon -o "$work" >/dev/null
cd "$work"

warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"
for flags in "-O0 -std=c11" "-O3 -std=gnu11 -ffp-contract=fast"; do
    # shellcheck disable=SC2086 # lists of flags
    $cc $warnings $flags -static -I "$runtime" -I . -o harness \
        "$here/emitted_main.c" ./*.c "$runtime/spec.c" "$runtime/name.c" \
        "$runtime/error.c" "$runtime/generic.c" "$runtime/kernel.c" \
        "$runtime/isa.c" -lm
    qemu-aarch64 ./harness neon scalar >log || {
        echo "FAILED: $cc $flags"
        cat log
        exit 1
    }
done
cat log
