#!/bin/sh
# tests/no_jit.sh TOOL: a tool built without libtcc says so, and does the rest.
set -eu
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"

status=0
"$tool" check f32_ci1_co1_k3 --engine jit >"$work/out" 2>&1 || status=$?
[ $status = 3 ]
grep -q "built without libtcc" "$work/out"
"$tool" check f32_ci2_co3_k5_s3 --engine cc
"$tool" show f32_ci2_co3_k5_s3 >/dev/null
"$tool" gen f32_ci2_co3_k5_s3 -o "$work/out.d" >/dev/null
echo "without libtcc: refused in one line, and the rest works"
