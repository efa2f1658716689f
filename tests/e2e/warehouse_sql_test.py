"""The owner's SQL: what orderly sql prints, and that it reads and nothing else."""

import json
import pathlib
import subprocess
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.process import run_command
from orderly_testing.raw import RawConnection
from orderly_testing.refusals import Refusal

QUERY = "/api/v1/warehouse/query"
TABLE = "cqrs_example.order_information"


class WarehouseSql(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with cls.platform.client("order") as client:
            product = {"product_id": "cable", "product_name": 'Cable, "long" 长', "unit_price": 7}
            client.post("/api/v1/product/create", product)
            for number in range(1, 4):
                order = {"customer_id": "owner", "product_id": "cable", "number": number,
                         "order_date": f"2021-02-1{number}"}
                client.post("/api/v1/order/create", order)
        wait_until_caught_up(cls.platform)

    def sql(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        url = self.platform.servers["warehouse"].url
        return run_command("sql", "--url", url, *arguments, stdin=stdin)

    def prints(self, expected: str, *arguments: str, stdin: str | None = None) -> None:
        done = self.sql(*arguments, stdin=stdin)
        self.assertEqual((expected, "", 0), (done.stdout, done.stderr, done.returncode))

    def query(self, sql: str, **more: object) -> Answer:
        return self.client("warehouse").post(QUERY, {"query": sql} | more)

    # What is printed

    def test_table(self) -> None:
        self.prints(
            "+------------------+--------+------------+------+-------+\n"
            "|   product_name   | number | order_date | none | empty |\n"
            "+------------------+--------+------------+------+-------+\n"
            '| Cable, "long" 长 |      1 | 2021-02-11 | NULL |       |\n'
            '| Cable, "long" 长 |      2 | 2021-02-12 | NULL |       |\n'
            "+------------------+--------+------------+------+-------+\n",
            f"select product_name, number, order_date, null as none, '' as empty from {TABLE} "
            "order by number limit 2",
        )

    def test_csv(self) -> None:
        self.prints(
            'product_name,total_price,none\n"Cable, ""long"" 长",7,\n',
            "--format", "csv",
            f"select product_name, total_price, null as none from {TABLE} where number = 1",
        )

    def test_json(self) -> None:
        self.prints(
            '[{"a":null,"n":"1","order_date":"2021-02-11","t":"true"}]\n',
            "--format=json",
            f"select number as n, order_date, true as t, null as a from {TABLE} where number = 1",
        )

    def test_no_rows(self) -> None:
        for form, printed in (("table", ""), ("csv", ""), ("json", "[]\n")):
            self.prints(printed, "--format", form, f"select * from {TABLE} where number > 9")

    def test_standard_input(self) -> None:
        self.prints("+---+\n| x |\n+---+\n| 1 |\n+---+\n", stdin="select 1 as x\n;\n")
        done = self.sql(stdin="  \n")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("there is no query", done.stderr)

    def test_a_hundred_rows_and_a_word_about_more(self) -> None:
        series = "select * from range({}) t(i)"
        exact = self.sql("--format", "csv", series.format(100))
        self.assertEqual((101, "", 0), (exact.stdout.count("\n"), exact.stderr, exact.returncode))
        more = self.sql("--format", "csv", series.format(101))
        self.assertEqual((101, 0), (more.stdout.count("\n"), more.returncode))
        self.assertEqual(
            "There are more rows than these 100; --max-rows prints more.\n", more.stderr
        )
        for flag in ("-n", "--max-rows", "--max_rows"):
            wide = self.sql("--format", "csv", flag, "200", series.format(150))
            self.assertEqual((151, ""), (wide.stdout.count("\n"), wide.stderr))

    def test_errors(self) -> None:
        done = self.sql("selec 1")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, r"^Error in query string: ")
        unknown = self.sql("select nothing from " + TABLE)
        self.assertEqual(1, unknown.returncode)
        self.assertIn("nothing", unknown.stderr)
        away = run_command("sql", "--url", "http://127.0.0.1:1", "select 1")
        self.assertEqual(1, away.returncode)
        self.assertRegex(away.stderr, r"^orderly: .*127\.0\.0\.1:1")
        self.assertEqual(2, self.sql("--format", "xml", "select 1").returncode)

    # What is answered over HTTP

    def test_answer(self) -> None:
        answer = self.query(f"select customer_id, number from {TABLE} order by number", max_rows=2)
        body = answer.json()
        self.assertEqual(["columns", "rows", "truncated", "position", "lag_ms"], list(body))
        self.assertEqual(
            [{"name": "customer_id", "type": "VARCHAR"}, {"name": "number", "type": "BIGINT"}],
            body["columns"],
        )
        self.assertEqual(([["owner", 1], ["owner", 2]], True), (body["rows"], body["truncated"]))
        self.assertEqual((3, "3"), (body["position"], answer.headers["orderly-position"]))
        self.assertEqual(str(body["lag_ms"]), answer.headers["orderly-lag-ms"])

    def test_values_that_json_cannot_carry_are_strings(self) -> None:
        cells: list[tuple[str, Any]] = [
            ("9007199254740992", 9007199254740992),
            ("9007199254740993", "9007199254740993"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
            ("1.10::decimal(9,2)", "1.10"),
            ("0.5::double", 0.5),
            ("'nan'::double", "NaN"),
            ("date '2021-01-18'", "2021-01-18"),
            ("true", True),
            ("null", None),
        ]
        answer = self.query("select " + ", ".join(sql for sql, _ in cells))
        self.assertEqual([[value for _, value in cells]], answer.json()["rows"])

    def test_parameters(self) -> None:
        def rows(sql: str, parameters: object) -> list[list[Any]]:
            answer = self.query(sql, parameters=parameters)
            self.assertEqual(200, answer.status, answer.text)
            return answer.json()["rows"]

        self.assertEqual([[3]], rows(f"select max(number) from {TABLE} where customer_id = ?",
                                     ["owner"]))
        self.assertEqual([["x' or '1'='1"]], rows("select $1", ["x' or '1'='1"]))
        self.assertEqual(
            [["9223372036854775807", True, None, 0.5, "BIGINT"]],
            rows("select $big, $yes, $none, $half, typeof($big)",
                 {"big": 9223372036854775807, "yes": True, "none": None, "half": 0.5}),
        )
        self.assertEqual(
            [["2021-02-12", "2021-02-12 10:00:00", "12345678901234567890.12"]],
            rows("select $day, $at, $sum", {
                "day": {"type": "DATE", "value": "2021-02-12"},
                "at": {"type": "TIMESTAMP", "value": "2021-02-12T12:00:00+02:00"},
                "sum": {"type": "DECIMAL", "value": "12345678901234567890.12"},
            }),
        )
        self.assertEqual([[2]], rows(f"select number from {TABLE} where order_date = $day",
                                     {"day": {"type": "DATE", "value": "2021-02-12"}}))

    def test_parameters_that_cannot_be_used(self) -> None:
        for sql, parameters in (
            ("select ?", []), ("select ?", [1, 2]), ("select 1", [1]), ("select $a", {"b": 1}),
            ("select $a", {"a; drop": 1}), ("select ?", 1), ("select ?", "x"), ("select ?", [[1]]),
            ("select ?", [{"type": "DATE", "value": "2021-02-30"}]),
            ("select ?", [{"type": "BLOB", "value": "x"}]), ("select ?", [{"value": 1}]),
            ("select ?", [{"type": "INT64", "value": "1.5"}]), ("select ?", [1] * 101),
            ("select ?", [{"type": "DECIMAL", "value": "1.2.3"}]),
        ):
            with self.subTest(sql=sql, parameters=parameters):
                answer = self.query(sql, parameters=parameters)
                self.assertEqual(400, answer.status, answer.text)
                self.assertEqual("parameters", answer.json()["field"])

    def test_parameters_on_the_command_line(self) -> None:
        self.prints(
            "n,day,none\n2,2021-02-12,\n", "--format", "csv", "--parameter", "n:INT64:2",
            "--parameter", "day:DATE:2021-02-12", "--parameter=none::NULL",
            f"select number as n, order_date as day, $none as none from {TABLE} "
            "where number = $n and order_date = $day",
        )
        self.prints("a,b\nit's: 1,2\n", "--format", "csv", "--parameter", "::it's: 1",
                    "--parameter", ":INT64:2", "select ? as a, ? as b")
        for flag in ("n:INT64:x", "n", "n:NOTYPE:1", "n x:INT64:1"):
            done = self.sql("--parameter", flag, "select $n")
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertIn("--parameter", done.stderr)

    def test_columns_of_the_lab(self) -> None:
        answer = self.query(f"describe {TABLE}").json()
        self.assertEqual(
            [["customer_id", "VARCHAR"], ["order_id", "VARCHAR"], ["product_id", "VARCHAR"],
             ["product_name", "VARCHAR"], ["number", "BIGINT"], ["unit_price", "BIGINT"],
             ["total_price", "BIGINT"], ["order_date", "DATE"]],
            [row[:2] for row in answer["rows"]],
        )

    # What is refused

    def test_sql_that_does_more_than_read(self) -> None:
        secret = pathlib.Path(self.platform.servers["warehouse"].data) / "secret.csv"
        secret.write_text("a,b\n1,2\n")
        target = secret.with_name("written.csv")
        for sql in (
            f"delete from {TABLE}", f"drop table {TABLE}", f"update {TABLE} set number = 0",
            f"insert into {TABLE} select * from {TABLE}", "create table t as select 1",
            f"copy {TABLE} to '{target}'", f"copy (select 1) to '{target}'",
            f"select * from read_csv('{secret}')", f"select * from '{secret}'",
            f"select * from read_text('{secret}')", "select * from glob('/*')",
            "attach ':memory:' as other", f"attach '{target}' as other", "install httpfs",
            "load httpfs", "set memory_limit = '100GB'", "reset memory_limit",
            "pragma database_list", "checkpoint", "call pragma_version()", "vacuum",
            "select * from duckdb_settings()", "select * from pragma_database_list",
            "select current_setting('temp_directory')", "export database '/tmp/out'",
            "select 1; select 2", f"select 1; drop table {TABLE}", "explain analyze select 1",
            "select * from query('select 1')", "begin", "prepare p as select 1", "execute p",
            "select getenv('PATH')",
        ):
            with self.subTest(sql):
                answer = self.query(sql)
                self.assertEqual(400, answer.status, answer.text)
                body = answer.json()
                self.assertEqual("query", body["field"])
                self.assertIn(body["code"], ("forbidden_sql", "invalid_sql"))
                self.assertNotIn(str(secret.parent), answer.text.replace(sql, ""))
        self.assertFalse(target.exists())
        left = self.query(f"select count(*), sum(number) from {TABLE}").json()["rows"]
        self.assertEqual([[3, 6]], left)

    def test_a_query_that_never_ends(self) -> None:
        endless = "select count(*) from range(1000000000) a join range(1000000000) b on true"
        answer = self.query(endless, timeout_ms=300)
        self.assertEqual((400, "query_timeout"), (answer.status, answer.json()["code"]))
        self.assertEqual([[1]], self.query("select 1").json()["rows"])

    def test_sql_that_is_too_long(self) -> None:
        answer = self.query("select 1 --" + "x" * 65536)
        self.assertEqual((400, "sql_too_long"), (answer.status, answer.json()["code"]))

    def test_only_callers_on_this_machine(self) -> None:
        refusal = Refusal(
            403, "loopback_only", "This is answered to callers on the same machine only."
        )
        server = self.platform.servers["warehouse"]
        body = json.dumps({"query": "select 1"}).encode()
        local = f"127.0.0.1:{server.port}"

        def call(host: str, *headers: str) -> Answer:
            lines = [f"POST {QUERY} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
                     f"Content-Length: {len(body)}", "Connection: close", *headers]
            with RawConnection(server.url) as connection:
                connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                return connection.read_answer()

        for host in (local, "localhost", f"LOCALHOST:{server.port}", "[::1]:8080", "127.1.2.3"):
            with self.subTest(host=host):
                self.assertEqual(200, call(host).status)
        for host in ("example.org", "127.0.0.1.example.org", "localhost.example.org", "10.0.0.1",
                     ""):
            with self.subTest(host=host):
                refusal.check(self, call(host))
        self.assertEqual(200, call(local, f"Origin: http://{local}").status)
        page = Refusal(
            403,
            "loopback_only",
            "This is answered to callers on the same machine only, and not to web pages of "
            "another origin.",
        )
        other_port = f"http://127.0.0.1:{server.port + 1}"
        for origin in ("http://example.org", "null", other_port, "file://"):
            with self.subTest(origin=origin):
                page.check(self, call(local, f"Origin: {origin}"))


if __name__ == "__main__":
    unittest.main()
