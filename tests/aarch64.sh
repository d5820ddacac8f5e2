#!/bin/sh
# The NEON and the portable variants on aarch64: tests/aarch64.sh TOOL emits the
# layers of emitted_layers.lua, cross-compiles them with the generic kernel at
# two levels of optimization, and runs both in QEMU. Exit code 77 where compiler
# or emulator are missing (Debian: gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross, qemu-user).
#
# tests/aarch64.sh TOOL N [SEED] takes N layers drawn at random instead.
set -eu
tool=$1
count=${2-}
seed=${3-1}
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")/runtime
tools=$(dirname "$here")/gen/tool
cc=aarch64-linux-gnu-gcc
for program in "$cc" qemu-aarch64; do
    command -v "$program" >/dev/null || {
        echo "skipped: no aarch64 compiler or emulator ($program)"
        exit 77
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/emitted_layers.lua" "$work"
warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"

draw_layers() {
    awk -v count="$1" -v seed="$2" '
    function pick(least, most) {
        return least + int(rand() * (most - least + 1))
    }
    BEGIN {
        srand(seed)
        split("float64 float16 bfloat16 complex64 complex128", types, " ")
        layouts[7] = ", layout=\"nlc\""
        layouts[8] = ", output_layout=\"nlc\""
        layouts[9] = ", layout=\"nlc\", output_layout=\"ncl\""
        while (drawn < count) {
            groups = rand() < 0.75 ? 1 : pick(2, 4)
            most = rand() < 0.9 ? 6 : 40
            s = rand() < 0.9 ? pick(1, 8) : pick(9, 40)
            d = rand() < 0.75 ? 1 : pick(2, 9)
            larger = s > d ? s : d
            conv = rand() < 0.3
            extra = conv ? 0 : pick(0, 1) * pick(0, larger - 1)
            pass = pick(0, 8)
            type = rand() < 0.5 ? "float32" : types[pick(1, 5)]
            more = ""
            if (type == "float32" && rand() < 0.2)
                more = ", precision=\"tf32\""
            else if (type == "float32" && pass != 8 && rand() < 0.3)
                more = sprintf(", weight_dtype=\"%sfloat16\"", \
                    rand() < 0.5 ? "" : "b")
            layer = sprintf("%s{%d, %d, %d, stride=%d, dilation=%d, " \
                "groups=%d, padding={%d, %d}, %sbias=%s, dtype=\"%s\", " \
                "pass=\"%s\"%s", conv ? "Conv1d" : "ConvTranspose1d",
                groups * pick(1, most), groups * pick(1, most),
                rand() < 0.9 ? pick(1, 12) : pick(13, 60), s, d, groups,
                pick(0, 1) * pick(0, 9), pick(0, 1) * pick(0, 9),
                extra ? "output_padding=" extra ", " : "",
                rand() < 0.7 ? "true" : "false", type,
                pass == 7 ? "grad_input" : pass == 8 ? "grad_weight" : "forward",
                more) layouts[pick(0, 9)]
            if (layer in known)
                continue
            known[layer] = 1
            printf "%s, name=\"random_%d\"}\n", layer, drawn++
        }
    }'
}

build_and_run() { # flags
    # shellcheck disable=SC2086 # a list of flags
    set -- $warnings "$@"
    find . -name '*.c' -print0 |
        xargs -0 -P "$(nproc)" -n 20 "$cc" "$@" -c &&
        "$cc" "$@" -static -I "$runtime" -I "$tools" -I . -o harness \
            "$here/emitted_main.c" ./*.o "$runtime/spec.c" "$runtime/name.c" \
            "$runtime/error.c" "$runtime/generic.c" "$runtime/kernel.c" \
            "$runtime/isa.c" "$tools/gaps.c" -lm &&
        qemu-aarch64 ./harness neon scalar
}

try() { # flags
    build_and_run "$@" >log 2>&1 || {
        echo "FAILED: $cc $*${count:+, $count layers, seed $seed}"
        cat log
        exit 1
    }
}

[ -z "$count" ] || draw_layers "$count" "$seed" >"$work/emitted_layers.lua"
cd "$work"
"$tool" gen emitted_layers.lua --isa neon -o . >/dev/null
if [ -n "$count" ]; then
    try -O1 -std=c11
else
    try -O0 -std=c11
    try -O3 -std=gnu11 -ffp-contract=fast
fi
cat log
