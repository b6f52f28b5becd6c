#!/usr/bin/env python3
"""How fast two builds of `ams` import the same rows in each form, interleaved.

    experiments/bench/compare_import.py BEFORE NOW -o experiments/results/import.tsv [--items 10000] [--turns 5]

Generates items, writes their rows in ten forms, and imports each with both programs in turn. A
row of the TSV is one form: processor time of the whole command (user and system, all threads;
median over the turns), rows (executions) per second of it, and how many times as fast NOW is.
Both must write the same content hash. Needs nothing but Python's own library.
"""
import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile

from processes import run

COLUMNS = ["form", "rows", "mb", "before_s", "now_s", "before_rows_per_s", "now_rows_per_s", "ratio"]
COMPACT = {"separators": (",", ":")}


def write_lines(path, values, **form):
    with open(path, "w") as stream:
        stream.writelines(json.dumps(value, **form) + "\n" for value in values)


def in_doubles(rows):
    """Confidences with all digits of a double, as Python's json writes most of them."""
    return [dict(row, time_ms=12.345678901234567, labels=[[label, conf * 0.9999371 + 1e-7] for label, conf in row["labels"]])
            for row in rows]


def write_csv(path, rows, separator):
    with open(path, "w") as stream:
        stream.write(separator.join(["item", "group", "split", "model", "label", "conf"]) + "\n")
        for row in rows:
            head = [row["item"], row["group"], row["split"], row["model"]]
            for label, conf in row["labels"] or [("", "")]:
                stream.write(separator.join([*head, label, str(conf)]) + "\n")


def write_coco(rows):
    """A file of detections per model that finds objects, and the categories. Returns the options."""
    models = sorted({row["model"] for row in rows if row["model"].startswith("objects")})
    ids, items, options = {}, {}, ["--format", "coco", "--label-names", "categories.json", "--allow-missing"]
    for model in models:
        found = [{"image_id": items.setdefault(row["item"], len(items)), "category_id": ids.setdefault(label, len(ids) + 1),
                  "bbox": [12.5, 30.25, 100.0, 50.125], "score": conf}
                 for row in rows if row["model"] == model for label, conf in row["labels"]]
        with open(f"coco-{model}.json", "w") as stream:
            json.dump(found, stream)
        options += ["--model", f"{model}=coco-{model}.json"]
    with open("categories.json", "w") as stream:
        json.dump({"categories": [{"id": number, "name": name} for name, number in ids.items()]}, stream)
    with open("rows.models.tsv") as all_models, open("coco.models.tsv", "w") as stream:
        head, *lines = all_models.readlines()
        stream.writelines([head, *(line for line in lines if line.split("\t")[0] in models)])
    return [*options, "--models", "coco.models.tsv"]


def write_forms(rows):
    """Files of the rows in each form; returns form -> options of the import."""
    write_lines("pairs.jsonl", rows, **COMPACT)
    write_lines("doubles.jsonl", in_doubles(rows))
    write_lines("objects.jsonl", [dict(r, labels=[{"label": a, "score": b} for a, b in r["labels"]]) for r in rows])
    write_lines("map.jsonl", [dict(r, labels=dict(r["labels"])) for r in rows])
    with open("array.json", "w") as stream:
        json.dump(rows, stream)
    write_csv("records.csv", rows, ",")
    write_csv("records.tsv", rows, "\t")
    with open("pairs.jsonl", "rb") as plain, gzip.open("pairs.jsonl.gz", "wb", compresslevel=1) as packed:
        packed.write(plain.read())
    names = ["pairs.jsonl", "pairs.jsonl.gz", "pairs.jsonl.zst", "doubles.jsonl", "objects.jsonl", "map.jsonl", "array.json",
             "records.csv", "records.tsv"]
    return {**{name: [name, "--models", "rows.models.tsv"] for name in names}, "coco.json": write_coco(rows)}


def read_rows(ams, items):
    """The rows of generated items, which are also there in compressed form."""
    for command in ([ams, "data", "synth", "--preset", "coco", "--items", str(items), "--seed", "1", "-o", "all.h5"],
                    [ams, "data", "export", "all.h5", "-o", "rows.jsonl.gz"],
                    [ams, "data", "export", "all.h5", "-o", "pairs.jsonl.zst"]):
        subprocess.run(command, check=True, capture_output=True)
    with gzip.open("rows.jsonl.gz", "rt") as stream:
        return [json.loads(line) for line in stream]


def import_by(ams, options):
    """Processor time of the import, rows, and the content hash."""
    said, _, usage = run([ams, "data", "import", *options, "-o", "out.h5"])
    hash_text = said.split("content hash ")[1].split()[0]
    rows = next(int(words[i - 1]) for words in [said.split()] for i in range(len(words)) if words[i] == "rows" and words[i + 1] == "imported")
    return usage.ru_utime + usage.ru_stime, rows, hash_text


def compare(programs, options, turns):
    times, hashes, rows = ([], []), set(), 0
    for _ in range(turns):
        for place, program in enumerate(programs):
            seconds, rows, hash_text = import_by(program, options)
            times[place].append(seconds)
            hashes.add(hash_text)
    if len(hashes) != 1:
        sys.exit(f"import of {options[0]}: the programs write different contents: {hashes}")
    return rows, statistics.median(times[0]), statistics.median(times[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("now")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    programs, output = [os.path.abspath(args.before), os.path.abspath(args.now)], os.path.abspath(args.output)
    lines = ["\t".join(COLUMNS)]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        forms = write_forms(read_rows(programs[1], args.items))
        for form, options in forms.items():
            files = [name.split("=")[-1] for name in options if name.split("=")[-1].startswith(form.split(".")[0])]
            size = sum(os.path.getsize(name) for name in files if os.path.isfile(name))
            rows, before, now = compare(programs, options, args.turns)
            cells = [form, rows, f"{size / 2**20:.1f}", f"{before:.3f}", f"{now:.3f}", f"{rows / before:.0f}", f"{rows / now:.0f}",
                     f"{before / now:.2f}"]
            lines.append("\t".join(map(str, cells)))
            print(f"{form:16} {before:7.3f} s, now {now:7.3f} s: {before / now:5.2f} times as fast, {rows / now:10,.0f} rows/s", flush=True)
        os.chdir("/")
    with open(output, "w") as stream:
        stream.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
