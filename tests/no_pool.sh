#!/bin/sh
# tests/no_pool.sh TOOL: a tool built without libpthreadpool says so where
# several threads are asked for, and works with one.
set -eu
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TCONV_CACHE_DIR="$work/cache"

bench() { # options
    "$tool" bench f32_ci1_co1_k3 --length 5 --engine generic "$@"
}
status=0
bench --threads 2 >"$work/out" 2>&1 || status=$?
[ $status = 3 ]
[ "$(wc -l <"$work/out")" = 1 ]
grep -q "threads=2: built without libpthreadpool" "$work/out"
bench --threads 1 >/dev/null
echo "without libpthreadpool: refused in one line, and one thread works"
