#!/bin/bash
# flock as on NFS without a lock daemon (ENOLCK) or Lustre without -o flock (ENOSYS).
# expected: a file that one process can make stands for the lock: no two train in a folder, who has it is said, and what a killed
# expected: process left is taken over
. "$PROJECT/tests/cases/common"
command -v cc > /dev/null || skip "cc makes the library that stands for such a file system"
small_data d.h5
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} # of a program with sanitizers
for code in ENOLCK ENOSYS EOPNOTSUPP; do
  printf '#include <errno.h>\nint flock(int fd, int op);\nint flock(int fd, int op) { (void)fd; (void)op; errno = %s; return -1; }\n' \
    $code > nolock.c
  cc -shared -fPIC nolock.c -o $code.so
  expect_code 0 env LD_PRELOAD="./$code.so" "$AMS" train --data d.h5 -o run-$code steps=50
  expect_text 'cannot be locked'
  expect_code 0 env LD_PRELOAD="./$code.so" "$AMS" sweep --data d.h5 -o exp-$code --seeds 1 steps=50
done
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
(flock 9 && expect_code 1 "$AMS" train --data d.h5 -o run steps=50 && expect_text 'in use') 9> run/lock || exit 1
# Another that trains there, and one that was killed.
export LD_PRELOAD="./ENOLCK.so"
"$AMS" train --data d.h5 -o busy steps=100000000 > busy.txt 2>&1 &
other=$!
while [ ! -e busy/lock.held ]; do kill -0 $other || fail "it ended"; sleep 0.05; done
expect_code 1 "$AMS" train --data d.h5 -o busy steps=100000000
expect_text "busy is in use by process $other on"
kill -9 $other
wait $other 2> /dev/null
expect_code 0 "$AMS" train --data d.h5 -o busy steps=100000000 --until 50
[ ! -e busy/lock.held ] || fail "busy/lock.held was left"
got "trained with a file in place of the lock, and said so; a living owner is named, a killed one replaced"
