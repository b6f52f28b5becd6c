#!/bin/bash
# Two runs of one agent whose settings differ in more than the seed, in `ams eval` and `ams compare`.
# expected: rows and curves of their own, labelled by what differs; seeds, threads and places do not count
. "$PROJECT/tests/cases/common"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o plain seed=1 steps=200
expect_code 0 "$AMS" train --data d.h5 -o other seed=2 steps=200 hidden=8 reward=gain
expect_code 0 "$AMS" train --data d.h5 -o third seed=3 steps=200 threads=2
expect_code 0 "$AMS" eval --data d.h5 --policy plain --policy other --policy third -o e
expect_text '^dqn,hidden=8,reward=gain,goal_input=off +1 ' out.txt
expect_text '^dqn,hidden=256,reward=(left|remaining),goal_input=on +2 ' out.txt
expect_code 0 "$AMS" eval --data d.h5 --policy plain --policy third
expect_text '^dqn +2 ' out.txt
expect_code 0 "$AMS" sweep --data d.h5 --seeds 1-2 steps=300 -o exp
expect_code 0 "$AMS" sweep --data d.h5 --seeds 3-4 steps=300 hidden=8 -o exp
expect_code 0 "$AMS" compare exp --bootstrap 20 --draws 2
expect_text 'dqn,hidden=8 +\| +2 ' out.txt
# The mean of such runs, and their learning in one figure.
expect_code 1 "$AMS" average plain other -o mean.ams
expect_text 'different (rewards|goal inputs)'
expect_code 0 "$AMS" average plain third -o mean.ams
expect_code 0 "$AMS" train --data d.h5 -o small seed=4 steps=200 hidden=8
expect_code 1 "$AMS" average plain small -o mean.ams
expect_text 'differ in more than the seed .*hidden=256.*hidden=8'
expect_code 0 "$AMS" average plain small -o mean.ams --label both
if command -v gnuplot > /dev/null; then
  mkdir figures && cp -r plain figures/dqn-1 && cp -r other figures/dqn-2 && cp -r third figures/dqn-3
  expect_code 0 "$AMS" plot figures/dqn-1 figures/dqn-2 figures/dqn-3 --what learning -o figures
  [ "$(tail -n +2 figures/learning.tsv | cut -f2 | sort -u | wc -l)" = 2 ] || fail "$(cut -f2 figures/learning.tsv)"
  expect_text 'dqn,hidden=256,reward=[a-z]*,goal_input=on \(2 seeds\)' figures/learning.tsv
  expect_text 'dqn-2,hidden=8,reward=gain,goal_input=off' figures/learning.tsv
fi
got "rows and curves of their own; no mean without a name of its own"
