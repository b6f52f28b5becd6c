#!/bin/bash
# Signals at many moments while a folder is written, HUP, QUIT and the limit of processor time among them.
# expected: no NAME.PID.tmp is left in the folder, nor in the folders in it
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" data synth --preset plain --items 2000 -o big.h5
expect_code 0 "$AMS" sweep --data d.h5 --seeds 1-2 -o exp steps=50 -j 1
stopped=0
for signal in INT TERM HUP QUIT XCPU; do
  for t in 0.03 0.1 0.2 0.4; do
    for command in "eval --data big.h5 --policy fixed --policy random --draws 20 -o ev" \
      "schedule deadline --data big.h5 --policy fixed --deadline 10%..90%:20% --draws 5 -o sd" \
      "compare exp --data d.h5 --draws 200 --bootstrap 2000" "links eval --data d.h5 --time 10%..90%:10% -o le" \
      "stream --data d.h5 --clients 2,4 --jobs 2000 --seeds 1 --scheduler fifo -o st"; do
      # shellcheck disable=SC2086 # words
      env --default-signal=INT,QUIT,HUP,TERM,XCPU timeout -s $signal $t "$AMS" $command > out.txt 2> err.txt
      [ $? -ne 124 ] || stopped=$((stopped + 1))
      [ -z "$(find . -name '*.tmp')" ] || fail "left after SIG$signal at $t s: $(find . -name '*.tmp' | head -n 1), by $command"
    done
  done
done
[ $stopped -gt 10 ] || fail "$stopped commands were stopped"
got "nothing left, $stopped commands were stopped"
