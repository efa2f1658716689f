"""What befalls a running system short of its death: a full disk, a database that somebody else
holds, a network that delays and cuts, a store that was put back to an older state. Afterwards
everything is counted from outside, from the client's own record of what was acknowledged (P1, P2,
P5–P8, P10)."""

import contextlib
import os
import pathlib
import random
import resource
import sqlite3
import tempfile
import unittest
from collections.abc import Iterator

from orderly_testing import feeds
from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, query_warehouse, wait_until_caught_up
from orderly_testing.gate import Gate
from orderly_testing.load import Load
from orderly_testing.platform import Platform
from orderly_testing.process import run_command
from orderly_testing.rebuilding import RebuildCase
from orderly_testing.waiting import wait_until

PRODUCTS = ["keyboard", "mouse"]
# ./dev soak repeats each hardship for longer.
ROUNDS = int(os.environ.get("ORDERLY_HARDSHIP_ROUNDS", "2"))


def seed() -> int:
    chosen = int(os.environ.get("ORDERLY_SEED") or random.randrange(2**32))
    print(f"ORDERLY_SEED={chosen}")
    return chosen


class Hardship(PlatformCase):
    def setUp(self) -> None:
        for product in PRODUCTS:
            self.put_product(product, random.randint(1, 1000))

    @contextlib.contextmanager
    def load(self) -> Iterator[Load]:
        with Load(self.platform.servers["order"].url, PRODUCTS, threads=4, seed=seed()) as load:
            load.wait_for_more(50)
            yield load

    def count(self, load: Load) -> None:
        """Nothing acknowledged is lost, nothing is there twice, all of it is priced as it was."""
        census = Census.take(self.platform)
        print(
            f"{self.id()}: {len(load.attempts)} orders sent, {len(load.acknowledged)} "
            f"acknowledged, refusals {load.refusals}, {len(census.orders)} accepted"
        )
        self.assertEqual([], census.problems(load.acknowledged, load.attempts))


class LimitedFiles(Hardship):
    """No file may grow: what SQLite and DuckDB meet when the disk is full, but without one."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.platform = Platform(apart=False)
        cls.addClassCleanup(cls.platform.discard)
        # Over the limit a write fails, instead of ending the process.
        cls.platform.servers["order"].prefix = ["env", "--ignore-signal=XFSZ"]
        cls.platform.start()

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        server = self.platform.servers["order"]
        self.limit_files(server.pid, 4096)
        try:
            yield
        finally:
            self.limit_files(server.pid, resource.RLIM_INFINITY)
        server.check_alive()

    @staticmethod
    def limit_files(pid: int, size: int) -> None:
        """Of the server and of the warehouse's engine, which is a child of it and inherits it."""
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
        for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            for engine in children.read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(int(engine), resource.RLIMIT_FSIZE, (size, hard))


class FullDisk(LimitedFiles):
    def test_orders_are_refused_and_none_is_lost(self) -> None:
        with self.load() as load:
            for _ in range(ROUNDS):
                before = sum(load.refusals.values())
                with self.full_disk():
                    wait_until(
                        lambda: sum(load.refusals.values()) >= before + 20, "orders are refused"
                    )
                load.wait_for_more(100)
        self.assertLessEqual(set(load.refusals), {429, 503, 507})
        self.count(load)

    def test_a_backup_that_finds_no_room_leaves_nothing(self) -> None:
        server = self.platform.servers["order"]
        with tempfile.TemporaryDirectory(prefix="orderly-backup-") as name:
            folder = pathlib.Path(name)
            backup = ("backup", str(folder / "bundle"), "--url", server.url)
            with self.full_disk():
                done = run_command(*backup)
            self.assertEqual(1, done.returncode, done.stdout)
            self.assertIn("no backup was made", done.stderr)
            self.assertEqual([], list(folder.iterdir()))
            # The warehouse's engine may have to start again first.
            wait_until(lambda: run_command(*backup).returncode == 0, "a backup is made")


