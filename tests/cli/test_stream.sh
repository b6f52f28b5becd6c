#!/bin/bash
# Streams from the command line: what is refused, files, the same numbers for any number of threads, traces, what
# theory demands of the scores. Argument: the program.
set -euo pipefail
ams=$1
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

# Three stages of 1, 2 and 3 ms whose confidence rises; it says how often they are right.
printf 'name\ttask\ttime_ms\nlate\tt\t3\nfirst\tt\t1\nsecond\tt\t2\n' > models.tsv
awk 'BEGIN {
  srand(7)
  print "item\ttruth" > "truth.tsv"
  for (i = 0; i < 300; i++) {
    hard = rand(); coin = rand()
    printf "i%03d\tcat\n", i > "truth.tsv"
    for (l = 1; l <= 3; l++) {
      p = 1 - 0.7 * hard ^ l
      name = l == 1 ? "first" : l == 2 ? "second" : "late"
      right = coin < p
      printf "{\"item\":\"i%03d\",\"split\":\"%s\",\"model\":\"%s\",\"time_ms\":%.3f,\"labels\":[[\"%s\",%.4f]]}\n",
        i, i < 100 ? "train" : i < 150 ? "validation" : "test", name, l * (0.8 + 0.4 * rand()),
        right ? "cat" : "dog", p
    }
  }
}' > rows.jsonl
"$ams" data import rows.jsonl --models models.tsv --truth truth.tsv -o s.h5 > /dev/null 2>&1
of=(stream --data s.h5 --stages 'first,second,late')

# Wrong usage.
expect 1 "--data is required" "$ams" stream
expect 1 "option --clients: expected with --arrivals clients" "$ams" "${of[@]}" --arrivals poisson --load 1 --clients 4
expect 1 "option --load: expected with other --arrivals than clients" "$ams" "${of[@]}" --load 1
expect 1 "option --deadline-high: expected with no --slo-scale" "$ams" "${of[@]}" --slo-scale 2 --deadline-high 9ms
expect 1 "did you mean edf-full?" "$ams" "${of[@]}" --scheduler edf-ful
expect 1 "did you mean mean?" "$ams" "${of[@]}" --scheduler dp@meen
expect 1 "predicts nothing" "$ams" "${of[@]}" --scheduler edf-full@mean
expect 1 "after the colon" "$ams" "${of[@]}" --scheduler static:x
expect 1 "from 1 to 3" "$ams" "${of[@]}" --scheduler static:4
expect 1 "expected --policy P" "$ams" "${of[@]}" --scheduler dp@agent
expect 1 "did you mean 'first'?" "$ams" stream --data s.h5 --stages firts
expect 1 "named twice" "$ams" stream --data s.h5 --stages first,first
expect 1 "not both" "$ams" stream --data s.h5 --stages first --sets second
expect 1 "scored by their value" "$ams" stream --data s.h5 --sets all --score truth
expect 1 "plans stages" "$ams" stream --data s.h5 --sets all --scheduler dp
expect 1 "below --deadline-low" "$ams" "${of[@]}" --deadline-low 5ms --deadline-high 4ms
expect 1 "less than --jobs" "$ams" "${of[@]}" --jobs 100 --warmup 100
expect 1 "option --noise" "$ams" "${of[@]}" --noise loud
expect 1 "arrivals are those of the trace" "$ams" "${of[@]}" --arrivals poisson --trace t.csv
"$ams" data import rows.jsonl --models models.tsv --truth <(head -150 truth.tsv) -o half.h5 > /dev/null 2>&1
expect 2 "right answer of every item" "$ams" stream --data half.h5

# Files; the same for any number of threads; every schedule through the check.
common=(--jobs 600 --warmup 100 --seeds 1-2 --check)
"$ams" "${of[@]}" "${common[@]}" --clients 1..5:2 --noise recorded -o a > table.txt 2> /dev/null
"$ams" "${of[@]}" "${common[@]}" --clients 1..5:2 --noise recorded -o b --threads 3 > /dev/null 2>&1
cmp a/stream.tsv b/stream.tsv || fail "stream.tsv depends on the threads"
cmp a/timeline.tsv b/timeline.tsv || fail "timeline.tsv depends on the threads"
for file in stream.tsv timing.tsv stream.json timeline.tsv; do
  [ -s a/$file ] || fail "a/$file is missing"
