#!/bin/bash
# Only one of two models gives its memory.
# expected: the recorded table of models has the column, with 0 for the other
. "$PROJECT/tests/cases/common"
printf '[a]\nmem_mb = 300\ncommand = echo yes\n[b]\ncommand = echo no\n' > m.ini
expect_code 0 "$AMS" run --record rows.jsonl --models m.ini i1 i2 i3 i4
expect_text $'^a\ta\t300$' rows.models.tsv
expect_text $'^b\tb\t0$' rows.models.tsv
got "300 MB and 0 MB"
