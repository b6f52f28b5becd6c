#!/bin/bash
# Costs in dollars in the commands that came later: a bare "ms" stood in links, streams and `ams train --auto`.
# expected: the table's unit in tables, limits, messages and JSON; no "ms"
. "$PROJECT/tests/cases/common"
truth_data ms.h5 120 0.001
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv --truth truth.tsv --cost-unit usd -o d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
no_ms() { # COMMAND...: a word "ms" is nowhere, and the unit is
  expect_code 0 "$AMS" "$@"
  ! grep -qwE 'ms|time_ms' out.txt || fail "$1 $2 still says: $(grep -wE 'ms|time_ms' out.txt | head -n 1)"
  grep -q 'usd' out.txt || fail "$1 $2 has no unit"
}
no_ms links eval --data d.h5 --time 50%,0.003usd
no_ms links select --data d.h5 --time 0.004usd
no_ms links guarantee --data d.h5 --time 50%
no_ms links schedule --data d.h5 --policy fixed --time 0.003usd
no_ms links stream --data d.h5 --segment 10
no_ms stream --data d.h5 --clients 2 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo --think 0.001usd -o st
no_ms budget --data d.h5 --bootstrap 5
no_ms train --data d.h5 -o auto --auto steps=50
grep -q '"cost_unit": "usd"' st/stream.json || fail "stream.json has no unit"
for command in "links eval --time 50%" "links select --time 50%" "links guarantee --time 50%" "links schedule --policy fixed --time 50%" \
  "links stream --segment 10" "stream --clients 2 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo" "budget --bootstrap 5" "train -o auto --auto steps=50"; do
  # shellcheck disable=SC2086 # words
  expect_code 0 "$AMS" $command --data d.h5 --json
  grep -q '"cost_unit": "usd"' out.txt || fail "$command --json has no unit"
done
expect_code 1 "$AMS" links select --data d.h5 --time 4ms
expect_text '1usd, 1%'
expect_code 1 "$AMS" stream --data d.h5 --deadline-low 5ms
expect_text '1usd'
expect_code 1 "$AMS" stream --data d.h5 --deadline-low 0.005usd --deadline-high 0.004usd
expect_text '0.004 usd is below'
if command -v gnuplot > /dev/null; then
  expect_code 0 "$AMS" plot st --what stream-timeline -o plots
  grep -qx "unit = 'usd'" plots/stream-timeline.gp || fail "the figure has no unit"
fi
got "usd everywhere"
