#!/bin/bash
# Sweeps and searches that processes share: each run once, the dead are followed, the files of a serial one.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
unset "${!SLURM_@}" "${!OMPI_@}"
photos=$source_dir/data/photos-60.h5
tiny=(batch=8 hidden=8 replay=200 warmup=20 log_every=20 validate_every=40 checkpoint_every=20 refine_items=1)
sweep=("$ams" sweep --data "$photos" -j 1 "${tiny[@]}")

same_runs() { # FOLDER: its runs are those of serial/
  local run file
  for run in serial/runs/*; do
    for file in policy.ams metrics.tsv; do
      cmp "$run/$file" "$1/runs/${run##*/}/$file" || fail "$1: ${run##*/} differs from a serial sweep's"
    done
  done
  cmp serial/failed.tsv "$1/failed.tsv" || fail "$1: failed.tsv"
}

# What does not fit together is refused.
expect 1 "--join" "${sweep[@]}" --no-wait -o bad
expect 1 "I/N" "${sweep[@]}" --shard 3/2 -o bad
expect 1 "SLURM_ARRAY_TASK_ID" "${sweep[@]}" --shard auto -o bad
expect 1 "1s, 1m, 1h, 1d" "${sweep[@]}" --until 5 -o bad
expect 1 "option --patience: expected at least 5s" "${sweep[@]}" --join --patience 4.9s -o bad
expect 1 "1s, 1m, 1h, 1d" "${sweep[@]}" --join --patience 10 -o bad
expect 1 "--patience says how to share" "${sweep[@]}" --patience 5s -o bad
expect 1 "expected at least 5s" "$ams" reproduce --join --patience 1s -o bad
[ ! -e bad ] || fail "a refused sweep left a folder"
expect 3 "failed.tsv" "${sweep[@]}" --failed -o none

# Three share four runs: one is killed, and one asked to go.
runs=(--seeds 1-2 steps=200 "warmup=20,30")
"${sweep[@]}" "${runs[@]}" -o serial > /dev/null 2>&1
join() { # NAME OPTION...: in the background
  local name=$1
  shift
  "${sweep[@]}" "${runs[@]}" --join -o exp "$@" > "$name.out" 2> "$name.err" &
}
join killed
killed=$!
join asked
asked=$!
wait_for_checkpoints exp 2
kill -KILL "$killed" 2> /dev/null || true
kill -USR1 "$asked" 2> /dev/null || true
code=0
wait "$asked" || code=$?
[ "$code" = 75 ] || [ "$code" = 0 ] || fail "SIGUSR1: exit $code: $(cat asked.out asked.err)"
expect 1 "without --join" flock exp/lock "${sweep[@]}" "${runs[@]}" --join -o exp
"${sweep[@]}" "${runs[@]}" --join -o exp > last.out 2> last.err || fail "$(cat last.out last.err)"
grep -q '^exp: 4 of 4 runs finished' last.out || fail "$(cat last.out)"
same_runs exp
[ "$(find exp/claims -name '*.done' | grep -vc tables)" = 4 ] || fail "a run was done twice: $(ls exp/claims)"
# Once more: nothing is done, and the tables are not written again.
before=$(stat -c %y exp/sweep.json exp/runs/*/policy.ams)
"${sweep[@]}" "${runs[@]}" --join -o exp > /dev/null 2>&1
[ "$(stat -c %y exp/sweep.json exp/runs/*/policy.ams)" = "$before" ] || fail "done again"
# A run that was removed is.
rm -r exp/runs/dqn,warmup=20-2
"${sweep[@]}" "${runs[@]}" --join -o exp > /dev/null 2>&1
same_runs exp

# Asked to go, a process writes its checkpoint, gives its claim back and ends with 75; so does one that only waits.
long=("${sweep[@]}" --seeds 1 steps=1000000 --join -o long)
for signal in TERM USR1; do
  "${long[@]}" > long.out 2> long.err &
  works=$!
  for ((i = 0; i < 600; i++)); do
    [ "$(find long/claims -name 'dqn-*' | wc -l)" = "$([ $signal = TERM ] && echo 1 || echo 3)" ] && [ -e long/runs/dqn-1/checkpoints/last ] && break
    sleep 0.02
  done 2> /dev/null
  expect_output 75 "other processes are at work" "${long[@]}" --no-wait
  expect_output 75 "stopped" "${long[@]}" --until 0.2s
  "${long[@]}" > waits.out 2> waits.err &
  waits=$!
  for ((i = 0; i < 600; i++)); do
    [ "$(find long/claims -name '@*.new' | wc -l)" = 2 ] && break
    sleep 0.02
  done
  sleep 0.2
  for pid in $waits $works; do
    code=0
    kill -$signal "$pid"
    wait "$pid" || code=$?
    [ $code = 75 ] || fail "SIG$signal: exit $code: $(cat long.out long.err waits.out waits.err)"
  done
  [ -e long/runs/dqn-1/checkpoints/last ] || fail "SIG$signal: no checkpoint: $(find long)"
