#!/bin/bash
# Figures of a compared experiment: all are drawn, and their numbers are those that runs and evaluations give.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
common=(batch=16 hidden=16 replay=1000 warmup=100 steps=100 log_every=20 validate_every=40 refine_items=1)
"$ams" sweep --data small.h5 --agents dqn,sarsa --seeds 1-2 -j 2 "${common[@]}" loss=huber decide=cost-q gamma=0.5 \
  items=30,0 -o exp > /dev/null 2>&1
expect 2 "compared before it is drawn" "$ams" plot exp
"$ams" compare exp --baseline-items --bootstrap 200 > /dev/null 2>&1
expect 1 "items=100000: expected at most" "$ams" train --data small.h5 -o many items=100000

drawn=yes
command -v gnuplot > /dev/null || drawn=no
code=0
"$ams" plot exp --format svg,pdf > paths.txt 2> err.txt || code=$?
[ $drawn = no ] || [ $code = 0 ] || fail "plot: $(cat err.txt)"
[ ! -s err.txt ] || [ $drawn = no ] || fail "gnuplot says: $(cat err.txt)"
columns() {
  [ "$(head -1 "exp/plots/$1.tsv")" = "$(printf 'series\tkey\tstyle\t%s' "$2")" ] ||
    fail "columns of $1.tsv: $(head -1 "exp/plots/$1.tsv")"
}
columns recall-time $'x\trecall\tci_low\tci_high'
columns recall-models $'x\trecall\tci_low\tci_high'
columns required-time $'required_recall\tmean\tci_low\tci_high'
columns differences $'required_recall\tmean\tci_low\tci_high'
columns distribution $'x\tshare\tci_low\tci_high\tshare_of_items'
columns profiles $'x\tshare\tci_low\tci_high\tshare_of_items'
columns training-items $'items\trequired_recall\tmean\tci_low\tci_high'
columns learning-agents $'update\tmean\tci_low\tci_high'
columns order $'position\tshare\tmean_position\tshare_run\tpolicy'
for name in recall-time recall-models required-time differences distribution profiles \
  training-items learning-agents order; do
  [ -s "exp/plots/$name.gp" ] || fail "no $name.gp"
  for ending in svg pdf; do
    [ $drawn = no ] || [ -s "exp/plots/$name.$ending" ] || fail "no $name.$ending"
  done
  [ "$(wc -l < "exp/plots/$name.tsv")" -gt 2 ] || fail "$name.tsv has no rows"
done
[ ! -e exp/plots/learning.tsv ] || fail "an experiment has a run's learning curve"

# Distributions: shares between their bounds that never fall; everything is recalled at the longest time.
awk -F '\t' 'NR > 1 { if ($4 < 0 || $4 > 1 || $5 > $4 + 1e-6 || $6 < $4 - 1e-6) exit 1
    key = $1 FS $2
    if (key in x && ($3 <= x[key] || $4 < share[key] || $7 < items[key])) exit 1
    x[key] = $3; share[key] = $4; items[key] = $7; n[key]++ }
  END { for (key in n) { if (n[key] != 101) exit 1
      if (key ~ /time_ms$/ && (share[key] != 1 || items[key] != 1)) exit 1
      if (key ~ /^oracle\ttimes/ && share[key] != 1) exit 1; k++ }
    exit k != 18 }' exp/eval/distribution.tsv || fail "distribution.tsv is not one"

# The same counted again from every item's order, time and recall.
"$ams" eval --data small.h5 --policy fixed --policy oracle --policy exp/runs/dqn,items=0-1 \
  --policy exp/runs/dqn,items=0-2 --bootstrap 50 -o ev > /dev/null 2>&1
