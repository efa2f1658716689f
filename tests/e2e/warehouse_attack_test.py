"""Owners' SQL at its worst, while customers go on ordering: the pipeline must not notice."""

import pathlib
import threading
import time
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.metrics import Metrics
from orderly_testing.waiting import wait_until

QUERY = "/api/v1/warehouse/query"
ORDERS = "cqrs_example.order_information"
DEEP = 2_500

# What takes more time or memory than there is, in as many ways as are known.
BOMBS = {
    "repeat": "select length(repeat('a', 4000000000))",
    "repeat of repeat": "select length(repeat(repeat(repeat('x', 9999), 9999), 99))",
    "repeat, folded in prepare": "select length(repeat('a', 300000000)) + 1",
    "lpad": "select length(lpad('x', 2000000000, 'y'))",
    "rpad of each row": f"select sum(length(rpad(order_id, 100000000, 'y'))) from {ORDERS}",
    "list_resize": "select len(list_resize([1], 4000000000))",
    "range as a list": "select len(range(4000000000))",
    "generate_series as a list": "select list_sum(generate_series(1, 2000000000))",
    "unnest of a series": "select count(*) from (select unnest(generate_series(1, 1000000000)))",
    "list comprehension": "select len([x * y for x in range(100000) for y in range(100000)])",
    "list_transform": "select list_sum(list_transform(range(500000000), x -> x * x))",
    "recursion": "with recursive t(n) as (select 1 union all select n + 1 from t) "
                 "select max(n) from t",
    "recursion that doubles": "with recursive t(s) as (select 'x' union all select s || s from t) "
                              "select max(length(s)) from t",
    "recursion with many rows": "with recursive t(n) as (select 1 union all "
                                "select n from t, range(1000)) select count(*) from t",
    "cross join": "select count(*) from range(10000000) a, range(10000000) b "
                  "where a.range * b.range = 7",
    "cross joins of orders": f"select a.order_id from {ORDERS} a, {ORDERS} b, {ORDERS} c, "
                             f"{ORDERS} d, {ORDERS} e order by a.order_id || e.order_id limit 1",
    "levenshtein": "select levenshtein(repeat('a', 300000), repeat('b', 300000))",
    "levenshtein of rows": f"select sum(levenshtein(repeat(order_id, 2000), "
                           f"repeat(customer_id, 9000))) from {ORDERS}",
    "jaccard": "select jaccard(repeat('ab', 200000000), repeat('ba', 200000000))",
    "regex": "select regexp_matches(repeat('a', 50000000), '(a|aa|aaa)*(b|c)(a*a*a*a*)*$')",
    "regex with a large program": "select regexp_replace(repeat('ab', 3000000), "
                                  "'((a{0,30}){0,30}b{0,9}){0,9}c', 'x', 'g')",
    "similar": "select repeat('a', 30000000) similar to '(a*)*b'",
    "like": "select repeat('a', 100000) like '%a%a%a%a%a%a%a%a%a%b'",
    "string_agg": "select length(string_agg(repeat('x', 1000), '')) from range(100000000)",
    "list aggregate": "select len(list(range)) from range(2000000000)",
    "list of lists": "select len(list(l)) from (select range(1000000) as l from range(100000))",
    "mode": "select mode(range) from range(2000000000)",
    "map": "select map_from_entries(list((range, range))) from range(300000000)",
    "distinct": "select count(distinct md5(range::varchar)) from range(2000000000)",
    "sort that spills": "select * from range(2000000000) order by hash(range) limit 1 "
                        "offset 1000000000",
    "window": "select max(s) from (select sum(range) over (order by hash(range)) as s "
              "from range(500000000))",
    "quantile": "select quantile_cont(range, 0.5) from range(3000000000)",
    "factorial": "select sum(factorial(33)) from range(5000000000)",
    "bitstring": "select length(bitstring('1', 2000000000))",
    "format": "select length(format('{:>2000000000}', 1))",
    "printf": "select length(printf('%2000000000d', 1))",
    "hugeint series": "select count(*) from range(0, 9223372036854775807)",
    "pivot": f"pivot {ORDERS} on order_id in ('a') using string_agg(repeat('x', 100000000))",
    "parentheses": "select " + "(" * 30_000 + "1" + ")" * 30_000,
    "deep case": "select " + "case when true then " * DEEP + "1" + " end" * DEEP,
    "deep functions": "select " + "abs(" * DEEP + "1" + ")" * DEEP,
    "deep subqueries": "select * from " + "(select * from " * 900 + "range(1)" + ")" * 900,
    "many ands": "select 1 where " + " and ".join(["1=1"] * 7_000),
    "many columns": "select " + ",".join(["repeat('x', 1000000)"] * 2_500),
    "many unions": " union all ".join(["select 1"] * 3_000),
    "many joins": f"select count(*) from {ORDERS} t0" + "".join(
        f" join {ORDERS} t{i} on true" for i in range(1, 60)),
    "values": "values " + ",".join(["(1)"] * 15_000),
    "in list": "select 1 in (" + ",".join(["1"] * 30_000) + ")",
}

