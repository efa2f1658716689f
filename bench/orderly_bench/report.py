"""The printed table and the file that goes to bench/results/."""

import json
import pathlib
from typing import Any

from orderly_bench.goals import GOALS
from orderly_bench.measure import Measure, Spread

HEAD = ("", "median", "[lowest – highest]", "unit", "ratio", "[spread]", "to", "goal", "")


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def spread(values: Spread) -> str:
    return f"[{number(values.lowest)} – {number(values.highest)}]"


def verdict(measure: Measure) -> tuple[str, str]:
    goal = GOALS.get(measure.name)
    if goal is None:
        return "", ""
    return goal.text(measure), "reached" if goal.reached(measure) else "missed"


def row(measure: Measure) -> tuple[str, ...]:
    ratio = measure.ratio
    several = len(measure.values) > 1
    return (measure.name, number(measure.value.median),
            spread(measure.value) if several else "", measure.unit,
            f"{ratio.median:.2f}" if ratio else "",
            f"[{ratio.lowest:.2f} – {ratio.highest:.2f}]" if ratio and several else "",
            measure.reference, *verdict(measure))


def table(rows: list[tuple[str, ...]]) -> str:
    """Text in the first, fourth and last three columns to the left, numbers to the right."""
    widths = [max(len(each[i]) for each in rows) for i in range(len(rows[0]))]
    left = {0, 3, 6, 7, 8}
    lines = []
    for cells in rows:
        parts = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def text(machine: dict[str, Any], references: dict[str, float],
         scenarios: dict[str, list[Measure]]) -> str:
    facts = "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in machine.items())
    limits = "\n".join(f"{name}: {number(value)}" for name, value in references.items())
    rows: list[tuple[str, ...]] = [HEAD]
    for name, measures in scenarios.items():
        rows.append((f"— {name}", *([""] * (len(HEAD) - 1))))
        rows += [row(measure) for measure in measures]
    return f"{facts}\n\nreferences of this run\n{limits}\n\n{table(rows)}\n"


def document(machine: dict[str, Any], plan: dict[str, Any], references: dict[str, float],
             scenarios: dict[str, list[Measure]], failures: dict[str, str]) -> dict[str, Any]:
    found = {}
    for name, measures in scenarios.items():
        found[name] = []
        for measure in measures:
            goal, result = verdict(measure)
            found[name].append(measure.to_json() | {"goal": goal, "result": result})
    return {"machine": machine, "plan": plan, "references": references, "scenarios": found,
            "failures": failures}


def write(folder: pathlib.Path, name: str, contents: dict[str, Any], printed: str) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(contents, indent=1, ensure_ascii=False) + "\n", "utf-8")
    file.with_suffix(".txt").write_text(printed, "utf-8")
    return file
