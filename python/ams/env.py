"""The simulated environment with Gymnasium's interface: executing a model is looking up its output.

An episode is about one item. Action m < M executes model m, once; action M is END. The observation
holds the labels found so far and, by ``features``, the models executed. Which actions may be taken is in
``info["action_mask"]``; another one raises UsageError.
"""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import _library as _c
from . import spaces
from ._library import ffi, lib
from .table import Table

AUTORESET = ("next_step", "same_step", "disabled")


class _Rooms:
    """Arrays of one shape that are given away, and used again once nobody has them any more: fresh memory costs more
    time than what is written into it. Whoever keeps one, a view of it or a tensor over it, keeps it as it is."""

    MOST = 4  # a loop that learns has two or three of them at a time

    def __init__(self, shape: tuple, dtype: Any):
        self._shape, self._dtype, self._rooms = shape, dtype, []  # type: tuple, Any, list[np.ndarray]

    def take(self) -> np.ndarray:
        """One that nobody else has. It holds anything."""
        if not _ALONE:
            return np.empty(self._shape, self._dtype)
        for k in range(len(self._rooms)):
            if _count(self._rooms[k]) == _ALONE:
                return self._rooms[k]
        room = np.empty(self._shape, self._dtype)
        if len(self._rooms) < self.MOST:
            self._rooms.append(room)
        return room


def _alone(count: Callable[[Any], int], counted: bool) -> int:
    """What count says of an object that a list alone has; 0 where references are not counted so that one could tell,
    as in interpreters without a count or without a global lock."""
    kept = [np.empty(0)]
    return max(0, count(kept[0])) if counted else 0


_count = getattr(sys, "getrefcount", lambda _object: -1)
_ALONE = _alone(_count, getattr(sys, "_is_gil_enabled", lambda: True)())


class _Core:
    """An ams_env and an ams_vector_env over it, with views of what the latter shows."""

    def __init__(self, table: Any, n: int, options: Any, how: Any):
        env, vector = ffi.new("ams_env **"), ffi.new("ams_vector_env **")
        _c.call(lib.ams_env_create, env, table, options)
        self.env = ffi.gc(env[0], lib.ams_env_destroy)
        _c.call(lib.ams_vector_env_create, vector, self.env, n, how)
        self.vector = ffi.gc(vector[0], lib.ams_vector_env_destroy)
        v, features, actions = self.vector, vector[0].n_features, vector[0].n_actions
        self.n, self.n_features, self.n_actions = n, int(features), int(actions)
        owner = (self.vector, self.env)
        self.observation = _c.view(owner, v.observation, (n, features), np.float32)
        self.final_observation = None
        if v.final_observation != ffi.NULL:
            self.final_observation = _c.view(owner, v.final_observation, (n, features), np.float32)
        self.action_mask = _c.view(owner, v.action_mask, (n, actions), np.int8)
        self.reward = _c.view(owner, v.reward, n, np.float32)
        self.terminated = _c.view(owner, v.terminated, n, np.bool_)
        self.item = _c.view(owner, v.item, n, np.uint32)
        self.time_ms = _c.view(owner, v.time_ms, n, np.float64)
        self.episode_return = _c.view(owner, v.episode_return, n, np.float64)
        self.episode_length = _c.view(owner, v.episode_length, n, np.uint32)
        self._error = ffi.new("ams_error *")
        self._rooms = _Rooms((n, self.n_features), np.float32)

    def observe(self) -> np.ndarray:
        """The observations (n, F) in an array of the caller's."""
        room = self._rooms.take()
        lib.ams_vector_env_observe(self.vector, ffi.cast("float *", room.ctypes.data))
        return room

    def final(self) -> np.ndarray:
        """What ended episodes last showed (n, F), in an array of the caller's."""
        room = self._rooms.take()
        np.copyto(room, self.final_observation)
        return room

    def reset(self, seed: int | None, items: Any) -> None:
        """Begins episodes about items (n), or about drawn ones."""
        seeds = ffi.NULL if seed is None else ffi.new("uint64_t *", seed % (1 << 64))
        if items is None:
            _c.call(lib.ams_vector_env_reset, self.vector, seeds, ffi.NULL)
            return
        items = np.ascontiguousarray(items, np.uint32)
        if items.shape != (self.n,):
            raise ValueError(f"expected {self.n} items, found {items.shape}")
        _c.call(lib.ams_vector_env_reset, self.vector, seeds, _c.pointer("uint32_t *", items))

    def step(self, actions: Any) -> None:
        """One action (n) per environment."""
        actions = np.ascontiguousarray(actions, np.int64)
        if actions.shape != (self.n,):
            raise ValueError(f"expected {self.n} actions, found {actions.shape}")
        status = lib.ams_vector_env_step(self.vector, ffi.cast("int64_t *", actions.ctypes.data), self._error)
        if status:
            raise _c.error_of(status, _c.text(self._error.text))


