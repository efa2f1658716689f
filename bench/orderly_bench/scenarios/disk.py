"""What an order takes on the disk, in all stores together, after a clean end."""

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure

STORED = 10_000_000


def run(bench: Bench) -> list[Measure]:
    with bench.grown_shop(STORED) as shop:
        orders = shop.head()
        shop.stop()
        sizes = shop.disk_bytes()
    return [Measure("disk, all stores", "bytes an order", [sum(sizes.values()) / orders]),
            *(Measure(f"disk, {store}", "bytes an order", [size / orders])
              for store, size in sizes.items())]
