"""orderly verify: what it says of stores that agree, and of stores that somebody has damaged."""

import json
import sqlite3
import subprocess
import unittest
from typing import Any

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.load import Load
from orderly_testing.process import run_command

VERIFY = "/api/v1/admin/verify"


class VerifyCase(PlatformCase):
    def verify(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command("verify", "--url", self.platform.servers["orderinfo"].url, *arguments)

    def report(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self.verify("--format", "json", *arguments).stdout)

    def assert_clean(self) -> dict[str, Any]:
        report = self.report()
        self.assertEqual("clean", report["state"], report)
        return report

    def read_model(self) -> sqlite3.Connection:
        data = self.platform.servers["orderinfo"].data
        return sqlite3.connect(data / "orderinfo.db", timeout=10, isolation_level=None)

    def place_three(self) -> list[str]:
        product = self.unique("product")
        customer = self.unique("customer")
        self.put_product(product, 5, name="Thing's \"name\", 長い")
        orders = [self.place_order(customer, product, n).json()["order_id"] for n in (1, 2, 3)]
        wait_until_caught_up(self.platform)
        return orders


class Verify(VerifyCase):
    def test_what_was_ordered_agrees(self) -> None:
        self.place_three()
        done = self.verify()
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertIn("Everything agrees", done.stdout)

    def test_orders_that_come_meanwhile_are_no_difference(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        load = Load(self.platform.servers["order"].url, products=[product], seed=1)
        with load:
            for _ in range(5):
                self.assert_clean()
        wait_until_caught_up(self.platform)
        self.assert_clean()

    def test_parked_and_foreign_orders_are_classes_of_their_own(self) -> None:
        parked = self.place_order("customer", self.unique("nobody-sells")).json()["order_id"]
        self.put_product("push-product", 5)
        order = {"customer_id": "c", "order_id": self.unique("elsewhere"),
                 "product_id": "push-product", "number": 1, "order_date": "2021-02-14"}
        body = push.envelope(json.dumps(order).encode(),
                             {"event_id": "e", "event_type": "order_create"})
        answer = self.client("orderinfo").request(
            "POST", "/api/v1/orderinfo/pubsub", body, {"Content-Type": "application/json"})
        self.assertEqual(200, answer.status, answer.text)
        wait_until_caught_up(self.platform)
        report = self.assert_clean()
        self.assertGreaterEqual(report["parked"], 1, parked)
        self.assertGreaterEqual(report["foreign"], 1)

    def test_damage_is_named_and_repaired(self) -> None:
        missing, different, whole = self.place_three()
        with self.read_model() as database:
            for order_id, change in ((missing, "DELETE FROM order_info"),
                                     (different, "UPDATE order_info SET number = number + 1")):
                changed = database.execute(f"{change} WHERE order_id = ?", [bytes.fromhex(
                    order_id.replace("-", ""))]).rowcount
                self.assertEqual(1, changed)
        done = self.verify()
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(f"differs: missing_in_read_model {missing}", done.stdout)
        self.assertIn(f"differs: different_in_read_model {different}", done.stdout)
        self.assertNotIn(whole, done.stdout)

        done = self.verify("--repair")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertIn("2 rows were written again", done.stdout)
        self.assertIn("After the repair:", done.stdout)
        self.assert_clean()

    def test_what_nobody_ordered_is_named_and_left(self) -> None:
        _, _, order = self.place_three()
        blob = bytes.fromhex(order.replace("-", ""))
        stranger = bytes.fromhex("00000000000040008000000000000001")
        with self.read_model() as database:
            database.execute("UPDATE order_info SET order_id = ? WHERE order_id = ?", [stranger, blob])
        try:
            named = {(each["kind"], each["order_id"]) for each in self.report("--repair")["named"]}
            self.assertIn(("unknown_in_read_model", "00000000-0000-4000-8000-000000000001"), named)
        finally:
            with self.read_model() as database:
                database.execute("DELETE FROM order_info WHERE order_id = ?", [stranger])
            self.verify("--repair")
        self.assert_clean()

    def test_the_report_and_its_metrics_stay(self) -> None:
        self.place_three()
        report = self.assert_clean()
        status = self.client("orderinfo").get(VERIFY).json()
        self.assertEqual(report, status["last"])
        metrics = self.client("orderinfo").get("/metrics").text
        self.assertIn(f"orderly_audit_verified_position {report['orders_up_to']}", metrics)
        self.assertIn("orderly_audit_differences 0", metrics)

    def test_a_bad_request_is_refused_by_field(self) -> None:
        answer = self.client("orderinfo").post(VERIFY, {"repair": "yes"})
        self.assertEqual((400, "repair"), (answer.status, answer.json()["field"]))

    def test_no_server_is_an_error(self) -> None:
        done = run_command("verify", "--url", "http://127.0.0.1:9")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("orderly: ", done.stderr)


class VerifyApart(VerifyCase):
    APART = True

    def test_orders_and_read_model_are_compared_where_the_read_model_is(self) -> None:
        self.place_three()
        report = self.assert_clean()
        self.assertEqual(3, report["orders"])
        self.assertEqual(0, report["warehouse_rows"])


if __name__ == "__main__":
    unittest.main()
