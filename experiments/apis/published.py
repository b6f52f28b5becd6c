#!/usr/bin/env python3
"""A table of FrugalML's collection as it was published, in the form that run.sh reads.

usage: published.py FOLDER OUT [NAME]
FOLDER is `dataset/mlserviceperformance_SET` of lchen001/FrugalML: meta.csv with the services' numbers, names and prices per 10,000
calls, and per service ModelK_PredictedLabel.txt and ModelK_Confidence.txt; Model0_TrueLabel.txt. Each has one line per item.
Writes OUT/rows.jsonl, models.tsv, truth.tsv and splits.tsv. NAME is the task, and the first part of items' names (default: the
name of OUT). Labels are `class K`. The splits are FrugalML's: numpy.random.seed(S), permutation(n), the first half trains.
"""

import csv
import json
import os
import random
import sys

SEEDS = (1, 5, 10, 50, 100)


def seeded(seed):
    """The Mersenne Twister as numpy.random.seed(seed) leaves it: random.seed() mixes its number in another way."""
    state = [seed]
    for k in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + k) & 0xFFFFFFFF)
    generator = random.Random()
    generator.setstate((3, tuple(state) + (624,), None))
    return generator


def permutation(seed, n):
    """numpy.random.seed(seed); numpy.random.permutation(n)"""
    draw = seeded(seed)
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        mask = (1 << i.bit_length()) - 1
        j = i + 1
        while j > i:
            j = draw.getrandbits(32) & mask
        order[i], order[j] = order[j], order[i]
    return order


def column(folder, name, n=None):
    """The lines of FOLDER/NAME.txt as numbers; where n is known, exactly so many."""
    path = os.path.join(folder, f"{name}.txt")
    values = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                values.append(float(line))
            except ValueError:
                raise SystemExit(f"{path}:{number}: expected a number, found {line.strip()!r}") from None
    if n is not None and len(values) != n:
        raise SystemExit(f"{path}: expected {n} lines, one per item, found {len(values)}")
    return values


def label(path, value):
    if value != int(value) or value < 0:
        raise SystemExit(f"{path}: expected the number of a class, found {value:g}")
    return f"class {int(value)}"


def services(folder):
    """(number, name, price per 10,000 calls) of each line of meta.csv."""
    path = os.path.join(folder, "meta.csv")
    with open(path, encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))[1:]
    try:
        found = [(int(r[0]), r[1].strip().lower(), f"{float(r[2]):g}") for r in rows if r]
    except (ValueError, IndexError):
        raise SystemExit(f"{path}: expected a number, a name and a price on each line after the first") from None
    if not found:
        raise SystemExit(f"{path}: expected services, found none")
    return found


def write_table(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write("\t".join(row) + "\n")


def convert(folder, out, name):
    found = services(folder)
    truth = column(folder, "Model0_TrueLabel")
    n = len(truth)
    items = [f"{name}/{i:06d}" for i in range(n)]
    says = {k: column(folder, f"Model{k}_PredictedLabel", n) for k, _, _ in found}
    sure = {k: column(folder, f"Model{k}_Confidence", n) for k, _, _ in found}
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "rows.jsonl"), "w", encoding="utf-8") as file:
        for i, item in enumerate(items):
            for k, service, _ in found:
                answer = [label(f"Model{k}_PredictedLabel", says[k][i]), round(sure[k][i], 6)]
                file.write(json.dumps({"item": item, "model": service, "labels": [answer]}, separators=(",", ":")) + "\n")
    write_table(os.path.join(out, "models.tsv"),
                [("name", "task", "cost_per_10000_usd")] + [(service, name, price) for _, service, price in found])
    write_table(os.path.join(out, "truth.tsv"),
                [("item", "truth")] + [(item, label("Model0_TrueLabel", t)) for item, t in zip(items, truth)])
    parts = [["test"] * n for _ in SEEDS]
    for part, seed in zip(parts, SEEDS):
        for i in permutation(seed, n)[:n // 2]:
            part[i] = "train"
    write_table(os.path.join(out, "splits.tsv"), [("item", *(f"seed_{s}" for s in SEEDS))] + list(zip(items, *parts)))


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    out = sys.argv[2]
    convert(sys.argv[1], out, sys.argv[3] if len(sys.argv) == 4 else os.path.basename(os.path.normpath(out)))


if __name__ == "__main__":
    main()
