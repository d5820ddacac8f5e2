#!/bin/sh
# The AVX-512 variant on a processor that may not have it: tests/avx512.sh TOOL
# emits the layers of emitted_layers.lua, puts avx512_shim.h in the place of the
# intrinsics, and holds the kernels against the generic one, with sanitizers on.
# What this shows is that plans and templates are right for 16 lanes and 32
# registers. On a processor with AVX-512 tests/random.sh runs the real thing;
# there only `tests/avx512.sh TOOL always` runs this.
set -eu
tool=$1
if [ "${2-}" != always ] &&
    "$tool" check f32_ci1_co1_k1 --isa avx512 >/dev/null 2>&1; then
    echo "skipped: this processor has AVX-512, which tests/random.sh runs"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")/runtime
tools=$(dirname "$here")/gen/tool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tool" gen "$here/emitted_layers.lua" --isa avx512 -o "$work" >/dev/null
cd "$work"
for file in *_ci[0-9]*.c; do
    sed -e 's/#include <immintrin.h>/#include "avx512_shim.h"/' \
        -e 's/__attribute__((target("avx512f[a-z0-9,]*")))//' \
        -e '/"+v"(v)/s/.*/            );/' "$file" >"shim_$file"
    grep -q '"avx512_shim.h"' "shim_$file" || grep -q unrolled "$file"
    rm "$file"
done
# The shim is at home on x86-64 only, since that is where the variant is.
case $(uname -m) in x86_64) ;; *)
    echo "skipped: not x86-64"
    exit 77
    ;;
esac
gcc -std=c11 -O0 -fno-var-tracking -fsanitize=address,undefined -fno-sanitize-recover=all \
    -I "$here" -I "$runtime" -I "$tools" -I . -o harness "$here/emitted_main.c" ./*.c \
    "$runtime/spec.c" "$runtime/name.c" "$runtime/error.c" \
    "$runtime/generic.c" "$runtime/kernel.c" "$runtime/isa.c" \
    "$tools/gaps.c" -lm
./harness avx512 scalar
