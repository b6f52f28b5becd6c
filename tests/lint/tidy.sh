#!/bin/bash
# clang-tidy with the project's .clang-tidy over every source; a minute on two cores.
# usage: tidy.sh SOURCE_DIR BUILD_DIR [STATES]     STATES: how many states of a function the analyzer looks at; its own
# default of 225,000 takes many times as long (the nightly test lint_tidy_deep).
# Skipped where it is missing or is not version 14, whose checks the sources are kept clean for.
set -uo pipefail
cd "${1:?usage: tidy.sh SOURCE_DIR BUILD_DIR [STATES]}" || exit 1
build=${2:?usage: tidy.sh SOURCE_DIR BUILD_DIR [STATES]}
states=${3:-4000}
command -v clang-tidy > /dev/null || exit 77
clang-tidy --version | grep -q 'version 14\.' || exit 77
[ -f "$build/compile_commands.json" ] || exit 77
# Where the build has no ONNX or no MPI, neither has its code a header.
without=()
[ -f "$build/rl/onnx/onnx.pb-c.h" ] || without=(! -name 'onnx_graph.c' ! -name 'onnx_run.c')
[ -x "$build/ams-mpi" ] || without+=(! -path 'mpi/*')
tidy() { # files, separated by zeros, N for each process
  xargs -0 -r -P 2 -n "$1" clang-tidy -p "$build" --quiet --extra-arg=-Xclang --extra-arg=-analyzer-config \
    --extra-arg=-Xclang --extra-arg=max-nodes="$states" 2> /dev/null
}
# Many files in a process: that is three times as fast. But version 14 calls the va_list of a second file uninitialized.
mapfile -d '' files < <(find base online env data rl links sched stream serve cuda lab console cli mpi -name '*.c' \
  "${without[@]}" -print0 | sort -z)
failed=0
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1 # huge pages, where the system gives them to who asks: a tenth of the time
tidy 16 < <(grep -LZ va_start "${files[@]}") || failed=1
tidy 1 < <(grep -lZ va_start "${files[@]}") || failed=1
exit "$failed"
