"""Policies scored on the items of a split, as ``ams eval`` does it, yours beside ours."""
from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union

import numpy as np

from . import _library as _c
from ._library import ffi, lib
from .frame import Frame
from .table import Table
from .training import Listener, Progress

# A baseline's name, a policy file, a run's folder; or a function of (observations (n, F), masks (n, A))
# that returns actions (n) or the worth of each, (n, M) or (n, A).
AnyPolicy = Union[str, os.PathLike, Callable[[np.ndarray, np.ndarray], Any]]
RECALLS = tuple((q + 1) / 10 for q in range(10))
_TIME_MS = 0  # the first column of the bootstrap: time until each required recall


class Evaluation:
    """What policies scored. Best first; times in ms, or in the data's unit of cost."""

    def __init__(self, session: Any, kept: list):
        self._session, self._kept = session, kept
        self.n_items = int(session.n_items)
        self.unit = _c.text(lib.ams_table_cost_unit(ffi.addressof(session, "table")))
        self._group = {_c.text(session.group[g].label): g
                       for g in (session.rank[k] for k in range(session.n_groups))}

    @property
    def policies(self) -> list[str]:
        """Labels of the policies, the shortest mean time to recall 1.0 first."""
        return list(self._group)

    def _at(self, policy: str) -> int:
        if policy not in self._group:
            raise KeyError(f"expected one of {', '.join(self._group)}, found {policy!r}")
        return self._group[policy]

    def frame(self) -> Frame:
        """policy, seeds, metric, required_recall; mean, and the ends of its 95 % interval."""
        rows = []
        for policy, group in self._group.items():
            seeds = int(self._session.group[group].n_runs)
            for metric in range(lib.AMS_SCORE_METRICS):
                name = _c.text(lib.ams_score_metric_names[metric])
                for q, recall in enumerate(RECALLS):
                    found = lib.ams_score_interval(self._session, group, metric, q)
                    rows.append((policy, seeds, name, recall, found.mean, found.low, found.high))
        return Frame.of_rows(("policy", "seeds", "metric", "required_recall", "mean", "low", "high"), rows,
                             {"time_ms": self.unit})

    def paired(self, policy: str, reference: str) -> Frame:
        """The mean time of a policy less that of another on the same items, with 95 % intervals.

        Below 0: the policy is faster. Both see the same resampled items and seeds in each draw.
        """
        a, b = self._at(policy), self._at(reference)
        boot = self._session.bootstrap
        shape = (boot.n_groups, int(lib.AMS_DRAWN_COLUMNS), boot.draws)
        value = _c.view(self._session, boot.value, shape, np.float64)
        mean = _c.view(self._session, boot.mean, (boot.n_groups, boot.n_columns), np.float64)
        rows = []
        for q, recall in enumerate(RECALLS):
            column = _TIME_MS + q
            draws = value[a, column] - value[b, column]
            ffi.memmove(boot.scratch, draws, draws.nbytes)
            found = lib.ams_bootstrap_interval(ffi.addressof(self._session, "bootstrap"),
                                               mean[a, column] - mean[b, column])
            rows.append((policy, reference, recall, found.mean, found.low, found.high))
        return Frame.of_rows(("policy", "reference", "required_recall", "mean", "low", "high"), rows,
                             {"mean": self.unit, "low": self.unit, "high": self.unit})

    def orders(self, policy: str) -> tuple[np.ndarray, np.ndarray]:
        """(n) items of the split and (n, M) the models in the order in which they ran, of its first seed."""
        scores = self._session.scored[self._session.member[self._session.first[self._at(policy)]]].scores
        return (_c.view(self._session, scores.item, scores.n, np.uint32),
                _c.view(self._session, scores.order, (scores.n, scores.n_models), np.uint8))

    def write(self, directory: str | os.PathLike) -> None:
        """The tables that ``plot``, ``ams plot`` and ``ams report`` read."""
        path = _c.c_text(directory)
        _c.call(lib.ams_score_write, self._session, path)
        if not self._session.in_windows:
            _c.call(lib.ams_score_write_items, self._session, path)

    def __str__(self) -> str:
        """The table that `ams eval` prints, which lab/score describes."""
        result = ffi.gc(ffi.new("ams_result *"), lib.ams_result_fini)
        _c.call(lib.ams_score_result, self._session, result)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as text:
            lib.ams_frame_print(lib.ams_result_frame(result, b"rows"), text)
            text.seek(0)
            rows = text.read().rstrip("\n")
        return f"Mean time ({self.unit}) until a required recall, {self.n_items} items.\n\n{rows}"

    __repr__ = __str__


