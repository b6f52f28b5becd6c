#!/bin/bash
# A file system that has neither locks nor hard links, as some that clusters share: three processes share a sweep there, and one of
# them is killed, each in turn.
# expected: the others do what it had, each run is claimed as done once, and the files are those of a sweep by one process
. "$PROJECT/tests/cases/common"
command -v cc > /dev/null || skip "cc makes the library that stands for such a file system"
small_data d.h5
cat > bare.c << 'END'
#include <errno.h>
int flock(int fd, int op);
int link(const char *a, const char *b);
int linkat(int a, const char *b, int c, const char *d, int e);
int flock(int fd, int op) { (void)fd; (void)op; errno = ENOLCK; return -1; }
int link(const char *a, const char *b) { (void)a; (void)b; errno = EPERM; return -1; }
int linkat(int a, const char *b, int c, const char *d, int e) { (void)a; (void)b; (void)c; (void)d; (void)e; errno = EPERM; return -1; }
END
cc -shared -fPIC bare.c -o bare.so
sweep=("$AMS" sweep --data d.h5 --seeds 1-5 -j 1 batch=8 hidden=8 replay=200 warmup=20 log_every=20 validate_every=40
  checkpoint_every=20 steps=200)
expect_code 0 "${sweep[@]}" -o serial
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} # of a program with sanitizers
for victim in 0 1 2; do
  exp=exp-$victim
  joiner=()
  for j in 0 1 2; do
    LD_PRELOAD="./bare.so" "${sweep[@]}" --join -o $exp > $exp.$j.txt 2>&1 &
    joiner[j]=$!
  done
  for ((i = 0; i < 600; i++)); do
    compgen -G "$exp/runs/*/checkpoints" > /dev/null && break
    sleep 0.02
  done
  kill -KILL "${joiner[victim]}" 2> /dev/null
  for j in 0 1 2; do
    code=0
    wait "${joiner[j]}" 2> /dev/null || code=$?
    [ $code = 0 ] || [ $j = $victim ] || fail "joiner $j ended with $code: $(cat $exp.$j.txt)"
    [ $j = $victim ] || grep -q "^$exp: 5 of 5 runs finished" $exp.$j.txt || fail "joiner $j: $(cat $exp.$j.txt)"
  done
  for run in serial/runs/*; do
    for file in policy.ams metrics.tsv; do
      cmp "$run/$file" "$exp/runs/${run##*/}/$file" || fail "$exp: ${run##*/}/$file differs from the serial sweep's"
    done
  done
  cmp serial/failed.tsv $exp/failed.tsv || fail "$exp/failed.tsv"
  [ "$(find $exp/claims -name 'dqn-*.done' | wc -l)" = 5 ] || fail "runs that are done: $(ls $exp/claims)"
  [ -z "$(find $exp/claims -type f -links +1)" ] || fail "links after all: $(find $exp/claims -type f -links +1)"
  [ -z "$(find $exp -name '*.held')" ] || fail "left: $(find $exp -name '*.held')"
done
got "whoever was killed, the others did each run once, and the files are the serial sweep's"
