"""What a scenario finds: a few values of the same thing, and how they stand to a reference that was
measured beside them."""

import math
import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spread:
    median: float
    lowest: float
    highest: float

    @staticmethod
    def of(values: list[float]) -> "Spread":
        return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Measure:
    """`name` is what goals.py knows it by. `ratios` are to `reference`, each of its own round."""

    name: str
    unit: str
    values: list[float]
    ratios: list[float] = field(default_factory=list)
    reference: str = ""

    def __post_init__(self) -> None:
        assert self.values and all(math.isfinite(v) for v in self.values + self.ratios), self
        assert bool(self.ratios) == bool(self.reference), self

    @property
    def value(self) -> Spread:
        return Spread.of(self.values)

    @property
    def ratio(self) -> Spread | None:
        return Spread.of(self.ratios) if self.ratios else None

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "unit": self.unit, "median": self.value.median,
                "values": self.values, "reference": self.reference, "ratios": self.ratios,
                "ratio": self.ratio.median if self.ratio else None}


def against(name: str, unit: str, values: list[float], reference: str,
            references: list[float]) -> Measure:
    """Each value over the reference of its round; one reference stands for all rounds."""
    if len(references) == 1:
        references = references * len(values)
    ratios = [value / other for value, other in zip(values, references, strict=True)]
    return Measure(name, unit, values, ratios, reference)
