"""Counts what became of every order, from what anybody can ask for: the feeds, the customers'
lists and the warehouse. It trusts none of them to agree with another."""

import collections
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orderly_testing import feeds
from orderly_testing.load import Acknowledged, Attempt
from orderly_testing.platform import Platform
from orderly_testing.waiting import wait_until

_PAGE = 10_000  # rows of an answer of the warehouse
_WAREHOUSE_COLUMNS = (
    "customer_id", "number", "order_date", "order_id",
    "product_id", "product_name", "total_price", "unit_price",
)
_MAX_ROWS = 100_000

Row = dict[str, Any]


def _settled_position(platform: Platform) -> int:
    with platform.client("orderinfo") as client:
        probe = {"customer_id": "census", "order_id": "census"}
        return int(client.post("/api/v1/orderinfo/get", probe).headers["orderly-position"])


def query_warehouse(platform: Platform, sql: str) -> dict[str, Any]:
    with platform.client("warehouse") as client:
        answer = client.post("/api/v1/warehouse/query", {"query": sql, "max_rows": _MAX_ROWS})
        assert answer.status == 200, answer.text
        return answer.json()


def wait_until_caught_up(platform: Platform, recovering: bool = False) -> None:
    """Until all that is accepted now has reached the warehouse. `recovering`: its engine is just
    coming back from too much, so a question that finds no memory is asked again."""

    def loaded() -> int:
        try:
            return int(query_warehouse(platform, "select 1")["position"])
        except AssertionError as refused:
            if not recovering or "query_memory" not in str(refused):
                raise
            return -1

    with platform.client("order") as orders, platform.client("orderinfo") as orderinfo:
        accepted = feeds.head(orders, feeds.ORDERS)
        wait_until(
            lambda: _settled_position(platform) >= accepted, f"orders settled up to {accepted}"
        )
        projected = feeds.head(orderinfo, feeds.CHANGES)
    wait_until(lambda: loaded() >= projected, f"changes loaded up to {projected}")


def _list_orders(platform: Platform, customer_id: str, years: Iterable[str]) -> list[Row]:
    rows: list[Row] = []
    with platform.client("orderinfo") as client:
        for year in years:
            body = {"customer_id": customer_id, "order_date": year}
            while True:
                answer = client.post("/api/v1/orderinfo/list", body)
                assert answer.status == 200, answer.text
                page = answer.json()
                rows += page["orders"]
                if "next_page_token" not in page:
                    break
                body = body | {"page_token": page["next_page_token"]}
    return rows


def _loaded_rows(platform: Platform) -> list[Row]:
    """Page by page; what is there twice comes twice."""
    rows: list[Row] = []
    while True:
        table = query_warehouse(
            platform,
            f"select {', '.join(_WAREHOUSE_COLUMNS)} from cqrs_example.order_information "
            f"order by all limit {_PAGE} offset {len(rows)}",
        )
        assert not table["truncated"]
        rows += [dict(zip(_WAREHOUSE_COLUMNS, row, strict=True)) for row in table["rows"]]
        if len(table["rows"]) < _PAGE:
            return rows


