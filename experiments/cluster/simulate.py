#!/usr/bin/env python3
"""What claims and `ams-mpi` would do on machines that nobody here has: a simulation, not a measurement.

    experiments/cluster/simulate.py joiners CONSTANTS.tsv [-o OUT.tsv]
    experiments/cluster/simulate.py ranks CONSTANTS.tsv --mpi MPI.tsv --items N
    experiments/cluster/simulate.py check CONSTANTS.tsv [--mpi MPI.tsv --cores 2]      beside real runs

measure.sh makes CONSTANTS.tsv, experiments/bench/mpi.sh MPI.tsv. Two protocols are played event by event, as the program
has them:

- joiners (lab/claims): each lists the folder every 0.1 s + 0.01 s per process at work, reads the claims it looks after and the
  counters of their processes, tries one of the first free runs, and looks anew where another one was faster. A file server
  answers one question after the other; each also takes a round trip.
- ranks (base/team.c): rank 0 deals out errands in turn, two per rank ahead, takes their results in order, and has some itself.

What a network and a file server take is no constant of this machine: SERVERS, NETWORK and START are assumptions.
"""
import argparse
import heapq
import math
import random
import sys

PATIENCE = 120.0  # seconds: AMS_CLAIMS_PATIENCE of ams/claims.h
WATCHED = 64  # claims that a process looks after, about: lab/claims/look.c
MOST_PLAYED = 20_000  # errands
POLL = 0.002  # seconds between two looks of a rank that waits: LONGEST_NS of mpi/line.c
NEVER = math.inf


