#!/usr/bin/env python3
"""The simulation of many machines, in the cases that can be worked out by hand. Argument: the source tree."""
import importlib.util
import math
import sys
import unittest

SOURCE = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("simulate", f"{SOURCE}/experiments/cluster/simulate.py")
simulate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(simulate)

FREE = {"list": 0.0, "start": 0.0}


def no_server():
    return simulate.Server(0.0, 0.0)


class Joiners(unittest.TestCase):
    def test_one_joiner_does_one_run_after_the_other(self):
        got = simulate.joiners(1, 7, 60.0, {"list": 0.0, "start": 0.5}, no_server())
        self.assertAlmostEqual(got["work"], 7 * 60.5)
        self.assertEqual(got["lost"], 0)
        self.assertAlmostEqual(got["looks"] * 0.1, 7 * 60.5, delta=0.1 * 7 * 60.5)

    def test_equal_runs_take_whole_rounds(self):
        for n, runs in ((2, 8), (16, 200), (64, 65), (5, 3)):
            got = simulate.joiners(n, runs, 10.0, FREE, no_server())
            rounds = math.ceil(runs / n)
            # Who finds nothing free asks again within its period.
            self.assertGreaterEqual(got["work"], 10.0 * rounds - 1e-9)
            self.assertLess(got["work"], 10.0 * rounds + 1.0)

    def test_a_round_trip_per_claim_and_end(self):
        got = simulate.joiners(1, 20, 0.05, FREE, simulate.Server(0.0, 0.001))
        # The first look, 20 claims and 19 ends stand between the runs; other looks are made beside them, or wait for an end.
        self.assertGreaterEqual(got["work"], 20 * 0.05 + 40 * 0.001 - 1e-9)
        self.assertLess(got["work"], 20 * 0.05 + (40 + got["looks"]) * 0.001)

    def test_processes_that_come_one_after_the_other(self):
        got = simulate.joiners(2, 4, 10.0, FREE, no_server(), opened=4.0)  # at 2 s and at 6 s
        self.assertAlmostEqual(got["work"], 26.0, delta=0.5)

    def test_steps_that_were_measured_on_one_machine(self):
        got = simulate.joiners(1, 30, 0.05, FREE, simulate.Machine(0.002, 0.004))
        # 30 claims and 29 ends stand between the runs, and a look every 0.11 s or so, which is not made while a run is on.
        self.assertGreaterEqual(got["work"], 30 * 0.05 + 59 * 0.002 + 0.004 - 1e-9)
        self.assertLessEqual(got["work"], 30 * 0.05 + 59 * 0.002 + got["looks"] * 0.004 + 1e-9)

    def test_a_server_that_is_asked_too_much_sets_the_pace(self):
        got = simulate.joiners(64, 640, 0.01, FREE, simulate.Server(0.001, 0.0))
        self.assertGreater(got["busy"], 0.99)
        self.assertAlmostEqual(got["asked"], 1000, delta=10)

    def test_who_looks_after_some_asks_less(self):
        all_of_them, some = (simulate.joiners(256, 512, 30.0, FREE, no_server(), watched=w) for w in (0, 64))
        self.assertGreater(all_of_them["asked"], 3 * some["asked"])
        self.assertAlmostEqual(all_of_them["work"], some["work"], delta=3)


class Ranks(unittest.TestCase):
    def test_one_rank(self):
        self.assertAlmostEqual(simulate.ranks(1, 50, 0.2, 0.01, 9.0, 1e9, 1.0), 50 * 0.21)

    def test_equal_errands_take_whole_rounds(self):
        for n, errands in ((2, 100), (4, 101), (16, 5), (64, 640)):
            took = simulate.ranks(n, errands, 0.3, 0.0, 0.0, 0.0, 1.0, poll=0.0)
            self.assertAlmostEqual(took, 0.3 * math.ceil(errands / n))

    def test_what_the_first_rank_has_alone(self):
        self.assertAlmostEqual(simulate.ranks(8, 80, 0.0, 0.05, 0.0, 0.0, 1.0, poll=0.0), 80 * 0.05)
        # Its own errands, and all folds; the others are done meanwhile.
        took = simulate.ranks(8, 80, 0.01, 0.05, 0.0, 0.0, 1.0, poll=0.0)
        self.assertAlmostEqual(took, 80 * 0.05 + 10 * 0.01)

    def test_the_link_of_the_first_rank(self):
        # 3 of 4 errands come over it, 1 s each.
        took = simulate.ranks(4, 400, 1e-6, 0.0, 0.0, 1e6, 1e6, poll=0.0)
        self.assertAlmostEqual(took, 300, delta=0.01)

    def test_polls_cost_at_most_two_of_them_an_errand(self):
        took = simulate.ranks(2, 100, 0.1, 0.0, 0.0, 0.0, 1.0)
        self.assertGreaterEqual(took, 5.0 - 1e-9)
        self.assertLess(took, 5.0 + 50 * 2 * simulate.POLL)


class Commands(unittest.TestCase):
    def test_parts_are_found_again(self):
        shared, alone, each, start = 8.0, 1.5, 0.7, 0.2
        rows = [{"command": name, "ranks": str(n), "cpu_first_s": str(start + cost + own), "cpu_other_s": str(start + cost),
                 "bytes_to_first": "500", "bytes_from_first": "90", "messages_to_first": "102"}
                for n in (1, 2, 4) for name, cost, own in (("start", 0, 0), ("x", each + shared / n, alone))]
        command = simulate.Command(rows, "x")
        for found, expected in ((command.shared, shared), (command.alone, alone), (command.each, each)):
            self.assertAlmostEqual(found, expected)
        self.assertEqual((command.bytes, command.errands), (1000, 100))
        self.assertAlmostEqual(command.seconds(1, 1, 0.0, 1.0), shared + alone + each)
        self.assertAlmostEqual(command.seconds(1, 3, 0.0, 1.0), 3 * (shared + alone + each))
        # One rank has one processor, whatever the machine has; four on two of them wait for each other.
        self.assertAlmostEqual(command.seconds(1, 1, 0.0, 1.0, cores=2), shared + alone + each)
        self.assertAlmostEqual(command.seconds(4, 1, 0.0, 1e12, cores=2), 2 * each + 2 * shared / 4 + alone, delta=0.2)
        self.assertEqual(command.bound(1, 1, 1.0, 0.1), "shared work")
        self.assertEqual(command.bound(100, 1, 1e9, 0.1), "rank 0")
        self.assertEqual(command.bound(100, 1, 1e9, 60.0), "start")
        self.assertEqual(command.bound(100, 1, 10.0, 60.0), "rank 0's network")


unittest.main()
