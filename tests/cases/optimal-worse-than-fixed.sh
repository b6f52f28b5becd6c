#!/bin/bash
# A newcomer follows docs/your-own-data.md with a small and a large detector of one task: `optimal`, which ignores time, lies behind `fixed`.
# expected: the page compares with `oracle`, which no policy beats there; figures draw `all` as the table has it, at all of its time
. "$PROJECT/tests/cases/common"
page=$PROJECT/docs/your-own-data.md
grep -qE -- '--policy oracle' "$page" || fail "the page does not compare with oracle"
grep -qE -- '--policy optimal' "$page" && fail "the page compares with optimal"
printf 'name\ttask\ttime_ms\tmem_mb\nsmall\tt\t10\t100\nlarge\tt\t100\t200\nother\tu\t5\t50\n' > models.tsv
awk 'BEGIN { for (i = 0; i < 120; i++) { hard = i % 5 == 0
  printf "{\"item\": \"i%d\", \"model\": \"small\", \"labels\": [%s]}\n", i, hard ? "" : "[\"cat\", 0.7]"
  printf "{\"item\": \"i%d\", \"model\": \"large\", \"labels\": [[\"cat\", %s]]}\n", i, hard ? "0.8" : "0.7"
  printf "{\"item\": \"i%d\", \"model\": \"other\", \"labels\": [%s]}\n", i, i % 2 ? "[\"sea\", 0.9]" : "" } }' > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_code 0 "$AMS" eval --data d.h5 --policy fixed --policy oracle --policy optimal --draws 5 --bootstrap 20 -o e
ms() { awk -v policy="$1" '$1 == policy { print $6; exit }' out.txt; }
awk -v oracle="$(ms oracle)" -v fixed="$(ms fixed)" -v all="$(ms all)" 'BEGIN { exit !(oracle > 0 && oracle <= fixed && all == 115) }' ||
  fail "oracle $(ms oracle), fixed $(ms fixed), all $(ms all)"
numbers="oracle $(ms oracle) ms, optimal $(ms optimal), fixed $(ms fixed), all $(ms all)"
if command -v gnuplot > /dev/null; then
  expect_code 0 "$AMS" plot e --what recall-time
  awk -F '\t' '$1 == "all" && $4 < 114.99 && $5 != 0 { bad = 1 } END { exit bad }' e/plots/recall-time.tsv ||
    fail "all has recall before its end: $(grep '^all' e/plots/recall-time.tsv | head -n 3)"
fi
got "$numbers"