done
grep -q '^clients 5: offered load' table.txt || fail "no table of 5 clients: $(cat table.txt)"

score() { # FILE SERIES COLUMN: at the last point
  awk -F'\t' -v series="$2" -v column="$3" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $1 == series { found = $at[column] } END { print found }' "$1"
}
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

# Whoever knows the scores is ahead; planning is ahead of running everything, which misses more.
above "$(score a/stream.tsv dp@truth score)" "$(score a/stream.tsv dp@mean score)" || fail "truth does not help"
above "$(score a/stream.tsv dp@mean score)" "$(score a/stream.tsv edf-full score)" || fail "dp is behind edf-full"
above "$(score a/stream.tsv edf-full missed)" "$(score a/stream.tsv dp@mean missed)" || fail "dp misses more"

# No scheduler exceeds the bound, where GLPK is there.
if "$ams" "${of[@]}" "${common[@]}" --clients 4 --scheduler dp@truth --bound -o bound > /dev/null 2> err.txt; then
  above "$(score bound/stream.tsv bound score)" "$(score bound/stream.tsv dp@truth score)" ||
    fail "a score above the bound"
  above "$(score bound/stream.tsv bound score)" "$(score bound/stream.tsv bound-online score)" ||
    fail "who knows nothing beforehand reaches more than who knows all"
  above "$(score bound/stream.tsv dp@truth missed)" "$(score bound/stream.tsv bound missed)" ||
    fail "fewer jobs missed than any schedule misses"
else
  grep -q "without GLPK" err.txt || fail "$(cat err.txt)"
fi

# A trace, by ids and by places; arrivals of other kinds; sets, by value and on a worker per model.
printf 'arrival_ms,deadline_ms,item\n0,10,i200\n1,10,i201\n2.5,8,0\n' > t.csv
"$ams" "${of[@]}" --trace t.csv --seeds 1 --scheduler edf-full -o t > table.txt 2> /dev/null
[ "$(score t/stream.tsv edf-full missed)" = 0 ] || fail "a trace of three jobs: $(cat table.txt)"
printf 'arrival_ms,deadline_ms,item\n0,10,nobody\n' > t2.csv
expect 2 "t2.csv:2" "$ams" "${of[@]}" --trace t2.csv
for arrivals in poisson on-off day; do
  "$ams" "${of[@]}" "${common[@]}" --arrivals $arrivals --load 0.5,1.5 --scheduler hedged,dp-greedy \
    --charge-scheduler 20 > /dev/null 2>&1
done
"$ams" stream --data s.h5 --sets all "${common[@]}" --workers models --arrivals poisson --load 1.2 --slo-scale 1 \
  -o sets > /dev/null 2>&1
"$ams" stream --data s.h5 --sets all "${common[@]}" --workers 2 --policy knn --scheduler subset-dp@agent,subset-dp \
  > table.txt 2> /dev/null
grep -q '^subset-dp@agent' table.txt || fail "no predictor agent: $(cat table.txt)"

