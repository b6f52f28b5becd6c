#!/bin/bash
# Three classifiers that answer the same question: one order for all items beats a training without refinement.
# expected: `ams train` prints what fixed has on the validation items and says where the policy loses to it; by default it does not
. "$PROJECT/tests/cases/common"
python3 "$CASE/make.py" || skip "no python3"
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_code 0 "$AMS" train --data d.h5 -o r seed=1 steps=1500 refine=0
expect_text '^fixed:each, .* on the same validation items: [0-9.]+ ms' out.txt
expect_text '^The policy loses to it' out.txt
expect_code 0 "$AMS" train --data d.h5 -o default seed=1 steps=1500
! grep -q '^The policy loses to it' out.txt || fail "the default settings lose, too: $(cat out.txt)"
got "$(grep '^fixed' out.txt)"
