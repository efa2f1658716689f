"""How the cost of an order grows with customers and products: end to end from a fresh store, with few
and with many of them."""

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against
from orderly_bench.scenarios import load

DIFFERENT_ORDERS = 200_000

# name, customers, products
SHOPS = [
    ("20 k customers, 100 products", 20_000, 100),
    ("200 k customers, 100 products", 200_000, 100),
    ("20 k customers, 10 k products", 20_000, 10_000),
]


def run(bench: Bench) -> list[Measure]:
    measures = []
    for name, customers, products in SHOPS:
        with bench.fresh_shop(0, customers, products) as shop:
            nginx, found = bench.rounds(
                lambda: load.create_to_end(shop, bench.plan.load_seconds, DIFFERENT_ORDERS))
        measures.append(against(f"end to end, {name}", "orders/s",
                                [each["rate"] for each in found], "nginx", nginx))
    return measures