def _env_options(features: str, reward: str, value: str, end: bool, until_goals: bool,
                 goals: Sequence[float], goal: float | None, theta: str | None) -> tuple[Any, int, Any]:
    options = ffi.new("ams_env_options *", lib.ams_env_defaults())
    options.features = _c.choice("features", features, _c.choices(lib.ams_feature_modes))
    options.reward = _c.choice("reward", reward, _c.choices(lib.ams_reward_modes))
    options.value = _c.choice("value", value, _c.choices(lib.ams_value_modes))
    options.end, options.until_goals = end, until_goals
    if not 0 < len(goals) <= lib.AMS_MAX_GOALS or sorted(goals) != list(goals):
        raise ValueError(f"goals: expected 1 to {lib.AMS_MAX_GOALS} required recalls, ascending, found {goals}")
    options.n_goals = len(goals)
    for k, one in enumerate(goals):
        options.goal[k] = one
    if goal is not None and goal not in goals:
        raise ValueError(f"goal: expected one of {list(goals)}, found {goal}")
    options.goal_input = goal is not None
    text = _c.c_text(theta)
    options.theta = text
    return options, 0 if goal is None else list(goals).index(goal), text


class VectorEnv(spaces.VectorEnvBase):
    """Many environments at once, in C: Gymnasium's VectorEnv.

    num_envs n; F features; A = M + 1 actions. ``info`` has "action_mask" (n, A) int8, "item" (n) indices
    in the table and "time_ms" (n) of the models executed so far; where episodes ended also "episode"
    with "r" (return) and "l" (actions), valid where "_episode" is set.
    """

    metadata: dict[str, Any] = {"render_modes": []}
    closed = False

    def __init__(self, data: str | os.PathLike | Table, num_envs: int = 256, *, split: str = "train",
                 features: str = "labels+mask", reward: str = "gain", value: str = "conf", end: bool = True,
                 until_goals: bool = False, goals: Sequence[float] = (0.8, 0.9, 1.0), goal: float | None = None,
                 theta: str | None = None, autoreset: str = "next_step", seed: int = 0, copy: bool = True):
        """data: an outputs file or a table; split: whose items episodes are about.

        features, reward, value, end, goals, theta: as the keys of ``train``; ``docs/definitions.md`` has
        the meaning of each. until_goals: an episode also ends at the highest goal. goal: one of
        ``goals``, which episodes then have as an input. autoreset: "next_step" as Gymnasium 1.0 has it by
        default, "same_step" as before it, or "disabled". copy=False: observations, masks and rewards
        are views that the next step overwrites.
        """
        self.table = data if isinstance(data, Table) else Table(data)
        options, goal_at, kept = _env_options(features, reward, value, end, until_goals, goals, goal, theta)
        how = ffi.new("ams_vector_env_options *", {
            "split": _c.split_of(split), "autoreset": _c.choice("autoreset", autoreset, AUTORESET), "seed": seed,
            "goal": goal_at})
        self._core = core = _Core(self.table._table, num_envs, options, how)
        del kept
        self._copy = copy
        self.num_envs = num_envs
        self.autoreset = autoreset
        self.metadata = {**type(self).metadata, "autoreset_mode": _autoreset_mode(autoreset)}
        self.single_observation_space = spaces.Box(0, 1, (core.n_features,), np.float32)
        self.single_action_space = spaces.Discrete(core.n_actions)
        self.observation_space = spaces.Box(0, 1, (num_envs, core.n_features), np.float32)
        self.action_space = spaces.MultiDiscrete([core.n_actions] * num_envs)

    def _out(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self._copy else array

    def _observation(self) -> np.ndarray:
        return self._core.observe() if self._copy else self._core.observation

    def _info(self) -> dict[str, Any]:
        core = self._core
        return {"action_mask": self._out(core.action_mask), "item": self._out(core.item),
                "time_ms": self._out(core.time_ms)}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begins n episodes. seed: of the items that are drawn from here on. options: {"items": (n)
        indices} says what the episodes are about."""
        super().reset(seed=seed)
        self._core.reset(seed, (options or {}).get("items"))
        return self._observation(), self._info()

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """actions (n) -> observations (n, F) float32, rewards (n) float32, terminated (n) bool, truncated
        (n) bool (never set), info."""
        core = self._core
        core.step(actions)
        info = self._info()
        terminated = self._out(core.terminated)
        if terminated.any():
            info["episode"] = {"r": core.episode_return.copy(), "l": core.episode_length.astype(np.int64)}
            info["_episode"] = terminated.copy()
            if core.final_observation is not None:
                self._add_final(info, terminated)
        return self._observation(), self._out(core.reward), terminated, np.zeros(self.num_envs, bool), info

    def _add_final(self, info: dict[str, Any], ended: np.ndarray) -> None:
        """What ended episodes last showed, under the names of Gymnasium 1 and of those before."""
        observation = self._core.final() if self._copy else self._core.final_observation
        info["final_obs"] = info["final_observation"] = observation
        info["final_info"] = np.array([{"episode": {"r": r, "l": n}} if over else None for r, n, over in zip(
            info["episode"]["r"], info["episode"]["l"], ended)], object)
        info["_final_obs"] = info["_final_observation"] = info["_final_info"] = ended.copy()

    def action_masks(self) -> np.ndarray:
        """(n, A) bool: which actions may be taken."""
        return self._core.action_mask.astype(bool)

    get_action_mask = action_masks

    def close(self, **_kwargs: Any) -> None:
        """Nothing is held that has to be given back."""
        self.closed = True


class Env(spaces.EnvBase):
    """One environment: Gymnasium's Env. Arguments are those of :class:`VectorEnv` but num_envs."""

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, data: str | os.PathLike | Table, **arguments: Any):
        self._vector = VectorEnv(data, 1, autoreset="disabled", copy=True, **arguments)
        self.table = self._vector.table
        self.observation_space = self._vector.single_observation_space
        self.action_space = self._vector.single_action_space
        self._over = True

    def _info(self) -> dict[str, Any]:
        core = self._vector._core
        return {"action_mask": core.action_mask[0].copy(), "item": int(core.item[0]), "time_ms": float(core.time_ms[0])}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begins an episode: observation (F) float32 and info. options: {"item": index} chooses the item."""
        super().reset(seed=seed)
        items = [options["item"]] if options and "item" in options else None
        self._vector._core.reset(seed, items)
        self._over = False
        return self._vector._core.observation[0].copy(), self._info()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Observation (F), reward, whether the episode ended, False, info."""
        core = self._vector._core
        if self._over:
            raise _c.error_of(1, "the episode is over: reset it before its next step")
        core.step([int(action)])
        self._over = bool(core.terminated[0])
        return core.observation[0].copy(), float(core.reward[0]), self._over, False, self._info()

    def action_masks(self) -> np.ndarray:
        """(A) bool: which actions may be taken, as sb3-contrib asks for it."""
        return self._vector._core.action_mask[0].astype(bool)

    @property
    def action_mask(self) -> np.ndarray:
        """(A) int8: the same as in ``info``."""
        return self._vector._core.action_mask[0].copy()

    def render(self) -> None:
        """There is nothing to draw."""

    def close(self) -> None:
        """Nothing is held that has to be given back."""


