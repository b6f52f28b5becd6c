#!/bin/bash
# Scheduling under limits from the command line: units, errors and exit codes, columns, the same
# numbers for any number of threads, the order that theory demands of the curves; the trace of an
# item. Arguments: the program, the sources.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
"$ams" train --data small.h5 -o run batch=16 hidden=16 warmup=100 replay=1000 log_every=20 \
  validate_every=40 steps=40 end=on > /dev/null 2>&1
deadline=(schedule deadline --data small.h5)
memory=(schedule deadline-memory --data small.h5)

# Wrong usage.
expect 1 "--deadline is required" "$ams" "${deadline[@]}" --policy run
expect 1 "1ms, 1s, 1%" "$ams" "${deadline[@]}" --policy run --deadline 100
expect 1 "option --deadline" "$ams" "${deadline[@]}" --policy run --deadline -5ms
expect 1 "option --deadline" "$ams" "${deadline[@]}" --policy run --deadline 300ms..100ms:50ms
expect 1 "more than 256" "$ams" "${deadline[@]}" --policy run --deadline 1ms..1s:1ms
expect 1 "one at a time" "$ams" "${deadline[@]}" --policy run --deadline 1s --memory 1GB
expect 1 "--memory is required" "$ams" "${memory[@]}" --policy run --deadline 1s
expect 1 "1MB, 1GB, 1x" "$ams" "${memory[@]}" --policy run --deadline 1s --memory 8
expect 1 "algorithm1, q-greedy, plan" "$ams" "${deadline[@]}" --policy run --deadline 1s \
  --scheduler algorithm2
expect 1 "rank, skip, clamp" "$ams" "${deadline[@]}" --policy run --deadline 1s --negative no
expect 1 "option --stop" "$ams" "${deadline[@]}" --policy run --deadline 1s --stop value:x
expect 1 "option --expect" "$ams" "${deadline[@]}" --policy run --deadline 1s --expect q2
expect 1 "cannot leave models out" "$ams" "${deadline[@]}" --policy oracle --deadline 1s
expect 1 "option --split" "$ams" "${deadline[@]}" --policy run --deadline 1s --split none
expect 1 "seed 0 already" "$ams" "${deadline[@]}" --policy run --policy run --deadline 1s
expect 1 "theta: the data set has no model 'none'" "$ams" train --data small.h5 -o no \
  --theta none=2 reward=paper loss=huber decide=q-greedy
expect 1 "reward=paper only" "$ams" train --data small.h5 -o no --theta facemesh=2
[ ! -e no ] || fail "a refused training left a folder"

# Files, the same for any number of threads; every schedule through the check.
common=(--policy run --policy cooccur --policy all --draws 3 --bootstrap 100 --check)
"$ams" "${deadline[@]}" "${common[@]}" --deadline 5%..60%:11%,2s --exact 0 -o a > table.txt
"$ams" "${deadline[@]}" "${common[@]}" --deadline 5%..60%:11%,2s --exact 0 -o b --threads 3 \
  > /dev/null
cmp a/schedule.tsv b/schedule.tsv || fail "schedule.tsv depends on the threads"
[ ! -e a/exact.tsv ] || fail "exact.tsv without --exact"
"$ams" "${memory[@]}" "${common[@]}" --deadline 100ms,400ms --memory 1x,300MB,1GB \
  --exact 20000 -o c > table.txt
"$ams" "${memory[@]}" "${common[@]}" --deadline 100ms,400ms --memory 1x,300MB,1GB \
  --exact 20000 -o d --threads 1 > /dev/null
cmp c/schedule.tsv d/schedule.tsv || fail "schedule.tsv depends on the threads"
cmp c/exact.tsv d/exact.tsv || fail "exact.tsv depends on the threads"
grep -q "^Memory 300 MB" table.txt || fail "no table for 300 MB: $(cat table.txt)"
for file in schedule.tsv timing.tsv schedule.json exact.tsv; do
  [ -s c/$file ] || fail "c/$file is missing"
done

