#!/bin/bash
# A table of models with a byte order mark, as Excel and Notepad write one.
# expected: the mark is skipped, as in rows
. "$PROJECT/tests/cases/common"
printf '\xef\xbb\xbfname\ttask\ttime_ms\na\tt\t10\n' > models.tsv
printf '{"item": "i%d", "model": "a", "labels": [["x", 0.9]]}\n' 0 1 2 3 > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
got "exit code 0"
