#!/bin/bash
# `ams run`: the user's programs under deadline and memory budget, what they leave behind, wrong files, and the way from
# recorded programs to a policy. Arguments: the program, the source folder.
# shellcheck disable=SC2016 # what stands in single quotes is for the commands' own shell
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
policy=$source_dir/tests/fuzz/corpus/policy/small # models m0, m1, m2; labels task/0 to task/4

models() { # commands of m0, m1 and m2
  local i=0
  for command in "$@"; do
    printf '[m%d]\ntask = task\ncommand = %s\n' $i "$command"
    i=$((i + 1))
  done > models.ini
}
run() { "$ams" run --policy "$policy" --models models.ini "$@" > out.json 2> err.txt || fail "exit $?: $(cat err.txt)"; }
# Does one of the programs still run that wrote its process into `pids`?
alive() {
  local pid state
  while read -r pid; do
    state=$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat" 2> /dev/null || true)
    case $state in '' | Z) ;; *) return 0 ;; esac
  done < pids
  return 1
}
# A killed process is gone a moment after.
await_end() {
  for _ in $(seq 100); do
    alive || return 0
    sleep 0.05
  done
}
has() { grep -qF -- "$1" out.json || fail "no '$1' in $(cat out.json)"; }

# Labels, confidences, the largest of two; the item is "$1" whatever is in its name.
item='it'\''s $HOME "a".txt'
echo hello > "$item"
models 'printf "0\n4\t0.25\n"' 'printf "4\t0.5\r\n\nother\n"' 'cat "$1"'
run "$item" nothing.txt
[ "$(wc -l < out.json)" = 2 ] || fail "two items: $(cat out.json)"
has '{"item": "it'\''s $HOME \"a\".txt", "labels": [["task/0", 1], ["task/4", 0.5], ["task/other", 1], ["task/hello", 1]]'
has '"model": "m2", "state": "failed"'
has '"why": "exit code 1"'
grep -q "2 items: 5 of 6 models finished, 1 failed, 0 cut; took .* saved 0.00 s of the 0.01 s" err.txt || fail "$(cat err.txt)"

# The deadline kills what runs then, with what it started; the rest never starts.
: > pids
models 'echo 1' 'echo $$ >> pids
  sh -c "echo \$\$ >> pids; sleep 7 & echo \$! >> pids; wait"
  echo 2' 'echo 3'
SECONDS=0
run --deadline 1s --rule q-greedy x
[ $SECONDS -lt 6 ] || fail "the deadline did not kill: $SECONDS s"
has '"model": "m1", "state": "cut"'
has '"why": "killed"'
! grep -q "task/2" out.json || fail "a model that was cut has a label"
await_end
[ "$(wc -l < pids)" = 3 ] || fail "pids: $(cat pids)"
! alive || fail "left behind after the deadline"

# What a program leaves behind is ended with it, and nobody waits for its output.
: > pids
models 'sleep 8 & echo $! >> pids; echo 1' '(setsid sleep 2 &); echo 2' 'echo 3'
SECONDS=0
run x
[ $SECONDS -lt 2 ] || fail "waited for what a program left behind: $SECONDS s"
has '[["task/1", 1], ["task/2", 1], ["task/3", 1]]'
await_end
! alive || fail "left behind by a program that ended"

# Side by side as far as memory lets them: each waits until another has begun.
pair='touch "began.$$"
  for i in $(seq 200)
  do [ $(ls began.* | wc -l) -ge 2 ] && break
  sleep 0.05
  done
  ls began.* | wc -l'
models "$pair" "$pair" "$pair"
run --memory 3MB x
has '["task/3", 1]'
rm began.*
models 'ls began 2> list
  mkdir began
  sleep 0.1
  rmdir began' 'mkdir began && sleep 0.1 && rmdir began' 'mkdir began && sleep 0.1 && rmdir began'
run --memory 1MB x # one at a time: a folder of two would fail
! grep -q failed out.json || fail "two ran in memory for one: $(cat out.json)"

# Programs that fail in every way, and none of it is the others' business.
models 'kill -9 $$' 'yes' 'printf "a\t2\n"'
run --output 8 x
has '"why": "it was ended by signal 9"'
has '"why": "it printed more than 8192 bytes"'
has "expected a confidence from 0 to 1 after the tab, found '2'"
models 'echo 1' '/no/such/program' 'echo 3'
run x
has '"why": "exit code 127"'

# A stop rule leaves out what is not worth it; an early end of output is none of the run.
models 'echo 1' 'exec 1>&-; sleep 0.2' 'echo 3'
run x
has '"model": "m1", "state": "finished"'
run --stop sum:1e9 x
has '"runs": [], "untouched": ["m0", "m1", "m2"]'
grep -q "(100.0 %)" err.txt || fail "$(cat err.txt)"

# SIGTERM takes the programs along.
: > pids
models 'echo $$ >> pids; sleep 9' 'echo $$ >> pids; sleep 9' 'echo $$ >> pids; sleep 9'
"$ams" run --policy "$policy" --models models.ini x > out.json 2> err.txt &
pid=$!
for _ in $(seq 100); do alive && break; sleep 0.05; done
kill -TERM $pid
found=0
wait $pid || found=$?
[ $found = 143 ] || fail "SIGTERM: exit code $found: $(cat err.txt)"
grep -q "ended by signal 15" err.txt || fail "$(cat err.txt)"
await_end
! alive || fail "left behind after SIGTERM"

