#!/usr/bin/python3
"""Baselines of `ams eval` on shipped data against an independent reading of docs/definitions.md in numpy.

Arguments: the program, a data set. Exits 77 (skipped) where h5py or numpy is missing.
"""
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as reason:
    print(f"skipped: {reason}")
    sys.exit(77)

RECALLS = [(k + 1) / 10 for k in range(10)]


def read(path):
    """Run times, splits, and per item its labels' profits p (labels) and outputs o (labels, models)."""
    with h5py.File(path) as f:
        time_ms = f["models/time_ms"][:].astype(float)
        split = f["items/split"][:]
        indptr, label = f["outputs/indptr"][:], f["outputs/label"][:]
        conf = f["outputs/conf"][:].astype(float)
    n_models = len(time_ms)
    items = []
    for i in range(len(split)):
        profit, makers = {}, {}
        for m in range(n_models):
            for k in range(indptr[i * n_models + m], indptr[i * n_models + m + 1]):
                if conf[k] > 0.5:
                    profit[label[k]] = max(profit.get(label[k], 0), conf[k])
                    makers.setdefault(label[k], []).append(m)
        o = np.zeros((len(profit), n_models), bool)
        for row, models in enumerate(makers.values()):
            o[row, models] = True
        items.append((np.array(list(profit.values())), o))
    return time_ms, split, items


def reached(item, order, time_ms):
    """Time and models run until each required recall."""
    profit, o = item
    found = np.zeros(len(profit), bool)
    value, spent, rows = 0.0, 0.0, []
    for n, m in enumerate([None, *order]):
        if m is not None:
            found |= o[:, m]
            value, spent = profit[found].sum(), spent + time_ms[m]
        while len(rows) < 10 and value >= RECALLS[len(rows)] * profit.sum() - 1e-6:
            rows.append((spent, n))
    return rows


def greedy(score, n_models):
    """Repeatedly the model with the largest score(found so far), ties to the lower index."""
    order = []
    while len(order) < n_models:
        gains = score(order)
        order.append(max((m for m in range(n_models) if m not in order), key=lambda m: (gains[m], -m)))
    return order


def main():
    ams, data = sys.argv[1:]
    time_ms, split, items = read(data)
    n_models = len(time_ms)

    def new_value(item, order):
        profit, o = item
        return (profit * ~o[:, order].any(axis=1)) @ o if len(profit) else np.zeros(n_models)

    train = [d for d, s in zip(items, split) if s == 0 and len(d[0])]
    test = [d for d, s in zip(items, split) if s == 2]
    fixed = greedy(lambda done: sum(new_value(d, done) / d[0].sum() for d in train) / time_ms, n_models)
    orders = {
        "fixed": lambda d: fixed,
        "optimal": lambda d: sorted(range(n_models), key=lambda m: (-(d[0] @ d[1])[m], m)),
        "oracle": lambda d: greedy(lambda done: new_value(d, done) / time_ms, n_models),
    }
    expected = {}
    for name, order in orders.items():
        mean = np.mean([reached(d, order(d), time_ms) for d in test], axis=0)
        for q, (spent, n) in zip(RECALLS, mean):
            expected[name, round(q, 1)] = (spent, n)

    with tempfile.TemporaryDirectory() as out:
        policies = [word for name in orders for word in ("--policy", name)]
        subprocess.run([ams, "eval", "--data", data, *policies, "--bootstrap", "100", "-o", out],
                       check=True, stdout=subprocess.DEVNULL)
        with open(f"{out}/summary.tsv", encoding="utf-8") as summary:
            rows = [line.rstrip("\n").split("\t") for line in summary][1:]
    compared = 0
    for policy, _, q, spent, n, *_ in rows:
        if policy in orders:
            want = expected[policy, round(float(q), 1)]
            if not np.allclose([float(spent), float(n)], want, rtol=1e-6, atol=1e-6):
                sys.exit(f"{policy} at recall {q}: found {spent} ms, {n} models; expected {want}")
            compared += 1
    assert compared == 30, compared
    print(f"{compared} means agree")


main()