def evaluate(data: str | os.PathLike | Table, policy: AnyPolicy | Sequence[AnyPolicy] | Mapping[str, AnyPolicy], *,
             split: str = "test", goal: float = 0, draws: int = 100, bootstrap: int = 2000, seed: int = 0,
             threads: int = 1, recorded_times: bool = False, memory_mb: int = 4096,
             progress: Listener | None = None) -> Evaluation:
    """Scores policies on the items of a split, with 95 % intervals over seeds and items.

    policy: one, several, or {label: policy}: a baseline's name ("fixed", "knn", "oracle"), a run or
    its folder, a policy file, "LABEL=PATH", or a function of yours, see :data:`AnyPolicy`. Such a function
    is asked for all items at once, model after model, and may not take END; its attribute ``features``
    names what it sees (default "labels+mask"). ``all`` and ``random`` are always there.
    draws: orders per item of random policies. bootstrap: draws of the intervals. goal: the required recall
    that policies with goals decide for; 0: each recall is scored by its own.
    """
    named = _named(policy)
    path = data.path if isinstance(data, Table) else data
    specs, kept = _c.c_texts([spec for _, spec in named if isinstance(spec, str)])
    heard = Progress(progress)
    options = ffi.new("ams_score_options *", lib.ams_score_defaults())
    kept += [_c.c_text(path), _c.c_text("ams.evaluate (Python)"), heard]
    options.data_path, options.command, options.progress = kept[-3], kept[-2], heard.pointer
    options.policy, options.n_policies = specs, sum(isinstance(spec, str) for _, spec in named)
    options.split, options.goal, options.draws, options.bootstrap_draws = _c.split_of(split), goal, draws, bootstrap
    options.seed, options.threads, options.recorded_times, options.memory_mb = seed, threads, recorded_times, memory_mb
    options.whole = options.n_policies < len(named)
    session = ffi.gc(ffi.new("ams_score_session *"), lib.ams_score_close)
    _c.call_files(lib.ams_score_open, session, options)
    _c.call_files(lib.ams_score_load, session)
    for label, function in named:
        if not isinstance(function, str):
            kept.append(_add(session, label, function))
    _c.call_files(lib.ams_score_run, session)
    heard.raise_caught()
    return Evaluation(session, kept)


def _named(policy: Any) -> list[tuple[str, Any]]:
    """(label, spec or function) of everything that was asked for."""
    if isinstance(policy, Mapping):
        pairs = list(policy.items())
    elif isinstance(policy, (str, os.PathLike)) or callable(policy):
        pairs = [("", policy)]
    else:
        pairs = [("", one) for one in policy]
    named = []
    for label, one in pairs:
        if isinstance(one, (str, os.PathLike)):
            named.append((label, f"{label}={os.fspath(one)}" if label else os.fspath(one)))
        elif callable(one):
            named.append((label or getattr(one, "__name__", type(one).__name__), one))
        else:
            raise TypeError(f"policy {label!r}: expected a name, a path or a function, found {type(one).__name__}")
    return named


def _add(session: Any, label: str, function: Callable) -> np.ndarray:
    """Rolls a function out and adds its orders, which have to outlive the session."""
    from .env import roll_out

    orders = roll_out(ffi.addressof(session, "table"), session.options.split, function)
    policy = ffi.new("ams_policy **")
    _c.call(lib.ams_policy_create_from_orders, policy, session.env, _c.pointer("uint8_t *", orders))
    name = label.encode()
    if not 0 < len(name) < 64:
        lib.ams_policy_destroy(policy[0])
        raise ValueError(f"policy {label!r}: expected a label of 1 to 63 bytes")
    lib.ams_policy_set_name(policy[0], name, 0)
    _c.call(lib.ams_score_add, session, policy[0])
    return orders
