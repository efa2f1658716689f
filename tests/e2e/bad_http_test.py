"""Requests that break the rules around the body: paths, methods, types, lengths, framing. Each has
its exact answer, and none becomes an event (P9)."""

import unittest

from orderly_testing import feeds
from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer
from orderly_testing.raw import RawConnection
from orderly_testing.refusals import Refusal

POSTS = (
    "/api/v1/product/create", "/api/v1/product/get", "/api/v1/product/list",
    "/api/v1/product/barrier", "/api/v1/order/create", "/api/v1/orderinfo/get",
    "/api/v1/orderinfo/list", "/api/v1/orderinfo/pubsub", "/api/v1/warehouse/query",
)
GETS = (
    "/api/v1/event/publish", feeds.ORDERS, feeds.PRODUCTS, feeds.CHANGES, "/healthz", "/readyz",
    "/metrics", "/openapi.yaml", "/order-service-cqrs",
)
LIMITS = {"/api/v1/orderinfo/pubsub": 10 * 1024 * 1024, "/api/v1/warehouse/query": 6 * 65536 + 1024}

NOT_ALLOWED = Refusal(405, "method_not_allowed", "The method is not allowed here.")
NOT_JSON = Refusal(415, "unsupported_media_type", "The body must be application/json.")
ORDER = b'{"customer_id":"bad-http","product_id":"bad-http","number":1}'


def too_large(limit: int) -> Refusal:
    return Refusal(413, "body_too_large", f"The body must have at most {limit} bytes.")


def not_http(reason: str) -> Refusal:
    return Refusal(400, "malformed_request", f"This is not HTTP: {reason}.")


