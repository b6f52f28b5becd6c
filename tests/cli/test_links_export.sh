#!/bin/bash
# `ams export` of links: links.h, compiled and run by itself, predicts what `ams links predict` does.
# Usage: test_links_export.sh AMS SOURCE_DIR COMPILER
set -euo pipefail
ams=$1
compiler=$3
# shellcheck source=tests/cli/common.sh
. "$2/tests/cli/common.sh"

# Its tables, then for each line of inputs a line of outputs.
cat > run.c <<'END'
#include <stdio.h>
#include "links.h"
static void print(const ams_links_column *c, int n)
{
    int i;
    for (i = 0; i < n; i++) {
        printf("%s\t%s\t%.17g\t%d\n", c[i].model, c[i].label, c[i].threshold, c[i].kind);
    }
}
int main(void)
{
    static float x[AMS_LINKS_INPUTS], y[AMS_LINKS_OUTPUTS];
    int i = 0;
    printf("%d\t%d\n", AMS_LINKS_INPUTS, AMS_LINKS_OUTPUTS);
    print(ams_links_input, AMS_LINKS_INPUTS);
    print(ams_links_output, AMS_LINKS_OUTPUTS);
    while (scanf("%f", &x[i]) == 1) {
        if (++i == AMS_LINKS_INPUTS) {
            ams_links_predict(x, y);
            for (i = 0; i < AMS_LINKS_OUTPUTS; i++) {
                printf("%.9g%c", y[i], i + 1 < AMS_LINKS_OUTPUTS ? ' ' : '\n');
            }
            i = 0;
        }
    }
    return 0;
}
END
# Inputs of recorded rows by the header's tables; its outputs against linked rows.
cat > check.py <<'END'
import json, subprocess, sys
program, rows_path, linked_path = sys.argv[1:]
read = lambda path: [json.loads(line) for line in open(path)]
outputs = {}
for row in read(rows_path):
    outputs.setdefault(row["item"], {})[row["model"]] = dict(map(tuple, row["labels"]))
head = subprocess.run([program], input="", text=True, capture_output=True, check=True).stdout.splitlines()
n_in, n_out = map(int, head[0].split("\t"))
columns = [line.split("\t") for line in head[1:]]
inputs, targets = columns[:n_in], columns[n_in:]
assert len(targets) == n_out
listed = {}
for model, label, *_ in inputs:
    listed.setdefault(model, set()).add(label.split("/", 1)[-1])
def value(found, model, label):
    name = label.split("/", 1)[-1]
    if label == "other":
        return max([0] + [c for l, c in found.items() if l not in listed[model]])
    return found.get(name, 0)
text = "".join(" ".join(repr(value(found.get(m, {}), m, l)) for m, l, *_ in inputs) + "\n" for found in outputs.values())
lines = subprocess.run([program], input=text, text=True, capture_output=True, check=True).stdout.splitlines()[1 + n_in + n_out:]
assert len(lines) == len(outputs), (len(lines), len(outputs))
expected = {(r["item"], r["model"]): dict(map(tuple, r["labels"])) for r in read(linked_path)}
found, near = {key: {} for key in expected}, 0
for item, line in zip(outputs, lines):
    for (model, label, threshold, kind), y in zip(targets, map(float, line.split())):
        assert kind == "0"
        if abs(y - float(threshold)) < 1e-5:
            near += 1
            found[item, model][label.split("/")[-1]] = expected[item, model].get(label.split("/")[-1])
        elif "/" in label and y > float(threshold):
            found[item, model][label.split("/", 1)[1]] = min(1, y)
labels = 0
for key, one in expected.items():
    other = {l: c for l, c in found[key].items() if c is not None}
    assert one.keys() == other.keys(), (key, one, other)
    assert all(abs(one[l] - other[l]) < 1e-4 for l in one), (key, one, other)
    labels += len(one)
assert near < 5 and labels > 20, (near, labels)
print(len(expected), "executions,", labels, "labels")
END

"$ams" data synth --preset coco --items 300 --split 0.5,0.2,0.3 --seed 3 -o d.h5 > /dev/null
"$ams" data export d.h5 -o d.jsonl > /dev/null
for form in "ridge" "network --epochs 2 --threads 1"; do
  # shellcheck disable=SC2086
  "$ams" links select --data d.h5 --time 20% --form $form -o c.ams > /dev/null
  "$ams" links predict --links c.ams --data d.h5 -o linked.jsonl > /dev/null
  "$ams" export c.ams -o out > table.txt
  grep -q '^links.h ' table.txt || fail "no links.h: $(cat table.txt)"
  "$compiler" -std=c99 -O1 -Wall -Wextra -Wpedantic -Werror -I out run.c -lm -o run
  python3 check.py ./run d.jsonl linked.jsonl || fail "$form: links.h predicts something else"
done

# Several formats, as JSON; what is refused.
"$ams" export c.ams --format golden,header -o both --json > json.txt
grep -q '"inputs": ' json.txt || fail "$(cat json.txt)"
grep -q '"golden.json"' json.txt || fail "$(cat json.txt)"
cmp out/links.h both/links.h || fail "equal links, other bytes"
expect 1 "exported as header, onnx or golden" "$ams" export c.ams --format ams -o no
expect 1 "is for policies" "$ams" export c.ams --quantize int8 -o no
head -c 3000 c.ams > cut.ams
expect 2 "cut.ams" "$ams" export cut.ams -o no
[ ! -e no ] || fail "what was refused left a folder"
