#!/usr/bin/env python3
"""A client of `ams serve` with a mean budget, on records: serve_money.py AMS POLICY ROWS TRUTH SPLITS COLUMN BUDGET

Asks for each item marked `test`, in the order of the records, and answers with what was recorded. Prints the mean cost and the
share of right answers as the server says them.
"""
import csv
import json
import subprocess
import sys

ams, policy, rows, truth, splits, column, budget = sys.argv[1:]
says, order = {}, []
with open(rows, encoding="utf-8") as file:
    for line in file:
        row = json.loads(line)
        if row["item"] not in says:
            order.append(row["item"])
        says.setdefault(row["item"], {})[row["model"]] = row["labels"]


def read(path, value):
    with open(path, encoding="utf-8") as file:
        return {r["item"]: r[value] for r in csv.DictReader(file, delimiter="\t")}


right, split = read(truth, "truth"), read(splits, column)
asked = [item for item in order if split[item] == "test"]
server = subprocess.Popen([ams, "serve", "--policy", policy, "--budget", budget, "--budget-items", str(len(asked))],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, bufsize=1)


def ask(**message):
    server.stdin.write(json.dumps(message) + "\n")
    reply = json.loads(server.stdout.readline())
    assert reply["ok"], reply
    return reply


n, hits, paid = 0, 0, 0.0
for item in asked:
    reply = ask(op="begin", item=item, next=True)
    while reply["do"] == "start":
        model = reply["models"][0]
        labels = [["animal/" + label, conf] for label, conf in says[item][model]]
        reply = ask(op="finished", item=item, model=model, labels=labels, next=True)
    n += 1
    paid += reply["cost"]
    hits += reply["answer"] == "animal/" + right[item]
    ask(op="result", item=item)
stats = ask(op="stats")
assert abs(stats["paid"] - paid) < 1e-6, stats
server.stdin.close()
server.wait()
print(f"{paid / n:.6g}\t{hits / n:.6g}")
