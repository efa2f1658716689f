"""The web application as the binary serves it: a directory (--web) here, so that the test knows each
file; what is inside the binary goes the same way."""

import os
import pathlib
import socket
import tempfile
import unittest

from orderly_testing.client import Answer, Client
from orderly_testing.process import Server, run_command

FILES = {
    "index.html": b"<!doctype html><title>Shop</title>",
    "desk/index.html": b"<!doctype html><title>Desk</title>",
    "docs/index.html": b"<!doctype html><title>Reference</title>",
    "icon.svg": b"<svg/>",
    "theme.js": b"1;",
    "assets/index-abc.js": b"2;" * 1000,
    "assets/deep/font.woff2": b"font",
}
SHOP, DESK, DOCS = FILES["index.html"], FILES["desk/index.html"], FILES["docs/index.html"]


class Website(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="orderly-web-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "secret.txt").write_text("secret")
        self.web = self.folder / "web"
        for name, content in FILES.items():
            (self.web / name).parent.mkdir(parents=True, exist_ok=True)
            (self.web / name).write_bytes(content)
        (self.web / "assets" / "link.txt").symlink_to(self.folder / "secret.txt")
        (self.web / "assets" / "up").symlink_to(self.folder)

    def serve(self, *arguments: str) -> Client:
        server = Server(
            ["serve", "product", *arguments], self.folder / "data", self.folder / "log"
        )
        server.start()
        self.addCleanup(server.terminate)
        server.wait_ready()
        self.server = server
        client = Client(server.url)
        self.addCleanup(client.close)
        return client

    def check(self, answer: Answer, content: bytes, kind: str, cache: str) -> None:
        self.assertEqual(200, answer.status, answer.text)
        self.assertEqual(content, answer.body)
        self.assertEqual(kind, answer.headers["content-type"])
        self.assertEqual(cache, answer.headers["cache-control"])
        self.assertEqual("nosniff", answer.headers["x-content-type-options"])
        self.assertIn("default-src 'self'", answer.headers["content-security-policy"])
        self.assertIn("frame-ancestors 'none'", answer.headers["content-security-policy"])
        self.assertNotIn("unsafe", answer.headers["content-security-policy"])
        for header in ("referrer-policy", "permissions-policy", "cross-origin-opener-policy"):
            self.assertIn(header, answer.headers)

    def test_pages_and_their_files(self) -> None:
        client = self.serve("--web", str(self.web))
        pages = {
            **dict.fromkeys(("/", "/cart", "/placed", "/orders", "/orders/a/b", "/products/p"), SHOP),
            **dict.fromkeys(("/desk", "/desk/", "/desk/sql", "/desk/a/b"), DESK),
            **dict.fromkeys(("/docs", "/docs/"), DOCS),
        }
        for path, content in pages.items():
            with self.subTest(path):
                self.check(client.get(path), content, "text/html; charset=utf-8", "no-cache")
        javascript = "text/javascript; charset=utf-8"
        forever = "public, max-age=31536000, immutable"
        self.check(client.get("/theme.js"), b"1;", javascript, "no-cache")
        self.check(client.get("/icon.svg"), b"<svg/>", "image/svg+xml", "no-cache")
        name = "assets/index-abc.js"
        self.check(client.get("/" + name), FILES[name], javascript, forever)
        self.check(client.get("/assets/deep/font.woff2"), b"font", "font/woff2", forever)

    def test_what_is_had_is_not_sent_again(self) -> None:
        client = self.serve("--web", str(self.web))
        first = client.get("/")
        again = client.get("/", {"If-None-Match": first.headers["etag"]})
        self.assertEqual((304, b""), (again.status, again.body))
        head = client.request("HEAD", "/", None, {})
        self.assertEqual((200, b""), (head.status, head.body))
        self.assertEqual(str(len(SHOP)), head.headers["content-length"])
        (self.web / "index.html").write_bytes(b"changed")
        changed = client.get("/", {"If-None-Match": first.headers["etag"]})
        self.assertEqual((200, b"changed"), (changed.status, changed.body))

    def test_nothing_else_is_served(self) -> None:
        client = self.serve("--web", str(self.web))
        for path in (
            "/nothing", "/index.html", "/desk.html", "/secret.txt", "/cart/x", "/assets",
            "/assets/", "/assets/none.js", "/assets/link.txt", "/assets/up/secret.txt",
            "/assets/../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/../secret.txt",
            "/assets/..%2f..%2fsecret.txt", "/assets//index-abc.js", "/assets/./index-abc.js",
            "/assets/../desk/index.html", "/assets/%00", "/assets\\..\\secret.txt",
            "/assets/../../../../../../etc/passwd", "/%2e%2e/secret.txt", "//secret.txt",
        ):  # fmt: skip
            with self.subTest(path):
                answer = client.get(path)
                self.assertIn(answer.status, (400, 404), answer.text)
                self.assertEqual("application/problem+json", answer.headers["content-type"])
                self.assertNotIn("secret", answer.text.replace(path, ""))
        self.assertEqual(405, client.post("/", {}).status)

    def test_the_desk_is_for_this_machine(self) -> None:
        client = self.serve("--web", str(self.web))
        for headers in (
            {"Host": "shop.example"},
            {"X-Forwarded-For": "203.0.113.7"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            for path in ("/desk", "/desk/sql"):
                self.assertEqual(403, client.get(path, headers).status)
            self.assertEqual(200, client.get("/", headers).status)

    def test_a_directory_that_is_not_there_is_a_clear_error(self) -> None:
        command = run_command("serve", "product", "--web", str(self.folder / "none"))
        self.assertEqual(2, command.returncode)
        self.assertIn("--web", command.stderr)

    def test_an_empty_directory_says_what_is_missing(self) -> None:
        (self.folder / "empty").mkdir()
        client = self.serve("--web", str(self.folder / "empty"))
        for path in ("/", "/desk", "/docs"):
            answer = client.get(path)
            self.assertEqual(404, answer.status)
            self.assertEqual("web_not_built", answer.json()["code"])

    def test_what_is_inside_the_binary(self) -> None:
        client = self.serve()
        page = client.get("/")
        if page.status == 404:
            self.assertEqual("web_not_built", page.json()["code"])
            if os.environ.get("CI"):
                self.fail("CI tests a binary that has the web application")
            self.skipTest("this binary was built without web/dist")
        self.assertIn("<!doctype html>", page.text)
        scripts = [part.split('"')[0] for part in page.text.split('src="')[1:]]
        self.assertTrue(scripts)
        for script in scripts:
            plain = client.get(script)
            self.assertEqual(200, plain.status, script)
            for encoding in ("gzip", "br"):
                packed = client.get(script, {"Accept-Encoding": encoding})
                self.assertEqual(encoding in packed.headers.get("content-encoding", ""),
                                 packed.headers["etag"] != plain.headers["etag"])
                if "content-encoding" in packed.headers:
                    self.assertLess(len(packed.body), len(plain.body))
                    self.assertIn("Accept-Encoding", packed.headers["vary"])

    def test_many_answers_share_what_is_inside(self) -> None:
        """Pipelined requests of one file are all whole."""
        self.serve("--web", str(self.web))
        with socket.create_connection(("127.0.0.1", self.server.port), 30) as raw:
            ask = b"GET /assets/index-abc.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
            raw.sendall(ask * 20 + ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            text = b""
            while part := raw.recv(65536):
                text += part
        self.assertEqual(21, text.count(FILES["assets/index-abc.js"]))


if __name__ == "__main__":
    unittest.main()
