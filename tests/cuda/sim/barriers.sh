#!/bin/bash
# A test of the tests: takes out each place where lanes wait, one at a time, and runs what reaches it with the thread
# sanitizer. It has to fail, or to stand in unneeded.tsv with the reason why nothing may.
#   barriers.sh SIM_SETTINGS SIM_SCORE UNNEEDED_TSV [PATTERN]     PATTERN: of the places that are tried, "act.h" say;
#                                                        "none" only looks whether unneeded.tsv names places that are there
# First the setting that reaches the place first, then all from there on, then SIM_SCORE, until one fails.
# Prints file, line, function, which of those of the function, red or green, and what failed. Minutes.
set -uo pipefail
settings=$1 score=$2 unneeded=$3 pattern=${4:-.}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TSAN_OPTIONS="${TSAN_OPTIONS:-}:halt_on_error=1" SIM_WORKERS=${SIM_WORKERS:-1}
failed=0 all=1000

# Nobody waits for ever: lanes that wait for each other are found. A limit of its own processor time, since others may
# have the machine, and not a failure of the test.
run() { # program, arguments ...
  (ulimit -t 900 && exec "$@") > "$scratch/log" 2>&1
  local code=$?
  if [ $code = 137 ] || [ $code = 152 ]; then
    echo "${0##*/}: $* takes more than 900 s" >&2
    exit 1
  fi
  return $code
}

# What is reached, and by which setting first; as it is, all has to pass.
reach() { # file, program, arguments ...
  SIM_SITES=$scratch/$1 run "${@:2}" || { echo "${0##*/}: ${*:2} fails as it is: $(tail -n 20 "$scratch/log")" >&2; exit 1; }
}
reach settings "$settings" 0 1 1
reach others "$settings" 1 $all 1
reach score "$score"
cat "$scratch/others" >> "$scratch/settings"
cut -f 1 "$scratch/settings" "$scratch/score" | sort -u > "$scratch/all"
[ "$pattern" != none ] || pattern='^$' # matches no place
grep -E "$pattern" "$scratch/all" > "$scratch/sites"

# A row of unneeded.tsv for no place at all would hide the next one of its number.
while IFS=$'\t' read -r function which _; do
  [ "$which" -lt "$(grep -c "^$function:" "$scratch/all")" ] ||
    { echo "${0##*/}: unneeded.tsv: $function has no place $which" >&2; failed=1; }
done < <(tail -n +2 "$unneeded")

is_unneeded() { # function, which
  awk -F'\t' -v f="$1" -v n="$2" '$1 == f && $2 == n { found = 1 } END { exit !found }' "$unneeded"
}

try() { # place: what fails without it
  local first
  first=$(awk -F'\t' -v site="$1" '$1 == site { print $2; exit }' "$scratch/settings")
  if [ -n "$first" ]; then
    SIM_SKIP=$1 run "$settings" "$first" $((first + 1)) 1 || { echo "$first"; return; }
    SIM_SKIP=$1 run "$settings" $((first + 1)) $all 1 || { echo "after $first"; return; }
  fi
  if grep -q "^$1	" "$scratch/score"; then
    SIM_SKIP=$1 run "$score" || echo score
  fi
}

# A place is known by its function and its number there, since lines move: sorted by line, then by number.
sort -t: -k2,2 -k3,3n -k4,4n "$scratch/sites" > "$scratch/sorted"
declare -A seen
while IFS=: read -r function file line number; do
  which=${seen[$function]:-0}
  seen[$function]=$((which + 1))
  by=$(try "$function:$file:$line:$number") || exit 1
  how=red note=
  [ -n "$by" ] || how=green
  if [ $how = green ] && ! is_unneeded "$function" "$which"; then
    note="nothing fails, and unneeded.tsv does not say why" failed=1
  elif [ $how = red ] && is_unneeded "$function" "$which"; then
    note="unneeded.tsv says that nothing fails" failed=1
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$file" "$line" "$function" "$which" $how "${by:--}" "$note"
done < "$scratch/sorted"
exit $failed
