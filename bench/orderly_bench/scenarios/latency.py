"""Orders that come at a rate, whatever the server does (bench/programs/open_loop.cpp): how long until
each is accepted, and until a query that waits for it has its answer. Against the median fdatasync,
which no durable answer can beat."""

from typing import Any

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against
from orderly_bench.shop import Shop

CONNECTIONS = 128  # enough that none waits for one


def measure(bench: Bench, shop: Shop, rate: int, connections: int, mode: str) -> dict[str, Any]:
    found = bench.programs.run("open_loop", shop.server.port, rate, bench.plan.latency_seconds,
                               connections, mode, shop.customers, shop.products)
    assert found["bad"] == 0, f"{rate}/s: {found}"
    bench.say(f"{rate}/s: sent {found['late']['p50_ms']:.3f} ms after they were due (p50), "
              f"{found['late']['p99_ms']:.3f} (p99)")
    return found


def centiles(name: str, found: list[dict[str, Any]], syncs: list[float]) -> list[Measure]:
    p50 = [each["p50_ms"] for each in found]
    p99 = [each["p99_ms"] for each in found]
    return [against(f"{name}: p50", "ms", p50, "fdatasync", syncs),
            Measure(f"{name}: p99", "ms", p99)]


def run(bench: Bench) -> list[Measure]:
    measures = []
    with bench.fresh_shop(bench.plan.stored(10_000)) as shop:
        syncs, found = [], []
        for _ in range(bench.plan.rounds):
            syncs.append(bench.sync_median_ms())
            found.append(measure(bench, shop, 100, 1, "create")["accepted"])
        measures += centiles("create, one at a time, 100/s", found, syncs)
        for rate in bench.plan.latency_rates:
            syncs, found = [], []
            for _ in range(bench.plan.rounds):
                syncs.append(bench.sync_median_ms())
                found.append(measure(bench, shop, rate, CONNECTIONS, "visible"))
            measures += centiles(f"order to queryable, {rate}/s",
                                 [each["visible"] for each in found], syncs)
    return measures
