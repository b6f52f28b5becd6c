#!/bin/bash
# Text files with a byte order mark, as Excel and Notepad write one: every kind that the program reads.
# expected: the mark is skipped, as in rows
. "$PROJECT/tests/cases/common"
small_data plain.h5
mark() { printf '\xef\xbb\xbf' | cat - "$1" > marked && mv marked "$1"; }
mark models.tsv
mark rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
printf 'item,model,label,conf\ni1,a,x,0.9\ni1,b,x,0.9\ni1,c,,\n' > rows.csv
mark rows.csv
expect_code 0 "$AMS" data import rows.csv --models models.tsv -o csv.h5
printf 'i1\ni2\n' > list
mark list
expect_code 0 "$AMS" data select d.h5 --items list -o part.h5
expect_text '2 items' out.txt
printf 'steps = 50\n' > c.ini
mark c.ini
expect_code 0 "$AMS" train --data d.h5 --config c.ini -o run
grep -qx 'steps = 50' run/config.ini || fail "the configuration file was not read"
printf 'lr = log: 1e-4 1e-3\n' > space.ini
mark space.ini
expect_code 0 "$AMS" tune --data d.h5 --space space.ini --trials 2 --seeds 1 -j 1 -o tune steps=50 validate_every=50 log_every=50
printf '[a]\ntask = t\ncommand = echo x\n' > models.ini
mark models.ini
expect_code 0 "$AMS" run --record r.jsonl --models models.ini item
"$AMS" data synth --preset cube --items 20 -o s.h5 --write-story story > /dev/null || fail "no story"
for f in story/*.tsv; do mark "$f"; done
expect_code 0 "$AMS" data synth --preset cube --story story --items 20 -o s.h5
got "every kind is read"
