#!/bin/bash
# Training and evaluation from the command line: files and columns, errors and exit codes, the same
# numbers for any number of threads. Argument: the program.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
common=(batch=16 hidden=16 warmup=100 replay=1000 log_every=20 validate_every=40 checkpoint_every=50 refine_items=1)

# Wrong usage: a distinct code, a way out, nothing written.
expect 1 "--data" "$ams" train
expect 1 "did you mean 'batch'?" "$ams" train --data small.h5 -o bad btach=3
expect 1 "expected one of" "$ams" train --data small.h5 -o bad agent=nosuch
expect 1 "warmup=2000" "$ams" train --data small.h5 -o bad warmup=2000 replay=1000
expect 3 "No such file" "$ams" train --data none.h5 -o bad
expect 3 "directory" "$ams" train --data . -o bad
head -c 1000 small.h5 > cut.h5
expect 2 "cut.h5" "$ams" train --data cut.h5 -o bad
printf 'steps = 10\nlearning = 3\n' > bad.ini
expect 1 "bad.ini:2" "$ams" train --data small.h5 --config bad.ini -o bad
expect 3 "No such file" "$ams" train --resume nowhere
[ ! -e bad ] || fail "a refused training left a folder"

# A run, the same again, another configuration in its folder, more threads.
"$ams" train --data small.h5 -o a "${common[@]}" steps=100 > out.txt 2> /dev/null
grep -q '^a: 100 updates' out.txt || fail "no summary: $(cat out.txt)"
for file in config.ini manifest.json metrics.tsv timing.tsv policy.ams checkpoints/last; do
  [ -s "a/$file" ] || fail "a/$file is missing"
done
[ "$(head -1 a/metrics.tsv)" = "$(printf 'update\tepisodes\tepsilon\tloss\tq_mean\tvalidation_area\tvalidation_time_ms\tsince_best')" ] ||
  fail "columns of metrics.tsv"
[ "$(wc -l < a/metrics.tsv)" = 6 ] || fail "rows of metrics.tsv"
grep -q '"status": "finished"' a/manifest.json || fail "manifest.json: status"
"$ams" train --data small.h5 -o a "${common[@]}" steps=100 > out.txt 2> /dev/null
grep -q 'already finished' out.txt ||
  fail "a finished run was done again"
expect 1 "holds another run" "$ams" train --data small.h5 -o a "${common[@]}" steps=101
sed 's/^threads.*/threads = 2/' a/config.ini > threads.ini
"$ams" train --data small.h5 --config threads.ini -o b > /dev/null 2>&1
cmp a/policy.ams b/policy.ams || fail "policy.ams depends on the threads"
cmp a/metrics.tsv b/metrics.tsv || fail "metrics.tsv depends on the threads"
"$ams" train --data small.h5 -o c --seed 1 "${common[@]}" steps=100 --json > out.txt 2> /dev/null
grep -q '"outcome": "finished"' out.txt || fail "--json of train"

# Early stopping: by default there is none; with it the run is finished, and says when and why.
grep -q '"stopped_early": false' a/manifest.json || fail "manifest.json: stopped_early"
expect 1 "best_by=last" "$ams" train --data small.h5 -o bad best_by=last patience=1
"$ams" train --data small.h5 -o early "${common[@]}" steps=4000 patience=2 lr=0 > out.txt 2> /dev/null
grep -q '^early: 120 updates.*kept the weights of update 40, since when 2 validations were no better' out.txt ||
  fail "lr=0 gets better: $(cat out.txt)"
grep -q '"stopped_early": true' early/manifest.json || fail "manifest.json: stopped early"
[ "$(cut -f 1,8 early/metrics.tsv | tail -1)" = "$(printf '120\t2')" ] || fail "metrics.tsv ends otherwise"
"$ams" train --resume early > out.txt 2> /dev/null
grep -q 'already finished' out.txt || fail "trained on after an early stop: $(cat out.txt)"

# Interrupted and resumed: the same weights.
"$ams" train --data small.h5 -o whole "${common[@]}" steps=3000 > /dev/null 2>&1
"$ams" train --data small.h5 -o halves "${common[@]}" steps=3000 > out.txt 2>&1 &
pid=$!
until [ -s halves/checkpoints/last ]; do
  sleep 0.05
