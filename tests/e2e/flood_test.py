"""Many hostile clients at once: connections beyond the limit, slow-loris, connections that break,
pipelines without end, readers that do not read. Each is bounded by a limit with a name
(docs/operations.md), memory stays small, and customers are served meanwhile (P10)."""

import contextlib
import json
import select
import socket
import struct
import time
import unittest
from collections.abc import Iterable, Iterator

from orderly_testing.case import PlatformCase
from orderly_testing.client import Client
from orderly_testing.memory import PeakMemory, is_sanitized
from orderly_testing.metrics import Metrics
from orderly_testing.process import allow_open_files
from orderly_testing.raw import RawConnection
from orderly_testing.waiting import PATIENCE_SECONDS, wait_until

MAX_CONNECTIONS = 4096  # http/server.hpp, as all that follow
HEADER_SECONDS = 10
WRITE_SECONDS = 30
DESCRIPTORS = 3 * MAX_CONNECTIONS
MOST_GROWTH_MIB = 150

HEAD = (
    b"POST /api/v1/order/create HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Content-Length: 61\r\n"
)


def readable(connections: Iterable[socket.socket], seconds: float = 0) -> set[socket.socket]:
    """Those that have something, or are closed, once there is one."""
    by_descriptor = {connection.fileno(): connection for connection in connections}
    poller = select.poll()  # select() takes no descriptors above 1,024
    for descriptor in by_descriptor:
        poller.register(descriptor, select.POLLIN)
    return {by_descriptor[descriptor] for descriptor, _ in poller.poll(seconds * 1000)}


