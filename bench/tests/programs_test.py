"""The programs of bench/programs at a size that takes no time, and the shop that they make."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from orderly_bench.programs import Programs  # noqa: E402
from orderly_bench.scenarios import latency  # noqa: E402
from orderly_bench.shop import Shop  # noqa: E402
from orderly_testing.process import binary  # noqa: E402

ORDERS = 3000
BIG = 50


class ProgramsTest(unittest.TestCase):
    def setUp(self) -> None:
        build = pathlib.Path(binary()).parent
        if not (build / "bench_seed").exists():
            self.assertNotEqual("true", os.environ.get("CI"), "bench_programs were not built")
            self.skipTest("ninja bench_programs builds what is tested here")
        self.programs = Programs(build)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_references(self) -> None:
        sync = self.programs.run("sync_rate", self.folder, 0.2)
        self.assertGreater(sync["append"]["count"], 0)
        self.assertGreaterEqual(sync["append"]["p99_ms"], sync["append"]["p50_ms"])
        store = self.programs.run("store_ceiling", self.folder, 0.1, 64)
        self.assertEqual(0, store["orders"] % 64)
        self.assertEqual(store["commit"]["count"], store["orders"] // 64)
        duckdb = self.programs.run("duckdb_ceiling", self.folder, 2500, 1000, 2, 3)
        self.assertEqual((2500, 3), (duckdb["rows"], duckdb["query"]["count"]))
        self.assertEqual([], list(self.folder.iterdir()), "they leave nothing behind")

    def test_a_shop_grows_to_the_end_of_the_pipeline_and_is_clean(self) -> None:
        shop = Shop(self.folder / "shop", self.programs, big_customer=BIG)
        self.addCleanup(shop.kill)
        shop.grow(ORDERS)
        self.assertEqual((ORDERS, ORDERS), (shop.head(), shop.loaded()))
        shop.verify()
        month = shop.client.post("/api/v1/orderinfo/list",
                                 {"customer_id": "big-customer", "order_date": "2021"})
        self.assertEqual(BIG, len(month.json()["orders"]))
        self.assertGreater(len(shop.known_orders().read_text("utf-8").splitlines()), 1000)

        found = self.programs.run("open_loop", shop.server.port, 200, 1, 16, "visible",
                                  shop.customers, shop.products)
        self.assertEqual(0, found["bad"])
        self.assertEqual(found["accepted"]["count"], found["visible"]["count"])
        self.assertGreater(found["visible"]["p50_ms"], found["accepted"]["p50_ms"])
        self.assertEqual(ORDERS + found["sent"], shop.head())
        self.assertEqual(2, len(latency.centiles("x", [found["visible"]], [1.0])))

        shop.stop()
        self.assertGreater(sum(shop.disk_bytes().values()), ORDERS * 50)
        scratch = self.folder / "relay"
        scratch.mkdir()
        relay = self.programs.run("relay_cost", shop.data, scratch, 2)
        self.assertEqual((2000, 2000), (relay["full"]["events"], relay["empty"]["events"]))
        self.assertEqual(ORDERS + found["sent"], relay["backlog"])

    def test_a_shop_grows_no_further_than_it_has_to(self) -> None:
        shop = Shop(self.folder / "shop", self.programs)
        shop.seed(10)
        shop.seed(5)
        self.addCleanup(shop.kill)
        shop.start()
        self.assertEqual(10, shop.head())


if __name__ == "__main__":
    unittest.main()
