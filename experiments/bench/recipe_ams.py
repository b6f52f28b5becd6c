#!/usr/bin/env python3
"""Updates per second of `ams train` with a configuration, environment steps included.

    experiments/bench/recipe_ams.py AMS DATA CONFIG [--threads 1,2] [--runs 3] [--updates 2000] [--clock wall|cpu]

A training of --updates and one three times as long, each a whole command: what the longer one takes beyond the shorter are its
further updates, so that opening the file and the validation at the end do not count. Both have the same schedules of their own
length. Prints rows as peer_torch_recipe.py does: figure, batch, threads, median, low, high, unit.
"""
import argparse
import os
import statistics
import tempfile

from processes import run


def seconds_of(ams, data, config, updates, threads, clock):
    """What the training takes, by the clock or of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        every = [f"{key}={updates}" for key in ("steps", "validate_every", "checkpoint_every", "log_every")]
        command = [ams, "train", "--data", data, "--config", config, *every, "warmup=4096", f"threads={threads}", "-o",
                   os.path.join(folder, "run")]
        _, wall, usage = run(command)
        return wall if clock == "wall" else usage.ru_utime + usage.ru_stime


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("ams")
    parse.add_argument("data")
    parse.add_argument("config")
    parse.add_argument("--threads", default="1,2")
    parse.add_argument("--runs", type=int, default=3)
    parse.add_argument("--updates", type=int, default=2000)
    parse.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    args = parse.parse_args()
    for threads in args.threads.split(","):
        rates = []
        for _ in range(args.runs):
            short, long = (seconds_of(args.ams, args.data, args.config, n, threads, args.clock)
                           for n in (args.updates, 3 * args.updates))
            rates.append(2 * args.updates / max(long - short, 1e-9))
        print("recipe", 256, threads, *(f"{x:.6g}" for x in (statistics.median(rates), min(rates), max(rates))), "updates/s",
              sep="\t", flush=True)


if __name__ == "__main__":
    main()
