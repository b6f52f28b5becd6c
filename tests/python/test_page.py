"""The blocks of docs/python.md, one after the other as a reader would run them, and what the page says of them."""
import os
import pathlib
import re
import shutil
import sys
import types
import unittest
from unittest import mock

import ams
import common
import numpy as np

PAGE = common.SOURCE / "docs/python.md"


def blocks():
    """(line, code) of every block of Python of the page."""
    text = PAGE.read_text()
    for found in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S):
        yield text.count("\n", 0, found.start(1)) + 1, found[1]


class Plotted(types.ModuleType):
    """A backend for pandas that draws nothing: what the page plots has to be there."""

    def __init__(self):
        super().__init__("plotted")
        self.drawn = []

    def plot(self, data, kind, **how):
        self.drawn.append((kind, data.x.dtype, len(data)) if hasattr(data, "x") else (kind, data[how["x"]].tolist(), len(data[how["y"]])))


class Page(unittest.TestCase):
    def given(self):
        """What a reader has: the photos, models, items and arrays."""
        os.makedirs("page/data")
        os.makedirs("page/photos")
        shutil.copy(common.tiny(), "page/data/photos.h5")
        rng = np.random.default_rng(2)
        names = ["person", "dog", "car"]
        for k in range(60):
            pathlib.Path(f"page/photos/{k:02}.txt").write_text(" ".join(f"{n}:{rng.random():.2f}" for n in names if rng.random() < 0.5))
        pathlib.Path("page/photos/photo.jpg").write_text("person:0.9 dog:0.8")

        def load(path):
            return {n: float(c) for n, c in (word.split(":") for word in pathlib.Path(path).read_text().split())}

        np.savez("page/outputs.npz", vit=rng.random((50, 4)), cnn=rng.random((50, 4)))
        return {"np": np, "load": load, "paths": sorted(f"photos/{k:02}.txt" for k in range(60)), "image": load("page/photos/photo.jpg"),
                "run_small": lambda x: {n: c * 0.6 for n, c in x.items()}, "run_large": dict,
                "run_faces": lambda x: ["face"] if x.get("person", 0) > 0.3 else [],
                "ids": [f"i{k}" for k in range(50)], "names": ["a", "b", "c", "d"]}

    def test_every_block(self):
        space, ran, drawn = self.given(), 0, Plotted()
        here = pathlib.Path.cwd()
        os.chdir("page")
        try:
            for line, code in blocks():
                if "pandas" in code:
                    if not common.has("pandas"):
                        continue
                    import pandas

                    space["pandas"] = pandas
                    with mock.patch.dict(sys.modules, plotted=drawn), pandas.option_context("plotting.backend", "plotted"):
                        exec(compile(code, f"{PAGE}:{line}", "exec"), space)
                    self.assertEqual(drawn.drawn, [("line", [2000], 1)])
                elif "plot" not in code or shutil.which("gnuplot"):
                    exec(compile(code, f"{PAGE}:{line}", "exec"), space)
                ran += 1
            self.afterwards(space)
        finally:
            os.chdir(here)
        self.assertGreaterEqual(ran, 7)

    def afterwards(self, space):
        """Names that the page gave, and files that it says are there."""
        self.assertEqual(space["table"].n_items, 60)
        self.assertTrue(pathlib.Path("mine.rows.jsonl").exists())
        self.assertEqual(ams.Table("arrays.h5").models, ["vit", "cnn"])
        self.assertEqual(space["result"].policies[0], space["result"].frame()["policy"][0])
        self.assertEqual(space["comparison"].n_runs, 1)
        self.assertTrue(pathlib.Path("exp/compare.tsv").exists())
        self.assertTrue(pathlib.Path("results/mine/plots/recall-time.svg").exists() or not shutil.which("gnuplot"))
        self.assertEqual(space["observations"].shape[0], 64)
        live = space["scheduler"].run(space["models"], space["image"])
        self.assertEqual((live.unknown, sorted(live.labels)), (0, ["faces/face", "objects/dog", "objects/person"]))
        done = common.program("report", "--watch", "exp", "--every", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("mine", pathlib.Path("exp/live.html").read_text())

    def test_what_there_is(self):
        """Every name of the table is the package's, and every public name that is no exception stands on the page."""
        text = PAGE.read_text()
        table = text[text.index("## What there is"):text.index("`help(ams.evaluate)`")]
        named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)}
        self.assertEqual({name for name in named if not hasattr(ams, name)}, set())
        public = {name for name in ams.__all__ if not name.endswith("Error") and not name.startswith("_")}
        self.assertEqual(public - named, {"read_tsv"})
        failures = set(re.findall(r"`(\w+Error)`", text[text.index("## Failures"):])) - {"ValueError", "OSError", "RuntimeError", "ArithmeticError"}
        self.assertEqual({name for name in failures if not issubclass(getattr(ams, name), ams.AmsError)}, set())
        for name, base, code in re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d)", text[text.index("## Failures"):], re.M):
            self.assertTrue(issubclass(getattr(ams, name), getattr(__import__("builtins"), base)), name)
            self.assertEqual(getattr(ams, name).code, int(code), name)


if __name__ == "__main__":
    common.main()
