#!/bin/bash
# Processor time per update of two programs, interleaved: the papers' recipe, remaining.ini, and the updates of
# goals.ini's refinement. usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]
# Each is trained twice, for a few and for more updates: the difference is that of the updates between, without start and
# validations. Then prints the median of each, and of the ratios of each turn. About 30 s of processor time per turn.
set -euo pipefail
before=$(readlink -f "${1:?usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]}")
now=$(readlink -f "${2:?usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]}")
turns=${3:-3} out=${4:-}
cd "$(dirname "$(readlink -f "$0")")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TIMEFORMAT='%U %S'

# used AMS NAME=VALUE...: processor seconds of a training
used() {
  rm -rf "$work/run"
  { time "$1" train --data data/photos.h5 -o "$work/run" threads=1 log_every=100000 validate_every=100000 \
    checkpoint_every=100000 "${@:2}" > "$work/log" 2>&1; } 2> "$work/time" || { cat "$work/log" >&2; exit 1; }
  awk '{print $1 + $2}' "$work/time"
}
# row RECIPE FEW MORE UPDATES TURN AMS NAME=VALUE...: us per update; FEW and MORE are settings apart from the others
row() {
  local few more settings=("${@:7}")
  # shellcheck disable=SC2086 # several settings in a word
  few=$(used "$6" "${settings[@]}" $2)
  # shellcheck disable=SC2086
  more=$(used "$6" "${settings[@]}" $3)
  awk -v recipe="$1" -v turn="$5" -v name="$([ "$6" = "$before" ] && echo before || echo now)" -v n="$4" -v a="$few" \
    -v b="$more" 'BEGIN {printf "%s\t%s\t%s\t%.0f\n", recipe, turn, name, (b - a) * 1e6 / n}'
}
photos=experiments/photos
printf 'recipe\tturn\tprogram\tcpu_us\n' > "$work/rows"
for turn in $(seq "$turns"); do
  both=("$before" "$now")
  [ $((turn % 2)) = 1 ] || both=("$now" "$before")
  for ams in "${both[@]}"; do
    row papers "steps=600" "steps=4600" 4000 "$turn" "$ams" --config $photos/papers.ini batch=256
    row remaining "steps=600" "steps=1600" 1000 "$turn" "$ams" --config $photos/remaining.ini
    row refinement "steps=601 refine=1" "steps=625 refine=25" 24 "$turn" "$ams" --config $photos/goals.ini
  done
done >> "$work/rows"
[ -z "$out" ] || cp "$work/rows" "$out"
awk -F '\t' '
  function median(list, n, i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) {t = list[i]; list[i] = list[j]; list[j] = t}
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
  }
  NR > 1 {us[$1, $3, $2] = $4; recipe[$1]; turns = $2 > turns ? $2 : turns}
  END {
    for (r in recipe) {
      for (t = 1; t <= turns; t++) {a[t] = us[r, "before", t]; b[t] = us[r, "now", t]; c[t] = a[t] / b[t]}
      printf "%-10s  %8.0f us before, %8.0f now, %.2f times as fast\n", r, median(a, turns), median(b, turns), median(c, turns)
    }
  }' "$work/rows" | sort
