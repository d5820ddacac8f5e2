#!/bin/sh
# Emitted files as users get them: tests/emitted.sh TOOL emits the layers of
# emitted_layers.lua with all instruction sets in each file, compiles them by
# gcc and clang in turn, and all by tcc, and holds all variants that can run
# here against the generic kernel. The headers are also compiled as C++.
#
# tests/emitted.sh TOOL all has each layer compiled by each compiler.
set -eu
tool=$1
all=${2-}
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

compile() { # first step compiler flags: each step-th file, on all processors
    first=$1
    step=$2
    shift 2
    mkdir -p objects
    # xargs fails if one compiler does.
    find . -maxdepth 1 -name '*.c' | sort | awk "NR % $step == $first" |
        xargs -P "$(nproc)" -I '{}' "$@" -c '{}' -o 'objects/{}.o'
}

run() { # isas: which must be among those that can run
    # Only the emitted files are those compilers'.
    cc -Wl,-z,noexecstack -o harness objects/*.o harness_objects/*.o -lm ||
        return 1
    # shellcheck disable=SC2086 # a list of names
    ./harness $1
}

check() { # what command: says what came of it
    what=$1
    shift
    runs=$((runs + 1))
    rm -rf objects harness
    "$@" >log 2>&1 || {
        echo "FAILED: $what"
        failed=1
    }
    echo "$what: $(cat log)"
}

has() {
    command -v "$1" >/dev/null || {
        echo "skipped: no $1"
        return 1
    }
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
by_gcc() { # first step
    # shellcheck disable=SC2086 # a list of flags
    compile "$1" "$2" gcc $warnings -std=c11 -O1
}

# clang does not define __FAST_MATH__ for these, which also contract.
by_clang() { # first step
    # shellcheck disable=SC2086
    compile "$1" "$2" clang $warnings -std=gnu11 -O1 -march=native -ffast-math \
        -fno-finite-math-only
}

by_both() {
    by_gcc 0 2 && by_clang 1 2 && run "$native"
}

by_one() { # by_gcc or by_clang
    "$1" 0 1 && run "$native"
}

by_tcc() {
    compile 0 1 tcc -Wall && run scalar
}

if [ "$all" != all ] && has gcc && has clang; then
    check "gcc and clang" by_both
else
    ! has gcc || check gcc by_one by_gcc
    ! has clang || check clang by_one by_clang
fi
! has tcc || check tcc by_tcc

# Compilers may leave out calls of a function that does nothing but ask for
# lines: those that ask for y's are told by an instruction of their own.
asks_for_y() { # compiler
    most=$(grep -c 'look_ahead(&' ./*.c | sort -t : -k 2 -n | tail -n 1)
    file=${most%:*} calls=${most#*:}
    "$1" -O2 -mprfchw -S -o asks.s "$file"
    asks=$(grep -c prefetchw asks.s)
    echo "$calls calls, $asks instructions"
    [ "$asks" -gt 0 ] && [ $((2 * asks)) -ge "$calls" ] # some calls are merged
}

if [ "$native" != scalar ]; then
    ! has gcc || check "gcc asks for y" asks_for_y gcc
    ! has clang || check "clang asks for y" asks_for_y clang
fi

# A compiler that leaves the sections of all instruction sets out, as one for
# other processors does, finds nothing that only they use.
portable() {
    # shellcheck disable=SC2086 # a list of flags
    find . -maxdepth 1 -name '*.c' | xargs -P "$(nproc)" -I '{}' \
        clang $warnings -std=c11 -D__TINYC__ -fsyntax-only '{}'
}
! has clang || check "portable sections alone" portable

for header in ./*.h; do
    echo "#include \"$header\""
done >headers.cc
for cxx in g++ clang++; do
    command -v $cxx >/dev/null || continue
    runs=$((runs + 1))
    # shellcheck disable=SC2086
    $cxx $warnings -Wpedantic -std=c++17 -fsyntax-only headers.cc || failed=1
done
[ $runs -ge 1 ] || failed=1
exit $failed
