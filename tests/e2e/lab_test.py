"""The lab, literally: its curl calls with the host replaced print what the lab prints, apart from
ids and today's date, and its SQL gives the lab's table to the byte."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import unittest
import uuid

from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import Client
from orderly_testing.process import run_command

ROOT = pathlib.Path(
    os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]
)
ORDER_ID = "00000000-0000-0000-0000-000000000000"
TODAY = "9999-12-31"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

HEADERS = '-H "Authorization: Bearer an-identity-token" -H "Content-Type: application/json"'

SQL = (
    "select product_name, sum(number) as total_number, sum(total_price) as revenue "
    "from cqrs_example.order_information group by product_name"
)
TABLE = """\
+----------------+--------------+---------+
|  product_name  | total_number | revenue |
+----------------+--------------+---------+
| Gaming Display |            1 |     500 |
| Web Camera     |            2 |     200 |
+----------------+--------------+---------+
"""


def today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def printed(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


def product(number: int) -> dict[str, object]:
    name, price = {1: ("Gaming Display", 500), 2: ("Web Camera", 100)}[number]
    return {"product_id": f"product0000{number}", "product_name": name, "unit_price": price}


def order(number: int, date: str) -> dict[str, object]:
    return {
        "customer_id": "customer01",
        "number": 1,
        "order_date": date,
        "order_id": ORDER_ID,
        "product_id": f"product0000{number}",
    }


def joined(number: int, date: str) -> dict[str, object]:
    price = product(number)["unit_price"]
    name = product(number)["product_name"]
    added = {"product_name": name, "total_price": price, "unit_price": price}
    return order(number, date) | added


class Lab:
    """The walk-through; where the services run is a subclass's business."""

    def curl(self, service: str, path: str, body: str, *more: str) -> str:
        """What the lab's command prints, with ids and today's date replaced."""
        url = f"{self.platform.servers[service].url}/api/v1/{path}"
        command = f"curl -X POST {HEADERS} {' '.join(more)} -d '{body}' -s {url} | jq ."
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr), command)
        self.printed = done.stdout
        return UUID.sub(ORDER_ID, done.stdout).replace(f'"{today()}"', f'"{TODAY}"')

    def test_walk_through(self) -> None:
        self.create_products()
        order_id = self.submit_order()
        self.query_order(order_id)
        self.submit_orders_of_other_dates()
        self.list_orders()
        wait_until_caught_up(self.platform)
        self.query_warehouse()

    def create_products(self) -> None:
        body = '{"product_id":"product00001", "product_name":"Gaming Display", "unit_price": 500}'
        self.assertEqual(printed(product(1)), self.curl("product", "product/create", body))
        body = '{"product_id":"product00002", "product_name":"Web Camera", "unit_price": 100}'
        self.assertEqual(printed(product(2)), self.curl("product", "product/create", body))
        body = '{"product_id":"product00001"}'
        self.assertEqual(printed(product(1)), self.curl("product", "product/get", body))
        body = '{"product_id":"product99999"}'
        self.assertEqual(
            printed({"message": "The product does not exist."}),
            self.curl("product", "product/get", body),
        )

    def submit_order(self) -> str:
        body = '{"customer_id":"customer01", "product_id": "product00001", "number":1}'
        self.assertEqual(printed(order(1, TODAY)), self.curl("order", "order/create", body))
        return json.loads(self.printed)["order_id"]

    def query_order(self, order_id: str) -> None:
        body = f'{{"customer_id":"customer01", "order_id": "{uuid.uuid4()}"}}'
        self.assertEqual(
            printed({"message": "The order does not exist."}),
            self.curl("orderinfo", "orderinfo/get", body),
        )
        body = f'{{"customer_id":"customer01", "order_id": "{order_id}"}}'
        self.assertEqual(
            printed(joined(1, TODAY)),
            self.curl("orderinfo", "orderinfo/get", body, '-H "Prefer: wait=25"'),
        )

    def submit_orders_of_other_dates(self) -> None:
        for date in ("2021-02-14", "2020-12-31"):
            body = (
                '{"customer_id":"customer01", "product_id": "product00002", "number":1, '
                f'"order_date": "{date}"}}'
            )
            self.assertEqual(printed(order(2, date)), self.curl("order", "order/create", body))
        # The lab's first order is of January 2021, when it was written.
        body = (
            '{"customer_id":"customer02", "product_id": "product00001", "number":1, '
            '"order_date": "2021-01-18"}'
        )
        self.curl("order", "order/create", body)

    def list_orders(self) -> None:
        wait_until_caught_up(self.platform)
        body = '{"customer_id":"customer01", "order_date": "2021"}'
        self.assertEqual(
            printed({"order_date": "2021", "orders": [joined(2, "2021-02-14")]}),
            self.curl("orderinfo", "orderinfo/list", body),
        )
        body = '{"customer_id":"customer01", "order_date": "2020-12"}'
        self.assertEqual(
            printed({"order_date": "2020-12", "orders": [joined(2, "2020-12-31")]}),
            self.curl("orderinfo", "orderinfo/list", body),
        )
        body = f'{{"customer_id":"customer01", "order_date": "{today()[:4]}"}}'
        self.assertEqual(
            printed({"order_date": today()[:4], "orders": [joined(1, TODAY)]}),
            self.curl("orderinfo", "orderinfo/list", body),
        )

    def query_warehouse(self) -> None:
        sql = SQL.replace(" group by", " where customer_id = 'customer01' group by")
        done = run_command("sql", "--url", self.platform.servers["warehouse"].url, sql)
        self.assertEqual((TABLE, "", 0), (done.stdout, done.stderr, done.returncode))


