"""Clients that go away: what only reads is stopped, what was ordered is carried out."""

import json
import unittest
import uuid
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.metrics import Metrics
from orderly_testing.raw import RawConnection
from orderly_testing.waiting import wait_until

QUERY = "/api/v1/warehouse/query"
# Hours of work in little memory.
ENDLESS = (
    "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range = 7"
)
ENDLESS_MS = 300_000
# More than run at once, fewer than may run and wait.
MANY = 8
DAY = "2021-02-11"


def as_http(path: str, body: Any, authority: str, more: str = "") -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n{more}\r\n"
    )
    return head.encode() + content


class WarehouseAbandoned(PlatformCase):
    def send(self, service: str, path: str, body: Any) -> RawConnection:
        connection = RawConnection(self.platform.servers[service].url)
        self.addCleanup(connection.close)
        connection.send(as_http(path, body, connection.authority))
        return connection

    def start_query(self) -> RawConnection:
        return self.send("warehouse", QUERY, {"query": ENDLESS, "timeout_ms": ENDLESS_MS})

    def count(self, name: str, **labels: str) -> float:
        with self.platform.client("warehouse") as client:
            return Metrics(client).value(name, **labels)

    def abandoned(self) -> float:
        return self.count("orderly_http_abandoned_total")

    def ask(self) -> None:
        """A query with the time of an ordinary one gets its turn."""
        body = {"query": "select 41 + 1 as n", "timeout_ms": 20_000}
        answer = self.client("warehouse").post(QUERY, body)
        self.assertEqual(200, answer.status, answer.text)
        self.assertEqual([[42]], answer.json()["rows"])

    def await_busy_lanes(self) -> None:
        """Every lane is taken: a short query does not get its turn."""

        def refused() -> bool:
            body = {"query": "select 1", "timeout_ms": 300}
            answer = self.client("warehouse").post(QUERY, body)
            return answer.status == 503

        wait_until(refused, "all lanes are busy")

    def test_abandoned_queries_leave_their_lanes(self) -> None:
        before = self.abandoned()
        connections = [self.start_query() for _ in range(MANY)]
        self.await_busy_lanes()
        for connection in connections:
            connection.close()
        wait_until(lambda: self.abandoned() == before + MANY, "all clients are seen to have gone")
        self.ask()

    def test_the_engine_survives_it(self) -> None:
        kills = self.count("orderly_warehouse_engine_kills_total")
        before = self.abandoned()
        for round_ in range(1, 6):
            connection = self.start_query()
            connection.close()
            wait_until(lambda: self.abandoned() == before + round_, "the client has gone")
            self.ask()
        self.assertEqual(kills, self.count("orderly_warehouse_engine_kills_total"))

    def test_a_client_that_waits_gets_its_answer(self) -> None:
        before = self.abandoned()
        leaving = self.start_query()
        body = {"query": ENDLESS, "timeout_ms": 2_000}
        waiting = self.send("warehouse", QUERY, body)
        leaving.close()
        wait_until(lambda: self.abandoned() == before + 1, "the other client has gone")
        head = waiting.read(len(b"HTTP/1.1 400 "))
        self.assertEqual(b"HTTP/1.1 400 ", head)

    def test_closing_one_side_only_is_answered_499(self) -> None:
        connection = self.start_query()
        connection.end_of_input()
        answer = connection.read_answer()
        self.assertEqual((499, "abandoned"), (answer.status, answer.json()["code"]))
        self.ask()

    def test_an_abandoned_long_poll_ends(self) -> None:
        before = self.abandoned()
        poll = RawConnection(self.platform.servers["orderinfo"].url)
        body = {"customer_id": "nobody", "order_id": str(uuid.uuid4())}
        wait = "Prefer: wait=30\r\n"
        poll.send(as_http("/api/v1/orderinfo/get", body, poll.authority, wait))
        poll.close()
        wait_until(lambda: self.abandoned() == before + 1, "the reader has gone")

    def test_an_abandoned_order_is_carried_out(self) -> None:
        product, customer = self.unique("product"), self.unique("customer")
        self.put_product(product, 7)
        for number in range(1, 11):
            body = {"customer_id": customer, "product_id": product, "number": number,
                    "order_date": DAY}
            self.send("order", "/api/v1/order/create", body).close()

        def orders() -> list[int]:
            body = {"customer_id": customer, "order_date": DAY}
            with self.platform.client("orderinfo") as client:
                answer = client.post("/api/v1/orderinfo/list", body)
            self.assertEqual(200, answer.status, answer.text)
            return sorted(order["number"] for order in answer.json()["orders"])

        wait_until(lambda: orders() == list(range(1, 11)), "every order is there")


if __name__ == "__main__":
    unittest.main()
