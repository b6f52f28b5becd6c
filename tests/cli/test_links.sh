#!/bin/bash
# The commands `ams links`: what they print, write and refuse. Usage: test_links.sh AMS SOURCE_DIR
set -euo pipefail
ams=$1
# shellcheck source=tests/cli/common.sh
. "$2/tests/cli/common.sh"

"$ams" data synth --preset coco --items 400 --split 0.5,0.2,0.3 --seed 3 -o d.h5 > /dev/null
cell() { # FILE COLUMN WHERE...: the cell of the row in which each COLUMN=VALUE holds
  awk -F '\t' -v want="$2" -v where="${*:3}" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(where, part, " "); next }
    { good = 1; for (i = 1; i <= n; i++) { split(part[i], kv, "="); if ($at[kv[1]] != kv[2]) good = 0 }
      if (good) { print $at[want]; exit } }' "$1"
}

expect_output 0 "links between" "$ams" links train --data d.h5 -o l.ams
"$ams" links train --data d.h5 -o again.ams > /dev/null
cmp l.ams again.ams || fail "two fits of the same data differ"
expect_output 0 "models by facility" "$ams" links select --data d.h5 --time 20% -o c.ams
grep -q "no set has over\|optimal" <<< "$output" || fail "no bound: $output"
expect_output 0 "by exact" "$ams" links select --data d.h5 --time 20% --mem 30% --method exact

# Every method within its budget; what runs is right; constants have no skill.
"$ams" links eval --data d.h5 --time 10%,30% --mem 20% --method constant,cheapest,papers,facility,triples,exact,refit \
  --fill nothing,constant,best,mean,weights,reweighted,concat,any,refit --bootstrap 50 -o r > table.txt
[ "$(wc -l < r/links.tsv)" = $((1 + 3 * 7 * 9)) ] || fail "rows of links.tsv: $(wc -l < r/links.tsv)"
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $at["time_budget_ms"] != "-" && $at["time_ms"] > $at["time_budget_ms"] * 1.000001 { bad = 1; print }
  $at["mem_budget_mb"] != "-" && $at["mem_mb"] > $at["mem_budget_mb"] * 1.000001 { bad = 1; print }
  $at["fill"] == "constant" && ($at["skill"] != 0 || $at["f1"] != $at["floor"]) { bad = 1; print }
  $at["f1"] < $at["ci_low"] - 1e-9 || $at["f1"] > $at["ci_high"] + 1e-9 { bad = 1; print }
  END { exit bad }' r/links.tsv || fail "a row of links.tsv breaks a rule"
best=$(cell r/links.tsv value method=exact fill=refit)
for method in cheapest papers facility triples; do
  awk -v a="$(cell r/links.tsv value method=$method fill=refit)" -v b="$best" 'BEGIN { exit !(a <= b + 1e-9) }' ||
    fail "$method has a greater F than the optimum"
done
[ "$(cell r/links.tsv optimal method=exact)" = yes ] || fail "the optimum is not proved"

# A linked answer reads nothing of the models that do not run.
item=$("$ams" data export d.h5 -o - | sed -n "1s/.*\"item\": *\"\([^\"]*\)\".*/\1/p")
"$ams" links predict --links c.ams --data d.h5 --item "$item" > one.txt
grep -q linked one.txt || fail "nothing is linked: $(cat one.txt)"
"$ams" links predict --links c.ams --data d.h5 -o linked.jsonl > /dev/null
linked=$(grep -c ' linked' one.txt)
[ "$(wc -l < linked.jsonl)" = $((linked * 400)) ] || fail "rows of linked.jsonl: $(wc -l < linked.jsonl)"

expect 1 "expected --time, --mem or both" "$ams" links eval --data d.h5
expect 1 "did you mean facility" "$ams" links select --data d.h5 --time 20% --method facilty
expect 1 "no set was chosen" "$ams" links predict --links l.ams --data d.h5 --item "$item"
expect 1 "has no item" "$ams" links predict --links c.ams --data d.h5 --item nobody
head -c 3000 c.ams > cut.ams
expect 2 "cut.ams" "$ams" links predict --links cut.ams --data d.h5 --item "$item"
"$ams" data info d.h5 --json | grep '"name"' | sed -n '3,6p' | sed 's/.*: "\(.*\)",/\1/' | paste -sd, > models.txt
"$ams" data select d.h5 --models "$(cat models.txt)" -o few.h5 > /dev/null
expect 2 "other models" "$ams" links predict --links c.ams --data few.h5 --item "$item"
"$ams" data split d.h5 --split 1,0,0 -o train.h5 > /dev/null
expect 2 "is in the split validation" "$ams" links train --data train.h5 -o x.ams

# Networks: saved, used, and the same bits for any number of threads.
"$ams" data synth --preset plain --models 4 --labels 12 --items 120 --split 0.5,0.3,0.2 --seed 2 -o p.h5 > /dev/null
for threads in 1 3; do
  "$ams" links train --data p.h5 --form network --epochs 4 --threads $threads -o n$threads.ams > /dev/null
