#!/bin/sh
# Everything that can be tested, on a bare Debian machine: installs what is
# missing, builds with warnings as errors under gcc and clang, checks format and
# lint, runs all tests in a release build and again under AddressSanitizer and
# UBSan. Ends with ctest's own summary; exit code 0 only if all of it passed.
#
#   sh tests/run.sh            all
#   sh tests/run.sh quick      release build and its tests only
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
build=$source/build/tests
mode=${1-all}

sh "$source/examples/install_packages.sh" cmake ninja-build gcc g++ pkg-config \
    liblua5.4-dev libtcc-dev libpthreadpool-dev libjansson-dev libcmocka-dev \
    valgrind
[ "$mode" = quick ] ||
    sh "$source/examples/install_packages.sh" clang clang-format clang-tidy

step() {
    echo
    echo "== $* =="
}

configure_and_build() { # folder, options
    folder=$1
    shift
    cmake -S "$source" -B "$build/$folder" -G Ninja -DTCONV_WERROR=ON "$@" \
        >"$build/$folder.log" || {
        cat "$build/$folder.log"
        exit 1
    }
    cmake --build "$build/$folder"
}

mkdir -p "$build"

step "gcc, release"
configure_and_build release -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release

step "tests, the quick ones first; format and lint"
cd "$build/release"
ctest --output-on-failure -L unit -j 2
if [ "$mode" != quick ]; then
    sh "$here/lint.sh" "$build/release"
fi
ctest --output-on-failure -LE unit -j 2
[ "$mode" != quick ] || exit 0

step "clang"
configure_and_build clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug

step "without libtcc, libpthreadpool and libjansson"
configure_and_build nojit -DCMAKE_C_COMPILER=gcc -DTCONV_JIT=OFF \
    -DTCONV_POOL=OFF -DTCONV_SAFETENSORS=OFF -DCMAKE_BUILD_TYPE=Debug
"$build/nojit/tconv" run f32_ci1_co1_k1 --help >/dev/null
sh "$here/no_jit.sh" "$build/nojit/tconv"
sh "$here/no_pool.sh" "$build/nojit/tconv"

step "gcc, AddressSanitizer and UBSan"
# Following variables of micro-kernels takes gcc as long as all the rest.
configure_and_build sanitize -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS="-O1 -fno-var-tracking" \
    -DTCONV_SANITIZE=address,undefined
cd "$build/sanitize"
# Not what would only run the same compilers or emitted code again.
ctest --output-on-failure -j 2 -E 'golden|hostile_flags|models|emitted|aarch64|avx512|mutants|cost'
