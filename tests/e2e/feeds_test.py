"""The feeds: pages, cursors that are checked, waiting, and that reading changes nothing."""

import threading
import time
import unittest
import uuid

from orderly_testing import feeds
from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer
from orderly_testing.refusals import Refusal
from orderly_testing.waiting import wait_until

ALL = (feeds.ORDERS, feeds.PRODUCTS, feeds.CHANGES)
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Feeds(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with cls.platform.client("order") as client:
            for number in range(1, 6):
                product = {"product_id": f"p{number}", "product_name": "x", "unit_price": number}
                client.post("/api/v1/product/create", product)
                order = {"customer_id": "reader", "product_id": f"p{number}", "number": number}
                client.post("/api/v1/order/create", order)
            wait_until(lambda: feeds.head(client, feeds.CHANGES) >= 5, "five rows")

    def read(self, path: str, **parameters: object) -> Answer:
        return self.client("order").get(feeds.target(path, **parameters))

    def test_shape(self) -> None:
        types = {
            feeds.ORDERS: "order_create",
            feeds.PRODUCTS: "product_put",
            feeds.CHANGES: "orderinfo_put",
        }
        data = {
            feeds.ORDERS: ["customer_id", "number", "order_date", "order_id", "product_id"],
            feeds.PRODUCTS: ["product_id", "product_name", "unit_price"],
            feeds.CHANGES: ["customer_id", "number", "order_date", "order_id", "product_id",
                            "product_name", "total_price", "unit_price"],
        }
        for path in ALL:
            with self.subTest(path):
                page = self.read(path).json()
                self.assertEqual(["epoch", "head", "events"], list(page))
                self.assertGreaterEqual(len(page["events"]), 5)
                for position, event in enumerate(page["events"], start=1):
                    self.assertEqual(
                        ["position", "event_id", "accepted_at", "type", "traceparent", "data"],
                        list(event),
                    )
                    self.assertEqual(position, event["position"])
                    self.assertEqual(types[path], event["type"])
                    self.assertEqual(data[path], list(event["data"]))
                    self.assertRegex(event["accepted_at"], TIME)

    def test_pages_join_without_gap_or_repetition(self) -> None:
        for path in ALL:
            with self.subTest(path):
                client = self.client("order")
                whole = feeds.read_all(client, path)
                self.assertEqual(whole.head, len(whole.events))
                for page in (1, 2, 3):
                    self.assertEqual(whole, feeds.read_all(client, path, page))

    def test_limit(self) -> None:
        for path in ALL:
            self.assertEqual(2, len(self.read(path, limit=2).json()["events"]))
            fourth = self.read(path, after=3, limit=1).json()["events"]
            self.assertEqual([4], [event["position"] for event in fourth])
            # An empty parameter is as none.
            empty = self.read(path, epoch="", after=0, event_id="")
            self.assertEqual(self.read(path).body, empty.body)

    def test_a_reader_of_another_history_is_told(self) -> None:
        for path in ALL:
            page = self.read(path).json()
            epoch, head, first = page["epoch"], page["head"], page["events"][0]
            other = str(uuid.uuid4())
            for parameters, message in (
                ({"epoch": other}, f"The epoch is {epoch}, not {other}."),
                ({"epoch": other, "after": 1}, f"The epoch is {epoch}, not {other}."),
                ({"after": head + 1}, f"Position {head + 1} lies beyond the head {head}."),
                (
                    {"epoch": epoch, "after": 2**62},
                    f"Position {2**62} lies beyond the head {head}.",
                ),
                (
                    {"epoch": epoch, "after": 2, "event_id": first["event_id"]},
                    f"Another event than {first['event_id']} stands at position 2.",
                ),
            ):
                if path == feeds.CHANGES:  # its own words: positions are left out there
                    at = parameters.get("after", 0)
                    message = f"The change log has no such event at position {at}."
                with self.subTest(path=path, parameters=parameters):
                    answer = self.read(path, **parameters)
                    now = (("epoch", epoch), ("head", head))
                    refusal = Refusal(409, "position_conflict", message, more=now)
                    refusal.check(self, answer)
            same = self.read(path, epoch=epoch, after=1, event_id=first["event_id"])
            self.assertEqual(200, same.status)

    def test_waiting_ends_with_the_first_event(self) -> None:
        head = feeds.head(self.client("order"), feeds.ORDERS)
        answers: list[Answer] = []
        waiting = threading.Thread(
            target=lambda: answers.append(self.read(feeds.ORDERS, after=head, wait=25))
        )
        waiting.start()
        placed = self.place_order("waited-for", "p1").json()
        waiting.join()
        self.assertEqual([placed], [event["data"] for event in answers[0].json()["events"]])

    def test_waiting_ends_when_the_time_is_up(self) -> None:
        for path in ALL:
            head = feeds.head(self.client("order"), path)
            began = time.monotonic()
            answer = self.read(path, after=head, wait=0.3)
            self.assertEqual((200, []), (answer.status, answer.json()["events"]))
            self.assertGreaterEqual(time.monotonic() - began, 0.29)

    def test_a_trace_travels_from_the_request_to_the_projection(self) -> None:
        order = {"customer_id": "traced", "product_id": "p1", "number": 1}
        headers = {"traceparent": TRACEPARENT}
        placed = self.client("order").post("/api/v1/order/create", order, headers).json()
        self.see_order("traced", placed["order_id"])
        for path in (feeds.ORDERS, feeds.CHANGES):
            event = feeds.read_all(self.client("order"), path).events[-1]
            self.assertEqual("traced", event["data"]["customer_id"])
            self.assertEqual(TRACEPARENT.split("-")[1], event["traceparent"].split("-")[1])

    def test_an_epoch_outlives_a_restart(self) -> None:
        before = {path: self.read(path).json() for path in ALL}
        self.assertEqual(0, self.platform.servers["order"].terminate())
        self.platform.restart("order")
        for path in ALL:
            self.assertEqual(before[path], self.read(path).json())


if __name__ == "__main__":
    unittest.main()