class BadHttp(PlatformCase):
    def setUp(self) -> None:
        self.before = self.heads()
        self.addCleanup(lambda: self.assertEqual(self.before, self.heads()))

    def heads(self) -> list[int]:
        client = self.client("order")
        return [feeds.head(client, path) for path in (feeds.ORDERS, feeds.PRODUCTS, feeds.CHANGES)]

    def raw(self, data: bytes, *, end: bool = False) -> Answer:
        """Sends bytes and reads the answer before the server closes."""
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(data)
            if end:
                connection.end_of_input()
            return connection.read_answer()

    def head(self, *lines: str, first: str = "POST /api/v1/order/create HTTP/1.1") -> bytes:
        lines = (first, *lines)
        if not any(line.lower().startswith("host:") for line in lines):
            lines += ("Host: test",)
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def test_unknown_path(self) -> None:
        client = self.client("order")
        refusal = Refusal(404, "not_found", "There is nothing at this path.")
        for path in ("/nothing", "/api/v1/order", "/api/v1/order/create/", "/api/v2/order/create",
                     "/API/V1/order/create", "//api/v1/order/create", "/api/v1/../v1/order/create",
                     "/product-service-cqrs/api/v1/order/create", "/%00", "/order%2Fcreate"):
            for method in ("GET", "POST", "DELETE"):
                with self.subTest(path=path, method=method):
                    answer = client.request(method, path, None, {})
                    if path == "/%00":
                        Refusal(400, "malformed_target", "The path has a broken escape.").check(
                            self, answer
                        )
                    else:
                        refusal.check(self, answer)

    def test_wrong_method(self) -> None:
        client = self.client("order")
        for paths, allow, methods in (
            (POSTS, "POST", ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")),
            (GETS, "GET, HEAD", ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")),
        ):
            for path in paths:
                for method in methods:
                    with self.subTest(path=path, method=method):
                        answer = client.request(method, path, None, {})
                        NOT_ALLOWED.check(self, answer)
                        self.assertEqual(allow, answer.headers["allow"])

    def test_head_is_get_without_the_body(self) -> None:
        client = self.client("order")
        for path in ("/healthz", feeds.ORDERS):
            answer = client.request("HEAD", path, None, {})
            self.assertEqual((200, b""), (answer.status, answer.body))
            self.assertEqual(len(client.get(path).body), int(answer.headers["content-length"]))

    def test_wrong_content_type(self) -> None:
        client = self.client("order")
        for path in POSTS:
            for sent in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                         "application/problem+json", "json", ""):
                with self.subTest(path=path, content_type=sent):
                    NOT_JSON.check(self, client.post(path, b"{}", {"Content-Type": sent}))
            with self.subTest(path=path, content_type=None):
                NOT_JSON.check(self, client.request("POST", path, b"{}", {}))

    def test_content_types_that_are_json(self) -> None:
        client = self.client("order")
        for sent in ("application/json", "Application/JSON; charset=utf-8", "application/json;x=y"):
            answer = client.post("/api/v1/product/get", {"product_id": "x"}, {"Content-Type": sent})
            self.assertEqual(404, answer.status)

    def test_oversized(self) -> None:
        for path in POSTS:
            limit = LIMITS.get(path, 65536)
            with self.subTest(path=path):
                # Refused by its header: the body is not even sent.
                head = self.head(
                    "Content-Type: application/json", f"Content-Length: {limit + 1}",
                    "Host: 127.0.0.1", first=f"POST {path} HTTP/1.1",
                )
                too_large(limit).check(self, self.raw(head))

    def test_oversized_and_sent_all_the_same(self) -> None:
        """The answer arrives although the server has not read the body."""
        client = self.client("order")
        too_large(65536).check(self, client.post("/api/v1/order/create", b" " * 100_000))
        absurd = self.head("Content-Type: application/json", "Content-Length: 99999999999999")
        too_large(65536).check(self, self.raw(absurd))

    def test_largest_body_that_is_read(self) -> None:
        client = self.client("order")
        refusal = Refusal(400, "malformed_json", "The body is empty where JSON is expected.")
        refusal.check(self, client.post("/api/v1/order/create", b" " * 65536))

    def test_oversized_chunks(self) -> None:
        head = self.head("Content-Type: application/json", "Transfer-Encoding: chunked")
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        refusal = Refusal(413, "body_too_large", "The body is too large.")
        refusal.check(self, self.raw(head + chunk * 4))

    def test_body_that_is_shorter_than_its_length(self) -> None:
        """The client goes away in the middle: there is nobody to answer."""
        head = self.head("Content-Type: application/json", f"Content-Length: {len(ORDER) + 50}")
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(head + ORDER)
            connection.end_of_input()
            self.assertEqual(b"", connection.read_to_end())

    def test_body_that_is_longer_than_its_length(self) -> None:
        """What is beyond the length is no request."""
        head = self.head("Content-Type: application/json", "Content-Length: 10")
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(head + ORDER)
            answers = connection.read_to_end()
        self.assertEqual(2, answers.count(b"HTTP/1.1 400 Bad Request"), answers)
        self.assertIn(b"The JSON ends too early.", answers)
        self.assertTrue(answers.endswith(b'"code":"malformed_request"}'), answers)

    def test_truncated_chunks(self) -> None:
        head = self.head("Content-Type: application/json", "Transfer-Encoding: chunked")
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(head + b"%x\r\n" % len(ORDER) + ORDER + b"\r\n")
            connection.end_of_input()
            self.assertEqual(b"", connection.read_to_end())

    def test_chunked_body_is_read(self) -> None:
        get = b'{"product_id":"x"}'
        head = self.head(
            "Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close",
            first="POST /api/v1/product/get HTTP/1.1",
        )
        body = b"".join(b"1\r\n%c\r\n" % byte for byte in get) + b"0\r\n\r\n"
        answer = self.raw(head + body)
        self.assertEqual(404, answer.status)
        self.assertEqual(b'{"message":"The product does not exist."}', answer.body)

    def test_lengths_that_contradict(self) -> None:
        for lines in (
            ("Content-Length: 10", "Content-Length: 11"),
            ("Content-Length: -1",),
            ("Content-Length: 1x",),
            ("Content-Length: 99999999999999999999999",),
            ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ):
            with self.subTest(lines):
                answer = self.raw(self.head("Content-Type: application/json", *lines) + ORDER)
                self.assertEqual((400, "malformed_request"), (answer.status, answer.json()["code"]))

    def test_what_is_not_http(self) -> None:
        tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        for data in (tls + b"\r\n\r\n", b"hello\r\n\r\n",
                     b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"):
            with self.subTest(data):
                answer = self.raw(data)
                self.assertEqual((400, "malformed_request"), (answer.status, answer.json()["code"]))
                self.assertTrue(answer.json()["message"].startswith("This is not HTTP: "))

    def test_other_versions(self) -> None:
        Refusal(505, "http_version", "HTTP/1.1 and HTTP/1.0 are spoken here.").check(
            self, self.raw(self.head(first="GET /healthz HTTP/2.0"))
        )
        answer = self.raw(b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertEqual((200, b'{"status":"ok"}'), (answer.status, answer.body))

    def test_host(self) -> None:
        refusal = Refusal(400, "malformed_request", "The request needs exactly one Host header.")
        refusal.check(self, self.raw(b"GET /healthz HTTP/1.1\r\n\r\n"))
        twice = self.head("Host: a", "Host: b", first="GET /healthz HTTP/1.1")
        refusal.check(self, self.raw(twice))

    def test_transfer_encodings(self) -> None:
        refusal = Refusal(
            501, "transfer_encoding", "Only the transfer encoding chunked is understood."
        )
        for encoding in ("gzip, chunked", "gzip"):
            head = self.head("Content-Type: application/json", f"Transfer-Encoding: {encoding}")
            with self.subTest(encoding):
                refusal.check(self, self.raw(head))

    def test_expectations(self) -> None:
        refusal = Refusal(417, "expectation_failed", "Only 100-continue can be expected.")
        refusal.check(self, self.raw(self.head("Expect: wonders", "Content-Length: 1")))
        get = b'{"product_id":"x"}'
        head = self.head(
            "Content-Type: application/json", f"Content-Length: {len(get)}", "Expect: 100-continue",
            "Connection: close", first="POST /api/v1/product/get HTTP/1.1",
        )
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(head)
            interim = connection.read(len(b"HTTP/1.1 100 Continue\r\n\r\n"))
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", interim)
            connection.send(get)
            self.assertEqual(404, connection.read_answer().status)

    def test_header_too_large(self) -> None:
        refusal = Refusal(431, "header_too_large", "The header of the request is too large.")
        head = self.head(f"X-Filler: {'x' * 20_000}", first="GET /healthz HTTP/1.1")
        refusal.check(self, self.raw(head))
        many = self.head(*(f"X-{i}: x" for i in range(5_000)), first="GET /healthz HTTP/1.1")
        refusal.check(self, self.raw(many))
        refusal.check(self, self.raw(b"GET /" + b"x" * 20_000))

    def test_targets(self) -> None:
        broken = Refusal(400, "malformed_target", "The path has a broken escape.")
        broken.check(self, self.client("order").get("/healthz%z"))
        authority = self.head(first="GET example.org HTTP/1.1")
        no_path = Refusal(400, "malformed_target", "The target must be a path.")
        no_path.check(self, self.raw(authority))
        absolute = self.head("Connection: close", first="GET http://example.org/healthz HTTP/1.1")
        self.assertEqual(200, self.raw(absolute).status)
        self.assertEqual(200, self.client("order").get("/health%7A").status)

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        gets = [f'{{"product_id":"{i}"}}'.encode() for i in range(3)]
        paths = ("/api/v1/product/get", "/nothing", "/api/v1/product/list")
        requests = b"".join(
            self.head("Content-Type: application/json", f"Content-Length: {len(body)}",
                      first=f"POST {path} HTTP/1.1") + body
            for path, body in zip(paths, gets, strict=True)
        )
        with RawConnection(self.platform.servers["order"].url) as connection:
            connection.send(requests)
            connection.end_of_input()
            answers = connection.read_to_end()
        codes = [b"product does not exist.", b"There is nothing at this path.", b"unknown_field"]
        places = [answers.find(code) for code in codes]
        self.assertEqual(sorted(places), places, answers)
        self.assertNotIn(-1, places, answers)


if __name__ == "__main__":
    unittest.main()
