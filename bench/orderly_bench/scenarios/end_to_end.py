"""Orders created for as long as the whole pipeline needs to settle into its pace, until the last one is
in the read model and in the warehouse; and what the processes spend on each."""

from typing import Any

from orderly_bench import procfs
from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against
from orderly_bench.scenarios import load
from orderly_bench.shop import Shop
from orderly_testing.metrics import Metrics

STORED = 2_000_000


def leg(shop: Shop, seconds: int) -> dict[str, Any]:
    """A run with its cost in CPU, bytes and commits."""
    engine = shop.engine_pid()
    before = procfs.cost(shop.server.pid), procfs.cost(engine), commits(shop)
    found = load.create_to_end(shop, seconds)
    found["server"] = procfs.cost(shop.server.pid).since(before[0])
    found["engine"] = procfs.cost(engine).since(before[1])
    found["commits"] = commits(shop) - before[2]
    return found


def commits(shop: Shop) -> float:
    """Of the order store; each is synced."""
    return Metrics(shop.client).value("orderly_store_commit_seconds_count", store="order")


def run(bench: Bench) -> list[Measure]:
    with bench.grown_shop(STORED) as shop:
        nginx, found = bench.rounds(lambda: leg(shop, bench.plan.sustained_seconds))
    rates = [each["rate"] for each in found]

    def an_order(what: Any) -> list[float]:
        return [what(each) / each["orders"] for each in found]

    return [
        against("end to end, sustained", "orders/s", rates, "nginx", nginx),
        Measure("end to end: catching up", "s", [each["behind_seconds"] for each in found]),
        Measure("end to end: p99 of create", "ms", [each["create"]["p99_ms"] for each in found]),
        Measure("cost of an order: serving and committing", "µs of CPU",
                an_order(lambda each: each["server"].main_thread * 1e6)),
        Measure("cost of an order: relay, projector, loader", "µs of CPU",
                an_order(lambda each: each["server"].other_threads * 1e6)),
        Measure("cost of an order: DuckDB's engine", "µs of CPU",
                an_order(lambda each: (each["engine"].main_thread
                                       + each["engine"].other_threads) * 1e6)),
        Measure("cost of an order: written by the server", "bytes",
                an_order(lambda each: each["server"].written)),
        Measure("cost of an order: written by the engine", "bytes",
                an_order(lambda each: each["engine"].written)),
        Measure("orders that share a commit", "orders",
                [each["orders"] / max(1, each["commits"]) for each in found]),
    ]
