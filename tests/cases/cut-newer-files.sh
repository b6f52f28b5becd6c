#!/bin/bash
# Files of links, predictors, requests, truth and splits, cut at many lengths.
# expected: exit code 2 with the file's name, or the rows that are whole; never a signal
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
expect_code 0 "$AMS" links train --data d.h5 -o l.ams
expect_code 0 "$AMS" links select --data d.h5 --time 50% -o c.ams
expect_code 0 "$AMS" stream --data d.h5 --clients 1 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo --save-predictor p.tsv
printf 'arrival_ms,deadline_ms,item,client\n1,50,3,0\n2,60,5,1\n' > r.csv
{ printf 'item\tsplit\n'; sed -n 's/^\(i[0-9]*\)\t.*/\1\ttest/p' truth.tsv; } > s.tsv
n=0
cut_and() { # CODES FILE COMMAND...: the command reads "cut" with the file's ending
  local codes=$1 file=$2 size at rc
  shift 2
  size=$(stat -c %s "$file")
  for at in 0 1 8 $((size / 3)) $((size / 2)) $((size - 7)) $((size - 1)); do
    head -c "$at" "$file" > "cut.${file#*.}"
    rc=0
    "$AMS" "$@" > out.txt 2> err.txt < /dev/null || rc=$?
    [[ " $codes " == *" $rc "* ]] || fail "exit code $rc, $file cut at $at: $* ($(tail -n 1 err.txt))"
    [ $rc = 0 ] || grep -q "cut\.${file#*.}" err.txt || fail "no name in: $(tail -n 1 err.txt)"
    n=$((n + 1))
  done
}
cut_and 2 c.ams links predict --links cut.ams --data d.h5 --item i1
cut_and 2 l.ams eval --data d.h5 --policy links:cut.ams
cut_and 2 l.ams links schedule --data d.h5 --policy links:cut.ams --time 50%
cut_and 2 d.h5 links eval --data cut.h5 --time 50%
cut_and 2 d.h5 stream --data cut.h5
cut_and 2 d.h5 budget --data cut.h5
cut_and 2 d.h5 trace --data d.h5 --fit cut.h5 --policy fixed --item i1
cut_and 2 d.h5 serve --policy fixed --fit cut.h5
cut_and "0 2" p.tsv serve --policy run --workers 2 --scheduler dp --predictor cut.tsv
cut_and "0 2" r.csv stream --data d.h5 --trace cut.csv --scheduler fifo --seeds 1
cut_and "0 2" s.tsv data split d.h5 --from cut.tsv -o x.h5
cut_and "0 2" truth.tsv data import rows.jsonl --models models.tsv --truth cut.tsv -o x.h5
got "$n cut files refused or read as far as they are whole"
