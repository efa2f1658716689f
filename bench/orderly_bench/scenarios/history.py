"""The same at the beginning of a shop's life and after 10 M orders."""

from typing import Any

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against
from orderly_bench.scenarios import load
from orderly_bench.shop import Shop

YOUNG = 10_000
OLD = 10_000_000


def legs(bench: Bench, shop: Shop) -> dict[str, Any]:
    seconds = bench.plan.load_seconds
    end_to_end = load.create_to_end(shop, seconds)
    return {"create": load.create(shop, seconds)["rate"], "end to end": end_to_end["rate"],
            "get": load.get(shop, seconds)["rate"]}


def run(bench: Bench) -> list[Measure]:
    """Round by round a new shop beside the old one, since load makes every shop older."""
    young, old = [], []
    for _ in range(bench.plan.rounds):
        with bench.fresh_shop(bench.plan.stored(YOUNG)) as shop:
            young.append(legs(bench, shop))
        with bench.grown_shop(OLD) as shop:
            old.append(legs(bench, shop))
    return [against(f"{leg}, long history", "answers/s" if leg == "get" else "orders/s",
                    [each[leg] for each in old], "a young shop", [each[leg] for each in young])
            for leg in young[0]]
