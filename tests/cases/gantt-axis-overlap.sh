#!/bin/bash
# The Gantt chart of a trace: labels of its lower axis, and a row whose name is 32 times the widest letter.
# expected: at most five labels on the axis of memory, and every name within the figure
. "$PROJECT/tests/cases/common"
command -v gnuplot > /dev/null || skip "gnuplot draws figures"
wide=$(printf 'm%.0s' {1..32})
small_data d.h5
sed -i "s/^c\t/$wide\t/" models.tsv && sed -i "s/\"model\": \"c\"/\"model\": \"$wide\"/" rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o wide.h5
expect_code 0 "$AMS" trace --data wide.h5 --policy fixed --item i1 --memory 300MB -o t
# One text per line, after where it stands. Those that end there are names, and numbers of MB.
tr -d '\n\t' < t/gantt.svg | sed 's/<g /\n<g /g' | grep -F 'text-anchor="end"' > ends.txt
tics=$(grep -cE '<text> *[0-9.]+</text>' ends.txt)
((tics >= 2 && tics <= 5)) || fail "$tics numbers on the axis of memory"
# The widest letter takes 0.975 of the font's size.
begins=$(grep -F ">$wide<" ends.txt | sed -E 's/.*translate\(([0-9.]+),.*font-size="([0-9.]+)".*/\1 \2/' |
  awk '{ print $1 - 32 * 0.975 * $2 }')
awk -v x="${begins:--1}" 'BEGIN { exit !(x >= 0) }' || fail "the widest name begins at x = $begins"
got "$tics numbers on the axis of memory, the widest name begins at x = $begins"
