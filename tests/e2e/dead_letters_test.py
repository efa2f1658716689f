"""orderly dead-letters: list, show, redrive and drop, of the read model and of a subscription of the
broker; with a kill in the middle, at the limits, and between services that run apart."""

import json
import random
import sqlite3
import subprocess
import threading
import time
import unittest
import uuid
from typing import Any

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import query_warehouse, wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.process import Server, run_command
from orderly_testing.pubsub import Pubsub, message
from orderly_testing.subscriber import Pushed, Subscriber
from orderly_testing.waiting import wait_until

LETTERS = "/api/v1/admin/dead-letters"
PRODUCT = "redriven-product"


def order_of(number: int, customer: str) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "number": number,
        "order_date": "2021-01-18",
        "order_id": str(uuid.uuid4()),
        "product_id": PRODUCT,
    }


class DeadLettersCase(PlatformCase):
    def setUp(self) -> None:
        self.put_product(PRODUCT, 7)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        url = self.platform.servers["orderinfo"].url
        return run_command("dead-letters", *arguments, "--url", url, seconds=120)

    def run_well(self, *arguments: str) -> str:
        done = self.command(*arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def push(self, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"}
        client = self.client("orderinfo")
        return client.request("POST", "/api/v1/orderinfo/pubsub", body, headers)

    def push_unreadable(self) -> int:
        """The number of the dead letter that it is."""
        attributes = {
            "event_id": str(uuid.uuid4()),
            "event_type": "order_create",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }
        self.assertEqual(200, self.push(push.envelope(b"no json", attributes)).status)
        return json.loads(self.run_well("list", "--format", "json", "--limit", "100000"))[-1][
            "number"
        ]

    def keep(self, bodies: list[tuple[str, bytes]]) -> list[int]:
        """Puts dead letters into the stopped read model, as an older version had kept them."""
        path = self.platform.servers["orderinfo"].data / "orderinfo.db"
        with sqlite3.connect(path, isolation_level=None) as database:
            first = database.execute("SELECT ifnull(max(number), 0) FROM dead_letter").fetchone()[0]
            change = database.execute(
                "SELECT ifnull(max(change), 0) FROM dead_letter"
            ).fetchone()[0]
            database.execute("BEGIN")
            for index, (order_id, body) in enumerate(bodies, 1):
                database.execute(
                    "INSERT INTO dead_letter(number, key, order_id, code, reason, message, kept_at,"
                    " change) VALUES(?, ?, ?, 'too_new', 'an older version', ?, ?, ?)",
                    (first + index, f"test:{order_id}", uuid.UUID(order_id).bytes, body.decode(),
                     1_611_000_000_000_000 + index, change + index),
                )
            database.execute("COMMIT")
        return list(range(first + 1, first + 1 + len(bodies)))

    def keep_orders(self, orders: list[dict[str, Any]]) -> list[int]:
        server = self.platform.servers["orderinfo"]
        self.assertEqual(0, server.terminate())
        numbers = self.keep(
            [(order["order_id"], push.of_lab(str(uuid.uuid4()), order)) for order in orders]
        )
        self.platform.restart("orderinfo")
        return numbers

    def standing(self) -> int:
        answer = self.client("orderinfo").get("/api/v1/admin/dead-letter-subscriptions")
        return answer.json()["subscriptions"][0]["dead_letters"]


class DeadLetters(DeadLettersCase):
    def test_show_has_message_errors_and_trace(self) -> None:
        number = self.push_unreadable()
        self.assertEqual(1, self.command("redrive", str(number)).returncode)
        shown = json.loads(self.run_well("show", str(number), "--format", "json"))
        self.assertEqual("push-order-to-orderinfo", shown["subscription"])
        self.assertEqual("no json", shown["text"])
        self.assertEqual("0af7651916cd43dd8448eb211c80319c", shown["trace_id"])
        self.assertEqual(2, shown["attempts"])
        self.assertEqual([1, 2], [error["attempt"] for error in shown["errors"]])
        text = self.run_well("show", str(number))
        for part in ("no json", "malformed_json", "event_type = order_create"):
            self.assertIn(part, text)
        missing = self.command("show", "999999")
        self.assertEqual(1, missing.returncode)
        self.assertIn("no dead letter 999999", missing.stderr)

    def test_a_dry_run_shows_the_row_and_nobody_sees_it(self) -> None:
        customer = self.unique("customer")
        order = order_of(3, customer)
        (number,) = self.keep_orders([order])
        before = self.standing()
        shown = self.run_well("redrive", str(number), "--dry-run")
        self.assertIn('"total_price":21', shown)
        self.assertIn("dry run: 1 redriven", shown)
        self.assertEqual(404, self.find_order(customer, order["order_id"]).status)
        self.assertEqual(before, self.standing())
        self.assertIn("1 redriven, 0 failed", self.run_well("redrive", str(number)))
        self.assertEqual(21, self.see_order(customer, order["order_id"])["total_price"])
        self.assertEqual(before - 1, self.standing())
        self.assertIn("gone", self.run_well("redrive", str(number)))

    def test_redrive_by_what_letters_have_in_common(self) -> None:
        customer = self.unique("customer")
        orders = [order_of(n, customer) for n in (1, 2, 3)]
        self.keep_orders(orders)
        key = orders[1]["order_id"]
        self.assertIn("1 redriven", self.run_well("redrive", "--key", key))
        self.assertEqual(200, self.find_order(customer, key).status)
        self.assertEqual(404, self.find_order(customer, orders[0]["order_id"]).status)
        began = time.monotonic()
        self.assertIn("2 redriven", self.run_well("redrive", "--code", "too_new", "--rate", "2/s"))
        self.assertGreater(time.monotonic() - began, 0.4)
        self.assertIn("0 redriven", self.run_well("redrive", "--until", "2020-01-01T00:00:00Z"))

    def test_drop_asks_first(self) -> None:
        number = self.push_unreadable()
        before = self.standing()
        refused = self.command("drop", str(number))
        self.assertEqual(1, refused.returncode)
        self.assertIn("--yes", refused.stderr)
        self.assertEqual(before, self.standing())
        self.assertIn("1 dropped", self.run_well("drop", str(number), "--yes"))
        self.assertEqual(before - 1, self.standing())

    def test_wrong_input_is_named(self) -> None:
        client = self.client("orderinfo")
        for body, field in (
            ({}, "numbers"),
            ({"all": True, "numbers": [1]}, "numbers"),
            ({"numbers": [0]}, "numbers"),
            ({"numbers": list(range(1, 102))}, "numbers"),
            ({"all": True, "limit": 101}, "limit"),
            ({"all": True, "since": "yesterday"}, "since"),
            ({"all": True, "colour": "red"}, "colour"),
        ):
            answer = client.post(f"{LETTERS}/redrive", body)
            self.assertEqual((400, field), (answer.status, answer.json().get("field")), answer.text)
        answer = client.post(f"{LETTERS}/drop", {"numbers": []})
        self.assertEqual(400, answer.status)
        self.assertEqual(404, client.get(f"{LETTERS}?subscription=nobody").status)
        self.assertEqual(400, client.get(f"{LETTERS}/first").status)
        for arguments in (("redrive",), ("redrive", "1", "--all"), ("redrive", "--rate", "fast")):
            self.assertNotEqual(0, self.command(*arguments).returncode, arguments)

    def test_the_warehouse_tells_of_redriven_and_dropped_letters(self) -> None:
        customer = self.unique("customer")
        order = order_of(1, customer)
        (redriven,) = self.keep_orders([order])
        dropped = self.push_unreadable()
        self.run_well("redrive", str(redriven))
        self.run_well("drop", str(dropped), "--yes")
        sql = (
            "SELECT number, redriven_at IS NOT NULL, dropped_at IS NOT NULL FROM "
            f"cqrs_example.dead_letters WHERE number IN ({redriven}, {dropped}) ORDER BY number"
        )
        expected = [[redriven, True, False], [dropped, False, True]]
        wait_until(lambda: query_warehouse(self.platform, sql)["rows"] == expected,
                   "the table says what became of them")


class DeadLettersApart(DeadLetters):
    APART = True


class KilledRedrive(DeadLettersCase):
    COUNT = 3000

    def test_thousands_of_letters_survive_kills_in_the_middle(self) -> None:
        customer = self.unique("customer")
        orders = [order_of(n % 9 + 1, customer) for n in range(self.COUNT)]
        bodies = [(each["order_id"], push.of_lab(str(uuid.uuid4()), each)) for each in orders]
        # One in a hundred fails again, whatever is tried.
        hopeless = set(range(50, self.COUNT, 100))
        for index in hopeless:
            bodies[index] = (bodies[index][0], push.envelope(
                b"no json", {"event_id": str(uuid.uuid4()), "event_type": "order_create"}))
        server = self.platform.servers["orderinfo"]
        self.assertEqual(0, server.terminate())
        numbers = self.keep(bodies)
        self.platform.restart("orderinfo")
        dice = random.Random(4)
        for _ in range(5):
            killer = threading.Timer(dice.uniform(0.05, 0.6), server.kill)
            killer.start()
            self.command("redrive", "--all")
            killer.join()
            self.platform.restart("orderinfo")
        done = self.command("redrive", "--all")
        self.assertEqual(1, done.returncode, "the hopeless ones failed")
        self.assertEqual(len(hopeless), self.standing())
        wait_until_caught_up(self.platform)
        sql = (
            "SELECT count(*), count(DISTINCT order_id), sum(total_price) FROM "
            f"cqrs_example.order_information WHERE customer_id = '{customer}'"
        )
        well = [each for index, each in enumerate(orders) if index not in hopeless]
        total = sum(7 * each["number"] for each in well)
        wait_until(
            lambda: query_warehouse(self.platform, sql)["rows"] == [[len(well), len(well), total]],
            "every order is there once",
        )
        left = json.loads(self.run_well("list", "--format", "json", "--limit", "100000"))
        self.assertEqual([numbers[index] for index in sorted(hopeless)],
                         [each["number"] for each in left])
        self.assertGreaterEqual(min(each["attempts"] for each in left), 2)


class Limits(PlatformCase):
    """What strangers may fill."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        server: Server = cls.platform.servers["orderinfo"]
        server.arguments += ["--max-dead-letters", "2", "--max-foreign-orders", "2"]
        server.terminate()
        cls.platform.restart("orderinfo")

    def push(self, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"}
        client = self.client("orderinfo")
        return client.request("POST", "/api/v1/orderinfo/pubsub", body, headers)

    def alarms(self) -> str:
        return json.dumps(self.client("orderinfo").get("/api/v1/admin/pipeline").json()["alarms"])

    def test_pushes_beyond_the_limits_are_refused_and_the_oldest_stay(self) -> None:
        self.put_product(PRODUCT, 7)
        attributes = {"event_id": str(uuid.uuid4()), "event_type": "order_create"}
        bodies = [push.envelope(data, attributes) for data in (b"1", b"2", b"3")]
        self.assertEqual([200, 200, 507], [self.push(body).status for body in bodies])
        self.assertEqual("dead_letters_full", self.push(bodies[2]).json()["code"])
        self.assertEqual(200, self.push(bodies[0]).status, "a known one is no new one")
        self.assertIn("dead letters are kept", self.alarms())
        orders = [order_of(1, "c") for _ in range(3)]
        pushed = [push.of_lab(str(uuid.uuid4()), order) for order in orders]
        self.assertEqual([200, 200, 507], [self.push(body).status for body in pushed])
        self.assertEqual("foreign_orders_full", self.push(pushed[2]).json()["code"])
        # The pipeline's own orders go on.
        order = self.place_order("c", PRODUCT).json()
        self.see_order("c", order["order_id"])
        url = self.platform.servers["orderinfo"].url
        done = run_command("dead-letters", "drop", "1", "--yes", "--url", url)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(200, self.push(bodies[2]).status)


class OfTheBroker(PlatformCase):
    """A subscription that asks for order past its dead letters."""

    def test_a_key_waits_behind_its_dead_letter(self) -> None:
        poison = {"1"}
        taken: list[str] = []

        def decide(pushed: Pushed) -> int:
            if pushed.data in poison:
                return 500
            taken.append(pushed.data)
            return 204

        subscriber = Subscriber(decide)
        self.addCleanup(subscriber.stop)
        topic, dead, name = self.unique("topic"), self.unique("dead"), self.unique("sub")
        self.run_well("topics", "create", topic, dead)
        self.run_well(
            "subscriptions", "create", name, "--topic", topic, "--push-endpoint", subscriber.url,
            "--enable-message-ordering", "--dead-letter-topic", dead, "--wait-behind-dead-letters",
            "--min-retry-delay", "0s", "--max-retry-delay", "0s",
        )  # fmt: skip
        shown = json.loads(self.run_well("subscriptions", "describe", name, "--format", "json"))
        self.assertEqual({"waitBehindDeadLetters": True}, shown["orderly"])
        Pubsub(self, self.client("event-publisher")).publish(
            topic, message("1", "a"), message("2", "b"), message("3", "a")
        )
        wait_until(lambda: taken == ["2"] and self.letters_of(name)["dead_letters"] == 1,
                   "the other key flows on")
        wait_until(lambda: self.letters_of(name)["messages_waiting"] == 1, "the third one waits")
        self.platform.servers["event-publisher"].kill()
        self.platform.restart("event-publisher")
        wait_until(lambda: self.letters_of(name)["messages_waiting"] == 1, "it still does")
        self.assertEqual(["2"], taken)
        refused = self.command("dead-letters", "redrive", "--all", "--subscription", name, "--dry-run")
        self.assertIn("cannot be rolled back", refused.stderr)
        failed = self.command("dead-letters", "redrive", "--all", "--subscription", name)
        self.assertEqual(1, failed.returncode, failed.stdout)
        poison.clear()
        self.run_well("dead-letters", "redrive", "--all", "--subscription", name)
        wait_until(lambda: taken == ["2", "1", "3"], "its key flows in order")
        self.assertEqual(0, self.letters_of(name)["dead_letters"])

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(*arguments, "--url", self.platform.servers["event-publisher"].url)

    def run_well(self, *arguments: str) -> str:
        done = self.command(*arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def letters_of(self, name: str) -> dict[str, Any]:
        listed = json.loads(self.run_well("dead-letters", "subscriptions", "--format", "json"))
        return next(each for each in listed if each["name"] == name)


del DeadLettersCase

if __name__ == "__main__":
    unittest.main()
