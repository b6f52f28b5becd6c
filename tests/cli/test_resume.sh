#!/bin/bash
# A run survives: kill -9 at random moments, damaged checkpoints, a full disk, a second process. What
# continues it ends with the bytes of the run that nothing happened to, with another number of threads.
# Arguments: the program, the source tree. AMS_TEST_SEED repeats a failure's draws.
set -euo pipefail
ams=$(readlink -f "$1")
source_dir=$(readlink -f "$2")
seed=${AMS_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
work=$PWD
happened=""
child=""
cleanup() {
  if [ -n "$child" ]; then
    kill -9 "$child" 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "FAILED: $* (AMS_TEST_SEED=$seed;$happened)" >&2
  exit 1
}
# below N: sets $drawn to a random integer in [0, N). (In $(...) RANDOM would draw the same again.)
below() {
  drawn=$(((RANDOM * 32768 + RANDOM) % $1))
}
# Starts "$@" with its output in log.txt; its process is $child.
start() {
  "$@" > log.txt 2>&1 &
  child=$!
}
# send SIGNAL, and wait for the end: $code
finish() {
  kill "-$1" "$child" 2> /dev/null || true
  code=0
  { wait "$child"; } 2> /dev/null || code=$?
  child=""
}
# until_there FILE...: waits for what the running process is to write.
until_there() {
  local file
  for file; do
    until [ -s "$file" ]; do
      kill -0 "$child" 2> /dev/null || [ -s "$file" ] || fail "ended without $file: $(cat log.txt)"
      sleep 0.01
    done
  done
}
# same A B: two run folders hold the same training.
same() {
  local file
  for file in policy.ams metrics.tsv; do
    cmp -s "$1/$file" "$2/$file" || fail "$2/$file differs from that of the run left alone"
  done
}

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
common=(--data small.h5 batch=16 hidden=16 warmup=100 replay=600 log_every=20 validate_every=200
  checkpoint_every=30 steps=600 refine_items=1)
values=(loss=huber decide=cost-q reward=gain)
waiting=("${values[@]}" agent=sarsa gamma=0.9 nstep=3 priority_alpha=0.6)
# keys_of KIND: sets $keys.
keys_of() {
  case $1 in
    plain) keys=("${values[@]}" agent=dqn gamma=0.9) ;;
    waiting) keys=("${waiting[@]}") ;;
    all)
      keys=("${values[@]}" agent=double-dueling targets=all gamma=0.5 dropout=0.1 backend=dense
        priority_alpha=0.8 validate_every=40 patience=10)
      ;;
  esac
}

# until_rows FILE ROWS: waits until the running process has written so many, or has ended.
until_rows() {
  local rows=()
  while [ "${#rows[@]}" -lt "$2" ] && kill -0 "$child" 2> /dev/null; do
    sleep 0.01
    if [ -e "$1" ]; then
      mapfile -t rows < "$1"
    fi
  done
}

# Killed four times: when a random row of the metrics is there (at once where an earlier process has
# written it), and up to 50 ms later; then to the end. The prioritised one with two threads.
for kind in plain waiting all; do
  keys_of "$kind"
  threads=1
  "$ams" train -o "$kind" "${common[@]}" "${keys[@]}" > log.txt 2>&1 || fail "$kind: $(cat log.txt)"
  if [ "$kind" = waiting ]; then
    threads=2
  fi
  whole=("$ams" train -o "killed-$kind" "${common[@]}" "${keys[@]}" threads="$threads")
  for ((kills = 0; kills < 4; kills++)); do
    command=("${whole[@]}")
    if [ -s "killed-$kind/manifest.json" ]; then
      command=("$ams" train --resume "killed-$kind")
    fi
    below 31
    row=$drawn
    below 50
    later=$drawn
    happened+=" $kind killed $later ms after row $row;"
    start "${command[@]}"
    until_rows "killed-$kind/metrics.tsv" "$row"
    sleep "$(printf '0.%03d' "$later")"
    finish KILL
    [ "$code" = 137 ] || [ "$code" = 0 ] || fail "$kind: exit $code: $(cat log.txt)"
  done
  "${whole[@]}" > log.txt 2>&1 || fail "$kind: $(cat log.txt)"
  same "$kind" "killed-$kind"
done
grep -q '"stopped_early": false' plain/manifest.json || fail "plain was stopped early"

