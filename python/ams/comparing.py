"""The runs of an experiment against each other and baselines, as ``ams compare`` does it."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from . import _library as _c
from ._library import ffi, lib
from .frame import Frame
from .training import Listener, Progress


class Comparison:
    """What the runs of a folder scored, and the baselines beside them."""

    def __init__(self, handle: Any, kept: list):
        self._compare, self._kept = handle, kept
        self.n_runs = int(handle.n_runs)
        self.n_unfinished = int(handle.n_unfinished)

    def frame(self) -> Frame:
        """agent, seeds, required_recall, metric; mean and the ends of its 95 % interval.

        The same rows as compare.tsv; required_recall is "-" where none applies.
        """
        rows = []
        for k in range(self._compare.n_rows):
            row = self._compare.row[k]
            rows.append((_c.text(row.agent), int(row.seeds), _c.text(row.required_recall), _c.text(row.metric),
                         row.interval.mean, row.interval.low, row.interval.high))
        return Frame.of_rows(("agent", "seeds", "required_recall", "metric", "mean", "low", "high"), rows)

    def write(self) -> None:
        """compare.tsv, compare.md and compare.json in the folder, and what ``plot`` reads in eval/."""
        _c.call(lib.ams_compare_write, self._compare)


def compare(directory: str | os.PathLike, *, data: str | os.PathLike | None = None,
            baselines: Sequence[str] = ("fixed", "random", "oracle"), policies: Sequence[str | os.PathLike] = (),
            split: str = "test", draws: int = 100, bootstrap: int = 10000, seed: int = 0, threads: int = 1,
            progress: Listener | None = None) -> Comparison:
    """Scores each finished run in DIRECTORY/runs; runs of one label are seeds of one configuration.

    data: scored in place of the data that the runs were trained on. policies: others to set beside them.
    """
    heard = Progress(progress)
    options = ffi.new("ams_compare_options *", lib.ams_compare_defaults())
    specs, kept = _c.c_texts([os.fspath(policy) for policy in policies])
    kinds, more = _c.c_texts(list(baselines))
    kept += [*more, _c.c_text(directory), _c.c_text(data), _c.c_text("ams.compare (Python)"), heard]
    options.directory, options.baseline, options.n_baselines = kept[-4], kinds, len(baselines)
    score = options.score
    score.data_path, score.command, score.progress = kept[-3], kept[-2], heard.pointer
    score.policy, score.n_policies, score.split = specs, len(policies), _c.split_of(split)
    score.draws, score.bootstrap_draws, score.seed, score.threads = draws, bootstrap, seed, threads
    handle = ffi.gc(ffi.new("ams_compare *"), lib.ams_compare_close)
    _c.call_files(lib.ams_compare_run, handle, options)
    heard.raise_caught()
    return Comparison(handle, kept)
