#!/bin/bash
# Searches: the same whatever -j and however often interrupted, failures reported, the best usable.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# column FILE NAME: a column of a table with a header
column() {
  awk -F '\t' -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i
    if (!c) exit 1 } NR > 1 { print $c }' "$1"
}

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
cat > space.ini << 'END'
; three things vary
hidden = choice: 8 16 8x8
lr = log: 1e-4 1e-2
dropout = uniform: 0 0.3
targets = all
END
common=(batch=16 replay=1000 warmup=100 log_every=50 validate_every=100 checkpoint_every=70 refine_items=1)
search=("$ams" tune --data small.h5 --agent dueling --space space.ini "${common[@]}")

# Pausing: `ams train --until` twice and then on is the same as through; a wrong N is reported.
train=("$ams" train --data small.h5 "${common[@]}" hidden=8 steps=400)
expect 1 "--until" "${train[@]}" --until 0 -o paused
expect 1 "--until" "${train[@]}" --until x -o paused
"${train[@]}" -o through > /dev/null 2>&1
"${train[@]}" --until 100 -o paused > out.txt 2> /dev/null
grep -q 'paused at update 100 of 400' out.txt || fail "$(cat out.txt)"
[ ! -e paused/policy.ams ] || fail "a paused run has a policy"
"$ams" train --resume paused --until 250 --json > out.txt 2> /dev/null
grep -q '"outcome": "paused"' out.txt || fail "$(cat out.txt)"
"${train[@]}" -o paused > /dev/null 2>&1
for file in policy.ams metrics.tsv config.ini; do
  cmp "through/$file" "paused/$file" || fail "a paused run differs: $file"
done

# Wrong usage: nothing is started or written.
expect 1 "--space" "$ams" tune --data small.h5 -o bad
expect 1 "--data" "$ams" tune --space space.ini -o bad
expect 1 "-o is required" "${search[@]}"
expect 1 "did you mean 'hidden'?" "${search[@]}" hiden=8 -o bad
expect 1 "--trials" "${search[@]}" --trials 0 -o bad
expect 1 "--eta" "${search[@]}" --eta 1 -o bad
expect 1 "--min-fraction" "${search[@]}" --min-fraction 1.5 -o bad
expect 1 "--finalists" "${search[@]}" --finalists 0 -o bad
expect 1 "asked for twice" "${search[@]}" --seeds 1,1 -o bad
expect 1 "'lr' is an argument, and stands at space.ini:3, too" "${search[@]}" lr=0.1 -o bad
expect 1 "--seeds" "${search[@]}" seed=3 -o bad
expect 1 "-j" "${search[@]}" -j 0 -o bad
printf 'lr = log: 1e-4 1e-3\nagent = choice: dqn sarsa\n' > agents.ini
expect 1 "'agent' is an argument" "$ams" tune --data small.h5 --agent dqn --space agents.ini -o bad
printf 'steps = int: 10 20\n' > steps.ini
expect 1 "steps.ini:1: 'steps' has to be the same" "$ams" tune --data small.h5 --space steps.ini -o bad
printf 'seed = int: 10 20\n' > seeds.ini
expect 1 "seeds.ini:1: 'seed' belongs to the search" "$ams" tune --data small.h5 --space seeds.ini -o bad
printf 'lr = log: 1e-4 1e-3\ndropuot = uniform: 0 0.3\n' > misspelt.ini
expect 1 "misspelt.ini:2: unknown key 'dropuot'; did you mean 'dropout'?" \
  "$ams" tune --data small.h5 --space misspelt.ini -o bad
expect 3 "No such file" "$ams" tune --data small.h5 --space none.ini -o bad
expect 3 "No such file" "$ams" tune --data none.h5 --space space.ini -o bad
"$ams" data split small.h5 --split 0.5,0,0.5 -o unsplit.h5 > /dev/null
expect 2 "validation split" "$ams" tune --data unsplit.h5 --space space.ini -o bad
[ ! -e bad ] || fail "a refused search left a folder"

# 6 trials: 6, 2 and 2 in rungs of 100, 300 and 900 updates; two seeds in the last.
"${search[@]}" --trials 6 --seeds 1-2 --finalists 2 -j 2 steps=900 -o exp > out.txt 2> err.txt
[ "$(head -1 exp/tune.tsv)" = "$(printf '%s\t' rank trial status updates time_ms_at_100 time_ms_at_300 \
  time_ms_at_900 seeds sd hidden lr dropout targets)message" ] || fail "tune.tsv: $(head -1 exp/tune.tsv)"
[ "$(column exp/tune.tsv trial | tr '\n' ' ')" = "t001 t002 t003 t004 t005 t006 " ] || fail "trials"
[ "$(column exp/tune.tsv rank | sort -n | tr '\n' ' ')" = "1 2 3 4 5 6 " ] || fail "ranks"
[ "$(column exp/tune.tsv status | sort | uniq -c | tr -s ' \n' ' ')" = " 1 best 4 dropped 1 finished " ] ||
  fail "statuses: $(cat exp/tune.tsv)"
