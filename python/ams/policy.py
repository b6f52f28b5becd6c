"""Trained policies: what to execute next, and what the network says of every model."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Union

import numpy as np

from . import _library as _c
from ._library import ffi, lib
from .errors import OnlineError
from .table import Table

# What an execution found: {label: confidence}, or labels that count as certain. Of a policy and a scheduler they are
# named as in the data, "objects/person"; a Recorder puts the task in front.
Found = Union[Mapping[str, float], Sequence[str]]


def policy_path(target: str | os.PathLike) -> str:
    """A policy file, or the one in the folder of a run; raises UsageError for a folder without one."""
    path = ffi.new("char **")
    _c.call(lib.ams_policy_file_path, path, _c.c_text(target))
    return _c.take_text(path[0])


class Live:
    """A policy as the embedded library has it. Sessions and items keep this and not the Policy, which has a session of
    its own: so no circle holds memory until a garbage collection."""

    def __init__(self, data: bytes, models: list[str], labels: list[str]):
        size, policy = ffi.new("size_t *"), ffi.new("ams_online **")
        check_online(lib.ams_online_size(data, len(data), size))
        self._memory = ffi.new("char[]", size[0])
        check_online(lib.ams_online_open(policy, data, len(data), self._memory, size[0]))
        self.policy, self.models, self._labels, self.n_labels = policy[0], models, labels, len(labels)
        self.place = {name: k for k, name in enumerate(models)}
        self._place_of = {name: k for k, name in enumerate(labels)}.__getitem__

    def room(self) -> tuple[Any, Any]:
        """Memory for what an execution finds: places of labels and confidences."""
        return ffi.new("uint32_t[]", self.n_labels), ffi.new("float[]", self.n_labels)

    def _refuse_bare(self, model: int, found: Found) -> None:
        """No label of any data is without its task: one that is would be left out, and so would all of the model's."""
        for label in found:
            if "/" not in str(label):
                likely = next((known for known in self._labels if known.endswith(f"/{label}")), f"task/{label}")
                raise OnlineError(f"model {self.models[model]!r}: expected labels with their task as in the data, such as "
                                  f"{likely!r}, found {label!r}; ams.Model(task, function) puts it in front when it is called")

    def report(self, item: Any, model: int, now_ms: float, found: Found, room: tuple[Any, Any]) -> None:
        """Tells an item what a model found: by places, which is faster than by names."""
        (ids, confs), n = room, len(found)
        try:
            ids[0:n] = list(map(self._place_of, found))
        except (KeyError, IndexError):  # the library counts the labels that it does not know
            self._refuse_bare(model, found)
            report(item, model, now_ms, found)
            return
        named = type(found) is dict or isinstance(found, Mapping)
        confs[0:n] = list(found.values()) if named else [1.0] * n  # type: ignore[union-attr]
        code = lib.ams_item_finished(item, model, now_ms, ids, confs, n)
        if code:
            check_online(code)


