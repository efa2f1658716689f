"""`orderly rebuild read-model` beside the running server: every event again, joined with its product."""

import re
import subprocess
import time

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure
from orderly_testing.process import binary

STORED = 1_000_000
REBUILD_SECONDS = 1800.0


def run(bench: Bench) -> list[Measure]:
    rates = []
    with bench.grown_shop(STORED) as shop:
        orders = shop.head()
        for _ in range(bench.plan.starts):
            began = time.monotonic()
            done = subprocess.run([binary(), "rebuild", "read-model", "--keep", "0",
                                   "--url", shop.url],
                                  capture_output=True, text=True, timeout=REBUILD_SECONDS,
                                  check=False)
            took = time.monotonic() - began
            assert done.returncode == 0, f"the rebuild failed:\n{done.stdout}{done.stderr}"
            bench.say(" ".join(re.split(r"\s+", done.stdout.strip()))[-120:])
            rates.append(orders / took)
    return [Measure("rebuild of the read model", "events/s", rates)]
