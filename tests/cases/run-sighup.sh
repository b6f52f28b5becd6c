#!/bin/bash
# The terminal goes away (SIGHUP), or Ctrl-\ (SIGQUIT), while the user's programs run.
# expected: the programs are killed, the exit code is not 0; a SIGHUP that was ignored (nohup) stays ignored
. "$PROJECT/tests/cases/common"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o r steps=100
printf '[%s]\ncommand = echo $$ > pid-%s; exec sleep 60\n' a a b b c c > m.ini
for signal in INT TERM HUP QUIT; do
  rm -f pid-*
  # Background jobs have SIGINT and SIGQUIT ignored, which the program keeps; env gives them back.
  env --default-signal=INT,QUIT "$AMS" run --policy r --models m.ini i1 > /dev/null 2> err.txt &
  pid=$!
  for _ in $(seq 100); do compgen -G 'pid-*' > /dev/null && cat pid-* | grep -q . && break; sleep 0.1; done
  kill -s "$signal" "$pid"
  wait "$pid"
  rc=$?
  [ "$rc" != 0 ] || fail "SIG$signal: exit code 0"
  for file in pid-*; do kill -0 "$(cat "$file")" 2> /dev/null && kill "$(cat "$file")" && fail "SIG$signal: a program goes on"; done
done
got "the programs end with it"
