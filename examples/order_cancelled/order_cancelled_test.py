"""The worked example of docs/extending.md: an event type, a topic, a projection and a warehouse table
of one's own, from the command to the owner's SQL, across kill -9."""

import base64
import json
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.census import query_warehouse, wait_until_caught_up
from orderly_testing.feeds import read_all
from orderly_testing.waiting import wait_until

FEED = "/api/v1/cancellation/events"


class OrderCancelled(PlatformCase):
    def cancel(self, order_id: str, **more: Any) -> dict[str, Any]:
        body = {"order_id": order_id} | more
        return self.post("order", "/api/v1/cancellation/create", body).json()

    def status(self, order_id: str) -> dict[str, Any]:
        return self.post("order", "/api/v1/cancellation/get", {"order_id": order_id}).json()

    def rows(self, order_id: str) -> list[list[Any]]:
        sql = f"SELECT reason FROM cqrs_example.order_cancelled WHERE order_id = '{order_id}'"
        return query_warehouse(self.platform, sql)["rows"]

    def place(self, number: int = 1) -> str:
        product = self.unique("product")
        self.put_product(product, 7, name=product)
        return self.place_order("customer", product, number).json()["order_id"]

    def test_a_cancellation_reaches_projection_and_warehouse(self) -> None:
        order = self.place()
        self.assertEqual({"order_id": order, "cancelled": False}, self.status(order))
        self.assertEqual({"order_id": order, "reason": "too late"},
                         self.cancel(order, reason="too late"))
        wait_until(lambda: self.status(order)["cancelled"], "the projection has it")
        self.assertEqual("too late", self.status(order)["reason"])
        wait_until(lambda: self.rows(order) == [["too late"]], "the warehouse has it")

    def test_the_owner_sees_revenue_without_cancelled_orders(self) -> None:
        product = self.unique("net")
        self.put_product(product, 10, name=product)
        kept = self.place_order("customer", product, 1).json()["order_id"]
        gone = self.place_order("customer", product, 5).json()["order_id"]
        self.cancel(gone)
        wait_until(lambda: self.rows(gone) == [[""]], "the cancellation is loaded")
        wait_until_caught_up(self.platform)
        sql = f"SELECT revenue FROM cqrs_example.net_revenue WHERE product_name = '{product}'"
        self.assertEqual([[10]], query_warehouse(self.platform, sql)["rows"], kept)

    def test_the_same_again_is_the_same_and_another_reason_is_refused(self) -> None:
        order = self.place()
        first = self.cancel(order, reason="a")
        self.assertEqual(first, self.cancel(order, reason="a"))
        answer = self.client("order").post(
            "/api/v1/cancellation/create", {"order_id": order, "reason": "b"})
        self.assertEqual((409, "already_cancelled"), (answer.status, answer.json()["code"]))
        events = [event for event in read_all(self.client("order"), FEED).events
                  if event["data"]["order_id"] == order]
        self.assertEqual(1, len(events))

    def test_bad_requests_name_the_field(self) -> None:
        for body, field in (({}, "order_id"), ({"order_id": "x", "reason": 1}, "reason"),
                            ({"order_id": "x", "reason": "r" * 513}, "reason"),
                            ({"order_id": "x", "colour": 1}, "colour")):
            answer = self.client("order").post("/api/v1/cancellation/create", body)
            self.assertEqual((400, field), (answer.status, answer.json()["field"]))

    def test_foreign_services_can_subscribe_to_its_topic(self) -> None:
        project = "/v1/projects/orderly"
        subscription = f"{project}/subscriptions/{self.unique('cancellations')}"
        client = self.client("order")
        made = client.request("PUT", subscription, json.dumps(
            {"topic": "projects/orderly/topics/order-cancellation-event"}).encode(),
            {"Content-Type": "application/json"})
        self.assertEqual(200, made.status, made.text)
        order = self.place()
        self.cancel(order, reason="for all to see")
        received: list[dict[str, Any]] = []

        def pulled() -> bool:
            answer = client.post(f"{subscription}:pull", {"maxMessages": 10})
            received.extend(answer.json().get("receivedMessages", []))
            return any(self.data(each)["order_id"] == order for each in received)

        wait_until(pulled, "the message is pulled")
        message = next(each["message"] for each in received if self.data(each)["order_id"] == order)
        self.assertEqual("order_cancel", message["attributes"]["event_type"])

    @staticmethod
    def data(received: dict[str, Any]) -> dict[str, Any]:
        return json.loads(base64.b64decode(received["message"]["data"]))

    def test_kill_9_loses_and_doubles_nothing(self) -> None:
        orders = [self.place() for _ in range(3)]
        for order in orders:
            self.cancel(order, reason="kept")
        self.take_down("order")
        self.bring_back("order")
        for order in orders:
            wait_until(lambda order=order: self.status(order)["cancelled"], "it is known again")
            wait_until(lambda order=order: self.rows(order) == [["kept"]], "and loaded once")


if __name__ == "__main__":
    unittest.main()