class LabTogether(Lab, PlatformCase):
    """orderly up"""

    def test_prefixes(self) -> None:
        """Every path also answers under its service's prefix."""
        client = self.client("product")
        body = {"product_id": "prefixed", "product_name": "Prefixed", "unit_price": 1}
        path = "/product-service-cqrs/api/v1/product/create"
        self.assertEqual(body, client.post(path, body).json())
        order_body = {"customer_id": "prefixes", "product_id": "prefixed", "number": 1}
        placed = client.post("/order-service-cqrs/api/v1/order/create", order_body)
        self.assertEqual(200, placed.status)
        seen = client.post(
            "/orderinfo-service-cqrs/api/v1/orderinfo/get",
            {"customer_id": "prefixes", "order_id": placed.json()["order_id"]},
            {"Prefer": "wait=25"},
        )
        self.assertEqual(200, seen.status)
        self.assertEqual(b"Finished.", client.get("/event-publisher/api/v1/event/publish").body)
        for service in ("product", "order", "orderinfo"):
            for path in (f"/{service}-service-cqrs", f"/{service}-service-cqrs/"):
                self.assertEqual(f"{service}-service-cqrs", client.get(path).json()["service"])


class LabApart(Lab, PlatformCase):
    """Five processes of orderly serve, with push over HTTP."""

    APART = True


class Demo(PlatformCase):
    """orderly demo walks through the lab, and a second time prints the same."""

    def test_demo(self) -> None:
        url = self.platform.servers["order"].url
        first = run_command("demo", "--url", url)
        self.assertEqual((0, ""), (first.returncode, first.stderr))
        self.assertTrue(first.stdout.endswith(TABLE), first.stdout)
        output = UUID.sub(ORDER_ID, first.stdout).replace(f'"{today()}"', f'"{TODAY}"')
        for document in (
            product(1),
            product(2),
            order(1, TODAY),
            joined(1, TODAY),
            order(2, "2021-02-14"),
            {"order_date": "2021", "orders": [joined(2, "2021-02-14")]},
            {"order_date": "2020-12", "orders": [joined(2, "2020-12-31")]},
        ):
            self.assertIn(printed(document), output)
        again = run_command("demo", "--url", url)
        self.assertEqual(first.stdout, again.stdout)

    def test_no_server(self) -> None:
        done = run_command("demo", "--url", "http://127.0.0.1:1")
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, r"^orderly: .*127\.0\.0\.1:1")


class FirstOrder(PlatformCase):
    """What a newcomer sees on an empty directory (issue: ready within 2 s, visible in 50 ms)."""

    def test_fresh_start_answers_and_shows_the_first_order(self) -> None:
        with Client(self.platform.servers["order"].url) as client:
            self.assertEqual({"ready": True, "reasons": []}, client.get("/readyz").json())
            self.assertEqual({"status": "ok"}, client.get("/healthz").json())
            contract = client.get("/openapi.yaml")
            self.assertEqual("application/yaml", contract.headers["content-type"])
            self.assertEqual((ROOT / "api" / "openapi.yaml").read_bytes(), contract.body)


if __name__ == "__main__":
    unittest.main()
