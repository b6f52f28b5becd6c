"""The examples as users start them, small; the notebook is its script's, and every cell of it runs."""
import contextlib
import io
import os
import pathlib
import runpy
import sys
import unittest
from unittest import mock

import common

EXAMPLES = common.SOURCE / "examples/python"


def run(script, *words):
    """What a script prints. It runs in this process, where NumPy is loaded already."""
    printed = io.StringIO()
    with mock.patch.object(sys, "argv", [str(script), *map(str, words)]), contextlib.redirect_stdout(printed):
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    return printed.getvalue()


class Examples(unittest.TestCase):
    """five_steps.py runs in test_install.py, where it is installed."""

    def test_lengths(self):
        for name, most in (("five_steps.py", 40), ("torch_agent.py", 60), ("sklearn_policy.py", 30)):
            self.assertLessEqual(len((EXAMPLES / name).read_text().splitlines()), most, name)

    def test_torch(self):
        if not common.has("torch"):
            self.skipTest("no PyTorch here")
        printed = run("torch_agent.py", common.tiny(), 30, common.trained())
        self.assertRegex(printed, r"[0-9.]+ % of the time in the environment")
        self.assertIn("torch", printed)
        self.assertIn("required_recall", printed)

    def test_sklearn(self):
        if not common.has("sklearn"):
            self.skipTest("no scikit-learn here")
        printed = run("sklearn_policy.py", common.tiny())
        self.assertIn("ridge", printed)

    def test_notebook(self):
        made = pathlib.Path("quickstart.ipynb")
        run("make_notebook.py", EXAMPLES / "quickstart.py", made)
        self.assertEqual(made.read_text(), (EXAMPLES / "quickstart.ipynb").read_text(), "run examples/python/make_notebook.py")
        if not (common.has("nbclient") and common.has("ipykernel")):
            self.skipTest("no Jupyter here")
        import nbclient
        import nbformat

        notebook = nbformat.read(made, as_version=4)
        os.makedirs("without/debugpy")  # which the kernel does without, and whose import takes a tenth of these tests
        pathlib.Path("without/debugpy/__init__.py").write_text("raise ImportError")
        path = f"{pathlib.Path('without').absolute()}:{os.environ['PYTHONPATH']}"
        with mock.patch.dict(os.environ, {"AMS_DATA": str(common.tiny()), "AMS_STEPS": "60", "PYTHONPATH": path}):
            nbclient.execute(notebook, timeout=240)
        printed = ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
        self.assertEqual(sum(map(bool, printed)), len(printed))
        self.assertIn("204 photos, 12 models", printed[0])


if __name__ == "__main__":
    common.main()
