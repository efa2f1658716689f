"""The warehouse made again from the change log of 10 M orders, then the lab's SQL over them through
the server; against bare DuckDB with as many rows."""

import statistics
import time

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against
from orderly_bench.shop import Shop

STORED = 10_000_000
QUERIES = 15
LAB_QUERY = ("select product_name, sum(number) as total_number, sum(total_price) as revenue "
             "from cqrs_example.order_information group by product_name")


def time_load(shop: Shop) -> float:
    """Rows a second, from the first ones to the last."""
    shop.stop()
    shop.forget("warehouse.duckdb")
    shop.start()
    began, first = time.monotonic(), shop.loaded()
    orders = shop.head()
    shop.wait_loaded(orders)
    return (orders - first) / (time.monotonic() - began)


def time_query(shop: Shop) -> float:
    """Milliseconds, with HTTP and JSON."""
    began = time.monotonic()
    answer = shop.client.post("/api/v1/warehouse/query", {"query": LAB_QUERY})
    took = time.monotonic() - began
    assert answer.status == 200 and answer.json()["rows"], answer.text
    return took * 1000


def run(bench: Bench) -> list[Measure]:
    bare = bench.duckdb
    with bench.grown_shop(STORED) as shop:
        rate = time_load(shop)
        time_query(shop)
        queries = [time_query(shop) for _ in range(QUERIES)]
    return [
        against("warehouse load from a backlog", "rows/s", [rate], "bare DuckDB", [bare["rate"]]),
        against("the lab's SQL through the server", "ms", [statistics.median(queries)],
                "bare DuckDB", [bare["query"]["p50_ms"]]),
    ]