zstd -qd ev/items.tsv.zst -o items.tsv
cat > count.awk << 'AWK'
# Per run and item: how many models run until recall 1.0 is reached, and the time then.
FNR == NR && FNR > 1 && $1 != "random" && $1 != "all" {
  n = split($5, time, ","); split($6, recall, ","); split($4, model, ",")
  for (k = 1; k <= n && recall[k] < 1; k++) {}
  k = k > n ? n : k
  if (n == 0) k = 0
  pairs[$1]++
  at[$1, pairs[$1]] = k == 0 ? 0 : time[k]
  item_of[$1, pairs[$1]] = $3
  for (j = 1; j <= n; j++) { place[$1, model[j]] += j; places[$1, model[j]]++ }
  for (j = 1; j <= k; j++) { ran[$1, model[j], j]++; any[$1, model[j]]++; sum[$1, model[j]] += j }
}
FNR == 1 { file++ }
file == 2 && FNR > 1 && $1 in pairs && $2 == "time_ms" {
  share = 0; checked++
  for (i = 1; i <= pairs[$1]; i++) share += at[$1, i] <= $3 + 0.002 ? 1 : 0
  low = 0
  for (i = 1; i <= pairs[$1]; i++) low += at[$1, i] <= $3 - 0.002 ? 1 : 0
  # Times have three digits, so one at a level may fall on either side.
  if ($4 > share / pairs[$1] + 1e-6 || $4 < low / pairs[$1] - 1e-6) { print "share", $0, share / pairs[$1]; bad = 1 }
}
file == 3 && FNR > 1 && $1 in pairs {
  cells++
  want = ran[$1, $2, $3] / pairs[$1]
  if ((want - $4) ^ 2 > 1e-11) { print "position", $0, want; bad = 1 }
  runs = any[$1, $2]
  if (runs > 0 && ((sum[$1, $2] / runs - $5) ^ 2 > 1e-11 || (runs / pairs[$1] - $6) ^ 2 > 1e-11)) { print "mean", $0; bad = 1 }
  if ($7 == "-" ? places[$1, $2] > 0 : (place[$1, $2] / places[$1, $2] - $7) ^ 2 > 1e-11) { print "place", $0; bad = 1 }
  if (runs == 0 && $5 != "-") { print "never", $0; bad = 1 }
  total[$1] += $4 * pairs[$1]
  counted[$1] += ran[$1, $2, $3]
  cells_of[$1]++
}
END {
  for (p in pairs) {
    all = 0
    for (key in any) { split(key, part, SUBSEP); if (part[1] == p) all += any[key] }
    # No execution is in no cell, and the shares add up to all within their six digits.
    if (counted[p] != all || (total[p] - all) ^ 2 > (5e-7 * pairs[p] * cells_of[p]) ^ 2) { print "runs", p, total[p], counted[p], all; bad = 1 }
    policies++
  }
  exit bad || checked != 303 || cells < 60 || policies != 3
}
AWK
awk -F '\t' -f count.awk items.tsv ev/distribution.tsv ev/positions.tsv > wrong.txt ||
  fail "counted from the items: $(head -5 wrong.txt)"
# At one position stands at most one model of an item.
awk -F '\t' 'NR > 1 { sum[$1, $3] += $4 } END { for (key in sum) if (sum[key] > 1.00001) exit 1 }' \
  exp/eval/positions.tsv || fail "positions.tsv: more than one model at a position"

# The mean time is the area above the distribution: a Riemann sum is within a level's width.
awk -F '\t' 'FNR == NR { if ($3 == "1.0" && $4 == "time_ms") mean[$1] = $5; next }
  FNR > 1 && $2 == "time_ms" { if ($1 in x) above[$1] += ($3 - x[$1]) * (1 - share[$1])
    width = $3 - x[$1]; x[$1] = $3; share[$1] = $4 }
  END { for (p in x) { n++; if (above[p] < mean[p] - 1e-2 || above[p] > mean[p] + width) exit 1 }
    exit n != 9 }' exp/compare.tsv exp/eval/distribution.tsv || fail "mean of a distribution"

