#!/bin/bash
# Hashes of the numbers that the program computes: proves that a change of its source moves no bit of them.
# usage: tests/golden.sh record FILE [--keep DIR]     runs the list below and writes FILE, one line `what<TAB>sha256` per entry
#        tests/golden.sh compare FILE [--keep DIR]    runs it again and prints what moved, is missing or is new
# AMS names the program (default build/release/ams). --keep leaves what was written in DIR/raw, what was hashed in
# DIR/hashed (`diff -r` of two of these shows what moved) and what the program printed in DIR/logs. Exit code 0: nothing
# moved; 1: something did, or a command failed; 2: wrong usage; 77: FILE is from another machine (bits depend on the BLAS
# kernel and on -march=native). Takes 95 s of processor time and 1 GB in TMPDIR.
#
# Left out, since it differs from run to run or is words: every file that hash_file does not take (JSON, text, HTML, SVG,
# h5, checkpoints, timing.tsv, failed.tsv; of `ams reproduce` also steps*, bench-*, experiments.tsv, policies, which its
# metrics.tsv stand for), comments of .ini, and of tables
#   rows.tsv               columns quantity, why, command, seconds; rows of the experiment `overhead` (clocks, memory)
#   choices.tsv            columns choice, option, measure, how
#   notes.tsv              rows that are not data_* or steps*
#   compare.tsv            rows of the metric train_seconds
#   tune.tsv               column message
#   links.tsv              column link_us, which is measured
#   plots/*.tsv gantt.tsv  columns key (words of the legend) and style (a colour, which goes by the order of names)
#   report.md RESULTS.md   all but what is left of tables without letters; made again of rows.tsv without clocks
# Titles of columns have hashes of their own (NAME.titles): they are named where they differ, but not counted.
# The scheme `left` was renamed `remaining`: that word reads `left` in all text and names that are hashed, and rows of
# what `ams reproduce` writes are sorted, since their order goes by names. All other runs get their labels here.
set -euo pipefail
shopt -s globstar nullglob
export LC_ALL=C
fail() { echo "golden.sh: $1" >&2 && exit 2; }