class Floods(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        allow_open_files(DESCRIPTORS)
        super().setUpClass()

    def setUp(self) -> None:
        self.server = self.platform.servers["order"]
        self.put_product("product", 1)

    @contextlib.contextmanager
    def many(self, count: int, receive_buffer: int = 0) -> Iterator[list[socket.socket]]:
        with contextlib.ExitStack() as opened:
            connections = [opened.enter_context(socket.socket()) for _ in range(count)]
            for connection in connections:
                if receive_buffer:  # before connecting, which tells it the other end
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
                connection.settimeout(30)
                connection.connect(("127.0.0.1", self.server.port))
            yield connections

    @contextlib.contextmanager
    def bounded_memory(self) -> Iterator[None]:
        memory = PeakMemory(self.server.pid)
        yield
        grown = memory.grown_mib()
        print(f"{self.id()}: memory grew by {grown:.0f} MiB")
        if not is_sanitized(self.server.pid):
            self.assertLess(grown, MOST_GROWTH_MIB)

    def await_few_connections(self) -> None:
        """Nothing is left but a few of the platform's own and of the test's."""
        wait_until(lambda: self.open_connections() < 20, "the connections are gone")

    def open_connections(self) -> float:
        with Client(self.server.url) as client:
            return Metrics(client).value("orderly_http_connections")

    def assert_serves(self, orders: int = 10) -> None:
        body = {"customer_id": "quick", "product_id": "product", "number": 1}
        with Client(self.server.url) as client:
            answers = [client.post("/api/v1/order/create", body) for _ in range(orders)]
        self.assertEqual({200}, {answer.status for answer in answers})
        self.assertEqual(orders, len({answer.json()["order_id"] for answer in answers}))

    def test_more_connections_than_may_be_open(self) -> None:
        too_many = 100
        known = self.client("order")
        self.assertEqual(200, known.get("/healthz").status)
        with self.bounded_memory(), self.many(MAX_CONNECTIONS + too_many) as connections:
            # Connections are taken in their order, so with the last one all are decided.
            wait_until(lambda: readable(connections[-1:]), "the last one is refused")
            refused = readable(connections)
            self.assertGreaterEqual(len(refused), too_many)
            self.assertLess(len(refused), too_many + 20, "a few are the test's own")
            for connection in refused:
                self.assert_refused(connection)
            # Who is connected already is served.
            body = {"customer_id": "early", "product_id": "product", "number": 1}
            self.assertEqual(200, known.post("/api/v1/order/create", body).status)
        self.await_few_connections()
        self.assert_serves()

    def assert_refused(self, connection: socket.socket) -> None:
        """503, and closed."""
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
        self.assertIn(b" 503 ", answer.split(b"\r\n")[0])
        self.assertIn(b"retry-after", answer.lower())

    def test_slow_loris(self) -> None:
        """A byte now and then buys no more time."""
        with self.bounded_memory(), self.many(1000) as connections:
            deadline = time.monotonic() + HEADER_SECONDS + PATIENCE_SECONDS
            for connection in connections:
                connection.sendall(HEAD[:-20])
            self.assert_serves(50)
            slow = set(connections)
            while slow:
                self.assertLess(time.monotonic(), deadline, f"{len(slow)} still trickle")
                for connection in slow:
                    connection.sendall(b"X")
                answered = readable(slow, 0.2)
                for connection in answered:
                    self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 408 "))
                slow -= answered
        self.await_few_connections()

    def test_connections_that_break_in_the_middle(self) -> None:
        """Half a header, half a body, half a push of ten MiB; then a reset, or nothing more."""
        beginnings = (
            HEAD[:30],
            HEAD + b"\r\n" + b'{"customer_id"',
            b"POST /api/v1/orderinfo/pubsub HTTP/1.1\r\nHost: test\r\nContent-Type: "
            b"application/json\r\nContent-Length: 10000000\r\n\r\n" + b" " * 100_000,
        )
        with self.bounded_memory(), self.many(600) as connections:
            for number, connection in enumerate(connections):
                connection.sendall(beginnings[number % len(beginnings)])
                if number % 2 == 0:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.assert_serves()
        self.await_few_connections()
        # Their bodies had taken the room of all bodies but for 8 MiB; it is free again. (What has no
        # type is none of ours, and acknowledged.)
        push = {"message": {"messageId": "1", "data": "x" * 9_000_000}, "subscription": "s"}
        with Client(self.server.url) as client:
            self.assertEqual(200, client.post("/api/v1/orderinfo/pubsub", push).status)

    def test_a_pipeline_that_nobody_reads(self) -> None:
        requests = 20_000
        rest = memoryview(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n" * requests)
        answered = 0
        with self.bounded_memory(), self.many(1) as (connection,):
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while rest:
                    rest = rest[connection.send(rest) :]
            self.assert_serves()
            # Now it reads, and all come.
            poller = select.poll()
            poller.register(connection, select.POLLIN | select.POLLOUT)
            tail = b""
            while answered < requests:
                events = poller.poll(20_000)
                self.assertTrue(events, f"{answered} of {requests} answers came")
                if events[0][1] & select.POLLIN:
                    part = connection.recv(1 << 20)
                    self.assertTrue(part, f"closed after {answered} answers")
                    joined = tail + part
                    answered += joined.count(b"HTTP/1.1 200 OK")
                    tail = joined[-len(b"HTTP/1.1 200 O") :]
                if rest and events[0][1] & select.POLLOUT:
                    rest = rest[connection.send(rest) :]
                if not rest:
                    poller.modify(connection, select.POLLIN)
        self.assertEqual(requests, answered)

    def test_readers_that_do_not_read(self) -> None:
        """More answers than the kernel's buffers hold; one of them waits in the server."""
        if is_sanitized(self.server.pid):
            self.skipTest("a thousand pages cost a sanitized server minutes")
        path = "/api/v1/order/events?after=0&limit=1000&wait=0"
        order = {"customer_id": "c" * 120, "product_id": "product", "number": 1}
        with Client(self.server.url) as client:
            for _ in range(1000):
                self.assertEqual(200, client.post("/api/v1/order/create", order).status)
            self.assertGreater(len(client.get(path).body), 200_000)
        before = self.timeouts()
        request = f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
        with self.bounded_memory(), self.many(100, receive_buffer=4096) as connections:
            for connection in connections:
                connection.sendall(request * 50)
            self.assert_serves()
            wait_until(
                lambda: self.timeouts() >= before + len(connections),
                "they are given up",
                WRITE_SECONDS + PATIENCE_SECONDS,
            )
            self.await_few_connections()

    def timeouts(self) -> float:
        with Client(self.server.url) as client:
            return Metrics(client).value("orderly_http_timeouts_total")

    def test_a_length_that_lies_takes_no_memory(self) -> None:
        """A header costs its sender nothing; memory for a body is taken as the body comes."""
        head = (
            b"POST /api/v1/orderinfo/pubsub HTTP/1.1\r\nHost: test\r\nContent-Type: "
            b"application/json\r\nContent-Length: 10000000\r\n\r\n"
        )
        with self.bounded_memory(), contextlib.ExitStack() as opened:
            for _ in range(20):
                connection = opened.enter_context(RawConnection(self.server.url))
                connection.send(head + json.dumps({"message": {}})[:-1].encode())
            self.assert_serves()
        self.await_few_connections()


if __name__ == "__main__":
    unittest.main()
