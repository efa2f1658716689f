"""orderly rebuild: the read model made anew beside the live one, compared, swapped and swapped back,
under load, with damage, and with the process killed in every phase."""

import json
import pathlib
import sqlite3
import time
import unittest

from orderly_testing import push
from orderly_testing.census import query_warehouse, wait_until_caught_up
from orderly_testing.load import Load
from orderly_testing.process import run_command
from orderly_testing.rebuilding import KilledRebuildCase, RebuildCase
from orderly_testing.waiting import wait_until


def blob(order_id: str) -> bytes:
    return bytes.fromhex(order_id.replace("-", ""))


class ReadModelCase(RebuildCase):
    STORE = "read-model"
    SERVICE = "orderinfo"

    def data(self) -> pathlib.Path:
        return self.platform.servers["orderinfo"].data

    def live_file(self) -> pathlib.Path:
        """The file that says the higher generation of itself, as the operator's guide has it."""
        def generation(name: str) -> int:
            path = self.data() / name
            if not path.exists():
                return -2
            with sqlite3.connect(path, timeout=10) as database:
                found = database.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            return found[0] if found else (0 if name == "orderinfo.db" else -1)

        return self.data() / max(("orderinfo.db", "orderinfo-2.db"), key=generation)

    def damage(self, order_id: str, change: str) -> None:
        database = sqlite3.connect(self.live_file(), timeout=10, isolation_level=None)
        changed = database.execute(f"{change} WHERE order_id = ?", [blob(order_id)]).rowcount
        database.close()
        self.assertEqual(1, changed)

    def push_from_elsewhere(self, data: bytes) -> None:
        body = push.envelope(data, {"event_id": "e", "event_type": "order_create"})
        answer = self.client("orderinfo").request(
            "POST", "/api/v1/orderinfo/pubsub", body, {"Content-Type": "application/json"})
        self.assertEqual(200, answer.status, answer.text)