# Exits that the table of models names are the stages, in their order, whatever is done with the file.
printf 'name\ttask\ttime_ms\tstage_of\tstage\nlate\tt\t3\tnet\t3\nfirst\tt\t1\tnet\t1\nsecond\tt\t2\tnet\t2\n' > exits.tsv
"$ams" data import rows.jsonl --models exits.tsv --truth truth.tsv -o exits.h5 > /dev/null 2>&1
"$ams" data info exits.h5 | grep -q '^exits      of net: first, second, late$' || fail "no exits: $("$ams" data info exits.h5)"
"$ams" data export exits.h5 -o exported.jsonl > /dev/null
"$ams" data import exported.jsonl --models exported.models.tsv -o again.h5 > /dev/null 2>&1
"$ams" data info again.h5 --json > again.json
grep -q "$("$ams" data info exits.h5 --json | grep content_hash)" again.json || fail "the exported file differs"
head -150 truth.tsv | tail -149 | cut -f1 > half.txt
"$ams" data select exits.h5 --items half.txt -o one.h5 > /dev/null
"$ams" data select exits.h5 --items <(tail -151 truth.tsv | cut -f1) -o two.h5 > /dev/null
"$ams" data merge one.h5 two.h5 -o merged.h5 > /dev/null
for file in exits.h5 again.h5 merged.h5; do
  "$ams" stream --data $file "${common[@]}" --clients 4 --scheduler dp -o named > /dev/null 2>&1
  "$ams" "${of[@]}" "${common[@]}" --clients 4 --scheduler dp -o listed > /dev/null 2>&1
  cmp named/stream.tsv listed/stream.tsv || fail "$file: other stages than the network's exits"
done
expect 2 "file 2; import them with the same --models" "$ams" data merge one.h5 s.h5 -o other.h5
"$ams" stream --data exits.h5 --stages task:t "${common[@]}" --clients 4 --scheduler dp -o named > /dev/null 2>&1
cmp named/stream.tsv listed/stream.tsv || fail "models of a task are not in the order of their times"
"$ams" stream --data exits.h5 --stages policy:knn "${common[@]}" --clients 4 --scheduler dp -o named > /dev/null 2>&1
grep -q '"order": "knn"' named/stream.json || fail "$(cat named/stream.json)"
expect 1 "found sets: leave out --bound" "$ams" stream --data s.h5 --sets all --bound
expect 1 "found a worker per model: leave out --bound" "$ams" "${of[@]}" --workers models --scheduler density --bound
expect 1 "less than the 3 of the trace" "$ams" "${of[@]}" --trace t.csv --warmup 500

# Links predict by their file's name, also where a scheduler names no predictor.
"$ams" links train --data s.h5 -o s.links > /dev/null 2>&1
"$ams" stream --data s.h5 --sets all "${common[@]}" --predictor links:s.links \
  --scheduler subset-dp,subset-dp@links:s.links,density@prior > table.txt 2> /dev/null
[ "$(grep -c '^subset-dp@links' table.txt)" = 2 ] || fail "no predictor links: $(cat table.txt)"
grep -q '^density@prior' table.txt || fail "a predictor that is named: $(cat table.txt)"
expect 3 "none.links" "$ams" "${of[@]}" --scheduler dp@links:none.links

# What varies from point to point says which figures there are.
"$ams" "${of[@]}" "${common[@]}" --clients 3 --deadline-high 1x,2x --scheduler dp,edf-full -o by-deadline > /dev/null 2>&1
"$ams" "${of[@]}" "${common[@]}" --clients 3 --delta 0.1,0.01 --scheduler dp -o by-delta > /dev/null 2>&1
if command -v gnuplot > /dev/null; then
  for figure in a/stream-clients by-deadline/stream-deadline by-delta/stream-delta; do
    "$ams" plot "${figure%/*}" -o "${figure%/*}/plots" --format svg > /dev/null 2> out.txt || fail "$(cat out.txt)"
    [ -s "${figure%/*}/plots/${figure#*/}.svg" ] || fail "$figure.svg is missing"
    ! grep -qi warning out.txt || fail "gnuplot warns: $(cat out.txt)"
  done
  [ -e a/plots/stream-score.svg ] || fail "no figure by load of points with several"
  [ ! -e by-deadline/plots/stream-score.svg ] || fail "a figure by load of points with one load"
fi

# The predictor of these stages goes to a server on shared workers, which records what it is asked for.
"$ams" "${of[@]}" --scheduler edf-full --jobs 600 --seeds 1 --save-predictor mean.tsv > /dev/null 2>&1
"$ams" train --data s.h5 -o run steps=20 warmup=50 batch=8 hidden=8 replay=100 log_every=10 validate_every=20 > /dev/null 2>&1
"$ams" stream --data s.h5 --sets all --workers models --scheduler edf-full --jobs 600 --seeds 1 --save-predictor sets.tsv \
  > /dev/null 2>&1
