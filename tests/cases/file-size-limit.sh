#!/bin/bash
# A disk that is full, as `ulimit -f` has it: the signal of that limit ended the program, and its temporary files stayed.
# expected: exit code 3 with a message, no temporary file, and the older file stays as it was
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
expect_code 0 "$AMS" links select --data d.h5 --time 50% -o c.ams
cp c.ams before.ams
n=0
full() { # KB COMMAND...
  local kb=$1 rc=0
  shift
  n=$((n + 1))
  # Messages go where the limit does not count.
  err=$( (ulimit -f "$kb" && exec "$AMS" "$@") 2>&1 > /dev/null) || rc=$?
  [ $rc -eq 3 ] || fail "exit code $rc in place of 3: $* ($err)"
  [ -n "$err" ] || fail "no message: $*"
  [ -z "$(find . -name '*.tmp')" ] || fail "left by $*: $(find . -name '*.tmp' | head -n 1)"
}
full 1 data export d.h5 -o x.jsonl
full 1 data export d.h5 -o x.jsonl.gz
full 1 data import rows.jsonl --models models.tsv -o x.h5
full 1 data split d.h5 -o x.h5
full 1 data threshold d.h5 0.3 -o x.h5
full 1 data select d.h5 --models a,b -o x.h5
full 4 train --data d.h5 -o x steps=500
full 1 eval --data d.h5 --policy fixed -o ev
full 1 schedule deadline --data d.h5 --policy fixed --deadline 10%..90%:1% -o sd
full 1 links train --data d.h5 -o x.ams
full 1 links select --data d.h5 --time 50% -o c.ams
full 1 links predict --links c.ams --data d.h5 -o p.jsonl
full 1 links eval --data d.h5 --time 10%..90%:10% -o le
full 1 links guarantee --data d.h5 --time 10%..90%:10% -o lg.tsv
full 1 stream --data d.h5 --clients 2..20:1 --jobs 100 --warmup 10 --seeds 1 --scheduler fifo,edf-full -o st
full 1 budget --data d.h5 --bootstrap 10 -o bu
full 1 export run --format ams,header,golden -o ex
full 1 average run run -o av.ams --label m
cmp -s c.ams before.ams || fail "the older file is changed"
got "$n commands: exit code 3, nothing left"
