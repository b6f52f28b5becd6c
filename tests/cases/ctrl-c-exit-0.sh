#!/bin/bash
# Ctrl-C and SIGTERM stop train, sweep, tune and run before they are done.
# expected: 128 + the signal, never 0; 0 is for --until
. "$PROJECT/tests/cases/common"
small_data d.h5
stops() { # CODE SIGNAL READY COMMAND...: the signal comes once the file READY is there
  local code=$1 signal=$2 ready=$3 rc=0 process
  shift 3
  # In a shell without job control a background process ignores SIGINT, so setsid does not help: env sets it back.
  env --default-signal=INT,TERM "$@" > out.txt 2> err.txt &
  process=$!
  until compgen -G "$ready" > ready.txt || ! kill -0 $process 2> kill.txt; do sleep 0.02; done
  kill -"$signal" $process
  wait $process || rc=$?
  [ $rc -eq "$code" ] || fail "exit code $rc after SIG$signal in place of $code: $* ($(cat out.txt err.txt | tail -n 1))"
}
long=(steps=100000000 checkpoint_every=50 log_every=50 validate_every=50 warmup=100)
stops 130 INT a/checkpoints/last "$AMS" train --data d.h5 -o a "${long[@]}"
expect_text 'stopped, checkpoint written' out.txt
stops 143 TERM b/checkpoints/last "$AMS" train --data d.h5 -o b "${long[@]}"
stops 130 INT 'e/runs/*/checkpoints/last' "$AMS" sweep --data d.h5 -o e --seeds 1-2 "${long[@]}"
expect_text '0 failed' out.txt
stops 143 TERM 'f/runs/*/checkpoints/last' "$AMS" sweep --data d.h5 -o f --seeds 1-2 "${long[@]}"
printf 'lr = log: 1e-4 1e-3\n' > space.ini
stops 130 INT 't/runs/*/checkpoints/last' "$AMS" tune --data d.h5 --space space.ini --trials 3 -o t "${long[@]}"
expect_code 0 "$AMS" train --resume b --until 20 # paused as asked for
"$AMS" help > out.txt
expect_text '130' out.txt
got "130 and 143"
