#!/bin/sh
# tests/models.sh TOOL [all]: the example models. Every model is generated, and
# layers whose code is long: no file above 256 KiB, no line above 80 columns.
# Some of the models' kernels (all of them with `all`, which takes long) are
# compiled by gcc and clang without a warning and checked against the generic
# kernel.
set -eu
tool=$1
mode=${2-some}
source=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"
failed=0
warnings="-std=c11 -O1 -Wall -Wextra -Wconversion -Wshadow -Werror"

models=0
for model in "$source"/examples/models/*.lua; do
    models=$((models + 1))
    "$tool" gen "$model" -o "$work/kernels" >/dev/null
done
"$tool" gen "$source/tests/long_layers.lua" -o "$work/long" >/dev/null
# A model may have any number of layers.
cat >"$work/many.lua" <<'EOF'
for k = 1, 1001 do
    ConvTranspose1d{1, 1, k, name="k" .. k}
end
EOF
"$tool" gen "$work/many.lua" --isa scalar -o "$work/many" >/dev/null
cd "$work/kernels"
kernels=$(find . -name '*_ci[0-9]*.c' | sort)
count=$(echo "$kernels" | wc -l)
big=$(find . ../long -name '*.c' -size +256k)
wide=$(awk 'length > 80 {print FILENAME ":" FNR}' ./*.[ch] ../long/*.[ch])
if [ -n "$big$wide" ]; then
    echo "FAILED: too large or too wide: $big $wide"
    failed=1
fi
largest=$(find . ../long -name '*.c' -printf '%s %f\n' | sort -n | tail -1)

[ "$mode" = all ] || kernels=$(echo "$kernels" | awk 'NR % 30 == 1')
for file in $kernels; do
    for cc in gcc clang; do
        command -v $cc >/dev/null || continue
        # shellcheck disable=SC2086 # a list of flags
        $cc $warnings -c "$file" -o "$work/object.o" || {
            echo "FAILED: $cc warns: $file"
            failed=1
        }
    done
    name=$(basename "$file" .c)
    for engine in jit cc; do
        "$tool" check "$name" --engine $engine --seed 1 >"$work/log" 2>&1 || {
            echo "FAILED: $engine: $name"
            cat "$work/log"
            failed=1
        }
    done
done
[ $models -ge 90 ] || failed=1
[ $failed = 0 ] && echo "$models models, $count kernels; largest file: $largest" &&
    echo "compiled and checked: $(echo "$kernels" | wc -l) kernels"
exit $failed