class Policy:
    """A ``policy.ams``: M models, L labels, F features, A = M + 1 actions, the last of which is END.

    It decides live from what was found so far (:meth:`decide`), or for states of a table, many at a
    time (:meth:`decide_at`, :meth:`q_at`), by the same rules as the program, to the last bit.
    """

    def __init__(self, target: str | os.PathLike):
        """A policy file or the folder of a run; raises UsageError, FileError or BadDataError."""
        self.path = policy_path(target)
        handle = ffi.new("ams_policy_file *")
        _c.call(lib.ams_policy_file_read, handle, _c.c_text(self.path))
        self._file = ffi.gc(handle, lib.ams_policy_file_fini)
        self.agent = _c.text(handle.agent)
        self.label = _c.text(handle.label)
        self.seed = int(handle.seed)
        self.rule = _c.choices(lib.ams_decide_modes)[handle.decide]
        self.models = _c.names(handle.model_name)
        self.labels = _c.names(handle.label_name)
        self.features = _c.choices(lib.ams_feature_modes)[handle.env.features]
        self.goals = list(handle.env.goal[0:handle.env.n_goals]) if handle.env.goal_input else []
        self._bound: tuple[Any, ...] | None = None
        with open(self.path, "rb") as data:
            self._live = Live(data.read(), self.models, self.labels)
        self._session = Session(self._live)

    @property
    def time_ms(self) -> np.ndarray:
        """(M) float32: mean time of each model in ms, as the policy was trained."""
        return _c.view(self._file, self._file.time_ms, len(self.models), np.float32)

    @property
    def mem_mb(self) -> np.ndarray:
        """(M) float32: peak memory of each model in MB."""
        return _c.view(self._file, self._file.mem_mb, len(self.models), np.float32)

    @cached_property
    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(in, out) weights and (out) biases of each layer, as float32 views of the file's."""
        net, layers = self._file.net, []
        for k in range(net.n_layers):
            shape = (net.width[k], net.width[k + 1])
            layers.append((_c.view(self._file, net.params + net.weight[k], shape, np.float32),
                           _c.view(self._file, net.params + net.bias[k], shape[1], np.float32)))
        return layers

    # -- live --

    def begin(self, goal: float = 0) -> Session:
        """An item of which nothing is known yet. Telling and deciding take a few microseconds each."""
        return Session(self._live, goal)

    def decide(self, found: Mapping[str, Found] | None = None, goal: float = 0) -> str | None:
        """The model to execute next; None where all were.

        found: what each executed model found, {"faces": {"faces/face": 0.93}, "scenes": {}}. goal: the
        required recall to decide for, of a policy with goals. All of it is told anew, which takes some
        microseconds per model; :meth:`begin` saves that. One thread at a time.
        """
        return self._told(found, goal).decide()

    def values(self, found: Mapping[str, Found] | None = None, goal: float = 0) -> np.ndarray:
        """(A) float32: what an execution of each model is worth in that state, END last.

        Probabilities of finding what is missing where the rule is "odds", else Q-values.
        """
        return self._told(found, goal).values()

    def _told(self, found: Mapping[str, Found] | None, goal: float) -> Session:
        """The one session of this object, in that state."""
        session = self._session
        session.restart(goal)
        for model, labels in (found or {}).items():
            session.tell(model, labels)
        return session

    def model_index(self, model: str) -> int:
        """Index of a model; KeyError where the policy knows none of that name."""
        return self._live.place[model]

    # -- in the states of a table --

    def _on(self, table: Table) -> Any:
        """The policy with the table's items; the last table is kept."""
        if self._bound is None or self._bound[0] is not table:
            env, policy = ffi.new("ams_env **"), ffi.new("ams_policy **")
            options = ffi.new("ams_env_options *", lib.ams_env_defaults())
            _c.call(lib.ams_env_create, env, table._table, options)
            env = ffi.gc(env[0], lib.ams_env_destroy)
            _c.call(lib.ams_policy_create, policy, _c.c_text(self.path), table._table, env)
            self._bound = (table, env, ffi.gc(policy[0], lib.ams_policy_destroy))
        return self._bound[2]

    def _choose(self, table: Table, items: Any, masks: Any, goal: float, q: Any, model: Any) -> None:
        policy = self._on(table)
        if goal:
            _c.call(lib.ams_policy_set_goal, policy, goal)
        items = np.ascontiguousarray(items, np.uint32)
        masks = np.ascontiguousarray(masks, np.uint64)
        if items.shape != masks.shape or items.ndim != 1:
            raise ValueError(f"expected one item and one set of models per state, found {items.shape} and {masks.shape}")
        _c.call(lib.ams_policy_choose, policy, _c.pointer("uint32_t *", items), _c.pointer("uint64_t *", masks),
                len(items), q, model, ffi.NULL)

    def q_at(self, table: Table, items: Any, masks: Any, goal: float = 0) -> np.ndarray:
        """(n, A) float32: Q-values in n states of a table, in its order of models.

        items: (n) indices of items; masks: (n) uint64, bit m where model m was executed. Log-odds where
        the rule is "odds". goal: the required recall to decide for, of a policy with goals.
        """
        q = np.empty((len(items), len(self.models) + 1), np.float32)
        self._choose(table, items, masks, goal, _c.pointer("float *", q), ffi.NULL)
        return q

    def decide_at(self, table: Table, items: Any, masks: Any, goal: float = 0) -> np.ndarray:
        """(n) int64: the model to execute next in n states of a table; -1 where all were."""
        model = np.empty(len(items), np.uint32)
        self._choose(table, items, masks, goal, ffi.NULL, _c.pointer("uint32_t *", model))
        return np.where(model == 0xFFFFFFFF, -1, model.astype(np.int64))

    def _shares(self, goal: float) -> np.ndarray:
        """(G) float32: how a required recall is divided between the policy's goals; 0: the highest."""
        goal = goal or self.goals[-1]
        return np.array([np.interp(goal, self.goals, one) for one in np.eye(len(self.goals))], np.float32)

    def q(self, observations: np.ndarray, goal: float = 0) -> np.ndarray:
        """(n, A) float32: Q-values for features (n, F), by NumPy.

        Features are those of an environment with the policy's ``features`` whose table has the policy's
        labels and models in the same order. Of a policy with goals, the last ones may be the shares of its
        goals; where they are left out, ``goal`` is the required recall to decide for (0: the highest).
        """
        out, heads = np.asarray(observations, np.float32), self._file.net.heads
        if self.goals and out.shape[1] + len(self.goals) == self.weights[0][0].shape[0] + heads:
            out = np.hstack([out, np.tile(self._shares(goal), (len(out), 1))])
        if heads:
            out, shares = out[:, :-heads], out[:, -heads:]
        for k, (weight, bias) in enumerate(self.weights):
            out = out @ weight + bias
            out = np.maximum(out, 0) if k + 1 < len(self.weights) else out
        if self._file.net.dueling:
            advantage, value = out[:, :-1], out[:, -1:]
            out = value + advantage - advantage.mean(axis=1, keepdims=True)
        if heads:
            out = (out.reshape(len(out), heads, -1) * shares[:, :, None]).sum(axis=1)
        return out

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"Policy({self.path!r}: {self.label}, {len(self.models)} models, rule {self.rule})"


