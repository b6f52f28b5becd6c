#!/bin/bash
# Faults that real use has shown, each with the smallest input of its kind: runs every case and prints case, what is
# expected and what it got.
# Usage: tests/cases.sh [PROGRAM [CASE...]]     PROGRAM: default build/release/ams; CASE: a name in tests/cases/ (default: all)
# A case is tests/cases/NAME.sh. Its line `# expected: ...` says what holds; its last line of output is what it got. Exit code 0:
# it holds; 77: it could not be tried here; anything else: it does not hold. It may take LIMIT seconds (default 120; a busy
# machine needs more) and runs in an empty folder, with
#   AMS      the program         PROJECT  the checkout         CASE  tests/cases/NAME, its input files, where it has some
set -uo pipefail
shopt -s nullglob
PROJECT=$(dirname "$(dirname "$(readlink -f "$0")")")
AMS=$(readlink -f "${1:-$PROJECT/build/release/ams}")
[ -x "$AMS" ] || { echo "cases.sh: $AMS: no program" >&2 && exit 1; }
export PROJECT AMS
PATH=/usr/bin:$PATH # the system's Python before a version manager's, which takes ten times as long to start
shift
names=("$@")
if [ $# -eq 0 ]; then
  for script in "$PROJECT"/tests/cases/*.sh; do
    names+=("$(basename "$script" .sh)")
  done
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
try() { # NAME: writes $scratch/NAME.code and NAME.out
  mkdir "$scratch/$1"
  (cd "$scratch/$1" && CASE=$PROJECT/tests/cases/$1 timeout "${LIMIT:-120}" bash "$PROJECT/tests/cases/$1.sh") \
    > "$scratch/$1.out" 2>&1 < /dev/null
  echo $? > "$scratch/$1.code"
}
for name in "${names[@]}"; do
  [ -r "$PROJECT/tests/cases/$name.sh" ] || { echo "cases.sh: $name: no such case" >&2 && exit 1; }
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
  try "$name" &
done
wait

held=0 failed=0 skipped=0
for name in "${names[@]}"; do
  case $(< "$scratch/$name.code") in
    0) verdict=holds held=$((held + 1)) ;;
    77) verdict=skipped skipped=$((skipped + 1)) ;;
    *) verdict=FAILS failed=$((failed + 1)) ;;
  esac
  printf '%-8s %s\n' "$verdict" "$name"
  sed -n 's/^# expected: /         expected: /p' "$PROJECT/tests/cases/$name.sh"
  printf '         got:      %s\n' "$(tail -n 1 "$scratch/$name.out")"
  [ $verdict != FAILS ] || sed 's/^/           | /' "$scratch/$name.out" | tail -n 20
done
echo "$held hold, $failed fail, $skipped skipped"
[ "$failed" -eq 0 ]