# No curve above the bound or a solved optimum; with 2 s, twice what all models take, all is found.
# shellcheck disable=SC2016 # awk's own dollars
check='
  NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  { key = $at["deadline_ms"] "/" $at["memory_mb"]; recall[$1, key] = $at["recall"]; keys[key] = 1
    series[$1] = 1
    if ($at["ci_low"] > $at["recall"] + 1e-9 || $at["ci_high"] < $at["recall"] - 1e-9) exit 2
    if ($at["deadline_ms"] == 2000 && $1 !~ /^(bound|optimal\*|exact)$/ && $at["recall"] < 0.999999) exit 3 }
  END { for (k in keys) for (s in series) {
      if (!((s, k) in recall)) continue
      if (recall[s, k] > recall["bound", k] + 1e-6) exit 4
      if (("exact", k) in recall && s != "bound" && s != "optimal*" &&
          recall[s, k] > recall["exact", k] + 1e-6) exit 5 } }'
for folder in a c; do
  awk -F '\t' "$check" $folder/schedule.tsv || fail "$folder/schedule.tsv breaks rule $?"
done
awk -F '\t' 'NR > 1 && $1 != "optimal*" && $1 != "bound" && $7 > $8 + 1e-6 { exit 1 }' c/exact.tsv ||
  fail "a schedule beats the optimum"
"$ams" "${deadline[@]}" --policy run --deadline 40% --times recorded --expect q0.9 --late any \
  --negative skip --stop sum:0.05 --check --draws 2 --bootstrap 50 > out.txt
grep -q "algorithm1:dqn" out.txt || fail "options: $(cat out.txt)"
"$ams" "${deadline[@]}" --policy run --deadline 40% --stop end --check --draws 2 --bootstrap 50 > /dev/null

# As many policies as one likes: 400 by three schedulers, the best series first.
"$ams" data synth --preset plain --models 4 --labels 12 --items 30 -o plain.h5 > /dev/null
policies=()
for k in $(seq 400); do policies+=(--policy "p$k=cooccur"); done
"$ams" schedule deadline --data plain.h5 "${policies[@]}" --deadline 50% --draws 2 --bootstrap 2 > many.txt
[ "$(grep -c '^[a-z0-9-]*:p[0-9]' many.txt)" = 1200 ] || fail "$(wc -l < many.txt) lines of 400 policies"
tail -n +3 many.txt | awk '{ if (NR > 1 && $2 > last) exit 1; last = $2 }' || fail "400 policies are not in order"

# A file that --table-memory does not hold is scored in windows, to the same bits.
"$ams" data synth --preset voc --items 900 --run-times -o many.h5 > /dev/null
for seed in 0 1; do
  "$ams" train --data many.h5 -o many-$seed batch=16 hidden=16 warmup=100 replay=1000 steps=40 log_every=20 validate_every=40 \
    seed=$seed refine_items=1 > /dev/null 2>&1
done
one=(schedule deadline --data many.h5 --policy many-0 --policy many-1 --policy cooccur --deadline "20%,50%" --exact 50
  --times recorded --expect q0.9)
side=(schedule deadline-memory --data many.h5 --policy many-0 --policy linear --deadline 20% --memory "1x,2x")
for limit in 4096 2; do
  "$ams" "${one[@]}" --table-memory $limit --draws 2 --bootstrap 20 --check -o one-$limit > one-$limit.txt
  "$ams" "${side[@]}" --table-memory $limit --draws 2 --bootstrap 20 --check -o side-$limit > side-$limit.txt
done
for name in one side; do
  cmp $name-4096.txt $name-2.txt || fail "what is printed depends on --table-memory"
  cmp $name-4096/schedule.tsv $name-2/schedule.tsv || fail "schedule.tsv depends on --table-memory"
  cmp <(grep -v '"command"' $name-4096/schedule.json) <(grep -v '"command"' $name-2/schedule.json) ||
    fail "schedule.json depends on --table-memory"
done
cmp one-4096/exact.tsv one-2/exact.tsv || fail "exact.tsv depends on --table-memory"
expect 1 "--table-memory" "$ams" "${one[@]}" --policy knn --table-memory 2
expect 1 "its 162 training items" "$ams" "${one[@]}" --table-memory 1
expect 1 "option --table-memory" "$ams" "${one[@]}" --table-memory 0

