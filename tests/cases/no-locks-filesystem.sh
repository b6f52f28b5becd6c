#!/bin/bash
# flock as on NFS without a lock daemon (ENOLCK) or Lustre without -o flock (ENOSYS).
# expected: train and sweep work there and say that nothing can be locked; "in use" only where it is
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
got "trained without locks, and said so"
