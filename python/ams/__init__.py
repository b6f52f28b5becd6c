"""Adaptive model scheduling: which of many models to run next on an item, learned from recorded outputs.

    import ams
    run = ams.train("photos.h5", "runs/first", steps=2000)
    print(ams.evaluate("photos.h5", [run, "fixed", "knn", "oracle"]))
    print(ams.Policy(run).decide({"faces": {"faces/face": 0.93}}))

docs/python.md is the guide. Times are in milliseconds and memory in megabytes unless a name says
otherwise; N items, M models, L labels, F features, A = M + 1 actions, the last of which is END.
"""
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .comparing import Comparison, compare
from .errors import (AmsError, BackendError, BadDataError, DiffersError, DivergedError, FileError, LibraryError,
                     OnlineError, StoppedError, UsageError)
from .figures import plot
from .frame import Frame, read_tsv
from .online import OnlineScheduler
from .policy import Policy
from .recorder import Model, Recorder
from .scoring import Evaluation, evaluate
from .table import Table, write_arrays
from .training import Run, settings, train

if TYPE_CHECKING:
    from .env import Env, VectorEnv

__all__ = ["AmsError", "BackendError", "BadDataError", "Comparison", "DiffersError", "DivergedError", "Env",
           "Evaluation", "FileError", "Frame", "LibraryError", "Model", "OnlineError", "OnlineScheduler", "Policy",
           "Recorder", "Run", "StoppedError", "Table", "UsageError", "VectorEnv", "__version__", "compare", "evaluate",
           "plot", "read_tsv", "settings", "train", "write_arrays"]


def __getattr__(name: str) -> Any:
    """The environments are imported where they are used, since they import Gymnasium."""
    if name in ("Env", "VectorEnv"):
        from . import env

        return getattr(env, name)
    raise AttributeError(f"module 'ams' has no attribute {name!r}")


if "gymnasium.envs.registration" in sys.modules:
    from .gymnasium_plugin import register

    register()
