#!/bin/bash
# `ams plot results/mine runs/mine`, and `ams plot .` in the folder of a run that was validated once.
# expected: the run is called `mine` in the legend, whatever other folders are named, and gnuplot has nothing to warn of
. "$PROJECT/tests/cases/common"
command -v gnuplot > /dev/null || skip "gnuplot draws figures"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o runs/mine steps=300 log_every=300 validate_every=300
expect_code 0 "$AMS" eval --data d.h5 --policy runs/mine -o results/mine
for folders in "results/mine runs/mine" "runs/mine/." "runs/mine/../mine/"; do
  # shellcheck disable=SC2086
  expect_code 0 "$AMS" plot $folders --what learning -o out
  [ -s err.txt ] && fail "$folders: $(cat err.txt)"
  [ "$(sed -n 2p out/learning.tsv | cut -f1,2)" = "mine"$'\t'"mine" ] || fail "$folders: $(sed -n 2p out/learning.tsv)"
done
cd runs/mine || exit 1
expect_code 0 "$AMS" plot . --what learning
[ "$(sed -n 2p plots/learning.tsv | cut -f1)" = mine ] || fail "of .: $(sed -n 2p plots/learning.tsv)"
# Two that are drawn are told apart by where they lie.
cd ../.. && mkdir -p other && cp -r runs/mine other/mine
expect_code 0 "$AMS" plot runs/mine other/mine --what learning -o two
[ "$(tail -n +2 two/learning.tsv | cut -f1 | sort -u | tr '\n' ' ')" = "other runs " ] || fail "$(cat two/learning.tsv)"
got "the run is called mine; no warnings"
