#!/bin/bash
# `ams reproduce` at its smallest scale: an experiment end to end, continued, broken, and compared with what was expected.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
ln -s "$source_dir/data" data
ln -s "$source_dir/experiments" experiments
reproduce=("$ams" reproduce --scale tiny --set synthetic -j 2)

# Wrong usage: nothing is started or written.
expect 1 "-o" "$ams" reproduce
expect 1 "did you mean theta?" "$ams" reproduce thta -o bad
expect 1 "--set" "$ams" reproduce --set pictures -o bad
[ "$("$ams" reproduce --list --json | grep -c '"experiment":')" = "$("$ams" reproduce --list | wc -l)" ] || fail "--list --json"
expect 1 "no column 'huge'" "$ams" reproduce --scale huge -o bad
expect 1 "-j" "$ams" reproduce -j 0 -o bad
expect 3 "root of the repository" "$ams" reproduce --recipe nowhere -o bad
[ ! -e bad ] || fail "a refused reproduction left a folder"

# What there is, and what it would take: every experiment of the papers, on both sets.
"$ams" reproduce --list > out.txt
for name in workload schemes rules sequence transfer theta deadline deadline-transfer memory bounds overhead; do
  grep -q "^  $name " out.txt || fail "--list: no $name"
done
"$ams" reproduce --dry-run -o bad > out.txt
grep -q '^papers-photos (about ' out.txt || fail "--dry-run: $(head out.txt)"
grep -q '  ams sweep --data data/photos.h5 ' out.txt || fail "--dry-run: no command"
grep -qE '^[0-9]+ steps, 0 of them done before; the rest takes about [0-9.]+ minutes' out.txt || fail "no estimate"
[ ! -e bad ] || fail "--dry-run left a folder"

# One experiment end to end.
"${reproduce[@]}" theta rules -o dir > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
[ "$(head -1 dir/rows.tsv)" = "$(printf 'experiment\tquantity\tset\tunit\tpaper_low\tpaper_high\tours\tci_low\tci_high\tverdict\twhy\tcommand\tseconds')" ] ||
  fail "columns of rows.tsv"
