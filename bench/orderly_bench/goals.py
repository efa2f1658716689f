"""What is to be reached, on two cores with the load generator beside the server. The names are those
of the measures."""

from dataclasses import dataclass
from enum import Enum

from orderly_bench.measure import Measure


class Of(Enum):
    RATIO = "ratio"
    VALUE = "value"


@dataclass(frozen=True)
class Goal:
    of: Of
    bound: float
    at_least: bool

    def found(self, measure: Measure) -> float:
        if self.of is Of.VALUE:
            return measure.value.median
        assert measure.ratio is not None, f"{measure.name} has no reference"
        return measure.ratio.median

    def reached(self, measure: Measure) -> bool:
        found = self.found(measure)
        return found >= self.bound if self.at_least else found <= self.bound

    def text(self, measure: Measure) -> str:
        sign = "≥" if self.at_least else "≤"
        if self.of is Of.RATIO:
            return f"{sign} {self.bound:.2f} of {measure.reference}"
        return f"{sign} {self.bound:,g} {measure.unit}"


def at_least(bound: float, of: Of = Of.RATIO) -> Goal:
    return Goal(of, bound, at_least=True)


def at_most(bound: float, of: Of = Of.VALUE) -> Goal:
    return Goal(of, bound, at_least=False)


GOALS: dict[str, Goal] = {
    "create, 64 connections": at_least(0.50),
    "create, 64 connections: p99": at_most(10),
    "create, one at a time, 100/s: p50": at_most(3, Of.RATIO),
    "end to end, sustained": at_least(0.40),
    "order to queryable, 100/s: p50": at_most(5, Of.RATIO),
    "order to queryable, 100/s: p99": at_most(5),
    "order to queryable, 500/s: p50": at_most(5, Of.RATIO),
    "order to queryable, 500/s: p99": at_most(5),
    "get": at_least(0.50),
    "list of 20": at_least(0.22),
    "list of 20, customer of many": at_least(0.22),
    "rebuild of the read model": at_least(120_000, Of.VALUE),
    "rebuild of the warehouse": at_least(250_000, Of.VALUE),
    "warehouse load from a backlog": at_least(300_000, Of.VALUE),
    "the lab's SQL through the server": at_most(1.2, Of.RATIO),
    "relay, an event with a backlog": at_most(1.1, Of.RATIO),
    "create, long history": at_least(0.8),
    "end to end, long history": at_least(0.8),
    "get, long history": at_least(0.8),
    "start, clean": at_most(1),
    "start, after kill -9": at_most(5),
    "anonymous memory, idle": at_most(40),
    "anonymous memory, under load": at_most(250),
    "disk, all stores": at_most(400),
}
