#!/bin/bash
# Names with line ends, tabs and escape sequences, wherever a name comes in.
# expected: refused where it comes in, with a message that has no control character itself
. "$PROJECT/tests/cases/common"
refused() { # CODE COMMAND...
  expect_code "$@"
  expect_text 'control character'
  ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037]')" err.txt || fail "the message prints it: $(cat -v err.txt)"
}
for f in names labels items; do
  refused 2 "$AMS" data check "$CASE/$f.h5"
  refused 2 "$AMS" data info "$CASE/$f.h5"
  refused 2 "$AMS" eval --data "$CASE/$f.h5" --policy fixed -o out
done
small_data d.h5
printf '{"item": "i\\u001b[31m", "model": "a", "labels": []}\n' > bad.jsonl
refused 2 "$AMS" data import bad.jsonl --models models.tsv -o bad.h5
printf '{"item": "i", "model": "a", "labels": [["x\\u0085", 1]]}\n' > bad.jsonl
refused 2 "$AMS" data import bad.jsonl --models models.tsv -o bad.h5
printf 'item,model,label,conf\n"i\n1",a,x,1\n' > bad.csv
refused 2 "$AMS" data import bad.csv --models models.tsv -o bad.h5
printf 'name\ttask\ttime_ms\na\033[1m\tt\t1\n' > bad.tsv
refused 2 "$AMS" data import rows.jsonl --models bad.tsv -o bad.h5
refused 1 "$AMS" data import rows.jsonl --models models.tsv -o bad.h5 --name "$(printf 'a\nb')"
refused 1 "$AMS" eval --data d.h5 --policy "$(printf 'a\033[1m=fixed')"
refused 1 "$AMS" train --data d.h5 -o run label="$(printf 'a\tb')"
printf '[a\tb]\ntask = t\ncommand = echo x\n' > bad.ini
refused 2 "$AMS" run --record r.jsonl --models bad.ini item
printf '[a]\ntask = t\ncommand = printf "x\\\\033[1m"\n' > label.ini
"$AMS" run --record r.jsonl --models label.ini item > out.txt 2> err.txt
! grep -q 'u001b' r.jsonl 2> /dev/null || fail "recorded a label with an escape sequence"
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
# What a message repeats of a command line or a file is shown, not obeyed.
shown() { # TEXT CODE COMMAND...
  expect_code "${@:2}"
  grep -qF -- "$1" err.txt || fail "no '$1' in: $(cat -v err.txt)"
  ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\200-\237]')" err.txt || fail "the message obeys it: $(cat -v err.txt)"
}
esc=$(printf 'a\033[2Jb')
printf 'arrival_ms,deadline_ms,item\n1,50,%s\n' "$esc" > requests.csv
shown "found 'a\x1B[2Jb'" 2 "$AMS" stream --data d.h5 --trace requests.csv
shown "found 'a\x1B[2Jb'" 1 "$AMS" data select d.h5 --models "$esc" -o bad.h5
shown "'a\xC2\x85'" 1 "$AMS" data threshold d.h5 "$(printf 'a\302\205=0.3')" -o bad.h5
shown "a\x1B[2Jb.h5" 3 "$AMS" data info "$esc.h5"
shown "unknown command a\x1B[2Jb" 1 "$AMS" "$esc"
got "refused, or shown as \\x1B"
