#!/bin/bash
# Standard output that is full (/dev/full) or closed, of every command that prints.
# expected: exit code 3 with a message
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
expect_code 0 "$AMS" links select --data d.h5 --time 50% -o c.ams
n=0
for command in "data info d.h5" "data info --json d.h5" "eval --data d.h5 --policy fixed" "eval --data d.h5 --policy fixed --json" \
  "links select --data d.h5 --time 50%" "links select --data d.h5 --time 50% --json" "links eval --data d.h5 --time 50%" \
  "links predict --links c.ams --data d.h5 --item i1" "links predict --links c.ams --data d.h5 --item i1 --json" "links simulate --draws 3" \
  "links stream --data d.h5 --segment 10" "links guarantee --data d.h5 --time 50%" "links schedule --data d.h5 --policy fixed --time 50%" \
  "stream --data d.h5 --clients 2 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo" "budget --data d.h5 --bootstrap 5" "list keys" doctor help \
  "help eval" --version "schedule deadline --data d.h5 --policy fixed --deadline 50% --bootstrap 5" "trace --data d.h5 --policy fixed --item i1" \
  "trace --data d.h5 --policy fixed --item i1 --json" "data export d.h5 -o -" "export run -o ex" "export run -o ex --json" "data split d.h5 -o s.h5"; do
  for to in full closed; do
    rc=0
    # shellcheck disable=SC2086 # words
    if [ $to = full ]; then "$AMS" $command > /dev/full 2> err.txt < /dev/null || rc=$?; else "$AMS" $command >&- 2> err.txt < /dev/null || rc=$?; fi
    [ $rc -eq 3 ] || fail "exit code $rc in place of 3, output $to: $command ($(tail -n 1 err.txt))"
    [ -s err.txt ] || fail "no message: $command"
    n=$((n + 1))
  done
done
echo '{"op":"stats"}' | "$AMS" serve --policy run > /dev/full 2> err.txt && fail "serve says nothing"
got "$n times exit code 3"