mode=${1-} file=${2:+$(readlink -m "$2")} keep=${4:+$(readlink -m "$4")} ams=${AMS:+$(readlink -m "$AMS")}
[[ ( $# -eq 2 || ( $# -eq 4 && $3 == --keep ) ) && ( $mode == record || $mode == compare ) ]] ||
  fail "usage: golden.sh record|compare FILE [--keep DIR]"
[ "$mode" = record ] || [ -r "$file" ] || fail "$2: cannot be read"
cd "$(dirname "$(readlink -f "$0")")/.."
ams=${ams:-$PWD/build/release/ams}
[ -x "$ams" ] || fail "$ams: no program; AMS names it"

# Where things are in the project.
configs=experiments/photos # papers.ini, gain.ini, time.ini, left.ini or remaining.ini
cube=experiments/cube/far-sighted.ini
rules=experiments/photos/rules.tsv
space=experiments/photos/space.ini
photos=data/photos.h5
photos60=data/photos-60.h5

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
o=$tmp/raw t=$tmp/raw/train d=$tmp/raw/data
mkdir -p "$tmp/logs" "$tmp/ini" "$tmp/hashed" "$t" "$d"
: > "$tmp/failed"
side=$(nproc)

# run NAME ARGUMENT...: the program, in parallel with as many others as there are processors
run() {
  while [ "$(jobs -rp | wc -l)" -ge "$side" ]; do wait -n || true; done
  { "$ams" "${@:2}" > "$tmp/logs/$1" 2>&1 ||
    echo "failed: ams ${*:2}: $(tail -n 1 "$tmp/logs/$1")" >> "$tmp/failed"; } &
}
# A short training with all that happens in a long one: a replay that wraps around, validations, a checkpoint, ...
short=(steps=150 replay=3000 warmup=500 log_every=25 validate_every=75 checkpoint_every=100 epsilon_steps=100
  target_every=50)
# train NAME DATA CONFIG ARGUMENT...; scheme NAME CONFIG ARGUMENT...: on the photos
train() { run "$1" train --data "$2" --config "$tmp/ini/$3.ini" -o "$t/$1" "${short[@]}" "label=$1" "${@:4}"; }
scheme() { train "$1" "$photos" "$2" seed=1 "${@:3}"; }

# Configurations, under names and labels that stay; the search space without what is set above.
for name in papers gain time left; do
  from=$configs/$name.ini
  [ $name != left ] || [ ! -e $configs/remaining.ini ] || from=$configs/remaining.ini
  awk -v label=$name '$1 == "label" { $0 = "label = " label } { print }' "$from" > "$tmp/ini/$name.ini"
done
cp "$cube" "$tmp/ini/cube.ini"
awk '$1 != "replay"' "$space" > "$tmp/ini/space.ini"

# Data: generated, selected, imported, split, merged, exported.
for preset in cube plain voc; do
  run "synth-$preset" data synth --preset $preset --items 200 --seed 1 -o "$d/$preset.h5"
done
run synth-cube-nm data synth --preset cube-nm --items 2000 --seed 2 -o "$d/cube-nm.h5"
run synth-times data synth --preset coco --items 300 --run-times --report-to "$d/report.tsv" -o "$d/times.h5"
run select-scenes data select "$photos" --groups scenes_ade --keep-labels -o "$d/scenes.h5"
run select-pets data select "$photos60" --groups pets,coco_like -o "$d/pets.h5"
for group in scenes_ade imagenet_like; do
  run "select-$group" data select "$photos60" --models fastestdet,mobilenet-v1-025,face-mediapipe-short \
    --groups $group -o "$d/$group.h5"
done
awk 'BEGIN { print "item,model,label,conf"; x = 1
  for (i = 0; i < 360; i++) { x = x * 16807 % 2147483647; printf "i%02d,m%d,", i / 4, i % 4
    if (x % 3) printf "label%d,%.3f\n", x % 7, (x % 900 + 100) / 1000; else print "," } }' > "$tmp/rows.csv"
printf '%s\t%s\t%s\t%s\n' name task time_ms mem_mb m0 a 10 100 m1 a 25 300 m2 b 5 50 m3 b 40 800 > "$tmp/models.tsv"
run import data import "$tmp/rows.csv" --models "$tmp/models.tsv" --seed 3 --merge-labels -o "$d/csv.h5"
wait
run split data split "$d/pets.h5" --split 0.6,0.2,0.2 --seed 4 -o "$d/split.h5"
run merge data merge "$d/scenes_ade.h5" "$d/imagenet_like.h5" -o "$d/merged.h5"
wait
for h5 in "$d"/*.h5; do
  [[ $h5 == */scenes.h5 ]] || run "export-${h5##*/}" data export "$h5" -o "${h5%.h5}.jsonl"
done
wait
run again data import "$d/split.jsonl" --models "$d/split.models.tsv" -o "$d/again.h5"
wait
run export-again data export "$d/again.h5" -o "$d/again.jsonl"

# Every configuration with every agent; sarsa does not go with targets=all.
for agent in dqn double dueling double-dueling sarsa; do
  taken=("agent=$agent")
  [ $agent != sarsa ] || taken+=(targets=taken)
  for name in papers gain time left; do train $name-$agent "$photos" $name "${taken[@]}"; done
  train cube-$agent "$d/cube-nm.h5" cube "${taken[@]}"