[ "$(column exp/tune.tsv updates | sort -n | tr '\n' ' ')" = "100 100 100 100 900 900 " ] || fail "updates"
[ "$(find exp/runs -mindepth 1 -maxdepth 1 | wc -l)" = 8 ] || fail "runs: $(ls exp/runs)"
[ "$(find exp/runs -name policy.ams | wc -l)" = 4 ] || fail "finished runs"
grep -q '"status": "finished"' exp/tune.json || fail "tune.json: $(cat exp/tune.json)"

# Each number again from metrics.tsv: the survivors are the two best at 100, the metric is the
# best so far, the last one's mean over seeds.
least() { # run, updates
  awk -F '\t' -v until="$2" 'NR > 1 && $1 <= until && $7 != "-" && (!n++ || $7 < least) { least = $7 }
    END { print least }' "exp/runs/$1/metrics.tsv"
}
while IFS=$'\t' read -r _ trial status _ at100 _ at900 _ sd _; do
  [ "$(printf '%.2f' "$(least "$trial-1" 100)")" = "$at100" ] || fail "$trial: $at100 at 100"
  if [ "$status" != dropped ]; then
    echo "$(least "$trial-1" 900) $(least "$trial-2" 900)" | awk -v mean="$at900" -v sd="$sd" '
      function near(a, b) { return (a > b ? a - b : b - a) < 0.0051 }
      { exit !(near(($1 + $2) / 2, mean) && near(($1 > $2 ? $1 - $2 : $2 - $1) / sqrt(2), sd)) }' ||
      fail "$trial: $at900 at 900, sd $sd"
  fi
done < <(tail -n +2 exp/tune.tsv)
[ "$(tail -n +2 exp/tune.tsv | sort -t $'\t' -k5,5n | head -2 | cut -f2 | sort)" = \
  "$(tail -n +2 exp/tune.tsv | awk -F '\t' '$3 != "dropped" { print $2 }' | sort)" ] || fail "survivors"
[ "$(tail -n +2 exp/tune.tsv | awk -F '\t' '$7 != "-"' | sort -t $'\t' -k7,7n | head -1 | cut -f3)" = best ] ||
  fail "the best is not the best"

# best.ini is what the best trial was trained with: training it again gives its weights.
best=$(awk -F '\t' '$3 == "best" { print $2 }' exp/tune.tsv)
grep -q "^; Trial $best, the best of 6" exp/best.ini || fail "best.ini: $(head -3 exp/best.ini)"
grep -q "best.ini has trial $best:" out.txt || fail "$(cat out.txt)"
"$ams" train --data small.h5 --config exp/best.ini --seed 2 label="$best" -o again > /dev/null 2>&1
cmp again/policy.ams "exp/runs/$best-2/policy.ams" || fail "best.ini trains something else"

# The same command does nothing more; one at a time is the same; so is asking for more later.
before=$(stat -c %y "exp/runs/$best-1/policy.ams")
cp exp/tune.tsv first.tsv
"${search[@]}" --trials 6 --seeds 1-2 --finalists 2 -j 2 steps=900 -o exp > /dev/null 2>&1
cmp exp/tune.tsv first.tsv || fail "a search that was finished changed"
# Nor where the folder is older than some keys.
sed -i '/^refine/{/^refine_items/!d}' exp/search.ini
"${search[@]}" --trials 6 --seeds 1-2 --finalists 2 -j 2 steps=900 -o exp > out.txt 2>&1 || fail "older than a key: $(cat out.txt)"
cmp exp/tune.tsv first.tsv || fail "a search older than a key changed"
[ "$(stat -c %y "exp/runs/$best-1/policy.ams")" = "$before" ] || fail "a run was done again"
"${search[@]}" --trials 3 --seeds 2 --finalists 2 -j 1 steps=900 -o grown > /dev/null 2>&1
"${search[@]}" --trials 6 --seeds 1-2 --finalists 2 -j 1 steps=900 -o grown > /dev/null 2>&1
cmp grown/tune.tsv exp/tune.tsv || fail "a search that grew differs"
"${search[@]}" --trials 6 --seed 1 --min-fraction 1 --seeds 1 -j 2 steps=100 -o drawn > /dev/null 2>&1
[ "$(column drawn/tune.tsv lr)" != "$(column exp/tune.tsv lr)" ] || fail "--seed draws the same"
expect 1 "holds another search ('steps = 900' instead of 'steps = 800')" \
  "${search[@]}" --trials 6 steps=800 -o exp
expect 1 "holds another search" "${search[@]}" --trials 6 --seed 1 steps=900 -o exp
"$ams" compare exp --bootstrap 50 > table.txt 2> /dev/null
grep -q "^| $best " table.txt || fail "compare of a search: $(cat table.txt)"

