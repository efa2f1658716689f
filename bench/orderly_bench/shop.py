"""An `orderly up` on a data directory, with as many orders stored as a scenario asks for."""

import pathlib
import shutil
import subprocess
import sys
import time

from orderly_bench import procfs
from orderly_bench.programs import Programs
from orderly_testing import feeds
from orderly_testing.client import Client
from orderly_testing.process import Server, binary
from orderly_testing.waiting import wait_until

PRODUCTS = 100
CUSTOMERS = 20_000
KNOWN_ORDERS = 4096  # that `get` asks for
CATCH_UP_SECONDS = 1800.0
VERIFY_SECONDS = 1800.0
SHUTDOWN_SECONDS = 120.0
STORES = ("order.db", "product.db", "broker.db", "orderinfo.db", "warehouse.duckdb")


class Shop:
    """Stopped until start(). `big_customer` is how many orders one customer may have of those that
    grow() makes."""

    def __init__(self, folder: pathlib.Path, programs: Programs, big_customer: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.big_customer = big_customer
        self.customers = CUSTOMERS
        self.products = PRODUCTS
        self._folder = folder
        self._programs = programs
        # Its own comparisons of the stores would come at some time or other; here verify() is it.
        self.server = Server(["up", "--log-level", "warn", "--audit-minutes", "0"], self.data,
                             folder / "up.log")
        self.client = Client(self.server.url)

    # --- its life ---------------------------------------------------------------------------

    def grow(self, orders: int) -> None:
        """At least so many orders are stored, visible and in the warehouse, and it runs. They are
        made by the order service's store; the running pipeline does the rest."""
        self.stop()
        self.seed(orders)
        self.start()
        self.wait_loaded(self.head(), CATCH_UP_SECONDS)

    def seed(self, orders: int) -> None:
        """At least so many are accepted. It is stopped."""
        assert not self.server.running
        self._programs.run("seed", self.data, orders, self.customers, self.products,
                           self.big_customer)

    def start(self) -> None:
        if not self.server.running:
            self.server.start()
            self.server.wait_ready(120)

    def stop(self) -> None:
        self.client.close()
        if self.server.running:
            code = self.server.terminate(SHUTDOWN_SECONDS)
            assert code == 0, f"it ended with {code}:\n{self.server.log_tail()}"

    def kill(self) -> None:
        self.client.close()
        if self.server.running:
            self.server.kill()

    def verify(self) -> None:
        """Every order is where it has to be, once, or the run is worth nothing."""
        done = subprocess.run([binary(), "verify", "--url", self.server.url], capture_output=True,
                              text=True, timeout=VERIFY_SECONDS, check=False)
        assert done.returncode == 0, f"the stores differ:\n{done.stdout}{done.stderr}"

    # --- how it stands ----------------------------------------------------------------------

    @property
    def url(self) -> str:
        return self.server.url

    def head(self) -> int:
        """How many orders it has accepted."""
        return feeds.head(self.client, feeds.ORDERS)

    def loaded(self) -> int:
        """How many of them are in the warehouse, and so in the read model: each is one change."""
        answer = self.client.post("/api/v1/warehouse/query", {"query": "select 1"})
        assert answer.status == 200, answer.text
        return answer.json()["position"]

    def visible(self) -> int:
        """How many are in the read model."""
        return feeds.head(self.client, feeds.CHANGES)

    def wait_loaded(self, orders: int, seconds: float = CATCH_UP_SECONDS) -> None:
        began = time.monotonic()

        def arrived() -> bool:
            loaded = self.loaded()
            if sys.stderr.isatty() and time.monotonic() > began + 1:
                print(f"\r\033[K{loaded:,} of {orders:,} in the warehouse", end="", file=sys.stderr)
            if loaded < orders:
                # Asking costs, too: seldom where it will take long.
                time.sleep(min(0.5, (orders - loaded) / 1e6))
            return loaded >= orders

        wait_until(arrived, "the warehouse has every order", seconds)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)

    def known_orders(self) -> pathlib.Path:
        """A file with `customer_id order_id` of orders that are spread over all there are."""
        head = self.head()
        file = self._folder / "known-orders"
        lines = []
        for after in range(0, head, max(1, head // (KNOWN_ORDERS // 256))):
            page = self.client.get(feeds.target(feeds.ORDERS, after=after, limit=256)).json()
            lines += [f"{event['data']['customer_id']} {event['data']['order_id']}\n"
                      for event in page["events"]]
        assert lines, "there are no orders to ask for"
        file.write_text("".join(lines), "utf-8")
        return file

    def engine_pid(self) -> int:
        """The process in which its DuckDB runs."""
        found = procfs.children(self.server.pid)
        assert len(found) == 1, f"one engine, not {found}"
        return found[0]

    def disk_bytes(self) -> dict[str, int]:
        """What each store takes on the disk, its logs included. It is stopped."""
        sizes = {}
        for store in STORES:
            files = [self.data / (store + suffix) for suffix in ("", "-wal", "-shm", ".wal")]
            sizes[store] = sum(file.stat().st_blocks * 512 for file in files if file.exists())
        return sizes

    def forget(self, store: str) -> None:
        """Takes a store away, so that it is made again from what stands upstream."""
        for suffix in ("", "-wal", "-shm", ".wal"):
            (self.data / (store + suffix)).unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
