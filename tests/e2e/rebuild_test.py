"""orderly rebuild: the read model made anew beside the live one, compared, swapped and swapped back,
under load, with damage, and with the process killed in every phase."""

import json
import pathlib
import random
import sqlite3
import subprocess
import time
import unittest
from typing import Any

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, query_warehouse, wait_until_caught_up
from orderly_testing.client import CONNECTION_ERRORS
from orderly_testing.load import Load
from orderly_testing.process import run_command
from orderly_testing.waiting import wait_until

READ_MODEL = "/api/v1/admin/rebuild/read-model"


def blob(order_id: str) -> bytes:
    return bytes.fromhex(order_id.replace("-", ""))


class RebuildCase(PlatformCase):
    def rebuild(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        url = self.platform.servers["orderinfo"].url
        return run_command("rebuild", "read-model", "--url", url, *arguments, seconds=120)

    def assert_rebuilt(self, *arguments: str) -> str:
        done = self.rebuild(*arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def status(self) -> dict[str, Any]:
        return self.client("orderinfo").get(READ_MODEL).json()

    def leave_idle(self) -> None:
        """Whatever a test has left is gone."""
        for action in ("--cancel", "--drop"):
            self.rebuild(action)

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

    def verify(self) -> dict[str, Any]:
        url = self.platform.servers["orderinfo"].url
        return json.loads(run_command("verify", "--url", url, "--format", "json").stdout)

    def place_some(self, count: int) -> tuple[str, list[str]]:
        """A product, and orders of it at two prices."""
        product, customer = self.unique("product"), self.unique("customer")
        self.put_product(product, 5, name="Thing's \"name\", 長い")
        orders = []
        for number in range(1, count + 1):
            if number == count // 2:
                self.put_product(product, 7, name="Thing, dearer")
            orders.append(self.place_order(customer, product, number).json()["order_id"])
        wait_until_caught_up(self.platform)
        return customer, orders

    def push_from_elsewhere(self, data: bytes) -> None:
        body = push.envelope(data, {"event_id": "e", "event_type": "order_create"})
        answer = self.client("orderinfo").request(
            "POST", "/api/v1/orderinfo/pubsub", body, {"Content-Type": "application/json"})
        self.assertEqual(200, answer.status, answer.text)


class RebuildReadModel(RebuildCase):
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
        client = self.client("orderinfo")
        answer = client.post(READ_MODEL, {"action": "begin"})
        self.assertEqual((400, "action"), (answer.status, answer.json()["field"]))
        answer = client.post(READ_MODEL, {"action": "start", "keep_seconds": -1})
        self.assertEqual((400, "keep_seconds"), (answer.status, answer.json()["field"]))
        for action, code in (("swap", "nothing_to_swap"), ("rollback", "nothing_kept"),
                             ("drop", "nothing_kept"), ("cancel", "nothing_to_cancel")):
            answer = client.post(READ_MODEL, {"action": action})
            self.assertEqual((409, code), (answer.status, answer.json()["code"]))
        self.assert_rebuilt()
        answer = client.post(READ_MODEL, {"action": "start"})
        self.assertEqual((409, "one_is_kept"), (answer.status, answer.json()["code"]))
        self.assertEqual(2, run_command("rebuild", "broker").returncode)


class RebuildApart(RebuildCase):
    APART = True

    def test_the_feeds_may_be_elsewhere(self) -> None:
        self.place_some(4)
        self.assertIn("equal, and swapped", self.assert_rebuilt())
        self.place_some(4)
        self.assertIn("rolled back", self.assert_rebuilt("--rollback"))
        self.leave_idle()
        self.assertEqual([], Census.take(self.platform).problems())


class RebuildKilled(RebuildCase):
    """kill -9 in every phase, under load."""

    PHASES = ("filling", "indexing", "comparing", "swapping", "kept")

    def test_nothing_lost_nothing_twice(self) -> None:
        choice = random.Random(17)
        product = self.unique("product")
        self.put_product(product, 5)
        with Load(self.platform.servers["order"].url, [product], threads=4, seed=5) as load:
            load.wait_for_more(300)
            for phase in self.PHASES:
                self.kill_in(phase)
                self.assert_live_one_is_whole()
                load.wait_for_more(choice.randint(1, 50))
        census = Census.take(self.platform)
        self.assertEqual([], census.problems(load.acknowledged, load.attempts))
        self.assertEqual("clean", self.verify()["state"])

    def kill_in(self, phase: str) -> None:
        """Phases are short; where this one is over when we look, the next one is as good."""
        client = self.client("orderinfo")
        self.assertEqual(202, client.post(READ_MODEL, {"action": "start"}).status)
        order = ["idle", *self.PHASES]

        def reached() -> bool:
            status = client.get(READ_MODEL).json()
            now = status["phase"]
            return status["ended"] > 0 or (now in order and order.index(now) >= order.index(phase))

        wait_until(reached, f"the rebuild is {phase}")
        self.platform.servers["orderinfo"].kill()
        self.platform.restart("orderinfo")

    def assert_live_one_is_whole(self) -> None:
        """Idle, or the swap was through and the old one is kept: then it is dropped."""
        phase = wait_until(self.known_phase, "it has looked at what was left")
        self.assertIn(phase, ("idle", "kept"))
        self.rebuild("--drop")
        wait_until(lambda: self.status()["phase"] == "idle", "there is one again")

    def known_phase(self) -> str:
        try:
            phase = self.status()["phase"]
        except CONNECTION_ERRORS:
            return ""
        return "" if phase == "starting" else phase


if __name__ == "__main__":
    unittest.main()
