"""Medians, spreads, ratios, goals and the table."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from orderly_bench import report  # noqa: E402
from orderly_bench.goals import GOALS, Of, at_least, at_most  # noqa: E402
from orderly_bench.measure import Measure, Spread, against  # noqa: E402
from orderly_bench.plan import FULL, QUICK, make_plan  # noqa: E402
from orderly_bench.scenarios import SCENARIOS  # noqa: E402


class Measures(unittest.TestCase):
    def test_a_spread_is_median_lowest_highest(self) -> None:
        self.assertEqual(Spread(3, 1, 10), Spread.of([10, 1, 3]))
        self.assertEqual(Spread(2.5, 2, 3), Spread.of([3, 2]))

    def test_a_ratio_is_of_its_own_round(self) -> None:
        # A machine that is twice as fast in the second round is no finding.
        found = against("create", "orders/s", [50, 100], "nginx", [100, 200])
        self.assertEqual([0.5, 0.5], found.ratios)
        assert found.ratio is not None
        self.assertEqual(75, found.value.median)
        self.assertEqual(0.5, found.ratio.median)

    def test_one_reference_stands_for_all_rounds(self) -> None:
        self.assertEqual([0.5, 1.0], against("x", "s", [1, 2], "bare", [2]).ratios)

    def test_rounds_without_their_reference_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            against("x", "s", [1, 2, 3], "nginx", [1, 2])

    def test_nothing_measured_is_no_measure(self) -> None:
        for values in ([], [float("nan")], [float("inf")]):
            with self.assertRaises(AssertionError):
                Measure("x", "s", values)


class Goals(unittest.TestCase):
    def test_bounds_are_part_of_the_goal(self) -> None:
        half = against("x", "orders/s", [50], "nginx", [100])
        self.assertTrue(at_least(0.5).reached(half))
        self.assertFalse(at_least(0.51).reached(half))
        five = Measure("x", "ms", [5])
        self.assertTrue(at_most(5).reached(five))
        self.assertFalse(at_most(4.99).reached(five))

    def test_a_goal_is_of_the_median(self) -> None:
        self.assertTrue(at_most(2).reached(Measure("x", "ms", [1, 2, 90])))

    def test_a_goal_of_a_ratio_needs_a_reference(self) -> None:
        with self.assertRaises(AssertionError):
            at_least(0.5).reached(Measure("x", "ms", [5]))

    def test_its_text_names_what_it_is_of(self) -> None:
        measure = against("x", "ms", [5], "fdatasync", [1])
        self.assertEqual("≤ 5.00 of fdatasync", at_most(5, Of.RATIO).text(measure))
        self.assertEqual("≤ 120,000 events/s",
                         at_most(120_000).text(Measure("x", "events/s", [1])))

    def test_every_goal_is_of_a_measure_that_some_scenario_makes(self) -> None:
        folder = pathlib.Path(__file__).resolve().parent.parent / "orderly_bench" / "scenarios"
        sources = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
        for name in GOALS:
            # Names end in what is put in: `create, 64 connections` is f"create, {connections} …".
            words = [word for word in name.replace(":", ",").split(", ") if not word[0].isdigit()]
            for word in words:
                self.assertIn(word, sources, f"the goal {name!r} belongs to no measure")


class Report(unittest.TestCase):
    MEASURES = {"reads": [against("get", "answers/s", [45_000, 47_000, 50_000], "nginx", [90_000]),
                          Measure("get: p99", "ms", [2.5])]}

    def test_the_table_says_reached_or_missed_beside_the_goal(self) -> None:
        lines = report.text({"cores": 2}, {"nginx": 90_000.0}, self.MEASURES).splitlines()
        get = next(line for line in lines if line.startswith("get "))
        for part in ("47,000", "[45,000 – 50,000]", "0.52", "≥ 0.50 of nginx", "reached"):
            self.assertIn(part, get)
        p99 = next(line for line in lines if line.startswith("get: p99"))
        self.assertNotIn("reached", p99)
        self.assertNotIn("missed", p99)

    def test_the_document_has_all_values(self) -> None:
        made = report.document({}, {}, {}, self.MEASURES, {"disk": "full"})
        get = made["scenarios"]["reads"][0]
        self.assertEqual([45_000, 47_000, 50_000], get["values"])
        self.assertEqual("reached", get["result"])
        self.assertEqual({"disk": "full"}, made["failures"])

    def test_numbers_have_the_digits_that_matter(self) -> None:
        self.assertEqual(["12,345", "123.5", "0.12"],
                         [report.number(each) for each in (12_345.4, 123.45, 0.1234)])


class Plans(unittest.TestCase):
    def test_a_scale_is_of_stored_orders(self) -> None:
        self.assertEqual(10_000_000, FULL.stored(10_000_000))
        self.assertEqual(200_000, QUICK.stored(10_000_000))
        self.assertEqual(100, make_plan(quick=True, scale=0).stored(10_000_000))

    def test_names_of_scenarios_are_told_apart(self) -> None:
        self.assertEqual(len(SCENARIOS), len({each.name for each in SCENARIOS}))


if __name__ == "__main__":
    unittest.main()
