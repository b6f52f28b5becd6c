#!/bin/bash
# Sweeps: runs side by side, killed and resumed, failing ones reported; comparisons of what they trained.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
common=(batch=16 hidden=16 replay=1000 log_every=20 validate_every=40 checkpoint_every=50 refine_items=1)

# Wrong usage: nothing is started or written.
expect 1 "--data" "$ams" sweep -o bad
expect 1 "-o" "$ams" sweep --data small.h5
expect 1 "did you mean 'batch'?" "$ams" sweep --data small.h5 -o bad btach=3,4
expect 1 "expected one of" "$ams" sweep --data small.h5 --agents dqn,nosuch -o bad
expect 1 "asked for twice" "$ams" sweep --data small.h5 --seeds 1,2,1 -o bad
expect 1 "asked for twice" "$ams" sweep --data small.h5 lr=0.1,0.1 -o bad
expect 1 "--seeds" "$ams" sweep --data small.h5 --seeds 3-1 -o bad
expect 1 "--seeds" "$ams" sweep --data small.h5 seed=1,2 -o bad
expect 1 "between commas" "$ams" sweep --data small.h5 lr=0.1, -o bad
expect 1 "-j" "$ams" sweep --data small.h5 -j 0 -o bad
expect 3 "No such file" "$ams" sweep --data none.h5 -o bad
[ ! -e bad ] || fail "a refused sweep left a folder"

# Four runs; the same as each would be by itself.
sweep=("$ams" sweep --data small.h5 --agents dqn --seeds 1-2 -j 2 "${common[@]}" warmup=100
  "lr=0.001,0.0005")
"${sweep[@]}" steps=100 -o exp > out.txt 2> /dev/null
grep -q '4 of 4 runs finished (0 of them before), 0 failed' out.txt || fail "$(cat out.txt)"
for run in dqn,lr=0.001-1 dqn,lr=0.001-2 dqn,lr=0.0005-1 dqn,lr=0.0005-2; do
  [ -s "exp/runs/$run/policy.ams" ] || fail "exp/runs/$run is not finished"
  [ -s "exp/logs/$run.log" ] || fail "exp/logs/$run.log is empty"
done
[ "$(find exp/runs -mindepth 1 -maxdepth 1 | wc -l)" = 4 ] || fail "more runs than asked for"
grep -q '"status": "finished"' exp/sweep.json || fail "sweep.json: status"
[ "$(cat exp/failed.tsv)" = "$(printf 'run\tlabel\tseed\tcode\tmessage')" ] || fail "failed.tsv"
"$ams" train --data small.h5 -o alone "${common[@]}" warmup=100 steps=100 lr=0.0005 seed=2 \
  label=dqn,lr=0.0005 > /dev/null 2>&1
cmp alone/policy.ams exp/runs/dqn,lr=0.0005-2/policy.ams || fail "a run of a sweep differs"

# A configuration with a label: it begins the runs' names, and both sweeps can share a folder.
printf 'label = short\nsteps = 60\n' > short.ini
cp -r exp both
"$ams" sweep --data small.h5 --config short.ini --agents dqn,double --seeds 1 "${common[@]}" \
  warmup=100 -o both > out.txt 2> err.txt
grep -q 'gamma=0 learns what a run itself gives' err.txt || fail "equal agents are not reported"
grep -q '2 of 2 runs finished' out.txt || fail "$(cat out.txt)"
[ -s both/runs/short-double-1/policy.ams ] || fail "no run short-double-1"
[ "$(find both/runs -mindepth 1 -maxdepth 1 | wc -l)" = 6 ] || fail "the first sweep's runs"
"$ams" compare both --baseline "fixed,rules:$source_dir/experiments/photos/rules.tsv" --bootstrap 100 --draws 5 > out.txt 2> /dev/null
grep -q '^| short-dqn ' out.txt || fail "compare: no short-dqn: $(cat out.txt)"
grep -q '^| dqn,lr=0.001 ' out.txt || fail "compare: no dqn,lr=0.001: $(cat out.txt)"
grep -q '^| rules ' out.txt || fail "compare: no rules: $(cat out.txt)"

# Again: all are there. A third seed: only its runs are new.
before=$(stat -c %y exp/runs/dqn,lr=0.001-1/policy.ams)
"${sweep[@]}" steps=100 --seeds 1-3 -o exp > out.txt 2> /dev/null
grep -q '6 of 6 runs finished (4 of them before), 0 failed' out.txt || fail "$(cat out.txt)"
[ "$(stat -c %y exp/runs/dqn,lr=0.001-1/policy.ams)" = "$before" ] || fail "a run was done again"

