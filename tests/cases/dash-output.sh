#!/bin/bash
# "-" as the name of an output.
# expected: standard output for the rows of data export; elsewhere refused with exit code 1; no file of that name
. "$PROJECT/tests/cases/common"
small_data d.h5
"$AMS" data export d.h5 -o - --models m.tsv > out.jsonl 2> err.txt || fail "exit code $? of data export: $(cat err.txt)"
expect_code 0 "$AMS" data import out.jsonl --models m.tsv -o again.h5
hash() { "$AMS" data info "$1" | grep -o 'hash [0-9a-f]*'; }
[ "$(hash d.h5)" = "$(hash again.h5)" ] || fail "the rows of standard output are not those of the file"
[ "$("$AMS" data export d.h5 -o - 2> err.txt | head -n 1 | head -c 8)" = '{"item":' ] || fail "no rows on standard output"
refused() {
  expect_code 1 "$AMS" "$@"
  expect_text 'standard output'
}
refused data import rows.jsonl --models models.tsv -o -
refused data split d.h5 -o -
refused data synth --preset plain -o -
refused eval --data d.h5 --policy fixed -o -
refused train --data d.h5 -o -
refused plot . -o -
refused average a b -o -
refused bench --tsv -
refused run --record - --models models.ini x
[ -z "$(find . -name '-*')" ] || fail "made $(find . -name '-*' | head -n 1)"
got "rows on standard output, the others refused"
