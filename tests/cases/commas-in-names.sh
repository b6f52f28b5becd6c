#!/bin/bash
# Names of models and groups with commas, in every option that takes a list of them.
# expected: "\," is a comma of a name in each; a name that was cut is refused, with how it is written; columns of names are read the same way
. "$PROJECT/tests/cases/common"
truth_data plain.h5 120
sed 's/"model": "a"/"model": "a,b"/; s/"model": "b"/"model": "b\\\\,"/; s/"group": "g/"group": "g,/' rows.jsonl > commas.jsonl
sed 's/^a\t/a,b\t/; s/^b\t/b\\,\t/' models.tsv > commas.tsv
expect_code 0 "$AMS" data import commas.jsonl --models commas.tsv --truth truth.tsv -o d.h5
first='a\,b' second='b\\\,' # a,b and b\,
says() { # PATTERN COMMAND...
  expect_code 1 "$AMS" "${@:2}"
  grep -qF -- "$1" err.txt || fail "no '$1' in: $(tail -n 1 err.txt)"
}
expect_code 0 "$AMS" data select d.h5 --models "$first,c" --groups 'g\,1' -o some.h5
expect_code 0 "$AMS" data export some.h5 -o some.jsonl --models some.tsv
[ "$(tail -n +2 some.tsv | cut -f 1 | sort | tr '\n' '|')" = 'a,b|c|' ] || fail "select has kept $(tail -n +2 some.tsv | cut -f 1 | tr '\n' '|')"
[ "$(grep -o '"group":"[^"]*"' some.jsonl | sort -u)" = '"group":"g,1"' ] || fail "select has kept $(grep -o '"group":"[^"]*"' some.jsonl | sort -u)"
says "in a list 'a,b' is written 'a\\,b'" data select d.h5 --models a,b -o bad.h5
says "in a list 'b\\,' is written 'b\\\\\\,'" data select d.h5 --models "b\\\\" -o bad.h5
says "in a list 'g,0' is written 'g\\,0'" data select d.h5 --groups g,0 -o bad.h5

expect_code 0 "$AMS" data threshold d.h5 "$first=0.4,$second=0.6" -o t.h5
expect_code 0 "$AMS" data export t.h5 -o t.jsonl --models t.tsv
[ "$(awk -F '\t' 'NR > 1 { printf "%s=%.2f|", $1, $NF }' t.tsv)" = 'a,b=0.40|b\,=0.60|c=0.50|' ] ||
  fail "thresholds are $(tail -n +2 t.tsv | tr '\n' '|')"
says "in a list 'a,b' is written 'a\\,b'" data threshold d.h5 b=0.4 -o t.h5

expect_code 0 "$AMS" train --data d.h5 -o run --config "$PROJECT/experiments/photos/papers.ini" steps=50 "theta=$first=5,$second=2"
says "in a list 'a,b' is written 'a\\,b'" train --data d.h5 -o bad --config "$PROJECT/experiments/photos/papers.ini" steps=50 theta=a=5
expect_code 0 "$AMS" sweep --data d.h5 --seeds 1 --config "$PROJECT/experiments/photos/papers.ini" steps=50 'theta=c=2\,a\\\,b=3,c=4' -o exp # two values; the first has two models
[ "$(grep -h '^theta' exp/runs/*/config.ini | sort | tr '\n' '|')" = 'theta = c=2,a\,b=3|theta = c=4|' ] || fail "theta is $(grep -h '^theta' exp/runs/*/config.ini | tr '\n' '|')"

few="--clients 1 --jobs 20 --warmup 2 --seeds 1 --scheduler fifo"
# shellcheck disable=SC2086 # words
{
  expect_code 0 "$AMS" stream --data d.h5 --stages "$first,$second,c" $few
  awk '{ $(NF - 1) = ""; print }' out.txt > stages.txt # without the measured microseconds
  expect_code 0 "$AMS" stream --data d.h5 --stages all $few
  cmp -s stages.txt <(awk '{ $(NF - 1) = ""; print }' out.txt) || fail "named stages are not all stages"
  expect_code 0 "$AMS" stream --data d.h5 --sets "$second,$first" $few
  says "in a list 'a,b' is written 'a\\,b'" stream --data d.h5 --stages a,b $few
}
says "in a list 'a,b' is written 'a\\,b'" serve --policy run --workers 1 --stages a,b
expect_code 0 "$AMS" serve --policy run --workers 1 --stages "$second,$first" # standard input is empty
expect_code 0 "$AMS" links stream --data d.h5 --order linear --groups 'g\,1,g\,0' --segment 5 --label none
says "in a list 'g,0' is written 'g\\,0'" links stream --data d.h5 --groups g,0 --segment 5

expect_code 0 "$AMS" eval --data d.h5 --policy random -o e
zstd -dcq e/items.tsv.zst | awk -F '\t' 'NR > 1 { print $4 }' | sed 's/a\\,b/A/; s/b\\\\\\,/B/; s/,/\n/g' | sort -u > names
[ "$(tr '\n' '|' < names)" = 'A|B|c|' ] || fail "orders have the names $(tr '\n' '|' < names)"
expect_code 0 "$AMS" links eval --data d.h5 --time 60% -o l
tail -n +2 l/links.tsv | awk -F '\t' '{ print $NF }' | grep -qF "$first" || fail "sets are $(awk -F '\t' '{ print $NF }' l/links.tsv | sort -u | tr '\n' '|')"
got "one rule in data select, data threshold, train, sweep, stream, serve, links stream and in columns"