done
cmp n1.ams n3.ams || fail "threads change a network's bits"
"$ams" links select --data p.h5 --time 60% --form network --epochs 4 -o nc.ams > /dev/null
"$ams" links predict --links nc.ams --data p.h5 -o nl.jsonl > /dev/null
[ -s nl.jsonl ] || fail "networks link nothing"

# Fewer sources per target store fewer weights. Truth is predicted, and never runs.
for n in 1 64; do
  "$ams" links eval --data d.h5 --time 30% --method facility --fill refit --sources $n --bootstrap 10 -o few$n > /dev/null
done
[ "$(cell few1/links.tsv weights fill=refit)" -lt "$(cell few64/links.tsv weights fill=refit)" ] || fail "sources: $(cat few1/links.tsv)"
expect 2 "no right answers" "$ams" links eval --data d.h5 --time 30% --truth

# Abstention: more is accepted, and less time is needed, the larger alpha is.
"$ams" links guarantee --data d.h5 --time 20% --alpha 2,10,30 --seeds 1,2 -o g.tsv > /dev/null
awk -F '\t' 'NR > 1 { key = $1 $4; if (key == last && ($8 < accepted || $6 > time + 1e-6)) bad = 1
    last = key; accepted = $8; time = $6 } END { exit bad || NR != 1 + 2 * 2 * 3 }' g.tsv || fail "alphas: $(cat g.tsv)"
expect 1 "numbers between 0 and 100" "$ams" links guarantee --data d.h5 --time 20% --alpha 0

# Streams: every strategy, in tables.
"$ams" links stream --data d.h5 --segment 50 --time 20 --label none,periodic -o s > /dev/null
[ "$(wc -l < s/stream.tsv)" = $((1 + 2 * 7)) ] || fail "rows of stream.tsv: $(wc -l < s/stream.tsv)"
[ "$(wc -l < s/reuse.tsv)" = 8 ] || fail "rows of reuse.tsv"
"$ams" links stream --data d.h5 --segment 50 --time 20% --label none,periodic -o s2 > /dev/null
cmp s/means.tsv s2/means.tsv || fail "20 and 20% are not the same time"
expect 1 "expected a number from 0.1 to 100" "$ams" links stream --data d.h5 --time 101%
expect 1 "no model fits into 0.1 % of all time: the cheapest" "$ams" links stream --data d.h5 --segment 50 --time 0.1%
expect 1 "no group is named 'x'" "$ams" links stream --data d.h5 --order rotate --groups x

# By a deadline: what did not run is filled in, never worse than nothing; nothing runs late.
"$ams" links schedule --data d.h5 --policy links:l.ams --policy fixed --time 5%,30% -o w.tsv > /dev/null
awk -F '\t' 'NR > 1 { if ($5 > $2) bad = 1; if ($3 == "nothing") nothing = $6; else if ($6 < nothing) bad = 1
    if ($3 == "constant" && $6 != $7) bad = 1 } END { exit bad || NR != 1 + 2 * 2 * 4 }' w.tsv || fail "$(cat w.tsv)"
"$ams" links schedule --data d.h5 --core 0.5,1 --time 10%,100% -o core.tsv > /dev/null
awk -F '\t' 'NR > 1 { if ($5 > $2 || $6 > 1) bad = 1; if (NR > 3 && $6 != 1) bad = 1 } END { exit bad || NR != 5 }' core.tsv || fail "$(cat core.tsv)"
expect 1 "a set of its own" "$ams" links schedule --data d.h5 --policy fixed --time 5% --fill refit
expect 1 "chosen set" "$ams" eval --data d.h5 --policy links:c.ams
# --json: the printed numbers with all digits, and nothing else on standard output.
for command in "links train -o j.ams" "links select --time 20%" "links eval --time 20% --bootstrap 20" "links guarantee --time 20% --alpha 10 --seeds 1"; do
  # shellcheck disable=SC2086
  "$ams" $command --data d.h5 --json > json.txt 2> err.txt || fail "$command --json: $(cat err.txt)"
  { [ "$(head -c 1 json.txt)" = "{" ] && [ "$(tail -n 1 json.txt)" = "}" ] && grep -q '"rows": \[' json.txt; } ||
    fail "$command --json: $(head -n 3 json.txt)"
done
"$ams" links select --data d.h5 --time 20% > table.txt
"$ams" links select --data d.h5 --time 20% --json > json.txt
f1=$(sed -n 's/^  "f1": \(.*\),$/\1/p' json.txt)
grep -qF "mean F1 $(printf '%.4f' "$f1")" table.txt || fail "links select --json has F1 $f1, the table: $(cat table.txt)"
"$ams" links simulate --draws 5 --json > json.txt
grep -q '"optimum": 0\.[0-9]\{6\}' json.txt || fail "links simulate --json: $(head -n 9 json.txt)"
