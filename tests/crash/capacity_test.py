"""Ten times more orders than the server can take (P10): whoever sends does not wait for answers, as
the world outside does not. What is refused is refused with 429 or 503 and Retry-After, memory is
steady, and what was acknowledged is there once, like all the rest.

The server is made slow by stopping it most of the time, so that a client in Python is quick enough."""

import contextlib
import os
import random
import statistics
import unittest
from collections.abc import Iterator

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census
from orderly_testing.client import Client
from orderly_testing.flood import Flood, Slowed
from orderly_testing.process import allow_open_files
from orderly_testing.waiting import wait_until

PRODUCTS = ["keyboard", "mouse"]
CAPACITY_SECONDS = 3.0
OVERLOAD_SECONDS = float(os.environ.get("ORDERLY_OVERLOAD_SECONDS", "9"))
TIMES = 10
DESCRIPTORS = 12_288
MOST_CLIENTS = 6_000
MOST_GROWTH_MIB = 48  # from a third of the overload to the last answer


class Overloaded(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        allow_open_files(DESCRIPTORS)
        super().setUpClass()

    @contextlib.contextmanager
    def flood(self) -> Iterator[Flood]:
        server = self.platform.servers["order"]
        flood = Flood(server.port, server.pid, PRODUCTS, random.Random(1))
        try:
            yield flood
        finally:
            flood.close()

    def test_ten_times_the_capacity(self) -> None:
        for product in PRODUCTS:
            self.put_product(product, 7)
        server = self.platform.servers["order"]
        with self.flood() as calm, self.flood() as flood:
            with Slowed(server.pid):
                calm.drive(CAPACITY_SECONDS, None, 64)
                capacity = len(calm.acknowledged) / CAPACITY_SECONDS
                calm.finish(30)
                flood.drive(OVERLOAD_SECONDS, TIMES * capacity, MOST_CLIENTS)
            flood.finish(60)
            calm.close()
            flood.close()
            wait_until(self.is_reachable, "there is room for a connection again")
            self.report(flood, capacity)
            self.assertLessEqual(set(flood.statuses), {200, 429, 503})
            self.assertEqual(0, flood.without_retry_after)
            refused = flood.statuses[429] + flood.statuses[503] + flood.broken + flood.unsent
            self.assertGreater(refused, 0, "nothing was refused: that was no overload")
            self.assertGreater(len(flood.acknowledged), 0)
            self.assert_steady(flood.memory)
            problems = Census.take(self.platform).problems(
                calm.acknowledged + flood.acknowledged, calm.attempts + flood.attempts
            )
            self.assertEqual([], problems)

    def is_reachable(self) -> bool:
        with Client(self.platform.servers["order"].url) as client:
            return client.get("/healthz").status == 200

    def report(self, flood: Flood, capacity: float) -> None:
        latencies = sorted(flood.latencies)
        p99 = latencies[int(len(latencies) * 0.99)] if latencies else float("nan")
        peak = max(mib for _, mib in flood.memory)
        print(
            f"capacity {capacity:.0f} orders/s; {TIMES} times that for {OVERLOAD_SECONDS:.0f} s: "
            f"{len(flood.attempts)} sent, {dict(flood.statuses)}, {flood.broken} connections "
            f"closed, {flood.unsent} not sent; accepted p50 "
            f"{statistics.median(latencies) if latencies else float('nan'):.2f} s, p99 {p99:.2f} s; "
            f"memory {flood.memory[0][1]:.0f} to {peak:.0f} MiB"
        )

    def assert_steady(self, memory: list[tuple[float, float]]) -> None:
        settled = [mib for seconds, mib in memory if seconds > OVERLOAD_SECONDS / 3]
        self.assertGreater(len(settled), 1)
        self.assertLess(max(settled) - settled[0], MOST_GROWTH_MIB)


if __name__ == "__main__":
    unittest.main()
