"""Training, as ``ams train`` does it: the same folder, the same bits, resumed by the same call."""
from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import _library as _c
from ._library import ffi, lib
from .errors import AmsError, error_of
from .frame import Frame, read_tsv
from .policy import Policy
from .table import Table

log = logging.getLogger("ams")
# done, total, and a line such as "loss 0.12  validation 210.5 ms"
Listener = Callable[[float, float, str], Any]


class Progress:
    """An ams_progress that calls Python. What Python raises, Ctrl-C too, stops the work and comes out
    of ``raise_caught``."""

    def __init__(self, listener: Listener | None, stop: Any = None):
        self.caught: BaseException | None = None
        self._stop = stop

        def update(_context: Any, done: float, total: float, note: Any) -> None:
            if listener is not None:
                listener(done, total, _c.text(note))

        def notice(_context: Any, line: Any) -> None:
            log.info("%s", _c.text(line))

        self._kept = (ffi.callback("void(void *, double, double, const char *)", update, onerror=self._catch),
                      ffi.callback("void(void *, const char *)", notice, onerror=self._catch))
        self.pointer = ffi.new("ams_progress *", {"update": self._kept[0], "notice": self._kept[1]})

    def _catch(self, _kind: Any, failure: BaseException, _where: Any) -> None:
        self.caught = self.caught or failure
        if self._stop is not None:
            self._stop[0] = 1

    def raise_caught(self) -> None:
        """Raises what Python raised while the library worked."""
        if self.caught is not None:
            raise self.caught


@dataclass(frozen=True)
class Run:
    """A training run in its folder."""

    directory: str
    outcome: str  # "finished", "already" (finished before), "stopped", "paused"
    updates: int  # done in all
    best_updates: int  # of the weights kept
    time_ms: float  # mean over required recalls 0.8, 0.9 and 1.0 on the validation items; nan: none
    area: float  # under recall against time, from 0 to 1
    seconds: float  # of this call
    updates_per_s: float

    @cached_property
    def policy(self) -> Policy:
        """The weights that were best on the validation items."""
        return Policy(self.directory)

    def metrics(self) -> Frame:
        """metrics.tsv: one row per logged update."""
        return read_tsv(os.path.join(self.directory, "metrics.tsv"))

    def __fspath__(self) -> str:
        return self.directory


def settings() -> Frame:
    """Every key that ``train`` takes, with its default, range, choices and meaning."""
    rows = []
    for k in range(lib.ams_n_train_keys):
        key = lib.ams_train_keys[k]
        choices = " ".join(_c.choices(key.choices)) if key.choices != ffi.NULL else ""
        rows.append((_c.text(key.name), _c.text(key.default_value), choices, key.minimum, key.maximum,
                     _c.text(key.help)))
    return Frame.of_rows(("key", "default", "choices", "minimum", "maximum", "help"), rows)


def setting_text(value: Any) -> str:
    """A value as the program takes it: True is "on", (256, 128) "256x128", [0.8, 0.9] "0.8,0.9"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


def train(data: str | os.PathLike | Table, out: str | os.PathLike | None = None, *,
          config: str | os.PathLike | None = None, progress: Listener | None = None, until: int = 0,
          memory_mb: int = 0, **keys: Any) -> Run:
    """Trains an agent in the environment of an outputs file; ``ams train`` with the same settings
    gives the same bits.

    out: folder of the run (default runs/LABEL-SEED). Called again it goes on from the last checkpoint.
    config: a file of settings, which ``keys`` override: agent="double", steps=2000, hidden=(256, 128),
    goals=[0.8, 0.9, 1], end=False. :func:`settings` has all of them. until: pause after so many updates.
    memory_mb: for the data, in MB of 2^20 bytes; 0: 4096. Ctrl-C writes a checkpoint, then raises.
    """
    path = data.path if isinstance(data, Table) else data
    if path is None:
        raise ValueError("expected a table that was read from a file; Table.write makes one")
    request = ffi.gc(ffi.new("ams_training_request *"), lib.ams_training_request_fini)
    _c.call(lib.ams_training_request_init, request)
    config_text = _c.c_text(config)
    if config is not None:
        _c.call(lib.ams_config_file, ffi.addressof(request, "train"), lib.ams_train_keys, lib.ams_n_train_keys,
                config_text)
    for key, value in keys.items():
        _c.call(lib.ams_training_request_put, request, key.encode(), setting_text(value).encode())
    if out is None:
        chosen = request.train
        out = f"runs/{_c.text(chosen.label) or _agent(chosen.agent)}-{chosen.seed}"
    texts = [_c.c_text(path), _c.c_text(out), config_text]
    request.until, request.memory_mb = until, memory_mb
    try:
        request.data_path, request.directory, request.config_path = texts
        return _run(request, os.fspath(out), progress)
    finally:  # they are Python's, and not the library's to free
        request.data_path = request.directory = request.config_path = ffi.NULL


def _agent(index: int) -> str:
    for k in range(lib.ams_n_train_keys):
        if _c.text(lib.ams_train_keys[k].name) == "agent":
            return _c.choices(lib.ams_train_keys[k].choices)[index]
    raise KeyError("agent")


_OUTCOMES = ("finished", "already", "stopped", "paused")


def _run(request: Any, out: str, listener: Listener | None) -> Run:
    stop = ffi.new("int *")
    heard = Progress(listener, stop)
    training, result = ffi.new("ams_training **"), ffi.new("ams_run_result *")
    how = ffi.new("ams_training_how *", {"stop": stop, "progress": heard.pointer})
    error, status = ffi.new("ams_error *"), int(lib.AMS_OK)
    try:
        _c.call_files(lib.ams_training_open, training, request, ffi.NULL, 0, heard.pointer)
        _c.call(lib.ams_training_choose_device, training, 1, heard.pointer)
        status = lib.ams_training_run(training[0], how, result, error)
    finally:
        lib.ams_training_close(training[0])
    heard.raise_caught()
    if status != lib.AMS_OK:
        raise error_of(status, _c.text(error.text))
    return Run(out, _OUTCOMES[result.outcome], int(result.updates), int(result.best_updates),
               result.best.time_ms, result.best.area, result.seconds, result.updates_per_s)


__all__ = ["AmsError", "Progress", "Run", "setting_text", "settings", "train"]
