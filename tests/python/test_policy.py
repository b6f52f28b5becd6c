"""Decisions and Q-values of policies, against the orders that the program writes and against NumPy."""
import functools
import gc
import pathlib
import subprocess
import time
import unittest
import weakref

import ams
import common
import numpy as np

STATES = 10_000


@functools.lru_cache(maxsize=None)
def program_orders(policy):
    """(items, orders) that `ams eval` writes for the validation split of the photos."""
    table = common.photos()
    done = common.program("eval", "--data", common.PHOTOS, "--policy", f"own={policy}", "--draws", 1, "--bootstrap", 10, "--split", "validation", "-o",
                          "eval")
    assert done.returncode == 0, done.stderr
    text = subprocess.run(["zstd", "-dcq", "eval/items.tsv.zst"], capture_output=True, text=True, check=True).stdout
    head, *lines = text.splitlines()
    at = {name: k for k, name in enumerate(head.split("\t"))}
    place = {name: k for k, name in enumerate(table.items)}
    model = {name: k for k, name in enumerate(table.models)}
    items, orders = [], []
    for cells in (line.split("\t") for line in lines):
        if cells[at["policy"]] == "own":
            items.append(place[cells[at["item"]]])
            orders.append([model[name] for name in cells[at["order"]].split(",")])
    return np.array(items), np.array(orders)


class Decisions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = common.photos()
        cls.trained = common.trained(data=common.PHOTOS)
        cls.policy = ams.Policy(cls.trained)
        cls.items, cls.orders = program_orders(cls.trained)
        rng = np.random.default_rng(0)
        cls.row = rng.integers(len(cls.items), size=STATES)
        cls.step = rng.integers(cls.orders.shape[1], size=STATES)
        cls.masks = np.array([np.bitwise_or.reduce(np.uint64(1) << cls.orders[r, :k].astype(np.uint64)) if k else 0
                              for r, k in zip(cls.row, cls.step)], np.uint64)
        cls.expected = cls.orders[cls.row, cls.step]

    def test_table_states_equal_the_programs(self):
        found = self.policy.decide_at(self.table, self.items[self.row], self.masks)
        np.testing.assert_array_equal(found, self.expected)
        every = self.policy.decide_at(self.table, [0], [2**self.table.n_models - 1])
        self.assertEqual(every.tolist(), [-1])

    def test_live_states_equal_the_programs(self):
        """Only what the executed models output is told, by name: item after item along the program's orders."""
        names, session, states, seconds = self.table.models, self.policy.begin(), 0, []
        for item, order in zip(self.items, self.orders):
            found = [dict(self.table.outputs(int(item), int(m))) for m in order]
            start = time.process_time()
            session.restart()
            chosen = []
            for m, labels in zip(order, found):
                chosen.append(session.decide())
                session.tell(names[m], labels)
            seconds.append((time.process_time() - start) / len(order))
            self.assertEqual(chosen, [names[m] for m in order])
            self.assertIsNone(session.decide())
            states += len(order)
            if states >= STATES:
                break
        self.assertGreaterEqual(states, STATES)
        common.print_speed("begin, decide, tell", [1e6 * s for s in seconds], "us per decision")

    def test_all_told_at_once(self):
        """What decide is told in one call is what a session is told."""
        seconds, n = [], 300
        for k in range(n):
            item, order = int(self.items[self.row[k]]), self.orders[self.row[k], :self.step[k]]
            found = {self.table.models[m]: dict(self.table.outputs(item, int(m))) for m in order}
            start = time.process_time()
            chosen = self.policy.decide(found)
            seconds.append(time.process_time() - start)
            self.assertEqual(chosen, self.table.models[self.expected[k]])
        parts = [1e6 * sum(seconds[k:k + 60]) / 60 for k in range(0, n, 60)]
        common.print_speed(f"decide, told the outputs of {self.step[:n].mean():.0f} models", parts, "us per state")

    def test_q_values(self):
        """The library's against a forward pass by NumPy over an environment's observations."""
        env = ams.VectorEnv(self.table, 500, features=self.policy.features, autoreset="disabled")
        env.reset(options={"items": self.items[:500]})
        masks = np.zeros(500, np.uint64)
        for k in range(8):
            observations, *_ = env.step(self.orders[:500, k])
            masks |= np.uint64(1) << self.orders[:500, k].astype(np.uint64)
        self.policy.q_at(self.table, [0], [0])  # the environment of the table is made once
        seconds = []
        for _ in range(5):
            start = time.process_time()
            q = self.policy.q_at(self.table, self.items[:500], masks)
            seconds.append(time.process_time() - start)
        common.print_speed("q_at", [1e6 * s / 500 for s in seconds], "us per state")
        self.assertEqual(q.shape, (500, self.table.n_models + 1))
        np.testing.assert_allclose(q, self.policy.q(observations), rtol=1e-3, atol=2e-4)

    def test_values_are_probabilities_of_log_odds(self):
        self.assertEqual(self.policy.rule, "odds")
        q = self.policy.q_at(self.table, [0], [0])[0]
        np.testing.assert_allclose(self.policy.values()[:-1], 1 / (1 + np.exp(-q[:-1])), rtol=1e-4)

    def test_names_and_arrays(self):
        policy = self.policy
        self.assertEqual(policy.models, self.table.models)
        self.assertEqual(policy.labels, self.table.labels)
        np.testing.assert_array_equal(policy.time_ms, self.table.time_ms)
        self.assertEqual(policy.weights[-1][1].shape, (self.table.n_models + 1,))


