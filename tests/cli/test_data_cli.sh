#!/bin/bash
# Exit codes and results of the data commands. Usage: test_data_cli.sh AMS
set -euo pipefail
ams=$1
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH
hash_of() { "$ams" data info "$1" --json | sed -n 's/.*"content_hash": "\(.*\)".*/\1/p'; }

printf 'name\ttask\ttime_ms\nfast\tpets\t5\nslow\tpets\t50\n' >models.tsv
i=0
while [ $i -lt 40 ]; do
    g=$((i % 2))
    echo "{\"item\":\"i$i\",\"group\":\"g$g\",\"model\":\"fast\",\"labels\":[[\"cat\",0.$((i + 10))]]}"
    echo "{\"item\":\"i$i\",\"group\":\"g$g\",\"model\":\"slow\",\"labels\":[[\"dog\",0.9]]}"
    i=$((i + 1))
done >rows.jsonl

exits 0 "$ams" data import rows.jsonl --models models.tsv -o a.h5 --name test --license none
says "a.h5: 40 items, 2 models, 2 labels, 80 outputs"
exits 0 "$ams" data check a.h5
exits 0 "$ams" data info a.h5
says "license    none"
exits 0 "$ams" data info a.h5 --json
says '"items": 40'

cp a.h5 kept.h5
exits 1 "$ams" data import rows.jsonl -o a.h5
says "option --models is required"
exits 1 "$ams" data import --models models.tsv -o a.h5
exits 1 "$ams" data import rows.jsonl --models models.tsv -o a.h5 --split 1,2
exits 1 "$ams" data import rows.jsonl --models models.tsv -o a.h5 --split 0.5,0.5,0.5
exits 3 "$ams" data import absent.jsonl --models models.tsv -o a.h5
head -n 3 rows.jsonl >short.jsonl
exits 2 "$ams" data import short.jsonl --models models.tsv -o a.h5
says "short.jsonl:3: expected a row of each of the 2 models"
echo nonsense >>short.jsonl
exits 2 "$ams" data import short.jsonl --models models.tsv -o a.h5
says "short.jsonl:4: expected one JSON object"
cmp a.h5 kept.h5
exits 0 "$ams" data import short.jsonl --models models.tsv -o b.h5 --skip-bad --allow-missing
says "1 bad rows skipped"
says "1 missing executions recorded without output"
sort -r rows.jsonl | exits 0 "$ams" data import - --models models.tsv -o sorted.h5 --name test \
    --license none
[ "$(hash_of a.h5)" = "$(hash_of sorted.h5)" ]

exits 0 "$ams" data export a.h5 -o out.jsonl.zst
exits 0 "$ams" data import out.jsonl.zst --models out.models.tsv -o back.h5
[ "$(hash_of a.h5)" = "$(hash_of back.h5)" ]

exits 0 "$ams" data split a.h5 --split 0.2,0.2,0.6 --seed 4 -o split.h5
exits 0 "$ams" data split a.h5 --split 0.2,0.2,0.6 --seed 4 -o again.h5
[ "$(hash_of split.h5)" = "$(hash_of again.h5)" ]
[ "$(hash_of a.h5)" != "$(hash_of split.h5)" ]
exits 0 "$ams" data select a.h5 --groups g0 -o g0.h5
exits 0 "$ams" data select a.h5 --groups g1 -o g1.h5
exits 0 "$ams" data merge g1.h5 g0.h5 -o merged.h5
[ "$(hash_of a.h5)" = "$(hash_of merged.h5)" ]
exits 2 "$ams" data merge a.h5 g0.h5 -o merged.h5
says "expected distinct items"
exits 1 "$ams" data select a.h5 --models fats -o g.h5
says "did you mean 'fast'"
printf 'i3\ni5\n' >list
exits 0 "$ams" data select a.h5 --items list --models slow -o two.h5
says "2 items, 1 models, 1 labels"
exits 0 "$ams" data select two.h5 --models slow -o two.h5
exits 0 "$ams" data select a.h5 --items list --models slow --keep-labels -o all-labels.h5
says "2 items, 1 models, $("$ams" data info a.h5 | sed -n 's/.* models, \([0-9]* labels\),.*/\1/p')"

head -c 900 a.h5 >cut.h5
exits 2 "$ams" data check cut.h5
exits 3 "$ams" data check absent.h5
exits 1 "$ams" data check
rm -f stdout stderr
if find . -name '*tmp*' -o -name '*spool*' | grep -q .; then
    echo "expected no temporary files, found:"
    ls
    exit 1
fi