@dataclass(frozen=True)
class Census:
    orders: list[feeds.Event]
    products: list[feeds.Event]
    changes: list[feeds.Event]
    listed: list[Row]
    loaded: list[Row]

    @staticmethod
    def take(platform: Platform) -> "Census":
        wait_until_caught_up(platform)
        with platform.client("order") as client:
            orders = feeds.read_all(client, feeds.ORDERS).events
        with platform.client("product") as client:
            products = feeds.read_all(client, feeds.PRODUCTS).events
        with platform.client("orderinfo") as client:
            changes = feeds.read_all(client, feeds.CHANGES).events
        years = collections.defaultdict(set)
        for order in orders:
            years[order["data"]["customer_id"]].add(order["data"]["order_date"][:4])
        listed = [
            row for name in years for row in _list_orders(platform, name, sorted(years[name]))
        ]
        return Census(orders, products, changes, listed, _loaded_rows(platform))

    def expected_rows(self) -> dict[str, Row]:
        """What the accepted orders must have become, priced by the version in force when each was
        accepted, or the first one after; without a product they wait."""
        versions = collections.defaultdict(list)
        for event in self.products:
            versions[event["data"]["product_id"]].append(event)
        rows = {}
        for event in self.orders:
            of_product = versions[event["data"]["product_id"]]
            before = [v for v in of_product if v["accepted_at"] <= event["accepted_at"]]
            if of_product:
                price = (before[-1] if before else of_product[0])["data"]
                rows[event["data"]["order_id"]] = _join(event["data"], price)
        return rows

    def problems(
        self, acknowledged: Iterable[Acknowledged] = (), attempts: Iterable[Attempt] = ()
    ) -> list[str]:
        """Everything that is lost, doubled or different, in words; a few of each kind."""
        expected = self.expected_rows()
        found = _compare("read model (lists)", expected, self.listed)
        rows = [_plain(c) for c in self.changes if not c["data"].get("removed")]
        found += _compare("read model (changes)", expected, rows)
        found += _compare("warehouse", expected, self.loaded)
        found += _check_positions(self.orders)
        found += self._check_acknowledged(list(acknowledged))
        found += self._check_attempts(list(attempts))
        return found

    def _check_acknowledged(self, acknowledged: list[Acknowledged]) -> list[str]:
        accepted = {event["data"]["order_id"]: event["data"] for event in self.orders}
        found = []
        for each in acknowledged:
            order = accepted.get(each.order_id)
            if order is None:
                found.append(f"acknowledged and lost: {each}")
            elif (order["customer_id"], order["number"], order["product_id"]) != (
                each.attempt.customer_id, each.attempt.number, each.attempt.product_id,
            ):
                found.append(f"acknowledged as another order: {each} is {order}")
        return found[:5]

    def _check_attempts(self, attempts: list[Attempt]) -> list[str]:
        seen = collections.Counter(
            (event["data"]["customer_id"], event["data"]["number"]) for event in self.orders
        )
        return [
            f"accepted {seen[attempt.customer_id, attempt.number]} times: {attempt}"
            for attempt in attempts
            if seen[attempt.customer_id, attempt.number] > 1
        ][:5]


def _plain(change: feeds.Event) -> Row:
    return {name: value for name, value in change["data"].items() if name != "replaces"}


def _join(order: Row, product: Row) -> Row:
    return order | {
        "product_name": product["product_name"],
        "unit_price": product["unit_price"],
        "total_price": order["number"] * product["unit_price"],
    }


def _compare(where: str, expected: dict[str, Row], rows: list[Row]) -> list[str]:
    counts = collections.Counter(row["order_id"] for row in rows)
    by_id = {row["order_id"]: row for row in rows}
    lost = [order_id for order_id in expected if order_id not in by_id]
    unknown = [order_id for order_id in by_id if order_id not in expected]
    doubled = [order_id for order_id, count in counts.items() if count > 1]
    different = [
        f"{by_id[order_id]} instead of {row}"
        for order_id, row in expected.items()
        if order_id in by_id and by_id[order_id] != row
    ]
    kinds = {"lost": lost, "unknown": unknown, "twice": doubled, "different": different}
    problems = [
        f"{where}: {len(ids)} {kind}, e.g. {ids[:3]}" for kind, ids in kinds.items() if ids
    ]
    total = sum(row["total_price"] for row in rows)
    due = sum(row["total_price"] for row in expected.values())
    if total != due:
        problems.append(f"{where}: the sum is {total} instead of {due}")
    return problems


def _check_positions(events: list[feeds.Event]) -> list[str]:
    problems = []
    for index, event in enumerate(events):
        if event["position"] != index + 1:
            return [f"order feed: position {event['position']} where {index + 1} is due"]
        if index > 0 and event["accepted_at"] <= events[index - 1]["accepted_at"]:
            problems.append(f"order feed: time stands still at position {event['position']}")
    return problems[:3]
