"""What relaying an event costs (CPU) where 10 M wait to be published, against none that wait."""

from orderly_bench.bench import Bench
from orderly_bench.measure import Measure, against

STORED = 10_000_000


def run(bench: Bench) -> list[Measure]:
    scratch = bench.folder / "relay"
    full, empty = [], []
    with bench.grown_shop(STORED) as shop:
        shop.stop()
        for number in range(bench.plan.rounds):
            folder = scratch / str(number)
            folder.mkdir(parents=True)
            found = bench.programs.run("relay_cost", shop.data, folder, bench.plan.relay_pages)
            full.append(found["full"]["cpu_ns"])
            empty.append(found["empty"]["cpu_ns"])
    return [against("relay, an event with a backlog", "ns of CPU", full, "no backlog", empty)]
