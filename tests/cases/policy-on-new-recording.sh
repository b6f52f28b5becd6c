#!/bin/bash
# A policy scored on what was recorded after its training: a label is new, one is missing, the models stand in another order.
# expected: labels are mapped by name and counted; a model that is missing or unknown is named with what to do; merge takes other mean times
. "$PROJECT/tests/cases/common"
cp "$CASE"/* .
expect_code 0 "$AMS" data import old.jsonl --models models.tsv -o old.h5
expect_code 0 "$AMS" data import new.jsonl --models models.tsv -o new.h5
expect_code 0 "$AMS" train --data old.h5 -o r steps=200
expect_code 0 "$AMS" eval --data new.h5 --policy r
expect_text '1 of the 3 labels of the data set is unknown'
expect_code 0 "$AMS" schedule deadline --data new.h5 --policy r --deadline 2ms
expect_text '1 of the 3 labels of the data set is unknown'
expect_code 0 "$AMS" data merge old.h5 new.h5 -o both.h5
expect_code 0 "$AMS" eval --data both.h5 --policy r
# The other order, where both labels of model b are missing.
printf 'name\ttask\ttime_ms\nb\tu\t3\na\tt\t1\n' > other.tsv
grep -v '"model": "b", "labels": \[\[' new.jsonl > some.jsonl
expect_code 0 "$AMS" data import some.jsonl --models other.tsv --allow-missing -o other.h5
expect_code 0 "$AMS" eval --data other.h5 --policy r
expect_text 'labels that it was trained with'
printf 'name\ttask\ttime_ms\na\tt\t1\nb\tu\t2\nc\tu\t2\n' > more.tsv
expect_code 0 "$AMS" data import new.jsonl --models more.tsv --allow-missing -o more.h5
expect_code 2 "$AMS" eval --data more.h5 --policy r
expect_text "does not know 'c'.*data select F.h5 --models a,b -o G.h5"
expect_code 0 "$AMS" data select more.h5 --models a,b -o two.h5
expect_code 0 "$AMS" eval --data two.h5 --policy r
# Recordings with mean times of their own.
sed 's/\t2$/\t6/' models.tsv > slow.tsv
expect_code 0 "$AMS" data import new.jsonl --models slow.tsv -o slow.h5
expect_code 2 "$AMS" data merge old.h5 slow.h5 -o all.h5
expect_text '--times first.*--times mean'
expect_code 0 "$AMS" data merge old.h5 slow.h5 --times mean -o all.h5
expect_code 0 "$AMS" data info all.h5
expect_text '^ +b +u +4' out.txt
expect_code 0 "$AMS" eval --data all.h5 --policy r
got "scored, and counted what is unknown"
