#!/bin/sh
# Emitted files as users get them: tests/emitted.sh TOOL emits the layers of
# emitted_layers.lua with all instruction sets in each file, compiles them with
# every compiler there is, and holds all variants that can run here against the
# generic kernel. The headers are also compiled as C++.
set -eu
tool=$1
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(dirname "$here")/runtime
tools=$(dirname "$here")/gen/tool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$tool" gen "$here/emitted_layers.lua" -o "$work" >/dev/null
cd "$work"
warnings="-Wall -Wextra -Wconversion -Wshadow -Werror"
failed=0
runs=0

build_and_run() { # isas compiler flags
    isas=$1
    shift
    mkdir -p objects
    # All processors; xargs fails if one compiler does.
    find . -maxdepth 1 -name '*.c' -print0 |
        xargs -0 -P "$(nproc)" -I '{}' "$@" -c '{}' -o 'objects/{}.o' || return 1
    # Only the emitted files are this compiler's.
    cc -Wl,-z,noexecstack -o harness objects/*.o harness_objects/*.o -lm
    # shellcheck disable=SC2086 # a list of names
    ./harness $isas
}

try() { # isas compiler flags
    command -v "$2" >/dev/null || {
        echo "skipped: no $2"
        return
    }
    runs=$((runs + 1))
    build_and_run "$@" >log 2>&1 || {
        echo "FAILED: $*"
        failed=1
    }
    echo "$2: $(cat log)"
}

mkdir harness_objects
for file in "$here/emitted_main.c" "$runtime/spec.c" "$runtime/name.c" \
    "$runtime/error.c" "$runtime/generic.c" "$runtime/kernel.c" \
    "$runtime/isa.c" "$tools/gaps.c"; do
    cc -O2 -I "$runtime" -I "$tools" -I . -c "$file" \
        -o "harness_objects/$(basename "$file").o"
done

native=scalar
"$tool" check f32_ci1_co1_k1 --isa sse2 >/dev/null 2>&1 && native="sse2 scalar"
# shellcheck disable=SC2086 # lists of flags
try "$native" gcc $warnings -std=c11 -O1
# shellcheck disable=SC2086
# clang does not define __FAST_MATH__ for these, which also contract.
try "$native" clang $warnings -std=gnu11 -O1 -march=native -ffast-math \
    -fno-finite-math-only
try scalar tcc -Wall

for cxx in g++ clang++; do
    command -v $cxx >/dev/null || continue
    runs=$((runs + 1))
    for header in ./*.h; do
        echo "#include \"$header\"" >header.cc
        # shellcheck disable=SC2086
        $cxx $warnings -Wpedantic -std=c++17 -fsyntax-only header.cc || failed=1
    done
done
[ $runs -ge 1 ] || failed=1
exit $failed
