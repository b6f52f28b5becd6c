"""What the tests of the Python package share: where things are, the program, and how a test is skipped."""
import functools
import importlib.util
import os
import pathlib
import subprocess
import unittest

BUILD = pathlib.Path(os.environ["AMS_BUILD"])
SOURCE = pathlib.Path(os.environ["AMS_SOURCE"])
PHOTOS = SOURCE / "data/photos.h5"
SMALL = SOURCE / "data/photos-60.h5"
QUICK = {"steps": 60, "warmup": 64, "log_every": 30, "validate_every": 60, "checkpoint_every": 30}


def program(*words, **how):
    """The finished `ams WORDS`."""
    return subprocess.run([str(BUILD / "ams"), *map(str, words)], capture_output=True, text=True, **how)


@functools.lru_cache(maxsize=None)
def trained(*settings, data=SMALL):
    """The folder of a short training by the program."""
    folder = pathlib.Path(f"run-{len(settings)}-{abs(hash((settings, data))) % 10**8}").absolute()
    keys = {**QUICK, **dict(setting.split("=", 1) for setting in settings)}
    done = program("train", "--data", data, "-o", folder, *(f"{key}={value}" for key, value in keys.items()))
    assert done.returncode == 0, done.stderr
    return folder


def has(module):
    """Whether a module is installed."""
    return importlib.util.find_spec(module) is not None


def main():
    """Runs the module's tests."""
    unittest.main(verbosity=1)
