#!/bin/bash
# Searches every parser for inputs that break it, with libFuzzer, and prints what each target executed.
# usage: tests/fuzz/run.sh SECONDS [TARGET...]      SECONDS per target; default: all targets
# Builds them in build/fuzz (clang, libclang-rt-14-dev). New inputs that reach more code are kept in build/fuzz/found/TARGET
# and searched from the next time; an input that breaks a target stays as build/fuzz/found/TARGET.crash-*. JOBS (default 1)
# targets run at a time. An input that takes TIMEOUT seconds (default 20) breaks a target; on a busy machine, where a process waits
# that long for its turn, more of them tell a hang from a wait. Exit code 0: none broke; 1: one did; 2: wrong usage, or the build failed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
[[ ${1-} =~ ^[1-9][0-9]*$ ]] || { echo "usage: tests/fuzz/run.sh SECONDS [TARGET...]" >&2 && exit 2; }
seconds=$1 corpora=$PWD/tests/fuzz/corpus build=$PWD/build/fuzz
shift
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAMS_CUDA=OFF \
  -DAMS_FUZZ=ON > /dev/null || exit 2
mapfile -t all < <(ninja -C "$build" -t targets all | sed -n 's|^tests/fuzz/fuzz_\([a-z_0-9]*\): C_EXECUTABLE.*|\1|p' | sort)
targets=("${@:-${all[@]}}")
ninja -C "$build" "${targets[@]/#/fuzz_}" > "$build/run.log" || { tail -n 20 "$build/run.log" >&2 && exit 2; }
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0

# search TARGET: prints its row
search() {
  local name=$1 corpus=$corpora/$1 found=$build/found/$1 log=$build/found/$1.log code=0 executed kept
  [ "$name" != online ] || corpus=$corpora/policy
  mkdir -p "$found"
  "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout="${TIMEOUT:-20}" -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found." "$found" "$corpus" > "$log" 2>&1 || code=$?
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  kept=$(find "$found" -type f | wc -l)
  printf '%-12s %12s %10s  %s\n' "$name" "${executed:-?}" "$kept" \
    "$([ "$code" = 0 ] && echo ok || echo "broke, exit code $code: $log")"
  [ "$code" = 0 ] || touch "$build/found/broke"
}

printf '%-12s %12s %10s  %s\n' target executions kept result
mkdir -p "$build/found" && rm -f "$build/found/broke"
for name in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-1}" ]; do wait -n; done
  search "$name" &
done
wait
[ ! -e "$build/found/broke" ]
