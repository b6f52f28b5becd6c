#!/bin/bash
# A CSV sorted by label: the records of an execution do not stand together.
# expected: exit code 2; the message says to sort the file by item and model
. "$PROJECT/tests/cases/common"
printf 'name\ttask\ttime_ms\na\tt\t1\n' > models.tsv
printf 'item,model,label,conf\ni1,a,x,0.9\ni2,a,x,0.9\ni1,a,y,0.9\n' > rows.csv
expect_code 2 "$AMS" data import rows.csv --models models.tsv -o d.h5
expect_text 'rows.csv:4: .*sort the file by item and model'
(head -n 1 rows.csv && tail -n +2 rows.csv | sort) > sorted.csv
expect_code 0 "$AMS" data import sorted.csv --models models.tsv -o d.h5
got "said, and sorted it is taken"
