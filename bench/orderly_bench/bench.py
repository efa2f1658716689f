"""What scenarios share in a run: the references, each measured once, and the shops."""

import contextlib
import functools
import pathlib
import statistics
import sys
from collections.abc import Callable, Iterator
from typing import Any

from orderly_bench.nginx import Nginx
from orderly_bench.plan import Plan
from orderly_bench.programs import Programs, wrk
from orderly_bench.shop import Shop

CONNECTIONS = 64  # where nothing else is said
BIG_CUSTOMER = 100_000  # orders of one customer
GROUP = 64  # orders a commit of the bare store


class Bench:
    """Use as a context: at its end nothing runs any more."""

    def __init__(self, plan: Plan, programs: Programs, folder: pathlib.Path,
                 store: pathlib.Path | None = None) -> None:
        self.plan = plan
        self.programs = programs
        self.folder = folder
        self._references: dict[str, list[float]] = {}
        self._ends = contextlib.ExitStack()
        big = round(BIG_CUSTOMER * plan.scale)
        self._grown = Shop(store or folder / "grown", programs, big)

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._grown.kill()
        self._ends.close()

    # --- shops ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def fresh_shop(self, orders: int = 0, customers: int | None = None,
                   products: int | None = None) -> Iterator[Shop]:
        """One of its own with `orders` stored, verified at the end and then gone."""
        shop = Shop(self.folder / "fresh", self.programs)
        shop.customers = customers or shop.customers
        shop.products = products or shop.products
        try:
            shop.grow(orders)
            yield shop
            shop.verify()
            shop.stop()
        finally:
            shop.kill()
            shop.remove()

    @contextlib.contextmanager
    def grown_shop(self, orders: int) -> Iterator[Shop]:
        """The one that lives as long as the run, with at least `orders` stored; verified."""
        shop = self._grown
        try:
            shop.grow(self.plan.stored(orders))
            yield shop
            shop.start()
            shop.verify()
            shop.stop()
        finally:
            shop.kill()

    # --- references -------------------------------------------------------------------------

    @property
    def references(self) -> dict[str, float]:
        """Those that were measured in this run, each its median."""
        return {name: statistics.median(values) for name, values in self._references.items()}

    def _saw(self, name: str, value: float) -> float:
        self._references.setdefault(name, []).append(value)
        return value

    @functools.cached_property
    def _nginx(self) -> Nginx:
        nginx = Nginx(self.folder / "nginx")
        self._ends.callback(nginx.stop)
        return nginx

    def nginx_rate(self) -> float:
        """Answers a second of nginx's constant, measured now."""
        found = wrk("constant", self._nginx.url, self.plan.nginx_seconds, CONNECTIONS)
        return self._saw("nginx constant, answers/s", found["rate"])

    def rounds(self, leg: Callable[[], dict[str, Any]]) -> tuple[list[float], list[dict[str, Any]]]:
        """Measures nginx and then `leg`, as often as the plan says."""
        references, found = [], []
        for _ in range(self.plan.rounds):
            references.append(self.nginx_rate())
            found.append(leg())
        return references, found

    def sync_median_ms(self) -> float:
        """Of 4 KiB appended and fdatasync, measured now."""
        found = self.programs.run("sync_rate", self.folder, self.plan.sync_seconds)
        self._saw("append and fdatasync, a second", found["append_rate"])
        self._saw("overwrite and fdatasync, median ms", found["overwrite"]["p50_ms"])
        self._saw("overwrite and fdatasync at 100/s, median ms", found["paced"]["p50_ms"])
        return self._saw("append and fdatasync, median ms", found["append"]["p50_ms"])

    @functools.cached_property
    def store_ceiling(self) -> float:
        """Orders a second that bare SQLite keeps."""
        rates = {}
        for group in (1, GROUP, 512):
            found = self.programs.run("store_ceiling", self.folder, self.plan.nginx_seconds, group)
            rates[group] = self._saw(f"bare SQLite, {group} orders a commit, orders/s",
                                     found["rate"])
        return rates[GROUP]

    @functools.cached_property
    def duckdb(self) -> dict[str, Any]:
        """Bare DuckDB: rows a second of its appender, and the lab's SQL over all of them."""
        rows = self.plan.stored(10_000_000)
        found = self.programs.run("duckdb_ceiling", self.folder, rows, 10_000, 2, 15)
        self._saw("bare DuckDB appender, rows/s", found["rate"])
        self._saw(f"bare DuckDB, the lab's SQL at {rows:,} rows, median ms",
                  found["query"]["p50_ms"])
        return found

    def say(self, text: str) -> None:
        print(f"    {text}", file=sys.stderr, flush=True)
