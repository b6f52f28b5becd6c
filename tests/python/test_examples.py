"""The examples as users start them, small; the notebook is its script's, and every cell of it runs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import common

EXAMPLES = common.SOURCE / "examples/python"


def run(*words, **env):
    """The output of a script that succeeds."""
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, env={**os.environ, **env})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Examples(unittest.TestCase):
    def test_lengths(self):
        for name, most in (("five_steps.py", 40), ("torch_agent.py", 60), ("sklearn_policy.py", 30)):
            self.assertLessEqual(len((EXAMPLES / name).read_text().splitlines()), most, name)

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_five_steps(self):
        printed = run(EXAMPLES / "five_steps.py", "five")
        self.assertIn("recall-time.svg", printed)
        self.assertRegex(printed, r"found .* by .*; [0-9.]+ ms saved")
        again = run(EXAMPLES / "five_steps.py", "five")  # nothing is recorded or trained twice
        self.assertEqual([line for line in printed.splitlines() if "dqn" in line],
                         [line for line in again.splitlines() if "dqn" in line])

    def test_torch(self):
        if not common.has("torch"):
            self.skipTest("no PyTorch here")
        printed = run(EXAMPLES / "torch_agent.py", common.SMALL, 30, common.trained())
        self.assertRegex(printed, r"[0-9.]+ % of the time in the environment")
        self.assertIn("torch", printed)
        self.assertIn("required_recall", printed)

    def test_sklearn(self):
        if not common.has("sklearn"):
            self.skipTest("no scikit-learn here")
        printed = run(EXAMPLES / "sklearn_policy.py", common.SMALL)
        self.assertIn("ridge", printed)

    def test_notebook(self):
        made = pathlib.Path("quickstart.ipynb")
        run(EXAMPLES / "make_notebook.py", EXAMPLES / "quickstart.py", made)
        self.assertEqual(made.read_text(), (EXAMPLES / "quickstart.ipynb").read_text(), "run examples/python/make_notebook.py")
        if not (common.has("nbconvert") and common.has("ipykernel")):
            self.skipTest("no Jupyter here")
        run("-m", "nbconvert", "--to", "notebook", "--execute", "--output", "done.ipynb", made,
            AMS_DATA=str(common.SMALL), AMS_STEPS="60")
        cells = json.loads(pathlib.Path("done.ipynb").read_text())["cells"]
        printed = ["".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", [])]
        self.assertEqual(sum(bool(cell.get("outputs")) for cell in cells), sum(c["cell_type"] == "code" for c in cells))
        self.assertIn("1062 photos, 62 models", printed[0])


if __name__ == "__main__":
    os.makedirs("five", exist_ok=True)
    common.main()
