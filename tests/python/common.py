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

TINY_MODELS = ("centernet", "face-mediapipe-full", "face-faceboxes", "facemesh", "gender-ssrnet", "age-gear", "emotion-minixception",
               "pose-movenet-lightning", "scene-mobilenet-v1-075", "mobilenet-v2-100", "yolo-fastest-1.1", "text-detect-ppocr")


def program(*words, **how):
    """The finished `ams WORDS`."""
    # With sanitizers the interpreter has their run-time library loaded before it (run.sh); the program has its own.
    env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    return subprocess.run([str(BUILD / "ams"), *map(str, words)], capture_output=True, text=True, env=env, **how)


@functools.lru_cache(maxsize=None)
def photos():
    """The table of PHOTOS."""
    import ams

    return ams.Table(PHOTOS)


@functools.lru_cache(maxsize=None)
def tiny(groups="faces_people,coco_like,pets"):
    """A part of SMALL, for what trains, scores and draws: 12 models of several tasks, 204 items; groups="" has all 1,062."""
    path = pathlib.Path(f"tiny{len(groups)}.h5").absolute()
    some = ("--groups", groups) if groups else ()
    done = program("data", "select", SMALL, "--models", ",".join(TINY_MODELS), *some, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@functools.lru_cache(maxsize=None)
def trained(*settings, data=None):
    """The folder of a short training by the program, of the tiny table where no other is given."""
    data = data or tiny()
    folder = pathlib.Path(f"run-{len(settings)}-{abs(hash((settings, data))) % 10**8}").absolute()
    keys = {**QUICK, **dict(setting.split("=", 1) for setting in settings)}
    done = program("train", "--data", data, "-o", folder, *(f"{key}={value}" for key, value in keys.items()))
    assert done.returncode == 0, done.stderr
    return folder


def has(module):
    """Whether a module is installed."""
    return importlib.util.find_spec(module) is not None


def print_speed(what, figures, unit):
    """The median of figures taken one after the other, least and most; printed, since no test depends on a clock."""
    figures = sorted(figures)
    print(f"{what}: {figures[len(figures) // 2]:.3g} {unit} ({figures[0]:.3g} to {figures[-1]:.3g})")


def main():
    """Runs the module's tests."""
    unittest.main(verbosity=1)
