"""orderly rebuild warehouse: second tables beside the live ones, compared, swapped and swapped back,
under load, with damage, over a fork, and with the server or the engine killed in every phase."""

import os
import pathlib
import signal
import tempfile
import unittest
from typing import Any

from orderly_testing import duckdb_file
from orderly_testing.census import Census, query_warehouse, wait_until_caught_up
from orderly_testing.client import CONNECTION_ERRORS
from orderly_testing.load import Load
from orderly_testing.process import run_command
from orderly_testing.rebuilding import KilledRebuildCase, RebuildCase
from orderly_testing.waiting import wait_until

ORDERS = "cqrs_example.order_information"
READ_MODEL = "/api/v1/admin/rebuild/read-model"


class WarehouseCase(RebuildCase):
    STORE = "warehouse"
    SERVICE = "warehouse"

    def rows(self, sql: str) -> list[list[Any]]:
        return query_warehouse(self.platform, sql)["rows"]

    def damage(self, *statements: str) -> None:
        """By hand, while the server is down."""
        server = self.platform.servers["warehouse"]
        self.assertEqual(0, server.terminate())
        duckdb_file.execute(server.data / "warehouse.duckdb", *statements)
        self.platform.restart("warehouse")
        wait_until(lambda: self.status()["phase"] != "starting", "it has looked at what was left")

    def second_tables(self) -> list[str]:
        found = self.rows("SELECT table_name FROM information_schema.tables "
                          "WHERE table_name LIKE '%second' ORDER BY 1")
        return [row[0] for row in found]


