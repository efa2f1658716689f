"""Anonymous resident memory of the server, and apart from it of its engine, in which DuckDB has a
budget that its owner sets (--warehouse-memory-mb): what the engine takes beyond that is the server's
to answer for."""

import threading
import time
from dataclasses import dataclass

from orderly_bench import procfs
from orderly_bench.bench import Bench
from orderly_bench.measure import Measure
from orderly_bench.scenarios import load
from orderly_bench.shop import Shop

STORED = 2_000_000
BUDGET_MIB = 512  # the default of --warehouse-memory-mb
SETTLED_SECONDS = 5
MIB = 1024 * 1024


@dataclass(frozen=True)
class Memory:
    server: float  # MiB
    engine: float

    @property
    def own(self) -> float:
        return self.server + max(0.0, self.engine - BUDGET_MIB)


def look(shop: Shop, engine: int) -> Memory:
    return Memory(procfs.rss_anon(shop.server.pid) / MIB, procfs.rss_anon(engine) / MIB)


class Watch(threading.Thread):
    """Looks again and again until stop(); keeps the most."""

    def __init__(self, shop: Shop, engine: int) -> None:
        super().__init__()
        self._shop, self._engine = shop, engine
        self._ended = threading.Event()
        self.most = Memory(0, 0)

    def run(self) -> None:
        while not self._ended.wait(0.1):
            now = look(self._shop, self._engine)
            self.most = Memory(max(self.most.server, now.server),
                               max(self.most.engine, now.engine))

    def stop(self) -> Memory:
        self._ended.set()
        self.join()
        return self.most


def run(bench: Bench) -> list[Measure]:
    with bench.grown_shop(STORED) as shop:
        shop.stop()
        shop.start()
        time.sleep(SETTLED_SECONDS)
        engine = shop.engine_pid()
        idle = look(shop, engine)
        watch = Watch(shop, engine)
        watch.start()
        try:
            load.create(shop, bench.plan.sustained_seconds)
        finally:
            loaded = watch.stop()
        shop.wait_loaded(shop.head())
    measures = []
    for when, memory in (("idle", idle), ("under load", loaded)):
        measures += [Measure(f"anonymous memory, {when}", "MiB", [memory.own]),
                     Measure(f"anonymous memory, {when}: DuckDB's engine", "MiB", [memory.engine])]
    return measures
