"""Scores, intervals and orders, against the program's tables; functions as policies, against what they copy."""
import shutil
import unittest

import ams
import common
import numpy as np


class Scores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trained = common.trained()
        cls.result = ams.evaluate(common.tiny(), {"mine": cls.trained, "f": "fixed", "o": "oracle"}, draws=10, bootstrap=200)

    def test_numbers_are_the_programs(self):
        done = common.program("eval", "--data", common.tiny(), "--policy", f"mine={self.trained}", "--policy", "f=fixed",
                              "--policy", "o=oracle", "--draws", 10, "--bootstrap", 200, "-o", "scored")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("\n".join(str(self.result).splitlines()[2:]), done.stdout)
        theirs = ams.read_tsv("scored/intervals.tsv")
        mine = self.result.frame()
        compared = 0
        for row in theirs.rows():
            if np.isnan(row["required_recall"]):
                continue
            own = mine.row(policy=row["policy"], metric=row["metric"], required_recall=row["required_recall"])
            for name, column in (("mean", "mean"), ("low", "ci_low"), ("high", "ci_high")):
                self.assertLess(abs(own[name] - row[column]), 1e-4 * max(1, abs(row[column])))
            compared += 1
        self.assertEqual(compared, 5 * 10 * 5)
        self.result.write("written")
        for name in ("summary.tsv", "intervals.tsv", "curves.tsv", "positions.tsv"):
            with open(f"written/{name}", encoding="utf-8") as a, open(f"scored/{name}", encoding="utf-8") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_best_first(self):
        means = [self.result.frame().row(policy=p, metric="time_ms", required_recall=1.0)["mean"] for p in self.result.policies]
        self.assertEqual(means, sorted(means))
        self.assertEqual(self.result.policies[0], "o")
        self.assertIn("Mean time (ms)", str(self.result))
        with self.assertRaisesRegex(KeyError, "expected one of"):
            self.result.paired("mine", "nobody")

    def test_paired(self):
        """The mean of the differences, an interval around it, and none to itself."""
        found = self.result.paired("mine", "f").row(required_recall=0.8)
        frame = self.result.frame()
        mean = [frame.row(policy=p, metric="time_ms", required_recall=0.8)["mean"] for p in ("mine", "f")]
        self.assertAlmostEqual(found["mean"], mean[0] - mean[1], places=9)
        self.assertLess(found["low"], found["mean"])
        self.assertLess(found["mean"], found["high"])
        self.assertEqual(self.result.paired("f", "f")["high"].tolist(), [0.0] * 10)

    def test_plot(self):
        if not shutil.which("gnuplot"):
            self.skipTest("no gnuplot")
        self.result.write("drawn")
        drawn = ams.plot("drawn", what="recall-time")
        self.assertEqual([path.suffix for path in drawn], [".svg"])


class Functions(unittest.TestCase):
    def test_a_copy_scores_like_what_it_copies(self):
        """A function that returns the policy's odds per time gives the policy's orders."""
        table = ams.Table(common.tiny(""))
        policy = ams.Policy(common.trained(data=common.tiny("")))

        def copy(observations, _masks):
            return policy.q(observations)[:, :-1] - np.log(table.time_ms)

        copy.features = policy.features
        result = ams.evaluate(table, {"theirs": policy.path, "copy": copy}, draws=2, bootstrap=100)
        self.assertEqual(policy.goals, [0.5, 0.8, 0.9, 1.0])
        (items, theirs), (own_items, mine) = result.orders("theirs"), result.orders("copy")
        np.testing.assert_array_equal(items, own_items)
        self.assertGreater(np.mean(theirs == mine), 0.999)  # sums round differently
        paired = result.paired("copy", "theirs").row(required_recall=1.0)
        self.assertLess(abs(paired["mean"]), 1.0)

    def test_actions_and_values(self):
        """The cheapest first, as actions and as values, is the order of the times."""
        table = ams.Table(common.tiny())
        order = np.argsort(table.time_ms, kind="stable")

        def as_actions(_observations, masks):
            return order[masks[:, order].argmax(axis=1)]

        def as_values(observations, masks):
            observations[:], masks[:, 0] = -1, 0  # they are its own
            return np.tile(-table.time_ms, (len(masks), 1))

        result = ams.evaluate(table, [as_actions, as_values], draws=2, bootstrap=50)
        for name in ("as_actions", "as_values"):
            self.assertTrue((table.time_ms[result.orders(name)[1]] == np.sort(table.time_ms)).all())

    def test_what_is_refused(self):
        with self.assertRaisesRegex(ams.UsageError, "a model that was executed already"):
            ams.evaluate(common.tiny(), {"first": lambda _o, masks: np.zeros(len(masks), int)})
        with self.assertRaisesRegex(ValueError, r"expected actions \(\d+\) or values"):
            ams.evaluate(common.tiny(), {"short": lambda _o, masks: np.zeros((len(masks), 3))})
        with self.assertRaisesRegex(ValueError, "found nan"):
            ams.evaluate(common.tiny(), {"nan": lambda _o, masks: np.full(masks[:, :-1].shape, np.nan)})
        with self.assertRaises(TypeError):
            ams.evaluate(common.tiny(), [3])
        with self.assertRaisesRegex(ams.UsageError, "give one of them another name"):
            ams.evaluate(common.tiny(), ["fixed", "x=knn", "x=cooccur"])


if __name__ == "__main__":
    common.main()