def read_table(path):
    """Rows of a TSV as dictionaries."""
    with open(path) as stream:
        lines = [line.rstrip("\n").split("\t") for line in stream if not line.startswith("#")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def read_constants(path):
    """{(what, n): value}: columns what, n, value, unit."""
    return {(row["what"], int(row["n"])): float(row["value"]) for row in read_table(path)}


class Command:
    """What a command of ams-mpi costs, from its rows of mpi.tsv: processor seconds of 1 and of 4 ranks, bytes of 2.

    A rank has start + each + shared / ranks, and the first one `alone` in addition. Of two ranks' errands half stay with the
    first, so that all would have twice the bytes and messages that came; a result is two messages, and a rank's last word too."""

    def __init__(self, rows, name):
        row = {int(r["ranks"]): r for r in rows if r["command"] == name}
        start = {int(r["ranks"]): float(r["cpu_first_s"]) for r in rows if r["command"] == "start"}
        one, first, other = (float(row[n][what]) for n, what in
                             ((1, "cpu_first_s"), (4, "cpu_first_s"), (4, "cpu_other_s")))
        self.alone = max(0.0, first - other)
        self.shared = max(0.0, (one - start[1] - self.alone - (other - start[4])) * 4 / 3)
        self.each = max(0.0, other - start[4] - self.shared / 4)
        self.bytes = 2 * max(float(row[2]["bytes_to_first"]), float(row[2]["bytes_from_first"]))
        self.errands = max(1, round(float(row[2]["messages_to_first"]) - 2))

    def seconds(self, n, scale, post, rate, cores=0):
        """Of n ranks, beside their start, for `scale` times as many items. cores: of all ranks together; 0: one each."""
        slower = max(1.0, n / cores) if cores else 1.0
        errands = math.ceil(self.errands * scale)
        played = min(errands, max(MOST_PLAYED, 20 * n))  # beyond, one is like the other
        work, fold, size = (x / self.errands for x in (self.shared, self.alone, self.bytes))
        took = ranks(n, played, work * slower, fold, post, size, rate)
        return self.each * scale * slower + took * errands / played

    def bound(self, n, scale, rate, start):
        """What takes longest."""
        parts = {"start": start, "what each rank does": self.each * scale, "rank 0": (self.alone + self.shared / n) * scale,
                 "rank 0's network": self.bytes * scale / rate if n > 1 else 0.0}
        if self.shared / n > self.alone:
            parts["shared work"] = parts.pop("rank 0")
        return max(parts, key=parts.get)


class Server:
    """Answers questions one after the other, `service` seconds each, after half a round trip of `trip` seconds each."""

    def __init__(self, service, trip):
        self.service, self.trip = service, trip
        self.free = self.busy = 0.0
        self.asked = 0

    def ask(self, now, n, own=None):
        """When n questions, the next after the answer to the last, are answered; own: the asker's work beside them, of a look."""
        self.asked += n
        self.busy += n * self.service
        self.free = max(self.free, now) + n * self.service
        return max(now + n * (self.service + self.trip) + (own or 0.0), self.free)


class Machine:
    """In place of a file server: what a claim or an end, and a look, took processes of one machine, with their waits for a
    processor."""
    busy = asked = 0.0

    def __init__(self, claim, look):
        self.claim, self.look = claim, look

    def ask(self, now, _, own=None):
        return now + (self.claim if own is None else self.look)


class Joiner:
    """What one process knows: what was claimed when it looked last, what it learned since, and its own run."""
    __slots__ = ("looked", "first", "alive", "known", "run", "ends")

    def __init__(self):
        self.looked = -NEVER
        self.first = 0  # every run before it was claimed when it looked
        self.alive = 1
        self.known = set()
        self.run, self.ends = -1, NEVER

    def due(self):
        return self.looked + min(0.1 + 0.01 * self.alive, PATIENCE / 8)


class Sweep:
    """The claims of a folder, as they are; and what n processes do with them."""

    def __init__(self, n, runs, seconds, cost, server, seed, watched):
        self.n, self.runs, self.seconds, self.cost, self.server = n, runs, seconds, cost, server
        self.watched = watched  # 0: all claims are looked after
        self.draw = random.Random(seed)
        self.taken = [NEVER] * runs
        self.busy = {}  # run: when it was claimed; in that order
        self.first = 0  # every run before it is claimed
        self.done = self.lost = self.looks = 0
        self.last = 0.0  # when the last run so far ended

    def look(self, me, now):
        """Lists the folder; reads of the claims that are looked after the new ones, and the counters of their processes."""
        self.looks += 1
        new = 0
        for when in reversed(self.busy.values()):
            if when <= me.looked:
                break
            new += 1
        others = len(self.busy) - (me.run >= 0)
        parts = 1
        while self.watched > 0 and parts * self.watched < others:
            parts *= 2
        files = 2 * self.n + len(self.busy) + 2 * self.done
        me.looked, me.first, me.alive = now, self.first, 1 + others
        me.known.clear()
        return self.server.ask(now, 1 + (others + new) // parts, self.cost["list"] * files)

    def choose(self, me):
        """One of the first runs that are free as far as it knows: it skips fewer of them than processes are at work."""
        skip = self.draw.randrange(me.alive) if me.alive > 1 else 0
        found = -1
        for i in range(me.first, self.runs):
            if self.taken[i] > me.looked and i not in me.known:
                found = i
                if skip == 0:
                    break
                skip -= 1
        return found

    def take(self, me, i, now):
        """When it knows whether it has the run; where another one was faster it looks again."""
        me.known.add(i)
        after = self.server.ask(now, 1)
        if self.taken[i] < NEVER:
            self.lost += 1
            return self.look(me, after)
        self.taken[i] = self.busy[i] = now
        me.run, me.ends = i, after + self.cost["start"] + self.seconds
        while self.first < self.runs and self.taken[self.first] < NEVER:
            self.first += 1
        return after

    def step(self, me, now):
        """What it does now, and when it does something next; None: it is through."""
        if me.run >= 0 and now >= me.ends:
            del self.busy[me.run]
            self.done += 1
            self.last = max(self.last, now)
            me.run, me.ends = -1, NEVER
            return self.server.ask(now, 1)
        if now >= me.due():
            return self.look(me, now)
        if me.run >= 0:
            return max(now, min(me.ends, me.due()))
        i = self.choose(me)
        if i >= 0:
            return self.take(me, i, now)
        return None if self.done == self.runs and me.looked >= self.last else me.due() + 0.005


def joiners(n, runs, seconds, cost, server, seed=1, watched=0, opened=0.0):
    """n processes share `runs` runs of so many seconds. cost: seconds to list a file, and to start a run. opened: when the mean
    process begins; they come one after the other.

    Returns the seconds until the last run ends and until the last process does, claims lost to another process, looks, and
    what the server was asked per second and how busy it was."""
    sweep = Sweep(n, runs, seconds, cost, server, seed, watched)
    state = [Joiner() for _ in range(n)]
    events = [(opened * 2 * (j + 0.5) / n, j) for j in range(n)]
    now = 0.0
    while events:
        now, j = heapq.heappop(events)
        after = sweep.step(state[j], now)
        if after is not None:
            heapq.heappush(events, (after, j))
    return {"work": sweep.last, "seconds": now, "lost": sweep.lost, "looks": sweep.looks,
            "busy": server.busy / max(now, 1e-9), "asked": server.asked / max(now, 1e-9)}


def ranks(n, errands, work, fold, post, bytes_back, rate, poll=POLL, seed=1):
    """Seconds from the first errand to the last result: `errands` of `work` seconds each by n ranks. fold: what rank 0 does with
    each result; post: what it takes to send one. bytes_back come over rank 0's link, at `rate` bytes per second."""
    draw = random.Random(seed)
    ahead = 1 if n == 1 else 2 * n
    free = [0.0] * n  # when a rank has done what it was given
    back = [0.0] * errands  # when a result is there
    now = link = 0.0
    sent = 0
    for k in range(errands):
        while sent < errands and sent < k + ahead:
            member = sent % n
            if member > 0:
                now += post
                idle = free[member] < now  # then it sleeps, up to `poll`
                begun = max(free[member], now) + (draw.random() * poll if idle else 0.0)
                free[member] = begun + work
                link = max(link, free[member]) + bytes_back / rate
                back[sent] = link
            sent += 1
        if k % n == 0:
            now += work
        elif back[k] > now:
            now = back[k] + draw.random() * poll
        now += fold
    return now


# -- scenarios --

JOINERS = (1, 16, 64, 256, 1024)
RANKS = (1, 2, 4, 16, 64, 256, 1024)
EACH, SECONDS = 3, 60  # runs per joiner, and how long one is
# Seconds per question, and per round trip: assumptions.
SERVERS = {"fast server": (10e-6, 0.2e-3), "slow server": (50e-6, 1e-3)}
NETWORK = 1.25e9  # bytes per second of rank 0, 10 Gbit/s: an assumption
START = 5.0  # seconds of a job's start beyond one machine: an assumption


def simulate_joiners(constants, out):
    cost = {"list": constants["list", 4000] * 1e-6, "start": constants["run", 1] * 1e-6}
    for name, (service, trip) in SERVERS.items():
        for watched in (0, WATCHED):
            for n in JOINERS:
                got = joiners(n, n * EACH, SECONDS, cost, Server(service, trip), watched=watched)
                out("joiners", n, f"{EACH} runs of {SECONDS} s each, {name}, {'some' if watched else 'all'} counters",
                    got["work"], EACH * SECONDS / got["work"],
                    f"{got['lost']} claims lost, {got['asked']:.0f} questions/s, server busy {got['busy']:.1%}")


def simulate_ranks(constants, rows, items, out):
    for name in sorted({row["command"] for row in rows} - {"start"}):
        command = Command(rows, name)
        for total in (10**6, 10**9):
            scale = total / items
            alone = None
            for n in RANKS:
                took = START + command.seconds(n, scale, constants["errands", 2] * 1e-6, NETWORK)
                alone = alone or took
                out("ranks", n, f"{name}, {total:,} items", took, alone / took / n,
                    f"bound by {command.bound(n, scale, NETWORK, START)}")


def check(constants, rows, cores, out):
    """Beside the real runs: joins of constants.tsv, ranks of mpi.tsv."""
    for (what, n), measured in constants.items():
        if what == "join":
            machine = Machine(constants["join_claim", n] * 1e-6, constants["join_look", n] * 1e-6)
            got = joiners(n, 200, constants["join_run", n] * 1e-3, {"list": 0.0, "start": 0.0}, machine, watched=WATCHED,
                          opened=constants["join_open", n] * 1e-3)
            out("joiners", n, "200 runs of 10 ms", got["seconds"], got["seconds"] / measured,
                f"measured {measured:.3f} s; {got['lost']} claims lost, measured {constants['lost', n]:.0f}; "
                f"{got['looks']} looks, measured {constants['looks', n]:.0f}")
    start = {int(r["ranks"]): float(r["median_s"]) for r in rows if r["command"] == "start"}
    for row in rows:
        n = int(row["ranks"])
        if n > 0 and row["command"] != "start":
            # One rank does one errand after the other: Open MPI binds it to one processor, and its threads with it.
            took = start[n] + Command(rows, row["command"]).seconds(n, 1, constants["errands", 2] * 1e-6,
                                                                    constants["bytes", 2], cores)
            measured = float(row["median_s"])
            out("ranks", n, row["command"], took, took / measured,
                f"measured {measured:.3f} s, of {row['turns']} turns the least {row['least_s']}, the most {row['most_s']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("joiners", "ranks", "check"))
    parser.add_argument("constants", help="by measure.sh")
    parser.add_argument("--mpi", help="by experiments/bench/mpi.sh; without it only joiners are checked")
    parser.add_argument("--items", type=int, help="of the commands in it")
    parser.add_argument("--cores", type=int, default=2, help="of the machine of the real runs")
    parser.add_argument("-o", dest="output", help="the table to write; the terminal otherwise")
    options = parser.parse_args()
    if options.what == "ranks" and (options.mpi is None or options.items is None):
        parser.error("ranks: expected --mpi and --items")
    constants = read_constants(options.constants)
    rows = read_table(options.mpi) if options.mpi else []
    share = "simulated_over_measured" if options.what == "check" else "efficiency"
    lines = ["# simulated by experiments/cluster/simulate.py; not measured",
             f"protocol\tprocesses\twhat\tseconds\t{share}\tdetail"]

    def out(kind, n, what, seconds, number, detail):
        lines.append(f"{kind}\t{n}\t{what}\t{seconds:.4g}\t{number:.3f}\t{detail}")

    if options.what == "joiners":
        simulate_joiners(constants, out)
    elif options.what == "ranks":
        simulate_ranks(constants, rows, options.items, out)
    else:
        check(constants, rows, options.cores, out)
    text = "\n".join(lines) + "\n"
    if options.output is None:
        sys.stdout.write(text)
        return
    with open(options.output, "w") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
