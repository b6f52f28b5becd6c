#!/usr/bin/env python3
"""How fast two builds of `ams` score agents on as many items as the papers have, interleaved.

    experiments/bench/compare_scoring.py BEFORE NOW -o experiments/results/scoring.tsv [--items 394170] [--turns 3]

Generates items, trains three agents of 256 hidden units for 1,500 updates (with BEFORE, whose
policies NOW reads), and scores each with `all` and one random order on all items, with both
programs in turn. A row of the TSV is an agent and a number of threads: processor time of the
whole command (user and system, all threads) and seconds by the clock, medians over the turns,
peak memory, and the median of the turns' ratios. Both must write the same tables. Needs nothing
but Python's own library.
"""
import argparse
import filecmp
import os
import statistics
import subprocess
import sys
import tempfile

from processes import run

COLUMNS = ["agent", "threads", "items", "before_cpu_s", "now_cpu_s", "ratio_cpu", "before_s", "now_s", "before_mb", "now_mb"]
RECIPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "photos")
COMMON = ["steps=1500", "threads=1", "hidden=256"]
AGENTS = {"papers": ["--config", f"{RECIPES}/papers.ini", "goal_input=off"],
          "remaining": ["--config", f"{RECIPES}/remaining.ini", "goal_input=off"],
          "remaining-goals": ["--config", f"{RECIPES}/remaining.ini", "goal_input=on", "goals=0.5,0.8,0.9,1"]}


def prepare(program, items):
    for size, name, split in ((items, "paper.h5", "0,0,1"), (3000, "small.h5", "0.8,0.2,0")):
        subprocess.run([program, "data", "synth", "--preset", "coco", "--items", str(size), "--seed", "1", "--split", split, "-o", name],
                       check=True, capture_output=True)
    for agent, options in AGENTS.items():
        subprocess.run([program, "train", "--data", "small.h5", *options, *COMMON, "-o", agent], check=True, capture_output=True)


def score(program, agent, threads, folder):
    _, wall, usage = run([program, "eval", "--data", "paper.h5", "--policy", agent, "--draws", "1", "--threads", str(threads), "-o", folder])
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def compare(programs, agent, threads, turns):
    taken = ([], [])
    for _ in range(turns):
        for place, program in enumerate(programs):
            taken[place].append(score(program, agent, threads, f"eval{place}"))
    tables = [name for name in os.listdir("eval0") if name.endswith(".tsv")]
    _, differ, missing = filecmp.cmpfiles("eval0", "eval1", tables, shallow=False)
    if differ or missing:
        sys.exit(f"{agent}: the programs write different tables: {differ + missing}")
    ratio = statistics.median(before[0] / now[0] for before, now in zip(*taken))
    return [[statistics.median(one[k] for one in taken[place]) for place in range(2)] for k in range(3)], ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("now")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--items", type=int, default=394_170)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--agents", default=",".join(AGENTS))
    args = parser.parse_args()
    programs, output = [os.path.abspath(args.before), os.path.abspath(args.now)], os.path.abspath(args.output)
    lines = ["\t".join(COLUMNS)]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prepare(programs[0], args.items)
        for agent in args.agents.split(","):
            for threads in args.threads.split(","):
                (cpu, clock, memory), ratio = compare(programs, agent, threads, args.turns)
                lines.append("\t".join([agent, threads, str(args.items), f"{cpu[0]:.2f}", f"{cpu[1]:.2f}", f"{ratio:.2f}",
                                        f"{clock[0]:.2f}", f"{clock[1]:.2f}", f"{memory[0]:.0f}", f"{memory[1]:.0f}"]))
                print(lines[-1], flush=True)
        os.chdir("/")
    with open(output, "w") as stream:
        stream.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
