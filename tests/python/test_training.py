"""Training, comparison and figures from Python, against the program's own files."""
import os
import pathlib
import shutil
import signal
import threading
import unittest

import ams
import common


class Training(unittest.TestCase):
    def test_the_same_bits_as_the_programs(self):
        theirs = common.trained("agent=double")
        run = ams.train(common.tiny(), "mine", agent="double", **common.QUICK)
        self.assertEqual((run.outcome, run.updates), ("finished", 60))
        self.assertEqual(pathlib.Path("mine/policy.ams").read_bytes(), (theirs / "policy.ams").read_bytes())
        self.assertEqual(ams.train(common.tiny(), "mine", agent="double", **common.QUICK).outcome, "already")
        self.assertEqual(run.policy.agent, "double")

    def test_a_pause_moves_no_bit(self):
        theirs = common.trained("agent=double")
        first = ams.train(common.tiny(), "paused", until=30, agent="double", **common.QUICK)
        self.assertEqual((first.outcome, first.updates), ("paused", 30))
        ams.train(common.tiny(), "paused", agent="double", **common.QUICK)
        self.assertEqual(pathlib.Path("paused/policy.ams").read_bytes(), (theirs / "policy.ams").read_bytes())

    def test_progress_and_metrics(self):
        heard = []
        run = ams.train(common.tiny(), "heard", progress=lambda *what: heard.append(what), **common.QUICK)
        self.assertEqual(heard[-1][:2], (60, 60))
        self.assertIn("loss", heard[-1][2])
        metrics = run.metrics()
        self.assertEqual(metrics["update"].tolist(), [30, 60])

    def test_what_the_listener_raises_stops_it(self):
        def stop(done, _total, _note):
            if done >= 20:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            ams.train(common.tiny(), "stopped", progress=stop, **common.QUICK)
        self.assertFalse(pathlib.Path("stopped/policy.ams").exists())
        run = ams.train(common.tiny(), "stopped", **common.QUICK)
        self.assertEqual(run.outcome, "finished")
        self.assertEqual(pathlib.Path("stopped/policy.ams").read_bytes(), (common.trained() / "policy.ams").read_bytes())

    def test_ctrl_c_writes_a_checkpoint(self):
        """The signal comes from another thread while C trains."""
        killer = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT))
        with self.assertRaises(KeyboardInterrupt):
            ams.train(common.tiny(), "interrupted", progress=lambda done, *_: done == 1 and killer.start(),
                      **{**common.QUICK, "steps": 10**6})
        killer.join()
        self.assertTrue(list(pathlib.Path("interrupted/checkpoints").iterdir()))

    def test_settings(self):
        keys = ams.settings()
        self.assertEqual(keys.row(key="steps")["default"], "14000")
        self.assertIn("dueling", keys.row(key="agent")["choices"])
        with open("own.ini", "w", encoding="utf-8") as out:
            out.write("hidden = 8\nsteps = 5\n")
        run = ams.train(common.tiny(), "configured", config="own.ini", hidden=(16, 8), end=False,
                        goals=[0.5, 1.0], **{**common.QUICK, "steps": 20})
        text = pathlib.Path("configured/config.ini").read_text()
        for line in ("hidden = 16x8", "end = off", "goals = 0.5,1", "steps = 20"):
            self.assertIn(line, text)
        self.assertEqual(run.updates, 20)
        self.assertIn("ams train --data", pathlib.Path("configured/manifest.json").read_text())


class Comparing(unittest.TestCase):
    def test_the_same_rows_as_the_programs(self):
        for seed in (1, 2):
            ams.train(common.tiny(), f"exp/runs/dqn-{seed}", seed=seed, **common.QUICK)
        shutil.copytree("exp", "theirs")
        done = common.program("compare", "theirs", "--draws", 5, "--bootstrap", 100)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = ams.compare("exp", draws=5, bootstrap=100)
        self.assertEqual((result.n_runs, result.n_unfinished), (2, 0))
        result.write()
        mine, theirs = pathlib.Path("exp/compare.tsv").read_text(), pathlib.Path("theirs/compare.tsv").read_text()
        self.assertEqual(mine, theirs)
        row = result.frame().row(agent="dqn", required_recall="1.0", metric="time_ms")
        printed = ams.read_tsv("theirs/compare.tsv")
        keep = (printed["agent"] == "dqn") & (printed["metric"] == "time_ms") & (printed["required_recall"] == 1.0)
        self.assertAlmostEqual(row["mean"], printed["mean"][keep][0], places=3)
        self.assertEqual(row["seeds"], 2)
        self.same_differences(theirs=printed)
        if shutil.which("gnuplot"):
            drawn = ams.plot("exp", out="figures", what="learning-agents")
            self.assertTrue(drawn)
            self.assertTrue(all(path.exists() for path in drawn))

    def same_differences(self, theirs):
        """Paired intervals of an evaluation are the program's differences to `fixed`."""
        runs = ["dqn=exp/runs/dqn-1", "dqn=exp/runs/dqn-2"]
        paired = ams.evaluate(common.tiny(), [*runs, "fixed", "oracle"], draws=5, bootstrap=100).paired("dqn", "fixed")
        for recall in (0.5, 0.8, 0.9, 1.0):
            keep = (theirs["agent"] == "dqn") & (theirs["metric"] == "time_ms_diff_fixed") & (theirs["required_recall"] == recall)
            mine = paired.row(required_recall=recall)
            for own, column in (("mean", "mean"), ("low", "ci_low"), ("high", "ci_high")):
                self.assertAlmostEqual(mine[own], theirs[column][keep][0], places=3)


if __name__ == "__main__":
    common.main()
