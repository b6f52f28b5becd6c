#!/usr/bin/env python3
"""The tables of run.sh: means over the five splits, and differences paired by split.

usage: tables.py OUT published.tsv
Writes OUT/rafdb-published.tsv (ours beside the published methods at each budget), OUT/sets.tsv (every set beside its best
single service and cascade) and OUT/budgets.tsv (the same at each budget), prints them, and says of RAF-DB how far single splits
are from the budget and the agent from `exact`. OUT/rafdb-curve-SEED.tsv are the curves that these come from. Intervals are
Student's over the five splits, which share items; no answers per item are published, so nothing finer can be paired.
"""

import csv
import glob
import math
import os
import shutil
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
    paid = {(s, b): at(r, "exact", b, "cost") / b - 1 for s, r in ours.items() for b in budgets}
    behind = {(s, b): at(r, "exact", b, "score") - at(r, "dqn", b, "score") for s, r in ours.items() for b in budgets}
    print(f"paid beyond the budget: at most {100 * max(paid.values()):.2f} %, {max(paid, key=paid.get)}")
    print(f"dqn within 0.5 points of exact in {sum(x <= 0.005 for x in behind.values())} of {len(behind)} cases; others: "
          f"{[(*k, round(x, 5)) for k, x in behind.items() if x > 0.005]}\n")
    for seed in ours:
        shutil.copy(os.path.join(out, f"rafdb-posterior-{seed}", "curve.tsv"), os.path.join(out, f"rafdb-curve-{seed}.tsv"))


def names(out):
    return sorted({os.path.basename(f).rsplit("-", 2)[0] for f in glob.glob(os.path.join(out, "*-posterior-*"))})


def single_within(rows, budget):
    """The best single service on training items of those that the budget pays for."""
    singles = [r for r in rows if r["policy"].startswith("single:") and float(r["cost"]) <= budget * (1 + 1e-6)]
    return max(singles, key=lambda r: float(r["train_score"])) if singles else None


def budgets_table(out):
    header = ["set", "splits", "budget", "paid", "most_paid", "exact", "cascade_paid", "cascade", "difference", "low", "high", "single",
              "single_score", "fixed_paid", "fixed"]
    rows = []
    for name in names(out):
        found = list(curves(out, name, "posterior").values())
        for budget in sorted({float(r["budget"]) for r in found[0] if r["policy"] == "exact"}):

            def column(policy, key):
                return [at(r, policy, budget, key) for r in found]
            difference = [a - b for a, b in zip(column("exact", "score"), column("cascade", "score"))]
            half = interval(difference)
            best = [single_within(r, budget) for r in found]
            called = sorted({"-" if s is None else s["policy"].split(":", 1)[1] for s in best})
            rows.append([name, str(len(found)), budget, mean(column("exact", "cost")), max(column("exact", "cost")),
                         mean(column("exact", "score")), mean(column("cascade", "cost")), mean(column("cascade", "score")),
                         mean(difference), mean(difference) - half, mean(difference) + half, ",".join(called),
                         math.nan if None in best else mean([float(s["score"]) for s in best]),
                         mean(column("fixed", "cost")), mean(column("fixed", "score"))])
    write(os.path.join(out, "budgets.tsv"), header, rows)


def sets_table(out):
    header = ["set", "splits", "single", "single_cost", "single_score", "exact_at_cost", "share_of_cost", "cascade_at_cost",
              "area_exact", "area_fixed", "area_pair", "area_cascade", "exact_less_cascade", "low", "high"]
    rows = []
    for name in names(out):
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
    budgets_table(out)


main()
