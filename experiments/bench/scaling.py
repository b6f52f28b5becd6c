#!/usr/bin/env python3
"""How cost grows with items, labels and models: generates tables, opens them, trains and scores.

    experiments/bench/scaling.py AMS -o experiments/results/scaling.tsv [--work DIR] [--most-items 1e7]

Each row of the TSV is one command: its time on the clock, its user time (which other programs on
the machine disturb less) and its peak memory. Rows that stand there already are not measured
again, so a run that was stopped continues. Below it prints, for each axis and step, the exponent
of growth: the slope of log(user time) over log(size) between neighbouring sizes from the last
ones, where what is fixed no longer counts. Needs nothing but Python's own library.
"""
import argparse
import math
import os
import sys

from processes import run

COLUMNS = ["axis", "size", "step", "wall_s", "user_s", "peak_mb", "file_mb"]
ITEMS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
LABELS = [100, 1_000, 10_000, 100_000]
MODELS = [2, 4, 8, 16, 32, 64]
UPDATES = 2_000


def cost_of(command):
    """The command's wall and user seconds and its peak memory in MB."""
    _, wall, usage = run(command)
    return wall, usage.ru_utime, usage.ru_maxrss / 1024


class Table:
    """The TSV: measured rows by (axis, size, step)."""

    def __init__(self, path):
        self.path, self.rows = path, {}
        if os.path.exists(path):
            with open(path) as stream:
                lines = [line.rstrip("\n").split("\t") for line in stream if not line.startswith("#")]
            if lines and lines[0] != COLUMNS:
                sys.exit(f"{path}: expected the columns {COLUMNS}, found {lines[0]}")
            for line in lines[1:]:
                self.rows[line[0], int(line[1]), line[2]] = [float(x) for x in line[3:]]

    def measure(self, axis, size, step, command, file):
        key = axis, size, step
        if key not in self.rows:
            cost = cost_of(command)
            self.rows[key] = [*cost, os.path.getsize(file) / 2**20]
            self.write()
        wall, user, peak, mb = self.rows[key]
        print(f"{axis:7} {size:>10,} {step:8} {wall:9.2f} s {user:9.2f} s user {peak:8.0f} MB peak"
              f" {mb:8.1f} MB file", flush=True)

    def write(self):
        with open(self.path + ".tmp", "w") as stream:
            stream.write("\t".join(COLUMNS) + "\n")
            for (axis, size, step), row in self.rows.items():
                stream.write("\t".join([axis, str(size), step] + [f"{x:.3f}" for x in row]) + "\n")
        os.replace(self.path + ".tmp", self.path)


def measure_size(table, options, axis, size, synth):
    """Generates the table of one size, reads all of it, trains on it and scores the agent on it."""
    ams, work = options.ams, options.work
    data, run_folder = f"{work}/{axis}-{size}.h5", f"{work}/{axis}-{size}-run"
    steps = ["synth", "open", "train", "score"]
    if not os.path.exists(data) and any((axis, size, s) not in table.rows for s in steps):
        table.rows.pop((axis, size, "synth"), None)
    for step in steps:
        if step == "synth":
            table.measure(axis, size, step, [ams, "data", "synth", *synth, "-o", data], data)
        if step == "open":
            table.measure(axis, size, step, [ams, "data", "check", data], data)
        if step == "train":
            table.measure(axis, size, step, [ams, "train", "--data", data, "-o", run_folder,
                          f"steps={UPDATES}", "hidden=64", "threads=1",
                          f"validate_every={UPDATES}"], data)
        if step == "score":
            table.measure(axis, size, step, [ams, "eval", "--data", data, "--policy", run_folder, "--draws",
                          "1", "--threads", str(options.threads)], data)
    if not options.keep and os.path.exists(data):
        os.remove(data)


def exponents(table):
    """Slopes of log(user seconds) and log(peak memory) between the two largest sizes."""
    print(f"\n{'axis':8}{'step':8}{'sizes':>24}{'user time':>12}{'memory':>12}")
    for axis in ("items", "labels", "models"):
        for step in ("synth", "open", "train", "score"):
            sizes = sorted(s for a, s, t in table.rows if a == axis and t == step)
            if len(sizes) < 2:
                continue
            low, high = sizes[-2:]
            a, b = table.rows[axis, low, step], table.rows[axis, high, step]
            over = math.log(high / low)
            print(f"{axis:8}{step:8}{f'{low:,} to {high:,}':>24}"
                  f"{math.log(max(b[1], .01) / max(a[1], .01)) / over:12.2f}"
                  f"{math.log(b[2] / a[2]) / over:12.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ams", help="the program")
    parser.add_argument("-o", dest="output", required=True, help="the TSV to write or to continue")
    parser.add_argument("--work", default="/tmp/ams-scaling", help="folder for tables and runs")
    parser.add_argument("--most-items", type=float, default=1e7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the tables")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    table = Table(options.output)
    for n in LABELS:
        measure_size(table, options, "labels", n, ["--preset", "plain", "--labels", str(n), "--items",
                     "10000"])
    for m in MODELS:
        measure_size(table, options, "models", m, ["--preset", "plain", "--models", str(m), "--items",
                     "10000"])
    for n in [n for n in ITEMS if n <= options.most_items]:
        measure_size(table, options, "items", n, ["--preset", "coco", "--seed", "1", "--split",
                     "0.01,0.001,0.989", "--items", str(n)])
    exponents(table)


if __name__ == "__main__":
    main()