serve=(serve --policy run --workers 1 --stages 'first,second,late')
expect 1 "together with --workers" "$ams" serve --policy run --trace served.csv
expect 1 "did you mean 'second'?" "$ams" serve --policy run --workers 1 --stages secon
expect 1 "needs a predictor" "$ams" "${serve[@]}" --scheduler dp
expect 1 "KIND:NUMBER" "$ams" "${serve[@]}" --scheduler threshold
expect 1 "needs a predictor" "$ams" "${serve[@]}" --scheduler subset-dp
expect 1 "not both" "$ams" "${serve[@]}" --sets all
expect 1 "plans stages" "$ams" serve --policy run --workers models --sets all --scheduler dp --predictor sets.tsv
expect 2 "mean.tsv: expected a predictor of 2 stages, as they are served, found one of 3 stages" \
  "$ams" serve --policy run --workers 1 --stages first,second --predictor mean.tsv
expect 2 "model 2 is 'late', which is served, found 'second'" "$ams" serve --policy run --workers 1 --stages first,late,second \
  --predictor mean.tsv

# The predictor outputs, and stages as the predictor or the data name them.
expect 1 "found exp" "$ams" "${of[@]}" --scheduler edf-full --predictor exp --save-predictor exp.tsv
[ ! -e exp.tsv ] || fail "a predictor that is not saved left a file"
expect 1 "found policy:knn" "$ams" stream --data s.h5 --stages policy:knn --scheduler edf-full --save-predictor exp.tsv
"$ams" stream --data exits.h5 --scheduler edf-full --jobs 600 --seeds 1 --predictor outputs --save-predictor outputs.tsv > /dev/null 2>&1
any=(serve --policy run --workers 1)
expect 1 "found one of 'mean'; \`ams stream --predictor outputs" "$ams" "${any[@]}" --scheduler dp@outputs --predictor mean.tsv
expect 1 "predicts nothing" "$ams" "${any[@]}" --scheduler edf-full@outputs --predictor outputs.tsv
expect 1 "knows networks and tasks" "$ams" "${any[@]}" --stages net
expect 1 "found policy:knn" "$ams" "${any[@]}" --stages policy:knn --data exits.h5
expect 1 "no models of the task 'u'" "$ams" "${any[@]}" --stages task:u --data exits.h5
expect 3 "absent.h5" "$ams" "${any[@]}" --stages net --data absent.h5
"$ams" data select s.h5 --models first,second -o two-models.h5 > /dev/null
expect 2 "outputs.tsv: expected a predictor of models that the policy has, found one of 'late'" "$ams" serve --policy fixed \
  --fit two-models.h5 --workers 1 --predictor outputs.tsv
expect 3 "absent.tsv" "$ams" "${any[@]}" --scheduler dp --predictor absent.tsv
expect 3 "run" "$ams" "${any[@]}" --scheduler dp --predictor run
head -20 outputs.tsv > cut.tsv
expect 2 "expected 36 rows, of 3 stages and 2 labels, found 19" "$ams" "${any[@]}" --scheduler dp --predictor cut.tsv
sed '5s/\t[^\t]*$/\tnan/' outputs.tsv > nan.tsv
expect 2 "nan.tsv:5: expected a number" "$ams" "${any[@]}" --scheduler dp --predictor nan.tsv
if [ -c /dev/full ]; then
  "$ams" "${of[@]}" --scheduler edf-full --save-predictor /dev/full > out.txt 2>&1 && fail "a full disk is taken for a file: $(cat out.txt)"