class FullDiskDuringARebuild(RebuildCase, LimitedFiles):
    """Of the warehouse: it says so and ends, with its second tables removed, or goes on; the live
    ones are whole, and orders go on being loaded."""

    STORE = "warehouse"
    SERVICE = "warehouse"

    def test_that_begins_on_one(self) -> None:
        with self.load() as load:
            with self.full_disk():
                began = self.client("warehouse").post(self.path, {"action": "start"})
                self.assertEqual(202, began.status, began.text)
                self.wait_until_told()
            self.wait_until_ended(began.json()["ended"])
            self.assertTrue(self.status()["failed"])
            self.assertIn("is full", self.status()["last"])
            self.assertEqual("idle", self.status()["phase"])
            self.goes_on(load)

    def test_that_meets_one_in_any_phase(self) -> None:
        with self.load() as load:
            for phase in ("filling", "comparing", "compared", "swapping", "kept"):
                with self.subTest(phase):
                    self.meet(phase, load)
            self.goes_on(load)

    def meet(self, phase: str, load: Load) -> None:
        """Most phases are short: it is met in this one or a later one."""
        before = sum(load.refusals.values())
        began = self.client("warehouse").post(self.path, {"action": "start"})
        self.assertEqual(202, began.status, began.text)
        wait_until(lambda: self.status()["phase"] in (phase, "kept"), "it is under way")
        with self.full_disk():
            wait_until(lambda: sum(load.refusals.values()) >= before + 20, "orders are refused")
        self.wait_until_ended(began.json()["ended"])
        end = self.status()
        if end["failed"]:
            self.assertEqual("idle", end["phase"])
            self.assertIn("is full", end["last"])
        else:
            self.assertTrue(end["phase"] == "kept" or end["last"] == "equal, and swapped", end)
        self.leave_idle()
        load.wait_for_more(50)

    def wait_until_told(self) -> None:
        wait_until(lambda: "is full" in self.status().get("last", ""), "the operator is told why")

    def wait_until_ended(self, before: int) -> None:
        wait_until(lambda: self.status()["ended"] > before, "it has ended")

    def goes_on(self, load: Load) -> None:
        self.assertEqual([], query_warehouse(
            self.platform, "SELECT table_name FROM information_schema.tables "
                           "WHERE table_name LIKE '%second'")["rows"])
        load.wait_for_more(50)
        self.assertIn("equal, and swapped", self.assert_rebuilt("--keep", "0"))
        load.stop()
        self.count(load)


class LockedDatabase(Hardship):
    """Another process holds a store's write lock, as a careless shell or backup does."""

    def test_waits_and_goes_on(self) -> None:
        with self.load() as load:
            for _ in range(ROUNDS):
                for name in ("order.db", "orderinfo.db", "product.db", "broker.db"):
                    with self.write_lock(name):
                        self.hold(name, load)
                    load.wait_for_more(20)
        self.assertLessEqual(set(load.refusals), {429, 503, 507})
        self.count(load)

    def hold(self, name: str, load: Load) -> None:
        """Until the lock has been felt at the front door, or others have gone on beside it."""
        acknowledged, refused = len(load.acknowledged), sum(load.refusals.values())
        if name == "order.db":
            wait_until(lambda: sum(load.refusals.values()) > refused, "an order is refused")
        else:
            wait_until(lambda: len(load.acknowledged) > acknowledged + 20, "orders go on")

    @contextlib.contextmanager
    def write_lock(self, name: str) -> Iterator[None]:
        path = self.platform.servers["order"].data / name
        connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        finally:
            connection.close()


