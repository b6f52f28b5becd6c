#!/bin/bash
# `ams average RUN RUN -o mean.ams` without --label.
# expected: the mean is called as the first run, and no name in a table is empty
. "$PROJECT/tests/cases/common"
small_data d.h5
expect_code 0 "$AMS" sweep --data d.h5 -o exp --seeds 1-2 steps=100
expect_code 0 "$AMS" average exp/runs/dqn-1 exp/runs/dqn-2 -o mean.ams
expect_code 0 "$AMS" eval --data d.h5 --policy mean.ams -o e
awk -F'\t' '$1 == "dqn" { found = 1 } $1 == "" { exit 1 } END { exit !found }' e/summary.tsv || fail "$(cat e/summary.tsv)"
expect_code 0 "$AMS" average exp/runs/dqn-1 exp/runs/dqn-2 -o mean.ams --label mean
got "dqn"