done
kill -TERM "$pid" 2> /dev/null || true
wait "$pid" || [ $? = 143 ] || fail "SIGTERM: exit $?"
"$ams" train --resume halves > /dev/null 2>&1
cmp whole/policy.ams halves/policy.ams || fail "a resumed run differs"
cmp whole/metrics.tsv halves/metrics.tsv || fail "the metrics of a resumed run differ"

# Evaluation.
expect 1 "policy" "$ams" eval --data small.h5
expect 1 "ams list policies" "$ams" eval --data small.h5 --policy nosuch
# What nothing would read is a mistake.
expect 1 "option --rule would be ignored: expected it together with --score truth|exact" "$ams" eval --data small.h5 --policy fixed --rule last
expect 1 "option --draws would be ignored: expected it without --score truth|exact" "$ams" compare exp --score truth --draws 5
expect 1 "option --set would be ignored: expected it together with --agent" "$ams" budget --data small.h5 --set lr=0.1
expect 2 "AMSPOL01" "$ams" eval --data small.h5 --policy small.h5
expect 1 "split" "$ams" eval --data small.h5 --policy fixed --split nosuch
expect 1 "a" "$ams" eval --data small.h5 --policy a --policy b
"$ams" eval --data small.h5 --policy a --policy c --policy paper=q-greedy:a --policy fixed \
  --policy optimal --policy oracle --policy valuable --bootstrap 200 -o e1 > table.txt
"$ams" eval --data small.h5 --policy a --policy c --policy paper=q-greedy:a --policy fixed \
  --policy optimal --policy oracle --policy valuable --bootstrap 200 --threads 2 -o e2 > /dev/null
for file in summary.tsv intervals.tsv curves.tsv items.tsv.zst; do
  cmp "e1/$file" "e2/$file" || fail "$file depends on the threads"
done
[ "$(head -1 e1/summary.tsv)" = "$(printf 'policy\tseed\trequired_recall\ttime_ms\tmodels_run\tsaved_vs_all\tsaved_vs_random')" ] ||
  fail "columns of summary.tsv"
[ "$(head -1 e1/intervals.tsv)" = "$(printf 'policy\trequired_recall\tmetric\tmean\tci_low\tci_high')" ] ||
  fail "columns of intervals.tsv"
# dqn with two seeds, and seven others, at ten required recalls.
[ "$(wc -l < e1/summary.tsv)" = 91 ] || fail "rows of summary.tsv: $(wc -l < e1/summary.tsv)"
# What no order can undercut: oracles below fixed, everything below all; shares are consistent.
awk -F '\t' 'NR > 1 && $3 == 1 { time[$1] = $4; saved[$1] = $6 }
  END {
    if (!(time["oracle"] < time["fixed"] && time["fixed"] < time["random"])) exit 1
    if (!(time["random"] < time["all"])) exit 1
    if ((1 - time["fixed"] / time["all"]) - saved["fixed"] > 1e-5) exit 1
  }' e1/summary.tsv || fail "summary.tsv is not consistent"
"$ams" eval --data small.h5 --policy fixed --json > out.txt
grep -q '"policy": "fixed"' out.txt || fail "--json of eval"
zstd -qd e1/items.tsv.zst -o items.tsv
grep -q '^policy' items.tsv || fail "items.tsv.zst"

# A policy of other models is refused.
"$ams" data select small.h5 --models fastestdet,facemesh -o two.h5 > /dev/null
expect 2 "models" "$ams" eval --data two.h5 --policy a

# No validation split: the last weights are kept, and it says so.
"$ams" data split small.h5 --split 0.5,0,0.5 -o novalid.h5 > /dev/null
"$ams" train --data novalid.h5 -o d "${common[@]}" steps=50 > out.txt 2>&1
grep -q 'validation split is empty' out.txt ||
  fail "no word about an empty validation split"
expect 1 "validation split" "$ams" train --data novalid.h5 -o d2 "${common[@]}" steps=50 patience=1
[ ! -e d2 ] || fail "a refused training left a folder"
echo "1 passed, 0 failed"
