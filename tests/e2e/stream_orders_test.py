"""GET /api/v1/orderinfo/stream: what a customer's browser is told, across restarts and kills, by
thousands at once, and however slowly it reads."""

import os
import pathlib
import socket
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.client import CONNECTION_ERRORS
from orderly_testing.contract import Contract
from orderly_testing.metrics import Metrics
from orderly_testing.stream import PATH, Event, EventStream
from orderly_testing.waiting import wait_until

ROOT = pathlib.Path(
    os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]
)
CONTRACT = Contract(ROOT / "api" / "openapi.yaml")
SCHEMAS = {
    "ready": "StreamReady",
    "order": "StreamOrder",
    "warehouse": "StreamWarehouse",
    "reset": "StreamReset",
}


class StreamCase(PlatformCase):
    def setUp(self) -> None:
        self.customer = self.unique("customer")
        self.product = self.unique("product")
        self.put_product(self.product, 5)

    def open(self, last_id: str = "", customer: str = "") -> EventStream:
        url = self.platform.servers["orderinfo"].url
        stream = EventStream(url, customer or self.customer, last_id)
        self.addCleanup(stream.close)
        return stream

    def expect(self, stream: EventStream, name: str) -> Event:
        event = stream.next()
        assert event is not None, f"the stream ended, {name} was due"
        self.assertEqual(name, event.name, event)
        schema = {"$ref": f"#/components/schemas/{SCHEMAS[name]}"}
        self.assertEqual([], CONTRACT.check_schema(schema, event.data))
        return event

    def order(self, count: int = 1) -> list[str]:
        body = {"customer_id": self.customer, "product_id": self.product, "number": 1}
        client = self.client("order")
        answers = [client.post("/api/v1/order/create", body) for _ in range(count)]
        client.close()
        self.assertEqual({200}, {answer.status for answer in answers})
        return [answer.json()["order_id"] for answer in answers]

    def metric(self, name: str) -> float:
        return Metrics(self.client("orderinfo")).value(name)


class Streams:
    """In one process and in five."""

    def test_an_order_is_told_as_get_gives_it(self: Any) -> None:
        stream = self.open()
        self.assertEqual(200, stream.status)
        self.assertEqual("text/event-stream", stream.headers["content-type"])
        self.assertEqual("no-store", stream.headers["cache-control"])
        self.expect(stream, "ready")
        self.assertEqual("2000", stream.retry)
        (order_id,) = self.order()
        told = self.expect(stream, "order").data
        row = self.see_order(self.customer, order_id)
        self.assertEqual(row, {name: told[name] for name in row})
        self.assertEqual("visible", told["state"])

    def test_others_orders_are_not_told(self: Any) -> None:
        other = self.unique("other")
        stream = self.open(customer=other)
        self.expect(stream, "ready")
        mine = self.open()
        self.expect(mine, "ready")
        self.order(3)
        mine.orders(3)
        self.place_order(other, self.product)
        self.assertEqual(other, self.expect(stream, "order").data["customer_id"])

    def test_nothing_is_missed_or_told_twice_across_kills(self: Any) -> None:
        told: list[str] = []
        stream = self.open()
        self.expect(stream, "ready")
        placed = self.order(3)
        told += [each["order_id"] for each in stream.orders(3)]
        for life in range(3):
            placed += self.order(2)  # visible or not when it dies
            self.take_down("orderinfo")
            self.bring_back("orderinfo")
            placed += self.order(2)
            stream = self.open(stream.last_id)
            told += [each["order_id"] for each in stream.orders(4)]
            # Orders of their own keys may overtake each other on their way between processes.
            self.assertEqual(sorted(placed), sorted(told), f"life {life}")

    def test_another_history_is_a_reset(self: Any) -> None:
        stream = self.open("019a8f5e-5d3c-7c60-8f0c-0242ac120002.1")
        reset = self.expect(stream, "reset")
        self.assertEqual("other_history", reset.data["reason"])
        ready = self.expect(stream, "ready")
        self.assertEqual(reset.id, ready.id)
        self.order()
        self.expect(stream, "order")

    def test_wrong_requests_name_the_field(self: Any) -> None:
        client = self.client("orderinfo")
        for target, headers, field in (
            (PATH, {}, "customer_id"),
            (f"{PATH}?customer_id=", {}, "customer_id"),
            (f"{PATH}?customer_id=c", {"Last-Event-ID": "7"}, "Last-Event-ID"),
            (f"{PATH}?customer_id=c&after=seven", {}, "after"),
        ):
            answer = client.get(target, headers)
            self.assertEqual(400, answer.status, target)
            self.assertEqual(field, answer.json()["field"], target)


class StreamsTogether(Streams, StreamCase):
    def test_the_warehouse_is_told(self) -> None:
        # Until its engine is up, nobody knows how far the warehouse is.
        wait_until(lambda: self.warehouse_position() is not None, "the warehouse's position is known")
        stream = self.open()
        self.assertIsNotNone(self.expect(stream, "ready").data["warehouse_position"])
        self.order()
        told = self.expect(stream, "order").data
        loaded = self.expect(stream, "warehouse").data["position"]
        self.assertGreaterEqual(loaded, told["position"])
        late = self.open(stream.last_id)
        self.assertGreaterEqual(self.expect(late, "ready").data["warehouse_position"], loaded)

    def warehouse_position(self) -> int | None:
        stream = self.open()
        try:
            return self.expect(stream, "ready").data["warehouse_position"]
        finally:
            stream.close()

    def test_many_streams_hear_of_their_own_orders_only(self) -> None:
        customers = [self.unique("many") for _ in range(300)]
        streams = [self.open(customer=customer) for customer in customers]
        for stream in streams:
            self.expect(stream, "ready")
        self.assertGreaterEqual(self.metric("orderly_http_streams"), 300)
        before = self.metric("orderly_orderinfo_stream_changes_total")
        for customer in customers:
            self.place_order(customer, self.product)
        for customer, stream in zip(customers, streams):
            self.assertEqual(customer, self.expect(stream, "order").data["customer_id"])
            stream.close()
        self.assertEqual(300, self.metric("orderly_orderinfo_stream_changes_total") - before)
        wait_until(lambda: self.metric("orderly_http_streams") < 300, "streams end with readers")

    def test_a_reader_that_does_not_read_is_cut_off(self) -> None:
        server = self.platform.servers["orderinfo"]
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little is enough
            slow.connect(("127.0.0.1", server.port))
            target = f"{PATH}?customer_id={self.customer}"
            slow.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.assertTrue(slow.recv(64).startswith(b"HTTP/1.1 200 "))
            cut = "orderly_orderinfo_stream_cut_off_total"

            def cut_off() -> bool:
                self.order(200)
                return self.metric(cut) >= 1

            wait_until(cut_off, "the reader is cut off", 120)

    def test_a_stop_ends_streams_politely(self) -> None:
        streams = [self.open() for _ in range(20)]
        for stream in streams:
            self.expect(stream, "ready")
        server = self.platform.servers["orderinfo"]
        self.assertEqual(0, server.terminate(7), server.log_tail())
        for stream in streams:
            self.assertIsNone(stream.next())
        with self.assertRaises(CONNECTION_ERRORS):
            self.open()
        self.platform.restart("orderinfo")


class StreamsApart(Streams, StreamCase):
    APART = True

    def test_the_warehouse_is_not_known(self) -> None:
        stream = self.open()
        self.assertIsNone(self.expect(stream, "ready").data["warehouse_position"])
        self.order()
        self.expect(stream, "order")


if __name__ == "__main__":
    unittest.main()
