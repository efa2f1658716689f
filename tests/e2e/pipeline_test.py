"""The way of an order through all services, with everything that may go wrong on it; in one process
and in five."""

import json
import unittest
import uuid
from typing import Any

from orderly_testing import feeds, push
from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, query_warehouse, wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.metrics import Metrics
from orderly_testing.waiting import wait_until


class Pipeline:
    """What holds however the services are hosted."""

    def push(self, body: bytes) -> Answer:
        return self.client("orderinfo").post("/api/v1/orderinfo/pubsub", body)

    def metric(self, name: str, service: str = "orderinfo", **labels: str) -> float:
        return Metrics(self.client(service)).value(name, **labels)

    def events_of(self, customer_id: str) -> tuple[str, list[feeds.Event]]:
        feed = feeds.read_all(self.client("order"), feeds.ORDERS)
        return feed.epoch, [e for e in feed.events if e["data"]["customer_id"] == customer_id]

    def changes_of(self, customer_id: str) -> list[dict[str, Any]]:
        feed = feeds.read_all(self.client("orderinfo"), feeds.CHANGES)
        return [e["data"] for e in feed.events if e["data"]["customer_id"] == customer_id]

    def test_an_order_before_its_product_waits_and_holds_up_nobody(self) -> None:
        customer, late, known = (self.unique(n) for n in ("customer", "late", "known"))
        self.put_product(known, 3)
        waiting = self.place_order(customer, late, 2).json()["order_id"]
        passing = self.place_order(customer, known, 1).json()["order_id"]
        self.assertEqual(3, self.see_order(customer, passing)["total_price"])
        self.assertEqual(404, self.find_order(customer, waiting).status)
        self.assertGreaterEqual(self.metric("orderly_read_model_parked_orders"), 1)

        self.put_product(late, 10, "Late")
        self.put_product(late, 99, "Later")
        answer = wait_until(lambda: self.found(customer, waiting), "the waiting order is released")
        self.assertEqual(("Late", 20), (answer["product_name"], answer["total_price"]))

    def found(self, customer: str, order_id: str) -> dict[str, Any] | None:
        answer = self.find_order(customer, order_id)
        return answer.json() if answer.status == 200 else None

    def test_price_changes_between_orders(self) -> None:
        """Each order has the price of its moment, however the projector batches them."""
        customer, product = self.unique("customer"), self.unique("product")
        placed = {}
        for price in range(1, 41):
            self.put_product(product, price)
            placed[self.place_order(customer, product).json()["order_id"]] = price
        for order_id, price in placed.items():
            self.assertEqual(price, self.see_order(customer, order_id)["unit_price"])

    def test_pushed_twice_and_out_of_order(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        for number in range(1, 11):
            self.place_order(customer, product, number)
        wait_until_caught_up(self.platform)
        epoch, events = self.events_of(customer)
        duplicates = self.metric("orderly_projector_duplicates_total")
        before = self.changes_of(customer)
        for event in [*reversed(events), *events]:
            self.assertEqual(200, self.push(push.of_event(epoch, event)).status)
        self.assertEqual(before, self.changes_of(customer))
        self.assertEqual(10, len(before))
        self.assertGreaterEqual(
            self.metric("orderly_projector_duplicates_total"), duplicates + 2 * len(events)
        )

    def test_push_as_the_lab_sends_it(self) -> None:
        """It names no place in a feed; it is taken, once, and found in the warehouse too."""
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        order = self.foreign_order(customer, product)
        body = push.of_lab(str(uuid.uuid4()), order)
        for _ in range(3):
            answer = self.push(body)
            self.assertEqual((200, b"Finished."), (answer.status, answer.body))
        self.assertEqual([15], [row["total_price"] for row in self.changes_of(customer)])
        self.assertEqual(15, self.see_order(customer, order["order_id"])["total_price"])
        wait_until_caught_up(self.platform)
        sql = (
            "select count(*), sum(total_price) from cqrs_example.order_information "
            f"where customer_id = '{customer}'"
        )
        answer = self.post("warehouse", "/api/v1/warehouse/query", {"query": sql})
        self.assertEqual([[1, 15]], answer.json()["rows"])

    @staticmethod
    def foreign_order(customer: str, product: str, number: int = 3) -> dict[str, Any]:
        return {
            "customer_id": customer,
            "number": number,
            "order_date": "2021-01-18",
            "order_id": str(uuid.uuid4()),
            "product_id": product,
        }

    def test_another_order_under_the_same_id_is_a_dead_letter(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        order = self.foreign_order(customer, product)
        self.push(push.of_lab(str(uuid.uuid4()), order))
        dead = self.metric("orderly_read_model_dead_letters")
        forged = push.of_lab(str(uuid.uuid4()), order | {"number": 1000})
        for _ in range(2):
            self.assertEqual(200, self.push(forged).status)
        self.assertEqual(dead + 1, self.metric("orderly_read_model_dead_letters"))
        self.assertEqual(3, self.see_order(customer, order["order_id"])["number"])
        self.assertEqual(1, len(self.changes_of(customer)))
        if not self.APART:
            self.assert_the_owner_sees_the_dead_letter(order["order_id"])

    def assert_the_owner_sees_the_dead_letter(self, order_id: str) -> None:
        sql = f"SELECT code FROM cqrs_example.dead_letters WHERE order_id = '{order_id}'"
        wait_until(lambda: query_warehouse(self.platform, sql)["rows"] == [["order_conflict"]],
                   "the dead letter is in the warehouse")

    def test_an_event_that_can_never_be_applied_is_a_dead_letter(self) -> None:
        dead = self.metric("orderly_read_model_dead_letters")
        attributes = {"event_id": str(uuid.uuid4()), "event_type": "order_create"}
        for data in (b"no json", b'{"order_id":"x"}', b""):
            answer = self.push(push.envelope(data, attributes))
            self.assertEqual(200, answer.status, answer.text)
        self.assertEqual(dead + 3, self.metric("orderly_read_model_dead_letters"))

    def test_an_unknown_event_type_is_counted_and_acknowledged(self) -> None:
        unknown = self.metric("orderly_projector_unknown_events_total")
        customer, product = self.unique("customer"), self.unique("product")
        order = self.foreign_order(customer, product)
        answer = self.push(push.of_lab(str(uuid.uuid4()), order, "order_cancel"))
        self.assertEqual(200, answer.status)
        self.assertEqual(unknown + 1, self.metric("orderly_projector_unknown_events_total"))
        self.assertEqual(404, self.find_order(customer, order["order_id"]).status)

    def test_a_forged_place_in_the_feed_makes_nobody_skip_an_event(self) -> None:
        """A push that claims a position ahead must not count as progress."""
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        self.place_order(customer, product)
        wait_until_caught_up(self.platform)
        epoch, events = self.events_of(customer)
        forged = dict(events[0]) | {
            "position": events[0]["position"] + 5,
            "event_id": str(uuid.uuid4()),
            "data": self.foreign_order(customer, product, 77),
        }
        self.assertEqual(200, self.push(push.of_event(epoch, forged)).status)
        placed = [self.place_order(customer, product).json()["order_id"] for _ in range(8)]
        for order_id in placed:
            self.see_order(customer, order_id)

    def test_order_date_prefixes(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)
        dates = ("2021-02-14", "2020-12-31", "2021-02-28", "2021-03-01", "2022-01-01", "2021-02-14")
        for number, date in enumerate(dates, start=1):
            self.place_order(customer, product, number, date)
        wait_until_caught_up(self.platform)
        expected = {
            "2021": [1, 6, 3, 4],
            "2021-02": [1, 6, 3],
            "2021/02": [1, 6, 3],
            "2021-02-14": [1, 6],
            "2021/02/14": [1, 6],
            "2020": [2],
            "2023": [],
        }
        for prefix, numbers in expected.items():
            body = {"customer_id": customer, "order_date": prefix}
            answer = self.post("orderinfo", "/api/v1/orderinfo/list", body).json()
            self.assertEqual(["order_date", "orders"], list(answer))
            self.assertEqual(prefix, answer["order_date"])
            self.assertEqual(numbers, [order["number"] for order in answer["orders"]], prefix)

    def test_pages(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)
        for number in range(1, 8):
            self.place_order(customer, product, number, "2021-05-05")
        wait_until_caught_up(self.platform)
        body = {"customer_id": customer, "order_date": "2021", "page_size": 3}
        sizes, numbers = [], []
        while True:
            page = self.post("orderinfo", "/api/v1/orderinfo/list", body).json()
            sizes.append(len(page["orders"]))
            numbers += [order["number"] for order in page["orders"]]
            if "next_page_token" not in page:
                break
            body = body | {"page_token": page["next_page_token"]}
        self.assertEqual(([3, 3, 1], list(range(1, 8))), (sizes, numbers))
        exact = {"customer_id": customer, "order_date": "2021", "page_size": 7}
        page = self.post("orderinfo", "/api/v1/orderinfo/list", exact).json()
        self.assertNotIn("next_page_token", page)

    def test_publish_by_hand(self) -> None:
        answer = self.client("event-publisher").get("/api/v1/event/publish")
        self.assertEqual((200, b"Finished."), (answer.status, answer.body))

    def test_the_census_agrees(self) -> None:
        """All that other tests left must add up, but for what came by foreign pushes."""
        census = Census.take(self.platform)
        accepted = {event["data"]["order_id"] for event in census.orders}
        foreign = {change["data"]["order_id"] for change in census.changes} - accepted
        own = Census(
            census.orders,
            census.products,
            [change for change in census.changes if change["data"]["order_id"] not in foreign],
            [row for row in census.listed if row["order_id"] not in foreign],
            [row for row in census.loaded if row["order_id"] not in foreign],
        )
        self.assertEqual([], own.problems())


    def test_a_push_from_the_future_is_refused(self) -> None:
        """One wrong clock must not hold up everybody's prices."""
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        order = self.foreign_order(customer, product)
        attributes = {
            "event_id": str(uuid.uuid4()),
            "event_type": "order_create",
            "accepted_at": "2121-01-18T00:00:00.000000Z",
        }
        answer = self.push(push.envelope(json.dumps(order).encode(), attributes))
        self.assertEqual((503, "unavailable"), (answer.status, answer.json()["code"]))
        self.assertEqual(404, self.find_order(customer, order["order_id"]).status)
        after = self.place_order(customer, product).json()["order_id"]
        self.see_order(customer, after)


class PipelineTogether(Pipeline, PlatformCase):
    """orderly up"""

    def test_a_page_has_a_thousand_orders_unless_asked_otherwise(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)
        client = self.client("order")
        order = {"customer_id": customer, "product_id": product, "order_date": "2021-05-05"}
        for number in range(1, 1002):
            client.post("/api/v1/order/create", order | {"number": number})
        wait_until_caught_up(self.platform)
        query = {"customer_id": customer, "order_date": "2021"}
        first = self.post("orderinfo", "/api/v1/orderinfo/list", query).json()
        self.assertEqual(1000, len(first["orders"]))
        query |= {"page_token": first["next_page_token"]}
        second = self.post("orderinfo", "/api/v1/orderinfo/list", query).json()
        self.assertEqual([1001], [order["number"] for order in second["orders"]])
        self.assertNotIn("next_page_token", second)


class PipelineApart(Pipeline, PlatformCase):
    """Five processes with push over HTTP."""

    APART = True

    def test_price_changes_while_the_projector_is_away(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 100)
        self.addCleanup(self.bring_back, "orderinfo")
        self.assertEqual(0, self.platform.servers["orderinfo"].terminate())
        first = self.place_order(customer, product).json()["order_id"]
        self.put_product(product, 200)
        second = self.place_order(customer, product).json()["order_id"]
        self.put_product(product, 300)
        self.bring_back("orderinfo")
        self.assertEqual(100, self.see_order(customer, first)["unit_price"])
        self.assertEqual(200, self.see_order(customer, second)["unit_price"])

    def test_pushes_alone_in_reverse(self) -> None:
        """Effects come at once by push, reversed and twice, while the feed cannot be read; when it
        can, nothing is doubled and nothing was skipped."""
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        self.see_order(customer, self.place_order(customer, product, 1).json()["order_id"])
        wait_until_caught_up(self.platform)
        for service in ("event-publisher", "orderinfo"):
            self.take_down(service)
        for number in range(2, 8):
            self.place_order(customer, product, number)
        epoch, events = self.events_of(customer)
        self.take_down("order")
        self.bring_back("orderinfo")
        for event in reversed(events[3:]):
            for _ in range(2):
                self.assertEqual(200, self.push(push.of_event(epoch, event)).status)
        self.assertEqual([1, 7, 6, 5, 4], [row["number"] for row in self.changes_of(customer)])

        self.bring_back("order")
        self.bring_back("event-publisher")
        wait_until_caught_up(self.platform)
        numbers = [row["number"] for row in self.changes_of(customer)]
        self.assertEqual([1, 7, 6, 5, 4, 2, 3], numbers)

    def test_orders_wait_while_the_product_service_is_away(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 5)
        self.take_down("product")
        placed = [self.place_order(customer, product).json()["order_id"] for _ in range(3)]
        self.assertEqual(404, self.find_order(customer, placed[0], {"Prefer": "wait=1"}).status)
        self.bring_back("product")
        for order_id in placed:
            self.assertEqual(5, self.see_order(customer, order_id)["unit_price"])

    def test_publish_by_hand_fails_where_the_outbox_is_away(self) -> None:
        self.take_down("order")
        answer = self.client("event-publisher").get("/api/v1/event/publish")
        self.assertEqual(503, answer.status, answer.text)
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        self.bring_back("order")
        wait_until(
            lambda: self.client("event-publisher").get("/api/v1/event/publish").status == 200,
            "publishing works again",
        )


if __name__ == "__main__":
    unittest.main()
