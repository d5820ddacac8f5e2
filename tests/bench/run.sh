#!/bin/sh
# tconv beside every other implementation that can be had here: installs what is
# missing, builds into build/bench, and runs one thread and two.
#
#   sh tests/bench/run.sh                      about a quarter of an hour
#   sh tests/bench/run.sh --quick --set all    more layers, less care
#   sh tests/bench/run.sh --set grad_weight    gradients; also grad_input
#   sh tests/bench/run.sh --threads 1          that alone
#
# Options are tconv_bench's (--help); --csv and --svg have their places.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$(dirname "$here")")
build=$source/build/bench
install=$source/examples/install_packages.sh

sh "$install" cmake ninja-build gcc pkg-config liblua5.4-dev libtcc-dev \
    libcmocka-dev
# One at a time, since each may be left out. OpenBLAS in its OpenMP build: the
# other one gets in the way of OpenMP programs.
for peer in libpthreadpool-dev libdnnl-dev libxnnpack-dev \
    libopenblas-openmp-dev libopenblas0-openmp python3-torch nodejs npm; do
    case $peer in
    nodejs) ! command -v node >/dev/null || continue ;;
    npm) ! command -v npm >/dev/null || continue ;;
    esac
    sh "$install" "$peer" >"/tmp/tconv_bench.$$" 2>&1 ||
        echo "left out: $peer cannot be installed here"
    rm -f "/tmp/tconv_bench.$$"
done

mkdir -p "$build"
if [ ! -d "$build/node_modules/onnxruntime-node" ]; then
    echo '{"private": true}' >"$build/package.json"
    (cd "$build" && npm install --ignore-scripts --no-audit --no-fund \
        onnxruntime-node >npm.log 2>&1) ||
        echo "left out: onnxruntime-node cannot be installed here"
fi

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    >"$build/cmake.log" || {
    cat "$build/cmake.log"
    exit 1
}
cmake --build "$build" --target tconv_bench

threads="1 2"
for option in "$@"; do
    case $option in
    --help) exec "$build/tests/bench/tconv_bench" --help ;;
    --threads) threads=given ;;
    esac
done
[ "$(nproc)" -gt 1 ] || [ "$threads" = given ] || threads=1

for count in $threads; do
    echo
    if [ "$count" = given ]; then
        set -- --csv "$build/bench.csv" --svg "$build/bench.svg" "$@"
        "$build/tests/bench/tconv_bench" "$@"
        echo "Figures: $build/bench.csv, chart: $build/bench.svg"
    else
        csv=$build/bench_$count.csv svg=$build/bench_$count.svg
        "$build/tests/bench/tconv_bench" --threads "$count" --csv "$csv" \
            --svg "$svg" "$@"
        echo "Figures: $csv, chart: $svg"
    fi
done
