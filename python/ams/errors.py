"""Failures of the library as exceptions, in its own words.

The message is the one that the program ``ams`` prints: the place, what was expected, what was found,
how to mend it. ``code`` is the program's exit code for the same failure.
"""
from __future__ import annotations


class AmsError(Exception):
    """Any failure of the library; ``code`` is an ``ams_status``."""

    code = 0


class UsageError(AmsError, ValueError):
    """A wrong option, key or value."""

    code = 1


class BadDataError(AmsError, ValueError):
    """Input that breaks a rule of its format."""

    code = 2


class FileError(AmsError, OSError):
    """The operating system refused to open, read, write or rename."""

    code = 3


class BackendError(AmsError, RuntimeError):
    """Out of memory, a missing device, a failing numeric library."""

    code = 4


class DiffersError(AmsError, RuntimeError):
    """An exported policy gives other Q-values than its source."""

    code = 5


class DivergedError(AmsError, ArithmeticError):
    """A loss, a weight or a Q-value is not finite."""

    code = 6


class StoppedError(AmsError, RuntimeError):
    """Stopped by a signal before it was done; ``code`` is 128 + its number."""

    code = 128


class OnlineError(AmsError, ValueError):
    """A refusal of the online scheduler; ``code`` is an ``ams_online_code``."""


class LibraryError(ImportError):
    """The shared library was not found, or is of another version than this package."""


_BY_CODE = {kind.code: kind for kind in
            (UsageError, BadDataError, FileError, BackendError, DiffersError, DivergedError)}


def error_of(code: int, text: str) -> AmsError:
    """The exception for a status and its message."""
    error = _BY_CODE.get(code, StoppedError)(text)
    error.code = code
    return error
