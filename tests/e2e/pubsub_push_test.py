"""Messages are pushed to a foreign service that fails in every way it can: what is acknowledged and
what comes again, when, how often and in which order, is as Pub/Sub documents it."""

import collections
import threading
import time
import unittest
from typing import Any

from orderly_testing.pubsub import Pubsub, PubsubCase, message, topic_name
from orderly_testing.subscriber import Decision, Pushed, Subscriber
from orderly_testing.waiting import wait_until

FAST_RETRY = {"minimumBackoff": "0.05s", "maximumBackoff": "0.4s"}


class Push(PubsubCase):
    def subscriber(self, decide: Decision = lambda _: 204) -> Subscriber:
        subscriber = Subscriber(decide)
        self.addCleanup(subscriber.stop)
        return subscriber

    def pushing(
        self,
        pubsub: Pubsub,
        subscriber: Subscriber,
        push: dict[str, Any] | None = None,
        **settings: Any,
    ) -> tuple[str, str]:
        """A topic that pushes to the subscriber, and the subscription; gone after the test."""
        config = {"pushEndpoint": subscriber.url} | (push or {})
        topic, name = self.fresh(
            pubsub, pushConfig=config, **({"retryPolicy": FAST_RETRY} | settings)
        )
        self.addCleanup(lambda: pubsub.call("DELETE", f"subscriptions/{name}"))
        return topic, name

    def wait_pushed(self, subscriber: Subscriber, count: int) -> list[Pushed]:
        wait_until(lambda: len(subscriber.seen()) >= count, f"{count} pushes")
        return subscriber.seen()

    def test_the_envelope_is_pubsubs(self) -> None:
        pubsub = self.pubsub()
        subscriber = self.subscriber()
        topic, subscription = self.pushing(pubsub, subscriber)
        [number] = pubsub.publish(topic, message("hello", "key", a="1"))
        [pushed] = self.wait_pushed(subscriber, 1)
        self.assertEqual(
            f"projects/orderly/subscriptions/{subscription}", pushed.envelope["subscription"]
        )
        said = pushed.envelope["message"]
        self.assertEqual((number, number), (said["messageId"], said["message_id"]))
        self.assertEqual(
            ("hello", "key", {"a": "1"}), (pushed.data, pushed.key, said["attributes"])
        )
        self.assertEqual("CloudPubSub-Google", pushed.headers["user-agent"])
        self.assertEqual("application/json", pushed.headers["content-type"])
        self.assertNotIn("deliveryAttempt", pushed.envelope)

    def test_an_unwrapped_push_is_the_data_with_its_metadata_in_the_header(self) -> None:
        pubsub = self.pubsub()
        plain, told = self.subscriber(), self.subscriber()
        topic, _ = self.pushing(pubsub, plain, {"noWrapper": {}})
        other, subscription = self.pushing(pubsub, told, {"noWrapper": {"writeMetadata": True}})
        raw = bytes(range(256))
        pubsub.publish(topic, message(raw, "key", colour="red"))
        [number] = pubsub.publish(other, message(raw, "key", colour="red"))
        [bare] = self.wait_pushed(plain, 1)
        self.assertEqual(raw, bare.body)
        self.assertEqual(
            [], [name for name in bare.headers if name.startswith("x-goog") or name == "colour"]
        )
        [full] = self.wait_pushed(told, 1)
        self.assertEqual(raw, full.body)
        self.assertEqual(number, full.headers["x-goog-pubsub-message-id"])
        self.assertEqual(
            f"projects/orderly/subscriptions/{subscription}",
            full.headers["x-goog-pubsub-subscription-name"],
        )
        self.assertIn("x-goog-pubsub-publish-time", full.headers)
        self.assertEqual(
            ("key", "red"), (full.headers["x-goog-pubsub-ordering-key"], full.headers["colour"])
        )

    def test_which_answers_acknowledge(self) -> None:
        pubsub = self.pubsub()
        good = (102, 200, 201, 202, 204)
        bad = (203, 205, 301, 302, 400, 404, 429, 500, 503, None)
        first_seen: set[str] = set()
        lock = threading.Lock()

        def decide(pushed: Pushed) -> int | None:
            with lock:
                fresh = pushed.data not in first_seen
                first_seen.add(pushed.data)
            if not fresh:
                return 204
            return None if pushed.data == "None" else int(pushed.data)

        subscriber = self.subscriber(decide)
        topic, subscription = self.pushing(pubsub, subscriber)
        pubsub.publish(topic, *(message(str(status)) for status in good + bad))
        self.wait_pushed(subscriber, len(good) + 2 * len(bad))
        self.wait_delivered(subscription)
        counts = collections.Counter(pushed.data for pushed in subscriber.seen())
        expected = {str(status): 1 for status in good} | {str(status): 2 for status in bad}
        self.assertEqual(expected, counts)
        self.assertEqual(
            {"/push"}, {pushed.path for pushed in subscriber.seen()}, "a redirect is not followed"
        )

    def wait_delivered(self, subscription: str) -> None:
        """Until nothing waits for its acknowledgement."""
        metric = f'orderly_subscription_backlog{{subscription="{subscription}"}} 0'
        client = self.client("event-publisher")
        wait_until(lambda: metric in client.get("/metrics").text, f"{subscription} has no backlog")

    def test_a_subscriber_that_hangs_is_given_its_deadline_and_holds_up_nobody_else(self) -> None:
        pubsub = self.pubsub()
        release = threading.Event()
        self.addCleanup(release.set)
        hung: list[Pushed] = []

        def decide(pushed: Pushed) -> int:
            if pushed.data == "hang" and not hung:
                hung.append(pushed)
                release.wait(60)
            return 204

        slow, quick = self.subscriber(decide), self.subscriber()
        topic, subscription = self.pushing(pubsub, slow, ackDeadlineSeconds=10)
        other = self.unique("subscription")
        pubsub.subscribe(topic, other, pushConfig={"pushEndpoint": quick.url})
        pubsub.publish(topic, message("hang"))
        wait_until(lambda: hung, "the first push hangs")
        pubsub.publish(topic, *(message(str(i)) for i in range(20)))
        self.wait_pushed(quick, 21)
        wait_until(lambda: sum(p.data == "hang" for p in slow.seen()) == 2, "it is pushed again")
        first, second = (p for p in slow.seen() if p.data == "hang")
        self.assertGreaterEqual(second.at - first.at, 10)
        self.wait_delivered(subscription)
        self.assertEqual({str(i) for i in range(20)} | {"hang"}, {p.data for p in slow.seen()})
        pubsub.done("DELETE", f"subscriptions/{other}")

    def test_a_subscriber_that_is_away_gets_all_when_it_is_back_in_order_of_each_key(self) -> None:
        pubsub = self.pubsub()
        subscriber = self.subscriber()
        topic, subscription = self.pushing(pubsub, subscriber, enableMessageOrdering=True)
        keys = [f"key{i}" for i in range(10)]
        sent = 0
        for _ in range(3):
            pubsub.publish(topic, *(message(f"{sent + i}", key) for i in range(20) for key in keys))
            sent += 20
            subscriber.stop()
            pubsub.publish(topic, *(message(f"{sent + i}", key) for i in range(20) for key in keys))
            sent += 20
            subscriber.start()
        self.wait_delivered(subscription)
        for key in keys:
            texts = [int(pushed.data) for pushed in subscriber.seen() if pushed.key == key]
            # A push that was cut off may come again, but never behind a later one.
            self.assertEqual(sorted(texts), texts, key)
            self.assertEqual(set(range(sent)), set(texts), key)

    def test_the_wait_between_retries_grows_and_is_bounded(self) -> None:
        pubsub = self.pubsub()
        subscriber = self.subscriber(lambda pushed: 204 if len(subscriber.seen()) > 6 else 500)
        retry = {"minimumBackoff": "0.2s", "maximumBackoff": "0.8s"}
        topic, subscription = self.pushing(pubsub, subscriber, retryPolicy=retry)
        pubsub.publish(topic, message("x"))
        times = [pushed.at for pushed in self.wait_pushed(subscriber, 7)]
        waits = [after - before for before, after in zip(times, times[1:], strict=False)]
        for wait, longest in zip(waits, (0.2, 0.4, 0.8, 0.8, 0.8, 0.8), strict=True):
            self.assertGreaterEqual(wait, longest / 2 - 0.01)
        self.wait_delivered(subscription)
        self.assertEqual(7, len(subscriber.seen()))

    def test_poison_goes_to_the_dead_letters_and_the_rest_is_delivered(self) -> None:
        pubsub = self.pubsub()
        dead, letters = self.fresh(pubsub)
        subscriber = self.subscriber(lambda pushed: 500 if pushed.data.startswith("bad") else 204)
        policy = {"deadLetterTopic": topic_name(dead), "maxDeliveryAttempts": 5}
        topic, subscription = self.pushing(
            pubsub, subscriber, deadLetterPolicy=policy, enableMessageOrdering=True
        )
        texts = [f"{'bad' if i % 10 == 3 else 'good'}{i}" for i in range(50)]
        pubsub.publish(topic, *(message(text, f"key{i % 7}") for i, text in enumerate(texts)))
        buried = pubsub.take(letters, 5)
        self.wait_delivered(subscription)
        self.assertEqual(
            {f"bad{i}" for i in (3, 13, 23, 33, 43)}, {each.data.decode() for each in buried}
        )
        self.assertEqual(
            {"5"}, {each.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] for each in buried}
        )
        counts = collections.Counter(pushed.data for pushed in subscriber.seen())
        self.assertEqual({text: 5 if text.startswith("bad") else 1 for text in texts}, counts)
        attempts = [p.envelope["deliveryAttempt"] for p in subscriber.seen() if p.data == "bad3"]
        self.assertEqual([1, 2, 3, 4, 5], attempts)
        for key in {f"key{i}" for i in range(7)}:
            pushed = [int(p.data.strip("badgo")) for p in subscriber.seen() if p.key == key]
            self.assertEqual(sorted(pushed), pushed, "order holds for what is pushed again, too")

    def test_two_thousand_messages_reach_a_subscriber_that_fails_now_and_then(self) -> None:
        pubsub = self.pubsub()
        failures = set(range(0, 2000, 37))
        seen: collections.Counter[str] = collections.Counter()
        lock = threading.Lock()

        def decide(pushed: Pushed) -> int:
            with lock:
                seen[pushed.data] += 1
                return 503 if int(pushed.data) in failures and seen[pushed.data] == 1 else 204

        subscriber = self.subscriber(decide)
        topic, subscription = self.pushing(pubsub, subscriber, enableMessageOrdering=True)
        began = time.monotonic()
        for first in range(0, 2000, 500):
            pubsub.publish(
                topic, *(message(str(i), f"key{i % 50}") for i in range(first, first + 500))
            )
        self.wait_delivered(subscription)
        print(f"2000 messages pushed in {time.monotonic() - began:.1f} s")
        self.assertEqual({str(i): 2 if i in failures else 1 for i in range(2000)}, seen)
        for key in range(50):
            order = [int(p.data) for p in subscriber.seen() if p.key == f"key{key}"]
            self.assertEqual(sorted(order), order)

    def test_the_pipelines_orders_can_be_pushed_elsewhere_too(self) -> None:
        pubsub = self.pubsub()
        subscriber = self.subscriber()
        name = self.unique("orders")
        pubsub.subscribe(
            "order-service-cqrs-event", name, pushConfig={"pushEndpoint": subscriber.url}
        )
        self.put_product("pushed", 10)
        placed = self.place_order("pushed", "pushed").json()
        [pushed] = self.wait_pushed(subscriber, 1)
        self.assertEqual("order_create", pushed.envelope["message"]["attributes"]["event_type"])
        self.assertIn(placed["order_id"], pushed.data)
        self.see_order("pushed", placed["order_id"])
        pubsub.done("DELETE", f"subscriptions/{name}")
        self.place_order("pushed", "pushed")
        self.assertEqual(1, len(subscriber.seen()))


if __name__ == "__main__":
    unittest.main()
