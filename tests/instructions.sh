#!/bin/sh
# How many instructions kernels take: a slow-down that shows on any machine,
# however noisy. Callgrind counts one call for each layer of instructions.txt,
# of the JIT and of the system's compiler, for AVX2, and the number for each
# vector of multiply-adds is held against the one kept there: at best some 1.7,
# since 24 of them (two taps of a tile of 4 vectors at 3 positions) need 12
# loads, and the loop the rest.
#
#   instructions.sh PROGRAM COMPILER VERSION            compares
#   instructions.sh PROGRAM COMPILER VERSION --accept   keeps what it counts now
#
# PROGRAM is instructions.c, built by COMPILER (which also makes the kernels of
# the system's compiler) of VERSION, "GNU 12.2.0" say. Another major version
# counts differently: then the test is skipped.
set -eu
program=$1
compiler=$2
version=${3%%.*}
accept=${4-}
here=$(cd "$(dirname "$0")" && pwd)
kept=$here/instructions.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "skipped: $*"
    exit 77
}

command -v valgrind >/dev/null || skip "no valgrind (Debian: valgrind)"
kept_version=$(sed -n 's/^# compiler: //p' "$kept")
[ "$accept" = --accept ] || [ "$version" = "$kept_version" ] ||
    skip "built by $version; counts are kept for $kept_version"
export TCONV_CC="$compiler" TCONV_CACHE_DIR="$work/cache"

# count ENGINE SPEC LENGTH: instructions of a call for each multiply-add vector
count() {
    code=0
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        --toggle-collect=run_kernel "$program" "$@" \
        >"$work/vectors" 2>"$work/log" || code=$?
    [ $code -ne 77 ] || return 77
    instructions=$(sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$work/log")
    if [ $code -ne 0 ] || [ "${instructions:-0}" -eq 0 ]; then
        cat "$work/log" >&2
        return 1
    fi
    awk -v n="$instructions" '{ printf "%.3f\n", n / $1 }' "$work/vectors"
}

# judge NAME COUNT KEPT PERCENT: more than that above the kept count fails
judge() {
    awk -v name="$1" -v now="$2" -v kept="$3" -v percent="$4" 'BEGIN {
        change = 100 * (now / kept - 1)
        verdict = change > percent ? "TOO MANY" : \
            change < -percent ? "fewer" : ""
        printf "%-34s %8.3f  kept %8.3f  %+6.1f %%  %s\n", \
            name, now, kept, change, verdict
        exit change > percent }'
}

grep '^#' "$kept" | sed "s/^# compiler: .*/# compiler: $version/" >"$work/new"
grep -v '^#' "$kept" >"$work/rows"
failed=0
layers=0
while read -r spec length kept_jit kept_cc; do
    code=0
    jit=$(count jit "$spec" "$length") || code=$?
    [ $code -ne 77 ] || skip "this processor has no AVX2"
    [ $code -eq 0 ] && cc=$(count cc "$spec" "$length") || exit 1
    layers=$((layers + 1))
    echo "$spec $length $jit $cc" >>"$work/new"
    [ "$accept" != --accept ] || continue
    judge "$spec $length jit" "$jit" "$kept_jit" 3 || failed=1
    judge "$spec $length cc" "$cc" "$kept_cc" 10 || failed=1
done <"$work/rows"
[ $layers -ge 8 ]

if [ "$accept" = --accept ]; then
    cp "$work/new" "$kept"
    cat "$kept"
elif [ $failed -ne 0 ]; then
    echo "FAILED: kernels take more instructions than before; if that is right:"
    echo "    sh tests/instructions.sh $program $compiler '$3' --accept"
    exit 1
fi
