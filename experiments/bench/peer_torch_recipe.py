#!/usr/bin/env python3
"""The recommended recipe, experiments/photos/remaining.ini, as a competent PyTorch user would write it.

The state holds the confidences found and which models ran. A step's targets are those of all models that have not run: of what is
still missing to the required recalls 0.8, 0.9 and 1.0, the share that each would add. Logistic loss, dropout, AdamW with a falling
rate, prioritised replay of 200,000, minibatches of 256, and 32 environments that step once before each update.

Items are tables padded to the most labels of one, so that a step looks at dozens of numbers and not at all labels. The replay holds
those; a minibatch becomes dense when it is drawn, or the first layer is an EmbeddingBag: whichever is faster here. Adam likewise runs
in the faster of its two variants. Each figure is the median of --runs runs, for every thread count of --threads.

Prints rows: figure, batch, threads, median, low, high, unit.
"""
import argparse
import sys

import h5py
import numpy as np
import torch
from torch import nn

from peer_torch import CLOCKS, measure

HIDDEN, REPLAY, ENVS, BATCH, STEPS = 256, 200_000, 32, 256, 20_000
GOALS = torch.tensor([0.8, 0.9, 1.0])
EPSILON, DROPOUT, DECAY, RATE, ALPHA, BETA = 0.07453, 0.107, 0.02804, 2.691e-4, 0.5, 0.4


class Items:
    """(N, K) labels and their worth, (N, M, K) confidences of each model; K is the most labels of an item."""

    def __init__(self, path, most=10_000):
        with h5py.File(path, "r") as file:
            models, labels = len(file["models/name"]), len(file["labels/name"])
            train = np.flatnonzero(file["items/split"][:] == 0)[:most]
            indptr = file["outputs/indptr"][:].astype(np.int64)
            label, conf = file["outputs/label"][:].astype(np.int64), file["outputs/conf"][:]
            time_ms = file["models/time_ms"][:]
            named = file["models"]
            threshold = named["threshold"][:] if "threshold" in named else np.full(models, 0.5, np.float32)
        rows = [self.read_item(indptr, label, conf, item * models, models, threshold) for item in train]
        rows = [row for row in rows if len(row[0]) > 0]  # what has no label has no goal
        most_labels = max(len(row[0]) for row in rows)
        self.label = torch.full((len(rows), most_labels), labels)  # the last feature is none
        self.conf = torch.zeros(len(rows), models, most_labels)
        for place, (own, table) in enumerate(rows):
            self.label[place, : len(own)] = torch.from_numpy(own)
            self.conf[place, :, : len(own)] = torch.from_numpy(table)
        self.makes = self.conf > torch.from_numpy(threshold)[None, :, None]
        self.worth = (self.conf * self.makes).amax(1)
        self.full = self.worth.sum(1)
        self.log_time = torch.from_numpy(np.log(time_ms))
        self.models, self.labels = models, labels

    @staticmethod
    def read_item(indptr, label, conf, row, models, threshold):
        at = np.arange(indptr[row], indptr[row + models])
        model = np.repeat(np.arange(models), np.diff(indptr[row : row + models + 1]))
        if not (conf[at] > threshold[model]).any():
            return [], None
        own, place = np.unique(label[at], return_inverse=True)
        table = np.zeros((models, len(own)), np.float32)
        table[model, place] = conf[at]
        return own, table


class Environments:
    """32 episodes; finished ones begin anew."""

    def __init__(self, items):
        self.items = items
        self.item = torch.randint(len(items.full), (ENVS,))
        self.ran = torch.zeros(ENVS, items.models, dtype=torch.bool)

    def state(self):
        """Confidences found (n, K), which labels are missing, and the targets of all models (n, M)."""
        items, item = self.items, self.item
        conf = items.conf[item]
        seen = (conf * self.ran[:, :, None]).amax(1)
        makes = items.makes[item]
        missing = items.worth[item] * ~(makes & self.ran[:, :, None]).any(1)
        gain = (makes * missing[:, None]).sum(2)
        lacks = GOALS * items.full[item, None] - (items.full[item] - missing.sum(1))[:, None]
        share = (gain[:, :, None] / lacks.clamp(min=1e-9)[:, None]).clamp(max=1)
        return seen, (share * (lacks > 1e-9)[:, None]).mean(2), gain, missing

    def step(self, action, gain, missing):
        self.ran[torch.arange(ENVS), action] = True
        found = gain[torch.arange(ENVS), action]
        done = (missing.sum(1) - found <= 1e-6) | self.ran.all(1)
        count = int(done.sum())
        if count:
            self.item[done] = torch.randint(len(self.items.full), (count,))
            self.ran[done] = False