done
# The fast path: sparse, one layer of whole 64s, targets=taken; no dueling, dropout, weight_decay, tau.
fast=(targets=taken dropout=0 weight_decay=0)
scheme fast gain "${fast[@]}" hidden=64
scheme fast-left left "${fast[@]}"
scheme fast-double papers "${fast[@]}" agent=double hidden=192 batch=96
scheme fast-sarsa papers "${fast[@]}" agent=sarsa nstep=3
scheme fast-priority gain "${fast[@]}" priority_alpha=0.7 priority_beta=0.6 priority_eps=0.01 gamma=0.9
# Other paths.
scheme taken gain targets=taken grad_clip=0.5
scheme odd gain hidden=50
scheme dense gain backend=dense batch=64 steps=50 validate_every=50
scheme dense-taken papers backend=dense targets=taken agent=dueling weight_decay=0.1 hidden=50x40 steps=75
scheme two gain hidden=64x64 targets=taken
scheme three papers hidden=64x48x32 agent=dueling targets=all
scheme dropout gain dropout=0.3 lr_schedule=linear
scheme clip gain grad_clip=0.5
scheme tau time tau=0.01 hidden=64
scheme decay gain weight_decay=0.1 lr_schedule=cosine adam_beta1=0.8 adam_beta2=0.99 adam_epsilon=1e-6
scheme nstep gain gamma=0.9 nstep=4 targets=taken agent=double-dueling
for reward in paper gain gain-rate left time; do scheme reward-$reward papers reward=$reward end=off episode=goals; done
scheme theta papers theta=fastestdet=5,mobilenet-v1-025=2
for value in count best; do scheme value-$value gain value=$value batch=64; done
for features in labels labels+mask conf; do scheme features-$features gain features=$features batch=64; done
for loss in huber squared; do scheme loss-$loss left loss=$loss decide=cost-q huber_delta=0.5 batch=64; done
scheme goals left goals=0.5,0.9 best_by=area items=300
scheme last left best_by=last seed=2
scheme patience gain patience=1 lr=0.1 validate_every=25
train sixty "$photos60" left
train times "$d/times.h5" left
# The bits of these do not depend on the number of threads, nor on a pause.
for n in 1 2 3; do
  scheme threads-$n-left left threads=$n label=same
  scheme threads-$n-fast gain "${fast[@]}" threads=$n label=same
  scheme threads-$n-dense time threads=$n backend=dense batch=128 steps=25 validate_every=25 label=same
