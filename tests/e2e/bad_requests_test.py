"""Requests with bad bodies: a table per endpoint, each with its exact answer, and none of them
leaves a trace in any feed (P9)."""

import json
import unittest
from collections.abc import Iterator
from typing import Any

from orderly_testing import feeds
from orderly_testing.case import PlatformCase
from orderly_testing.metrics import Metrics
from orderly_testing.refusals import Refusal

Case = tuple[str, bytes, Refusal]  # what is wrong, the body, the answer

MAX_NUMBER = 1_000_000
MAX_PRICE = 9_000_000_000


def encode(body: Any) -> bytes:
    return json.dumps(body).encode()


def malformed(message: str) -> Refusal:
    return Refusal(400, "malformed_json", message)


def invalid(field: str, message: str) -> Refusal:
    return Refusal(400, "invalid_value", f"{field} {message}", field)


def whole_bodies(good: dict[str, Any]) -> Iterator[Case]:
    """What may be wrong with any body; `good` would be accepted."""
    text = encode(good)
    end = "The JSON ends too early."
    yield "empty", b"", malformed("The body is empty where JSON is expected.")
    yield "blank", b" \r\n", malformed("The body is empty where JSON is expected.")
    yield "array", b"[" + text + b"]", malformed("The body must be a JSON object.")
    for name, body in (("string", b'"x"'), ("number", b"1"), ("null", b"null"), ("true", b"true")):
        yield name, body, malformed("The body must be a JSON object.")
    yield "truncated", text[:-1], malformed(end)
    yield "truncated in a name", b'{"custom', malformed(end)
    yield (
        "something behind it", text + b"x",
        malformed(f"The JSON is malformed at byte {len(text)}: extra data."),
    )
    yield "trailing comma", text[:-1] + b",}", malformed(
        f"The JSON is malformed at byte {len(text)}: syntax error."
    )
    yield "comment", b"/* */" + text, malformed("The JSON is malformed at byte 0: syntax error.")
    yield "single quotes", b"{'a':1}", malformed("The JSON is malformed at byte 1: syntax error.")
    yield "invalid UTF-8", b'{"' + b"\xff" + b'":1}', malformed("The body is not valid UTF-8.")
    yield "overlong UTF-8", b'{"x":"\xc0\xaf"}', malformed("The body is not valid UTF-8.")
    yield "surrogate in UTF-8", b'{"x":"\xed\xa0\x80"}', malformed("The body is not valid UTF-8.")
    too_deep = Refusal(400, "too_deep", "The JSON is nested deeper than 32 levels.")
    yield "deep", b'{"x":' + b"[" * 40 + b"]" * 40 + b"}", too_deep
    yield "bottomless", b'{"x":' + b"[" * 30_000, too_deep
    crowded = encode({f"field{i}": i for i in range(17)})
    yield "crowded", crowded, Refusal(400, "too_many_fields", "The object has too many fields.")
    yield (
        "unknown", encode(good | {"extra": 1}),
        Refusal(400, "unknown_field", "extra is not a known field.", "extra"),
    )
    yield (
        "unknown beside missing", b'{"extra":1}',
        Refusal(400, "unknown_field", "extra is not a known field.", "extra"),
    )


def any_field(good: dict[str, Any], field: str) -> Iterator[Case]:
    repeated = encode(good)[:-1] + b"," + encode({field: good[field]})[1:]
    yield (
        f"{field} repeated", repeated,
        Refusal(400, "repeated_field", f"{field} comes more than once.", field),
    )


def required(good: dict[str, Any], field: str) -> Iterator[Case]:
    without = {name: value for name, value in good.items() if name != field}
    yield (
        f"{field} missing", encode(without),
        Refusal(400, "missing_field", f"{field} is missing.", field),
    )


def string(good: dict[str, Any], field: str) -> Iterator[Case]:
    yield from any_field(good, field)
    wrong = Refusal(400, "wrong_type", f"{field} must be a string.", field)
    for value in (1, 1.5, True, None, [], {}, ["x"], {"x": {"y": 1}}):
        yield f"{field} = {value!r}", encode(good | {field: value}), wrong


