#!/usr/bin/env python3
"""What a competent PyTorch user would write for the training that `ams bench` measures.

The same outputs file (read with h5py), the same network, minibatch, loss, optimizer and target
network, and the same environment: 8 environments step once before each update, exploration at
its end value. Everything is vectorised; states lie in a replay of bytes and become floats when
they are drawn, which was faster than keeping floats. Each figure is the median of --runs runs of
about --seconds each, for every thread count of --threads; Adam runs in the variant (one tensor
after the other, or all at once) that is the faster one here.

--device cuda is peer_torch_cuda.py: one thread, wall clock, eager or with --compile.

Prints rows: figure, batch, threads, median, low, high, unit.
"""
import argparse
import statistics
import sys
import time

import h5py
import numpy as np
import torch
from torch import nn

import peer_torch_cuda

HIDDEN, REPLAY, ENVS = 256, 100_000, 8
GAMMA, EPSILON, TARGET_EVERY = 0.9, 0.1, 500


class Environment:
    """Dense tables: running model m on item i turns on the bits of row i * M + m."""

    def __init__(self, path, most_rows=120_000):
        with h5py.File(path, "r") as file:
            items = len(file["items/id"])
            self.models = len(file["models/name"])
            self.labels = len(file["labels/name"])
            split = file["items/split"][:]
            self.items = min(items, most_rows // self.models)
            rows = self.items * self.models
            indptr = file["outputs/indptr"][: rows + 1].astype(np.int64)
            label = file["outputs/label"][: indptr[-1]].astype(np.int64)
            conf = file["outputs/conf"][: indptr[-1]]
            named = file["models"]  # 0.5 where the file has no thresholds
            threshold = named["threshold"][:] if "threshold" in named else np.full(self.models, 0.5, np.float32)
        row = np.repeat(np.arange(rows), np.diff(indptr))
        keep = conf > threshold[row % self.models]
        row = row[keep]
        self.conf = torch.zeros(rows, self.labels)
        self.conf[torch.from_numpy(row), torch.from_numpy(label[keep])] = torch.from_numpy(conf[keep])
        self.found = self.conf > 0
        self.train = torch.from_numpy(np.flatnonzero(split[: self.items] == 0))
        self.actions = self.models + 1

    def begin(self, n):
        self.item = self.draw(n)
        self.state = torch.zeros(n, self.labels, dtype=torch.bool)
        self.left = torch.ones(n, self.actions, dtype=torch.bool)  # END may always be taken

    def draw(self, n):
        return self.train[torch.randint(len(self.train), (n,))]

    def step(self, action):
        """Rewards and ends; finished episodes begin anew. The states before are the caller's."""
        end = action == self.models
        row = self.item * self.models + action.clamp(max=self.models - 1)
        new = self.found[row] & ~self.state
        gain = (self.conf[row] * new).sum(1)
        reward = torch.where(gain > 0, torch.log1p(gain), torch.full_like(gain, -1.0))
        reward = torch.where(end, torch.zeros_like(reward), reward)
        after = torch.where(end[:, None], self.state, self.state | new)
        left = self.left.clone()
        left[torch.arange(len(action)), action] = False
        left[:, self.models] = True
        done = end | ~left[:, : self.models].any(1)
        self.state = torch.where(done[:, None], torch.zeros_like(after), after)
        self.left = torch.where(done[:, None], torch.ones_like(left), left)
        count = int(done.sum())
        if count:
            self.item[done] = self.draw(count)
        return reward, done, after, left


class Replay:
    def __init__(self, labels, actions):
        self.state = torch.zeros(REPLAY, labels, dtype=torch.bool)
        self.after = torch.zeros(REPLAY, labels, dtype=torch.bool)
        self.left = torch.zeros(REPLAY, actions, dtype=torch.bool)
        self.action = torch.zeros(REPLAY, dtype=torch.int64)
        self.reward = torch.zeros(REPLAY)
        self.goes_on = torch.zeros(REPLAY)
        self.head = self.size = 0

    def push(self, state, action, reward, done, after, left):
        n = len(action)
        at = torch.arange(self.head, self.head + n) % REPLAY
        self.state[at], self.after[at], self.left[at] = state, after, left
        self.action[at], self.reward[at], self.goes_on[at] = action, reward, (~done).float()
        self.head, self.size = (self.head + n) % REPLAY, min(self.size + n, REPLAY)


class Learner:
    def __init__(self, environment, replay, foreach):
        self.env, self.replay = environment, replay
        make = lambda: nn.Sequential(
            nn.Linear(environment.labels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, environment.actions))
        self.net, self.target = make(), make()
        self.target.load_state_dict(self.net.state_dict())
        self.adam = torch.optim.Adam(self.net.parameters(), lr=5e-4, foreach=foreach)
        self.loss = nn.HuberLoss()
        self.updates = 0
        environment.begin(ENVS)

    def act(self, epsilon):
        env = self.env
        state, left = env.state, env.left
        random = torch.rand(ENVS, env.actions).masked_fill_(~left, -1.0).argmax(1)
        with torch.inference_mode():
            greedy = self.net(state.float()).masked_fill_(~left, -torch.inf).argmax(1)
        action = torch.where(torch.rand(ENVS) < epsilon, random, greedy)
        reward, done, after, left = env.step(action)
        self.replay.push(state, action, reward, done, after, left)

    def learn(self, batch):
        replay = self.replay
        at = torch.randint(replay.size, (batch,))
        state, after = replay.state[at].float(), replay.after[at].float()
        with torch.inference_mode():
            best = self.target(after).masked_fill_(~replay.left[at], -torch.inf).amax(1)
            y = replay.reward[at] + GAMMA * replay.goes_on[at] * best
        q = self.net(state).gather(1, replay.action[at, None])[:, 0]
        loss = self.loss(q, y.clone())
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        self.updates += 1
        if self.updates % TARGET_EVERY == 0:
            self.target.load_state_dict(self.net.state_dict())


class Decider:
    """One item at a time: the state's bits go on, the whole network runs, the best is taken."""

    def __init__(self, learner):
        self.env, self.net, self.k = learner.env, learner.net, 0
        self.linear = (self.net[0].weight.detach(), self.net[0].bias.detach(),
                       self.net[2].weight.detach(), self.net[2].bias.detach())

    def episode(self):
        env = self.env
        item = int(env.train[self.k % len(env.train)])
        self.k += 1
        state = torch.zeros(env.labels)
        left = torch.zeros(env.models)
        w1, b1, w2, b2 = self.linear
        linear = nn.functional.linear
        with torch.inference_mode():
            rows = env.conf[item * env.models: (item + 1) * env.models] > 0
            rows = rows.float()
            for _ in range(env.models):
                q = linear(linear(state, w1, b1).relu_(), w2, b2)
                model = int((q[: env.models] + left).argmax())
                left[model] = -torch.inf
                torch.maximum(state, rows[model], out=state)


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def measure(call, per_call, runs, seconds, now):
    """Calls a second, `per_call` counted in each; the first run sets how many are made."""
    call()
    start, n = now(), 0
    while now() - start < seconds / 2:
        call()
        n += 1
    n = max(1, round(n * seconds / (now() - start)))
    rates = []
    for _ in range(runs):
        start = now()
        for _ in range(n):
            call()
        rates.append(n * per_call / (now() - start))
    return statistics.median(rates), min(rates), max(rates)


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("data")
    parse.add_argument("--runs", type=int, default=5)
    parse.add_argument("--seconds", type=float, default=1.0)
    parse.add_argument("--threads", default="1,2")
    parse.add_argument("--clock", choices=CLOCKS, default="wall")
    parse.add_argument("--batches", default="64,256,4096")
    parse.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parse.add_argument("--compile", action="store_true", help="with --device cuda: torch.compile and CUDA graphs")
    args = parse.parse_args()
    if args.compile and args.device == "cpu":
        parse.error("--compile is for --device cuda")
    if args.device == "cuda":
        peer_torch_cuda.check(args.compile)
    torch.manual_seed(0)
    env = Environment(args.data)

    def row(figure, batch, threads, result, unit):
        print(figure, batch, threads, *(f"{x:.6g}" for x in result), unit, sep="\t", flush=True)

    if args.device == "cuda":
        peer_torch_cuda.run(env, args, row, torch.device("cuda"))
        return
    replay = Replay(env.labels, env.actions)
    filler = Learner(env, replay, False)
    while replay.size < REPLAY:
        filler.act(1.0)

    for threads in map(int, args.threads.split(",")):
        torch.set_num_threads(threads)
        for batch in map(int, args.batches.split(",")):
            best = None
            for foreach in (False, True):
                learner = Learner(env, replay, foreach)
                update = measure(lambda: learner.learn(batch), 1, args.runs, args.seconds, CLOCKS[args.clock])
                if best is None or update[0] > best[0][0]:
                    best = update, learner
            learner = best[1]
            row("update", batch, threads, best[0], "updates/s")

            def both():
                learner.act(EPSILON)
                learner.learn(batch)

            row("whole", batch, threads, measure(both, 1, args.runs, args.seconds, CLOCKS[args.clock]), "updates/s")
        decider = Decider(learner)
        row("decide", 1, threads, measure(decider.episode, env.models, args.runs, args.seconds, CLOCKS[args.clock]), "decisions/s")

        def rollout():
            left = env.left
            env.step(torch.rand(ENVS, env.actions).masked_fill_(~left, -1.0).argmax(1))

        row("rollout", ENVS, threads, measure(rollout, ENVS, args.runs, args.seconds, CLOCKS[args.clock]), "steps/s")
    print(f"torch {torch.__version__}, {torch.__config__.parallel_info().splitlines()[0]}", file=sys.stderr)


if __name__ == "__main__":
    main()
