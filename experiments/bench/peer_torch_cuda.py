"""The training of peer_torch.py on a GPU, as a competent PyTorch user would write it there.

Table, environments and replay lie on the device, every operation is one over all environments or
the whole minibatch, Adam is fused, products may use TF32, and nothing waits for the device: the
host only counts. Compiled, the network's passes go through torch.compile, and the whole update
(with `whole` the environment step, too) is one CUDA graph. Compilation and capture are not timed;
the clock stops after torch.cuda.synchronize().
"""
import statistics
import sys
import time

import torch
from torch import nn

HIDDEN, REPLAY, ENVS, ITEMS = 256, 100_000, 8, 4096
GAMMA, EPSILON, TARGET_EVERY = 0.9, 0.1, 500


def refuse(reason):
    print(f"peer_torch.py: {reason}", file=sys.stderr)
    sys.exit(4)


def check(compiled):
    if not torch.cuda.is_available():
        built = torch.version.cuda or "none"
        refuse(f"--device cuda: torch {torch.__version__} (built for CUDA: {built}) finds no GPU; expected a torch built for "
               "CUDA (Debian's is not) and a GPU that nvidia-smi lists; or use --device cpu")
    if compiled and not hasattr(torch, "compile"):
        refuse(f"--compile: torch {torch.__version__} has no torch.compile; expected torch 2.0 or newer")


