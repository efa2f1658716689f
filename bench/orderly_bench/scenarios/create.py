"""POST order/create as fast as so many connections can. At 64 it is a burst: what follows may fall
behind as far as it is allowed to, and catches up before the next round."""

from orderly_bench.bench import CONNECTIONS, Bench
from orderly_bench.measure import Measure, against
from orderly_bench.scenarios import load


def run(bench: Bench) -> list[Measure]:
    plan = bench.plan
    measures = []
    with bench.fresh_shop() as shop:
        load.create(shop, 2)  # a first look at everything, so that round one is like the others
        for connections in (1, 16, CONNECTIONS, 256):
            seconds = plan.burst_seconds if connections == CONNECTIONS else plan.load_seconds

            def leg(connections: int = connections, seconds: int = seconds) -> dict:
                shop.wait_loaded(shop.head())
                return load.create(shop, seconds, connections)

            nginx, found = bench.rounds(leg)
            name = f"create, {connections} connection{'s' * (connections > 1)}"
            rates = [each["rate"] for each in found]
            measures.append(against(name, "orders/s", rates, "nginx", nginx))
            measures.append(Measure(f"{name}: p50", "ms", [each["p50_ms"] for each in found]))
            measures.append(Measure(f"{name}: p99", "ms", [each["p99_ms"] for each in found]))
            if connections == CONNECTIONS:
                measures.append(against(f"{name}, to the bare store", "orders/s", rates,
                                        "bare SQLite", [bench.store_ceiling]))
            shop.wait_loaded(shop.head())
    return measures
