#!/bin/bash
# SIGINT and SIGTERM at different moments while a data command writes.
# expected: no NAME.PID.tmp is left
. "$PROJECT/tests/cases/common"
stopped=0
for signal in INT TERM; do
  for t in 0.05 0.1 0.2 0.4 0.8; do
    timeout -s $signal $t "$AMS" data synth --preset plain --items 300000 -o out.h5 > out.txt 2> err.txt
    [ $? -eq 124 ] && stopped=$((stopped + 1))
    left=$(find . -name '*.tmp' | head -n 1)
    [ -z "$left" ] || fail "left after SIG$signal at $t s: $left"
  done
done
[ $stopped -gt 0 ] || fail "no command was stopped"
got "nothing left, $stopped commands were stopped"
