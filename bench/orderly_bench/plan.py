"""How much is done: how often, how long, and with how many orders stored."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    rounds: int
    nginx_seconds: int
    load_seconds: int  # of one run of wrk
    burst_seconds: int  # of creating at 64 connections
    sustained_seconds: int
    sync_seconds: int  # of asking the disk
    latency_seconds: int  # at each rate
    latency_rates: tuple[int, ...]  # orders a second
    starts: int
    relay_pages: int
    scale: float = 1.0  # of every number of stored orders

    def stored(self, orders: int) -> int:
        """So many orders at this scale."""
        return max(100, round(orders * self.scale))


FULL = Plan(rounds=5, nginx_seconds=4, load_seconds=10, burst_seconds=10, sustained_seconds=30,
            sync_seconds=2, latency_seconds=20, latency_rates=(10, 100, 500, 1000), starts=5,
            relay_pages=500)
QUICK = Plan(rounds=2, nginx_seconds=2, load_seconds=2, burst_seconds=4, sustained_seconds=4,
             sync_seconds=1, latency_seconds=2, latency_rates=(100, 500), starts=2,
             relay_pages=50, scale=0.02)


def make_plan(quick: bool, rounds: int | None = None, scale: float | None = None) -> Plan:
    plan = QUICK if quick else FULL
    if rounds is not None:
        plan = dataclasses.replace(plan, rounds=rounds)
    if scale is not None:
        plan = dataclasses.replace(plan, scale=scale)
    return plan
