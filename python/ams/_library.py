"""The shared library: found, checked and called.

Every call releases the GIL while C runs. HDF5 is not safe for several threads at a time, so calls that
read or write outputs files hold ``FILES``.
"""
from __future__ import annotations

import ctypes.util
import os
import pathlib
import shutil
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ._declared import ffi
from ._version import __version__
from .errors import LibraryError, error_of

_SERIES = ".".join(__version__.split(".")[:2])
_NAME = f"libams_framework.so.{_SERIES}"
FILES = threading.RLock()


def _candidates() -> Iterable[str]:
    """Where the library may be, the most specific place first."""
    if named := os.environ.get("AMS_LIBRARY"):
        yield named
        return
    folders = [pathlib.Path(__file__).parent]
    prefixes = [pathlib.Path(sys.prefix), pathlib.Path(sys.base_prefix), pathlib.Path("/usr/local")]
    if program := shutil.which("ams"):
        prefixes.insert(0, pathlib.Path(program).resolve().parent.parent)
    for prefix in prefixes:
        folders += [prefix / "lib", *sorted((prefix / "lib").glob("*-linux-gnu")), prefix / "lib64"]
    for folder in folders:
        if (folder / _NAME).exists():
            yield str(folder / _NAME)
    yield _NAME
    if found := ctypes.util.find_library("ams_framework"):
        yield found


def _load() -> Any:
    failures = []
    for path in _candidates():
        try:
            library = ffi.dlopen(path, ffi.RTLD_NOW | ffi.RTLD_LOCAL)
            version = ffi.string(library.ams_version).decode()
        except (OSError, AttributeError, ffi.error) as failure:  # the last: a library without ams_version
            failures.append(str(failure))
            continue
        if version.split(".")[:2] != __version__.split(".")[:2]:
            raise LibraryError(f"{path}: expected version {_SERIES} of the library, found {version}; "
                               "install the package and the library of one version")
        return library
    raise LibraryError(f"{_NAME} was not found ({'; '.join(failures)}); install it with "
                       "`cmake --install BUILD --component runtime --prefix PREFIX`, or name the file "
                       "in the environment variable AMS_LIBRARY")


lib = _load()
_libc = ffi.dlopen(None)


# -- calls --

def call(function: Any, *arguments: Any) -> None:
    """Calls what returns ams_status and takes an ams_error last; raises the failure."""
    error = ffi.new("ams_error *")
    status = function(*arguments, error)
    if status != lib.AMS_OK:
        raise error_of(status, text(error.text))


def call_files(function: Any, *arguments: Any) -> None:
    """The same of what reads or writes outputs files."""
    with FILES:
        call(function, *arguments)


# -- texts --

def text(pointer: Any) -> str:
    """A C text; "" for NULL."""
    return "" if pointer == ffi.NULL else ffi.string(pointer).decode("utf-8", "replace")


def c_text(value: str | os.PathLike | bytes | None) -> Any:
    """A C text of a Python one, or NULL; the caller keeps it alive."""
    if value is None:
        return ffi.NULL
    if not isinstance(value, bytes):
        value = os.fsencode(value)
    if b"\0" in value:
        raise ValueError("expected a text without the character 0")
    return ffi.new("char[]", value)


def c_texts(values: Sequence[Any]) -> tuple[Any, list]:
    """An array of C texts, and what keeps it alive."""
    kept = [c_text(value) for value in values]
    array = ffi.new("const char *[]", kept)
    return array, [array, *kept]


def take_text(pointer: Any) -> str:
    """A text that is ours to free."""
    value = text(pointer)
    _libc.free(pointer)
    return value


def names(table: Any) -> list[str]:
    """All names of an ams_names."""
    at = ffi.addressof(table)
    return [text(lib.ams_names_get(at, i)) for i in range(table.count)]


def index_of(table: Any, name: str) -> int | None:
    """Index of a name; None where it is absent."""
    data = name.encode()
    found = lib.ams_names_find(ffi.addressof(table), data, len(data))
    return None if found == 0xFFFFFFFF else found


def choices(array: Any) -> list[str]:
    """The names of a NULL-terminated list."""
    found = []
    while array[len(found)] != ffi.NULL:
        found.append(text(array[len(found)]))
    return found


def choice(what: str, value: str, known: Sequence[str]) -> int:
    """Place of a name in a list; ValueError with all of them."""
    if value not in known:
        raise ValueError(f"{what}: expected one of {', '.join(known)}, found {value!r}")
    return known.index(value)


SPLITS = ("train", "validation", "test")


def split_of(name: str) -> int:
    """ams_split of "train", "validation" or "test"."""
    return choice("split", name, SPLITS)


# -- arrays --

class _Memory:
    """Memory of the library as NumPy sees it, which keeps its owner alive."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, owner: Any, address: int, shape: tuple, dtype: Any):
        self.owner = owner
        self.__array_interface__ = {"data": (address, True), "shape": shape,
                                    "typestr": np.dtype(dtype).str, "version": 3}


def view(owner: Any, pointer: Any, shape: tuple | int, dtype: Any) -> np.ndarray:
    """A read-only array over the library's memory, without a copy."""
    shape = shape if isinstance(shape, tuple) else (shape,)
    if pointer == ffi.NULL or 0 in shape:
        return np.empty(shape if 0 in shape else 0, dtype)
    return np.asarray(_Memory(owner, int(ffi.cast("uintptr_t", pointer)), shape, dtype))


def pointer(kind: str, array: np.ndarray) -> Any:
    """An array's memory as a C pointer; the array has to outlive it."""
    return ffi.cast(kind, array.ctypes.data)
