"""Scheduling live items under a deadline and a memory budget, by the library that programs embed."""
from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from . import _library as _c
from ._library import ffi, lib
from .policy import Found, Policy, check_online

RULES = ("auto", "trained", "q-greedy", "cost-q", "odds", "algorithm1", "algorithm2", "plan", "plan-beside",
         "algorithm2-again")


@dataclass(frozen=True)
class Step:
    """What to do now: "start" the models, "wait" until one ends or until ``wake_ms``, or "done"."""

    answer: str
    models: list[str]
    wake_ms: float  # since the item began; inf: only when a model ends


@dataclass(frozen=True)
class Result:
    """What became of an item. Times in ms since it began, memory in MB."""

    finished: list[str]  # by the deadline
    failed: list[str]
    cut: list[str]  # ended after the deadline, or still running then
    untouched: list[str]  # never started
    labels: list[str]  # found, above the policy's thresholds
    unknown: int  # labels that were reported by names the policy does not know
    now_ms: float
    busy_ms: float  # summed time of the executions that ended
    saved_ms: float  # summed expected time of those never started
    peak_mb: float
    decisions: int


class OnlineScheduler:
    """Says for each item which models to run next. Any number of items may be in flight."""

    def __init__(self, policy: Policy | str | os.PathLike, *, deadline_ms: float = math.inf,
                 memory_mb: float = math.inf, rule: str = "auto", goal: float = 0,
                 time_ms: Mapping[str, float] | None = None, mem_mb: Mapping[str, float] | None = None,
                 priority: Mapping[str, float] | None = None):
        """deadline_ms: of an item, since it began. memory_mb: for models side by side; without it they
        run one at a time. rule: "auto" takes algorithm2 with a memory limit, else algorithm1 with a
        deadline, else the policy's own. time_ms, mem_mb: what models are expected to take here, in
        place of what the policy was trained with. priority: values of a model count so many times.
        goal: the required recall to decide for, of a policy with goals."""
        self.policy = policy if isinstance(policy, Policy) else Policy(policy)
        limits = ffi.new("ams_item_limits *", lib.ams_item_limits_none())
        limits.deadline_ms, limits.memory_mb, limits.goal = deadline_ms, memory_mb, goal
        limits.rule = _c.choice("rule", rule, RULES)
        self._limits, self._kept = limits, []
        for field, given, own in (("time_ms", time_ms, self.policy.time_ms), ("mem_mb", mem_mb, self.policy.mem_mb),
                                  ("priority", priority, [1.0] * len(self.policy.models))):
            if given is not None:
                values = [float(value) for value in own]
                for model, value in given.items():
                    values[self.policy.model_index(model)] = value
                self._kept.append(ffi.new("float[]", values))
                setattr(limits, field, self._kept[-1])

    def begin(self) -> Item:
        """A new item, whose clock starts now."""
        return Item(self.policy, self._limits, self._kept)

    def run(self, models: Mapping[str, Callable[[Any], Found]], item: Any) -> Result:
        """Runs your models on an item as the scheduler says, in threads of their own.

        models: name -> function of the item that returns {"objects/person": 0.9} or labels, as a Model does that is
        called. A model that raises counts as failed. Threads cannot be stopped: what still runs at the deadline is waited
        for, and counts as cut.
        """
        if missing := [name for name in self.policy.models if name not in models]:
            raise KeyError(f"no function for the models {', '.join(missing)}")
        live, running = self.begin(), {}  # type: ignore[var-annotated]
        with ThreadPoolExecutor(len(models)) as pool:
            while (step := live.next()).answer != "done":
                for model in step.models:
                    live.started(model)
                    running[pool.submit(models[model], item)] = model
                rest = None if math.isinf(step.wake_ms) else max(0.0, step.wake_ms - live.now_ms()) / 1000
                for future in wait(running, rest, FIRST_COMPLETED).done:
                    _end(live, running.pop(future), future)
            for future in wait(running).done:
                _end(live, running[future], future)
        return live.result()


def _end(live: Item, model: str, future: Future) -> None:
    if future.exception() is not None:
        live.failed(model)
    else:
        live.finished(model, future.result())


class Item:
    """One item. Times are ms since it began; without one the clock says it. One thread at a time."""

    def __init__(self, policy: Policy, limits: Any, kept: list):
        self._policy, self._kept = policy, kept
        size = lib.ams_item_size(policy._live.policy)
        self._room, item = ffi.new("char[]", size), ffi.new("ams_item **")
        check_online(lib.ams_item_begin(item, policy._live.policy, limits, self._room, size))
        self._item, self._step = item[0], ffi.new("ams_item_step *")
        self._labels = policy._live.room()
        self._start = time.perf_counter()

    def now_ms(self) -> float:
        """The clock: ms since the item began."""
        return 1000 * (time.perf_counter() - self._start)

    def _at(self, now_ms: float | None) -> float:
        return self.now_ms() if now_ms is None else now_ms

    def next(self, now_ms: float | None = None) -> Step:
        """What to do now. Asking changes nothing; models count from ``started`` on."""
        step = self._step
        check_online(lib.ams_item_next(self._item, self._at(now_ms), step))
        names = self._policy.models
        return Step(("start", "wait", "done")[step.answer], [names[step.model[k]] for k in range(step.n)], step.wake_ms)

    def started(self, model: str, now_ms: float | None = None) -> None:
        """The model runs from now on. Any may be started once, also one that was not named."""
        check_online(lib.ams_item_started(self._item, self._policy.model_index(model), self._at(now_ms)))

    def finished(self, model: str, found: Found, now_ms: float | None = None) -> None:
        """It ended and found these labels; after the deadline they no longer count."""
        self._policy._live.report(self._item, self._policy.model_index(model), self._at(now_ms), found, self._labels)

    def failed(self, model: str, now_ms: float | None = None) -> None:
        """It ended without an output, which says nothing about the item."""
        check_online(lib.ams_item_failed(self._item, self._policy.model_index(model), self._at(now_ms)))

    def aim(self, goal: float) -> None:
        """Decides for another required recall from here on, where the policy has goals."""
        check_online(lib.ams_item_aim(self._item, goal))

    def result(self) -> Result:
        """What became of it so far."""
        r = ffi.new("ams_item_result *")
        check_online(lib.ams_item_results(self._item, r))
        labels = ffi.new("uint32_t[]", max(1, r.labels))
        n = lib.ams_item_labels(self._item, labels, r.labels)
        return Result(*(self._models(mask) for mask in (r.finished, r.failed, r.cut, r.untouched)),
                      [self._policy.labels[labels[k]] for k in range(n)], int(r.unknown), r.now_ms, r.busy_ms,
                      r.saved_ms, r.peak_mb, int(r.decisions))

    def _models(self, mask: int) -> list[str]:
        return [name for m, name in enumerate(self._policy.models) if mask >> m & 1]
