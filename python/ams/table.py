"""Outputs files: what each model output on each item, recorded once."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from . import _library as _c
from ._library import ffi, lib
from .frame import Frame


class Table:
    """An outputs file in memory: N items, M models (at most 64), L labels.

    Arrays are views of the library's memory, without a copy and read-only. An execution is row
    ``item * M + model`` of a matrix in compressed sparse rows: its outputs are
    ``label[indptr[row]:indptr[row + 1]]`` and ``conf`` at the same places.
    """

    def __init__(self, path: str | os.PathLike):
        """Reads and checks the whole file; raises FileError or BadDataError."""
        handle = ffi.new("ams_table *")
        _c.call_files(lib.ams_table_read, handle, _c.c_text(path))
        self._own(handle, os.fspath(path))

    def _own(self, handle: Any, path: str | None) -> None:
        self.path = path
        self._table = ffi.gc(handle, lib.ams_table_fini)
        self.n_items = int(handle.n_items)
        self.n_models = int(handle.n_models)
        self.n_labels = int(handle.n_labels)

    def _view(self, field: str, shape: tuple | int, dtype: Any) -> np.ndarray:
        return _c.view(self._table, getattr(self._table, field), shape, dtype)

    # -- names --

    @property
    def name(self) -> str:
        """Name of the data set, "" where it has none."""
        return _c.text(self._table.name)

    @property
    def cost_unit(self) -> str:
        """Unit of all times: "ms", unless the file counts another cost."""
        return _c.text(lib.ams_table_cost_unit(self._table))

    @cached_property
    def models(self) -> list[str]:
        """(M) names of the models."""
        return _c.names(self._table.model_name)

    @cached_property
    def tasks(self) -> list[str]:
        """(M) the task of each model."""
        names = _c.names(self._table.task_name)
        return [names[k] for k in self._view("model_task", self.n_models, np.uint32)]

    @cached_property
    def labels(self) -> list[str]:
        """(L) labels as "task/label"."""
        return _c.names(self._table.label_name)

    @cached_property
    def items(self) -> list[str]:
        """(N) ids of the items."""
        return _c.names(self._table.item_id)

    @cached_property
    def groups(self) -> list[str]:
        """(N) where each item comes from."""
        names = _c.names(self._table.group_name)
        return [names[k] for k in self._view("item_group", self.n_items, np.uint32)]

    @cached_property
    def hash(self) -> str:
        """The content hash, as `ams data info` prints it."""
        value = ffi.new("char[]", int(lib.AMS_HASH_TEXT))
        _c.call(lib.ams_table_hash, self._table, value)
        return _c.text(value)

    # -- arrays --

    @cached_property
    def split(self) -> np.ndarray:
        """(N) uint8: 0 train, 1 validation, 2 test."""
        return self._view("split", self.n_items, np.uint8)

    @cached_property
    def time_ms(self) -> np.ndarray:
        """(M) float32: mean execution time in ms, or in ``cost_unit``."""
        return self._view("time_ms", self.n_models, np.float32)

    @cached_property
    def mem_mb(self) -> np.ndarray:
        """(M) float32: peak memory in MB."""
        return self._view("mem_mb", self.n_models, np.float32)

    @cached_property
    def theta(self) -> np.ndarray:
        """(M) float32: priority of each model."""
        return self._view("theta", self.n_models, np.float32)

    @cached_property
    def threshold(self) -> np.ndarray:
        """(M) float32: an output above it is valuable."""
        if self._table.threshold == ffi.NULL:
            return np.full(self.n_models, 0.5, np.float32)
        return self._view("threshold", self.n_models, np.float32)

    @cached_property
    def kinds(self) -> list[str]:
        """(M) what each model outputs on an item: "multi" (any labels), "single" (one), "real" (numbers)."""
        names = _c.choices(lib.ams_output_kinds)
        if self._table.kind == ffi.NULL:
            return names[:1] * self.n_models
        return [names[kind] for kind in self._view("kind", self.n_models, np.uint8)]

    @cached_property
    def indptr(self) -> np.ndarray:
        """(N * M + 1) uint64: where the outputs of each execution begin."""
        return self._view("indptr", self.n_items * self.n_models + 1, np.uint64)

    @cached_property
    def label(self) -> np.ndarray:
        """(outputs) uint32: which label, ascending within an execution."""
        return self._view("label", int(self.indptr[-1]), np.uint32)

    @cached_property
    def conf(self) -> np.ndarray:
        """(outputs) float32: confidences from 0 to 1."""
        return self._view("conf", int(self.indptr[-1]), np.float32)

    @cached_property
    def run_time_ms(self) -> np.ndarray | None:
        """(N, M) float32: time of each execution in ms; None where only means were recorded."""
        if self._table.run_time_ms == ffi.NULL:
            return None
        return self._view("run_time_ms", (self.n_items, self.n_models), np.float32)

    # -- look-ups --

    def in_split(self, split: str) -> np.ndarray:
        """Indices of the items of "train", "validation" or "test"."""
        return np.flatnonzero(self.split == _c.split_of(split))

    def model_index(self, model: str) -> int:
        """Index of a model; KeyError where there is none of that name."""
        found = _c.index_of(self._table.model_name, model)
        if found is None:
            raise KeyError(model)
        return found

    def outputs(self, item: int, model: int | str) -> list[tuple[str, float]]:
        """What a model output on an item: (label, confidence) each."""
        model = self.model_index(model) if isinstance(model, str) else model
        row = item * self.n_models + model
        at = slice(int(self.indptr[row]), int(self.indptr[row + 1]))
        return [(self.labels[k], float(c)) for k, c in zip(self.label[at], self.conf[at])]

    # -- frames --

    def model_frame(self) -> Frame:
        """One row per model."""
        return Frame({"model": self.models, "task": self.tasks, "time_ms": self.time_ms,
                      "mem_mb": self.mem_mb, "theta": self.theta, "threshold": self.threshold},
                     {"time_ms": self.cost_unit, "mem_mb": "MB"})

    def item_frame(self) -> Frame:
        """One row per item."""
        return Frame({"item": self.items, "group": self.groups,
                      "split": np.array(_c.SPLITS)[self.split]})

    def output_frame(self) -> Frame:
        """One row per output: item, model and label as indices, and the confidence."""
        row = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr.astype(np.int64)))
        return Frame({"item": row // self.n_models, "model": row % self.n_models,
                      "label": self.label, "conf": self.conf})

    def to_pandas(self) -> Any:
        """One row per output with names in place of indices, as categories; needs pandas."""
        import pandas

        frame = self.output_frame().to_pandas()
        for column, names in (("item", self.items), ("model", self.models), ("label", self.labels)):
            frame[column] = pandas.Categorical.from_codes(frame[column].to_numpy(), names)
        return frame

    def write(self, path: str | os.PathLike) -> None:
        """Writes an outputs file; it is whole or absent."""
        _c.call_files(lib.ams_table_write, self._table, _c.c_text(path))
        self.path = os.fspath(path)


# -- from arrays --

def write_arrays(path: str | os.PathLike, outputs: Mapping[str, np.ndarray], *, labels: Mapping[str, Sequence[str]],
                 items: Sequence[str], time_ms: Mapping[str, float], mem_mb: Mapping[str, float] | None = None,
                 tasks: Mapping[str, str] | None = None, groups: Sequence[str] | None = None,
                 split: Sequence[str] | None = None, keep: float = 0.01, name: str = "",
                 shares: Sequence[float] = (0.5, 0.1, 0.4), seed: int = 0) -> Table:
    """An outputs file from one array of confidences per model, as of a ``.npy`` or ``.npz``.

    outputs: model -> (N, classes) confidences from 0 to 1; those below ``keep`` are left out.
    labels: model -> names of its classes. tasks: model -> task; models of one task share labels; without
    it each model is a task of its own. time_ms: model -> mean time of an execution. split: one of
    "train", "validation", "test" per item; without it, items are dealt by ``shares`` and ``seed``.
    """
    models = list(outputs)
    tasks = {model: (tasks or {}).get(model, model) for model in models}
    full = {model: [f"{tasks[model]}/{label}" for label in labels[model]] for model in models}
    everything = sorted({label for names in full.values() for label in names})
    place = {label: k for k, label in enumerate(everything)}
    rows, marks, confs = [], [], []
    for m, model in enumerate(models):
        array = np.asarray(outputs[model], np.float32)
        if array.shape != (len(items), len(full[model])):
            raise ValueError(f"model {model!r}: expected an array of {len(items)} items x {len(full[model])} labels, "
                             f"found {array.shape}")
        item, column = np.nonzero(~(array < keep))  # what is no number is kept, and refused below
        rows.append(item.astype(np.int64) * len(models) + m)
        marks.append(np.array([place[label] for label in full[model]], np.uint32)[column])
        confs.append(array[item, column])
    row, mark, conf = map(np.concatenate, (rows, marks, confs))
    order = np.lexsort((mark, row))
    counts = np.bincount(row, minlength=len(items) * len(models))
    arrays = {"model_task": [sorted(set(tasks.values())).index(tasks[model]) for model in models],
              "theta": np.ones(len(models)), "time_ms": [time_ms[model] for model in models],
              "mem_mb": [(mem_mb or {}).get(model, 0) for model in models],
              "split": [_c.split_of(name) for name in split] if split is not None else np.zeros(len(items)),
              "indptr": np.concatenate([[0], np.cumsum(counts)]), "label": mark[order], "conf": conf[order]}
    names = {"model_name": models, "task_name": sorted(set(tasks.values())), "label_name": everything,
             "item_id": list(items)}
    _write(path, arrays, names, list(groups) if groups is not None else [""] * len(items), name)
    table = Table(path)
    if split is None:
        options = ffi.new("ams_split_options *", {"share": list(shares), "seed": seed})
        _c.call(lib.ams_data_split, table._table, options)
        table.write(path)
    return table


_TYPES = {"model_task": np.uint32, "theta": np.float32, "time_ms": np.float32, "mem_mb": np.float32,
          "item_group": np.uint32, "split": np.uint8, "indptr": np.uint64, "label": np.uint32, "conf": np.float32}


def _write(path: str | os.PathLike, arrays: dict, names: dict, groups: list[str], name: str) -> None:
    """Checks and writes a table whose arrays are NumPy's; its names are the library's."""
    names["group_name"] = list(dict.fromkeys(groups))
    place = {group: k for k, group in enumerate(names["group_name"])}
    arrays["item_group"] = [place[group] for group in groups]
    kept: list[Any] = []
    table = ffi.new("ams_table *", {"n_items": len(names["item_id"]), "n_models": len(names["model_name"]),
                                    "n_labels": len(names["label_name"])})
    for field in ("name", "created", "generator", "source", "license"):
        kept.append(_c.c_text(name if field == "name" else ""))
        setattr(table, field, kept[-1])
    for field, values in arrays.items():
        array = np.ascontiguousarray(values, _TYPES[field])
        kept.append(array)
        setattr(table, field, _c.pointer(ffi.getctype(ffi.typeof(getattr(table, field))), array))
    try:
        for field, texts in names.items():
            for k, text in enumerate(texts):
                data, index = text.encode(), ffi.new("uint32_t *")
                _c.call(lib.ams_names_add, ffi.addressof(table, field), data, len(data), index)
                if index[0] != k:
                    raise ValueError(f"{field.split('_')[0]} {text!r} stands twice")
        _c.call(lib.ams_table_check, table, len(arrays["conf"]))
        _c.call_files(lib.ams_table_write, table, _c.c_text(path))
    finally:
        for field in names:
            lib.ams_names_fini(ffi.addressof(table, field))
