#!/bin/bash
# Costs of 1e-12 and 1e12 in the commands that came later: links, streams with their bound, budgets, traces.
# expected: the same scores as with costs near 10, and no cost that is printed or written as 0
. "$PROJECT/tests/cases/common"
# shellcheck disable=SC2054 # lists of the program
stream=(stream --data d.h5 --arrivals poisson --load 1 --jobs 200 --warmup 20 --seeds 1 --scheduler edf-full,fifo --bound)
"$AMS" doctor | grep -q 'GLPK.*not built' && stream=("${stream[@]:0:${#stream[@]}-1}")
for scale in 10 1e-12 1e12; do
  truth_data d.h5 120 $scale
  expect_code 0 timeout 60 "$AMS" "${stream[@]}"
  awk 'NR > 2 { print $1, $2 }' out.txt > "stream-$scale.txt"
  expect_code 0 "$AMS" links eval --data d.h5 --time 50% --method facility --fill refit -o le
  awk '$1 == "facility" && $4 + 0 == 0 { exit 1 }' out.txt || fail "links eval prints $(grep ^facility out.txt)"
  awk -F '\t' 'NR == 2 && $6 + 0 == 0 { exit 1 }' le/links.tsv || fail "links.tsv has $(sed -n 2p le/links.tsv)"
  expect_code 0 "$AMS" links select --data d.h5 --time 50%
  awk '$1 == "a" && $2 + 0 == 0 { exit 1 }' out.txt || fail "links select prints $(grep ^a out.txt)"
  awk '$1 == "a" { print $5 }' out.txt > "f1-$scale.txt"
  expect_code 0 "$AMS" links guarantee --data d.h5 --time 50% -o lg.tsv
  ! grep -qwiE 'inf|nan' lg.tsv || fail "lg.tsv: $(grep -wiE 'inf|nan' lg.tsv | head -n 1)"
  awk -F '\t' 'NR == 2 && $6 + 0 == 0 { exit 1 }' lg.tsv || fail "lg.tsv has $(sed -n 2p lg.tsv)"
  expect_code 0 "$AMS" links stream --data d.h5 --segment 10 --window 50 -o ls
  awk -F '\t' 'NR == 2 && $11 + 0 == 0 { exit 1 }' ls/stream.tsv || fail "stream.tsv has $(sed -n 2p ls/stream.tsv)"
  expect_code 0 "$AMS" budget --data d.h5 --bootstrap 5
  awk '$1 ~ /^single/ { print $4 }' out.txt > "right-$scale.txt"
  expect_code 0 "$AMS" trace --data d.h5 --policy cooccur --item i1
  awk '/start ms/ { w = index($0, "recall") } /nothing new|l[0-3] 0/ { if (length($6) > 10) exit 1 }' out.txt || fail "a column of trace bursts: $(grep l0 out.txt)"
done
# States of 2 s between requests that are 30 years apart: they were drawn one by one, for hours.
expect_code 1 timeout 60 "$AMS" stream --data d.h5 --arrivals on-off --load 1 --jobs 200 --warmup 20 --seeds 1 --scheduler fifo
expect_text 'poisson is the same'
for scale in 1e-12 1e12; do
  for what in stream f1 right; do
    cmp -s $what-10.txt $what-$scale.txt || fail "$what with $scale: $(diff $what-10.txt $what-$scale.txt | head -n 2 | tr '\n' ' ')"
  done
done
got "the same scores, $(head -n 1 stream-1e12.txt)"