class BadNetwork(Hardship):
    """Five processes, and a gate before each of those that others call."""

    APART = True
    GATED = ("product", "order", "orderinfo")

    @classmethod
    def setUpClass(cls) -> None:
        cls.platform = Platform(apart=True)
        cls.addClassCleanup(cls.platform.discard)
        cls.gates = {}
        for number, service in enumerate(cls.GATED):
            gate = Gate(cls.platform.servers[service].port, number)
            cls.addClassCleanup(gate.stop)
            cls.platform.redirect(service, gate.url)
            cls.gates[service] = gate
        cls.platform.start()

    def test_delays_and_cuts_lose_and_double_nothing(self) -> None:
        choice = random.Random(seed())
        with self.load() as load:
            for _ in range(ROUNDS):
                for gate in self.gates.values():
                    gate.misbehave(delay_seconds=0.05, cut_one_in=12)
                load.wait_for_more(300)
                self.put_product(choice.choice(PRODUCTS), choice.randint(1, 1000))
                cut_off = self.gates[choice.choice(self.GATED)]
                cut_off.close_all()
                load.wait_for_more(100)
                for gate in self.gates.values():
                    gate.behave()
        passed = sum(gate.passed for gate in self.gates.values())
        cut = sum(gate.cut for gate in self.gates.values())
        print(f"{passed} connections passed, {cut} cut in the middle")
        self.assertGreater(cut, 0, "a network that cuts nothing proves nothing")
        self.count(load)


class OlderCopy(Hardship):
    """One store is put back by a bare copy of its files, the others stay. What was in it alone is
    lost; it is listed where it had arrived already, and all the rest is exactly once again."""

    STORES = ("order.db", "product.db", "orderinfo.db", "broker.db", "warehouse.duckdb")
    OWNERS = {
        "order.db": "order",
        "product.db": "product",
        "orderinfo.db": "orderinfo",
        "broker.db": "event-publisher",
        "warehouse.duckdb": "warehouse",
    }

    def test_of_any_store_heals(self) -> None:
        for name in self.STORES:
            with self.subTest(name):
                self.put_back(name)

    def put_back(self, name: str) -> None:
        self.place_some(20)
        older = self.swap(name, None)
        before = self.accepted()
        self.place_some(20)
        self.put_product(PRODUCTS[1], random.randint(1, 1000))
        self.place_some(5)
        placed = self.accepted() - before
        listed = self.taken_out()
        self.swap(name, older)
        self.platform.servers["order"].wait_ready()
        self.place_some(5)
        lost = placed if name == "order.db" else set()
        wait_until(
            lambda: self.taken_out() - listed == lost, f"exactly what is lost is listed ({name})"
        )
        self.assertEqual(set(), lost & self.accepted())
        # Apart, the read model hears of another history of the prices in its own time, and its rows
        # are away while they are priced anew.
        wait_until(
            lambda: not Census.take(self.platform).problems(), f"every order is there ({name})"
        )

    def place_some(self, orders: int) -> None:
        customer = self.unique("customer")
        for number in range(1, orders + 1):
            self.place_order(customer, PRODUCTS[number % 2], number, "2021-02-03")
        wait_until_caught_up(self.platform)

    def accepted(self) -> set[str]:
        with self.platform.client("order") as client:
            return {
                event["data"]["order_id"] for event in feeds.read_all(client, feeds.ORDERS).events
            }

    def taken_out(self) -> set[str]:
        with self.platform.client("orderinfo") as client:
            answer = client.get("/api/v1/admin/taken-out?page_size=1000")
        self.assertEqual(200, answer.status, answer.text)
        return {order["order_id"] for order in answer.json()["orders"]}

    def swap(self, name: str, replacement: dict[str, bytes] | None) -> dict[str, bytes]:
        """Kills the server, takes the files of a store (and puts others there) and starts it again;
        gives what was there."""
        server = self.platform.servers[self.OWNERS[name]]
        server.kill()
        files = list(server.data.glob(f"{name}*"))
        kept = {path.name: path.read_bytes() for path in files if path.is_file()}
        if replacement is not None:
            for path in files:
                if path.is_file():
                    path.unlink()
            for file, content in replacement.items():
                (server.data / file).write_bytes(content)
        server.start()
        server.wait_ready()
        return kept


class OlderCopyApart(OlderCopy):
    """The same of the store of another process, which nobody compares with its neighbours as it
    starts: their own readers find the fork, also where new events stand at the same positions."""

    APART = True


if __name__ == "__main__":
    unittest.main()
