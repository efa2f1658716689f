"""Idempotency-Key on both create calls."""

import concurrent.futures
import unittest
import uuid
from typing import Any

from orderly_testing import feeds
from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer

KEY = "Idempotency-Key"


class IdempotencyKeys(PlatformCase):
    def setUp(self) -> None:
        self.customer = self.unique("customer")
        self.order = {"customer_id": self.customer, "product_id": "product", "number": 1}

    def place(self, body: Any, key: str) -> Answer:
        with self.platform.client("order") as client:
            return client.post("/api/v1/order/create", body, {KEY: key})

    def accepted(self) -> int:
        events = feeds.read_all(self.client("order"), feeds.ORDERS).events
        return sum(event["data"]["customer_id"] == self.customer for event in events)

    def test_the_same_key_and_body_give_the_first_answer(self) -> None:
        key = str(uuid.uuid4())
        first = self.place(self.order, key)
        reordered = b'{ "number":1,"product_id":"product", "customer_id":"%s" }'
        for body in (self.order, reordered % self.customer.encode()):
            again = self.place(body, key)
            self.assertEqual((200, first.body), (again.status, again.body))
            self.assertEqual(first.headers["consistency-token"], again.headers["consistency-token"])
        self.assertEqual(1, self.accepted())

    def test_another_body_is_refused(self) -> None:
        key = str(uuid.uuid4())
        self.place(self.order, key)
        for change in ({"number": 2}, {"order_date": "2021-01-18"}, {"product_id": "other"}):
            answer = self.place(self.order | change, key)
            self.assertEqual(422, answer.status)
            self.assertEqual("application/problem+json", answer.headers["content-type"])
            self.assertEqual("idempotency_key_reused", answer.json()["code"])
        self.assertEqual(1, self.accepted())

    def test_the_key_of_a_refused_call_is_free(self) -> None:
        key = str(uuid.uuid4())
        self.assertEqual(400, self.place(self.order | {"number": 0}, key).status)
        self.assertEqual(200, self.place(self.order, key).status)

    def test_concurrent_calls_place_one_order(self) -> None:
        key = str(uuid.uuid4())
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.place(self.order, key), range(64)))
        # 409: still in flight, so a client tries again.
        self.assertLessEqual({answer.status for answer in answers}, {200, 409})
        self.assertEqual(1, len({answer.body for answer in answers if answer.status == 200}))
        self.assertEqual(1, self.accepted())

    def test_without_a_key_every_call_is_an_order(self) -> None:
        ids = {self.place_order(self.customer, "product").json()["order_id"] for _ in range(3)}
        self.assertEqual((3, 3), (len(ids), self.accepted()))

    def test_a_key_outlives_a_restart(self) -> None:
        key = str(uuid.uuid4())
        first = self.place(self.order, key)
        self.platform.servers["order"].kill()
        self.platform.restart("order")
        self.assertEqual(first.body, self.place(self.order, key).body)
        self.assertEqual(1, self.accepted())

    def test_products(self) -> None:
        client, key, product = self.client("product"), str(uuid.uuid4()), self.unique("product")
        body = {"product_id": product, "product_name": "Thing", "unit_price": 1}
        first = client.post("/api/v1/product/create", body, {KEY: key})
        again = client.post("/api/v1/product/create", body, {KEY: key})
        self.assertEqual((200, first.body), (again.status, again.body))
        other = client.post("/api/v1/product/create", body | {"unit_price": 2}, {KEY: key})
        self.assertEqual((422, "idempotency_key_reused"), (other.status, other.json()["code"]))
        versions = feeds.read_all(client, feeds.PRODUCTS).events
        self.assertEqual(1, sum(event["data"]["product_id"] == product for event in versions))

    def test_what_is_no_key(self) -> None:
        for key in ("", "x" * 256, "caf\u00e9"):
            answer = self.place(self.order, key)
            self.assertEqual(400, answer.status, key)
            body = answer.json()
            self.assertEqual((KEY, "invalid_value"), (body["field"], body["code"]))
        self.assertEqual(0, self.accepted())


if __name__ == "__main__":
    unittest.main()
