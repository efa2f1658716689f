"""Overload is refused early and in bounded memory, and holds up nobody else (P10)."""

import collections
import json
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer
from orderly_testing.process import allow_open_files
from orderly_testing.raw import RawConnection, parse_answer

WAITING_QUERIES = 1024  # orderinfo/visibility.hpp
TOO_MANY = 76
WAIT_SECONDS = 5
DESCRIPTORS = 4096


class Overload(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        allow_open_files(DESCRIPTORS)
        super().setUpClass()

    def ask_and_wait(self) -> RawConnection:
        """A query for an order that never comes, on a connection of its own."""
        body = json.dumps({"customer_id": "patient", "order_id": "never"})
        connection = RawConnection(self.platform.servers["orderinfo"].url)
        self.addCleanup(connection.close)
        connection.send(
            f"POST /api/v1/orderinfo/get HTTP/1.1\r\nHost: test\r\nPrefer: wait={WAIT_SECONDS}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}".encode()
        )
        return connection

    def test_more_queries_wait_than_may(self) -> None:
        self.put_product("product", 1)
        waiting = [self.ask_and_wait() for _ in range(WAITING_QUERIES + TOO_MANY)]
        # Those that do not wait are served meanwhile.
        placed = [self.place_order("quick", "product").json()["order_id"] for _ in range(20)]
        self.assertEqual(20, len(set(placed)))

        answers: list[Answer] = [parse_answer(each.read_to_end()) for each in waiting]
        counts = collections.Counter(answer.status for answer in answers)
        self.assertEqual({404: WAITING_QUERIES, 503: TOO_MANY}, dict(counts))
        for answer in answers:
            if answer.status == 503:
                self.assertEqual("unavailable", answer.json()["code"])
                self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        # The places are free again.
        self.see_order("quick", placed[-1])


if __name__ == "__main__":
    unittest.main()
