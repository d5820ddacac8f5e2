#!/bin/sh
# tests/lint.sh BUILD: clang-format and clang-tidy over the project's own C, and
# what a reader would trip on. BUILD has the compile_commands.json.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
files=$(find runtime gen tests examples -name golden -prune -o \
    -name '*.[ch]' -print | sort)

# shellcheck disable=SC2086 # a list of files
clang-format --dry-run -Werror $files
long=$(awk 'length > 80 {print FILENAME ":" FNR}' gen/*.lua)
if [ -n "$long" ]; then
    echo "more than 80 columns: $long"
    exit 1
fi
# What programs leave behind is not the project's.
stray=$(git ls-files 2>/dev/null | grep -v / | grep -vxE \
    '\.(ci|clang-format|clang-tidy|gitignore)|CMakeLists\.txt|LICENSE|README\.md' ||
    true)
if [ -n "$stray" ]; then
    echo "at top level, beside the house plan: $stray"
    exit 1
fi
# What the build compiles, but for what it generates.
listed=$(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
    grep "^$PWD/" | grep -v "^$build/" | sort -u)
[ -n "$listed" ]
# shellcheck disable=SC2086
printf '%s\n' $listed | xargs -P 2 -n 8 clang-tidy --quiet -p "$build" \
    2>"$build/tidy.log" || {
    cat "$build/tidy.log"
    exit 1
}
echo "format and lint are clean"