def _autoreset_mode(name: str) -> Any:
    """Gymnasium's constant of that name, where there is one."""
    if spaces.GYMNASIUM:
        import gymnasium.vector

        modes = getattr(gymnasium.vector, "AutoresetMode", None)
        if modes is not None:
            return modes[name.upper()]
    return name


# -- functions as policies --

AT_ONCE = 1024  # items that a function is asked for together


def choose(answer: Any, mask: np.ndarray) -> np.ndarray:
    """(n) actions of what a function answered: actions, or the worth of each of the models or actions."""
    answer = np.asarray(answer)
    if answer.ndim == 1 and len(answer) == len(mask):
        return answer.astype(np.int64)
    n_models = mask.shape[1] - 1
    if answer.ndim != 2 or len(answer) != len(mask) or answer.shape[1] not in (n_models, n_models + 1):
        raise ValueError(f"expected actions ({len(mask)}) or values ({len(mask)}, {n_models}) of the function, "
                         f"found an array of {answer.shape}")
    if np.isnan(answer).any():
        raise ValueError("expected numbers of the function, found nan")
    return np.where(mask[:, :n_models] != 0, answer[:, :n_models], -np.inf).argmax(axis=1)


def roll_out(table: Any, split: int, function: Callable) -> np.ndarray:
    """(N, M) uint8: the orders that a function gives for the items of a split; other rows are 0."""
    features = getattr(function, "features", "labels+mask")
    options, _, kept = _env_options(features, "gain", "conf", False, False, (1.0,), None, None)
    how = ffi.new("ams_vector_env_options *", {"split": split, "autoreset": lib.AMS_AUTORESET_OFF})
    orders = np.zeros((table.n_items, table.n_models), np.uint8)
    items = np.flatnonzero(_c.view(table, table.split, table.n_items, np.uint8) == split)
    core = None
    for first in range(0, len(items), AT_ONCE):
        chunk = items[first:first + AT_ONCE]
        if core is None or core.n != len(chunk):
            core = _Core(table, len(chunk), options, how)
        core.reset(None, chunk)
        for k in range(table.n_models):
            # Copies, which the function may change, and which PyTorch takes without a warning.
            actions = choose(function(core.observation.copy(), core.action_mask.copy()), core.action_mask)
            core.step(actions)
            orders[chunk, k] = actions
    del kept
    return orders
