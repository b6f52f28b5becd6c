"""Columns, rows and files of a frame."""
import unittest

import ams
import common
import numpy as np


class Frames(unittest.TestCase):
    def setUp(self):
        self.frame = ams.Frame({"name": ["a", "b", "c"], "n": [3, 1, 2], "x": [0.5, 1.25, 2.0]}, {"x": "ms"})

    def test_rows(self):
        self.assertEqual(len(self.frame), 3)
        self.assertEqual(self.frame.rows()[1], {"name": "b", "n": 1, "x": 1.25})
        self.assertEqual(self.frame.row(name="c")["x"], 2.0)
        self.assertEqual(self.frame.where(n=1)["name"].tolist(), ["b"])
        with self.assertRaises(KeyError):
            self.frame.row(name="d")
        with self.assertRaises(ValueError):
            ams.Frame({"a": [1], "b": [1, 2]})
        self.assertEqual(len(ams.Frame.of_rows(("a", "b"), [])), 0)

    def test_file(self):
        self.frame.write("frame.tsv")
        back = ams.read_tsv("frame.tsv")
        self.assertEqual(back.columns, self.frame.columns)
        np.testing.assert_array_equal(back["x"], self.frame["x"])
        np.testing.assert_array_equal(back["name"], self.frame["name"])

    def test_text(self):
        self.assertEqual(str(self.frame).splitlines(), ["name  n  x", "a     3  0.5", "b     1  1.25", "c     2  2"])


if __name__ == "__main__":
    common.main()
