"""Recording: against the program's import of the same rows; stopped, damaged and resumed."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import ams
import common
import numpy as np

TABLE = {"faces": ams.Model("faces", lambda x: {"face": x % 10 / 10} if x % 3 else {}, mem_mb=18),
         "scenes": ams.Model("scene", lambda x: [f"scene{x % 4}"], mem_mb=40, theta=2.0, threshold=0.25)}


def record(path, items, models=TABLE):
    """Records and imports."""
    with ams.Recorder(path, models) as recorder:
        for item in items:
            if not recorder.has(f"i{item}"):
                recorder.run(f"i{item}", item, group="even" if item % 2 == 0 else "odd")
        return recorder.finish(name="mine")


class Recording(unittest.TestCase):
    def test_rows_come_back(self):
        table = record("all.h5", range(30))
        self.assertEqual((table.n_items, table.models, table.tasks), (30, ["faces", "scenes"], ["faces", "scene"]))
        for k, item in enumerate(table.items):
            x = int(item[1:])
            expected = [("faces/face", x % 10 / 10)] if x % 3 else []
            self.assertEqual([(n, round(c, 6)) for n, c in table.outputs(k, "faces")], expected)
            self.assertEqual(table.outputs(k, "scenes"), [(f"scene/scene{x % 4}", 1.0)])
        self.assertEqual(table.mem_mb.tolist(), [18, 40])
        self.assertEqual(table.threshold.tolist(), [0.5, 0.25])
        self.assertEqual(table.run_time_ms.shape, (30, 2))
        self.assertEqual(len(table.in_split("test")), 12)
        done = common.program("data", "import", "all.rows.jsonl", "--models", "all.models.tsv", "-o", "program.h5", "--name", "mine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(ams.Table("program.h5").hash, table.hash)

    def test_a_killed_recording_goes_on(self):
        """Killed at an item drawn at random, within a row: what comes out is what one pass gives."""
        seed = int(os.environ.get("AMS_TEST_SEED", os.getpid()))
        moment = int(np.random.default_rng(seed).integers(1, 40))
        code = f"""
import os, sys
sys.path.insert(0, {str(common.SOURCE / "tests/python")!r})
import ams, test_recorder
calls = 0
def slow(x):
    global calls
    calls += 1
    if calls == {moment}:
        os.kill(os.getpid(), 9)
    return test_recorder.TABLE["faces"].run(x)
models = dict(test_recorder.TABLE, faces=ams.Model("faces", slow, mem_mb=18))
test_recorder.record("killed.h5", range(40), models)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual(done.returncode, -9, done.stderr)
        with open("killed.rows.jsonl", "ab") as out:
            out.write(b'{"item": "i39", "mod')
        kept = [json.loads(line)["item"] for line in pathlib.Path("killed.rows.jsonl").read_text().splitlines()[:-1]]
        self.assertEqual(len(kept), 2 * (moment - 1), f"AMS_TEST_SEED={seed}")
        table, once = record("killed.h5", range(40)), record("once.h5", range(40))
        np.testing.assert_array_equal(table.conf, once.conf)
        np.testing.assert_array_equal(table.indptr, once.indptr)
        self.assertEqual((table.items, table.groups), (once.items, once.groups))

    def test_what_is_refused(self):
        recorder = ams.Recorder("bad.h5", TABLE)
        for found in ({"a": 1.5}, {"a": float("nan")}, {"": 0.5}, {"a\tb": 0.5}):
            with self.assertRaises(ams.BadDataError):
                recorder.record("i1", "faces", found, 1.0)
        with self.assertRaises(ams.BadDataError):
            recorder.record("i1", "faces", {}, -1.0)
        with self.assertRaises(KeyError):
            recorder.record("i1", "nobody", {}, 1.0)
        recorder.record("i1", "faces", {}, 1.0)
        with self.assertRaisesRegex(ams.UsageError, "was recorded already"):
            recorder.record("i1", "faces", {}, 1.0)
        with self.assertRaisesRegex(ams.BadDataError, "i1"):
            recorder.finish()
        self.assertTrue(recorder.has("i1", "faces"))
        recorder.record("i2", "scenes", {}, 1.0)
        table = recorder.finish(allow_missing=True)
        self.assertEqual(recorder.counts["missing_runs"], 2)
        self.assertEqual(table.n_items, 2)
        recorder.close()
        with self.assertRaisesRegex(ams.UsageError, "expected rows of the models faces, found those of faces, scenes"):
            ams.Recorder("bad.h5", {"faces": TABLE["faces"]})
        pathlib.Path("bad.rows.jsonl").write_text('{"item": 3}\n')
        with self.assertRaisesRegex(ams.BadDataError, "bad.rows.jsonl:1: "):
            ams.Recorder("bad.h5", TABLE)

    def test_what_was_recorded_is_scheduled(self):
        """Called, models name labels as the file does, so that a policy knows all of them."""
        table = record("live.h5", range(30))
        run = ams.train(table, "live", **common.QUICK)
        for x in (4, 7, 29):
            found = {name: model(x) for name, model in TABLE.items()}
            result = ams.OnlineScheduler(run).run(TABLE, x)
            expected = {label for m, labels in found.items() for label in labels
                        if not isinstance(labels, dict) or labels[label] > TABLE[m].threshold}
            self.assertEqual((set(result.labels), result.unknown), (expected, 0))
            session = run.policy.begin()
            for name, labels in found.items():
                session.tell(name, labels)
            self.assertIsNone(session.decide())
        with self.assertRaisesRegex(ams.OnlineError, "such as 'faces/face', found 'face'"):
            run.policy.decide({"faces": TABLE["faces"].run(4)})
        with self.assertRaisesRegex(ValueError, "has no function"):
            ams.Model("faces")(4)

    def test_truth_and_split(self):
        with ams.Recorder("truth.h5", TABLE) as recorder:
            for k in range(6):
                recorder.run(f"i{k}", k, split=("train", "validation", "test")[k % 3])
            table = recorder.finish()
        self.assertEqual(table.split.tolist(), [0, 1, 2] * 2)


if __name__ == "__main__":
    common.main()
