"""Push requests as Pub/Sub sends them."""

import base64
import itertools
import json
from typing import Any

_message_numbers = itertools.count(1)


def envelope(data: bytes, attributes: dict[str, str], ordering_key: str = "") -> bytes:
    """The body of a push request, escaped slashes and double spellings included, as recorded from
    Google's emulator."""
    number = str(next(_message_numbers))
    time = "2026-11-23T08:56:41.259Z"
    message: dict[str, Any] = {
        "publishTime": time,
        "data": base64.b64encode(data).decode(),
        "publish_time": time,
        "messageId": number,
        "attributes": attributes,
        "message_id": number,
    }
    if ordering_key:
        message["orderingKey"] = ordering_key
    body = {"subscription": "projects/proj/subscriptions/push1", "message": message}
    return json.dumps(body).replace("/", "\\/").encode()


def of_event(epoch: str, event: dict[str, Any]) -> bytes:
    """An event of the order feed, as the event-publisher pushes it."""
    attributes = {
        "event_id": event["event_id"],
        "event_type": event["type"],
        "epoch": epoch,
        "position": str(event["position"]),
        "accepted_at": event["accepted_at"],
    }
    if "traceparent" in event:
        attributes["traceparent"] = event["traceparent"]
    return envelope(json.dumps(event["data"]).encode(), attributes, event["data"]["order_id"])


def of_lab(event_id: str, order: dict[str, Any], event_type: str = "order_create") -> bytes:
    """A message as the lab's own event-publisher sends it: it names no place in a feed."""
    attributes = {"event_id": event_id, "event_type": event_type}
    return envelope(json.dumps(order).encode(), attributes)
