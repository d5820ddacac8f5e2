#!/bin/sh
# Emitted files, byte for byte.
#
#   tests/golden.sh TOOL            compares; a difference is shown as a diff
#   tests/golden.sh TOOL --accept   takes what the tool emits now as right
#
# What is golden is also compiled, without a warning, by gcc and clang (where
# they are installed), is clean for clang-format, and has at most 80 columns.
# The same files must come out of two runs from different folders.
set -eu
tool=$1
accept=${2-}
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
warnings="-std=c11 -Wall -Wextra -Wconversion -Wshadow -Werror"

fail() {
    echo "FAILED: $*"
    failed=1
}

cases=0
while read -r spec isa folder; do
    case $spec in '#'* | '') continue ;; esac
    case $spec in *.lua*) spec=$source/$spec ;; esac
    cases=$((cases + 1))
    golden=$here/golden/$folder
    (cd "$work" && "$tool" gen "$spec" --isa "$isa" -o "$folder" >/dev/null)
    (cd / && "$tool" gen "$spec" --isa "$isa" -o "$work/again" >/dev/null)
    diff -r "$work/$folder" "$work/again" >/dev/null ||
        fail "$spec: two runs from different folders differ"
    rm -r "$work/again"
    # The ABI header is not generated: it is kept once, in runtime/.
    cmp -s "$work/$folder/tconv_kernel.h" "$source/runtime/tconv_kernel.h" ||
        fail "$spec: tconv_kernel.h is not the project's"
    rm "$work/$folder/tconv_kernel.h"
    if [ "$accept" = --accept ]; then
        rm -rf "$golden"
        cp -r "$work/$folder" "$golden"
    elif ! diff -ru "$golden" "$work/$folder"; then
        fail "$spec: emitted files changed; if that is right:" \
            "sh tests/golden.sh $tool --accept"
    fi
    for file in "$work/$folder"/*.c; do
        for cc in gcc clang; do
            command -v $cc >/dev/null || continue
            # shellcheck disable=SC2086 # a list of flags
            $cc $warnings -O2 -I "$source/runtime" -I "$work/$folder" \
                -c "$file" -o "$work/object.o" || fail "$file: $cc warns"
        done
    done
done <"$here/golden/list"

long=$(find "$here/golden" -name '*.[ch]' -exec awk \
    'length > 80 {print FILENAME ":" FNR ": more than 80 columns"}' {} +)
[ -z "$long" ] || fail "$long"
if command -v clang-format >/dev/null; then
    find "$here/golden" -name '*.[ch]' -exec clang-format --dry-run -Werror {} + ||
        fail "clang-format"
else
    echo "skipped: no clang-format"
fi
[ "$cases" -ge 7 ] || fail "only $cases cases ran"
[ $failed = 0 ] && echo "$cases golden cases"
exit $failed
