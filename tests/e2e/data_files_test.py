"""What may happen to the files of a data directory: what can be rebuilt is rebuilt to the same rows
(P8), and a store that was set back is noticed instead of being believed (P3)."""

import pathlib
import shutil
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, wait_until_caught_up
from orderly_testing.client import Client
from orderly_testing.metrics import Metrics
from orderly_testing.waiting import wait_until


class DataFiles(PlatformCase):
    def setUp(self) -> None:
        """A fresh platform each: these tests take files away from under it."""
        self.platform.discard()
        type(self).setUpClass()
        self.server = self.platform.servers["order"]
        for round_number in range(1, 6):
            for product in ("keyboard", "mouse"):
                self.put_product(product, 10 * round_number)
                self.place_order("customer", product, round_number, "2021-05-05")
        wait_until_caught_up(self.platform)

    def files(self, name: str) -> list[pathlib.Path]:
        """The file with what belongs to it: SQLite's and DuckDB's logs."""
        found = sorted(self.server.data.glob(f"{name}*"))
        self.assertTrue(found, name)
        return found

    def restart_without(self, *names: str) -> None:
        self.assertEqual(0, self.server.terminate())
        for name in names:
            for file in self.files(name):
                file.unlink()
        self.platform.restart("order")

    def test_read_model_and_warehouse_are_rebuilt_to_the_same_rows(self) -> None:
        before = Census.take(self.platform)
        self.assertEqual([], before.problems())
        self.restart_without("orderinfo.db", "warehouse.duckdb")
        after = Census.take(self.platform)
        self.assertEqual([], after.problems())
        self.assertEqual(before.listed, after.listed)
        self.assertEqual(before.orders, after.orders)

    def test_the_warehouse_is_loaded_again(self) -> None:
        self.restart_without("warehouse.duckdb")
        self.assertEqual([], Census.take(self.platform).problems())

    def test_the_broker_forgets_and_nothing_is_doubled(self) -> None:
        self.restart_without("broker.db")
        self.place_order("customer", "mouse", 6, "2021-05-05")
        self.assertEqual([], Census.take(self.platform).problems())

    def test_a_read_model_of_another_history_is_not_loaded_on_top(self) -> None:
        self.restart_without("orderinfo.db")
        wait_until(
            lambda: Metrics(self.client("warehouse")).value("orderly_warehouse_source_conflict"),
            "the loader has noticed",
        )
        sql = "select count(*) from cqrs_example.order_information"
        rows = self.post("warehouse", "/api/v1/warehouse/query", {"query": sql}).json()["rows"]
        self.assertEqual([[10]], rows)

    def test_an_order_store_that_was_set_back_is_noticed(self) -> None:
        self.assertEqual(0, self.server.terminate())
        kept = self.server.data.with_name("kept")
        kept.mkdir()
        for file in self.files("order.db"):
            shutil.copy2(file, kept)
        self.platform.restart("order")
        for number in range(7, 10):
            self.place_order("customer", "mouse", number, "2021-05-05")
        wait_until_caught_up(self.platform)
        self.assertEqual(0, self.server.terminate())
        for file in self.files("order.db"):
            file.unlink()
        for file in kept.iterdir():
            shutil.copy2(file, self.server.data)
        self.server.start()
        reasons = wait_until(self.reasons_for_being_unready, "an alarm stands")
        self.assertIn("orderinfo", {reason["what"] for reason in reasons})
        # What had been seen is still there.
        query = {"customer_id": "customer", "order_date": "2021"}
        listed = self.post("orderinfo", "/api/v1/orderinfo/list", query).json()["orders"]
        self.assertEqual(13, len(listed))

    def reasons_for_being_unready(self) -> list[dict[str, Any]]:
        self.server.check_alive()
        try:
            with Client(self.server.url) as client:
                answer = client.get("/readyz")
        except ConnectionError:
            return []
        body = answer.json()
        if answer.status != 503 or any("starting" in each["reason"] for each in body["reasons"]):
            return []
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        return body["reasons"]


if __name__ == "__main__":
    unittest.main()