# Training items: the numbers of compare.tsv at 30 and at the size of the split, baselines fitted on samples among them.
split=$("$ams" data info small.h5 --json | grep -o '"train": *[0-9]*' | head -1 | grep -o '[0-9]*$')
[ "$split" -gt 100 ] || fail "training split: $split"
value() { # FILE AGENT RECALL: the mean
  awk -F '\t' -v a="$2" -v q="$3" '$1 == a && $3 == q && $4 == "time_ms" { print $5, $6, $7 }' "$1"
}
point() { # POLICY ITEMS RECALL
  awk -F '\t' -v a="$1" -v n="$2" -v q="$3" '$1 == a && $2 == n && $3 == q { print $5, $6, $7 }' \
    exp/eval/training_items.tsv
}
for recall in 0.8 1.0; do
  for pair in "dqn 30 dqn,items=30" "dqn $split dqn,items=0" "sarsa 30 sarsa,items=30" \
    "fixed 30 fixed,items=30" "fixed $split fixed" "random 30 random" "random $split random" \
    "oracle 30 oracle"; do
    read -r policy items agent <<< "$pair"
    want=$(value exp/compare.tsv "$agent" $recall)
    [ -n "$want" ] || fail "compare.tsv: no $agent at $recall"
    [ "$(point "$policy" "$items" $recall)" = "$want" ] ||
      fail "training_items.tsv: $pair at $recall: '$(point "$policy" "$items" $recall)', not '$want'"
  done
done
grep -qP '^fixed,items=30\t2\t' exp/compare.tsv || fail "fixed was not fitted on the samples of both seeds"
[ "$(value exp/compare.tsv fixed 1.0)" != "$(value exp/compare.tsv fixed,items=30 1.0)" ] ||
  fail "fixed of 30 items is that of all"

# Learning: means over the seeds, at every validation.
cat exp/runs/sarsa,items=30-[12]/metrics.tsv |
  awk -F '\t' '$7 != "-" && $1 != "update" { sum[$1] += $7 } END { for (u in sum) printf "%d %.4f\n", u, sum[u] / 2 }' |
  sort -n > want.txt
awk -F '\t' '$1 == "sarsa,items=30" && $2 == "validation_time_ms" { printf "%d %.4f\n", $3, $5
    if ($4 != 2 || $6 > $5 || $7 < $5) exit 1 }' exp/eval/learning.tsv > found.txt
[ "$(wc -l < want.txt)" = 3 ] || fail "validations: $(cat want.txt)"
cmp want.txt found.txt || fail "learning.tsv: $(cat found.txt), not $(cat want.txt)"

# Differences: compare.tsv's; the policy's styles do not depend on what is drawn.
awk -F '\t' '$4 == "time_ms_diff_fixed" { printf "%s %s %.3f %.3f %.3f\n", $1, $3 + 0, $5, $6, $7 }' \
  exp/compare.tsv | sort > want.txt
awk -F '\t' 'NR > 1 { printf "%s %s %.3f %.3f %.3f\n", $1, $4, $5, $6, $7 }' exp/plots/differences.tsv |
  sort > found.txt
cmp want.txt found.txt || fail "differences.tsv is not compare.tsv"
"$ams" plot exp --what differences --format svg -o alone > /dev/null 2>&1 || [ $drawn = no ]
cmp alone/differences.tsv exp/plots/differences.tsv || fail "styles depend on the figures asked for"

# Whose order: the first trained policy, or the one asked for.
[ "$(cut -f8 exp/plots/order.tsv | sort -u | grep -c ',items=')" = 1 ] || fail "order of $(cut -f8 exp/plots/order.tsv | sort -u)"
"$ams" plot exp --what order --policy fixed --format svg -o alone > /dev/null 2>&1 || [ $drawn = no ]
[ "$(tail -n +2 alone/order.tsv | cut -f8 | sort -u)" = fixed ] || fail "order of another policy than fixed"
# `fixed` has one order: every model at one place, in ascending order.
awk -F '\t' 'NR > 1 { if ($4 != NR - 1 || $6 != NR - 1 || $5 != $7) exit 1 }' alone/order.tsv ||
  fail "order of fixed: $(cat alone/order.tsv)"
expect 1 "--policy" "$ams" plot exp --what order --policy nosuch -o alone

# Where nothing varies there is no figure over the items, nor one left from before.
rm -r exp/runs/*,items=30-*
"$ams" compare exp --bootstrap 50 > /dev/null 2>&1
[ ! -e exp/eval/training_items.tsv ] || fail "training_items.tsv of an earlier comparison"
expect 2 "no folder has data for training-items" "$ams" plot exp --what training-items -o alone

echo "1 passed, 0 failed"
