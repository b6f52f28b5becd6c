#!/bin/bash
# A start that fails (a slip in a setting), then the corrected command.
# expected: the failed start leaves no folder, and a folder in which nothing was trained takes other settings
. "$PROJECT/tests/cases/common"
small_data d.h5
for slip in hidden=abc items=5000 warmup=4000; do
  rm -rf run
  "$AMS" train --data d.h5 -o run steps=50 replay=2000 $slip > out.txt 2> err.txt && continue
  [ -e run ] && fail "$slip: refused, but the folder is there"
  rm -rf run
done
expect_code 1 "$AMS" train --data d.h5 -o run steps=50 hidden=abc
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
# Left by an older program: a folder with config.ini alone.
mkdir old && cp run/config.ini old && sed -i 's/^hidden = .*/hidden = 17/' old/config.ini
expect_code 0 "$AMS" train --data d.h5 -o old steps=50
cmp -s old/policy.ams run/policy.ams || fail "other bits"
cmp -s old/config.ini run/config.ini || fail "the old config.ini is still there"
expect_code 1 "$AMS" train --data d.h5 -o run steps=50 hidden=64 # what was trained is kept
expect_text 'holds another run'
expect_code 1 "$AMS" sweep --data d.h5 -o exp --seeds 1 steps=50 hidden=abc
expect_code 0 "$AMS" sweep --data d.h5 -o exp --seeds 1 steps=50 hidden=64
# A search whose trials could not start, and one whose trials did.
printf 'hidden = choice: 8 16\n' > space.ini
expect_code 1 "$AMS" tune --data d.h5 --space space.ini --trials 2 --seeds 1 -o tuned steps=50 items=5000
[ -e tuned/search.ini ] || fail "the search did not begin"
expect_code 0 "$AMS" tune --data d.h5 --space space.ini --trials 2 --seeds 1 -o tuned steps=50
expect_code 1 "$AMS" tune --data d.h5 --space space.ini --trials 2 --seeds 1 -o tuned steps=60
expect_text 'holds another search'
got "the corrected commands train"
