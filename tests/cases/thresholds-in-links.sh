#!/bin/bash
# Links took 0.5 for the valuable threshold of every model, whatever the table said.
# expected: links of bits see what is valuable and nothing else; files keep a threshold per model; extremes are taken or refused
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" data threshold d.h5 a=0.4,b=0.6,c=0.75 -o own.h5
# The same valuable outputs with the usual threshold: 0.9 above the model's own, 0.1 else.
awk -F '"' 'BEGIN { t["a"] = 0.4; t["b"] = 0.6; t["c"] = 0.75 }
  { n = split($0, part, ", "); split(part[n], last, "]"); printf "%s, %s]]}\n", substr($0, 1, length($0) - length(part[n]) - 2), (last[1] > t[$12] ? 0.9 : 0.1) }' rows.jsonl > half.jsonl
expect_code 0 "$AMS" data import half.jsonl --models models.tsv --truth truth.tsv -o half.h5
[ "$("$AMS" data info --json own.h5 | grep -o '"valuable_outputs": [0-9]*')" = "$("$AMS" data info --json half.h5 | grep -o '"valuable_outputs": [0-9]*')" ] ||
  fail "half.h5 is not the same"
# shellcheck disable=SC2054 # lists of the program
bits=(--targets bits --features bits --time 40% --method facility --fill refit,any)
for f in own half d; do
  expect_code 0 "$AMS" links eval --data $f.h5 "${bits[@]}" -o $f
  cut -f 9,12,14 $f/links.tsv > $f.txt
done
cmp -s own.txt half.txt || fail "links of bits differ from those of a table that says the same with 0.5: $(diff own.txt half.txt | head -n 2)"
cmp -s own.txt d.txt && fail "the thresholds change nothing"
expect_code 0 "$AMS" links select --data own.h5 --time 40% -o own.ams
expect_code 0 "$AMS" links select --data d.h5 --time 40% -o d.ams
[ "$(head -c 8 own.ams)$(head -c 8 d.ams)" = AMSLNK02AMSLNK01 ] || fail "versions: $(head -c 8 own.ams) $(head -c 8 d.ams)"
expect_code 0 "$AMS" links predict --links own.ams --data own.h5 --item i1 --json
# Of the models that ran, the outputs above the table's own threshold.
for model in a b c; do
  grep -q "\"model\": \"$model\"" out.txt || fail "no $model in $(cat out.txt)"
done
expect_code 0 "$AMS" links predict --links d.ams --data own.h5 --item i1
for x in 0 0.999; do
  expect_code 0 "$AMS" data threshold d.h5 $x -o x.h5
  expect_code 0 "$AMS" links eval --data x.h5 --time 40% --min-count 1
  ! grep -qwiE 'nan|inf' out.txt || fail "threshold $x: $(grep -wiE 'nan|inf' out.txt | head -n 1)"
  expect_code 0 "$AMS" links train --data x.h5 --min-count 1 -o x.ams
done
got "the same as of a table that says it with 0.5"
