#!/bin/sh
# Runs the sh blocks of docs/budgets.md on four made-up services.
# Usage: test_budgets_page.sh AMS SOURCE_FOLDER
set -eu
ams=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$ams" "$folder/bin/ams"
PATH=$folder/bin:$PATH
cd "$folder"
sh "$source/tests/data/four_services.sh"
awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$source/docs/budgets.md" > blocks.sh
grep -q 'ams budget' blocks.sh
sh -eu blocks.sh > printed.txt
cat printed.txt
# At equal money the page's point has to show: the exact solution is above the cascade.
awk -F '\t' '$1 == "exact" || $1 == "cascade" { if ($4 == 5) score[$1] = $8; if ($4 == 5) cost[$1] = $5 }
  END { exit !(score["exact"] > score["cascade"] && cost["exact"] < 5.3 && cost["exact"] > 0) }' results/budget/curve.tsv
test "$(awk -F '\t' 'NR > 1' results/budget/area.tsv | wc -l)" = 4
# Orders of policies that ams eval knows: two policies, all and random, at two budgets; the page of the study.
test "$(awk -F '\t' '$4 == 2 || $4 == 5' results/orders/curve.tsv | wc -l)" = 8
# The runs of a sweep, whose seeds are one policy.
ams sweep --data animals.h5 --agents dqn --seeds 1-2 steps=300 -o exp > /dev/null
ams compare exp --score truth --budgets 5 --bootstrap 20 > compare.txt
test "$(grep -c '^dqn ' compare.txt)" = 2
test "$(awk -F '\t' '$1 == "dqn" && $4 == 5' exp/truth/curve.tsv | wc -l)" = 1
grep -q '| 5 | ' results/budget/report.md
grep -q '<td>5</td>' results/budget/report.html
# An agent's networks, served item by item as the study says.
ams budget --data animals.h5 --budgets 2,5 --agent dqn --networks 1 --steps 400 --bootstrap 20 --export agent.ams -o results/agent > /dev/null
wanted=$(awk -F '\t' '$1 == "dqn" && $4 == 5 { printf "%.6g\t%.6g", $5, $8 }' results/agent/curve.tsv)
served=$(python3 "$source/tests/data/serve_money.py" "$ams" agent.ams rows.jsonl truth.tsv splits.tsv spring 5)
echo "the agent: $wanted; served: $served"
test "$wanted" = "$served"
# A split that is not there, and costs of another unit, are refused by name.
if ams budget --data animals.h5 --split validation 2> message.txt; then exit 1; fi
grep -q 'validation items with right labels' message.txt
# At work: the server answers the test items as the study says, to the last item.
wanted=$(awk -F '\t' '$1 == "exact" && $4 == 5 { printf "%.6g\t%.6g", $5, $8 }' results/budget/curve.tsv)
served=$(python3 "$source/tests/data/serve_money.py" "$ams" answers.ams rows.jsonl truth.tsv splits.tsv spring 5)
echo "the study: $wanted; served: $served"
test "$wanted" = "$served"
# And so do commands; the first lines are those of the page.
awk -F '\t' 'NR > 1 && $2 == "test" { print $1 }' splits.tsv | head -40 > items.txt
ams run --policy answers.ams --budget 5 --models services.ini --items items.txt > answers.jsonl 2> summary.txt
test "$(wc -l < answers.jsonl)" = 40
grep -q 'usd\|paid' summary.txt
head -3 answers.jsonl | sed 's/, "runs".*//' > first.txt
grep '"answer"' printed.txt | sed 's/, "runs".*//' > page.txt
cmp first.txt page.txt
# A budget of a policy that has none, and a damaged policy, are refused.
if ams serve --policy fixed --fit animals.h5 --budget 5 < /dev/null 2> message.txt; then exit 1; fi
grep -q 'expected a policy that answers for money' message.txt
head -c 3000 answers.ams > cut.ams
if ams serve --policy cut.ams --budget 5 < /dev/null 2> message.txt; then exit 1; fi
grep -q 'cut short or damaged' message.txt
if ams eval --data animals.h5 --policy answers.ams 2> message.txt; then exit 1; fi
grep -q 'answers for money' message.txt
