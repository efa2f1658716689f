"""Reading a feed page by page, with the cursor that a careful consumer sends."""

import urllib.parse
from dataclasses import dataclass
from typing import Any

from orderly_testing.client import Client

ORDERS = "/api/v1/order/events"
PRODUCTS = "/api/v1/product/events"
CHANGES = "/api/v1/orderinfo/changes"

Event = dict[str, Any]


@dataclass(frozen=True)
class Feed:
    epoch: str
    head: int
    events: list[Event]


def target(path: str, **parameters: object) -> str:
    return f"{path}?{urllib.parse.urlencode(parameters)}" if parameters else path


def read_all(client: Client, path: str, page: int = 1000) -> Feed:
    """The whole feed up to a head of now. Fails where a page repeats or skips backwards."""
    epoch, after, event_id, events = "", 0, "", []
    while True:
        answer = client.get(
            target(path, epoch=epoch, after=after, event_id=event_id, limit=page)
        )
        assert answer.status == 200, answer.text
        body = answer.json()
        assert epoch in ("", body["epoch"]), "the epoch changed between two pages"
        epoch = body["epoch"]
        if not body["events"]:
            return Feed(epoch, body["head"], events)
        for event in body["events"]:
            assert event["position"] > after, f"position {event['position']} after {after}"
            after, event_id = event["position"], event["event_id"]
        events += body["events"]


def head(client: Client, path: str) -> int:
    answer = client.get(target(path, limit=1))
    assert answer.status == 200, answer.text
    return answer.json()["head"]