# A combination that cannot be trained: reported three times, the others are trained.
expect 1 "1 of 2 runs failed" "$ams" sweep --data small.h5 --seeds 1 "${common[@]}" steps=60 \
  warmup=100,2000 -o mixed
grep -q 'dqn,warmup=2000-1 failed: .*warmup=2000' err.txt || fail "stderr: $(cat err.txt)"
grep -q 'failed: dqn,warmup=2000-1: .*warmup=2000' out.txt || fail "stdout: $(cat out.txt)"
awk -F '\t' 'NR == 2 && $1 == "dqn,warmup=2000-1" && $2 == "dqn,warmup=2000" && $3 == 1 &&
  $4 == 1 && $5 ~ /warmup/ { found = 1 } END { exit !(found && NR == 2) }' mixed/failed.tsv ||
  fail "failed.tsv: $(cat mixed/failed.tsv)"
grep -q '"status": "failed"' mixed/sweep.json || fail "sweep.json of a failure"
[ -s mixed/runs/dqn,warmup=100-1/policy.ams ] || fail "the other run was not trained"
# What failed stays in the table while it is not done again.
"$ams" sweep --data small.h5 --seeds 1 "${common[@]}" steps=60 warmup=100 -o mixed > /dev/null 2>&1
awk -F '\t' 'NR == 2 && $1 == "dqn,warmup=2000-1" && $4 == 1 && $5 ~ /^failed before, not done again yet: .*warmup/ { found = 1 }
  END { exit !(found && NR == 2) }' mixed/failed.tsv || fail "failed.tsv of another sweep: $(cat mixed/failed.tsv)"
# A folder that holds something else is a failure, too.
expect 1 "holds another run" "$ams" sweep --data small.h5 --seeds 1 "${common[@]}" steps=61 \
  warmup=100,200 -o mixed

# Progress within a run, and the time left, on a terminal.
# (Nothing to see where there is no terminal to be had: no script(1), or no /dev/pts as in a bare chroot.)
if command -v script > /dev/null && script -qec true /dev/null > pty.txt 2>&1; then
  TERM=xterm script -qec "stty cols 200; '$ams' sweep --data small.h5 --seeds 1 ${common[*]} \
    warmup=100 steps=6000 -o shown" /dev/null > screen.txt
  grep -aqE ' [1-9][0-9]? %  0:[0-9]{2} left  0 of 1 runs done, dqn-1 [1-9][0-9]? %' screen.txt ||
    fail "progress of a sweep: $(tr '\r' '\n' < screen.txt)"
fi

# Stopped in the middle, by SIGTERM and by SIGKILL, then continued: the same weights.
"${sweep[@]}" steps=2000 -o whole > /dev/null 2>&1
"${sweep[@]}" steps=2000 -o halves > out.txt 2> err.txt &
pid=$!
wait_for_checkpoints halves 2
expect 1 "a sweep or search works there" "${sweep[@]}" steps=2000 -o halves
kill -TERM "$pid" 2> /dev/null || true
wait "$pid" || [ $? = 143 ] || fail "SIGTERM: exit $?: $(cat err.txt)"
"${sweep[@]}" steps=2000 -o halves > /dev/null 2>&1 &
pid=$!
wait_for_checkpoints halves 3
kill -KILL "$pid" 2> /dev/null || true
wait "$pid" || true
# Its runs end by themselves, with a checkpoint.
for run in halves/runs/*; do
  [ ! -e "$run/lock" ] || flock -w 20 "$run/lock" true || fail "$run outlived its sweep"
done
"${sweep[@]}" steps=2000 -o halves > out.txt 2> err.txt || fail "resumed: $(cat out.txt err.txt)"
for run in whole/runs/*; do
  for file in policy.ams metrics.tsv; do
    cmp "$run/$file" "halves/runs/${run##*/}/$file" || fail "a resumed sweep differs"
  done
done

# Comparisons: wrong usage.
expect 1 "one experiment" "$ams" compare
expect 3 "nowhere/runs" "$ams" compare nowhere
expect 1 "ams list policies" "$ams" compare exp --baseline fixed,nosuch
expect 1 "--split" "$ams" compare exp --split nosuch

