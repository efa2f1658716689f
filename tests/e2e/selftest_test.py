"""orderly selftest: the user's own chaos test, on a whole system, and on evidence that was broken on
purpose: a check that cannot fail proves nothing."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

TIMEOUT_SECONDS = 240


class Selftest(unittest.TestCase):
    folder: pathlib.Path
    report: subprocess.CompletedProcess[str]

    @classmethod
    def setUpClass(cls) -> None:
        root = tempfile.TemporaryDirectory(prefix="orderly-test-")
        cls.addClassCleanup(root.cleanup)
        cls.folder = pathlib.Path(root.name) / "selftest"
        cls.report = cls.selftest("--minutes", "0.2", "--keep")

    @classmethod
    def selftest(cls, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [os.environ["ORDERLY_BINARY"], "selftest", "--data", str(cls.folder), *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )

    def test_a_whole_system_passes(self) -> None:
        print(self.report.stdout, self.report.stderr)
        self.assertEqual(0, self.report.returncode)
        self.assertIn("Nothing lost, nothing doubled.", self.report.stdout)
        for arrangement in ("together", "apart"):
            self.assertRegex(self.report.stdout, rf"{arrangement} +[1-9]\d* kills")
            self.assertGreater(len(self.record(arrangement).read_text().splitlines()), 10)

    def test_an_order_of_the_record_that_is_nowhere_is_lost(self) -> None:
        record = self.record("together")
        kept = record.read_text()
        order = json.loads(kept.splitlines()[0])
        order["order_id"] = "00000000-0000-7000-8000-000000000000"
        try:
            record.write_text(kept + json.dumps(order) + "\n")
            report = self.selftest("--count-only")
        finally:
            record.write_text(kept)
        self.assertEqual(1, report.returncode, report.stdout + report.stderr)
        self.assertIn(f"the acknowledged order {order['order_id']} is lost", report.stdout)
        self.assertIn("Something is lost or wrong.", report.stdout)

    def test_a_row_of_the_read_model_that_has_changed_is_wrong(self) -> None:
        store = self.folder / "apart" / "orderinfo" / "orderinfo.db"
        change = "UPDATE order_info SET unit_price = unit_price + {} WHERE position = 1"
        self.execute(store, change.format(1))
        try:
            report = self.selftest("--count-only")
        finally:
            self.execute(store, change.format(-1))
        self.assertEqual(1, report.returncode, report.stdout + report.stderr)
        self.assertIn("the read model has the order", report.stdout)

    def test_data_of_others_is_left_alone(self) -> None:
        report = self.selftest("--minutes", "0.1")
        self.assertEqual(1, report.returncode)
        self.assertIn("is not empty", report.stderr)

    @classmethod
    def record(cls, arrangement: str) -> pathlib.Path:
        return cls.folder / arrangement / "record.jsonl"

    @staticmethod
    def execute(store: pathlib.Path, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(store)) as connection, connection:
            connection.execute(statement)


if __name__ == "__main__":
    unittest.main()
