#!/bin/bash
# kill -9 after policy.ams has its name and before manifest.json is written for the last time.
# expected: the same command says "already finished" and mends the manifest: status, updates and end
. "$PROJECT/tests/cases/common"
small_data d.h5
settings=(refine_items=1 hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=60 steps=60)
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}"
cp r/manifest.json whole.json
sed -i -e 's/"status": "finished",/"status": "running"/' -e 's/"updates": 60/"updates": 0/' -e '/"end"/d' r/manifest.json
expect_code 0 "$AMS" train --resume r
expect_text 'already finished' out.txt
diff <(grep -v '"end"' whole.json) <(grep -v '"end"' r/manifest.json) || fail "the manifest differs"
grep -q '"end": "20' r/manifest.json || fail "no end"
cp r/manifest.json before.json
expect_code 0 "$AMS" train --resume r
cmp -s r/manifest.json before.json || fail "a whole manifest was written again"
got "finished, with updates and end"
