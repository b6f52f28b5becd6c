"""Failures: the words of the program, the exception of its exit code, nothing left behind."""
import gc
import re
import threading
import time
import unittest

import ams
import common


class Words(unittest.TestCase):
    def same(self, kind, words, function, *arguments, **keys):
        done = common.program(*words)
        with self.assertRaises(kind) as caught:
            function(*arguments, **keys)
        printed = re.sub(r"^ams[a-z ]*: ", "", done.stderr.strip().splitlines()[-1])
        self.assertEqual(printed, str(caught.exception))
        self.assertEqual(done.returncode, caught.exception.code)

    def test_missing_file(self):
        self.same(ams.FileError, ("data", "info", "none.h5"), ams.Table, "none.h5")

    def test_no_outputs_file(self):
        with open("text.h5", "w", encoding="utf-8") as out:
            out.write("no HDF5")
        self.same(ams.BadDataError, ("eval", "--data", "text.h5", "--policy", "fixed"), ams.evaluate, "text.h5", "fixed")

    def test_unknown_policy(self):
        self.same(ams.UsageError, ("eval", "--data", common.SMALL, "--policy", "fixd"), ams.evaluate, common.SMALL, "fixd")

    def test_settings(self):
        with self.assertRaisesRegex(ams.UsageError, "did you mean 'steps'"):
            ams.train(common.SMALL, "run", stebs=3)
        with self.assertRaisesRegex(ams.UsageError, "batch"):
            ams.train(common.SMALL, "run", batch=-1)
        self.same(ams.FileError, ("compare", "empty"), ams.compare, "empty")

    def test_kinds(self):
        self.assertTrue(issubclass(ams.FileError, OSError) and issubclass(ams.BadDataError, ValueError))
        self.assertTrue(issubclass(ams.UsageError, ams.AmsError))

    def test_many_failures_leave_nothing(self):
        for _ in range(200):
            with self.assertRaises(ams.FileError):
                ams.Table("none.h5")
        gc.collect()


class Threads(unittest.TestCase):
    def test_python_runs_while_c_does(self):
        """Another thread advances while the library evaluates: the GIL is free."""
        counts = []

        def score():
            ams.evaluate(common.SMALL, "random", draws=40, bootstrap=50)
            counts.append(None)

        worker = threading.Thread(target=score)
        ticks = 0
        worker.start()
        while worker.is_alive():
            time.sleep(0.001)
            ticks += 1
        worker.join()
        self.assertEqual(len(counts), 1)
        self.assertGreater(ticks, 20)

    def test_files_in_many_threads(self):
        hashes = []
        threads = [threading.Thread(target=lambda: hashes.append(ams.Table(common.SMALL).hash)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(hashes)), 1)
        self.assertEqual(len(hashes), 6)


if __name__ == "__main__":
    common.main()
