#!/bin/bash
# A model fails on one item; a second recording into the same file; Ctrl-C in the middle; a file of another kind.
# expected: rows are written as items end, failed items are left out and listed, the same command continues
. "$PROJECT/tests/cases/common"
cat > m.ini <<'INI'
[ok]
command = sleep 0.05; echo yes
[flaky]
command = case "$1" in *8) exit 3;; esac
  echo b
INI
expect_code 0 "$AMS" run --record rows.jsonl --models m.ini i1 i2 i3 i4 i5 i6 i7 i8 i9
expect_text 'left out: i8: model flaky: exit code 3'
[ "$(wc -l < rows.jsonl)" = 16 ] || fail "$(wc -l < rows.jsonl) rows in place of 16"
expect_code 0 "$AMS" data import rows.jsonl --models rows.models.tsv -o rows.h5
expect_code 2 "$AMS" run --record stop.jsonl --models m.ini --stop-at-failure i1 i8 i2
[ "$(wc -l < stop.jsonl)" = 2 ] || fail "the item before the failure is lost"
expect_code 0 "$AMS" run --record ok.jsonl --models m.ini i1 i2
expect_code 0 "$AMS" run --record ok.jsonl --models m.ini i3 i2
[ "$(wc -l < ok.jsonl)" = 6 ] || fail "$(wc -l < ok.jsonl) rows in place of 6: the first recording is gone"
seq 30 > list.txt
env --default-signal=INT "$AMS" run --record c.jsonl --models m.ini --items - < list.txt > out.txt 2> err.txt &
until [ -s c.jsonl ] || ! kill -0 $! 2> kill.txt; do sleep 0.02; done
kill -INT $!
wait $!
[ -s c.jsonl ] || fail "nothing is left after Ctrl-C"
tail -c 20 c.jsonl | tail -n 1 | grep -q '}$' || fail "a torn row"
expect_code 0 "$AMS" run --record c.jsonl --models m.ini --items list.txt
expect_text 'recorded before'
[ "$(grep -c '"model": "ok"' c.jsonl)" = 27 ] || fail "$(grep -c '"model": "ok"' c.jsonl) items in place of 27"
cp m.ini kept.ini
"$AMS" run --record m.ini --models m.ini i1 2> err.txt && fail "recorded over the file of models"
cmp -s m.ini kept.ini || fail "the models' file is overwritten"
got "16 rows, one item left out, and continued"
