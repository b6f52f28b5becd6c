#!/bin/bash
# Names of models and policies with the characters that gnuplot, TSV or printf take for something else.
# expected: figures are drawn, each name reads there as in the tables
. "$PROJECT/tests/cases/common"
command -v gnuplot > /dev/null || skip "no gnuplot"
printf 'name\ttask\ttime_ms\n%s\tt\t1\n%s\tu\t2\n%s\tv\t3\n' 'resnet50-pruned-50%' 'say "cheese"' '#b\s_{x}@y^2' > models.tsv
for i in $(seq 30); do
  printf '{"item": "%d", "model": "resnet50-pruned-50%%", "labels": %s}\n' "$i" "$([ $((i % 3)) = 0 ] && echo '[]' || echo '[["x", 0.9]]')"
  printf '{"item": "%d", "model": "say \\"cheese\\"", "labels": %s}\n' "$i" "$([ $((i % 4)) = 0 ] && echo '[]' || echo '[["x", 0.9]]')"
  printf '{"item": "%d", "model": "#b\\\\s_{x}@y^2", "labels": [["x", 0.9]]}\n' "$i"
done > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_code 0 "$AMS" train --data d.h5 -o r steps=100
expect_code 0 "$AMS" eval --data d.h5 --policy 'a "b" 50%=r' -o e
expect_code 0 "$AMS" plot e
[ ! -s err.txt ] || fail "gnuplot says $(tail -n 1 err.txt)"
for name in 'resnet50-pruned-50%<' 'say &quot;cheese&quot;<' '#b\s_{x}@y^2<'; do
  grep -qF "$name" e/plots/order.svg || grep -qF "${name//&quot;/\"}" e/plots/order.svg || fail "no $name in order.svg"
done
grep -qE 'a ("|&quot;)b("|&quot;) 50%<' e/plots/recall-time.svg || fail "no policy's name in recall-time.svg"
expect_code 0 "$AMS" trace --data d.h5 --policy r --item 1 -o t
expect_text 'resnet50-pruned-50%' out.txt
got "drawn, with all names"
