#!/bin/bash
# A finished run is to be trained further: the same command, or --resume, with more steps.
# expected: it goes on to the bits of a run that had so many steps from its start, where there are such; else the reason is said
. "$PROJECT/tests/cases/common"
small_data d.h5
settings=(--data d.h5 lr_schedule=constant refine=0 hidden=16 batch=16 warmup=100 replay=2000 log_every=50 validate_every=100 checkpoint_every=70)
same() {
  for file in policy.ams metrics.tsv config.ini; do cmp -s "$1/$file" "$2/$file" || fail "$1: $file has other bytes"; done
}
expect_code 0 "$AMS" train "${settings[@]}" -o long steps=600
expect_code 0 "$AMS" train "${settings[@]}" -o r steps=300
cp r/policy.ams first.ams
expect_code 0 "$AMS" train "${settings[@]}" -o r steps=600
expect_text 'continued at update 300'
same r long
cmp -s r/policy-300.ams first.ams || fail "the policy of 300 steps is gone"
expect_code 0 "$AMS" train "${settings[@]}" -o r steps=600
expect_text 'already finished' out.txt
expect_code 1 "$AMS" train "${settings[@]}" -o r steps=300 # fewer
expect_text 'holds another run'
# By --resume, in two parts, and of a run that was paused.
expect_code 0 "$AMS" train "${settings[@]}" -o paused steps=350 --until 130
expect_code 0 "$AMS" train --resume paused steps=400 --until 260
expect_code 0 "$AMS" train --resume paused
expect_code 0 "$AMS" train --resume paused steps=600
same paused long
# Killed while it goes on.
expect_code 0 "$AMS" train "${settings[@]}" -o killed steps=300
expect_code 0 "$AMS" train "${settings[@]}" -o killed steps=600 --until 400
expect_code 0 "$AMS" train "${settings[@]}" -o killed steps=600
same killed long
# Where a longer run is another one from its start, or at its end.
for what in lr_schedule=linear priority_alpha=0.6 validate_every=200 refine=auto; do
  expect_code 0 "$AMS" train "${settings[@]}" $what -o "other-$what" steps=300
  cp "other-$what/policy.ams" first.ams
  expect_code 1 "$AMS" train "${settings[@]}" $what -o "other-$what" steps=600
  expect_text 'cannot go on to steps = 600: (its|it|priority_beta) '
  cmp -s "other-$what/policy.ams" first.ams || fail "$what: refused, but the policy is gone"
done
got "300 steps and 300 more have the bits of 600; refusals say why"
