#!/bin/bash
# Started with descriptors 0, 1 or 2 closed, as by cron wrappers and supervisors.
# expected: input that is closed is empty, output to what is closed fails with a message, no file gets one of these numbers
. "$PROJECT/tests/cases/common"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o r steps=100
printf '[%s]\ncommand = echo x; echo y >&2\n' a b c > m.ini
"$AMS" serve --policy r --socket s.sock <&- > /dev/null 2> err.txt &
server=$!
for _ in $(seq 50); do [ -S s.sock ] && break; sleep 0.1; done
kill "$server"
wait "$server"
rc=$?
[ "$rc" = 0 ] || fail "serve with closed input: exit code $rc"
"$AMS" run --policy r --models m.ini i1 <&- > out.txt 2>&-
rc=$?
[ "$rc" = 0 ] || fail "run: exit code $rc"
expect_text '"state": "finished"' out.txt
if grep -q '"state": "failed"' out.txt; then fail "run: $(cat out.txt)"; fi
"$AMS" run --policy r --models m.ini i1 >&- 2> err.txt
rc=$?
[ "$rc" = 3 ] || fail "run with closed output: exit code $rc"
expect_text 'cannot write to standard output'
timeout 10 "$AMS" serve --policy r <&- > /dev/null 2>&1
[ $? != 124 ] || fail "serve hangs on closed input"
"$AMS" data synth --preset coco --items 100 -o b.h5 2>&- > /dev/null || fail "synth: exit code $?"
expect_code 0 "$AMS" data check b.h5
got "all ended as expected"
