#!/usr/bin/env python3
"""Load benchmark of `orderly up`, against nginx answering a constant, in alternating rounds.

Absolute figures drift from machine to machine; what counts is the ratio to nginx within a round.
Prints a table and writes everything to bench/results/. Usage: run.py [--quick] [--binary FILE]"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
sys.path.insert(0, str(ROOT / "tests" / "support" / "py"))

import machine  # noqa: E402
from orderly_testing import feeds  # noqa: E402
from orderly_testing.client import CONNECTION_ERRORS, Client  # noqa: E402
from orderly_testing.process import Server, free_port  # noqa: E402
from orderly_testing.waiting import wait_until  # noqa: E402

CONNECTIONS = 64
PRODUCTS = 100
CUSTOMERS = 10_000
KNOWN_ORDERS = 4096  # that `get` asks for
CATCH_UP_SECONDS = 120.0


@dataclass(frozen=True)
class Plan:
    rounds: int
    nginx_seconds: int
    create_seconds: int
    get_seconds: int
    visibility_samples: int


QUICK = Plan(rounds=3, nginx_seconds=4, create_seconds=8, get_seconds=5, visibility_samples=200)
FULL = Plan(rounds=7, nginx_seconds=10, create_seconds=30, get_seconds=15, visibility_samples=1000)


class Nginx:
    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = (BENCH / "nginx.conf").read_text("utf-8")
        file = folder / "nginx.conf"
        file.write_text(config.replace("PREFIX", str(folder)).replace("PORT", str(self.port)))
        self._process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(file)],
            stderr=(folder / "stderr.log").open("wb"),
        )
        wait_until(self._answers, "nginx answers")

    def _answers(self) -> bool:
        try:
            with Client(self.url) as client:
                return client.get("/").status == 200
        except CONNECTION_ERRORS:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def wrk(script: str, url: str, seconds: int, *arguments: str) -> dict[str, Any]:
    """One run with one thread; fails if any answer was not what it should be."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", f"{script}.lua", url]
    done = subprocess.run(
        [*command, "--", *arguments], cwd=BENCH, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    result = json.loads(line.removeprefix("RESULT "))
    assert result["bad_answers"] == 0 and result["broken"] == 0, f"{script}: {result}"
    result["rate"] = result["requests"] / result["seconds"]
    return result


class Bench:
    def __init__(self, plan: Plan, folder: pathlib.Path) -> None:
        self.plan = plan
        self.folder = folder
        self.nginx = Nginx(folder / "nginx")
        self.server = Server(["up", "--log-level", "warn"], folder / "data", folder / "up.log")
        self.server.start()
        self.server.wait_ready()
        self.client = Client(self.server.url)

    def run(self) -> list[dict[str, Any]]:
        self._create_products()
        self._create(2)  # a first look at everything, so that round one is like the others
        rounds = []
        for number in range(1, self.plan.rounds + 1):
            result = {"nginx": wrk("constant", self.nginx.url, self.plan.nginx_seconds)}
            result["create"], result["end to end"] = self._create(self.plan.create_seconds)
            result["get"] = self._get()
            print(f"round {number} of {self.plan.rounds}: " + ", ".join(
                f"{name} {leg['rate']:,.0f}/s" for name, leg in result.items()), file=sys.stderr)
            rounds.append(result)
        return rounds

    def _create_products(self) -> None:
        for number in range(1, PRODUCTS + 1):
            body = {"product_id": f"product{number:05}", "product_name": f"Product {number}",
                    "unit_price": number * 10}
            assert self.client.post("/api/v1/product/create", body).status == 200

    def _create(self, seconds: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Creates orders, then waits until the last one is in the read model and the warehouse."""
        before = feeds.head(self.client, feeds.ORDERS)
        began = time.monotonic()
        created = wrk("create", self.server.url, seconds, str(PRODUCTS), str(CUSTOMERS))
        head = feeds.head(self.client, feeds.ORDERS)
        wait_until(
            lambda: self._loaded() >= head, "the warehouse has every order", CATCH_UP_SECONDS
        )
        took = time.monotonic() - began
        count = head - before
        return created, {"requests": count, "seconds": took, "rate": count / took,
                         "behind_seconds": took - created["seconds"]}

    def _loaded(self) -> int:
        """Each order is one change, so the change log's position counts them."""
        answer = self.client.post("/api/v1/warehouse/query", {"query": "select 1"})
        return answer.json()["position"]

    def _get(self) -> dict[str, Any]:
        head = feeds.head(self.client, feeds.ORDERS)
        known = self.folder / "orders"
        with known.open("w", encoding="utf-8") as file:
            written = 0
            for after in range(0, head, max(1, head // (KNOWN_ORDERS // 256))):
                page = self.client.get(feeds.target(feeds.ORDERS, after=after, limit=256)).json()
                for event in page["events"]:
                    file.write(f"{event['data']['customer_id']} {event['data']['order_id']}\n")
                    written += 1
        assert written > 0
        return wrk("get", self.server.url, self.plan.get_seconds, str(known))

    def visibility(self) -> dict[str, float]:
        """From sending an order until a query that waits for it has answered, one at a time."""
        body = {"customer_id": "visible", "product_id": "product00001", "number": 1}
        milliseconds = []
        for _ in range(self.plan.visibility_samples):
            began = time.monotonic()
            order_id = self.client.post("/api/v1/order/create", body).json()["order_id"]
            query = {"customer_id": "visible", "order_id": order_id}
            seen = self.client.post("/api/v1/orderinfo/get", query, {"Prefer": "wait=10"})
            assert seen.status == 200, seen.text
            milliseconds.append((time.monotonic() - began) * 1000)
        centiles = statistics.quantiles(milliseconds, n=100)
        return {"p50_ms": round(centiles[49], 2), "p99_ms": round(centiles[98], 2)}

    def stop(self) -> None:
        self.nginx.stop()
        if self.server.running:
            assert self.server.terminate() == 0, self.server.log_tail()


def summarize(rounds: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    summary = {}
    for leg in rounds[0]:
        rates = [each[leg]["rate"] for each in rounds]
        ratios = [each[leg]["rate"] / each["nginx"]["rate"] for each in rounds]
        summary[leg] = {
            "rate": statistics.median(rates), "lowest": min(rates), "highest": max(rates),
            "ratio": statistics.median(ratios),
            "lowest_ratio": min(ratios), "highest_ratio": max(ratios),
        }
        for centile in ("p50_ms", "p99_ms"):
            if centile in rounds[0][leg]:
                summary[leg][centile] = statistics.median(each[leg][centile] for each in rounds)
    return summary


def table(summary: dict[str, dict[str, float]], visible: dict[str, float]) -> str:
    lines = [
        f"{'':<12} {'per second':>10} {'[lowest – highest]':>20} {'to nginx':>9} {'[spread]':>13}"
        f" {'p50 ms':>7} {'p99 ms':>7}"
    ]
    for leg, s in summary.items():
        spread = f"[{s['lowest']:,.0f} – {s['highest']:,.0f}]"
        ratios = f"[{s['lowest_ratio']:.2f}–{s['highest_ratio']:.2f}]"
        centiles = "".join(f" {s[c]:>7.2f}" for c in ("p50_ms", "p99_ms") if c in s)
        lines.append(
            f"{leg:<12} {s['rate']:>10,.0f} {spread:>20} {s['ratio']:>9.2f} {ratios:>13}{centiles}"
        )
    p50, p99 = visible["p50_ms"], visible["p99_ms"]
    lines.append(f"order to visible, one client at a time: p50 {p50} ms, p99 {p99} ms")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds, under three minutes")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/orderly")
    arguments = parser.parse_args()
    os.environ["ORDERLY_BINARY"] = str(arguments.binary.resolve())

    # Beside the build and not in /tmp, which may be memory: there a sync costs nothing.
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as name:
        folder = pathlib.Path(name)
        facts = machine.facts(ROOT, arguments.binary, folder)
        plan = QUICK if arguments.quick else FULL
        bench = Bench(plan, folder)
        try:
            rounds = bench.run()
            visible = bench.visibility()
        finally:
            bench.stop()
    summary = summarize(rounds)
    print(", ".join(f"{key} {value}" for key, value in facts.items()), "\n")
    print(table(summary, visible))
    stamp = facts["measured_at"].replace(":", "").replace("+0000", "Z")
    file = BENCH / "results" / f"{stamp}{'-quick' if arguments.quick else ''}.json"
    file.parent.mkdir(exist_ok=True)
    document = {"machine": facts, "summary": summary, "visible": visible, "rounds": rounds}
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"\nwritten to {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
