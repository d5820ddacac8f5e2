#!/bin/sh
# tests/random.sh TOOL [COUNT]: the differential test on layers that nobody
# chose, COUNT of them (1000) for each instruction set that this processor has,
# and for every engine. SEED in the environment makes it another run; it is part
# of every line that is printed.
set -eu
tool=$1
count=${2-1000}
seed=${SEED-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"

# Whole tiles and long rows: strips of all kinds, in two chunks too; emitted
# ones are mutants.c's.
strips="f32_ci5_co32_k4_s2_p1 f32_ci5_co16_k8_s4_p3 f32_ci5_co40_k3_s2_p1
    f32_ci5_co64_k5_s3_p1 f32_ci520_co24_k8_s8_p4 f64_ci5_co24_k5_s2
    bf16_ci5_co32_k4_s2_p1 f16_ci5_co8_k16_s8_p4 f32_tf32_ci5_co64_k3_s2
    f32_ci5_co64_k7_s2_p1_d2 f32_conv_ci5_co64_k3_p1 bf16_conv_ci5_co96_k9_p4_d2
    f32_ci10_co128_k7_s3_p2_g2"
ran=0
for isa in avx512 avx2 sse2 neon scalar; do
    status=0
    "$tool" check f32_ci1_co1_k1 --isa $isa >"$work/log" 2>&1 || status=$?
    if [ $status != 0 ]; then
        echo "skipped: $isa: $(cat "$work/log")"
        continue
    fi
    "$tool" check --random "$count" --seed "$seed" --isa $isa
    # Phases that fill vectors, which go to y as they are.
    "$tool" check f32_ci5_co6_k96_s48_p7 --length 77 --seed "$seed" --isa $isa
    [ $isa = avx512 ] || strips=
    for spec in $strips; do
        "$tool" check "$spec" --length 333 --seed "$seed" --isa $isa
    done
    ran=$((ran + 1))
done
# Rows so long that threads share them.
for spec in f32_conv_ci2_co2_k7_p3_g2 f32_ci2_co2_k4_s2_p1_g2; do
    "$tool" check $spec --length 20011 --seed "$seed"
done
"$tool" check --random $((3 * count)) --seed "$seed"
"$tool" check --random 300 --seed "$seed" --engine pure
"$tool" check --random 15 --seed "$seed" --engine cc
[ $ran -ge 1 ]
