"""HTTP as a well-behaved client speaks it: one kept connection, JSON in and out."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

# Above every wait that the server grants (30 s).
TIMEOUT_SECONDS = 60.0

CONNECTION_ERRORS = (http.client.HTTPException, OSError)


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    reason: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """Calls one server. Not for several threads at once."""

    base_url: str
    timeout: float = TIMEOUT_SECONDS
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """`body` is sent as JSON; bytes and None are sent as they are."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | (headers or {})
        return self.request("POST", path, raw, headers)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.request("GET", path, None, headers or {})

    def request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        """Never sends anything twice: a broken connection is the caller's news."""
        try:
            connection = self._connected()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
                response.reason,
            )
        except CONNECTION_ERRORS:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            where = urllib.parse.urlsplit(self.base_url)
            assert where.hostname
            self._connection = http.client.HTTPConnection(
                where.hostname, where.port, timeout=self.timeout
            )
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