[ "$(cut -f 1 dir/rows.tsv | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = " 1 experiment; 6 rules; 8 theta;" ] ||
  fail "rows: $(cut -f 1-2 dir/rows.tsv)"
# Each number is the one that its command wrote, by another reader.
awk -F '\t' 'FNR == 1 { file++; next }
  file == 1 && $1 == "theta5" && $2 == "1.0" && $3 == "saved_vs_random" { mean = 100 * $4; low = 100 * $5; high = 100 * $6 }
  file == 2 && $1 == "theta5" && $2 == "faces-near" { place = $7 }
  function near(a, b) { return (a > b ? a - b : b - a) < 1e-3 }
  file == 3 && $2 == "time saved against random, recall 1.0, theta 5, coco" { seen++
    if (!near($7, mean) || !near($8, low) || !near($9, high) || $5 != 54.3 || $6 != 54.3 || $3 != "synthetic") exit 1 }
  file == 3 && $2 == "mean position of the face detector of 30, theta 5, coco" { seen++
    if (!near($7, place) || $8 != "-" || $9 != "-" || $5 != 4) exit 1 }
  file == 3 && !($10 == "agrees" || $10 == "same direction" || $10 == "differs" || $10 == "no figure") { exit 1 }
  file == 3 && ($11 == "" || $12 !~ /^ams .*; ams / || $13 <= 0) { exit 1 }
  file == 3 && ($10 == "no figure") != ($5 == "-" && $6 == "-") { exit 1 }
  END { exit seen != 2 }' dir/work/theta-coco/intervals.tsv dir/work/theta-coco/positions.tsv dir/rows.tsv ||
  fail "rows.tsv: $(cat dir/rows.tsv)"
# Two processes share it: each step is done once, and the numbers are those of one.
"${reproduce[@]}" theta rules --join -o both > one.txt 2> one.err &
one=$!
"${reproduce[@]}" theta rules --join -o both > two.txt 2> two.err || fail "$(cat two.txt two.err)"
wait $one || fail "$(cat one.txt one.err)"
diff <(cut -f 1-11 dir/rows.tsv) <(cut -f 1-11 both/rows.tsv) || fail "a shared reproduction differs"
[ "$(cat one.txt two.txt | grep -c 'another process wrote the tables')" = 1 ] || fail "who wrote the tables: $(cat one.txt two.txt)"
[ "$(find both/claims -name '*.1.done' | wc -l)" = 7 ] || fail "steps and tables: $(ls both/claims)"
[ -z "$(find both/claims -name '*.2')" ] || fail "done twice: $(ls both/claims)"

awk -F '\t' '$1 == "theta" { found = $4 } END { exit found != "work/theta-coco/plots/order.svg" }' dir/experiments.tsv ||
  fail "experiments.tsv: $(cat dir/experiments.tsv)"
[ -s dir/work/theta-coco/plots/order.svg ] || ! command -v gnuplot > /dev/null || fail "no figure"
for key in commit commit_of_steps scale command rule seconds processors data_coco; do
  grep -qP "^$key\t." dir/notes.tsv || fail "notes.tsv: no $key"
done
grep -q "steps_failed	0" dir/notes.tsv || fail "notes.tsv: failures"
for file in report.md report.html; do
  [ -s dir/$file ] || fail "no $file"
done

# The commands of a row give the same again, without this program around them.
awk -F '\t' '$2 ~ /theta 5, coco$/ && $4 == "%" { print $12 }' dir/rows.tsv | sed 's/; ams/\nams/g' > commands.txt
[ "$(wc -l < commands.txt)" = 3 ] || fail "commands: $(cat commands.txt)"
sed "s|dir/|again/|g; s|^ams|$ams|" commands.txt > commands.sh
mkdir -p again/data
# shellcheck source=/dev/null
. ./commands.sh > /dev/null 2>&1
cmp again/work/theta-coco/intervals.tsv dir/work/theta-coco/intervals.tsv || fail "the printed commands give something else"

# Again: nothing is done. One record lost: that step and what needs it.
"${reproduce[@]}" theta rules -o dir > out.txt 2> err.txt
grep -q '^6 steps, 6 of them done before' out.txt || fail "$(head -1 out.txt)"
cp dir/rows.tsv rows.before
rm dir/steps/theta-coco.tsv
"${reproduce[@]}" theta rules -o dir > out.txt 2> err.txt
grep -q '^6 steps, 4 of them done before' out.txt || fail "$(head -1 out.txt)"
cmp <(cut -f 1-12 rows.before) <(cut -f 1-12 dir/rows.tsv) || fail "a step done again gives other numbers"
expect 1 "was begun with --scale tiny" "$ams" reproduce theta --set synthetic -o dir

# Stopped in the middle, by SIGTERM and by SIGKILL, and continued: the same numbers.
"${reproduce[@]}" theta rules -o halves > out.txt 2> err.txt &
pid=$!
for ((i = 0; i < 200; i++)); do
  [ ! -e halves/steps/data-coco.tsv ] || break
  sleep 0.05
done
kill -TERM "$pid" 2> /dev/null || true
wait "$pid" || [ $? = 143 ] || fail "SIGTERM: exit $?: $(cat err.txt)"
"${reproduce[@]}" theta rules -o halves > out.txt 2> err.txt &
pid=$!
for ((i = 0; i < 200; i++)); do
  [ ! -e halves/logs/thetas-coco.log ] || break
  sleep 0.05
done
kill -KILL "$pid" 2> /dev/null || true
wait "$pid" 2> /dev/null || true
"${reproduce[@]}" theta rules -o halves > out.txt 2> err.txt || fail "continued: $(cat out.txt err.txt)"
cmp <(cut -f 1-10 rows.before) <(cut -f 1-10 halves/rows.tsv) || fail "a continued reproduction differs"

# Expected numbers: none moved; one that was another.
mkdir -p mine/expected
cp -r "$source_dir/experiments/reproduce" "$source_dir/experiments/photos" mine/
cp "$source_dir/experiments/expected/papers.tsv" mine/expected/
cp dir/rows.tsv mine/expected/tiny.tsv
sed -i 's|{recipe}|experiments|g' mine/reproduce/*.tsv # so that the commands stay what they were
"${reproduce[@]}" theta rules --recipe mine -o dir > out.txt 2> err.txt || fail "$(cat err.txt)"
grep -q ' 14 numbers compared: 0 moved' out.txt || fail "drift: $(tail -3 out.txt)"
awk -F '\t' -v OFS='\t' '$2 ~ /^mean position.*theta 5/ { $7 = 1.5 } { print }' mine/expected/tiny.tsv > moved.tsv
cp moved.tsv mine/expected/tiny.tsv
"${reproduce[@]}" theta rules --recipe mine -o dir > out.txt 2> err.txt
grep -qE '^  theta: mean position of the face detector of 30, theta 5, coco \(place\), synthetic: .*, was 1.5' out.txt ||
  fail "drift: $(tail -3 out.txt)"
grep -q ' 14 numbers compared: 1 moved' out.txt || fail "drift: $(tail -3 out.txt)"

# A step that fails: it is reported, what needs it is left out, the rest is done, and the exit code is its.
sed -i 's/rules-random:{rules}/rules-random:nowhere/' mine/reproduce/steps.tsv
expect 3 "1 steps failed and 1 were not run" "${reproduce[@]}" theta rules --recipe mine -o broken
grep -q 'step rules-coco failed: ams eval: .*nowhere' err.txt || fail "stderr: $(cat err.txt)"
grep -q '^  failed: rules-coco: ' out.txt || fail "stdout: $(tail -5 out.txt)"
grep -q '^  not run: plot-rules-coco: it needs rules-coco' out.txt || fail "stdout: $(tail -5 out.txt)"
grep -q '^6 numbers are missing' out.txt || fail "missing numbers: $(tail -9 out.txt)"
[ "$(grep -c '^theta' broken/rows.tsv)" = 8 ] || fail "the other experiment's rows"
grep -q '^rules	.*	-$' broken/experiments.tsv || fail "figures of a failed step: $(cat broken/experiments.tsv)"

# A sequence in words.
"${reproduce[@]}" sequence -o words > out.txt 2> err.txt || fail "$(cat err.txt)"
grep -qP '^sequence-coco\tItem coco-.*, by q-greedy with papers-tuned-dueling: .* \([0-9]+ ms\) finds .*\. Recall [01]\.[0-9]{3} of' words/notes.tsv ||
  fail "notes.tsv: $(cat words/notes.tsv)"

echo "1 passed, 0 failed"