# What would read, write or show something of the machine, or change the store.
TRESPASSES = [
    "pragma database_list", "pragma enable_profiling", "pragma memory_limit='99GB'",
    "attach ':memory:' as m", "attach '{data}/x.duckdb' as x", "detach warehouse", "use memory",
    "copy {orders} to '{data}/out.csv'", "copy (select 1) to '{data}/out.parquet'",
    "copy {orders} from '/etc/passwd'", "export database '{data}/out'", "import database '/tmp'",
    "explain analyze insert into {orders} (number) values (1)", "explain analyze select 1",
    "select 1; drop table {orders}", "select 1;;select 2", "begin", "commit", "checkpoint",
    "set threads = 64", "reset memory_limit", "set variable x = 1", "install httpfs", "load json",
    "select * from read_csv('/etc/passwd')", "select * from read_text('{data}/lock')",
    "select * from read_blob('{data}/warehouse.duckdb')", "from '/etc/passwd'",
    "select * from '{data}/order.db'", "select * from glob('{data}/*')",
    "select * from read_parquet('{data}/exports/*.parquet')", "from '{data}/exports/x.parquet'",
    "select * from duckdb_settings()", "select * from duckdb_databases()",
    "select * from duckdb_memory()", "select * from duckdb_temporary_files()",
    "select * from pragma_storage_info('x')", "select current_setting('memory_limit')",
    "select getenv('HOME')", "call pragma_version()", "create table t (a int)",
    "create macro m() as 1", "create or replace view {orders} as select 1", "drop schema orderly",
    "update orderly.source_position set position = 0", "delete from {orders}",
    "insert into {orders} (number) values (1)", "prepare p as select 1", "execute p", "vacuum",
    "select * from query('select 1')", "select * from query_table('orderly.source_position' || '')",
    "with t as (select 1) delete from {orders}", "truncate {orders}", "show_variables",
    "select nextval('x')", "select * from sniff_csv('/etc/passwd')", "summarize '/etc/passwd'",
]


