"""The tests' own instruments: a counter that overlooks a loss would make every other test green."""

import copy
import unittest
from collections.abc import Callable
from typing import Any

from orderly_testing import markdown, metrics, yaml_subset
from orderly_testing.census import Census
from orderly_testing.load import Acknowledged, Attempt


def event(position: int, data: dict[str, Any]) -> dict[str, Any]:
    time = f"2021-01-18T00:00:00.{position:06}Z"
    return {"position": position, "event_id": f"e{position}", "accepted_at": time, "data": data}


def sound_census() -> Census:
    """A price of 5 at time 1, of 7 at time 3; orders at the times 2 and 4."""
    products = [event(1, _product(5)), event(3, _product(7))]
    orders = [event(1, _order("a", 2)), event(2, _order("b", 3))]
    orders[0]["accepted_at"] = "2021-01-18T00:00:00.000002Z"
    orders[1]["accepted_at"] = "2021-01-18T00:00:00.000004Z"
    rows = [_row(orders[0]["data"], 5), _row(orders[1]["data"], 7)]
    changes = [event(position, dict(row)) for position, row in enumerate(rows, start=1)]
    return Census(orders, products, changes, copy.deepcopy(rows), copy.deepcopy(rows))


def _product(price: int) -> dict[str, Any]:
    return {"product_id": "p", "product_name": "P", "unit_price": price}


def _order(order_id: str, number: int) -> dict[str, Any]:
    return {"customer_id": "c", "number": number, "order_date": "2021-01-18",
            "order_id": order_id, "product_id": "p"}


def _row(order: dict[str, Any], price: int) -> dict[str, Any]:
    return order | {"product_name": "P", "unit_price": price, "total_price": order["number"] * price}


ATTEMPT = Attempt("c", 2, "p", "2021-01-18", None)


class CensusTest(unittest.TestCase):
    def problems(self, change: Callable[[Census], object]) -> list[str]:
        census = sound_census()
        change(census)
        return census.problems([Acknowledged(ATTEMPT, "a")], [ATTEMPT])

    def test_nothing_is_wrong(self) -> None:
        self.assertEqual([], self.problems(lambda census: None))

    def test_everything_that_can_be_wrong_is_found(self) -> None:
        changes: dict[str, Callable[[Census], object]] = {
            "lists): 1 lost": lambda c: c.listed.pop(),
            "lists): 1 twice": lambda c: c.listed.append(c.listed[0]),
            "lists): 1 unknown": lambda c: c.listed.append(c.listed[0] | {"order_id": "z"}),
            "lists): 1 different": lambda c: c.listed[0].update(unit_price=6),
            "changes): 1 lost": lambda c: c.changes.pop(),
            "warehouse: 1 lost": lambda c: c.loaded.pop(),
            "warehouse: 1 twice": lambda c: c.loaded.append(c.loaded[1]),
            "warehouse: the sum is 32 instead of 31": lambda c: c.loaded[0].update(total_price=11),
            "acknowledged and lost": lambda c: c.orders.pop(0),
            "acknowledged as another order": lambda c: c.orders[0]["data"].update(number=9),
            "accepted 2 times": lambda c: c.orders[1]["data"].update(number=2),
            "position 5 where 2 is due": lambda c: c.orders[1].update(position=5),
            "time stands still": lambda c: c.orders[1].update(c.orders[0] | {"position": 2}),
            # The price of the moment, not the newest one.
            "read model (lists): 1 different, e.g. [\"{'customer_id'": lambda c: c.listed[0].update(
                unit_price=7, total_price=14
            ),
        }
        for expected, change in changes.items():
            with self.subTest(expected):
                found = "\n".join(self.problems(change))
                self.assertIn(expected, found)


class YamlSubsetTest(unittest.TestCase):
    def test_what_is_read(self) -> None:
        text = (
            "# a comment\na: 1\nb:\n  - x: true\n    y: \"q: \\u00e4\"\n  - plain text\n"
            "c: [d, \"e, f\", 2.5]\ng: {}\nh: |\n  two\n  lines\ni: >-\n  one\n  line\nj: null\n"
        )
        self.assertEqual(
            {
                "a": 1,
                "b": [{"x": True, "y": "q: ä"}, "plain text"],
                "c": ["d", "e, f", 2.5],
                "g": {},
                "h": "two\nlines\n",
                "i": "one line",
                "j": None,
            },
            yaml_subset.load(text),
        )

    def test_what_is_refused_with_its_line(self) -> None:
        for text in ("a: 1\na: 2\n", "x: 1\ny: *alias\n", "x: 1\ny: {z: 1}\n", "x: 1\n- y\n",
                     "x: 1\n  y: 2\n", "x: 1\ny: 'z'\n", "x: 1\ny: [z\n"):
            with self.subTest(text), self.assertRaisesRegex(yaml_subset.YamlError, "^line 2: "):
                yaml_subset.load(text)


class OtherInstrumentsTest(unittest.TestCase):
    def test_markdown(self) -> None:
        text = "<!-- run: s -->\n```sh\na\n```\n```json\n{}\n```\n\n```sh\nnot run\n```\n"
        self.assertEqual([markdown.Block("s", "a\n", "{}\n")], markdown.executable_blocks(text))

    def test_metrics(self) -> None:
        text = '# HELP x y\nx_total{a="1",b="q\\"r"} 2\nx_total{a="2"} 3\ny NaN\n'
        samples = metrics.parse(text)
        self.assertEqual(("x_total", {"a": "1", "b": 'q\\"r'}, 2.0), samples[0])
        self.assertEqual(3, len(samples))
        with self.assertRaises(AssertionError):
            metrics.parse("x{ 1\n")


if __name__ == "__main__":
    unittest.main()
