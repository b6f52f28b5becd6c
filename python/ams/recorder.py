"""Recording: your own models' outputs into an outputs file, resumable."""
from __future__ import annotations

import json
import os
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import _library as _c
from ._library import ffi, lib
from .errors import UsageError
from .policy import Found
from .table import Table


@dataclass(frozen=True)
class Model:
    """One of your models. Models of one task share labels.

    run: a function of the item's input that returns {label: confidence} or labels, each confidence 1;
    None where you call it yourself. mem_mb: peak memory in MB. theta: priority. threshold: a confidence
    above it is valuable.

    In outputs files and policies a label is named task/label, "objects/person" say. Calling the model runs
    it and names them so: policies and schedulers are told what it returns as it is.
    """

    task: str
    run: Callable[[Any], Found] | None = None
    mem_mb: float = 0.0
    theta: float = 1.0
    threshold: float = 0.5

    def __call__(self, value: Any) -> Found:
        """What it finds on ``value``, by the names that outputs files and policies have."""
        if self.run is None:
            raise ValueError(f"a model of the task {self.task!r} has no function to call")
        found = self.run(value)
        if isinstance(found, Mapping):
            return {f"{self.task}/{label}": confidence for label, confidence in found.items()}
        return [f"{self.task}/{label}" for label in found]