class Session:
    """One item as a policy sees it: told what executed models found, it says which to execute next.

    Times and limits do not matter here; :class:`OnlineScheduler` has those. One thread at a time.
    """

    def __init__(self, live: Live, goal: float = 0):
        self._live = live
        self._size = lib.ams_item_size(live.policy)
        self._memory, self._pointer = ffi.new("char[]", self._size), ffi.new("ams_item **")
        self._room, self._step = live.room(), ffi.new("ams_item_step *")
        self.restart(goal)

    def restart(self, goal: float = 0) -> None:
        """Forgets what it was told. goal: the required recall to decide for, of a policy with goals."""
        limits = ffi.NULL
        if goal:
            limits = ffi.new("ams_item_limits *", lib.ams_item_limits_none())
            limits.goal = goal
        check_online(lib.ams_item_begin(self._pointer, self._live.policy, limits, self._memory, self._size))
        self._item = self._pointer[0]

    def tell(self, model: str, found: Found) -> None:
        """A model was executed, once, and found these labels: {"objects/person": 0.9}, or labels that are certain."""
        m = self._live.place[model]
        code = lib.ams_item_started(self._item, m, 0.0)
        if code:
            check_online(code)
        self._live.report(self._item, m, 0.0, found, self._room)

    def decide(self) -> str | None:
        """The model to execute next; None where all were."""
        step = self._step
        code = lib.ams_item_next(self._item, 0.0, step)
        if code:
            check_online(code)
        return self._live.models[step.model[0]] if step.n else None

    def values(self) -> np.ndarray:
        """(A) float32: what an execution of each model is worth now, as of :meth:`Policy.values`."""
        values = np.empty(len(self._live.models) + 1, np.float32)
        check_online(lib.ams_item_values(self._item, _c.pointer("float *", values)))
        return values


def check_online(code: int) -> None:
    """Raises OnlineError with the library's words."""
    if code:
        error = OnlineError(_c.text(lib.ams_online_text(code)))
        error.code = code
        raise error


def report(item: Any, model: int, now_ms: float, found: Found) -> None:
    """Tells an item what a model found, by names."""
    labels, kept = _c.c_texts([label.encode() for label in found])
    confidences = ffi.NULL
    if isinstance(found, Mapping):
        confidences = ffi.new("float[]", [float(c) for c in found.values()])
    check_online(lib.ams_item_finished_named(item, model, now_ms, labels, confidences, len(found)))
    del kept