# Policies from elsewhere stand among the baselines, seeds of one label together.
"$ams" average exp/runs/dqn,lr=0.001-1 exp/runs/dqn,lr=0.0005-1 --label mean -o mean-1.ams > /dev/null
"$ams" average exp/runs/dqn,lr=0.001-2 exp/runs/dqn,lr=0.0005-2 --label mean -o mean-2.ams > /dev/null
cp -r exp beside
"$ams" compare beside --bootstrap 100 --draws 5 --policy mean-1.ams --policy mean-2.ams > out.txt 2> /dev/null
grep -q '^| mean  *|  *2 |' out.txt || fail "no row of the mean: $(cat out.txt)"
grep -q "^mean	2	1.0	time_ms_diff_fixed	" beside/compare.tsv || fail "no difference of the mean to fixed"
train=("$ams" train --data small.h5 "${common[@]}" warmup=100 lr=0.001 "label=dqn,lr=0.001")
"${train[@]}" -o further steps=100 seed=9 > /dev/null 2>&1
expect 1 "name it otherwise" "$ams" compare beside --draws 5 --policy further
# One of other settings is no further seed: it has a row of its own, named by what differs.
"${train[@]}" -o shorter steps=50 seed=9 > /dev/null 2>&1
"$ams" compare beside --bootstrap 100 --draws 5 --policy shorter > out.txt 2> /dev/null
grep -q '^| dqn,lr=0.001,steps=50  *|  *1 |' out.txt || fail "no row of the shorter run: $(cat out.txt)"
mkdir -p none/runs/x
expect 1 "no run in none/runs is finished" "$ams" compare none

# Every metric of every agent; the files of an eval folder beside.
"$ams" compare exp --bootstrap 300 --threads 1 > table.txt 2> err.txt
grep -q "'dqn,lr=0.001' has 3 seeds" err.txt || fail "no warning about few seeds: $(cat err.txt)"
grep -q '^| dqn,lr=0.0005 |     3 |' table.txt || fail "table: $(cat table.txt)"
grep -q '^| fixed ' exp/compare.md || fail "compare.md"
[ "$(head -1 exp/compare.tsv)" = "$(printf 'agent\tseeds\trequired_recall\tmetric\tmean\tci_low\tci_high')" ] ||
  fail "columns of compare.tsv"
for metric in time_ms models_run saved_vs_all saved_vs_random saved_vs_fixed gap_closed \
  time_ms_diff_fixed time_ms_iqm models_saved_vs_random "p_improve:dqn,lr=0.0005" "saved_vs:dqn,lr=0.0005"; do
  [ "$(grep -cP "^dqn,lr=0.001\t3\t(0.5|0.8|0.9|1.0)\t$metric\t" exp/compare.tsv)" = 4 ] ||
    fail "compare.tsv: $metric"
done
for metric in auc train_seconds; do
  [ "$(grep -cP "^dqn,lr=0.001\t3\t-\t$metric\t" exp/compare.tsv)" = 1 ] || fail "compare.tsv: $metric"
done
# Two agents with 4 x 11 + 2 rows, four baselines with 4 x 9 + 1.
[ "$(wc -l < exp/compare.tsv)" = 257 ] || fail "rows of compare.tsv: $(wc -l < exp/compare.tsv)"
# Each from the times: shares of the means, and what has to hold of any draw.
awk -F '\t' 'NR > 1 { mean[$1, $3, $4] = $5; low[$1, $3, $4] = $6; high[$1, $3, $4] = $7
    if ($6 > $7) exit 1 }
  function near(a, b) { return (a > b ? a - b : b - a) < 1e-4 }
  END { a = "dqn,lr=0.001"; b = "dqn,lr=0.0005"
    n = split("0.5 0.8 0.9 1.0", recalls, " ")
    for (i = 1; i <= n; i++) { q = recalls[i]
      x = mean[a, q, "time_ms"]; f = mean["fixed", q, "time_ms"]
      r = mean["random", q, "time_ms"]; o = mean["oracle", q, "time_ms"]
      if (!near(mean[a, q, "saved_vs_fixed"], 1 - x / f)) exit 1
      if (!near(mean[a, q, "time_ms_diff_fixed"], x - f)) exit 1
      if (!near(mean[a, q, "saved_vs:" b], 1 - x / mean[b, q, "time_ms"])) exit 1
      m = mean[a, q, "models_run"] / mean["random", q, "models_run"]
      if (!near(mean[a, q, "models_saved_vs_random"], 1 - m)) exit 1
      if (!near(mean[a, q, "gap_closed"], (r - x) / (r - o))) exit 1
      if (!near(mean[a, q, "p_improve:" b] + mean[b, q, "p_improve:" a], 1)) exit 1
      if (!near(mean[a, q, "time_ms_iqm"], x)) exit 1 # nothing is cut of three seeds
      if (!near(low["oracle", q, "gap_closed"], 1) || high["random", q, "gap_closed"] != 0) exit 1
    } }' exp/compare.tsv || fail "compare.tsv is not consistent"
grep -q '"unfinished": 0' exp/compare.json || fail "compare.json"

