"""The limits of this machine, beside which everything else is put."""

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure


def run(bench: Bench) -> list[Measure]:
    bench.sync_median_ms()
    assert bench.store_ceiling > 0
    rates = [bench.nginx_rate() for _ in range(bench.plan.rounds)]
    return [Measure("nginx constant", "answers/s", rates)]
