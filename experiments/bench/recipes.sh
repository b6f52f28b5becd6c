#!/bin/bash
# Processor time per update of two programs, run at the same time, so that whatever else the machine does slows both:
# the four schemes of the photos, the tuned recipe of the papers, and the updates of goals.ini's refinement.
# usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]
# Each is trained twice, for a few and for more updates: the difference is that of the updates between, without start and
# validations. Then prints the median of each, and of the ratios of each turn. About 120 s of processor time per turn.
set -euo pipefail
before=$(readlink -f "${1:?usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]}")
now=$(readlink -f "${2:?usage: recipes.sh AMS_BEFORE AMS_NOW [TURNS [OUT.tsv]]}")
turns=${3:-3} out=${4:-}
cd "$(dirname "$(readlink -f "$0")")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TIMEFORMAT='%U %S'

# used before|now NAME=VALUE...: processor seconds of a training
used() {
  local ams=$before here="$work/$1"
  [ "$1" = before ] || ams=$now
  rm -rf "$here.run"
  { time "$ams" train --data data/photos.h5 -o "$here.run" threads=1 log_every=100000 validate_every=100000 \
    checkpoint_every=100000 "${@:2}" > "$here.log" 2>&1; } 2> "$here.time" || { cat "$here.log" >&2; exit 1; }
  awk '{print $1 + $2}' "$here.time"
}
# both NAME=VALUE...: of both programs, at the same time. Each in a shell of its own, since `time` counts every child.
both() {
  used before "$@" > "$work/before.used" &
  local first=$!
  used now "$@" > "$work/now.used" &
  wait "$first"
  wait $!
  cat "$work/before.used" "$work/now.used"
}
# row RECIPE FEW MORE UPDATES TURN NAME=VALUE...: us per update; FEW and MORE are settings apart from the others
row() {
  local few more settings=("${@:6}")
  # shellcheck disable=SC2086 # several settings in a word
  few=$(both "${settings[@]}" $2)
  # shellcheck disable=SC2086
  more=$(both "${settings[@]}" $3)
  paste <(printf 'before\nnow\n') <(echo "$few") <(echo "$more") |
    awk -v recipe="$1" -v turn="$5" -v n="$4" \
      '{printf "%s\t%s\t%s\t%.0f\n", recipe, turn, $1, ($3 - $2) * 1e6 / n}'
}
photos=experiments/photos
printf 'recipe\tturn\tprogram\tcpu_us\n' > "$work/rows"
for turn in $(seq "$turns"); do
  row papers "steps=600" "steps=6600" 6000 "$turn" --config $photos/papers.ini batch=256
  row papers-tuned "steps=600 epsilon_steps=600" "steps=2100 epsilon_steps=600" 1500 "$turn" --config $photos/papers-tuned.ini
  row papers-tuned-sarsa "steps=600 epsilon_steps=600" "steps=2100 epsilon_steps=600" 1500 "$turn" --config $photos/papers-tuned.ini agent=sarsa
  row remaining "steps=600" "steps=2100" 1500 "$turn" --config $photos/remaining.ini
  row gain "steps=600" "steps=2100" 1500 "$turn" --config $photos/gain.ini
  row time "steps=600" "steps=2100" 1500 "$turn" --config $photos/time.ini
  row time-sarsa "steps=600" "steps=2100" 1500 "$turn" --config $photos/time.ini agent=sarsa
  row time-double "steps=600" "steps=2100" 1500 "$turn" --config $photos/time.ini agent=double
  row refinement "steps=601 refine=1" "steps=721 refine=121" 120 "$turn" --config $photos/goals.ini
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
      printf "%-18s %8.0f us before, %8.0f now, %.2f times as fast\n", r, median(a, turns), median(b, turns), median(c, turns)
    }
  }' "$work/rows" | sort
