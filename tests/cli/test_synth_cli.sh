#!/bin/bash
# `ams data synth`: its report against `ams eval`, which knows nothing of it, and its refusals.
# Usage: test_synth_cli.sh AMS
set -euo pipefail
ams=$1
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

exits 0 "$ams" data synth --preset coco --items 1500 --seed 3 --split 0,0,1 --report -o a.h5
says "first 1500 items"
grep 'random order' stdout | grep -q 4640.0 # the target
reached_random=$(sed -n 's/^  random order until recall 1.0 *\([0-9.]*\).*/\1/p' stdout)
reached_valuable=$(sed -n 's/^  valuable executions *\([0-9.]*\).*/\1/p' stdout)
exits 0 "$ams" data check a.h5
# The report as a table.
exits 0 "$ams" data synth --preset coco --items 1500 --seed 3 --split 0,0,1 --report-to a.tsv
awk -v random="$reached_random" -v valuable="$reached_valuable" -F'\t' '
    function near(a, b) { return a - b < 0.051 && b - a < 0.051 }
    $1 == "random_ms" { seen++; if (!near($2, random) || $3 != 4640) exit 1 }
    $1 == "valuable_ms" { seen++; if (!near($2, valuable) || $3 != 1140) exit 1 }
    $1 == "shared_labels" { seen++; if ($2 <= 0 || $2 >= 1 || $3 != "-") exit 1 }
    END { exit seen != 3 }' a.tsv || { cat a.tsv; exit 1; }
exits 0 "$ams" eval --data a.h5 --policy valuable --bootstrap 10 --threads 1
awk -v random="$reached_random" -v valuable="$reached_valuable" '
    function off(a, b) { return a > b ? a - b : b - a }
    $1 == "valuable" { seen++; if (off($6, valuable) > 0.11) bad = bad " valuable " $6 }
    $1 == "random" { seen++; if (off($6, random) > 25) bad = bad " random " $6 }
    $1 == "all" { seen++; if ($6 != 5160) bad = bad " all " $6 }
    END { if (seen != 3 || bad != "") {
        print "expected " random ", " valuable ", 5160.0 of the report, found" bad; exit 1 } }' stdout

# The same seed gives the same file; another seed, or times of executions, another file.
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH
exits 0 "$ams" data synth --preset dogs --items 50 -o b.h5
exits 0 "$ams" data synth --preset dogs --items 50 -o c.h5
cmp b.h5 c.h5
exits 0 "$ams" data synth --preset dogs --items 50 --seed 1 -o c.h5
if cmp -s b.h5 c.h5; then
    echo "expected other items of another seed"
    exit 1
fi
exits 0 "$ams" data synth --preset dogs --items 50 --run-times -o c.h5
exits 0 "$ams" data info c.h5
says "of each execution"

# Files to edit; a new column is a new preset.
exits 0 "$ams" data synth --write-story mine
awk -F'\t' -v OFS='\t' '{ print $0, NR == 1 ? "quiet" : $1 == "confusion" ? 0 : $2 }' \
    mine/story.tsv >story && mv story mine/story.tsv
exits 0 "$ams" data synth --preset quiet --story mine --items 20 --report
exits 1 "$ams" data synth --preset quiet --items 20 --report
says "found 'quiet'"
exits 1 "$ams" data synth --write-story mine
says "is there already"

# A file that --memory does not hold is scored in windows, to the same bits.
exits 0 "$ams" data synth --preset voc --items 3000 -o d.h5
for memory in 4096 8; do
    exits 0 "$ams" eval --data d.h5 --policy fixed --policy oracle --draws 3 --bootstrap 20 \
        --memory $memory -o eval-$memory
done
for file in summary intervals curves; do
    cmp eval-4096/$file.tsv eval-8/$file.tsv
done
[ -f eval-4096/items.tsv.zst ]
[ ! -f eval-8/items.tsv.zst ]
exits 1 "$ams" eval --data d.h5 --policy knn --memory 8
says "raise --memory"
# Training on a sample of a file that --memory does not hold is training on it in the whole.
exits 0 "$ams" train --data d.h5 items=100 steps=500 refine_items=1 threads=1 -o whole
exits 0 "$ams" train --data d.h5 items=100 steps=500 refine_items=1 threads=1 -o part --memory 4
says "100 of 540 training items and 60 of 60 validation items were read"
cmp whole/policy.ams part/policy.ams
cmp whole/metrics.tsv part/metrics.tsv
exits 0 "$ams" train --data d.h5 items=100 steps=500 refine_items=1 threads=1 -o part --memory 4
says "already finished"
exits 1 "$ams" train --data d.h5 steps=500 -o other --memory 1
says "train on a sample that fits"
# Without items=N it is all training items: what is too large may be the test split.
exits 0 "$ams" data synth --preset voc --items 1000 --split 0.06,0.03,0.91 -o g.h5
exits 0 "$ams" train --data g.h5 steps=500 refine_items=1 threads=1 -o all
exits 0 "$ams" train --data g.h5 steps=500 refine_items=1 threads=1 -o all-1 --memory 1
says "60 of 60 training items and 30 of 30 validation items were read"
cmp all/policy.ams all-1/policy.ams
exits 1 "$ams" train --data g.h5 steps=500 -o none --memory 0
says "option --memory: expected 1 to"
exits 0 "$ams" data synth --preset voc --items 1000 --split 0.2,0.6,0.2 -o f.h5
exits 0 "$ams" train --data f.h5 items=100 steps=500 refine_items=1 threads=1 -o less --memory 1
grep -q '100 of 200 training items and [1-5][0-9]* of 600 validation items' stderr

# More items than rows are kept of: the means of all, and no answer that depends on the memory.
exits 0 "$ams" data synth --preset dogs --items 33000 --split 0,0,1 -o e.h5
for memory in 4096 8; do
    exits 0 "$ams" eval --data e.h5 --policy valuable --draws 1 --bootstrap 20 \
        --memory $memory -o many-$memory
done
says "33000 test items"
exits 0 "$ams" eval --data e.h5 --policy valuable --draws 1 --bootstrap 20 --whole -o many-whole
[ ! -f many-8/positions.tsv ]
[ -f many-whole/positions.tsv ]
for folder in many-8 many-whole; do
    sed 's/-0\.000000/0.000000/g' $folder/summary.tsv >$folder/unsigned
done
cmp many-8/unsigned many-whole/unsigned
for file in summary intervals curves; do
    cmp many-4096/$file.tsv many-8/$file.tsv
done

exits 1 "$ams" data synth --items 20 --report
exits 1 "$ams" data synth --preset coco --items 20
says "give -o F.h5, --report or both"
exits 1 "$ams" data synth --preset coco --items 99999999999 --report
exits 3 "$ams" data synth --preset coco --items 20 -o no/such/folder/a.h5
if find . -name '*tmp*' | grep -q .; then
    echo "expected no temporary files, found:"
    ls
    exit 1
fi
"$ams" data synth --preset coco --report --json > json.txt
if ! grep -q '"target_ms"' json.txt || [ "$(head -c 1 json.txt)" != "{" ]; then
    echo "--report --json: $(head -n 3 json.txt)"
    exit 1
fi
