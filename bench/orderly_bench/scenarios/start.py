"""From the start of the process until it is ready, with 10 M orders stored: after a clean end, and
after kill -9 in the middle of creating orders."""

import subprocess
import time

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure
from orderly_bench.programs import LOAD
from orderly_bench.shop import Shop

STORED = 10_000_000
UNDER_LOAD_SECONDS = 2


def time_start(shop: Shop) -> float:
    began = time.monotonic()
    shop.start()
    return time.monotonic() - began


def kill_under_load(shop: Shop) -> None:
    load = subprocess.Popen(
        ["wrk", "-t1", "-c64", f"-d{UNDER_LOAD_SECONDS + 5}s", "-s", "create.lua", shop.url, "--",
         str(shop.products), str(shop.customers)],
        cwd=LOAD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        before = shop.head()
        time.sleep(UNDER_LOAD_SECONDS)
        assert shop.head() > before, "no order came in"
        shop.kill()
    finally:
        load.kill()
        load.wait()


def run(bench: Bench) -> list[Measure]:
    clean, killed = [], []
    with bench.grown_shop(STORED) as shop:
        for _ in range(bench.plan.starts):
            shop.stop()
            clean.append(time_start(shop))
            kill_under_load(shop)
            killed.append(time_start(shop))
            shop.wait_loaded(shop.head())
    return [Measure("start, clean", "s", clean), Measure("start, after kill -9", "s", killed)]