class Others(unittest.TestCase):
    def test_dueling_and_goals(self):
        table = ams.Table(common.tiny())
        policy = ams.Policy(common.trained("agent=double-dueling", "goal_input=on", "features=labels+mask"))
        self.assertEqual(policy.goals, [0.5, 0.8, 0.9, 1.0])
        env = ams.VectorEnv(table, 50, features=policy.features, goals=policy.goals, goal=0.9)
        observations, info = env.reset(seed=1)
        q = policy.q_at(table, info["item"], np.zeros(50, np.uint64), goal=0.9)
        np.testing.assert_allclose(q, policy.q(observations), rtol=1e-3, atol=2e-4)
        self.assertIn(policy.decide(goal=0.8), policy.models)
        with self.assertRaises(ams.OnlineError):
            policy.decide(goal=1.5)

    def test_output_heads(self):
        table = ams.Table(common.tiny())
        policy = ams.Policy(common.trained("goal_input=heads"))
        self.assertEqual(policy.goals, [0.5, 0.8, 0.9, 1.0])
        env = ams.VectorEnv(table, 50, features=policy.features, goals=policy.goals, goal=0.9)
        observations, info = env.reset(seed=1)
        q = policy.q_at(table, info["item"], np.zeros(50, np.uint64), goal=0.9)
        np.testing.assert_allclose(q, policy.q(observations), rtol=1e-3, atol=2e-4)
        observations[:, -4:] = [0, 0, 0.5, 0.5]  # between two goals: the mix of their heads' Q-values
        q = policy.q_at(table, info["item"], np.zeros(50, np.uint64), goal=0.95)
        np.testing.assert_allclose(q, policy.q(observations), rtol=1e-3, atol=2e-4)
        live = 1 / (1 + np.exp(-q[0]))
        np.testing.assert_allclose(policy.values(goal=0.95)[:-1], live[:-1], rtol=1e-3)

    def test_a_goal_in_place_of_its_features(self):
        table = ams.Table(common.tiny())
        env = ams.VectorEnv(table, 50, features="conf+mask")
        observations, info = env.reset(seed=1)
        for settings in (), ("goal_input=heads",):
            policy = ams.Policy(common.trained(*settings))
            for goal in (0, 0.5, 0.85, 1.0):
                q = policy.q_at(table, info["item"], np.zeros(50, np.uint64), goal=goal)
                np.testing.assert_allclose(q, policy.q(observations, goal), rtol=1e-3, atol=2e-4)

    def test_gone_with_its_last_name(self):
        """Nothing that a policy has keeps it: its memory does not wait for a garbage collection."""
        policy = ams.Policy(common.trained())
        session, models, gone = policy.begin(), policy.models, weakref.ref(policy)
        gc.disable()
        try:
            policy.decide()
            del policy
            self.assertIsNone(gone())
        finally:
            gc.enable()
        self.assertIn(session.decide(), models)

    def test_what_is_refused(self):
        policy = ams.Policy(common.trained())
        with self.assertRaises(KeyError):
            policy.decide({"nobody": {}})
        with self.assertRaisesRegex(ams.OnlineError, "0 to 1"):
            policy.decide({policy.models[0]: {policy.labels[0]: 1.5}})
        table = ams.Table(common.tiny())
        with self.assertRaisesRegex(ams.UsageError, "state 0: expected an item"):
            policy.q_at(table, [table.n_items], [0])
        with self.assertRaises(ams.FileError):
            ams.Policy("nowhere")
        with open("damaged.ams", "wb") as out:
            out.write(pathlib.Path(policy.path).read_bytes()[:-5])
        with self.assertRaises(ams.BadDataError):
            ams.Policy("damaged.ams")


if __name__ == "__main__":
    common.main()