fi
for how in '--predictor outputs.tsv --scheduler dp@outputs' '--data exits.h5' '--data exits.h5 --stages net' '--data s.h5 --stages task:t'; do
  # shellcheck disable=SC2086
  printf '%s\n' '{"op":"begin","item":"i200","deadline_ms":60000,"next":true}' \
    '{"op":"finished","item":"i200","model":"first","labels":[["t/cat",0.3]],"next":true}' |
    "$ams" "${any[@]}" $how > replies.txt 2> err.txt || fail "$how: $(cat err.txt)"
  sed -i 's/"wait_ms":[0-9.]*/"wait_ms":W/' replies.txt
  printf '%s\n' '{"ok":true,"do":"start","models":["first"],"wait_ms":W}' \
    '{"ok":true,"do":"start","models":["second"],"wait_ms":W}' > expected.txt
  cmp replies.txt expected.txt || fail "$how: $(cat replies.txt)"
done
"$ams" data synth --preset exits --items 100 -o made.h5 > /dev/null
"$ams" data info made.h5 | grep -q '^exits      of net: exit-1, exit-2, exit-3$' || fail "generated exits: $("$ams" data info made.h5)"
printf '%s\n' '{"op":"begin","item":"i200","deadline_ms":60000,"next":true}' \
  '{"op":"begin","item":"i201","deadline_ms":50000,"next":true}' \
  '{"op":"finished","item":"i200","model":"first","labels":[["t/cat",0.9]],"next":true}' \
  '{"op":"next","item":"i201"}' |
  "$ams" "${serve[@]}" --scheduler dp --predictor mean.tsv --trace served.csv > replies.txt 2> /dev/null
sed -i 's/"wait_ms":[0-9.]*/"wait_ms":W/' replies.txt
printf '%s\n' '{"ok":true,"do":"start","models":["first"],"wait_ms":W}' '{"ok":true,"do":"wait","wait_ms":W}' \
  '{"ok":true,"do":"wait","wait_ms":W}' '{"ok":true,"do":"start","models":["first"],"wait_ms":W}' > expected.txt
cmp replies.txt expected.txt || fail "a session on shared workers: $(cat replies.txt)"
"$ams" "${of[@]}" --trace served.csv --seeds 1 --scheduler dp > table.txt 2>&1 || fail "replay: $(cat table.txt)"
# Sets on a worker per model: both start at once, and a predictor of sets says what follows.
printf '%s\n' '{"op":"begin","item":"i200","deadline_ms":60000,"next":true}' \
  '{"op":"finished","item":"i200","model":"first","labels":[["t/cat",0.9]],"next":true}' |
  "$ams" serve --policy run --workers models --sets all --scheduler subset-dp --predictor sets.tsv > replies.txt 2> /dev/null
sed -i 's/"wait_ms":[0-9.]*/"wait_ms":W/' replies.txt
printf '%s\n' '{"ok":true,"do":"start","models":["late","first","second"],"wait_ms":W}' \
  '{"ok":true,"do":"wait","wait_ms":W}' > expected.txt
cmp replies.txt expected.txt || fail "a session of sets: $(cat replies.txt)"
# --json has the printed series and all digits of their numbers.
"$ams" "${of[@]}" --trace served.csv --seeds 1 --scheduler dp --json > json.txt 2> err.txt || fail "--json: $(cat err.txt)"
score=$(sed -n 's/^ *"score": \([0-9.]*\),$/\1/p' json.txt | head -n 1)
grep -qF "$(awk -v s="$score" 'BEGIN { printf "%.2f", 100 * s }')" table.txt || fail "--json has the score $score: $(cat table.txt)"
grep -q '"decision_us": ' json.txt || fail "--json: $(cat json.txt)"
# The same data for `ams budget`: its JSON has the table's numbers.
"$ams" budget --data s.h5 --bootstrap 10 > table.txt 2> /dev/null
"$ams" budget --data s.h5 --bootstrap 10 --json > json.txt 2> err.txt || fail "budget --json: $(cat err.txt)"
right=$(sed -n 's/^ *"right": \([0-9.]*\),$/\1/p' json.txt | head -n 1)
grep -qF " $(printf '%.4f' "$right") " table.txt || fail "budget --json has $right: $(head -n 3 table.txt)"
