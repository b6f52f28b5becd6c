#!/bin/bash
# Two runs of one agent whose settings differ in more than the seed, in `ams eval` and `ams compare`.
# expected: two rows, labelled by what differs; seeds, threads and places do not count
. "$PROJECT/tests/cases/common"
small_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o plain seed=1 steps=200
expect_code 0 "$AMS" train --data d.h5 -o other seed=2 steps=200 hidden=8 reward=gain
expect_code 0 "$AMS" train --data d.h5 -o third seed=3 steps=200 threads=2
expect_code 0 "$AMS" eval --data d.h5 --policy plain --policy other --policy third -o e
expect_text '^dqn,hidden=8,reward=gain +1 ' out.txt
expect_text '^dqn,hidden=256,reward=(left|remaining) +2 ' out.txt
expect_code 0 "$AMS" eval --data d.h5 --policy plain --policy third
expect_text '^dqn +2 ' out.txt
expect_code 0 "$AMS" sweep --data d.h5 --seeds 1-2 steps=300 -o exp
expect_code 0 "$AMS" sweep --data d.h5 --seeds 3-4 steps=300 hidden=8 -o exp
expect_code 0 "$AMS" compare exp --bootstrap 20 --draws 2
expect_text 'dqn,hidden=8 +\| +2 ' out.txt
got "two rows"
