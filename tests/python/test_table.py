"""Table against what the program exports, and arrays written by Python against what was put in."""
import gc
import json
import pathlib
import unittest

import ams
import common
import numpy as np


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = ams.Table(common.SMALL)

    def test_outputs_are_those_of_the_export(self):
        table = self.table
        done = common.program("data", "export", common.SMALL, "-o", "rows.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        place = {item: k for k, item in enumerate(table.items)}
        tasks = dict(zip(table.models, table.tasks))
        seen = 0
        with open("rows.jsonl", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                expected = sorted((f"{tasks[row['model']]}/{label}", conf) for label, conf in row["labels"])
                found = sorted(table.outputs(place[row["item"]], row["model"]))
                self.assertEqual([label for label, _ in found], [label for label, _ in expected])
                np.testing.assert_allclose([c for _, c in found], [c for _, c in expected], rtol=1e-7)
                seen += 1
                if seen == 3000:
                    break
        self.assertEqual(seen, 3000)

    def test_numbers_and_the_hash_are_the_programs(self):
        done = common.program("data", "info", common.SMALL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(self.table.hash, done.stdout)
        self.assertEqual((self.table.n_items, self.table.n_models), (1062, 62))
        self.assertEqual(len(self.table.labels), self.table.n_labels)
        self.assertEqual(self.table.kinds, ["multi"] * 62)

    def test_arrays_are_views_that_keep_the_memory(self):
        table = ams.Table(common.SMALL)
        conf, expected = table.conf, self.table.conf.copy()
        address = int(ams._library.ffi.cast("uintptr_t", table._table.conf))
        self.assertEqual(conf.__array_interface__["data"], (address, True))
        with self.assertRaises(ValueError):
            conf[0] = 1
        del table
        gc.collect()
        np.testing.assert_array_equal(conf, expected)

    def test_splits_and_frames(self):
        table = self.table
        self.assertEqual(sum(len(table.in_split(s)) for s in ("train", "validation", "test")), table.n_items)
        outputs = table.output_frame()
        self.assertEqual(len(outputs), len(table.conf))
        row = outputs["item"] * table.n_models + outputs["model"]
        np.testing.assert_array_equal(np.bincount(row, minlength=len(table.indptr) - 1), np.diff(table.indptr.astype(int)))
        self.assertEqual(table.model_frame().row(model=table.models[3])["task"], table.tasks[3])
        self.assertEqual(len(table.item_frame().where(split="test")), len(table.in_split("test")))

    def test_pandas(self):
        if not common.has("pandas"):
            self.skipTest("no pandas")
        frame = self.table.to_pandas()
        self.assertEqual(len(frame), len(self.table.conf))
        k = 1234
        self.assertEqual(frame.label[k], self.table.labels[self.table.label[k]])
        self.assertEqual(self.table.model_frame().to_pandas().attrs["units"]["time_ms"], "ms")

    def test_arguments(self):
        with self.assertRaises(KeyError):
            self.table.model_index("nobody")
        with self.assertRaisesRegex(ValueError, "split: expected one of train, validation, test, found 'tset'"):
            self.table.in_split("tset")


class Writing(unittest.TestCase):
    def arrays(self):
        rng = np.random.default_rng(1)
        np.savez("outputs.npz", faces=rng.random((40, 3)), scenes=rng.random((40, 5)))
        return dict(np.load("outputs.npz"))

    def test_arrays_come_back(self):
        outputs = self.arrays()
        labels = {"faces": ["man", "woman", "child"], "scenes": list("vwxyz")}
        table = ams.write_arrays("arrays.h5", outputs, labels=labels, items=[f"i{k:02}" for k in range(40)],
                                 time_ms={"faces": 10, "scenes": 25}, keep=0.25, name="mine")
        for model, names in labels.items():
            for i in range(40):
                found = dict(table.outputs(i, model))
                expected = {f"{model}/{name}": c for name, c in zip(names, outputs[model][i].astype(np.float32)) if c >= 0.25}
                self.assertEqual(found, {label: float(c) for label, c in expected.items()})
        self.assertEqual((table.name, table.models), ("mine", ["faces", "scenes"]))
        self.assertEqual(len(table.in_split("train")), 20)
        self.assertEqual(len(table.in_split("test")), 16)
        done = common.program("data", "check", "arrays.h5")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_refused(self):
        outputs = self.arrays()
        how = {"labels": {"faces": ["a", "b", "c"], "scenes": list("vwxyz")}, "items": [str(k) for k in range(40)],
               "time_ms": {"faces": 1, "scenes": 1}}
        with self.assertRaisesRegex(ValueError, r"model 'faces': expected an array of 40 items x 2 labels, found \(40, 3\)"):
            ams.write_arrays("bad.h5", outputs, **{**how, "labels": {"faces": ["a", "b"], "scenes": list("vwxyz")}})
        with self.assertRaisesRegex(ValueError, "item '7' stands twice"):
            ams.write_arrays("bad.h5", outputs, **{**how, "items": ["7"] * 40})
        for wrong in (1.5, np.nan):
            bad = {"faces": outputs["faces"].copy(), "scenes": outputs["scenes"]}
            bad["faces"][3, 1] = wrong
            with self.assertRaisesRegex(ams.BadDataError, "conf"):
                ams.write_arrays("bad.h5", bad, **how)
        self.assertFalse(pathlib.Path("bad.h5").exists())


if __name__ == "__main__":
    common.main()
