#!/usr/bin/env python3
"""Does `ams serve` keep deadlines as `ams stream` says? A bursty trace of 8 clients, in real time over a real socket.

    served.py AMS [--requests N] [--stage-ms MS] [--scheduler LIST] [--tolerance POINTS] [--table F.tsv]
              [-o FOLDER]

Each of the clients has a connection; three stages are waited for, not computed, for a time that varies by a fifth.
What every stage really took, from the server's grant to its end, goes into an outputs file, and the server's own trace
is replayed on it; stages that did not run take times that others took. So a busy machine makes both slower alike. Exit
code 1: they differ by more than the tolerance.
Without FOLDER everything is in a temporary one. Standard library alone; 1,500 requests of 20 ms stages take 70 s each.
"""
import argparse
import csv
import heapq
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

STAGES = ["first", "second", "third"]
LABELS = ["cat", "dog"]
CLIENTS = 8
TRAINING = 3000


class Item:
    """What the stages output: their confidences, the right label, and how many stages it takes to find it; 3: never."""

    def __init__(self, rng):
        hard, coin = rng.random(), rng.random()
        self.sure = [1 - 0.7 * hard ** (k + 1) for k in range(3)]
        self.right = next((k for k in range(3) if coin < self.sure[k]), 3)
        self.truth = rng.choice(LABELS)

    def labels(self, stage, prefix=""):
        found = LABELS.index(self.truth) ^ (stage < self.right)
        return [[prefix + LABELS[found], round(self.sure[stage], 4)]]


def bursty(rng, n, stage_ms):
    """Arrival and deadline of each request: two states, the rate in one 4 times that of the other; 0.45 per stage."""
    at, on, until = 0.0, False, rng.expovariate(1 / (40 * stage_ms))
    requests = []
    while len(requests) < n:
        off = 2 * 0.45 / 5 / stage_ms
        after = at + rng.expovariate(4 * off if on else off)
        if after > until:
            at, on = until, not on
            until += rng.expovariate(1 / (40 * stage_ms))
            continue
        at = after
        requests.append((at, (1.5 + 7.5 * rng.random()) * stage_ms))
    return requests