done
scheme paused left label=same --until 60
wait
run resumed train --resume "$t/paused"
wait
rm -rf "$t"/*/checkpoints # 10 MB each

# For other programs, rounded, and means of several.
for p in gain-dueling left-dqn two; do
  run "export-$p" export "$t/$p" --format ams,header,golden -o "$o/export/$p"
  for q in int8 fp16; do
    run "export-$p-$q" export "$t/$p" --format ams,header --quantize $q --split validation -o "$o/export/$p-$q"
  done
done
for p in gain-dueling two; do # of left-dqn these would hold the name of its reward
  run "export-$p-safetensors" export "$t/$p" --format safetensors -o "$o/export/$p"
  "$ams" export "$t/$p" --format onnx -o "$o/export/$p-onnx" > "$tmp/logs/$p-onnx" 2>&1 || true # not in every build
done
run average average "$t/left-dqn" "$t/last" "$t/threads-1-left" -o "$o/export/mean.ams" --label mean
run average-two average "$t/two" "$t/two" -o "$o/export/mean-two.ams" --label mean-two
wait

# Scores, schedules, single items.
some=(--draws 5 --bootstrap 100)
run eval eval --data "$photos" --policy "$t/left-dqn" --policy "$t/gain-dueling" --policy "$t/time-sarsa" \
  --policy "$o/export/mean.ams" --policy fixed --policy optimal --policy oracle --policy valuable --policy cooccur \
  --policy knn --policy linear --policy "rules:$rules" --policy "rules-random:$rules" \
  --split validation "${some[@]}" -o "$o/eval/all"
run eval-rules eval --data "$photos60" --policy "a=q-greedy:$t/sixty" --policy "b=odds:$t/sixty" --policy fixed \
  --policy linear --seed 5 "${some[@]}" -o "$o/eval/rules"
run eval-times eval --data "$d/times.h5" --policy "$t/times" --policy fixed --policy knn --times recorded \
  "${some[@]}" -o "$o/eval/times"
run eval-cube eval --data "$d/cube-nm.h5" --policy "$t/cube-double" --policy "$t/cube-sarsa" --policy oracle \
  "${some[@]}" -o "$o/eval/cube"
run eval-windows eval --data "$photos" --policy "$t/papers-dqn" --policy "$o/export/gain-dueling-int8/policy.ams" \
  --policy valuable --memory 30 "${some[@]}" -o "$o/eval/windows"
limits=(--data "$d/scenes.h5" --split validation --policy "$t/left-dqn" --policy "$t/gain-dueling" --policy fixed
  --policy knn "${some[@]}" --check)
run deadline schedule deadline "${limits[@]}" --deadline 10%,40%,300ms --exact 300 -o "$o/schedule/deadline"
run recorded schedule deadline "${limits[@]}" --deadline 150ms,20% --times recorded --expect q0.9 --late any \
  --stop sum:0.3 --negative skip -o "$o/schedule/recorded"
run memory schedule deadline-memory "${limits[@]}" --deadline 15% --memory 1x,1.5x -o "$o/schedule/memory"
run memory-times schedule deadline-memory --data "$d/times.h5" --policy "$t/times" --policy linear --deadline 800ms \
  --memory 8GB --exact 300 --times recorded --expect q0.8 --late short --negative clamp "${some[@]}" \
  -o "$o/schedule/memory-times"
item=flickr_like/f8k_00004
run trace trace --data "$photos" --policy "$t/left-dqn" --item $item -o "$o/trace/all"
run trace-limits trace --data "$photos" --policy "$t/gain-dqn" --item $item --deadline 168ms --memory 1.5x \
  --scheduler plan -o "$o/trace/limits"

# Experiments.
sweep=(--data "$photos60" -j 1 --seeds 1-2 "${short[@]}")
run sweep sweep "${sweep[@]}" --config "$tmp/ini/gain.ini" --agents dqn,dueling -o "$o/sweep/gain"
run sweep-items sweep "${sweep[@]}" --config "$tmp/ini/left.ini" --agents dqn items=100,300 -o "$o/sweep/items"
run tune tune "${sweep[@]}" --config "$tmp/ini/left.ini" --agent dqn --space "$tmp/ini/space.ini" --trials 5 \
  --finalists 2 validate_every=25 -o "$o/tune"
wait
run compare compare "$o/sweep/gain" --baseline fixed,random,oracle,knn "${some[@]}"
run compare-items compare "$o/sweep/items" --baseline fixed,cooccur --baseline-items --split validation "${some[@]}"
run compare-tune compare "$o/tune" --policy "m=$t/sixty" "${some[@]}"
wait
for folder in eval/{all,times} sweep/{gain,items} schedule/{deadline,memory} trace/limits train/left-dqn; do
  run "plot-${folder/\//-}" plot "$o/$folder" --format svg -o "$o/plots/$folder"
done
wait

# The papers' evaluation, very small, and its report from tables without clocks.
run reproduce reproduce --scale tiny -o "$o/rep"
wait
rm -rf "$o"/{sweep,tune,rep}/**/checkpoints
mkdir -p "$o/report/work"
ln -s "$o"/rep/work/* "$o/report/work"
for name in rows experiments notes choices; do
  awk -F '\t' -v OFS='\t' '$1 == "overhead" { next } FILENAME ~ /rows/ && NR > 1 { $NF = 0 } { print }' \
    "$o/rep/$name.tsv" > "$o/report/$name.tsv"
done
run report report "$o/report" --results "$o/report/RESULTS.md"
wait

# same FILE OTHER...: bits that have to be the same anyway
same() {
  for other in "${@:2}"; do
    [ "$(sha256sum < "$o/$1")" = "$(sha256sum < "$o/$other")" ] || echo "failed: $1 is not $other" >> "$tmp/failed"
  done
}
for name in policy.ams metrics.tsv; do
  same train/{threads-{1,2,3}-left,paused}/$name
  same train/threads-{1,2,3}-fast/$name
  same train/threads-{1,2,3}-dense/$name
done
for p in gain-dueling left-dqn two; do same {train,export}/$p/policy.ams; done
same data/{split,again}.jsonl

# put NAME [COLUMNS] [ROWS]: a table without these columns and rows (a regular expression; after a !: without all others)
put() {
  order=(cat)
  [[ $1 != rep/* ]] || order=(sort)
  awk -F '\t' -v columns=" ${2-} " -v rows="${3-}" -v titles="$plain.titles" '
    BEGIN { others = sub(/^!/, "", rows) }
    { gsub(/remaining/, "left") }
    NR == 1 { print > titles; for (i = 1; i <= NF; i++) out[i] = index(columns, " " $i " "); next }
    rows != "" && ($0 ~ rows) != others { next }
    { for (i = 1; i <= NF; i++) if (!out[i]) printf "%s\t", $i; print "" }' "$o/$1" | "${order[@]}" > "$plain"
}
hash_file() {
  plain=$tmp/hashed/${1//remaining/left}
  mkdir -p "${plain%/*}"
  case $1 in
    */timing.tsv | */failed.tsv | rep/steps* | rep/experiments.tsv | */bench-*.tsv | report/*.tsv) ;;
    export/* | train/*/policy.ams | data/*.jsonl | data/*.models.tsv | eval/*.zst) cp "$o/$1" "$plain" ;;
    */config.ini | */best.ini) awk '!/^;/ { gsub(/remaining/, "left"); print }' "$o/$1" > "$plain" ;;
    report/*.md) awk '/^\|/ { gsub(/[A-Za-z `\\]/, ""); print }' "$o/$1" > "$plain" ;;
    rep/rows.tsv) put "$1" "quantity why command seconds" '^overhead\t' ;;
    rep/choices.tsv) put "$1" "choice option measure how" ;;
    rep/notes.tsv) put "$1" "" '!^(data_|steps)' ;;
    */compare.tsv) put "$1" "" '\ttrain_seconds\t' ;;
    */tune.tsv) put "$1" "message" ;;
    */links.tsv) put "$1" "link_us" ;;
    plots/*.tsv | */plots/*.tsv | */gantt.tsv) put "$1" "key style" ;;
    *.tsv) put "$1" ;;
  esac
}
cd "$o"
for name in **/*; do [ ! -f "$name" ] || hash_file "$name"; done
cd "$tmp/hashed"
files=()
for name in **/*; do [ ! -f "$name" ] || files+=("$name"); done
# value KEY: of a run's manifest
value() { awk -F '"' -v key="$1" '$2 == key { print $4 }' "$t/papers-dqn/manifest.json"; }
commit=$(value version)
commit=${commit##*commit }
vectors=$("$ams" doctor | awk 'match($0, /[0-9]+ bits/) { print substr($0, RSTART, RLENGTH); exit }')
{
  printf '# commit\t%s\n# machine\t%s; vectors of %s; %s, kernels %s; compiler %s\n' "$commit" "$(value cpu)" \
    "${vectors:-unknown width}" "$(value blas)" "$(value blas_kernel)" "$(value compiler)"
  sha256sum -- "${files[@]}" | awk '{ print substr($0, 67) "\t" $1 }'
} > "$tmp/now.tsv"
if [ -n "$keep" ]; then
  mkdir -p "$keep"
  cp -r "$tmp"/{raw,hashed,logs} "$keep"
fi

cat "$tmp/failed"
if [ "$mode" = record ]; then
  [ ! -s "$tmp/failed" ] || { echo "nothing recorded" && exit 1; }
  cp "$tmp/now.tsv" "$file"
  echo "recorded: $(awk '!/^#/ && $1 !~ /[.]titles$/' "$file" | wc -l) hashes of $commit"
  exit
fi
awk -F '\t' -v failed="$(wc -l < "$tmp/failed")" '
  function tell(what, name) {
    n++
    if (name ~ /[.]titles$/) { n--; if (what != "") print what ", not counted: " name }
    else if (what != "") { k++; print what ": " name }
  }
  /^# / { fact[$1, NR == FNR] = $2; next }
  NR == FNR { was[$1] = $2; list[++m] = $1; next }
  { tell(!($1 in was) ? "new" : was[$1] != $2 ? "moved" : "", $1); delete was[$1] }
  END {
    for (i = 1; i <= m; i++) if (list[i] in was) tell("missing", list[i])
    other = fact["# machine", 1] != fact["# machine", 0]
    if (other) print "ANOTHER MACHINE: bits depend on the BLAS kernel and on -march=native, so this proves nothing\n" \
      "  then: " fact["# machine", 1] "\n  now:  " fact["# machine", 0]
    if (k + failed == 0) print "nothing moved: " n " hashes agree with " fact["# commit", 1]
    else print k + 0 " of " n " moved" (failed ? "; failed: " failed : "")
    exit other ? 77 : k + failed > 0
  }' "$file" "$tmp/now.tsv"
