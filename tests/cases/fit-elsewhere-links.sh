#!/bin/bash
# The kind of fit-elsewhere, in links, streams and budgets: learned from last month's recording, measured on this month's.
# expected: the tables of a file put together by hand, of links eval, guarantee and schedule, stream and budget; links stream says why not
. "$PROJECT/tests/cases/common"
rows() { # PREFIX ITEMS SEED MODELS: stages whose skill rises, a third of the items each for training, validation and test
  awk -v p="$1" -v n="$2" -v x="$3" -v models="$4" 'BEGIN {
    for (i = 0; i < n; i++) { x = x * 16807 % 2147483647; truth = x % 4; split_ = i % 3 == 0 ? "train" : i % 3 == 1 ? "validation" : "test"
      for (k = 1; k <= length(models); k++) { x = x * 16807 % 2147483647; m = substr(models, k, 1)
        label = x % 10 < 4 + 2 * index("abcd", m) ? truth : x % 4
        printf "{\"item\": \"%s%03d\", \"model\": \"%s\", \"split\": \"%s\", \"labels\": [[\"l%d\", %.2f]], \"truth\": \"l%d\"}\n", p, i, m, split_, label, 0.45 + x % 50 / 100, truth } } }'
}
printf 'name\ttask\ttime_ms\tmem_mb\na\tt\t10\t100\nb\tt\t20\t200\nc\tt\t30\t50\n' > now.tsv
printf 'name\ttask\ttime_ms\tmem_mb\nd\tt\t1\t9\nc\tt\t50\t50\na\tt\t11\t100\nb\tt\t2\t200\n' > before.tsv
rows a 180 7 abc > now.jsonl
rows f 150 13 dcab > before.jsonl
{ grep '"test"' now.jsonl && grep -v '"test"' before.jsonl | grep -v '"model": "d"'; } > hand.jsonl
expect_code 0 "$AMS" data import now.jsonl --models now.tsv -o now.h5
expect_code 0 "$AMS" data import before.jsonl --models before.tsv --threshold 0.9 -o before.h5 # what counts is what now.h5 says
expect_code 0 "$AMS" data import hand.jsonl --models now.tsv -o hand.h5
n=0
same() { # COMMAND...: the table of the file put together by hand, and another one than that of now.h5 alone
  expect_code 0 "$AMS" "$@" --data now.h5 --fit before.h5
  cp out.txt fit.txt
  expect_code 0 "$AMS" "$@" --data hand.h5
  cmp -s <(without_clock < fit.txt) <(without_clock < out.txt) || fail "$1 $2 is not that of the file put together by hand: $(diff fit.txt out.txt | head -n 4)"
  expect_code 0 "$AMS" "$@" --data now.h5
  cmp -s <(without_clock < fit.txt) <(without_clock < out.txt) && fail "$1 $2 is fitted to its own file"
  n=$((n + 1))
}
without_clock() { # measured microseconds: the column link_us, or the one before the last
  awk '/us\/choice/ { last = 1 } /link_us/ { for (i = 1; i <= NF; i++) if ($i == "link_us") at = i } { if (at) $at = ""; if (last) $(NF - 1) = ""; print }'
}
same links eval --time 60%
same links guarantee --time 60% --alpha 30,45
same links schedule --time 60% --policy fixed --policy knn --core 0.5
same stream --clients 2 --jobs 200 --warmup 20 --seeds 1 --scheduler dp,gated:0.9 --predictor calibrated
same stream --sets all --workers models --clients 2 --jobs 200 --warmup 20 --seeds 1 --scheduler subset-dp
same budget --bootstrap 5
refused() { # CODE PATTERN COMMAND...
  expect_code "$1" "$AMS" "${@:3}"
  expect_text "$2"
}
refused 1 'the validation items are those of before.h5' links eval --data now.h5 --fit before.h5 --time 60% --split validation
refused 1 'the training items are those of before.h5' budget --data now.h5 --fit before.h5 --split train
refused 1 'the splits are drawn again' links guarantee --data now.h5 --fit before.h5 --time 60% --seeds 1-2
refused 1 'links learn from the items of the stream' links stream --data now.h5 --fit before.h5
refused 2 "none named 'd'" links schedule --data before.h5 --fit now.h5 --policy fixed --time 60%
sed 's/"validation"/"x"/; s/"test"/"validation"/; s/"x"/"test"/' now.jsonl > leak.jsonl
expect_code 0 "$AMS" data import leak.jsonl --models now.tsv -o leak.h5
refused 2 "item 'a002' is a validation item there and a test item" stream --data now.h5 --fit leak.h5
expect_code 0 "$AMS" links eval --data now.h5 --fit before.h5 --time 60% --json
grep -q '"fit": "before.h5"' out.txt || fail "JSON does not name the file"
got "the same tables in $n commands"