# caught NAME: a run of the second kind that is held (SIGSTOP) after its second checkpoint and before its
# last rows. Where this script gets no processor while the run goes through, the next attempt does better.
caught() {
  local attempt
  for ((attempt = 0; attempt < 50; attempt++)); do
    start "$ams" train -o "$1" "${common[@]}" "${waiting[@]}"
    until_there "$1/checkpoints/last" "$1/checkpoints/previous"
    kill -STOP "$child" 2> /dev/null || true
    if kill -0 "$child" 2> /dev/null && [ "$(wc -l < "$1/metrics.tsv")" -lt 28 ]; then
      return
    fi
    finish KILL
    rm -r "$1"
  done
  fail "$1 ended before it could be held"
}
# half NAME: such a run that was told to stop then.
half() {
  caught "$1"
  kill -TERM "$child"
  finish CONT
  [ "$code" = 143 ] || fail "SIGTERM: exit $code: $(cat log.txt)"
  [ ! -e "$1/policy.ams" ] || fail "$1: SIGTERM did not stop it"
}

# A damaged `last` is named and `previous` used; with both damaged nothing is trained.
half cut
size=$(stat -c %s cut/checkpoints/last)
below "$size"
at=$drawn
happened+=" last cut to $at bytes;"
truncate -s "$at" cut/checkpoints/last
expect 0 "cut/checkpoints/last" "$ams" train --resume cut
grep -q 'a damaged checkpoint was passed over' err.txt || fail "no word of the damage"
same waiting cut
half flipped
below "$(stat -c %s flipped/checkpoints/last)"
at=$drawn
happened+=" byte $at of last flipped;"
# complement FILE OFFSET
complement() {
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1")
  printf '%b' "\\x$(printf '%02x' $((255 - byte)))" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
cp -r flipped both
complement flipped/checkpoints/last "$at"
expect 0 "flipped/checkpoints/last" "$ams" train --resume flipped
same waiting flipped
for name in last previous; do
  below "$(stat -c %s "both/checkpoints/$name")"
  happened+=" byte $drawn of $name flipped;"
  complement "both/checkpoints/$name" "$drawn"
done
expect 2 "no checkpoint can be used" "$ams" train --resume both
[ ! -e both/policy.ams ] || fail "a run without a checkpoint was finished"

# The folder of a running process is refused, and the run is none the worse.
caught shared
expect 1 "in use by another process" "$ams" train --resume shared
expect 1 "in use by another process" "$ams" train -o shared "${common[@]}" "${waiting[@]}"
finish CONT
[ "$code" = 0 ] || fail "exit $code: $(cat log.txt)"
same waiting shared

# A disk that fills up: first as a limit on a file's size, which needs no privileges.
half limited
(
  trap '' XFSZ
  ulimit -f 20
  expect 3 "File too large" "$ams" train --resume limited
  grep -q 'the last checkpoint is kept' err.txt || fail "no word of what is kept: $(cat err.txt)"
)
expect 0 "continued at update" "$ams" train --resume limited
same waiting limited

# Then as a file system of its own, where this user may mount one.
fill_up() {
  mkdir disk
  mount -t tmpfs -o size=16m none disk
  caught disk/run
  cat /dev/zero > disk/filler 2> /dev/null || true
  finish CONT
  [ "$code" = 3 ] || fail "full disk: exit $code: $(cat log.txt)"
  grep -q 'No space left on device' log.txt || fail "no word of the disk: $(cat log.txt)"
  grep -q 'the last checkpoint is kept' log.txt || fail "no word of what is kept: $(cat log.txt)"
  rm disk/filler
  expect 0 "continued at update" "$ams" train --resume disk/run
  same waiting disk/run
}
# A folder that holds the older name of its reward goes on, and says today's from then on.
"$ams" train -o renamed "${common[@]}" reward=remaining > log.txt 2>&1 || fail "renamed: $(cat log.txt)"
"$ams" train -o older "${common[@]}" reward=left --until 300 > log.txt 2>&1 || fail "older: $(cat log.txt)"
grep -q '^reward = remaining$' older/config.ini || fail "config.ini names the reward $(grep reward older/config.ini)"
sed -i 's/^reward = remaining$/reward = left/' older/config.ini
expect 1 "holds another run" "$ams" train -o older "${common[@]}" reward=gain
expect 0 "continued at update" "$ams" train --resume older
grep -q '^reward = remaining$' older/config.ini || fail "config.ini still names the reward as before"
same renamed older

export -f fill_up caught start finish until_there same expect fail
export ams seed happened
if unshare -rm true 2> /dev/null; then
  # An array cannot be exported: its words are the arguments.
  unshare -rm bash -euo pipefail -c 'common=("$@") waiting=() child="" && fill_up' fill_up \
    "${common[@]}" "${waiting[@]}"
else
  echo "not permitted to mount a file system: the full one was not tried"
fi
echo "1 passed, 0 failed"