class RebuildReadModel(ReadModelCase):
    def setUp(self) -> None:
        self.addCleanup(self.leave_idle)

    def test_beside_the_live_one_under_load(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        parked = self.place_order("customer", self.unique("nobody-sells")).json()["order_id"]
        elsewhere = {"customer_id": "c", "order_id": self.unique("elsewhere"),
                     "product_id": product, "number": 1, "order_date": "2021-02-14"}
        self.push_from_elsewhere(json.dumps(elsewhere).encode())
        self.push_from_elsewhere(b"no order at all")
        letters = self.client("orderinfo").get("/api/v1/admin/dead-letters").json()
        with Load(self.platform.servers["order"].url, [product], threads=4, seed=3) as load:
            load.wait_for_more(200)
            for price in range(6, 12):
                self.put_product(product, price)
                out = self.assert_rebuilt("--keep", "60s")
                self.assertIn("equal, and swapped", out)
                self.assertIn("is kept fed until", out)
                load.wait_for_more(50)
                out = self.assert_rebuilt("--rollback", "--keep", "60s")
                self.assertIn("rolled back", out)
                load.wait_for_more(50)
                self.assert_rebuilt("--drop")
        self.assertEqual(letters, self.client("orderinfo").get("/api/v1/admin/dead-letters").json())
        self.assertEqual(200, self.find_order("c", elsewhere["order_id"]).status)
        listed = self.client("orderinfo").get("/api/v1/admin/parked").json()["orders"]
        self.assertIn(parked, [order["order_id"] for order in listed])
        wait_until_caught_up(self.platform)
        self.assertEqual("clean", self.verify()["state"])

    def test_damage_is_named_with_both_sides_and_ended_by_a_swap(self) -> None:
        customer, (different, missing, whole, renamed) = self.place_some(4)
        right = self.find_order(customer, different).json()
        self.damage(different, "UPDATE order_info SET unit_price = 1")
        self.damage(missing, "DELETE FROM order_info")
        stranger = "00000000-0000-4000-8000-0000000000aa"
        database = sqlite3.connect(self.live_file(), timeout=10, isolation_level=None)
        database.execute("UPDATE order_info SET order_id = ? WHERE order_id = ?",
                         [blob(stranger), blob(renamed)])
        database.close()
        done = self.rebuild()
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("compared: 4 differ", done.stdout)
        self.assertIn("The live one is as it was.", done.stdout)
        named = {each["key"]: each for each in self.status()["named"]}
        self.assertEqual({different, missing, stranger, renamed}, set(named))
        self.assertNotIn(whole, done.stdout)
        self.assertEqual(1, named[different]["live"]["row"]["unit_price"])
        self.assertEqual(right, named[different]["rebuilt"]["row"])
        self.assertNotIn("live", named[missing])
        self.assertNotIn("rebuilt", named[stranger])
        self.assertEqual(404, self.find_order(customer, missing).status, "nothing has changed yet")

        self.assertIn("swapped, 4 differed", self.assert_rebuilt("--swap"))
        self.assertEqual(right, self.find_order(customer, different).json())
        self.assertEqual(200, self.find_order(customer, missing).status)
        self.assertEqual(200, self.find_order(customer, renamed).status)
        wait_until_caught_up(self.platform)
        self.assertEqual("clean", self.verify()["state"], "the warehouse has heard of it, too")

    def test_one_goes_back_and_forth_and_the_warehouse_with_it(self) -> None:
        customer, (order, *_) = self.place_some(2)
        right = self.find_order(customer, order).json()
        price = f"select unit_price from cqrs_example.order_information where order_id = '{order}'"
        self.damage(order, "UPDATE order_info SET unit_price = 1")
        self.assertEqual(1, self.rebuild().returncode)
        self.assert_rebuilt("--swap")
        self.assertIn("rolled back, 1 differed", self.assert_rebuilt("--rollback"))
        self.assertEqual(1, self.find_order(customer, order).json()["unit_price"])
        wait_until_caught_up(self.platform)
        self.assertEqual([[1]], query_warehouse(self.platform, price)["rows"])
        self.assert_rebuilt("--rollback")
        self.assertEqual(right, self.find_order(customer, order).json())
        wait_until_caught_up(self.platform)
        self.assertEqual("clean", self.verify()["state"])

    def test_only_to_compare(self) -> None:
        _, (order, *_) = self.place_some(2)
        before = self.live_file()
        self.assertIn("compared: equal", self.assert_rebuilt("--diff-only"))
        self.damage(order, "UPDATE order_info SET product_name = 'forged'")
        done = self.rebuild("--diff-only")
        self.assertEqual(1, done.returncode)
        self.assertIn(order, done.stdout)
        self.assertIn("forged", done.stdout)
        self.assertEqual("idle", self.status()["phase"])
        self.assertEqual(before, self.live_file())
        self.assertEqual(1, self.rebuild().returncode)
        self.assert_rebuilt("--swap", "--keep", "0")
        wait_until_caught_up(self.platform)
        self.assertEqual("clean", self.verify()["state"])

    def test_the_old_one_is_dropped_when_its_time_is_over(self) -> None:
        self.place_some(2)
        self.assert_rebuilt("--keep", "1s")
        wait_until(lambda: "its time is over" in self.status()["last"], "it is dropped")
        self.assertEqual("idle", self.status()["phase"])
        left = [name for name in ("orderinfo.db", "orderinfo-2.db") if (self.data() / name).exists()]
        self.assertEqual(1, len(left))
        done = self.rebuild("--rollback")
        self.assertEqual(1, done.returncode)
        self.assertIn("is not kept", done.stderr)

    def test_a_stream_and_a_page_go_on_over_a_swap(self) -> None:
        customer, _ = self.place_some(4)
        body = {"customer_id": customer, "order_date": str(time.gmtime().tm_year), "page_size": 2}
        first = self.post("orderinfo", "/api/v1/orderinfo/list", body).json()
        changes = self.client("orderinfo").get("/api/v1/orderinfo/changes?after=0&limit=3").json()
        last = changes["events"][-1]
        self.assert_rebuilt()
        second = self.post("orderinfo", "/api/v1/orderinfo/list",
                           body | {"page_token": first["next_page_token"]}).json()
        self.assertEqual(2, len(second["orders"]))
        after = self.client("orderinfo").get(
            f"/api/v1/orderinfo/changes?epoch={changes['epoch']}&after={last['position']}"
            f"&event_id={last['event_id']}")
        self.assertEqual(200, after.status, "readers of the log stand where they stood")

    def test_what_cannot_be_is_refused(self) -> None:
        self.assert_refusals()
        self.assertEqual(2, run_command("rebuild", "broker").returncode)


class RebuildApart(ReadModelCase):
    APART = True

    def test_the_feeds_may_be_elsewhere(self) -> None:
        self.assert_rebuilt_from_elsewhere()


class RebuildKilled(KilledRebuildCase, ReadModelCase):
    def test_nothing_lost_nothing_twice(self) -> None:
        self.assert_survives(self.kill, seed=17)

    def kill(self) -> None:
        self.platform.servers["orderinfo"].kill()
        self.platform.restart("orderinfo")


if __name__ == "__main__":
    unittest.main()
