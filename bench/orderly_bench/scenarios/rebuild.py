"""`orderly rebuild` of either store beside the running server: every event again, joined with its
product; and every change of the read model again."""

import re
import subprocess
import time

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure
from orderly_bench.shop import Shop
from orderly_testing.process import binary

STORED = 1_000_000
REBUILD_SECONDS = 1800.0
MEASURES = (("rebuild of the read model", "read-model"), ("rebuild of the warehouse", "warehouse"))


def rate(bench: Bench, shop: Shop, store: str) -> float:
    """Events a second, from the command to the swap."""
    orders = shop.head()
    began = time.monotonic()
    done = subprocess.run([binary(), "rebuild", store, "--keep", "0", "--url", shop.url],
                          capture_output=True, text=True, timeout=REBUILD_SECONDS, check=False)
    took = time.monotonic() - began
    assert done.returncode == 0, f"the rebuild failed:\n{done.stdout}{done.stderr}"
    bench.say(" ".join(re.split(r"\s+", done.stdout.strip()))[-120:])
    return orders / took


def run(bench: Bench) -> list[Measure]:
    with bench.grown_shop(STORED) as shop:
        return [Measure(name, "events/s",
                        [rate(bench, shop, store) for _ in range(bench.plan.starts)])
                for name, store in MEASURES]
