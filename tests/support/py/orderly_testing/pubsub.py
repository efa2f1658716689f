"""Topics and subscriptions, as a foreign service uses them over HTTP."""

import base64
import json
import unittest
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.client import Answer, Client

PROJECT = "orderly"


@dataclass(frozen=True)
class Received:
    """A message that was pulled."""

    ack_id: str
    data: bytes
    attributes: dict[str, str]
    message_id: str
    publish_time: str
    key: str
    attempt: int | None

    @staticmethod
    def of(document: dict[str, Any]) -> "Received":
        message = document["message"]
        return Received(
            document["ackId"],
            base64.b64decode(message.get("data", "")),
            message.get("attributes", {}),
            message["messageId"],
            message["publishTime"],
            message.get("orderingKey", ""),
            document.get("deliveryAttempt"),
        )


def message(data: str | bytes, key: str = "", **attributes: str) -> dict[str, Any]:
    raw = data.encode() if isinstance(data, str) else data
    document: dict[str, Any] = {"data": base64.b64encode(raw).decode()}
    if attributes:
        document["attributes"] = attributes
    if key:
        document["orderingKey"] = key
    return document


def topic_name(topic: str) -> str:
    return f"projects/{PROJECT}/topics/{topic}"


class Pubsub:
    """The calls, each checked to succeed; call() is for those that must not."""

    def __init__(self, test: unittest.TestCase, client: Client) -> None:
        self._test = test
        self._client = client

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        raw = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        return self._client.request(method, f"/v1/projects/{PROJECT}/{path}", raw, headers)

    def done(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        self._test.assertEqual(200, answer.status, answer.text)
        self._test.assertEqual("application/json", answer.headers["content-type"])
        return answer.json()

    def refused(self, status: int, name: str, method: str, path: str, body: Any = None) -> str:
        """The message of a refusal of this HTTP status and Google's name for it."""
        answer = self.call(method, path, body)
        self._test.assertEqual(status, answer.status, answer.text)
        error = answer.json()["error"]
        self._test.assertEqual((status, name), (error["code"], error["status"]))
        return error["message"]

    def create_topic(self, topic: str) -> dict[str, Any]:
        return self.done("PUT", f"topics/{topic}", {})

    def subscribe(self, topic: str, subscription: str, **settings: Any) -> dict[str, Any]:
        return self.done(
            "PUT", f"subscriptions/{subscription}", {"topic": topic_name(topic)} | settings
        )

    def publish(self, topic: str, *messages: dict[str, Any]) -> list[str]:
        answer = self.done("POST", f"topics/{topic}:publish", {"messages": list(messages)})
        return answer["messageIds"]

    def pull(self, subscription: str, most: int = 100, at_once: bool = False) -> list[Received]:
        answer = self.done(
            "POST",
            f"subscriptions/{subscription}:pull",
            {"maxMessages": most, "returnImmediately": at_once},
        )
        return [Received.of(each) for each in answer.get("receivedMessages", [])]

    def acknowledge(self, subscription: str, received: Iterable[Received]) -> None:
        ids = [each.ack_id for each in received]
        self.done("POST", f"subscriptions/{subscription}:acknowledge", {"ackIds": ids})

    def extend(self, subscription: str, received: Iterable[Received], seconds: int) -> None:
        """0 seconds reject."""
        ids = [each.ack_id for each in received]
        self.done(
            "POST",
            f"subscriptions/{subscription}:modifyAckDeadline",
            {"ackIds": ids, "ackDeadlineSeconds": seconds},
        )

    def reject(self, subscription: str, received: Iterable[Received]) -> None:
        self.extend(subscription, received, 0)

    def take(self, subscription: str, count: int) -> list[Received]:
        """Pulls and acknowledges until there were `count`."""
        taken: list[Received] = []
        while len(taken) < count:
            received = self.pull(subscription, count - len(taken))
            self._test.assertTrue(received, f"only {len(taken)} of {count} came")
            self.acknowledge(subscription, received)
            taken += received
        return taken


class PubsubCase(PlatformCase):
    """A platform whose topics a foreign service uses."""

    def pubsub(self) -> Pubsub:
        return Pubsub(self, self.client("event-publisher"))

    def fresh(self, pubsub: Pubsub, **settings: Any) -> tuple[str, str]:
        """A topic and a subscription of names of their own."""
        topic, subscription = self.unique("topic"), self.unique("subscription")
        pubsub.create_topic(topic)
        pubsub.subscribe(topic, subscription, **settings)
        return topic, subscription
