"""Paired differences of mean time between a policy and others, by a bootstrap over seeds and items (docs/definitions.md,
"Statistics").

  paired.py ALL AT_0.5 AT_0.8 AT_0.9 POLICY OTHER [OTHER ...]

The first four are folders of `ams eval -o`: of all policies, and with --goal 0.5, 0.8 and 0.9 of those that have goals. GOAL in
the name of an OTHER stands for the required recall. Prints a row per required recall and OTHER.
"""
import csv
import random
import subprocess
import sys

DRAWS = 1000


def read(folder, recalls, times):
    """Into times: (policy, recall) -> seed -> time of each item until the recall, in the order of the file."""
    csv.field_size_limit(1 << 30)
    with subprocess.Popen(["zstd", "-dc", folder + "/items.tsv.zst"], stdout=subprocess.PIPE, text=True) as lines:
        seen = {}
        for row in csv.DictReader(lines.stdout, delimiter="\t"):
            found = [float(x) for x in row["recall"].split(",")]
            clock = [float(x) for x in row["time_ms"].split(",")]
            for recall in recalls:
                at = next((k for k, x in enumerate(found) if x >= recall - 2e-6), len(found) - 1)
                seen.setdefault((row["policy"], recall), {}).setdefault(row["seed"], []).append(clock[at])
        times.update(seen)


def mean(values):
    return sum(values) / len(values)


def difference(own, other, picks):
    """Mean difference and its 95 % interval: to OTHER's same seed where it has as many, else to the mean of its seeds. picks: (items,
    seeds) of each draw."""
    flat = [mean(column) for column in zip(*other)]
    others = other if len(other) == len(own) else [flat] * len(own)
    by_seed = [[a - b for a, b in zip(mine, theirs)] for mine, theirs in zip(own, others)]
    drawn = []
    for items, seeds in picks:
        sums = {s: sum(map(by_seed[s].__getitem__, items)) for s in set(seeds)}
        drawn.append(sum(sums[s] for s in seeds) / len(seeds) / len(items))
    drawn.sort()
    return mean([mean(seed) for seed in own]), mean(flat), drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS)]


def main():
    folders, policy, others = sys.argv[1:5], sys.argv[5], sys.argv[6:]
    times = {}
    read(folders[0], (0.5, 0.8, 0.9, 1.0), times)
    for folder, recall in zip(folders[1:], (0.5, 0.8, 0.9)):
        read(folder, (recall,), times)
    print("required_recall\tpolicy\tother\tmean_ms\tother_ms\tdifference_ms\tci_low\tci_high")
    for recall in (0.5, 0.8, 0.9, 1.0):
        own = list(times[policy, recall].values())
        random.seed(0)
        picks = [(random.choices(range(len(own[0])), k=len(own[0])), random.choices(range(len(own)), k=len(own)))
                 for _ in range(DRAWS)]
        for other in others:
            name = other.replace("GOAL", f"{recall:g}")
            mine, theirs, low, high = difference(own, list(times[name, recall].values()), picks)
            print(f"{recall}\t{policy}\t{name}\t{mine:.6g}\t{theirs:.6g}\t{mine - theirs:.6g}\t{low:.6g}\t{high:.6g}")


main()
