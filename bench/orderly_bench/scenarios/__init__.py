"""What is measured: name, what it is, and how. In this order, since the shop that lives as long as
the run only grows."""

from collections.abc import Callable
from dataclasses import dataclass

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure
from orderly_bench.scenarios import (
    create,
    disk,
    end_to_end,
    growth,
    history,
    latency,
    memory,
    reads,
    rebuild,
    references,
    relay,
    start,
    warehouse,
)


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    run: Callable[[Bench], list[Measure]]


SCENARIOS = [
    Scenario("references", "nginx, bare SQLite, the disk", references.run),
    Scenario("create", "creating orders at 1 to 256 connections", create.run),
    Scenario("latency", "orders that come at a rate, until accepted and until queryable",
             latency.run),
    Scenario("growth", "many customers, many products", growth.run),
    Scenario("reads", "get and list at 1 M orders; four gets to one create", reads.run),
    Scenario("rebuild", "either store made again from 1 M events", rebuild.run),
    Scenario("sustained", "create until the last order is in the warehouse, 2 M stored",
             end_to_end.run),
    Scenario("memory", "anonymous memory, idle and under load", memory.run),
    Scenario("relay", "a relay with a backlog of 10 M against one without", relay.run),
    Scenario("start", "from start to ready at 10 M orders", start.run),
    Scenario("disk", "what an order takes at 10 M", disk.run),
    Scenario("warehouse", "a load from a backlog of 10 M, the lab's SQL over them", warehouse.run),
    Scenario("history", "create, end to end and get at 10 M against 10 k orders", history.run),
]
