"""Exports: whole files or none, made by the server and by orderly export; and nothing of them within
reach of an owner's SQL."""

import concurrent.futures
import datetime
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import CONNECTION_ERRORS, Answer
from orderly_testing.platform import Platform
from orderly_testing.process import run_command
from orderly_testing.waiting import wait_until

ROOT = pathlib.Path(
    os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]
)
OPERATIONS = ROOT / "docs" / "operations.md"
EXPORT = "/api/v1/warehouse/export"
EXPORTS = "/api/v1/warehouse/exports"
QUERY = "/api/v1/warehouse/query"
HEADER = "customer_id,order_id,product_id,product_name,number,unit_price,total_price,order_date\n"


class ExportCase(PlatformCase):
    order_ids: list[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.order_ids = []
        with cls.platform.client("order") as client:
            product = {"product_id": "cable", "product_name": 'Cable, "long" 长', "unit_price": 7}
            client.post("/api/v1/product/create", product)
            for number in range(1, 5):
                order = {"customer_id": "owner", "product_id": "cable", "number": number,
                         "order_date": f"2021-02-1{number}"}
                cls.order_ids.append(
                    client.post("/api/v1/order/create", order).json()["order_id"])
        wait_until_caught_up(cls.platform)

    def tearDown(self) -> None:
        for kept in self.kept():
            self.client("warehouse").request("DELETE", f"{EXPORTS}/{kept['name']}", None, {})

    @property
    def folder(self) -> pathlib.Path:
        return self.platform.servers["warehouse"].data / "exports"

    def export(self, **body: object) -> Answer:
        defaults = {"table": "order_information", "format": "csv"}
        return self.client("warehouse").post(EXPORT, defaults | body)

    def made(self, **body: object) -> dict[str, Any]:
        answer = self.export(**body)
        self.assertEqual(200, answer.status, answer.text)
        return answer.json()

    def kept(self) -> list[dict[str, Any]]:
        return self.client("warehouse").get(EXPORTS).json()["exports"]

    def download(self, name: str, headers: dict[str, str] | None = None) -> Answer:
        return self.client("warehouse").get(f"{EXPORTS}/{name}", headers)

    def lines(self, *numbers: int) -> bytes:
        rows = [
            f'owner,{self.order_ids[n - 1]},cable,"Cable, ""long"" 长",{n},7,{7 * n},2021-02-1{n}\n'
            for n in numbers
        ]
        return (HEADER + "".join(rows)).encode()


class WarehouseExport(ExportCase):
    def test_csv_to_the_byte(self) -> None:
        made = self.made(name="all_of-it")
        answer = self.download("all_of-it")
        self.assertEqual(self.lines(1, 2, 3, 4), answer.body)
        self.assertEqual(("all_of-it", 4, len(answer.body)),
                         (made["name"], made["rows"], made["bytes"]))
        self.assertEqual("text/csv; charset=utf-8", answer.headers["content-type"])
        self.assertEqual('attachment; filename="all_of-it.csv"',
                         answer.headers["content-disposition"])

    def test_a_range_has_both_its_days(self) -> None:
        for bounds, numbers in (
            ({"from": "2021-02-12", "to": "2021-02-13"}, (2, 3)),
            ({"from": "2021-02-13"}, (3, 4)),
            ({"to": "2021-02-11"}, (1,)),
            ({"from": "2021-02-12", "to": "2021-02-12"}, (2,)),
            ({"from": "0001-01-01", "to": "9999-12-31"}, (1, 2, 3, 4)),
            ({"from": "2021-02-15"}, ()),
        ):
            made = self.made(**bounds)
            self.assertEqual(len(numbers), made["rows"])
            self.assertEqual(self.lines(*numbers), self.download(made["name"]).body, bounds)

    def test_the_days_of_a_timestamp(self) -> None:
        today = datetime.datetime.now(datetime.timezone.utc).date()
        first, last = (today - datetime.timedelta(days=1)).isoformat(), today.isoformat()
        made = self.made(table="product_versions", **{"from": first, "to": last})
        self.assertEqual(1, made["rows"])
        made = self.made(table="product_versions", to="2021-01-01")
        self.assertEqual(0, made["rows"])

    def test_parquet(self) -> None:
        made = self.made(format="parquet", to="2021-02-13")
        body = self.download(made["name"]).body
        self.assertEqual((3, len(body)), (made["rows"], made["bytes"]))
        self.assertEqual((b"PAR1", b"PAR1"), (body[:4], body[-4:]))
        views = {"orders_by_day": 4, "orders_by_month": 1, "products": 1, "product_prices": 1}
        for view, rows in views.items():
            made = self.made(table=view, format="parquet")
            body = self.download(made["name"]).body
            self.assertEqual((b"PAR1", b"PAR1", rows), (body[:4], body[-4:], made["rows"]), view)

    def test_the_last_day_and_month(self) -> None:
        for unit in ("day", "month"):
            made = self.made(last=unit)
            self.assertEqual(0, made["rows"])
            self.assertRegex(made["name"], r"^order_information-\d{8}-\d{8}-\d{8}t\d{9}z$")

    def test_what_is_wrong_is_named(self) -> None:
        for body, field, code in (
            ({"table": "nothing"}, "table", "unknown_table"),
            ({"table": "orderly.source_position"}, "table", "unknown_table"),
            ({"table": 'x" union select'}, "table", "unknown_table"),
            ({"table": "products", "from": "2021-01-01"}, "from", "no_date_column"),
            ({"table": "products", "to": "2021-01-01"}, "to", "no_date_column"),
            ({"table": "products", "last": "day"}, "from", "no_date_column"),
            ({"format": "xlsx"}, "format", "invalid_value"),
            ({"from": "2021-02-30"}, "from", "invalid_value"),
            ({"to": "' or 1=1"}, "to", "invalid_value"),
            ({"from": "2021-02-02", "to": "2021-02-01"}, "to", "invalid_value"),
            ({"last": "year"}, "last", "invalid_value"),
            ({"last": "day", "to": "2021-02-01"}, "last", "invalid_value"),
            ({"name": "../escape"}, "name", "invalid_value"),
            ({"name": ""}, "name", "invalid_value"),
            ({"name": "Upper"}, "name", "invalid_value"),
            ({"name": "x" * 65}, "name", "invalid_value"),
            ({"path": "/tmp/x"}, "path", "unknown_field"),
        ):
            answer = self.export(**body)
            problem = answer.json()
            self.assertEqual((400, field, code),
                             (answer.status, problem.get("field"), problem["code"]), body)
        self.assertEqual([], self.kept())

    def test_a_name_is_used_once(self) -> None:
        self.made(name="twice")
        for form in ("csv", "parquet"):
            answer = self.export(name="twice", format=form)
            self.assertEqual((409, "export_exists"), (answer.status, answer.json()["code"]))

    def test_list_and_remove(self) -> None:
        self.made(name="first")
        self.made(name="second", format="parquet")
        self.assertEqual([("second", "parquet"), ("first", "csv")],
                         [(kept["name"], kept["format"]) for kept in self.kept()])
        client = self.client("warehouse")
        for status in (200, 404):
            answer = client.request("DELETE", f"{EXPORTS}/first", None, {})
            self.assertEqual(status, answer.status)
        self.assertEqual(["second"], [kept["name"] for kept in self.kept()])
        self.assertEqual(404, self.download("first").status)
        for name in ("..%2Flock", "..", "second.parquet", "%2e%2e%2fwarehouse"):
            self.assertEqual(404, self.download(name).status, name)

    def test_pieces(self) -> None:
        self.made(name="pieces")
        whole = self.download("pieces").body
        part = self.download("pieces", {"Range": "bytes=5-14"})
        self.assertEqual((206, whole[5:15], f"bytes 5-14/{len(whole)}"),
                         (part.status, part.body, part.headers["content-range"]))
        rest = self.download("pieces", {"Range": f"bytes=10-{len(whole) + 99}"})
        self.assertEqual((206, whole[10:]), (rest.status, rest.body))
        behind = self.download("pieces", {"Range": f"bytes={len(whole)}-"})
        self.assertEqual((416, f"bytes */{len(whole)}"),
                         (behind.status, behind.headers["content-range"]))
        self.assertEqual(200, self.download("pieces", {"Range": "lines=1-2"}).status)

    def test_the_hundred_and_first_takes_the_place_of_the_oldest(self) -> None:
        self.made(name="new")
        for number in range(100):
            old = self.folder / f"old-{number}.csv"
            old.write_bytes(b"x")
            os.utime(old, (1_600_000_000 + number, 1_600_000_000 + number))
        self.made(name="newest")
        names = [kept["name"] for kept in self.kept()]
        self.assertEqual((100, ["newest", "new", "old-99"]), (len(names), names[:3]))
        self.assertEqual("old-2", names[-1])

    def test_sql_does_not_reach_the_exports(self) -> None:
        for form in ("csv", "parquet"):
            self.made(name=f"secret-{form}", format=form)
        for form in ("csv", "parquet"):
            file = str(self.folder / f"secret-{form}.{form}")
            folder = str(self.folder)
            for sql in (
                f"select * from read_{form}('{file}')",
                f"select * from '{file}'",
                f'select * from "{file}"',
                f'select * from "{file.removesuffix("." + form)}"."{form}"',
                f"from '{folder}/../exports/secret-{form}.{form}'",
                f"from '{folder}/*.{form}'",
                f"from 'file://{file}'",
                f"summarize '{file}'",
                f"describe '{file}'",
                f"table '{file}'",
                f"select (select count(*) from '{file}')",
                f"with t as (from '{file}') from t",
                f"select * from glob('{folder}/*')",
                f"select * from read_text('{file}')",
                f"copy (select 1) to '{folder}/mine.csv'",
                "select * from exported_rows()",
                f"select * from parquet_metadata('{file}')",
            ):
                answer = self.client("warehouse").post(QUERY, {"query": sql})
                self.assertEqual(400, answer.status, f"{sql}: {answer.text}")
        self.assertEqual(2, len(list(self.folder.iterdir())))


class ExportCommand(ExportCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="orderly-export-")
        self.addCleanup(scratch.cleanup)
        self.here = pathlib.Path(scratch.name)

    def command(self, file: str, *flags: str) -> subprocess.CompletedProcess[str]:
        if "--url" not in flags:
            flags = ("--url", self.platform.servers["warehouse"].url, *flags)
        return run_command("export", str(self.here / file), *flags)

    def test_a_range_into_a_file(self) -> None:
        done = self.command("a.csv", "--from", "2021-02-12", "--to", "2021-02-13")
        expected = self.lines(2, 3)
        self.assertEqual((f"2 rows, {len(expected)} bytes in {self.here}/a.csv\n", "", 0),
                         (done.stdout, done.stderr, done.returncode))
        self.assertEqual(expected, (self.here / "a.csv").read_bytes())
        self.assertEqual([], self.kept())

    def test_it_takes_the_place_of_what_was_there(self) -> None:
        (self.here / "a.parquet").write_bytes(b"old")
        self.assertEqual(0, self.command("a.parquet", "--table", "orders_by_day").returncode)
        self.assertEqual(b"PAR1", (self.here / "a.parquet").read_bytes()[:4])
        self.assertEqual(["a.parquet"], os.listdir(self.here))

    def test_a_failure_leaves_what_was_there(self) -> None:
        (self.here / "a.csv").write_bytes(b"old")
        for flags, words in (
            (("--table", "nothing"), "table"),
            (("--from", "yesterday"), "from"),
            (("--table", "products", "--to", "2021-01-01"), "date column"),
            (("--url", "http://127.0.0.1:1"), "127.0.0.1:1"),
        ):
            done = self.command("a.csv", *flags)
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertIn(words, done.stderr)
            self.assertEqual(b"old", (self.here / "a.csv").read_bytes())
        self.assertEqual(["a.csv"], os.listdir(self.here))
        self.assertEqual([], self.kept())

    def test_wrong_files(self) -> None:
        self.assertIn(".parquet or .csv", self.command("a.xlsx").stderr)
        self.assertIn("cannot write", self.command("nowhere/a.csv").stderr)
        (self.here / "folder.csv").mkdir()
        self.assertIn("it is a folder", self.command("folder.csv").stderr)
        self.assertEqual(["folder.csv"], os.listdir(self.here))
        self.assertEqual(2, self.command("a.csv", "--last", "day", "--to", "2021-01-01").returncode)


class ScheduledExport(PlatformCase):
    """The job of docs/operations.md, to the letter but for the port."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.platform = Platform(apart=False)
        cls.addClassCleanup(cls.platform.discard)
        scratch = tempfile.TemporaryDirectory(prefix="orderly-export-")
        cls.addClassCleanup(scratch.cleanup)
        server = cls.platform.servers["warehouse"]
        blocks = re.findall(r"```toml\n(.*?)```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL)
        config = pathlib.Path(scratch.name) / "orderly.toml"
        job = next(block for block in blocks if "warehouse/export" in block)
        config.write_text(job.replace(":8080/", f":{server.port}/"), encoding="utf-8")
        server.arguments += ["--config", str(config)]
        cls.platform.start()

    def exports(self) -> list[dict[str, Any]]:
        return self.client("warehouse").get(EXPORTS).json()["exports"]

    def test_each_run_makes_one_of_the_day_before(self) -> None:
        url = self.platform.servers["warehouse"].url
        for runs in (1, 2):
            self.assertEqual(0, run_command("jobs", "run", "daily-export", "--url", url).returncode)
            wait_until(lambda runs=runs: len(self.exports()) == runs, f"{runs} exports are there")
        for kept in self.exports():
            self.assertEqual("parquet", kept["format"])
            days = re.fullmatch(r"order_information-(\d{8})-(\d{8})-\d{8}t\d{9}z", kept["name"])
            assert days is not None, kept
            self.assertEqual(days[1], days[2])


class InterruptedExport(ExportCase):
    """Of a platform of its own, whose server is killed."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with cls.platform.client("order") as client:
            for number in range(2_000):
                order = {"customer_id": f"c{number % 50}", "product_id": "cable", "number": 1}
                client.post("/api/v1/order/create", order)
        wait_until_caught_up(cls.platform)

    def unfinished(self) -> list[pathlib.Path]:
        return list(self.folder.glob("*.unfinished")) if self.folder.exists() else []

    def test_one_at_a_time(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.export(format="parquet"), range(24)))
        statuses = {answer.status for answer in answers}
        self.assertEqual({200, 429}, statuses)
        refused = next(answer for answer in answers if answer.status == 429)
        self.assertEqual("export_running", refused.json()["code"])
        self.assertEqual(sum(answer.status == 200 for answer in answers), len(self.kept()))
        self.assertEqual([], self.unfinished())

    def test_a_killed_server_leaves_nothing_unfinished(self) -> None:
        self.made(name="before")

        def export() -> None:
            try:
                for _ in range(1_000):
                    self.export(format="parquet")
            except CONNECTION_ERRORS:
                pass

        def kept_unfinished() -> bool:
            return bool(self.unfinished())

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(export)
            wait_until(kept_unfinished, "an export is being made")
            self.take_down("warehouse")
            running.result()
        whole = {path.stem for path in self.folder.iterdir() if path.suffix in (".csv", ".parquet")}
        (self.folder / "dead.csv.unfinished").write_bytes(b"half")
        self.bring_back("warehouse")
        self.assertEqual([], self.unfinished())
        self.assertEqual(whole, {kept["name"] for kept in self.kept()})
        self.assertIn("before", whole)
        for kept in self.kept():
            body = self.download(kept["name"]).body
            self.assertEqual(kept["bytes"], len(body))
            if kept["format"] == "parquet":
                self.assertEqual(b"PAR1", body[-4:])
        self.assertEqual(2_004, self.made()["rows"])


if __name__ == "__main__":
    unittest.main()
