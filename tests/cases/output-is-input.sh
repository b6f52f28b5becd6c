#!/bin/bash
# An output that is one of the inputs, or a file of another kind: in every command that writes.
# expected: refused with exit code 1 before anything is done, except where a command works in place
. "$PROJECT/tests/cases/common"
small_data d.h5
printf '[a]\ntask = t\ncommand = true\n' > models.ini
"$AMS" train --data d.h5 -o run steps=50 > /dev/null 2>&1 || fail "no training"
"$AMS" data synth --preset plain --items 20 -o other.h5 > /dev/null || fail "no second table"
mkdir story && cp models.tsv story/models.tsv
cp run/policy.ams p.ams
cp run/policy.ams q.ams
printf 'seed = 1\n' > run/settings.ini
ln d.h5 link.h5
ln -s d.h5 symlink.h5
before=$(find . -type f ! -name '???.txt' -exec sha256sum {} +)

refused() { # PATTERN COMMAND...
  local pattern=$1
  shift
  expect_code 1 "$AMS" "$@"
  expect_text "$pattern"
  sha256sum --quiet -c <<< "$before" > sums.txt 2>&1 || fail "changed by $*: $(head -n 1 sums.txt)"
}
over='written over what is read'
refused "$over" data export d.h5 -o d.h5
refused "$over" data export d.h5 -o link.h5
refused "$over" data export d.h5 -o symlink.h5
refused "$over" data export d.h5 -o x.jsonl --models d.h5
refused "$over" data import rows.jsonl --models models.tsv -o models.tsv
refused "$over" data import rows.jsonl --models models.tsv -o rows.jsonl
refused "$over" data select d.h5 --items rows.jsonl -o rows.jsonl
refused "$over" run --record models.ini --models models.ini x
refused "$over" run --record rows.jsonl --models models.ini rows.jsonl
refused "$over" average p.ams q.ams -o q.ams
refused "$over" average run q.ams -o run/policy.ams
refused "$over" export run -o run
refused "$over" plot run -o run
refused "$over" data synth --preset plain --story story --write-story story
refused "$over" train --data d.h5 --config run/config.ini -o run
refused "$over" bench --against rows.jsonl --tsv rows.jsonl

kind='exists and is not'
refused "$kind" data import rows.jsonl --models models.tsv -o p.ams
refused "$kind" data export d.h5 -o models.tsv
refused "$kind" data export d.h5 -o other.h5
refused "$kind" data split d.h5 -o rows.jsonl
refused "$kind" data merge d.h5 other.h5 -o p.ams
refused "$kind" data synth --preset plain -o rows.jsonl
refused "$kind" average p.ams q.ams -o d.h5
refused "$kind" bench --tsv d.h5
refused "$kind" bench --json rows.jsonl
refused 'two names' bench --tsv new --json new

expect_code 0 "$AMS" data split d.h5 --seed 3 -o d.h5
expect_code 0 "$AMS" data export d.h5 -o rows.jsonl
expect_code 0 "$AMS" export run --format header -o run
got "refused, and every input is as it was"