# The trace of an item is its schedule in a file where it is the only test item.
"$ams" data export many.h5 -o many.jsonl > /dev/null
alone=$(sed -n 's/^{"item":"\([^"]*\)".*"split":"test".*/\1/p' many.jsonl | sed -n 6000p)
{ sed -n 's/^{"item":"\([^"]*\)".*"split":"train".*/\1/p' many.jsonl | uniq; echo "$alone"; } > list
"$ams" data select many.h5 --items list --keep-labels -o one.h5 > /dev/null
"$ams" data select many.h5 --items list --keep-labels --memory 1 -o windows.h5 > /dev/null
hash_of() { "$ams" data info "$1" --json | grep content_hash; }
[ "$(hash_of one.h5)" = "$(hash_of windows.h5)" ] || fail "data select depends on --memory"
echo nosuch >> list
expect 1 "1 of the 164 items in the list are unknown" "$ams" data select many.h5 --items list --memory 1 -o bad.h5
expect 1 "none that is in the groups" "$ams" data select many.h5 --groups nosuch --memory 1 -o bad.h5
for policy in many-0 cooccur linear; do
  for scheduler in algorithm1 plan; do
    "$ams" schedule deadline --data one.h5 --policy $policy --deadline 30% --scheduler $scheduler --draws 1 --bootstrap 1 \
      -o alone > /dev/null
    expected=$(awk -F '\t' -v s="^$scheduler:" '$1 ~ s && $1 !~ /truth/ { printf "%.4f %.1f", $4, $16 }' alone/schedule.tsv)
    found=$("$ams" trace --data many.h5 --policy $policy --item "$alone" --deadline 30% --scheduler $scheduler |
      sed -n 's/^recall \([0-9.]*\) of value [0-9.]* at \([0-9.]*\) ms.*/\1 \2/p')
    [ "$found" = "$expected" ] || fail "trace of $policy by $scheduler: $found, expected $expected"
  done
done

# The trace of an item.
"$ams" data export small.h5 -o rows.jsonl > /dev/null
item=$(sed -n '1s/.*"item": *"\([^"]*\)".*/\1/p' rows.jsonl)
expect 1 "expected one --policy" "$ams" trace --data small.h5 --item "$item"
expect 1 "has no item 'nosuch'" "$ams" trace --data small.h5 --policy run --item nosuch
"$ams" trace --data small.h5 --policy run --item "$item" > out.txt
grep -q "recall 1.0000 of value" out.txt || fail "without limits all is found: $(cat out.txt)"
[ "$(grep -cE '^ +[0-9.]+ +[0-9.]+  [a-z]' out.txt)" = 30 ] || fail "30 runs: $(cat out.txt)"
"$ams" trace --data small.h5 --policy fixed --item "$item" --deadline 100ms --json > out.json
if [ -x /usr/bin/python3 ]; then
  /usr/bin/python3 - << 'END' || fail "out.json"
import json
trace = json.load(open("out.json"))
end = 0.0
for run in trace["runs"]:  # one at a time, in time
    assert run["start_ms"] == end and run["finished"], run
    end = run["end_ms"]
assert end <= 100 and trace["done_ms"] == end, trace["done_ms"]
assert len(trace["runs"]) + len(trace["left"]) == 30
END
fi
if command -v gnuplot > /dev/null; then
  "$ams" trace --data small.h5 --policy run --item "$item" --deadline 168ms --memory 1.5x -o t \
    > out.txt
  for file in trace.txt trace.json trace.tsv gantt.gp gantt.svg gantt.png; do
    [ -s t/$file ] || fail "t/$file is missing"
  done
  "$ams" plot a > out.txt 2> err.txt
  "$ams" plot c >> out.txt 2>> err.txt
  [ ! -s err.txt ] || fail "ams plot says $(cat err.txt)"
  for file in a/plots/recall-deadline.svg c/plots/of-bound.png; do
    [ -s "$file" ] || fail "$file is missing"
  done
fi
# --json has the rows of schedule.tsv, with all digits, and nothing else on standard output.
"$ams" "${memory[@]}" --policy fixed --deadline "20%,50%" --memory 1x --draws 2 --bootstrap 5 --json -o j > json.txt 2> /dev/null
[ "$(head -c 1 json.txt)" = "{" ] || fail "JSON: $(head -n 1 json.txt)"
[ "$(grep -c '"series":' json.txt)" = "$(($(wc -l < j/schedule.tsv) - 1))" ] || fail "JSON: other rows than schedule.tsv"
diff <(sed -n 's/^ *"recall": \(.*\),$/\1/p' json.txt | awk '{ printf "%.6f\n", $1 }') <(tail -n +2 j/schedule.tsv | cut -f4) ||
  fail "JSON: other recalls"
grep -qE '"recall": 0\.[0-9]{12}' json.txt || fail "JSON: digits are cut"
for column in $(head -n 1 j/schedule.tsv); do grep -q "\"$column\": " json.txt || fail "JSON: no $column"; done
echo "1 passed, 0 failed"
