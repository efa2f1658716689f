"""Clients that take their time are cut off with 408 and hold up nobody."""

import concurrent.futures
import time
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer
from orderly_testing.raw import RawConnection
from orderly_testing.refusals import Refusal

TIMEOUT = Refusal(408, "request_timeout", "The request did not come in time.")
HEADER_SECONDS = 10
BODY_SECONDS = 30
SLACK_SECONDS = 8

HEAD = (
    b"POST /api/v1/order/create HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Content-Length: 61\r\n"
)
ORDER = b'{"customer_id":"slow","product_id":"slow","number":1}'


class SlowClients(PlatformCase):
    def cut_off(self, sent: bytes, trickle: bytes = b"") -> tuple[Answer, float]:
        """Sends, then a byte of `trickle` a second, until the server has had enough."""
        with RawConnection(self.platform.servers["order"].url, timeout=1.0) as connection:
            connection.send(sent)
            began = time.monotonic()
            trickle = trickle or b""
            while True:
                try:
                    return connection.read_answer(), time.monotonic() - began
                except TimeoutError:
                    if trickle:
                        connection.send(trickle[:1])
                        trickle = trickle[1:]
                    if time.monotonic() - began > BODY_SECONDS + SLACK_SECONDS:
                        raise

    def test_cut_off(self) -> None:
        header, body = HEAD[:-20], HEAD + b"\r\n" + ORDER[:10]
        cases = {
            "header stops": (header, b"", HEADER_SECONDS),
            "header trickles": (header, b"X" * 60, HEADER_SECONDS),
            "body stops": (body, b"", BODY_SECONDS),
            "body trickles": (body, b" " * 40, BODY_SECONDS),
        }
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            running = {name: pool.submit(self.cut_off, *case[:2]) for name, case in cases.items()}
            # Others are served meanwhile.
            for _ in range(20):
                self.place_order("quick", "quick")
            for name, (_, _, seconds) in cases.items():
                with self.subTest(name):
                    answer, took = running[name].result()
                    TIMEOUT.check(self, answer)
                    self.assertEqual("close", answer.headers["connection"])
                    self.assertGreater(took, seconds - 1)
                    self.assertLess(took, seconds + SLACK_SECONDS)


if __name__ == "__main__":
    unittest.main()