class Client:
    """A connection: one line out, one line back."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rw", encoding="utf-8", newline="\n")

    def ask(self, **message):
        self.lines.write(json.dumps(message) + "\n")
        self.lines.flush()
        reply = json.loads(self.lines.readline())
        if not reply["ok"]:
            sys.exit(f"{message}: {reply['message']}")
        return reply


class Request(Item):
    def __init__(self, name, deadline_ms, rng):
        super().__init__(rng)
        self.name, self.deadline_ms = name, deadline_ms
        self.began = None  # ms, as the client sees it
        self.took = {}  # stage: ms from the grant to its end
        self.in_time = 0  # stages


def serve(requests, clients, stage_ms, rng):
    """Sends the requests at their times, waits for stages, asks again when told to. Jobs, and the ends of stages."""
    origin = time.monotonic()

    def now():
        return (time.monotonic() - origin) * 1000

    ends = []  # ms, job, stage
    events = [(at, k, "begin", None) for k, (at, _) in enumerate(requests)]
    heapq.heapify(events)
    jobs = {}

    def follow(k, reply):
        """What the reply asks for becomes an event."""
        job, client = jobs[k], clients[k % CLIENTS]
        if reply["do"] == "start":
            stage = STAGES.index(reply["models"][0])
            heapq.heappush(events, (now() + stage_ms * (0.8 + 0.4 * rng.random()), k, "end", stage))
        elif reply["do"] == "wait":
            heapq.heappush(events, (now() + reply["wait_ms"], k, "ask", None))
        else:
            client.ask(op="result", item=job.name)

    while events:
        at, k, what, stage = heapq.heappop(events)
        wait = at - now()
        if wait > 0:
            time.sleep(wait / 1000)
        client = clients[k % CLIENTS]
        if what == "begin":
            jobs[k] = Request(f"r{k:05d}", requests[k][1], rng)
            jobs[k].began = now()
            follow(k, client.ask(op="begin", item=jobs[k].name, deadline_ms=requests[k][1], next=True))
        elif what == "ask":
            follow(k, client.ask(op="next", item=jobs[k].name))
        else:
            job = jobs[k]
            ends.append((now(), job, stage))
            follow(k, client.ask(op="finished", item=job.name, model=STAGES[stage], labels=job.labels(stage, "t/"),
                                 next=True))
    return [jobs[k] for k in sorted(jobs)], ends


def account(jobs, ends, trace):
    """What each stage took, and which ended in time, by the arrivals that the server saw."""
    with open(trace, encoding="utf-8") as rows:
        seen = {r["item"]: float(r["arrival_ms"]) for r in csv.DictReader(rows)}
    ahead = min(seen[job.name] - job.began for job in jobs)  # of the server's clock; the fastest message took no time
    freed = -1.0  # when the one worker's last stage ended
    for end, job, stage in ends:
        arrived = seen[job.name] - ahead
        job.took[stage] = end - max(freed, arrived)  # granted when both were there
        freed = end
        if end - arrived <= job.deadline_ms:
            job.in_time = stage + 1


def write_rows(folder, jobs, else_ms):
    """The outputs of training items, and of the requests with the times that they took, or else one of those."""
    rng = random.Random(1)
    with open(f"{folder}/rows.jsonl", "w", encoding="utf-8") as rows, \
            open(f"{folder}/truth.tsv", "w", encoding="utf-8") as truth:
        truth.write("item\ttruth\n")
        items = [(f"t{i:04d}", "train" if i % 5 else "validation", Item(rng), {}) for i in range(TRAINING)]
        items += [(job.name, "test", job, job.took) for job in jobs]
        for name, split, item, took in items:
            truth.write(f"{name}\t{item.truth}\n")
            for k, stage in enumerate(STAGES):
                rows.write(json.dumps({"item": name, "split": split, "model": stage, "labels": item.labels(k),
                                       "time_ms": round(took.get(k) or rng.choice(else_ms), 4)}) + "\n")


def import_rows(ams, folder, name):
    subprocess.run([ams, "data", "import", f"{folder}/rows.jsonl", "--models", f"{folder}/models.tsv", "--truth",
                    f"{folder}/truth.tsv", "-o", f"{folder}/{name}"], check=True, capture_output=True)


def run(ams, folder, scheduler, options):
    """Missed, score and stages per request: as served, and as simulated."""
    rng = random.Random(7)
    stages = ",".join(STAGES)
    with open(f"{folder}/models.tsv", "w", encoding="utf-8") as models:
        models.write("name\ttask\ttime_ms\n" + "".join(f"{s}\tt\t{options.stage_ms}\n" for s in STAGES))
    write_rows(folder, [Request("none", 1, rng)], [options.stage_ms])
    import_rows(ams, folder, "before.h5")
    predictor = scheduler.partition("@")[2] or "mean"
    subprocess.run([ams, "stream", "--data", f"{folder}/before.h5", "--stages", stages, "--scheduler", "edf-full",
                    "--jobs", "2", "--warmup", "0", "--seeds", "1", "--predictor", predictor,
                    "--save-predictor", f"{folder}/predictor.tsv"], check=True, capture_output=True)
    path = f"{folder}/socket"
    for old in (path, f"{folder}/requests.csv"):
        if os.path.exists(old):
            os.remove(old)
    server = subprocess.Popen([ams, "serve", "--policy", "fixed", "--fit", f"{folder}/before.h5", "--socket", path,
                               "--workers", "1", "--stages", stages, "--scheduler", scheduler, "--predictor",
                               f"{folder}/predictor.tsv", "--trace", f"{folder}/requests.csv"], stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(path) and server.poll() is None:
            time.sleep(0.01)
        if server.poll() is not None:
            sys.exit("the server ended before it listened")
        clients = [Client(path) for _ in range(CLIENTS)]
        jobs, ends = serve(bursty(rng, options.requests, options.stage_ms), clients, options.stage_ms, rng)
    finally:
        server.terminate()
        server.wait()
    account(jobs, ends, f"{folder}/requests.csv")
    write_rows(folder, jobs, [ms for job in jobs for ms in job.took.values()])
    import_rows(ams, folder, "served.h5")
    subprocess.run([ams, "stream", "--data", f"{folder}/served.h5", "--stages", stages, "--trace",
                    f"{folder}/requests.csv", "--noise", "recorded", "--scheduler", scheduler, "--check", "-o",
                    f"{folder}/simulated"], check=True, capture_output=True)
    with open(f"{folder}/simulated/stream.tsv", encoding="utf-8") as table:
        simulated = next(csv.DictReader(table, delimiter="\t"))
    n = len(jobs)
    return ([100 * sum(job.in_time == 0 for job in jobs) / n,
             100 * sum(job.in_time > job.right for job in jobs) / n, sum(job.in_time for job in jobs) / n],
            [100 * float(simulated["missed"]), 100 * float(simulated["score"]), float(simulated["depth"])])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ams")
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--stage-ms", type=float, default=20)
    parser.add_argument("--scheduler", default="edf-full,dp,density,hedged:0.1,hedged:0.1@outputs")
    parser.add_argument("--tolerance", type=float, default=1)
    parser.add_argument("--table", help="the same numbers as a table")
    parser.add_argument("-o", "--output")
    options = parser.parse_args()
    worst, rows = 0.0, []
    print(f"{'scheduler':<18} {'missed % served':>15} {'simulated':>9} {'score % served':>15} {'simulated':>9} "
          f"{'stages served':>14} {'simulated':>9}")
    for scheduler in options.scheduler.split(","):
        with tempfile.TemporaryDirectory() as temporary:
            folder = temporary
            if options.output:
                folder = f"{options.output}/{scheduler}"
                os.makedirs(folder, exist_ok=True)
            served, simulated = run(options.ams, folder, scheduler, options)
        print(f"{scheduler:<18} {served[0]:>15.2f} {simulated[0]:>9.2f} {served[1]:>15.2f} {simulated[1]:>9.2f} "
              f"{served[2]:>14.3f} {simulated[2]:>9.3f}", flush=True)
        rows += [(scheduler, *(value for pair in zip(served, simulated) for value in pair))]
        worst = max(worst, abs(served[0] - simulated[0]), abs(served[1] - simulated[1]))
    if options.table:
        with open(options.table, "w", encoding="utf-8") as table:
            table.write("scheduler\tmissed_served\tmissed_simulated\tscore_served\tscore_simulated\tstages_served\t"
                        "stages_simulated\n")
            table.writelines("\t".join([row[0]] + [f"{value:.6g}" for value in row[1:]]) + "\n" for row in rows)
    print(f"largest difference: {worst:.2f} points of {options.tolerance:g} that are allowed")
    sys.exit(worst > options.tolerance)


main()
