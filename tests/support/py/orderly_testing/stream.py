"""Server-sent events, read as EventSource does it."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

from orderly_testing.waiting import PATIENCE_SECONDS

PATH = "/api/v1/orderinfo/stream"


@dataclass(frozen=True)
class Event:
    name: str
    data: Any
    id: str


class EventStream:
    """One connection to a stream; keeps the id of the last event, for who comes back with it."""

    def __init__(self, base_url: str, customer: str, last_id: str = "") -> None:
        where = urllib.parse.urlsplit(base_url)
        self._connection = http.client.HTTPConnection(
            str(where.hostname), where.port, timeout=PATIENCE_SECONDS
        )
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        query = urllib.parse.urlencode({"customer_id": customer})
        self._connection.request("GET", f"{PATH}?{query}", headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = {name.lower(): value for name, value in self._response.getheaders()}
        self.last_id = last_id
        self.retry = ""

    def next(self) -> Event | None:
        """The next event; nothing once the server has ended the stream. Comments are passed over."""
        name, data = "", ""
        while True:
            line = self._response.readline().decode().rstrip("\n")
            if line == "" and self._response.isclosed():
                return None
            key, _, value = line.partition(": ")
            if key == "id":
                self.last_id = value
            elif key == "event":
                name = value
            elif key == "data":
                data = value
            elif key == "retry":
                self.retry = value
            elif line == "" and name:
                return Event(name, json.loads(data), self.last_id)

    def orders(self, count: int) -> list[dict[str, Any]]:
        """The data of the next so many orders; whatever else comes is passed over."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            event = self.next()
            assert event is not None, f"the stream ended after {len(found)} of {count} orders"
            if event.name == "order":
                found.append(event.data)
        return found

    def close(self) -> None:
        self._response.close()
        self._connection.close()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
