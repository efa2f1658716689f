"""Queries at 1 M orders, one of whose customers has 100,000 of them: everything is warm, since the
whole store fits into memory and was just written."""

from orderly_bench.bench import CONNECTIONS, Bench
from orderly_bench.measure import Measure, against
from orderly_bench.programs import wrk

STORED = 1_000_000


def run(bench: Bench) -> list[Measure]:
    seconds = bench.plan.load_seconds
    measures = []
    with bench.grown_shop(STORED) as shop:
        known = shop.known_orders()
        legs = {
            "get": ("get", known),
            "list of 20": ("list", shop.customers),
            "list of 20, everyone's": ("list", shop.customers, "all"),
            "list of 20, customer of many": ("list", "big"),
            "four gets to one create": ("mixed", known, shop.products, shop.customers),
        }
        for name, (script, *arguments) in legs.items():
            nginx, found = bench.rounds(
                lambda script=script, arguments=arguments:
                wrk(script, shop.url, seconds, CONNECTIONS, *arguments))
            rates = [each["rate"] for each in found]
            measures.append(against(name, "answers/s", rates, "nginx", nginx))
            measures.append(Measure(f"{name}: p99", "ms", [each["p99_ms"] for each in found]))
    return measures
