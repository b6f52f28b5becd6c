#!/bin/sh
# Rows of five made-up models on 400 made-up photographs, as rows.jsonl and models.tsv in the
# current folder: what a reader of docs/your-own-data.md would have recorded. Deterministic.
set -eu
printf 'name\ttask\ttime_ms\tmem_mb\n%s\t%s\t%s\t%s\n%s\t%s\t%s\t%s\n%s\t%s\t%s\t%s\n%s\t%s\t%s\t%s\n%s\t%s\t%s\t%s\n' \
    small-detector objects 12 30 large-detector objects 140 210 faces faces 25 18 \
    emotions emotion 30 22 dog-breeds breed 60 90 >models.tsv
awk '
function draw() { state = (state * 16807) % 2147483647; return state / 2147483647 }
function row(item, group, model, ms, labels) {
    printf "{\"item\": \"%s\", \"group\": \"%s\", \"model\": \"%s\", \"time_ms\": %.2f, \"labels\": [%s]}\n",
        item, group, model, ms * (0.9 + 0.2 * draw()), labels
}
function label(name, conf) { return sprintf("[\"%s\", %.3f]", name, conf) }
BEGIN {
    state = 20
    for (i = 0; i < 400; i++) {
        group = i % 2 ? "street" : "home"
        item = sprintf("%s/%04d.jpg", group, i)
        person = draw() < (i % 2 ? 0.8 : 0.3)
        dog = draw() < (i % 2 ? 0.1 : 0.6)
        seen = 0.55 + 0.45 * draw()
        small = person ? label("person", seen * 0.8) : label("cup", 0.3 * draw())
        if (dog) small = small ", " label("dog", seen * 0.7)
        large = person ? label("person", seen) : label("chair", 0.4 + 0.5 * draw())
        if (dog) large = large ", " label("dog", seen)
        row(item, group, "small-detector", 12, small)
        row(item, group, "large-detector", 140, large)
        row(item, group, "faces", 25, person ? label("face", 0.4 + 0.6 * draw()) : "")
        row(item, group, "emotions", 30, person ? label(draw() < 0.5 ? "calm" : "happy", 0.3 + 0.7 * draw()) : "")
        row(item, group, "dog-breeds", 60, dog ? label(draw() < 0.5 ? "beagle" : "poodle", 0.3 + 0.7 * draw()) : "")
    }
}' >rows.jsonl
