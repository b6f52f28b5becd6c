#!/usr/bin/env python3
"""The tables of run.sh: means over the five splits, and differences paired by split.

usage: tables.py OUT published.tsv
Writes OUT/rafdb-published.tsv (ours beside the published methods at each budget) and OUT/sets.tsv (every set beside its best
single service and cascade), and prints both. Intervals are Student's over the five splits, which share items; no answers per
item are published, so nothing finer can be paired.
"""

import csv
import glob
import math
import os
import sys

T4 = 2.776445  # 97.5 % of Student's t with 4 degrees of freedom


def read(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def mean(values):
    return sum(values) / len(values)


def interval(values):
    """Half the width of the 95 % interval of the mean."""
    if len(values) != 5:
        return math.nan
    m = mean(values)
    return T4 * math.sqrt(sum((v - m) ** 2 for v in values) / 4 / 5)


def write(path, header, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in [header] + rows:
            file.write("\t".join(x if isinstance(x, str) else f"{x:.5g}" for x in row) + "\n")
    for row in [header] + rows:
        print("  ".join(f"{x if isinstance(x, str) else format(x, '.4f'):>12.12}" for x in row))
    print()


def curves(out, name, rule):
    """seed -> rows of curve.tsv"""
    found = {}
    for folder in glob.glob(os.path.join(out, f"{name}-{rule}-*")):
        found[folder.rsplit("-", 1)[1]] = read(os.path.join(folder, "curve.tsv"))
    return found


def at(rows, policy, budget, column):
    for row in rows:
        if row["policy"] == policy and row["budget"] != "-" and abs(float(row["budget"]) - budget) < 1e-6:
            return float(row[column])
    raise SystemExit(f"no {policy} at {budget}")


def published_table(out, published):
    ours, last = curves(out, "rafdb", "posterior"), curves(out, "rafdb", "last")
    theirs = {}
    for row in read(published):
        key = row["method"], row["seed"], round(float(row["budget_per_10000_usd"]), 3)
        theirs[key] = float(row["accuracy"])
    budgets = sorted({float(r["budget"]) for r in next(iter(ours.values())) if r["policy"] == "exact"})
    header = ["budget", "cost", "exact", "FrugalML", "difference", "low", "high", "QSonly", "FixBase", "cascade", "shares_cost",
              "shares", "last", "dqn", "exact_less_dqn", "exact_less_dqn_most"]
    rows = []
    for budget in budgets:
        exact = {s: at(rows_, "exact", budget, "score") for s, rows_ in ours.items()}
        def other(method):
            return {s: theirs[method, s, round(budget, 3)] for s in ours}
        difference = [exact[s] - other("FrugalML")[s] for s in ours]
        half = interval(difference)
        rows.append([budget, mean([at(r, "exact", budget, "cost") for r in ours.values()]), mean(list(exact.values())),
                     mean(list(other("FrugalML").values())), mean(difference), mean(difference) - half, mean(difference) + half,
                     mean(list(other("FrugalMLQSonly").values())), mean(list(other("FrugalMLFixBase").values())),
                     mean([at(r, "cascade", budget, "score") for r in ours.values()]),
                     mean([at(r, "exact-shares", budget, "cost") for r in ours.values()]),
                     mean([at(r, "exact-shares", budget, "score") for r in ours.values()]),
                     mean([at(r, "exact", budget, "score") for r in last.values()]) if last else math.nan,
                     mean([at(r, "dqn", budget, "score") for r in ours.values()]),
                     mean([at(r, "exact", budget, "score") - at(r, "dqn", budget, "score") for r in ours.values()]),
                     max(at(r, "exact", budget, "score") - at(r, "dqn", budget, "score") for r in ours.values())])
    write(os.path.join(out, "rafdb-published.tsv"), header, rows)


def sets_table(out):
    header = ["set", "splits", "single", "single_cost", "single_score", "exact_at_cost", "share_of_cost", "cascade_at_cost",
              "area_exact", "area_fixed", "area_pair", "area_cascade", "exact_less_cascade", "low", "high"]
    rows = []
    names = sorted({os.path.basename(f).rsplit("-", 2)[0] for f in glob.glob(os.path.join(out, "*-posterior-*"))})
    for name in names:
        areas = [read(os.path.join(f, "area.tsv")) for f in sorted(glob.glob(os.path.join(out, f"{name}-posterior-*")))]

        def column(policy, key):
            values = [next(r for r in a if r["policy"] == policy)[key] for a in areas]
            return [math.nan if v == "-" else float(v) for v in values]
        single_cost = column("exact", "single_cost")
        at_cost = column("exact", "cost_of_single")
        difference = [a - b for a, b in zip(column("exact", "area"), column("cascade", "area"))]
        half = interval(difference)
        rows.append([name, str(len(areas)), areas[0][0]["single"].split(":", 1)[1], mean(single_cost),
                     mean(column("exact", "single_score")), mean(at_cost),
                     mean([a / c for a, c in zip(at_cost, single_cost)]), mean(column("cascade", "cost_of_single"))]
                    + [mean(column(p, "area")) for p in ("exact", "fixed", "pair", "cascade")]
                    + [mean(difference), mean(difference) - half, mean(difference) + half])
    write(os.path.join(out, "sets.tsv"), header, rows)


def main():
    out, published = sys.argv[1], sys.argv[2]
    if glob.glob(os.path.join(out, "rafdb-posterior-*")):
        published_table(out, published)
    sets_table(out)


main()