class Training:
    """Shapes never change and tensors keep their places, so that all of it can be captured."""

    def __init__(self, env, device, compiled):
        self.device, self.models, self.actions = device, env.models, env.models + 1
        self.conf, self.found, self.train = env.conf.to(device), env.found.to(device), env.train.to(device)
        labels = env.labels
        self.item = self.draw(ENVS)
        self.state = torch.zeros(ENVS, labels, dtype=torch.bool, device=device)
        self.left = torch.ones(ENVS, self.actions, dtype=torch.bool, device=device)  # END may always be taken
        self.index = torch.arange(ENVS, device=device)
        self.kept = {
            "state": torch.zeros(REPLAY, labels, dtype=torch.bool, device=device),
            "after": torch.zeros(REPLAY, labels, dtype=torch.bool, device=device),
            "left": torch.zeros(REPLAY, self.actions, dtype=torch.bool, device=device),
            "action": torch.zeros(REPLAY, dtype=torch.int64, device=device),
            "reward": torch.zeros(REPLAY, device=device),
            "goes_on": torch.zeros(REPLAY, device=device)}
        self.head, self.updates = 0, 0
        self.head_there = torch.zeros((), dtype=torch.int64, device=device)
        make = lambda: nn.Sequential(nn.Linear(labels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, self.actions)).to(device)
        self.net, self.target = make(), make()
        self.target.load_state_dict(self.net.state_dict())
        on_gpu = device.type == "cuda"
        self.adam = torch.optim.Adam(self.net.parameters(), lr=5e-4, fused=on_gpu, capturable=compiled)
        self.compiled = compiled
        self.loss = torch.compile(self.loss_of, dynamic=False) if compiled else self.loss_of
        self.q = torch.compile(self.greedy, dynamic=False) if compiled else self.greedy

    def draw(self, n):
        return self.train[torch.randint(len(self.train), (n,), device=self.device)]

    def greedy(self, state, left):
        return self.net(state.float()).masked_fill(~left, -torch.inf).argmax(1)

    def place(self):
        """Where the next steps go: known to the host, unless a graph has to find it by itself."""
        if self.compiled:
            at = (self.head_there + self.index) % REPLAY
            self.head_there.add_(ENVS).remainder_(REPLAY)
            return at
        at = slice(self.head, self.head + ENVS)  # REPLAY is a multiple of ENVS
        self.head = (self.head + ENVS) % REPLAY
        return at

    @torch.no_grad()
    def act(self, epsilon):
        state, left = self.state.clone(), self.left.clone()
        random = torch.rand(ENVS, self.actions, device=self.device).masked_fill_(~left, -1.0).argmax(1)
        explores = torch.rand(ENVS, device=self.device) < epsilon
        action = torch.where(explores, random, self.q(state, left))
        end = action == self.models
        row = self.item * self.models + action.clamp(max=self.models - 1)
        new = self.found[row] & ~state
        gain = (self.conf[row] * new).sum(1)
        reward = torch.where(gain > 0, torch.log1p(gain), torch.full_like(gain, -1.0))
        reward = reward.masked_fill(end, 0.0)
        after = state | (new & ~end[:, None])
        left[self.index, action] = False
        left[:, self.models] = True
        done = end | ~left[:, : self.models].any(1)
        at = self.place()
        step = {"state": state, "after": after, "left": left, "action": action, "reward": reward, "goes_on": (~done).float()}
        for name, value in step.items():
            self.kept[name][at] = value
        self.state.copy_(after & ~done[:, None])
        self.left.copy_(left | done[:, None])
        self.item.copy_(torch.where(done, self.draw(ENVS), self.item))

    def loss_of(self, state, after, left, action, reward, goes_on):
        with torch.no_grad():
            best = self.target(after.float()).masked_fill(~left, -torch.inf).amax(1)
            y = reward + GAMMA * goes_on * best
        q = self.net(state.float()).gather(1, action[:, None])[:, 0]
        return nn.functional.huber_loss(q, y)

    def learn(self, batch):
        at = torch.randint(REPLAY, (batch,), device=self.device)
        kept = self.kept
        self.adam.zero_grad(set_to_none=True)
        self.loss(*(kept[name][at] for name in ("state", "after", "left", "action", "reward", "goes_on"))).backward()
        self.adam.step()

    def count(self):
        self.updates += 1
        if self.updates % TARGET_EVERY == 0:
            self.target.load_state_dict(self.net.state_dict())

    def fill(self):
        for _ in range(REPLAY // ENVS):
            self.act(1.0)

    @torch.no_grad()
    def score(self):
        """All models run on ITEMS items, greedily and side by side."""
        item = self.draw(ITEMS)
        state = torch.zeros(ITEMS, self.found.shape[1], dtype=torch.bool, device=self.device)
        left = torch.ones(ITEMS, self.actions, dtype=torch.bool, device=self.device)
        left[:, self.models] = False
        for _ in range(self.models):
            model = self.q(state, left)
            left.scatter_(1, model[:, None], False)
            state |= self.found[item * self.models + model]


def captured(call):
    """The call's work as a graph, after it has run some times on another stream."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(5):
            call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def measure(call, per_call, runs, seconds, device):
    """Calls a second, `per_call` counted in each. The device works them off without the host waiting."""
    def timed(n):
        wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
        wait()
        start = time.perf_counter()
        for _ in range(n):
            call()
        wait()
        return time.perf_counter() - start

    timed(20)
    n, spent = 20, timed(20)
    while spent < seconds / 4:
        n *= 2
        spent = timed(n)
    n = max(1, round(n * seconds / spent))
    rates = [n * per_call / timed(n) for _ in range(runs)]
    return statistics.median(rates), min(rates), max(rates)


def run(env, args, row, device):
    """Prints the rows update, whole (a batch each) and score; env: an Environment of peer_torch.py."""
    torch.set_float32_matmul_precision("high")
    prepared = captured if args.compile else lambda call: call
    for batch in map(int, args.batches.split(",")):
        training = Training(env, device, args.compile)
        training.fill()
        for figure in ("update", "whole"):
            def both(whole=figure == "whole"):
                if whole:
                    training.act(EPSILON)
                training.learn(batch)

            step = prepared(both)

            def update():
                step()
                training.count()

            row(figure, batch, 1, measure(update, 1, args.runs, args.seconds, device), "updates/s")
    score = prepared(training.score)
    row("score", ITEMS, 1, measure(score, ITEMS * training.models, args.runs, args.seconds, device), "decisions/s")
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type
    print(f"torch {torch.__version__}, {name}", file=sys.stderr)