class RebuildWarehouse(WarehouseCase):
    def setUp(self) -> None:
        self.addCleanup(self.leave_idle)

    def test_beside_the_live_one_under_load(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        with Load(self.platform.servers["order"].url, [product], threads=4, seed=3) as load:
            load.wait_for_more(200)
            for price in range(6, 9):
                self.put_product(product, price)
                out = self.assert_rebuilt("--keep", "60s")
                self.assertIn("equal, and swapped", out)
                self.assertIn("is kept fed until", out)
                self.assertEqual(["order_information__second", "product_versions__second"],
                                 self.second_tables())
                load.wait_for_more(50)
                self.assertIn("rolled back", self.assert_rebuilt("--rollback", "--keep", "60s"))
                load.wait_for_more(50)
                self.assert_rebuilt("--drop")
                self.assertEqual([], self.second_tables())
        self.assertEqual([], Census.take(self.platform).problems(load.acknowledged, load.attempts))
        self.assertEqual("clean", self.verify()["state"])

    def test_damage_is_named_with_both_sides_and_ended_by_a_swap(self) -> None:
        customer, (different, missing, whole, doubled) = self.place_some(4)
        version = self.unique("product")
        right = self.find_order(customer, different).json()
        self.damage(
            f"UPDATE {ORDERS} SET unit_price = 1 WHERE order_id = '{different}'",
            f"DELETE FROM {ORDERS} WHERE order_id = '{missing}'",
            f"INSERT INTO {ORDERS} FROM {ORDERS} WHERE order_id = '{doubled}'",
            "INSERT INTO cqrs_example.product_versions "
            f"VALUES ('{version}', 'nobody made it', 3, '2021-02-14')")
        done = self.rebuild()
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("compared: 4 differ", done.stdout)
        self.assertIn("The live one is as it was.", done.stdout)
        self.assertIn(f"differs: order_information {different}", done.stdout)
        self.assertNotIn(whole, done.stdout)
        named = {each["key"]: each for each in self.status()["named"]}
        self.assertEqual(1, named[different]["live"]["unit_price"])
        self.assertEqual(right["unit_price"], named[different]["rebuilt"]["unit_price"])
        self.assertNotIn("live", named[missing])
        self.assertNotIn("rebuilt", named[doubled], "the rebuilt one has it once")
        versions = [each for each in self.status()["named"] if each["table"] == "product_versions"]
        self.assertEqual([version], [each["live"]["product_id"] for each in versions])
        self.assertEqual("differs", self.verify()["state"], "nothing has changed yet")

        self.assertIn("swapped, 4 differed", self.assert_rebuilt("--swap"))
        self.assertEqual("clean", self.verify()["state"])
        self.assertEqual([], Census.take(self.platform).problems())
        self.assertEqual([[0]], self.rows("SELECT count(*) FROM cqrs_example.product_versions "
                                          f"WHERE product_id = '{version}'"))
        self.assertIn("rolled back, 4 differed", self.assert_rebuilt("--rollback"))
        self.assertEqual([[1]], self.rows(f"SELECT unit_price FROM {ORDERS} "
                                          f"WHERE order_id = '{different}'"))
        self.assert_rebuilt("--rollback", "--keep", "0")
        self.assertEqual("clean", self.verify()["state"])

    def test_only_to_compare(self) -> None:
        _, (order, *_) = self.place_some(2)
        self.assertIn("compared: equal", self.assert_rebuilt("--diff-only"))
        self.damage(f"UPDATE {ORDERS} SET product_name = 'forged' WHERE order_id = '{order}'")
        done = self.rebuild("--diff-only")
        self.assertEqual(1, done.returncode)
        self.assertIn("forged", done.stdout)
        self.assertEqual("idle", self.status()["phase"])
        self.assertEqual([], self.second_tables())
        self.assertEqual([["forged"]],
                         self.rows(f"SELECT product_name FROM {ORDERS} WHERE order_id = '{order}'"))
        self.assertEqual(1, self.rebuild().returncode)
        self.assert_rebuilt("--swap", "--keep", "0")
        self.assertEqual("clean", self.verify()["state"])

    def test_what_is_kept_is_kept_over_a_restart_until_its_time_is_over(self) -> None:
        self.place_some(2)
        self.assert_rebuilt("--keep", "1h")
        self.damage()
        self.assertEqual("kept", self.status()["phase"])
        self.place_some(2)
        wait_until(lambda: self.status()["compared"], "it is known what differs")
        self.assertIn("rolled back", self.assert_rebuilt("--rollback", "--keep", "1s"))
        wait_until(lambda: "its time is over" in self.status()["last"], "it is dropped")
        self.assertEqual([], self.second_tables())
        self.assertEqual([], Census.take(self.platform).problems())

    def test_what_cannot_be_is_refused(self) -> None:
        self.assert_refusals()

    def test_one_store_is_rebuilt_at_a_time(self) -> None:
        """The read model's waits for a decision, so it is at work."""
        self.place_some(2)
        client = self.client("warehouse")
        for first, second in ((READ_MODEL, self.path), (self.path, READ_MODEL)):
            answer = client.post(first, {"action": "start", "swap_when_equal": False})
            self.assertEqual(202, answer.status, answer.text)
            wait_until(lambda path=first: client.get(path).json()["phase"] == "compared",
                       "both are compared")
            answer = client.post(second, {"action": "start"})
            self.assertEqual((409, "rebuild_running"), (answer.status, answer.json()["code"]))
            answer = client.post(first, {"action": "start"})
            self.assertEqual((409, "rebuild_running"), (answer.status, answer.json()["code"]))
            client.post(first, {"action": "cancel"})
            wait_until(lambda path=first: client.get(path).json()["phase"] == "idle", "it is gone")


class RebuildOverAFork(WarehouseCase):
    def setUp(self) -> None:
        self.addCleanup(self.leave_idle)

    def test_a_restore_ends_what_the_backup_had_kept(self) -> None:
        self.place_some(3)
        self.assert_rebuilt()
        server = self.platform.servers["warehouse"]
        with tempfile.TemporaryDirectory(prefix="orderly-bundle-") as folder:
            done = run_command("backup", f"{folder}/bundle", "--url", server.url)
            self.assertEqual(0, done.returncode, done.stderr)
            self.place_some(2)
            self.assertEqual(0, server.terminate())
            done = run_command("restore", f"{folder}/bundle", "--data", str(server.data))
            self.assertEqual(0, done.returncode, done.stderr)
        self.platform.restart("warehouse")
        wait_until(lambda: self.status()["phase"] == "idle", "it is dropped")
        self.place_some(2)
        self.assertEqual([], Census.take(self.platform).problems())
        self.assertIn("equal, and swapped", self.assert_rebuilt("--keep", "0"))

    def test_a_read_model_that_is_put_back_ends_what_is_kept(self) -> None:
        """By a bare copy of its file."""
        self.place_some(3)
        server = self.platform.servers["orderinfo"]
        self.assertEqual(0, server.terminate())
        older = {file: file.read_bytes() for file in server.data.glob("orderinfo.db*")}
        self.platform.restart("orderinfo")
        self.place_some(3)
        self.assert_rebuilt()
        self.assertEqual(0, server.terminate())
        for file in server.data.glob("orderinfo.db*"):
            file.unlink()
        for file, content in older.items():
            file.write_bytes(content)
        self.platform.restart("orderinfo")
        wait_until(lambda: self.status()["phase"] == "idle", "it is dropped")
        self.assertIn("another history", self.status()["last"])
        wait_until_caught_up(self.platform)
        self.assertEqual([], Census.take(self.platform).problems())
        self.assertIn("equal, and swapped", self.assert_rebuilt("--keep", "0"))


class RebuildWarehouseApart(WarehouseCase):
    APART = True

    def test_the_feeds_may_be_elsewhere(self) -> None:
        self.assert_rebuilt_from_elsewhere()

    def test_a_process_without_a_warehouse_says_so(self) -> None:
        url = self.platform.servers["order"].url
        done = run_command("rebuild", "warehouse", "--url", url)
        self.assertEqual(1, done.returncode)
        self.assertIn("it is not in that process", done.stderr)


class RebuildWarehouseKilled(KilledRebuildCase, WarehouseCase):
    def test_the_server_may_die(self) -> None:
        self.assert_survives(self.kill_server, seed=19)

    def test_the_engine_may_die(self) -> None:
        self.assert_survives(self.kill_engine, seed=23)

    def kill_server(self) -> None:
        self.platform.servers["warehouse"].kill()
        self.platform.restart("warehouse")

    def kill_engine(self) -> None:
        """The rebuild goes on with the next one."""
        for engine in self.engines():
            os.kill(engine, signal.SIGKILL)
        wait_until(self.has_ended, "it has ended")

    def has_ended(self) -> bool:
        try:
            return self.status()["phase"] in ("kept", "idle")
        except CONNECTION_ERRORS:
            return False

    def engines(self) -> list[int]:
        pid = self.platform.servers["warehouse"].pid
        children = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for file in children for child in file.read_text().split()]


if __name__ == "__main__":
    unittest.main()