class Customers:
    """Order all the time, and remember what was answered and how long it took."""

    def __init__(self, case: PlatformCase, product: str) -> None:
        self._client = case.platform.client("order")
        self._product = product
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._order)
        self.placed: list[str] = []
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def __enter__(self) -> "Customers":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join()
        self._client.close()

    def _order(self) -> None:
        body = {"customer_id": "loyal", "product_id": self._product, "number": 1}
        while not self._ended.wait(0.005):
            began = time.monotonic()
            answer = self._client.post("/api/v1/order/create", body)
            self.seconds.append(time.monotonic() - began)
            if answer.status == 200:
                self.placed.append(answer.json()["order_id"])
            else:
                self.failures.append(answer.text)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class WarehouseAttack(PlatformCase):
    def setUp(self) -> None:
        self.product = self.unique("soap")
        self.put_product(self.product, 3)
        for _ in range(200):
            self.place_order("first", self.product)
        wait_until_caught_up(self.platform, recovering=True)

    def query(self, sql: str, **more: object) -> Answer:
        return self.client("warehouse").post(QUERY, {"query": sql} | more)

    def ask_until_served(self, sql: str) -> list[list[Any]]:
        """The rows, as soon as the engine is there again."""
        last: list[Answer] = []

        def served() -> bool:
            last[:] = [self.query(sql)]
            return last[0].status == 200

        wait_until(served, "the warehouse answers again", seconds=90)
        return last[0].json()["rows"]

    def check_nothing_is_lost(self, customers: Customers) -> None:
        self.assertEqual([], customers.failures)
        self.ask_until_served("select 1")
        wait_until_caught_up(self.platform)
        rows = self.ask_until_served(
            f"select count(*), count(distinct order_id) from {ORDERS} "
            f"where customer_id = 'loyal' and product_id = '{self.product}'"
        )
        self.assertEqual([[len(customers.placed)] * 2], rows)

    def test_bombs(self) -> None:
        verdicts: dict[str, str] = {}
        slowest = 0.0
        with Customers(self, self.product) as customers:
            for name, sql in BOMBS.items():
                self.ask_until_served("select 1")
                began = time.monotonic()
                answer = self.query(sql, timeout_ms=700, max_rows=10)
                took = time.monotonic() - began
                slowest = max(slowest, took)
                code = "ok" if answer.status == 200 else answer.json()["code"]
                verdicts[name] = code
                with self.subTest(name):
                    self.assertIn(
                        code,
                        ("ok", "query_timeout", "query_memory", "query_failed", "invalid_sql"),
                        answer.text[:500],
                    )
                    # Its time, the grace for heeding it, and a busy machine.
                    self.assertLess(took, 10)
        self.check_nothing_is_lost(customers)
        kills = Metrics(self.client("warehouse")).value("orderly_warehouse_engine_kills_total")
        print(
            f"{len(BOMBS)} bombs, slowest answer {slowest:.1f} s, {kills:.0f} kills, "
            f"{len(customers.placed)} orders meanwhile: median "
            f"{customers.quantile(0.5) * 1e3:.1f} ms, p99 {customers.quantile(0.99) * 1e3:.1f} ms, "
            f"worst {max(customers.seconds) * 1e3:.1f} ms\n{verdicts}"
        )

    def test_trespasses(self) -> None:
        data = pathlib.Path(self.platform.servers["warehouse"].data)
        before = {path.name for path in data.iterdir()}
        count = self.ask_until_served(f"select count(*) from {ORDERS}")
        for attack in TRESPASSES:
            sql = attack.format(data=data, orders=ORDERS)
            with self.subTest(sql):
                answer = self.query(sql)
                self.assertEqual(400, answer.status, answer.text)
                self.assertIn(answer.json()["code"], ("forbidden_sql", "invalid_sql"))
                self.assertNotIn(str(data), answer.text.replace(sql, ""))
        self.assertEqual(before, {path.name for path in data.iterdir()})
        self.assertEqual(count, self.ask_until_served(f"select count(*) from {ORDERS}"))

    def test_many_at_once(self) -> None:
        """Bombs from all sides; an owner with a harmless question gets through in between."""
        codes: list[str] = []
        names = ["recursion", "string_agg", "levenshtein", "range as a list", "cross join"]

        def attack(name: str) -> None:
            with self.platform.client("warehouse") as client:
                for _ in range(2):
                    body = {"query": BOMBS[name], "timeout_ms": 500}
                    codes.append(str(client.post(QUERY, body).json().get("code", "ok")))

        with Customers(self, self.product) as customers:
            threads = [threading.Thread(target=attack, args=(name,)) for name in names * 5]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.ask_until_served("select 1")
        self.assertEqual(len(threads) * 2, len(codes))
        allowed = {"query_timeout", "query_memory", "query_failed", "unavailable", "invalid_sql"}
        self.assertEqual(set(), set(codes) - allowed)
        self.check_nothing_is_lost(customers)


if __name__ == "__main__":
    unittest.main()
