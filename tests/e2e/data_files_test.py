"""What may happen to the files of a data directory: what can be rebuilt is rebuilt to the same rows
(P8), and a store that was set back is noticed instead of being believed (P3)."""

import json
import pathlib
import shutil
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, wait_until_caught_up
from orderly_testing.metrics import Metrics
from orderly_testing.process import run_command
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

    def test_a_read_model_of_another_history_is_loaded_anew(self) -> None:
        self.restart_without("orderinfo.db")
        wait_until(
            lambda: self.metric("warehouse", "orderly_warehouse_reloads_total"),
            "the table was loaded anew",
        )
        self.assertEqual([], Census.take(self.platform).problems())

    def test_an_order_store_that_was_set_back_is_noticed(self) -> None:
        self.assertEqual(0, self.server.terminate())
        kept = self.server.data.with_name("kept")
        kept.mkdir()
        for file in self.files("order.db"):
            shutil.copy2(file, kept)
        self.platform.restart("order")
        rebuilt = run_command("rebuild", "read-model", "--url", self.server.url, seconds=120)
        self.assertEqual(0, rebuilt.returncode, rebuilt.stdout + rebuilt.stderr)
        for number in range(7, 10):
            self.place_order("customer", "mouse", number, "2021-05-05")
        wait_until_caught_up(self.platform)
        self.assertEqual(0, self.server.terminate())
        for file in self.files("order.db"):
            file.unlink()
        for file in kept.iterdir():
            shutil.copy2(file, self.server.data)
        self.server.start()
        self.server.wait_ready()
        wait_until(
            lambda: self.metric("orderinfo", "orderly_read_model_taken_out") == 3,
            "what is not upstream any more is taken out",
        )
        # One that was fed with what is gone can take over no more.
        rebuild = "/api/v1/admin/rebuild/read-model"
        status = wait_until(
            lambda: (now := self.client("orderinfo").get(rebuild).json())["phase"] == "idle" and now,
            "the second read model is dropped",
        )
        self.assertTrue(status["failed"], status)
        # It is listed, and nothing else is gone.
        taken_out = self.client("orderinfo").get("/api/v1/admin/taken-out").json()
        self.assertEqual([7, 8, 9], [order["number"] for order in taken_out["orders"]])
        self.look_at_pages_of_taken_out()
        query = {"customer_id": "customer", "order_date": "2021"}
        listed = self.post("orderinfo", "/api/v1/orderinfo/list", query).json()["orders"]
        self.assertEqual(10, len(listed))
        self.place_order("customer", "mouse", 20, "2021-05-05")
        self.assertEqual([], Census.take(self.platform).problems())

    def look_at_pages_of_taken_out(self) -> None:
        path = "/api/v1/admin/taken-out?page_size=2"
        first = self.client("orderinfo").get(path).json()
        self.assertEqual([7, 8], [order["number"] for order in first["orders"]])
        token = first["next_page_token"]
        second = self.client("orderinfo").get(f"{path}&page_token={token}").json()
        self.assertEqual([9], [order["number"] for order in second["orders"]])
        self.assertNotIn("next_page_token", second)
        for wrong in ("7", "7.x", "-1.0", "x"):
            refused = self.client("orderinfo").get(f"{path}&page_token={wrong}")
            self.assertEqual(400, refused.status, wrong)
            self.assertEqual("page_token", refused.json()["field"])
        told = run_command("taken-out", "--url", self.server.url)
        self.assertEqual(0, told.returncode, told.stderr)
        self.assertEqual(3, told.stdout.count(" of customer, accepted "), told.stdout)
        as_json = run_command("taken-out", "--url", self.server.url, "--format", "json")
        self.assertEqual(3, len(json.loads(as_json.stdout)["orders"]))

    def metric(self, service: str, name: str) -> float:
        with self.platform.client(service) as client:
            return Metrics(client).value(name)


if __name__ == "__main__":
    unittest.main()