# Wrong files and options.
models 'echo 1' 'echo 2' 'echo 3'
try() { expect "$1" "$2" "$ams" run --policy "$policy" --models bad.ini x; }
sed 's/m2/m3/' models.ini > bad.ini && try 1 "model 'm2' has no section"
cat models.ini <(printf '[m4]\ncommand = true\n') > bad.ini && try 1 "no model 'm4'"
echo 'command = x' > bad.ini && try 1 "bad.ini:1: expected a section"
printf '[m0]\ntask = x\n' > bad.ini && try 1 "[m0] has no command"
printf '[m0]\ncomand = x\n' > bad.ini && try 1 "bad.ini:2: unknown key 'comand'; did you mean command?"
printf '[m0]\ncommand = a ; b\n' > bad.ini && try 1 "taken for a comment"
printf '[m0]\nmem_mb = -1\n' > bad.ini && try 1 "from 0 on"
printf '[m0]\nmem_mb = 1\nmem_mb = 2\n' > bad.ini && try 1 "stands twice"
printf '[%050d]\ncommand = x\n' 1 > bad.ini && try 1 "at most 48 bytes"
: > bad.ini && try 1 "found none"
expect 3 "No such file" "$ams" run --policy "$policy" --models none.ini x
expect 1 "expected items" "$ams" run --policy "$policy" --models models.ini
expect 1 "--record" "$ams" run --models models.ini x
expect 1 "plan-beside" "$ams" run --policy "$policy" --models models.ini --rule best x
expect 1 "option --deadline would be ignored: expected it without --record" "$ams" run --record r.jsonl --models models.ini --deadline 1s x
expect 1 "limits" "$ams" run --policy "$policy" --models models.ini --rule odds x
expect 1 "1ms, 1s, 1min" "$ams" run --policy "$policy" --models models.ini --deadline 5 x

# Recording: an item on which a model fails is left out; --items reads a list; a recording is continued.
models 'echo 1' 'exit 3' 'true'
expect 2 "model m1: exit code 3" "$ams" run --record r.jsonl --models models.ini x
[ -z "$(ls r.* 2> /dev/null)" ] || fail "a recording of nothing stays"
models 'echo 1' '[ "$1" != y ]' 'true'
printf 'y\nz\n' > list.txt
"$ams" run --record s.jsonl --models models.ini x --items list.txt 2> err.txt || fail "recording: $(cat err.txt)"
grep -q "left out: y: model m1: exit code 1" err.txt || fail "what was left out: $(cat err.txt)"
[ "$(wc -l < s.jsonl)" = 6 ] || fail "rows of x and z: $(cat s.jsonl)"
printf 'z\nw\n' | "$ams" run --record s.jsonl --models models.ini --items - 2> err.txt || fail "continuing: $(cat err.txt)"
[ "$(wc -l < s.jsonl)" = 9 ] || fail "rows of x, z and w: $(cat s.jsonl)"
expect 1 "option --keep-going would be ignored: expected it together with --record" "$ams" run --policy "$policy" --models models.ini --keep-going x
models 'printf "a\nb\t0.25\n"' 'echo c' 'true'
for i in $(seq 30); do echo "item-$i"; done | xargs "$ams" run --record r.jsonl --models models.ini 2> err.txt
"$ams" data import r.jsonl --models r.models.tsv -o r.h5 > /dev/null
"$ams" data check r.h5 > /dev/null
"$ams" data info r.h5 | grep -q "30 items, 3 models, 3 labels, 90 outputs, 60 of them valuable" || fail "$("$ams" data info r.h5)"

# The example, from its rows to a run.
"$source_dir/experiments/texts/run.sh" "$ams" texts "$source_dir/tests/cli/common.sh" > out.json 2> err.txt ||
  fail "experiments/texts/run.sh: $(cat err.txt)"
has '["kind/shell", 1]'
[ "$(grep -c '^{"item": ' out.json)" = 2 ] || fail "the example: $(cat out.json)"
# A baseline without training: `late` finds as much as `early` and takes longer, `blind` finds nothing.
printf 'name\ttask\ttime_ms\nblind\tt\t1\nlate\tu\t9\nearly\tv\t2\n' > base.tsv
for i in $(seq 40); do
  printf '{"item": "i%d", "model": "%s", "labels": [%s]}\n' "$i" blind "" "$i" late '["l", 0.9]' "$i" early '["l", 0.9]'
done > base.jsonl
"$ams" data import base.jsonl --models base.tsv -o base.h5 > /dev/null
printf '[%s]\ncommand = echo l\n' blind late early > base.ini
"$ams" run --policy fixed --fit base.h5 --models base.ini x > out.json 2> err.txt || fail "fixed: $(cat err.txt)"
order=$(grep -o '"model": "[a-z]*", "state": "finished", "start_ms": [0-9.]*' out.json | tr -d '",' | sort -k6,6n | cut -d' ' -f2)
[ "$(tr '\n' ' ' <<< "$order")" = "early late blind " ] || fail "fixed: $(cat out.json)"
expect 1 "--fit F.h5" "$ams" run --policy fixed --models base.ini x
expect 1 "no fixed size" "$ams" run --policy knn --fit base.h5 --models base.ini x
echo "ams run: all as expected"