def text(good: dict[str, Any], field: str, max_bytes: int) -> Iterator[Case]:
    """A string with the limits of ids and names."""
    yield from string(good, field)
    long = invalid(field, f"must have at most {max_bytes} bytes.")
    control = invalid(field, "must not hold control characters.")
    yield f"{field} empty", encode(good | {field: ""}), invalid(field, "must not be empty.")
    yield f"{field} too long", encode(good | {field: "x" * (max_bytes + 1)}), long
    yield f"{field} too long in bytes", encode(good | {field: "é" * (max_bytes // 2 + 1)}), long
    for character in ("\x00", "\n", "\t", "\x1f", "\x7f", "\x85"):
        yield f"{field} with {character!r}", encode(good | {field: f"a{character}b"}), control


def integer(good: dict[str, Any], field: str, low: int, high: int) -> Iterator[Case]:
    yield from any_field(good, field)
    wrong = Refusal(400, "wrong_type", f"{field} must be a whole number.", field)
    outside = Refusal(400, "out_of_range", f"{field} must be between {low} and {high}.", field)
    raw = encode(good | {field: "@"})
    for value in (b'"1"', b"1.0", b"1e3", b"1.5", b"true", b"null", b"[1]", b"{}", b"1E400"):
        yield f"{field} = {value!r}", raw.replace(b'"@"', value), wrong
    for value in (low - 1, high + 1, -high - 2, 2**63 - 1, 2**63, 2**64 - 1):
        yield f"{field} = {value}", encode(good | {field: value}), outside
    yield f"{field} beyond 64 bits", encode(good | {field: 2**64}), wrong


def date(good: dict[str, Any], field: str, message: str, bad: tuple[str, ...]) -> Iterator[Case]:
    yield from string(good, field)
    for value in bad:
        yield f"{field} = {value!r}", encode(good | {field: value}), invalid(field, message)


NO_DATES = ("", "2021", "2021-02-30", "2021-13-01", "2021-1-1", "21-01-01", "0000-01-01",
            "2021/01/18", "2021-01-18T00:00:00Z", " 2021-01-18", "2021-01-18 ", "tomorrow")
NO_PREFIXES = ("", "21", "2021-", "2021-13", "2021-1", "2021-02-30", "2021-02/14", "2021-00",
               "0000", "20210", "2021-01-18-", "x")


class BadRequests(PlatformCase):
    def setUp(self) -> None:
        self.before = self.traces()

    def traces(self) -> dict[str, float]:
        """What a refused request must leave as it was."""
        client = self.client("order")
        metrics = Metrics(client)
        names = ("orderly_read_model_dead_letters", "orderly_read_model_parked_orders")
        paths = (feeds.ORDERS, feeds.PRODUCTS, feeds.CHANGES)
        heads = {path: feeds.head(client, path) for path in paths}
        return heads | {name: metrics.value(name) for name in names}

    def refuse(self, path: str, cases: Iterator[Case]) -> None:
        client = self.client("order")
        count = 0
        for what, body, refusal in cases:
            with self.subTest(path=path, what=what):
                refusal.check(self, client.post(path, body))
                count += 1
        self.assertGreater(count, 10)
        self.assertEqual(self.before, self.traces())

    def test_product_create(self) -> None:
        good = {"product_id": "bad-requests", "product_name": "Thing", "unit_price": 1}

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            for field in good:
                yield from required(good, field)
            yield from text(good, "product_id", 128)
            yield from text(good, "product_name", 512)
            yield from integer(good, "unit_price", 0, MAX_PRICE)

        self.refuse("/api/v1/product/create", cases())

    def test_product_get(self) -> None:
        good = {"product_id": "bad-requests"}

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            yield from required(good, "product_id")
            yield from text(good, "product_id", 128)

        self.refuse("/api/v1/product/get", cases())

    def test_product_list(self) -> None:
        good = {"query": "x", "page_size": 10}
        token = invalid("page_token", "must be a next_page_token of an earlier page.")

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            yield from string(good, "query")
            long = invalid("query", "must have at most 512 bytes.")
            yield "long query", encode({"query": "x" * 513}), long
            yield from integer(good, "page_size", 1, 1000)
            yield from string({"page_token": "MXg"}, "page_token")
            for bad in ("", "x", "!!!!", "Mng", "MQ"):
                yield f"page_token {bad!r}", encode({"page_token": bad}), token

        self.refuse("/api/v1/product/list", cases())

    def test_product_barrier(self) -> None:
        good = {"time": "2021-01-18T20:00:00Z"}
        bad = ("", "2021-01-18", "2021-01-18T25:00:00Z", "2021-01-18T20:00:00", "now")

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            yield from required(good, "time")
            yield from date(good, "time", "must be a time of RFC 3339.", bad)

        self.refuse("/api/v1/product/barrier", cases())

    def test_order_create(self) -> None:
        good = {"customer_id": "bad", "product_id": "bad", "number": 1, "order_date": "2021-01-18"}

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            for field in ("customer_id", "product_id", "number"):
                yield from required(good, field)
            yield from text(good, "customer_id", 128)
            yield from text(good, "product_id", 128)
            yield from integer(good, "number", 1, MAX_NUMBER)
            message = "must be a date that exists, as YYYY-MM-DD."
            yield from date(good, "order_date", message, NO_DATES)

        self.refuse("/api/v1/order/create", cases())

    def test_orderinfo_get(self) -> None:
        good = {"customer_id": "bad", "order_id": "bad"}

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            for field in good:
                yield from required(good, field)
                yield from text(good, field, 128)

        self.refuse("/api/v1/orderinfo/get", cases())

    def test_orderinfo_list(self) -> None:
        good = {"customer_id": "bad", "order_date": "2021", "page_size": 10}
        token = invalid("page_token", "is not the next_page_token of such a query")

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            for field in ("customer_id", "order_date"):
                yield from required(good, field)
            yield from text(good, "customer_id", 128)
            message = "must be a year, a month or a day: YYYY, YYYY-MM or YYYY-MM-DD"
            yield from date(good, "order_date", message, NO_PREFIXES)
            yield from integer(good, "page_size", 1, 1000)
            yield from string(good | {"page_token": "x"}, "page_token")
            for bad in ("", "x", "!!!!", "MS4x"):
                yield f"page_token {bad!r}", encode(good | {"page_token": bad}), token

        self.refuse("/api/v1/orderinfo/list", cases())

    def test_a_page_token_of_another_query(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)
        for _ in range(2):
            placed = self.place_order(customer, product, 1, "2021-05-05").json()
            self.see_order(customer, placed["order_id"])
        client = self.client("orderinfo")
        query = {"customer_id": customer, "order_date": "2021", "page_size": 1}
        token = client.post("/api/v1/orderinfo/list", query).json()["next_page_token"]
        for change in ({"customer_id": "other"}, {"order_date": "2022"}, {"order_date": "2021-05"}):
            answer = client.post("/api/v1/orderinfo/list", query | change | {"page_token": token})
            self.assertEqual((400, "page_token"), (answer.status, answer.json().get("field")))

    def test_orderinfo_pubsub(self) -> None:
        shape = Refusal(
            400, "invalid_value", "A push request is an object with the member message.", "message"
        )

        def message(**members: Any) -> bytes:
            return encode({"message": members})

        def cases() -> Iterator[Case]:
            for what, body, refusal in whole_bodies({"message": {}}):
                # Syntax and depth only: other members, and other shapes, are dealt with below.
                syntax = refusal.code in ("malformed_json", "too_deep")
                if syntax and "object" not in refusal.message:
                    yield what, body, refusal
            for body in (b"[]", b'"x"', b"1", b"null", b"{}", b'{"message":null}',
                         b'{"message":[]}', b'{"message":"x"}', b'{"massage":{}}'):
                yield repr(body), body, shape
            yield "data", message(data="%%%"), invalid("data", "must be base64")
            yield "data type", message(data=1), invalid("data", "must be a string")
            yield "attributes", message(attributes=[]), invalid("attributes", "must be an object")
            yield (
                "attribute values", message(attributes={"event_id": 1}),
                invalid("attributes", "must have strings as values"),
            )
            yield (
                "many attributes", message(attributes={str(i): "" for i in range(101)}),
                invalid("attributes", "has too many members"),
            )
            for name in ("messageId", "message_id", "orderingKey", "ordering_key", "publishTime"):
                yield name, message(**{name: 1}), invalid(name, "must be a string")
            no_time = invalid("publishTime", "must be an RFC 3339 time")
            yield "time", message(publishTime="now"), no_time
            yield (
                "subscription", encode({"message": {}, "subscription": 1}),
                invalid("subscription", "must be a string"),
            )
            yield (
                "attempt", encode({"message": {}, "deliveryAttempt": "1"}),
                invalid("deliveryAttempt", "must be a whole number"),
            )

        self.refuse("/api/v1/orderinfo/pubsub", cases())

    def test_warehouse_query(self) -> None:
        good = {"query": "select 1", "max_rows": 10, "timeout_ms": 1000}

        def cases() -> Iterator[Case]:
            yield from whole_bodies(good)
            yield from required(good, "query")
            yield from string(good, "query")
            yield from integer(good, "max_rows", 1, 100_000)
            yield from integer(good, "timeout_ms", 1, 300_000)

        self.refuse("/api/v1/warehouse/query", cases())

    def test_feeds(self) -> None:
        client = self.client("order")
        for path in (feeds.ORDERS, feeds.PRODUCTS, feeds.CHANGES):
            for query, refusal in (
                ("after=x", invalid("after", f"must be a whole number from 0 to {2**63 - 1}.")),
                ("after=-1", invalid("after", f"must be a whole number from 0 to {2**63 - 1}.")),
                ("after=1.0", invalid("after", f"must be a whole number from 0 to {2**63 - 1}.")),
                ("limit=0", invalid("limit", "must be a whole number from 1 to 1000.")),
                ("limit=1001", invalid("limit", "must be a whole number from 1 to 1000.")),
                ("wait=31", invalid("wait", "must be from 0 to 30 seconds.")),
                ("wait=-1", invalid("wait", "must be from 0 to 30 seconds.")),
                ("wait=1s", invalid("wait", "must be from 0 to 30 seconds.")),
                ("epoch=1", invalid("epoch", "must be a UUID.")),
                ("event_id=x", invalid("event_id", "must be a UUID.")),
                (
                    "after=1&after=2",
                    Refusal(400, "repeated_parameter", "after comes more than once.", "after"),
                ),
                (
                    "after=%zz",
                    Refusal(
                        400, "malformed_query", "The query of the URL is not percent-encoded UTF-8."
                    ),
                ),
            ):
                with self.subTest(path=path, query=query):
                    refusal.check(self, client.get(f"{path}?{query}"))

    def test_what_is_just_within_the_limits_is_accepted(self) -> None:
        product = {"product_id": "p" * 128, "product_name": "ü" * 256, "unit_price": MAX_PRICE}
        self.assertEqual(product, self.post("product", "/api/v1/product/create", product).json())
        free = {"product_id": "free \U0001f381", "product_name": "x", "unit_price": 0}
        self.assertEqual(free, self.post("product", "/api/v1/product/create", free).json())
        customer = "ö" * 64
        placed = self.place_order(customer, "p" * 128, MAX_NUMBER, "9999-12-31").json()
        row = self.see_order(customer, placed["order_id"])
        self.assertEqual(MAX_NUMBER * MAX_PRICE, row["total_price"])
        self.place_order(customer, "p" * 128, 1, "0001-01-01")


if __name__ == "__main__":
    unittest.main()
