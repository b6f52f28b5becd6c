#!/bin/bash
# The kind of output-is-input, in commands that came later: links, stream, serve, splits, truth, reports; and two names of one file.
# expected: refused with exit code 1 before anything is done; every input is as it was
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
expect_code 0 "$AMS" links train --data d.h5 -o l.ams
expect_code 0 "$AMS" links select --data d.h5 --time 50% -o c.ams
expect_code 0 "$AMS" stream --data d.h5 --clients 1 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo --save-predictor p.tsv
printf 'arrival_ms,deadline_ms\n1,50\n2,60\n' > r.csv
printf 'item\tsplit\n' > s.tsv
sed -n 's/^\(i[0-9]*\)\t.*/\1\ttest/p' truth.tsv >> s.tsv
printf '[a]\ntask = t\ncommand = true\n' > m.ini
printf 'i1\n' > items
ln l.ams hard.ams
ln -s d.h5 soft.h5
before=$(find . -type f ! -name 'out.txt' ! -name 'err.txt' -exec sha256sum {} +)
n=0
refused() { # PATTERN COMMAND...
  local pattern=$1
  shift
  n=$((n + 1))
  expect_code 1 "$AMS" "$@"
  expect_text "$pattern"
  sha256sum --quiet -c <<< "$before" > sums.txt 2>&1 || fail "changed by $*: $(head -n 1 sums.txt)"
}
over='written over what is read' kind='exists and is not' two='two names'
refused "$over" links train --data d.h5 -o d.h5
refused "$over" links select --data soft.h5 --time 50% -o d.h5
refused "$over" links predict --links c.ams --data d.h5 -o c.ams
refused "$over" links predict --links c.ams --data d.h5 -o d.h5
refused "$over" links schedule --data d.h5 --policy links:l.ams --time 50% -o l.ams
refused "$over" links schedule --data d.h5 --policy mine=links:l.ams --time 50% -o hard.ams
refused "$over" stream --data d.h5 --trace r.csv --save-predictor r.csv
refused "$over" serve --policy run --workers 1 --predictor p.tsv --scheduler dp --trace p.tsv
refused "$over" serve --policy run/policy.ams --workers 1 --trace run/policy.ams
refused "$over" data split d.h5 --from s.tsv -o s.tsv
refused "$over" data import rows.jsonl --models models.tsv --truth truth.tsv -o truth.tsv
refused "$over" run --record items --models m.ini --items items
refused "$over" trace --data d.h5 --fit soft.h5 --policy fixed --item i1 -o d.h5
refused "$over" data select d.h5 --items items -o items
refused "$kind" links select --data d.h5 --time 50% -o run/policy.ams
refused "$kind" links train --data d.h5 -o rows.jsonl
refused "$kind" average run/policy.ams run/policy.ams --label m -o l.ams
refused "$kind" stream --data d.h5 --save-predictor l.ams
refused "$kind" serve --policy run --workers 1 --trace models.tsv
refused "$kind" serve --policy run --workers 1 --trace rows.jsonl
refused "$kind" links simulate --draws 1 -o run/policy.ams
refused "$two" bench --tsv new --json ./new
refused "$two" bench --tsv new --json "$PWD/new"
refused "$two" stream --data d.h5 --save-predictor x -o x
refused "$two" data export d.h5 -o y --models ./y
got "$n commands refused, and every input is as it was"