done
[ "$(find long/claims -name 'dqn-*.free' | wc -l)" = 2 ] || fail "not given back: $(ls long/claims)"
# So does one whose job ends in two minutes and a moment, by what Slurm says.
SLURM_JOB_END_TIME=$(($(date +%s) + 122)) expect_output 75 "stopped" "${long[@]}"
# Ctrl-C, which a script's background ignores unless told otherwise, is no request to come again.
env --default-signal=INT "${long[@]}" > long.out 2> long.err &
works=$!
for ((i = 0; i < 600; i++)); do
  [ "$(find long/claims -name 'dqn-*.free' | wc -l)" = 3 ] && [ "$(find long/claims -name 'dqn-*' | wc -l)" = 7 ] && break
  sleep 0.02
done
code=0
kill -INT $works
wait $works || code=$?
[ $code = 130 ] || fail "SIGINT: exit $code: $(cat long.out long.err)"
[ "$(find long/claims -name 'dqn-*.free' | wc -l)" = 4 ] || fail "not given back: $(ls long/claims)"

# Time is over: 75, and the rest is done later, by shards as Slurm numbers them.
expect_output 75 "stopped" "${sweep[@]}" "${runs[@]}" --join --until 0.01s -o halves
SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_COUNT=2 \
  "${sweep[@]}" "${runs[@]}" --shard auto -o halves > shard.out 2> /dev/null
grep -q '^halves: 2 of 2 runs finished' shard.out || fail "$(cat shard.out)"
[ ! -e halves/sweep.json ] || fail "tables of half a sweep"
expect 1 "no gaps" env SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_COUNT=2 "${sweep[@]}" "${runs[@]}" --shard auto -o halves
"${sweep[@]}" "${runs[@]}" --shard 1/2 -o halves > shard.out 2> /dev/null
grep -q '^halves: 2 of 2 runs finished' shard.out || fail "$(cat shard.out)"
same_runs halves
# As srun and Open MPI number their processes: the first of four has the first run, and what is done stays so.
for numbers in "SLURM_PROCID=0 SLURM_NTASKS=4" "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=4"; do
  read -r -a numbers <<< "$numbers"
  expect_output 0 "halves: 1 of 1 runs finished (1 of them before" env "${numbers[@]}" "${sweep[@]}" "${runs[@]}" --shard auto -o halves
done

# A run that fails does so once, whoever comes; --failed repeats it.
bad=("${sweep[@]}" --seeds 1 --join "warmup=20,2000" steps=40 -o mixed)
expect 1 "1 of 2 runs failed" "${bad[@]}"
expect 1 "1 of 2 runs failed" "${bad[@]}"
[ "$(find mixed/claims -name '*.failed' | wc -l)" = 1 ] || fail "repeated: $(ls mixed/claims)"
expect 1 "1 of 1 runs failed" "${bad[@]}" --failed
[ "$(find mixed/claims -name '*.2.failed' | wc -l)" = 1 ] || fail "not repeated: $(ls mixed/claims)"
expect 1 "1 of 1 runs failed" "${sweep[@]}" --seeds 1 "warmup=20,2000" steps=40 -o mixed --failed

# A search: two processes, the tables of one.
printf 'dropout = choice: 0 0.1\nlr = log: 1e-4 1e-2\n' > space.ini
search=("$ams" tune --data "$photos" --space space.ini --trials 3 --eta 2 --finalists 2 --seeds 1-2 -j 1 "${tiny[@]}" steps=160)
"${search[@]}" -o alone > alone.out 2> /dev/null
"${search[@]}" --join -o both > one.out 2> one.err &
one=$!
"${search[@]}" --join -o both > two.out 2> two.err || fail "$(cat two.err)"
wait "$one" || fail "$(cat one.err)"
for file in tune.tsv failed.tsv best.ini search.ini; do
  diff <(grep -v '^; ams' "alone/$file") <(grep -v '^; ams' "both/$file") || fail "a shared search differs: $file"
done
diff <(sed s/alone/both/ alone.out) two.out || fail "what a shared search prints"
