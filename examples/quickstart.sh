#!/bin/sh
# From nothing to checked kernels: installs what is missing, builds tconv, makes
# C for the layers of two public models, and runs every layer three ways (the
# generic kernel, compiled in memory, built ahead of time) on the same data.
# Exits with 0 only if all three gave the same bits everywhere.
#
#   sh examples/quickstart.sh
set -eu
cd "$(dirname "$0")/.."
build=build/quickstart
models="encodec_24khz hifigan_v1"

sh examples/install_packages.sh cmake ninja-build gcc libc6-dev pkg-config \
    liblua5.4-dev libtcc-dev libpthreadpool-dev libjansson-dev

# Runs a step quietly; shows all it said if it fails.
step() {
    echo "== $1"
    shift
    mkdir -p "$build"
    if ! "$@" >"$build/step.log" 2>&1; then
        cat "$build/step.log" >&2
        echo "quickstart: this failed: $*" >&2
        exit 1
    fi
}

build_tconv() {
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTCONV_TESTS=OFF &&
        cmake --build "$build" --parallel
}

generate() {
    rm -rf "$build/kernels"
    for model in $models; do
        "$build/tconv" gen "examples/models/$model.lua" -o "$build/kernels" ||
            return 1
    done
}

build_program() {
    cmake -S examples/quickstart -B "$build/program" -G Ninja \
        -DCMAKE_BUILD_TYPE=Release -Dtconv_DIR="$PWD/$build" \
        -DKERNELS="$PWD/$build/kernels" &&
        cmake --build "$build/program" --parallel
}

step "Building tconv (Release) in $build" build_tconv
step "tconv gen: C for the layers of $models, in $build/kernels" generate
step "Building that C ahead of time, with a program around it" build_program
echo "== Running every layer three ways on the same random data"
echo
exec "$build/program/compare"
