"""Failures of the library as exceptions, in its own words.

The message is the one that the program ``ams`` prints: the place, what was expected, what was found,
how to mend it. ``code`` is the program's exit code for the same failure.
"""
from __future__ import annotations


class AmsError(Exception):
    """Any failure of the library; ``code`` is an ``ams_status``."""

    code = 0
    by_code: dict[int, type[AmsError]] = {}

    def __init_subclass__(cls, code: int | None = None):
        if code is not None:
            cls.code = code
            AmsError.by_code[code] = cls


class UsageError(AmsError, ValueError, code=1):
    """A wrong option, key or value."""


class BadDataError(AmsError, ValueError, code=2):
    """Input that breaks a rule of its format."""


class FileError(AmsError, OSError, code=3):
    """The operating system refused to open, read, write or rename."""


class BackendError(AmsError, RuntimeError, code=4):
    """Out of memory, a missing device, a failing numeric library."""


class DiffersError(AmsError, RuntimeError, code=5):
    """An exported policy gives other Q-values than its source."""


class DivergedError(AmsError, ArithmeticError, code=6):
    """A loss, a weight or a Q-value is not finite."""


class StoppedError(AmsError, RuntimeError):
    """Stopped by a signal before it was done; ``code`` is 128 + its number."""

    code = 128


class OnlineError(AmsError, ValueError):
    """A refusal of the online scheduler; ``code`` is an ``ams_online_code``."""


class LibraryError(ImportError):
    """The shared library was not found, or is of another version than this package."""


def error_of(code: int, text: str) -> AmsError:
    """The exception for a status and its message."""
    error = AmsError.by_code.get(code, StoppedError)(text)
    error.code = code
    return error