# The same for any number of threads, as JSON, and as `ams eval` has it.
cp exp/compare.tsv first.tsv
cp exp/compare.md first.md
"$ams" compare exp --bootstrap 300 --threads 2 --json > json.txt 2> /dev/null
cmp first.tsv exp/compare.tsv || fail "compare.tsv depends on the threads"
cmp first.md exp/compare.md || fail "compare.md depends on the threads"
cmp json.txt exp/compare.json || fail "--json of compare"
"$ams" eval --data small.h5 --policy exp/runs/dqn,lr=0.001-1 --policy exp/runs/dqn,lr=0.001-2 \
  --policy exp/runs/dqn,lr=0.001-3 --bootstrap 300 -o evaluated > /dev/null
for file in summary.tsv intervals.tsv curves.tsv; do
  cmp <(grep -F 'dqn,lr=0.001' evaluated/$file) <(grep -F 'dqn,lr=0.001' exp/eval/$file) ||
    fail "$file of compare and of eval differ"
done
"$ams" compare exp --bootstrap 300 --seed 1 > /dev/null 2>&1
! cmp -s first.tsv exp/compare.tsv || fail "--seed of compare changes nothing"
if command -v gnuplot > /dev/null; then
  "$ams" plot exp/eval -o figures > /dev/null
  [ -s figures/recall-time.svg ] || fail "exp/eval cannot be drawn"
fi

# A file that --memory does not hold is scored in windows, some runs each time it is read, to the same bits;
# a baseline that compares items with the training items cannot be.
"$ams" data synth --preset voc --items 1500 -o many.h5 > /dev/null
"$ams" sweep --data many.h5 --seeds 1-2 -j 2 --memory 64 "${common[@]}" warmup=100 steps=60 items=50,0 \
  -o sampled > /dev/null 2>&1
cp -r sampled windows
compare=(--bootstrap 50 --draws 5 --baseline "fixed,oracle,linear" --baseline-items)
"$ams" compare sampled "${compare[@]}" > /dev/null 2>&1
mkdir windows/eval
cp sampled/eval/positions.tsv windows/eval
"$ams" compare windows "${compare[@]}" --memory 4 > /dev/null 2>&1 || fail "compare in windows"
for file in compare.tsv compare.md eval/summary.tsv eval/intervals.tsv eval/curves.tsv eval/learning.tsv \
  eval/training_items.tsv; do
  cmp sampled/$file windows/$file || fail "$file depends on --memory"
done
cmp <(grep -v '"command"' sampled/compare.json) <(grep -v '"command"' windows/compare.json) ||
  fail "compare.json depends on --memory"
[ ! -e windows/eval/positions.tsv ] || fail "an earlier positions.tsv beside a comparison in windows"
"$ams" compare windows "${compare[@]}" --memory 4 --whole > /dev/null 2>&1
cmp sampled/eval/positions.tsv windows/eval/positions.tsv || fail "--whole of compare"
expect 1 "raise --memory" "$ams" compare windows --memory 4 --baseline knn
expect 1 "fitted to its 270 training items" "$ams" compare windows --memory 1
expect 1 "--memory" "$ams" compare windows --memory 0
# Runs side by side share --memory.
expect 1 "--memory" "$ams" sweep --data many.h5 --memory 0 -o bad
expect 1 "2 of 2 runs failed" "$ams" sweep --data many.h5 --seeds 1-2 -j 2 --memory 3 -o little
grep -q -- "--memory is 1: train on a sample" little/failed.tsv || fail "--memory of two: $(cat little/failed.tsv)"
expect 1 "1 of 1 runs failed" "$ams" sweep --data many.h5 --seeds 1 -j 2 --memory 1 -o alone
grep -q -- "--memory is 1: train on a sample" alone/failed.tsv || fail "--memory of one: $(cat alone/failed.tsv)"

# Unfinished runs are named; other data has to be asked for.
mkdir mixed/runs/begun
"$ams" compare mixed --bootstrap 50 > table.txt 2> err.txt
grep -q 'runs/begun is left out' err.txt || fail "an unfinished run: $(cat err.txt)"
grep -q 'runs that failed and are not done again: 2, see mixed/failed.tsv' err.txt ||
  fail "failed runs: $(cat err.txt)"
grep -q '"unfinished": 1' mixed/compare.json || fail "compare.json: unfinished"
"$ams" data split small.h5 --split 0.3,0.3,0.4 -o other.h5 > /dev/null
mv small.h5 kept.h5
expect 3 "--data" "$ams" compare mixed
cp other.h5 small.h5
expect 1 "has changed" "$ams" compare mixed
"$ams" compare mixed --data other.h5 --baseline random --bootstrap 50 > /dev/null 2> err.txt
! grep -q 'saved_vs_fixed' mixed/compare.tsv || fail "a saving against a baseline that is not there"

echo "1 passed, 0 failed"
