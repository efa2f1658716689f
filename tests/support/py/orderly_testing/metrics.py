"""Prometheus' text format, read as a scraper does."""

import re

from orderly_testing.client import Client

_LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

Sample = tuple[str, dict[str, str], float]


def parse(text: str) -> list[Sample]:
    samples = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        assert match, f"no line of Prometheus' format: {line!r}"
        samples.append((match[1], dict(_LABEL.findall(match[2] or "")), float(match[3])))
    return samples


class Metrics:
    """One scrape."""

    def __init__(self, client: Client) -> None:
        answer = client.get("/metrics")
        assert answer.status == 200, answer.text
        self.text = answer.text
        self.samples = parse(answer.text)

    def find(self, name: str, **labels: str) -> float | None:
        """The sum of all samples of that name with at least these labels; None without any."""
        found = [
            value
            for sample, has, value in self.samples
            if sample == name and labels.items() <= has.items()
        ]
        return sum(found) if found else None

    def value(self, name: str, **labels: str) -> float:
        """As find(), 0 where there is none: counters appear with their first event."""
        return self.find(name, **labels) or 0.0
