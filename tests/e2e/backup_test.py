"""orderly backup, restore and backup --verify, as an operator uses them."""

import contextlib
import hashlib
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, wait_until_caught_up
from orderly_testing.load import Load
from orderly_testing.process import binary, run_command
from orderly_testing.waiting import PATIENCE_SECONDS, wait_until

BACKUP = "/api/v1/admin/backup"
STORES = [
    "warehouse.duckdb",
    "orderinfo.db",
    "broker.db",
    "scheduler.db",
    "trace.db",
    "order.db",
    "product.db",
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that copies, opens and compares every store."""
    return run_command(*arguments, seconds=10 * PATIENCE_SECONDS)


class BackupCase(PlatformCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="orderly-backup-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = self.platform.servers["order"]
        self.put_product("keyboard", 10)

    def place_some(self, orders: int) -> list[str]:
        customer = self.unique("customer")
        placed = [
            self.place_order(customer, "keyboard", number, "2021-05-05").json()["order_id"]
            for number in range(1, orders + 1)
        ]
        wait_until_caught_up(self.platform)
        return placed

    def backup(self, name: str = "bundle") -> pathlib.Path:
        bundle = self.folder / name
        done = run("backup", str(bundle), "--url", self.server.url)
        self.assertEqual(0, done.returncode, done.stderr)
        return bundle

    def restore(
        self, bundle: pathlib.Path, data: pathlib.Path
    ) -> subprocess.CompletedProcess[str]:
        return run("restore", str(bundle), "--data", str(data))

    def assert_refused(self, bundle: pathlib.Path, *words: str) -> None:
        """By name, by restore and by backup --verify, and nothing is changed."""
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        (data / "order.db").write_bytes(b"what stands there")
        for done in (
            self.restore(bundle, data),
            run("backup", "--verify", str(bundle)),
        ):
            self.assertEqual(1, done.returncode, done.stdout)
            for word in words:
                self.assertIn(word, done.stderr)
        self.assertEqual(b"what stands there", (data / "order.db").read_bytes())
        self.assertEqual({"order.db", "lock"}, {path.name for path in data.iterdir()})
        left = {path.name for path in self.folder.iterdir()} - {"data"}
        self.assertFalse([name for name in left if "restor" in name or "verify" in name], left)


class BackupAndRestore(BackupCase):
    def test_under_load_and_back_again(self) -> None:
        placed = self.place_some(10)
        with Load(self.server.url, ["keyboard"], threads=4, seed=5) as load:
            load.wait_for_more(50)
            bundle = self.backup()
            load.wait_for_more(50)
        manifest = json.loads((bundle / "manifest.json").read_text())
        self.assertEqual(STORES, [store["file"] for store in manifest["stores"]])
        self.assertEqual({*STORES, "manifest.json"}, {path.name for path in bundle.iterdir()})
        by_file = {store["file"]: store for store in manifest["stores"]}
        for store in manifest["stores"]:
            content = (bundle / store["file"]).read_bytes()
            self.assertEqual(store["bytes"], len(content))
            self.assertEqual(store["sha256"], hashlib.sha256(content).hexdigest())
        # Downstream before upstream: every position exists upstream.
        cursors = {c["feed"]: c["position"] for c in by_file["orderinfo.db"]["cursors"]}
        self.assertLessEqual(cursors["order"], by_file["order.db"]["position"])
        loaded = by_file["warehouse.duckdb"]["cursors"][0]["position"]
        self.assertLessEqual(loaded, by_file["orderinfo.db"]["position"])

        refused = self.restore(bundle, self.server.data)
        self.assertEqual(1, refused.returncode)
        self.assertIn("in use", refused.stderr)

        accepted = len(Census.take(self.platform).orders)
        self.assertEqual(0, self.server.terminate())
        beside = self.server.data.parent
        others = set(beside.iterdir())
        done = self.restore(bundle, self.server.data)
        self.assertEqual(0, done.returncode, done.stderr)
        kept = sorted(set(beside.iterdir()) - others)
        self.assertEqual(1, len(kept), done.stdout)
        self.assertIn("before-restore", kept[0].name)
        self.assertIn(str(kept[0]), done.stdout)
        self.assertTrue((kept[0] / "order.db").exists())
        self.server.start()
        self.server.wait_ready()
        self.place_some(5)
        census = Census.take(self.platform)
        self.assertEqual([], census.problems())
        there = {event["data"]["order_id"] for event in census.orders}
        self.assertLessEqual(set(placed), there)
        self.assertEqual(by_file["order.db"]["position"] + 5, len(there))
        self.assertLess(len(there), accepted + 5)
        taken_out = self.client("orderinfo").get("/api/v1/admin/taken-out").json()
        self.assertEqual([], taken_out["orders"], "all of one moment, so nothing forks")
        done = run("verify", "--url", self.server.url)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_of_two_read_models_the_live_one_is_taken(self) -> None:
        placed = self.place_some(5)
        done = run("rebuild", "read-model", "--url", self.server.url)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.addCleanup(run, "rebuild", "read-model", "--drop", "--url", self.server.url)
        placed += self.place_some(3)
        names = ("orderinfo.db", "orderinfo-2.db")
        self.assertTrue(all((self.server.data / name).exists() for name in names), "one is kept")
        bundle = self.backup()
        self.assertEqual({*STORES, "manifest.json"}, {path.name for path in bundle.iterdir()})
        with sqlite3.connect(bundle / "orderinfo.db") as store:
            rows = store.execute("SELECT count(*) FROM order_info").fetchone()[0]
        store.close()
        self.assertEqual(len(Census.take(self.platform).orders), rows)

        self.assertEqual(0, self.server.terminate())
        done = self.restore(bundle, self.server.data)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertFalse((self.server.data / "orderinfo-2.db").exists(), "no stale one is left")
        self.server.start()
        self.server.wait_ready()
        self.place_some(2)
        census = Census.take(self.platform)
        self.assertEqual([], census.problems())
        self.assertLessEqual(set(placed), {event["data"]["order_id"] for event in census.orders})
        done = run("rebuild", "read-model", "--url", self.server.url)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_verify_restores_it_and_leaves_nothing(self) -> None:
        self.place_some(5)
        bundle = self.backup()
        done = run("backup", "--verify", str(bundle))
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"{len(STORES)} stores", done.stdout)
        self.assertIn("Everything agrees", done.stdout)
        self.assertEqual(["bundle"], [path.name for path in self.folder.iterdir()])

    def test_verify_finds_what_differs(self) -> None:
        self.place_some(5)
        bundle = self.backup()
        order = bundle / "orderinfo.db"
        with sqlite3.connect(order) as store:
            store.execute("UPDATE order_info SET number = number + 1 WHERE position = 1")
        store.close()
        self.sign_again(bundle, "orderinfo.db")
        done = run("backup", "--verify", str(bundle))
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("differs", done.stdout)

    def sign_again(self, bundle: pathlib.Path, name: str) -> None:
        manifest = json.loads((bundle / "manifest.json").read_text())
        content = (bundle / name).read_bytes()
        for store in manifest["stores"]:
            if store["file"] == name:
                store["bytes"] = len(content)
                store["sha256"] = hashlib.sha256(content).hexdigest()
        (bundle / "manifest.json").write_text(json.dumps(manifest))

    def test_damaged_bundles_are_refused_by_name(self) -> None:
        self.place_some(3)
        good = self.backup("good")

        def copy(name: str) -> pathlib.Path:
            shutil.copytree(good, self.folder / name)
            return self.folder / name

        flipped = copy("flipped")
        content = bytearray((flipped / "order.db").read_bytes())
        content[len(content) // 2] ^= 1
        (flipped / "order.db").write_bytes(content)
        self.assert_refused(flipped, "order.db", "checksum")

        missing = copy("missing")
        (missing / "orderinfo.db").unlink()
        self.assert_refused(missing, "orderinfo.db", "missing")

        truncated = copy("truncated")
        content = (truncated / "warehouse.duckdb").read_bytes()
        (truncated / "warehouse.duckdb").write_bytes(content[:-1])
        self.assert_refused(truncated, "warehouse.duckdb", "bytes")

        swapped = copy("swapped")
        shutil.copy(swapped / "product.db", swapped / "order.db")
        self.sign_again(swapped, "order.db")
        self.assert_refused(swapped, "order.db", "not a database of the order store")

        newer_store = copy("newer-store")
        with sqlite3.connect(newer_store / "order.db") as store:
            store.execute("INSERT INTO schema_version VALUES(999, 'from the future')")
        store.close()
        self.sign_again(newer_store, "order.db")
        self.assert_refused(newer_store, "order.db", "newer version")

        newer = copy("newer")
        manifest = json.loads((newer / "manifest.json").read_text())
        (newer / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
        self.assert_refused(newer, "manifest.json", "newer version")

        unsigned = copy("unsigned")
        (unsigned / "manifest.json").unlink()
        self.assert_refused(unsigned, "manifest.json")

    def test_a_backup_takes_the_place_of_nothing(self) -> None:
        bundle = self.backup()
        done = run("backup", str(bundle), "--url", self.server.url)
        self.assertEqual(1, done.returncode)
        self.assertIn("is there already", done.stderr)
        client = self.client("order")
        for directory, code, field in (
            ("relative", "invalid_value", "directory"),
            (str(self.folder / "no" / "parent"), "invalid_value", "directory"),
            (str(self.server.data / "inside"), "invalid_value", "directory"),
        ):
            answer = client.post(BACKUP, {"directory": directory})
            self.assertEqual((400, code, field), (
                answer.status, answer.json()["code"], answer.json()["field"]))
        answer = client.post(BACKUP, {})
        self.assertEqual("directory", answer.json()["field"])

    def test_a_backup_that_cannot_be_written_leaves_nothing(self) -> None:
        self.place_some(3)
        locked = self.folder / "locked"
        locked.mkdir()
        # A file where the unfinished bundle would be.
        (locked / "bundle.unfinished").write_text("somebody else's")
        done = run("backup", str(locked / "bundle"), "--url", self.server.url)
        self.assertEqual(1, done.returncode)
        self.assertIn("bundle.unfinished", done.stderr)
        self.assertEqual(["bundle.unfinished"], [path.name for path in locked.iterdir()])
        self.place_some(1)


class KilledBackup(BackupCase):
    def test_is_whole_or_not_there_and_made_with_the_next(self) -> None:
        """The server is killed ever later while it makes one."""
        self.place_some(10)
        bundle = self.folder / "bundle"
        made = False
        milliseconds = 1.0
        while not made:
            with self.client("order") as client:
                begun = client.post(BACKUP, {"directory": str(bundle)})
            self.assertEqual(202, begun.status, begun.text)
            with contextlib.suppress(AssertionError):
                wait_until(bundle.exists, "the bundle is there", milliseconds / 1000)
            self.server.kill()
            made = bundle.exists()
            left = {path.name for path in self.folder.iterdir()}
            self.assertLessEqual(left, {"bundle", "bundle.unfinished"})
            if made:
                self.assertEqual({"bundle"}, left)
            self.server.start()
            self.server.wait_ready()
            milliseconds *= 4
        done = run("backup", "--verify", str(bundle))
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)


class KilledRestore(BackupCase):
    def test_is_the_old_state_or_the_new_one(self) -> None:
        """Killed ever later: the data directory is always one of the two, whole."""
        self.place_some(20)
        bundle = self.backup()
        self.place_some(7)
        self.assertEqual(0, self.server.terminate())
        self.addCleanup(self.platform.restart, "order")
        data = self.folder / "data"
        shutil.copytree(self.server.data, data)
        outcomes = set()
        milliseconds = 20.0
        while len(outcomes) < 2 and milliseconds < 240_000:
            milliseconds *= 1.3
            process = subprocess.Popen(
                [binary(), "restore", str(bundle), "--data", str(data)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            try:
                process.wait(milliseconds / 1000)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            with sqlite3.connect(data / "order.db") as store:
                orders = store.execute("SELECT count(*) FROM placed_order").fetchone()[0]
                sound = store.execute("PRAGMA integrity_check").fetchone()[0]
            store.close()
            self.assertEqual("ok", sound)
            outcomes.add(orders)
            for leftover in self.folder.glob("data.before-restore-*"):
                shutil.rmtree(leftover)
        self.assertEqual(2, len(outcomes), outcomes)


if __name__ == "__main__":
    unittest.main()
