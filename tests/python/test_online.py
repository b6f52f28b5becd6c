"""The online scheduler against the program's server, and models run by it."""
import json
import math
import time
import unittest

import ams
import common
import numpy as np
import test_policy


class Scheduling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trained = common.trained(data=common.PHOTOS)
        cls.table = common.photos()

    def test_labels_by_name(self):
        """What the policy does not know is counted and left out; lists and dictionaries mean the same."""
        live = ams.OnlineScheduler(self.trained).begin()
        known, one = self.table.labels[5], self.table.models[0]
        live.started(one, 0.0)
        live.finished(one, [known, "nothing/known"], 1.0)
        result = live.result()
        self.assertEqual((result.unknown, result.labels), (1, [known]))
        again = ams.OnlineScheduler(self.trained).begin()
        again.started(one, 0.0)
        again.finished(one, {known: 1.0}, 1.0)
        self.assertEqual((again.result().labels, again.result().unknown), ([known], 0))
        self.assertEqual(again.next(1.0), live.next(1.0))

    def test_time_of_a_decision(self):
        """Printed, since no test depends on a clock."""
        item, scheduler = int(self.table.in_split("test")[3]), ams.OnlineScheduler(self.trained)
        found = {name: dict(self.table.outputs(item, name)) for name in self.table.models}
        seconds = []
        for _ in range(30):
            start = time.process_time()
            live, now = scheduler.begin(), 0.0
            while (step := live.next(now)).answer == "start":
                now += 1
                live.started(step.models[0], now)
                live.finished(step.models[0], found[step.models[0]], now)
            seconds.append((time.process_time() - start) / len(found))
        common.print_speed("next, started, finished", [1e6 * s for s in seconds], "us per decision")

    def simulate(self, scheduler, item):
        """One model at a time, each taking its mean time; (order, result)."""
        live, now, order = scheduler.begin(), 0.0, []
        while (step := live.next(now)).answer == "start":
            model = step.models[0]
            live.started(model, now)
            now += float(self.table.time_ms[self.table.model_index(model)])
            live.finished(model, dict(self.table.outputs(item, model)), now)
            order.append(model)
        return order, live.result()

    def test_without_limits_it_is_the_policys_order(self):
        items, orders = test_policy.program_orders(self.trained)
        scheduler = ams.OnlineScheduler(self.trained)
        for k in range(0, 300, 15):
            order, _ = self.simulate(scheduler, int(items[k]))
            self.assertEqual(order, [self.table.models[m] for m in orders[k]])

    def test_deadlines_as_the_program_schedules(self):
        """The same models by the deadline as `ams trace` under Algorithm 1."""
        items = self.table.in_split("test")
        for item, deadline in zip(items[:6], (100, 200, 300, 400, 500, 600)):
            order, result = self.simulate(ams.OnlineScheduler(self.trained, deadline_ms=deadline), int(item))
            done = common.program("trace", "--data", common.PHOTOS, "--policy", self.trained, "--item", self.table.items[item],
                                  "--deadline", f"{deadline}ms", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            runs = json.loads(done.stdout)["runs"]
            self.assertEqual(order, [run["model"] for run in runs])
            self.assertLessEqual(result.busy_ms, deadline)
            self.assertEqual(sorted(result.finished), sorted(order))
            self.assertAlmostEqual(result.busy_ms + result.saved_ms, float(self.table.time_ms.sum()), places=2)

    def test_two_at_a_time_stay_within_memory(self):
        scheduler = ams.OnlineScheduler(self.trained, deadline_ms=800, memory_mb=float(np.sort(self.table.mem_mb)[-2:].sum()))
        live, now, running = scheduler.begin(), 0.0, {}
        while (step := live.next(now)).answer != "done":
            for model in step.models:
                live.started(model, now)
                running[model] = now + float(self.table.time_ms[self.table.model_index(model)])
            used = sum(float(self.table.mem_mb[self.table.model_index(m)]) for m in running)
            self.assertLessEqual(used, scheduler._limits.memory_mb + 1e-3)
            first = min(running, key=running.get)
            now = running.pop(first)
            live.finished(first, dict(self.table.outputs(0, first)), now)
        self.assertGreater(live.result().peak_mb, 0)

    def test_own_models(self):
        def find(model):
            def run(item):
                time.sleep(0.0002)
                if model == self.table.models[1]:
                    raise OSError("out of order")
                return dict(self.table.outputs(item, model))
            return run

        models = {name: find(name) for name in self.table.models}
        result = ams.OnlineScheduler(self.trained).run(models, 5)
        self.assertEqual(result.failed, [self.table.models[1]])
        self.assertEqual(len(result.finished), self.table.n_models - 1)
        self.assertEqual((result.untouched, result.unknown, result.cut), ([], 0, []))
        none = ams.OnlineScheduler(self.trained, deadline_ms=0.001).run(models, 5)
        self.assertEqual(none.finished, [])
        with self.assertRaisesRegex(ams.OnlineError, "expected labels with their task as in the data, such as '.*/person', found 'person'"):
            ams.OnlineScheduler(self.trained).run({**models, self.table.models[0]: lambda _item: {"person": 0.9}}, 5)
        with self.assertRaisesRegex(KeyError, "no function for the models"):
            ams.OnlineScheduler(self.trained).run({}, 5)

    def test_what_is_refused(self):
        live = ams.OnlineScheduler(self.trained).begin()
        name = self.table.models[0]
        live.started(name, 1.0)
        with self.assertRaises(ams.OnlineError) as caught:
            live.started(name, 2.0)
        self.assertIn("twice", str(caught.exception))
        with self.assertRaises(ams.OnlineError):
            live.next(0.5)
        with self.assertRaises(ams.OnlineError):
            ams.OnlineScheduler(self.trained, deadline_ms=math.nan).begin()
        with self.assertRaisesRegex(ValueError, "rule: expected one of auto"):
            ams.OnlineScheduler(self.trained, rule="best")


if __name__ == "__main__":
    common.main()