class Recorder:
    """Writes one row per execution to NAME.rows.jsonl beside the outputs file, as they come.

    A recording that was stopped goes on: what stands in the rows is not executed again::

        with Recorder("mine.h5", models) as recorder:
            for path in paths:
                if not recorder.has(path):
                    recorder.run(path, load(path))
            table = recorder.finish()
    """

    def __init__(self, path: str | os.PathLike, models: Mapping[str, Model]):
        """path: the outputs file that ``finish`` makes. Raises UsageError where rows of other models are
        there, BadDataError for a damaged row."""
        if not 0 < len(models) <= lib.AMS_MAX_MODELS:
            raise ValueError(f"expected 1 to {lib.AMS_MAX_MODELS} models, found {len(models)}")
        self.path = pathlib.Path(path)
        self.models = dict(models)
        self.rows_path = self.path.with_suffix(".rows.jsonl")
        self.models_path = self.path.with_suffix(".models.tsv")
        self.counts: dict[str, int] = {}
        parser = ffi.new("ams_row_parser **")
        _c.call(lib.ams_row_parser_create, parser)
        self._parser = ffi.gc(parser[0], lib.ams_row_parser_destroy)
        self._done: dict[str, set[str]] = {}
        self._write_models()
        self._rows = open(self.rows_path, "ab+")  # noqa: SIM115
        try:
            self._read_rows()
        except BaseException:
            self._rows.close()
            raise

    def _write_models(self) -> None:
        lines = ["name\ttask\tmem_mb\ttheta\tthreshold"]
        lines += [f"{name}\t{m.task}\t{m.mem_mb!r}\t{m.theta!r}\t{m.threshold!r}" for name, m in self.models.items()]
        text = "\n".join(lines) + "\n"
        if self.rows_path.exists() and self.models_path.exists():
            before = [line.split("\t")[0] for line in self.models_path.read_text().splitlines()[1:]]
            if before != list(self.models):
                raise UsageError(f"{self.rows_path}: expected rows of the models {', '.join(self.models)}, found those "
                                 f"of {', '.join(before)}; remove it, or record to another file")
        partial = self.models_path.with_suffix(".tsv.partial")
        partial.write_text(text)
        os.replace(partial, self.models_path)

    def _read_rows(self) -> None:
        """What was recorded before; a last row that was cut short is removed."""
        self._rows.seek(0)
        end = 0
        for number, line in enumerate(self._rows, 1):
            if not line.endswith(b"\n"):
                break
            row = self._parse(line, f"{self.rows_path}:{number}")
            self._done.setdefault(row["item"], set()).add(row["model"])
            end += len(line)
        self._rows.truncate(end)
        self._rows.seek(0, os.SEEK_END)

    def _parse(self, line: bytes, where: str) -> dict[str, str]:
        row = ffi.new("ams_row *")
        try:
            _c.call(lib.ams_row_parse, self._parser, line, len(line.rstrip(b"\n")), row)
        except Exception as failure:
            failure.args = (f"{where}: {failure}",)
            raise
        return {"item": _c.text(row.item), "model": _c.text(row.model)}

    # -- recording --

    def has(self, item: str, model: str | None = None) -> bool:
        """Whether the item has a row of the model, or of all models."""
        done = self._done.get(item, set())
        return model in done if model is not None else len(done) == len(self.models)

    def record(self, item: str, model: str, found: Found, time_ms: float, *, group: str | None = None,
               split: str | None = None, truth: str | Sequence[str] | None = None) -> None:
        """One execution: what the model found on the item, and how long it took in ms.

        group: where the item comes from. split: "train", "validation" or "test"; without it items are
        dealt by ``finish``. truth: the right label or labels of the model's task. Raises BadDataError
        for what an import would refuse, and records nothing then.
        """
        if model not in self.models:
            raise KeyError(f"no model {model!r}; expected one of {', '.join(self.models)}")
        if self.has(item, model):
            raise UsageError(f"item {item!r}: model {model!r} was recorded already")
        pairs = found.items() if isinstance(found, Mapping) else [(label, 1.0) for label in found]
        row = {"item": item, "model": model, "time_ms": float(time_ms),
               "labels": [[str(label), float(confidence)] for label, confidence in pairs]}
        row.update({key: value for key, value in (("group", group), ("split", split), ("truth", truth))
                    if value is not None})
        line = json.dumps(row).encode() + b"\n"
        self._parse(line, f"item {item!r}, model {model!r}")
        self._rows.write(line)
        self._rows.flush()
        self._done.setdefault(item, set()).add(model)

    def run(self, item: str, value: Any, **fields: Any) -> dict[str, Found]:
        """Executes on ``value`` every model that has no row of the item yet, and records it.

        Returns what they found. fields: group, split and truth as of ``record``.
        """
        found = {}
        for name, model in self.models.items():
            if self.has(item, name):
                continue
            if model.run is None:
                raise ValueError(f"model {name!r} has no function; call record with what it found")
            start = time.perf_counter()
            found[name] = model.run(value)
            self.record(item, name, found[name], 1000 * (time.perf_counter() - start), **fields)
        return found

    def finish(self, *, name: str | None = None, shares: Sequence[float] = (0.5, 0.1, 0.4), seed: int = 0,
               cost_unit: str | None = None, allow_missing: bool = False) -> Table:
        """Imports the rows into the outputs file, which it returns; the rows stay.

        shares: of train, validation and test, dealt within each group by the seed. allow_missing: an
        execution without a row counts as one that found nothing. ``counts`` then has what was imported.
        """
        self._rows.flush()
        os.fsync(self._rows.fileno())
        rows, kept = _c.c_texts([self.rows_path])
        options = ffi.new("ams_import_options *", lib.ams_import_defaults())
        kept += [_c.c_text(value) for value in (self.models_path, self.path, name or self.path.stem, cost_unit)]
        options.models_path, options.output, options.name, options.cost_unit = kept[-4:]
        options.split = {"share": list(shares), "seed": seed}
        options.allow_missing = allow_missing
        counts = ffi.new("ams_import_counts *")
        _c.call_files(lib.ams_data_import, rows, 1, options, counts)
        self.counts = {field: int(getattr(counts, field)) for field in
                       ("rows", "missing_runs", "clamped", "n_items", "n_models", "n_labels", "n_outputs")}
        return Table(self.path)

    def close(self) -> None:
        """Closes the rows; a later Recorder goes on with them."""
        self._rows.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_failure: Any) -> None:
        self.close()
