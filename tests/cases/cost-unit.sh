#!/bin/bash
# Costs are dollars per call, a fraction of a cent each: tables and axes called them ms, and files had two digits of them.
# expected: one unit, named when the table is made, in tables, axes and JSON; six digits and more in files
. "$PROJECT/tests/cases/common"
small_data ms.h5
printf 'name\ttask\ttime_ms\tmem_mb\na\tt\t3.1234e-5\t1\nb\tt\t1.2e-3\t1\nc\tu\t7e-5\t1\n' > dollars.tsv
expect_code 0 "$AMS" data import rows.jsonl --models dollars.tsv --cost-unit usd -o d.h5
expect_code 0 "$AMS" data info d.h5
expect_text 'cost usd +mem_mb' out.txt
"$AMS" data info --json d.h5 | grep -q '"cost_unit": "usd"' || fail "data info --json says no unit"
expect_code 1 "$AMS" data import rows.jsonl --models dollars.tsv --cost-unit 'us dollars' -o no.h5
expect_code 0 "$AMS" data export d.h5 -o text.jsonl
expect_code 0 "$AMS" data import text.jsonl --models text.models.tsv -o again.h5
[ "$("$AMS" data info d.h5 | grep ^hash)" = "$("$AMS" data info again.h5 | grep ^hash)" ] || fail "text loses the unit"
expect_code 2 "$AMS" data merge d.h5 ms.h5 -o merged.h5
expect_text 'costs in usd as in the first file, found ms'

expect_code 0 "$AMS" train --data d.h5 -o exp/runs/dqn-1 steps=500 validate_every=500
expect_text 'validation: [0-9.e-]+ usd to recall' out.txt
expect_text 'same validation items: [0-9.e-]+ usd' out.txt
expect_code 0 "$AMS" eval --data d.h5 --policy exp/runs/dqn-1 --policy fixed -o scores
expect_text '^Mean cost \(usd\) until' out.txt
expect_text 'standard error [0-9.e-]+ usd' out.txt
! grep -qwE 'ms|time' out.txt || fail "eval still says: $(grep -wE 'ms|time' out.txt | head -n 1)"
# A sum of costs by hand against the file: nine decimals and more.
all=$(awk -F '\t' '$1 == "all" && $3 == "1.0" { print $4 }' scores/summary.tsv)
awk -v a="$all" 'BEGIN { d = a - 0.001301234; exit !(d < 1e-9 && d > -1e-9) }' || fail "summary.tsv has $all in place of 0.001301234"
expect_code 0 "$AMS" compare exp
expect_text 'usd 1.0 \[95 %\]' exp/compare.md
expect_text 'Mean cost \(usd\)' exp/compare.md
expect_code 0 "$AMS" schedule deadline --data d.h5 --policy fixed --deadline 0.0001usd,50% -o limits
expect_text '0.0001 usd' out.txt
expect_code 1 "$AMS" schedule deadline --data d.h5 --policy fixed --deadline 1ms
expect_text '1usd, 1%'
expect_code 0 "$AMS" trace --data d.h5 --item i1 --policy fixed --deadline 0.002usd -o traced
expect_text 'start usd +end usd' traced/trace.txt
for f in scores/eval.json exp/compare.json limits/schedule.json traced/trace.json exp/runs/dqn-1/manifest.json; do
  grep -q '"cost_unit": "usd"' $f || fail "$f has no unit"
done
for figure in scores:recall-time exp:differences limits:recall-deadline exp/runs/dqn-1:learning; do
  "$AMS" plot "${figure%:*}" --what "${figure#*:}" -o plots > out.txt 2> err.txt # 4: no gnuplot here; the script is there
  grep -qx "unit = 'usd'" "plots/${figure#*:}.gp" || fail "${figure#*:} has no unit"
done
expect_code 0 "$AMS" eval --data ms.h5 --policy fixed -o ms
expect_code 2 "$AMS" plot scores ms -o both
expect_text 'costs in usd expected as in the folders before, found ms'
got "all models: $all usd"