class Replay:
    def __init__(self, items):
        self.items = items
        self.item = torch.zeros(REPLAY, dtype=torch.int64)
        self.seen = torch.zeros(REPLAY, items.label.shape[1])
        self.ran = torch.zeros(REPLAY, items.models, dtype=torch.bool)
        self.target = torch.zeros(REPLAY, items.models)
        self.priority = torch.zeros(REPLAY, dtype=torch.float64)
        self.head, self.size, self.largest = 0, 0, 1.0

    def push(self, item, seen, ran, target):
        at = torch.arange(self.head, self.head + ENVS) % REPLAY
        self.item[at], self.seen[at], self.ran[at], self.target[at] = item, seen, ran, target
        self.priority[at] = self.largest
        self.head, self.size = (self.head + ENVS) % REPLAY, min(self.size + ENVS, REPLAY)

    def draw(self, beta):
        total = self.priority[: self.size].cumsum(0)
        at = torch.searchsorted(total, torch.rand(BATCH, dtype=torch.float64) * total[-1]).clamp(max=self.size - 1)
        weight = (self.priority[at] * (self.size / total[-1])) ** -beta
        return at, (weight / weight.max()).float()

    def note(self, at, error):
        new = (error.double() + 1e-3) ** ALPHA
        self.priority[at] = new
        self.largest = max(self.largest, float(new.max()))


class Dense(nn.Module):
    def __init__(self, items):
        super().__init__()
        self.labels = items.labels
        self.first = nn.Linear(items.labels + 1 + items.models, HIDDEN)

    def forward(self, label, seen, ran):
        x = torch.zeros(len(label), self.first.in_features)
        x.scatter_(1, label, seen)
        x[:, self.labels + 1 :] = ran
        return self.first(x)


class Bags(nn.Module):
    def __init__(self, items):
        super().__init__()
        self.bag = nn.EmbeddingBag(items.labels + 1 + items.models, HIDDEN, mode="sum")
        nn.init.uniform_(self.bag.weight, -0.03, 0.03)
        self.bias = nn.Parameter(torch.zeros(HIDDEN))
        self.which = torch.arange(items.labels + 1, items.labels + 1 + items.models)

    def forward(self, label, seen, ran):
        index = torch.cat([label, self.which.expand(len(label), -1)], 1)
        return self.bag(index, per_sample_weights=torch.cat([seen, ran.float()], 1)) + self.bias


class Learner:
    def __init__(self, items, replay, first, foreach):
        self.items, self.replay, self.envs = items, replay, Environments(items)
        self.first = first(items)
        self.rest = nn.Sequential(nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, items.models))
        parameters = [*self.first.parameters(), *self.rest.parameters()]
        self.adam = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY, foreach=foreach)
        self.loss = nn.BCEWithLogitsLoss(reduction="none")
        self.updates = 0

    def act(self, epsilon):
        envs = self.envs
        seen, target, gain, missing = envs.state()
        self.replay.push(envs.item, seen, envs.ran, target)
        action = torch.rand(ENVS, self.items.models).masked_fill_(envs.ran, -1.0).argmax(1)
        if epsilon < 1:
            self.rest.eval()
            with torch.inference_mode():
                q = self.rest(self.first(self.items.label[envs.item], seen, envs.ran)) - self.items.log_time
                greedy = q.masked_fill_(envs.ran, -torch.inf).argmax(1)
            self.rest.train()
            action = torch.where(torch.rand(ENVS) < epsilon, action, greedy)
        envs.step(action, gain, missing)

    def learn(self):
        replay, progress = self.replay, min(self.updates / STEPS, 1)
        at, weight = replay.draw(BETA + (1 - BETA) * progress)
        target, ran = replay.target[at], replay.ran[at]
        valid = ~ran
        q = self.rest(self.first(self.items.label[replay.item[at]], replay.seen[at], ran))
        count = valid.sum(1)
        loss = (self.loss(q, target) * valid).sum(1) / count
        for group in self.adam.param_groups:
            group["lr"] = RATE * (1 - progress * 0.9999)
        self.adam.zero_grad(set_to_none=True)
        (loss * weight).mean().backward()
        self.adam.step()
        with torch.inference_mode():
            error = ((torch.sigmoid(q) - target).abs() * valid).sum(1) / count
        replay.note(at, error)
        self.updates += 1

    def both(self):
        self.act(EPSILON)
        self.learn()


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("data")
    parse.add_argument("--runs", type=int, default=5)
    parse.add_argument("--seconds", type=float, default=1.0)
    parse.add_argument("--threads", default="1,2")
    parse.add_argument("--clock", choices=CLOCKS, default="wall")
    args = parse.parse_args()
    torch.manual_seed(0)
    items = Items(args.data)
    replay = Replay(items)
    filler = Learner(items, replay, Dense, False)
    while replay.size < REPLAY:
        filler.act(1.0)
    for threads in map(int, args.threads.split(",")):
        torch.set_num_threads(threads)
        best = None
        for first in (Dense, Bags):
            for foreach in (False, True):
                learner = Learner(items, replay, first, foreach)
                rate = measure(learner.both, 1, args.runs, args.seconds, CLOCKS[args.clock])
                best = max(best or rate, rate)
                print(f"{first.__name__}, foreach {foreach}: {rate[0]:.1f} updates/s", file=sys.stderr)
        print("recipe", BATCH, threads, *(f"{x:.6g}" for x in best), "updates/s", sep="\t", flush=True)


if __name__ == "__main__":
    main()
