#!/bin/sh
# tests/cost.sh TOOL: what `tconv show` and `tconv bench` say of a plan's cost.
# Predictions are estimates; here is held that they are there, possible, and
# tell what is bound by computing from what is bound by memory.
set -eu
tool=$1
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"

fail() {
    echo "FAILED: $*"
    exit 1
}

# number KEY: of each line of JSON
number() {
    sed "s/.*\"$1\": \([^,}]*\).*/\1/"
}

# has TEXT PATTERN...
has() {
    text=$1
    shift
    for pattern in "$@"; do
        case $text in
        *$pattern*) ;;
        *) fail "no $pattern in: $text" ;;
        esac
    done
}

wide="f32_ci256_co128_k8_s4_p2"
for isa in avx512 avx2 sse2 neon scalar; do
    json=$("$tool" show $wide --length 2000 --isa $isa --json)
    has "$json" '"algorithm": "polyphase"' '"bound": "compute"' \
        '"predicted_fraction": 0.' '"predicted_length": 2000'
    echo "$json" | number predicted_fraction | awk '$1 < 0.7 {exit 1}' ||
        fail "a wide layer should come near the peak: $json"
    # Rows that are no whole number of tiles are not rounded up to one.
    json=$("$tool" show f32_ci96_co48_k8_s4_gi --isa $isa --json)
    echo "$json" | number predicted_fraction | awk '$1 < 0.9 {exit 1}' ||
        fail "the last rows should be a tile of their own: $json"
    json=$("$tool" show f32_ci1024_co1024_k4_s4 --length 1 --isa $isa --json)
    case $isa in # the others are slow enough for memory to keep up
    avx512 | avx2) has "$json" '"bound": "memory"' ;;
    esac
done

has "$("$tool" show $wide)" "of the peak predicted" "a long signal" \
    "wide tile"
has "$("$tool" show $wide --length 7)" "predicted at length 7"
has "$("$tool" show f32_ci1_co1_k3_l7 --json)" '"algorithm": "unrolled"' \
    '"predicted_length": 7'

# No layer is predicted to be faster than the peak, but for a short one whose
# crop takes many of the multiply-adds that are counted.
count=0
for length in 1 300; do
    for model in "$source"/examples/models/*.lua; do
        "$tool" show "$model" --isa avx512 --length $length --json \
            2>"$work/refused" || grep -q length "$work/refused" ||
            fail "$(cat "$work/refused")"
    done >"$work/shown"
    for type in f16 bf16 c64 c128 c64_nlc c128_conv; do
        "$tool" show ${type}_ci32_co32_k4_s2 --isa avx512 --length $length \
            --json 2>"$work/refused" || grep -q length "$work/refused" ||
            fail "$(cat "$work/refused")"
    done >>"$work/shown"
    number predicted_fraction <"$work/shown" >"$work/fractions"
    awk -v most=$((length == 1 ? 1000 : 1)) '!($1 > 0 && $1 <= most) {
        print "FAILED: predicted " $0
        exit 1
    }' "$work/fractions"
    count=$((count + $(wc -l <"$work/fractions")))
done
[ "$count" -gt 100 ] || fail "only $count layers"

json=$("$tool" bench f32_ci32_co16_k4_s2 --length 30 --engine generic --json)
has "$json" '"algorithm": null' '"bound": null' '"predicted_fraction": null' \
    '"reached_of_predicted": null' '"copy_gbytes": null'
if "$tool" bench $wide --length 50 --engine jit --json >"$work/bench" \
    2>"$work/refused"; then
    json=$(cat "$work/bench")
    has "$json" '"algorithm": "polyphase"' '"bound": "compute"' \
        '"reached_of_predicted": ' '"bytes": ' '"copy_fraction": null'
    json=$("$tool" bench f32_ci512_co1024_k4_s4 --length 1 --isa avx2 --json \
        2>/dev/null) || json=
    [ -z "$json" ] || has "$json" '"bound": "memory"' '"copy_fraction": 0.'
else
    grep -q libtcc "$work/refused" || fail "$(cat "$work/refused")"
fi
echo "$count predictions are possible ones, and bounds are told apart"
