"""SIGTERM ends a server in time, whatever its clients and peers do: Cloud Run kills after ten
seconds."""

import concurrent.futures
import pathlib
import socket
import tempfile
import unittest

from orderly_testing import push
from orderly_testing.client import CONNECTION_ERRORS, Client
from orderly_testing.process import Server
from orderly_testing.waiting import wait_until

GRACE_SECONDS = 8
KILLED_AFTER_SECONDS = 10
ENDLESS_SQL = (
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"
)


class Stops(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="orderly-stop-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.pool = concurrent.futures.ThreadPoolExecutor(8)
        self.addCleanup(self.pool.shutdown)

    def started(self, *arguments: str) -> Server:
        server = Server(list(arguments), self.folder / "data", self.folder / "log")
        server.start()
        self.addCleanup(lambda: server.running and server.kill())
        return server

    def ask(self, server: Server, path: str, body: object = None) -> concurrent.futures.Future[int]:
        """The status of the answer; 0 where there is none."""

        def answer() -> int:
            try:
                with Client(server.url) as client:
                    return (client.get(path) if body is None else client.post(path, body)).status
            except CONNECTION_ERRORS:
                return 0

        return self.pool.submit(answer)

    def wait_in_flight(self, server: Server, count: int) -> None:
        def connections() -> int:
            with Client(server.url) as client:
                lines = client.get("/metrics").text.splitlines()
            line = next(line for line in lines if line.startswith("orderly_http_connections "))
            return int(float(line.split()[1]))

        # The one that asks is a connection too.
        wait_until(lambda: connections() > count, f"{count} requests are in flight")

    def check_stop(self, server: Server, seconds: float) -> None:
        self.assertEqual(0, server.terminate(seconds), server.log_tail())

    def test_a_poll_costs_no_grace(self) -> None:
        server = self.started("up")
        server.wait_ready()
        poll = self.ask(server, "/api/v1/order/events?wait=30")
        self.wait_in_flight(server, 1)
        self.check_stop(server, GRACE_SECONDS - 2)
        self.assertEqual(503, poll.result())

    def test_a_running_query_is_interrupted(self) -> None:
        server = self.started("up")
        server.wait_ready()
        body = {"query": ENDLESS_SQL, "timeout_ms": 60_000}
        query = self.ask(server, "/api/v1/warehouse/query", body)
        self.wait_in_flight(server, 1)
        self.check_stop(server, KILLED_AFTER_SECONDS)
        self.assertEqual(503, query.result())

    def test_a_peer_that_never_answers_holds_up_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            peer = f"http://127.0.0.1:{silent.getsockname()[1]}"
            server = self.started("serve", "orderinfo", "--product-url", peer, "--order-url", peer)
            wait_until(lambda: self.ask(server, "/healthz").result() == 200, "it listens")
            order = {
                "order_id": "stop",
                "customer_id": "stop",
                "product_id": "stop",
                "number": 1,
                "order_date": "2021-02-14",
            }
            pushes = []
            for count in (1, 2, 3):
                pushes.append(self.push(server, push.of_lab("stop", order)))
                self.wait_in_flight(server, count)
            self.check_stop(server, KILLED_AFTER_SECONDS)
            self.assertEqual([503] * 3, [each.result() for each in pushes])

    def push(self, server: Server, envelope: bytes) -> concurrent.futures.Future[int]:
        return self.ask(server, "/api/v1/orderinfo/pubsub", envelope)


if __name__ == "__main__":
    unittest.main()
