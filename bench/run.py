#!/usr/bin/env python3
"""Measures a release build of Orderly against what this machine can do: nginx answering a constant, bare
SQLite, bare DuckDB, the disk. Absolute figures drift from machine to machine; what counts is the ratio
to a reference within a run. Prints a table with the goals and writes it to bench/results/."""

import argparse
import dataclasses
import os
import pathlib
import signal
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
sys.path[:0] = [str(BENCH), str(ROOT / "tests" / "support" / "py")]

from orderly_bench import machine, report  # noqa: E402
from orderly_bench.bench import Bench  # noqa: E402
from orderly_bench.goals import GOALS  # noqa: E402
from orderly_bench.measure import Measure  # noqa: E402
from orderly_bench.plan import make_plan  # noqa: E402
from orderly_bench.programs import Programs  # noqa: E402
from orderly_bench.scenarios import SCENARIOS, Scenario  # noqa: E402

# Too large or too slow for three minutes even at a fiftieth; each with --only.
NOT_QUICK = {"growth", "history"}


def chosen(only: str, quick: bool) -> list[Scenario]:
    if not only:
        return [each for each in SCENARIOS if not quick or each.name not in NOT_QUICK]
    names = only.split(",")
    if unknown := set(names) - {each.name for each in SCENARIOS}:
        sys.exit(f"there is no scenario {', '.join(sorted(unknown))}; see --help")
    return [each for each in SCENARIOS if each.name in names]


def parse() -> argparse.Namespace:
    scenarios = "\n".join(f"  {each.name:<12}{each.what}" for each in SCENARIOS)
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, epilog=f"scenarios:\n{scenarios}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="under three minutes, with a fiftieth of the stored orders")
    parser.add_argument("--only", default="", metavar="SCENARIO,…", help="these scenarios alone")
    parser.add_argument("--rounds", type=int, help="how often each load is repeated")
    parser.add_argument("--scale", type=float, help="times the full number of stored orders")
    parser.add_argument("--store", type=pathlib.Path, metavar="DIR",
                        help="where the large store grows; it stays there for another run")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                        help="where orderly and the programs of bench/programs are")
    return parser.parse_args()


def run(bench: Bench, scenarios: list[Scenario],
        failures: dict[str, str]) -> dict[str, list[Measure]]:
    found = {}
    for scenario in scenarios:
        began = time.monotonic()
        print(f"{scenario.name}: {scenario.what}", file=sys.stderr, flush=True)
        try:
            found[scenario.name] = scenario.run(bench)
        except Exception as error:  # another scenario may still do: said at the end, exit 1
            failures[scenario.name] = f"{type(error).__name__}: {error}"
            bench.say(failures[scenario.name])
        bench.say(f"{time.monotonic() - began:.0f} s")
    return found


def main() -> None:
    arguments = parse()
    scenarios = chosen(arguments.only, arguments.quick)
    plan = make_plan(arguments.quick, arguments.rounds, arguments.scale)
    binary = arguments.build.resolve() / "orderly"
    os.environ["ORDERLY_BINARY"] = str(binary)
    # Whoever ends us, we end what we started, and nothing stays.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, _: sys.exit(128 + signum))

    failures: dict[str, str] = {}
    # Beside the build and not in /tmp, which may be memory: there a sync costs nothing.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as name:
        folder = pathlib.Path(name)
        facts = machine.facts(ROOT, binary, folder)
        others = machine.Others()
        with Bench(plan, Programs(arguments.build), folder, arguments.store) as bench:
            found = run(bench, scenarios, failures)
        facts["cores_taken_by_others"] = others.cores()
    printed = report.text(facts, bench.references, found)
    printed += "".join(f"\n{name} failed: {why}\n" for name, why in failures.items())
    if plan.scale != 1:
        printed += f"\nWith {plan.scale:g} of the stored orders that the goals are for.\n"
    if not arguments.only:
        measured = {each.name for measures in found.values() for each in measures}
        if missing := [name for name in GOALS if name not in measured]:
            printed += f"\nNot measured: {', '.join(missing)}.\n"
    print(printed)
    stamp = facts["measured_at"].replace(":", "").replace("+0000", "Z")
    kind = "-" + (arguments.only.replace(",", "-") or ("quick" if arguments.quick else "full"))
    file = report.write(BENCH / "results", stamp + kind,
                        report.document(facts, dataclasses.asdict(plan), bench.references, found,
                                        failures), printed)
    print(f"written to {file.relative_to(ROOT)} and .txt")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
