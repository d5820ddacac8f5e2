#!/bin/sh
# The bits of an emitted kernel must not hang on the flags it is built with:
# tests/hostile_flags.sh TOOL runs the differential test on kernels built with
# each of these, by gcc and by clang where it is installed. Flags that give up
# IEEE arithmetic must be refused by the emitted file itself.
set -eu
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"
failed=0
runs=0

# A compiler that adds flags after the engine's own, so that they win.
wrap() {
    printf '#!/bin/sh\nexec %s "$@" %s\n' "$1" "$2" >"$work/cc"
    chmod +x "$work/cc"
    export TCONV_CC="$work/cc"
}

check() { # spec isa
    runs=$((runs + 1))
    "$tool" check "$1" --engine cc --isa "$2" --seed 1 >"$work/log" 2>&1 || {
        echo "FAILED: $compiler $flags: $1 $2"
        cat "$work/log"
        failed=1
    }
}

can() { # isa
    "$tool" check f32_ci1_co1_k1 --isa "$1" >/dev/null 2>&1
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || {
        echo "skipped: no $compiler"
        continue
    }
    for flags in \
        "-O0" \
        "-O3 -std=c11 -ffp-contract=off" \
        "-O3 -std=gnu11 -ffp-contract=fast -march=native" \
        "-Os -fno-inline" \
        "-O2 -funsafe-math-optimizations"; do
        # gcc tells the file of this one, which refuses it; clang does not.
        case $compiler$flags in gcc*unsafe*) continue ;; esac
        wrap "$compiler" "$flags"
        check f32_ci3_co5_k7_s3_p1 scalar
        for isa in avx512 avx2 sse2 neon; do
            can $isa && check f32_ci3_co5_k7_s3_p1 $isa
        done
        # Other types with those that could tell: contraction, other sums.
        case $flags in *fast* | *unsafe*) ;; *) continue ;; esac
        check f64_ci2_co2_k3_s2_l3 native
        check f16_ci3_co5_k7_s3_p1 native
        check bf16_ci3_co5_k4_s2_gw native
        check f32_tf32_ci3_co5_k3 native
        check c64_ci2_co3_k3_s2_gw native
    done
    refused="-ffast-math -ffinite-math-only -Ofast"
    for flags in $refused; do
        wrap "$compiler" "$flags"
        runs=$((runs + 1))
        status=0
        "$tool" check f32_ci1_co1_k3 --engine cc >"$work/log" 2>&1 || status=$?
        if [ $status != 3 ] || ! grep -q "would change" "$work/log"; then
            echo "FAILED: $compiler $flags is not refused (exit $status)"
            cat "$work/log"
            failed=1
        fi
    done
done
[ $runs -ge 10 ] || failed=1
[ $failed = 0 ] && echo "$runs builds with hostile flags: same bits, or refused"
exit $failed
