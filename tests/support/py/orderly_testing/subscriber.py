"""A foreign service that messages are pushed to: plain HTTP, nothing of ours."""

import base64
import http.server
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orderly_testing.process import free_port


@dataclass(frozen=True)
class Pushed:
    """A push request as it came."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float  # time.monotonic()

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def data(self) -> str:
        return base64.b64decode(self.envelope["message"]["data"]).decode()

    @property
    def key(self) -> str:
        return self.envelope["message"].get("orderingKey", "")


# Says with which status a push is answered; None: not at all, the connection is closed.
Decision = Callable[[Pushed], int | None]


class Subscriber:
    """Keeps its port while it is stopped and started again."""

    def __init__(self, decide: Decision = lambda _: 204) -> None:
        self.port = free_port()
        self.decide = decide
        self._lock = threading.Lock()
        self._seen: list[Pushed] = []
        self._server: http.server.ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/push"

    def seen(self) -> list[Pushed]:
        with self._lock:
            return list(self._seen)

    def start(self) -> None:
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                pushed = Pushed(self.path, headers, body, time.monotonic())
                with subscriber._lock:
                    subscriber._seen.append(pushed)
                status = subscriber.decide(pushed)
                if status is None:
                    self.close_connection = True
                    return
                if status < 200:
                    self.send_response_only(status)
                    self.end_headers()
                    status = 200
                self.send_response(status)
                if status == 301:
                    self.send_header("Location", "/elsewhere")
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a peer that goes is no news

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Connections are refused from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
