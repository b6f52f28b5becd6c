"""The environments against states made by hand, Gymnasium's rules by duck typing, speed as a print."""
import importlib
import sys
import time
import types
import unittest
from unittest import mock

import ams
import ams.env as env_module
import common
import numpy as np
from ams import spaces


def observation_of(table, env, item, executed):
    """What the state shows: labels above the threshold, then the models."""
    row = np.zeros(env.single_observation_space.shape[0], np.float32)
    place = {label: k for k, label in enumerate(table.labels)}
    for model in executed:
        for label, conf in table.outputs(item, model):
            row[place[label]] = max(row[place[label]], conf > table.threshold[model])
        row[table.n_labels + model] = 1
    return row


class Many(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = ams.Table(common.SMALL)

    def test_states_masks_rewards(self):
        env = ams.VectorEnv(self.table, 5, seed=3)
        observations, info = env.reset(seed=3)
        again, same = ams.VectorEnv(self.table, 5).reset(seed=3)
        np.testing.assert_array_equal(info["item"], same["item"])
        self.assertTrue((self.table.split[info["item"]] == 0).all())
        self.assertEqual((observations.dtype, info["action_mask"].dtype), (np.float32, np.int8))
        executed, items = [[] for _ in range(5)], info["item"]
        rng, total = np.random.default_rng(0), np.zeros(5)
        for _ in range(20):
            actions = np.array([rng.choice(np.flatnonzero(mask[:-1])) for mask in info["action_mask"]])
            observations, rewards, terminated, truncated, info = env.step(actions)
            total += rewards
            for i in range(5):
                executed[i].append(int(actions[i]))
                np.testing.assert_array_equal(observations[i], observation_of(self.table, env, int(items[i]), executed[i]))
                self.assertEqual(set(np.flatnonzero(info["action_mask"][i] == 0)), set(executed[i]))
                self.assertAlmostEqual(info["time_ms"][i], float(self.table.time_ms[executed[i]].sum()), places=2)
            self.assertFalse(terminated.any() or truncated.any())
        self.assertTrue((total <= 1 + 1e-5).all() and (total > 0).any())
        self.assertTrue((again == 0).all())

    def test_copies_and_views(self):
        for copy in (True, False):
            env = ams.VectorEnv(self.table, 2, copy=copy)
            before, info = env.reset(seed=1)
            kept = before.copy()
            after, *_ = env.step(np.array([0, 1]))
            self.assertEqual((before == kept).all(), copy)
            self.assertEqual(np.shares_memory(before, after), not copy)

    def test_rooms(self):
        """Arrays are used again once nobody has them, and never where references cannot be counted."""
        rooms = env_module._Rooms((2, 3), np.float32)
        first = rooms.take()
        view = first[0]
        self.assertIsNot(rooms.take(), first)
        address = first.ctypes.data
        del first
        self.assertNotEqual(rooms.take().ctypes.data, address)  # the view has it
        del view
        taken = [rooms.take() for _ in range(6)]
        self.assertEqual(len({array.ctypes.data for array in taken}), 6)
        for count, counted in ((lambda _: -1, True), (sys.getrefcount, False)):
            alone = env_module._alone(count, counted)
            self.assertEqual(alone, 0)
            with mock.patch.multiple(env_module, _count=count, _ALONE=alone):
                rooms = env_module._Rooms((2, 3), np.float32)
                kept = [rooms.take() for _ in range(6)]
                self.assertEqual(len({id(array) for array in kept}), 6)

    def test_autoreset(self):
        end = self.table.n_models
        env = ams.VectorEnv(self.table, 2, autoreset="next_step")
        env.reset(seed=1)
        _, _, terminated, _, info = env.step(np.array([end, 0]))
        self.assertEqual(terminated.tolist(), [True, False])
        self.assertEqual((info["_episode"].tolist(), info["episode"]["l"][0]), ([True, False], 1))
        self.assertTrue(info["action_mask"][0].all())
        observations, rewards, terminated, _, info = env.step(np.array([7, 1]))
        self.assertEqual((rewards[0], terminated.any(), observations[0].any(), info["action_mask"][0].all()),
                         (0, False, False, True))
        env = ams.VectorEnv(self.table, 2, autoreset="same_step")
        env.reset(seed=1)
        shown, *_ = env.step(np.array([3, 0]))
        observations, _, terminated, _, info = env.step(np.array([end, 1]))
        np.testing.assert_array_equal(info["final_obs"][0], shown[0])
        self.assertFalse(observations[0].any())
        self.assertEqual(info["final_info"][0]["episode"]["l"], 2)
        self.assertIsNone(info["final_info"][1])

    def test_what_is_refused(self):
        env = ams.VectorEnv(self.table, 2)
        with self.assertRaisesRegex(ams.UsageError, "reset before the first step"):
            env.step(np.array([0, 0]))
        env.reset()
        env.step(np.array([0, 1]))
        with self.assertRaisesRegex(ams.UsageError, "environment 1: action 1, a model that was executed already"):
            env.step(np.array([1, 1]))
        with self.assertRaisesRegex(ValueError, "expected 2 actions"):
            env.step(np.array([1]))
        with self.assertRaisesRegex(ValueError, "reward: expected one of paper, gain"):
            ams.VectorEnv(self.table, 2, reward="gian")
        with self.assertRaisesRegex(ValueError, "goals"):
            ams.VectorEnv(self.table, 2, goals=(1.0, 0.5))

    def test_speed(self):
        """Printed, since no test depends on a clock."""
        table = common.photos()
        env = ams.VectorEnv(table, 256)
        for copy in (False, True):
            env._copy = copy  # to make another one takes longer than to step it
            env.reset(seed=0)
            order = np.random.default_rng(1).permutation(table.n_models)
            actions = [np.full(256, model) for model in (*order, 0)]  # the last begins the next episode
            rates = []
            for part in range(5):
                start = time.process_time()
                for k in range(12 * part, 12 * part + 12):
                    env.step(actions[k % 31])
                rates.append(256e-6 * 12 / (time.process_time() - start))
            common.print_speed(f"VectorEnv, 256 environments, copy={copy}", rates, "M steps per s")


class One(unittest.TestCase):
    def test_an_episode(self):
        table = ams.Table(common.SMALL)
        env = ams.Env(table, reward="time")
        with self.assertRaisesRegex(ams.UsageError, "reset it"):
            env.step(0)
        observation, info = env.reset(seed=5, options={"item": 17})
        self.assertEqual(info["item"], 17)
        self.assertIn(observation, env.observation_space)
        self.assertTrue(env.action_masks().dtype == bool and env.action_masks().all())
        observation, reward, terminated, truncated, info = env.step(2)
        np.testing.assert_array_equal(observation, observation_of(table, env._vector, 17, [2]))
        self.assertAlmostEqual(reward, -table.time_ms[2] / table.time_ms.sum(), places=5)
        self.assertEqual((terminated, truncated, info["action_mask"][2]), (False, False, 0))
        *_, terminated, _, _ = env.step(env.action_space.n - 1)
        self.assertTrue(terminated)
        with self.assertRaisesRegex(ams.UsageError, "the episode is over"):
            env.step(0)


class Masking(unittest.TestCase):
    """How others ask for masks, as their sources do: sb3-contrib, CleanRL and gym-microrts, Gymnasium."""

    def test_one_environment(self):
        env = ams.Env(common.SMALL)
        env.reset(seed=0)
        env.step(4)
        mask = env.get_wrapper_attr("action_masks")()  # sb3_contrib.common.maskable.utils, ActionMasker
        self.assertEqual((mask.dtype, mask.sum()), (bool, env.action_space.n - 1))
        stacked = np.stack([getattr(one, "action_masks")() for one in (env, env)])  # VecEnv.env_method
        self.assertEqual(stacked.shape, (2, env.action_space.n))
        np.testing.assert_array_equal(np.array([one.action_mask for one in (env,)])[0], mask)  # get_attr("action_mask")
        info = env.step(5)[4]
        for _ in range(50):  # Discrete.sample of Gymnasium asks for int8
            self.assertNotIn(env.action_space.sample(info["action_mask"]), (4, 5))

    def test_many_environments(self):
        env = ams.VectorEnv(common.SMALL, 3)
        _, info = env.reset(seed=0)
        env.step(np.array([0, 1, 2]))
        np.testing.assert_array_equal(env.get_action_mask(), env.action_masks())
        self.assertEqual(env.action_masks()[1, 1], False)
        self.assertEqual((env.num_envs, env.single_action_space.n), (3, 63))
        self.assertEqual(env.observation_space.shape, (3, *env.single_observation_space.shape))

    def test_gymnasium(self):
        if not spaces.GYMNASIUM:
            self.skipTest("no gymnasium")
        import gymnasium
        from ams.gymnasium_plugin import register

        register()
        env = gymnasium.make("ams/Items-v0", data=str(common.SMALL))
        self.assertIsInstance(env.unwrapped, ams.Env)
        observation, info = env.reset(seed=1)
        self.assertIn(observation, env.observation_space)
        env.step(env.action_space.sample(info["action_mask"]))
        many = gymnasium.make_vec("ams/Items-v0", num_envs=4, data=str(common.SMALL))
        self.assertIsInstance(many.unwrapped, ams.VectorEnv)
        from gymnasium.utils.env_checker import check_env

        check_env(MaskedRandom(ams.Env(common.SMALL, end=True)), skip_render_check=True)


def stand_in():
    """Modules with Gymnasium's names, with what the package takes from them; its register and its registry."""
    registry = {}

    def register(id, entry_point, vector_entry_point, disable_env_checker):
        registry[id] = {"make": entry_point, "make_vec": vector_entry_point}

    what = {"gymnasium": {}, "gymnasium.envs": {}, "gymnasium.core": {"Env": type("Env", (spaces.EnvBase,), {})},
            "gymnasium.vector": {"VectorEnv": type("VectorEnv", (spaces.EnvBase,), {})},
            "gymnasium.spaces": {name: getattr(spaces, name) for name in ("Box", "Discrete", "MultiDiscrete")},
            "gymnasium.envs.registration": {"registry": registry, "register": register}}
    modules = {name: types.ModuleType(name) for name in what}
    for name, module in modules.items():
        vars(module).update(what[name])
        if "." in name:
            parent, _, own = name.rpartition(".")
            setattr(modules[parent], own, module)
    return modules


@unittest.skipIf(spaces.GYMNASIUM, "the real one is here")
class WithoutGymnasium(unittest.TestCase):
    def test_what_would_be_subclassed_and_registered(self):
        modules = stand_in()
        before = ams.spaces, ams.env
        try:
            with mock.patch.dict(sys.modules, modules):
                for name in ("ams.spaces", "ams.env", "ams.gymnasium_plugin"):
                    sys.modules.pop(name, None)
                del ams.spaces, ams.env  # else `from . import spaces` takes the old one
                plugin = importlib.import_module("ams.gymnasium_plugin")
                plugin.register()
                plugin.register()
                made = {}
                for how, entry in modules["gymnasium.envs.registration"].registry["ams/Items-v0"].items():
                    module, name = entry.split(":")
                    made[how] = getattr(importlib.import_module(module), name)
                self.assertTrue(issubclass(made["make"], modules["gymnasium.core"].Env))
                self.assertTrue(issubclass(made["make_vec"], modules["gymnasium.vector"].VectorEnv))
                observation, info = made["make"](data=str(common.SMALL)).reset(seed=1)
                self.assertEqual((observation.ndim, info["action_mask"].dtype), (1, np.int8))
                observations, _ = made["make_vec"](data=str(common.SMALL), num_envs=4).reset(seed=1)
                self.assertEqual(len(observations), 4)
        finally:
            ams.spaces, ams.env = before


if spaces.GYMNASIUM:
    import gymnasium

    class MaskedRandom(gymnasium.Wrapper):
        """Takes END in place of an action that may not be taken, for a checker that knows no masks."""

        def step(self, action):
            allowed = self.env.action_masks()[action]
            return self.env.step(action if allowed else self.env.action_space.n - 1)


if __name__ == "__main__":
    common.main()
