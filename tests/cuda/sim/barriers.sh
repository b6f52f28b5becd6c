#!/bin/bash
# A test of the tests: takes out each place where lanes wait, one at a time, and runs what reaches it with the thread
# sanitizer. It has to fail, or to stand in unneeded.tsv with the reason why nothing may.
#   barriers.sh SIM_SETTINGS SIM_SCORE UNNEEDED_TSV [PATTERN]     PATTERN: of the places that are tried, "act.h" say
# SIM_DRIVERS: settings of SIM_SETTINGS by their number, and "score", in the order in which they are tried; all by default.
# Prints file, line, function, which of those of the function, red or green, and what failed. Minutes.
set -uo pipefail
settings=$1 score=$2 unneeded=$3 pattern=${4:-.}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TSAN_OPTIONS="${TSAN_OPTIONS:-}:halt_on_error=1:history_size=4" SIM_WORKERS=${SIM_WORKERS:-1}
failed=0

run() { # driver: a setting's number, or "score"
  if [ "$1" = score ]; then
    timeout 300 "$score"
  else
    timeout 300 "$settings" "$1" $(($1 + 1)) 1
  fi > "$scratch/log" 2>&1
}

# What each driver reaches; as it is, it has to pass.
read -ra drivers <<< "${SIM_DRIVERS:-$(seq -s ' ' 0 33) score}"
for driver in "${drivers[@]}"; do
  SIM_SITES=$scratch/sites-$driver run "$driver" || { echo "${0##*/}: $driver fails as it is: $(tail -n 20 "$scratch/log")" >&2; failed=1; }
done
sort -u "$scratch"/sites-* | grep -E "$pattern" > "$scratch/sites"

is_unneeded() { # function, which
  awk -F'\t' -v f="$1" -v n="$2" '$1 == f && $2 == n { found = 1 } END { exit !found }' "$unneeded"
}

# A place is known by its function and its number there, since lines move: sorted by line, then by number.
sort -t: -k2,2 -k3,3n -k4,4n "$scratch/sites" > "$scratch/sorted"
declare -A seen
while IFS=: read -r function file line number; do
  which=${seen[$function]:-0}
  seen[$function]=$((which + 1))
  how=green by=-
  for driver in "${drivers[@]}"; do
    grep -qxF "$function:$file:$line:$number" "$scratch/sites-$driver" || continue
    if ! SIM_SKIP=$function:$file:$line:$number run "$driver"; then
      how=red by=$driver
      break
    fi
  done
  note=
  if [ $how = green ] && ! is_unneeded "$function" "$which"; then
    note="nothing fails, and unneeded.tsv does not say why" failed=1
  elif [ $how = red ] && is_unneeded "$function" "$which"; then
    note="unneeded.tsv says that nothing fails" failed=1
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$file" "$line" "$function" "$which" $how "$by" "$note"
done < "$scratch/sorted"
exit $failed
