"""Runs of wrk against a shop."""

import time
from typing import Any

from orderly_bench.bench import CONNECTIONS
from orderly_bench.programs import wrk
from orderly_bench.shop import Shop


def create(shop: Shop, seconds: int, connections: int = CONNECTIONS) -> dict[str, Any]:
    return wrk("create", shop.url, seconds, connections, shop.products, shop.customers)


def get(shop: Shop, seconds: int) -> dict[str, Any]:
    return wrk("get", shop.url, seconds, CONNECTIONS, shop.known_orders())


def create_to_end(shop: Shop, seconds: int, different: int = 4096) -> dict[str, Any]:
    """Creates orders, then waits until the last one is in the read model and in the warehouse.
    Refusals (P10) are no orders. `different` is after how many the client begins again."""
    before = shop.head()
    began = time.monotonic()
    created = wrk("create", shop.url, seconds, CONNECTIONS, shop.products, shop.customers,
                  different, refusals=True)
    head = shop.head()
    shop.wait_loaded(head)
    took = time.monotonic() - began
    return {"rate": (head - before) / took, "orders": head - before, "seconds": took,
            "behind_seconds": took - created["seconds"], "create": created}