# Stopped by SIGTERM, killed by SIGKILL, then continued: the same table and weights.
slow=("${search[@]}" --trials 4 --seeds 1-2 --finalists 1 --min-fraction 0.3 -j 2 steps=3000)
"${slow[@]}" -o whole > /dev/null 2>&1
"${slow[@]}" -o halves > out.txt 2> err.txt &
pid=$!
wait_for_checkpoints halves 2
expect 1 "in use by another" "${slow[@]}" -o halves
kill -TERM "$pid" 2> /dev/null || true
wait "$pid" || [ $? = 143 ] || fail "SIGTERM: exit $?: $(cat err.txt)"
# A machine may be fast enough to have finished it.
grep -q '"status": "finished"' halves/tune.json || {
  grep -q 'stopped; checkpoints are written' out.txt || fail "SIGTERM: $(cat out.txt)"
  grep -q '"status": "stopped"' halves/tune.json || fail "SIGTERM: $(cat halves/tune.json)"
  [ ! -e halves/best.ini ] || fail "a stopped search has a best"
}
"${slow[@]}" -o halves > /dev/null 2>&1 &
pid=$!
wait_for_checkpoints halves 4
kill -KILL "$pid" 2> /dev/null || true
wait "$pid" || true
# At once: its runs are still writing checkpoints, and are waited for.
"${slow[@]}" -o halves > out.txt 2> err.txt || fail "resumed: $(cat out.txt err.txt)"
for file in tune.tsv search.ini; do
  cmp "whole/$file" "halves/$file" || fail "a resumed search differs: $file"
done
cmp <(sed 1,2d whole/best.ini) <(sed 1,2d halves/best.ini) || fail "a resumed search: best.ini"
for run in whole/runs/*; do
  cmp "$run/metrics.tsv" "halves/runs/${run##*/}/metrics.tsv" || fail "a resumed run differs"
done

# Trials that cannot be trained are reported, and the others compared; none is an error.
printf 'warmup = choice: 100 200 2000\nlr = log: 1e-4 1e-2\n' > failing.ini
few=("$ams" tune --data small.h5 "${common[@]:0:2}" "${common[@]:3}" hidden=8 --seeds 1 -j 2 steps=200)
"${few[@]}" --space failing.ini --trials 8 -o failing > out.txt 2> err.txt
failed=$(column failing/tune.tsv warmup | grep -c 2000)
[ "$failed" -gt 0 ] || fail "nothing fails: $(cat failing/tune.tsv)"
grep -q "^$failed of 8 trials failed:" out.txt || fail "$(cat out.txt)"
grep -q 'failed: t...-1: .*warmup=2000' out.txt || fail "$(cat out.txt)"
grep -q 'failed: .*warmup=2000' err.txt || fail "stderr: $(cat err.txt)"
[ "$(awk -F '\t' '$3 == "failed" && $1 == "-" && /2000/' failing/tune.tsv | wc -l)" = "$failed" ] ||
  fail "tune.tsv: $(cat failing/tune.tsv)"
[ "$(wc -l < failing/failed.tsv)" = $((failed + 1)) ] || fail "failed.tsv"
[ -s failing/best.ini ] || fail "the others have no best"
printf 'warmup = choice: 1500 2000\n' > hopeless.ini
expect 1 "no trial came through" "${few[@]}" --space hopeless.ini --trials 2 -o hopeless
grep -q '"status": "failed"' hopeless/tune.json || fail "tune.json of a failure"

# By the area, larger is better.
"${search[@]}" --trials 4 --seeds 1 -j 2 --min-fraction 1 steps=200 best_by=area -o area > out.txt 2> /dev/null
[ "$(tail -n +2 area/tune.tsv | sort -t $'\t' -k5,5gr | head -1 | cut -f3)" = best ] ||
  fail "by area: $(cat area/tune.tsv)"

# The space that is shipped can be read.
"$ams" tune --data small.h5 --agent dueling --space "$source_dir/experiments/photos/space.ini" --trials 1 \
  --seeds 1 steps=20 validate_every=20 log_every=20 --min-fraction 1 -o shipped > /dev/null 2>&1
[ -s shipped/best.ini ] || fail "the shipped space"

# --json has the rows of tune.tsv: all of a finished search, the best first.
"${search[@]}" --trials 6 --seeds 1-2 --finalists 2 -j 2 steps=900 -o exp --json > json.txt 2> /dev/null
[ "$(head -c 1 json.txt)" = "{" ] || fail "JSON: $(head -n 1 json.txt)"
[ "$(sed -n 's/^ *"trial": "\(.*\)",$/\1/p' json.txt | tr '\n' ' ')" = \
  "$(tail -n +2 exp/tune.tsv | sort -n | cut -f2 | tr '\n' ' ')" ] || fail "JSON: other trials than tune.tsv"
diff <(sed -n 's/^ *"time_ms_at_100": \(.*\),$/\1/p' json.txt | awk '{ printf "%.2f\n", $1 }') \
  <(tail -n +2 exp/tune.tsv | sort -n | cut -f5) || fail "JSON: other metrics"

echo "1 passed, 0 failed"
