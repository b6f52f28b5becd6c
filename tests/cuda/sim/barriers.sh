#!/bin/bash
# A test of the test: each barrier that the kernels reach, taken out alone, must make a setting fail; those of
# barriers.tsv, which another one makes unneeded, must not.
#   barriers.sh SIM_SETTINGS SIM_SCORE LIST
# Prints what each barrier's absence did. LIST: function, place among the function's barriers, why it is not missed.
set -uo pipefail
settings=$1 score=$2 list=$3
most=33 # settings 0 to 33 and the odd sizes of scoring
tries=6 # settings, of those that reach a barrier, in which its absence has to be seen
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# As in mutants.sh.
export ASAN_OPTIONS=detect_leaks=0:symbolize=0:handle_abort=0:handle_segv=0
export TSAN_OPTIONS=${TSAN_OPTIONS:-}:halt_on_error=1
export SIM_WORKERS=1 # races between lanes are those of a block

for ((i = 0; i <= most; i++)); do
  SIM_SITES=$scratch/$i "$settings" "$i" $((i + 1)) 1 > "$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
done
SIM_SITES=$scratch/score "$score" > "$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }

# The places of each function, by the line and the number that the compiler gave them.
sort -u "$scratch"/[0-9]* "$scratch/score" | sort -t : -k 1,1 -k 2,2n -k 3,3n |
  awk -F : '{ place[$1]++; printf "%s\t%s\t%d\n", $0, $1, place[$1] }' > "$scratch/sites"

is_missed() { # site: some setting that reaches it fails
  local i tried=0
  if grep -qxF "$1" "$scratch/score"; then
    SIM_SKIP=$1 timeout 300 "$score" > /dev/null 2>&1 || return 0
  fi
  for ((i = 0; i <= most && tried < tries; i++)); do
    if grep -qxF "$1" "$scratch/$i"; then
      SIM_SKIP=$1 timeout 300 "$settings" "$i" $((i + 1)) 1 > /dev/null 2>&1 || return 0
      tried=$((tried + 1))
    fi
  done
  return 1
}

failed=0 n=0
while IFS=$'\t' read -r site function place; do
  listed=0 missed=0
  grep -qP "^$function\t$place\t" "$list" && listed=1
  is_missed "$site" && missed=1
  printf '%s\t%s\t%s\n' "$function" "$place" "$([ $missed = 1 ] && echo missed || echo "not missed")"
  n=$((n + 1))
  if [ $missed = $listed ]; then
    echo "${0##*/}: $site: $([ $missed = 1 ] && echo "missed, though $list says that it is not" || echo "nothing fails without it")" >&2
    failed=1
  fi
done < "$scratch/sites"
echo "$n barriers"
[ "$n" -gt 40 ] || failed=1
exit $failed
