"""Messages are published, pulled, acknowledged, extended, rejected and found again by a seek, as
the subscription says."""

import concurrent.futures
import datetime
import time
import unittest

from orderly_testing.pubsub import Pubsub, PubsubCase, Received, message, topic_name


def texts(received: list[Received]) -> list[str]:
    return [each.data.decode() for each in received]


class Messages(PubsubCase):
    def test_a_message_comes_as_it_was_published_until_it_is_acknowledged(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        raw = bytes(range(256))
        published = [message(raw, "key", a="1", b="ü"), {"attributes": {"only": "this"}}]
        ids = pubsub.publish(topic, *published)
        self.assertEqual(2, len(set(ids)))
        received = pubsub.pull(subscription)
        self.assertEqual(ids, [each.message_id for each in received])
        self.assertEqual(
            (raw, "key", {"a": "1", "b": "ü"}),
            (received[0].data, received[0].key, received[0].attributes),
        )
        self.assertEqual(
            (b"", "", {"only": "this"}), (received[1].data, received[1].key, received[1].attributes)
        )
        self.assertEqual(
            {None}, {each.attempt for each in received}, "only a dead letter policy counts"
        )
        self.assertEqual([], pubsub.pull(subscription, at_once=True), "it is in somebody's hands")
        pubsub.acknowledge(subscription, received)
        pubsub.acknowledge(subscription, received)  # nothing happens twice
        self.assertEqual([], pubsub.pull(subscription, at_once=True))

    def test_every_subscription_gets_what_is_published_after_it_was_made(self) -> None:
        pubsub = self.pubsub()
        topic, first = self.fresh(pubsub)
        pubsub.publish(topic, message("1"))
        second = self.unique("subscription")
        pubsub.subscribe(topic, second)
        pubsub.publish(topic, message("2"))
        self.assertEqual(["1", "2"], texts(pubsub.take(first, 2)))
        self.assertEqual(["2"], texts(pubsub.take(second, 1)))

    def test_a_rejected_message_comes_again_at_once_without_a_policy(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        pubsub.publish(topic, message("x"))
        ack_ids = set()
        for _ in range(6):
            received = pubsub.pull(subscription)
            self.assertEqual(["x"], texts(received))
            ack_ids.add(received[0].ack_id)
            pubsub.reject(subscription, received)
        self.assertEqual(6, len(ack_ids))
        pubsub.acknowledge(subscription, received)  # of a delivery that is over
        self.assertEqual(["x"], texts(pubsub.take(subscription, 1)))

    def test_a_retry_policy_holds_a_rejected_message_back_ever_longer(self) -> None:
        pubsub = self.pubsub()
        retry = {"minimumBackoff": "0.4s", "maximumBackoff": "1.6s"}
        topic, subscription = self.fresh(pubsub, retryPolicy=retry)
        pubsub.publish(topic, message("x"))
        received = pubsub.pull(subscription)
        # Each wait is jittered over the upper half of 0.4, 0.8, 1.6, 1.6 s.
        for longest in (0.4, 0.8, 1.6, 1.6):
            rejected = time.monotonic()
            pubsub.reject(subscription, received)
            self.assertEqual([], pubsub.pull(subscription, at_once=True))
            received = pubsub.pull(subscription)
            self.assertEqual(["x"], texts(received))
            self.assertGreaterEqual(time.monotonic() - rejected, longest / 2)

    def test_the_deadline_gives_a_message_back_unless_it_is_extended(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub, ackDeadlineSeconds=10)
        pubsub.publish(topic, message("short"), message("long"))
        received = pubsub.pull(subscription)
        began = time.monotonic()
        by_text = dict(zip(texts(received), received, strict=True))
        pubsub.extend(subscription, [by_text["long"]], 60)
        again = pubsub.pull(subscription)  # waits for it
        self.assertEqual(["short"], texts(again))
        self.assertGreaterEqual(time.monotonic() - began, 9.5)
        pubsub.acknowledge(subscription, [by_text["short"]])  # late: it does not count
        pubsub.acknowledge(subscription, [by_text["long"]])
        pubsub.reject(subscription, again)
        self.assertEqual(["short"], texts(pubsub.take(subscription, 1)))
        self.assertEqual([], pubsub.pull(subscription, at_once=True))

    def test_a_pull_waits_for_a_first_message(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.pubsub().pull, subscription)
            with self.assertRaises(concurrent.futures.TimeoutError):
                waiting.result(0.3)
            pubsub.publish(topic, message("now"))
            self.assertEqual(["now"], texts(waiting.result(10)))

    def test_two_who_pull_share_the_messages(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        pubsub.publish(topic, *(message(str(i)) for i in range(1000)))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            shares = [pool.submit(self.pubsub().take, subscription, 250) for _ in range(4)]
            taken = [text for share in shares for text in texts(share.result(60))]
        self.assertEqual(sorted(map(str, range(1000))), sorted(taken))

    def test_of_one_key_messages_come_in_order_whatever_is_rejected(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub, enableMessageOrdering=True)
        keys = ("a", "b", "c")
        pubsub.publish(topic, *(message(f"{key}{i}", key) for i in range(20) for key in keys))
        seen: dict[str, list[str]] = {key: [] for key in keys}
        rejected: set[str] = set()
        while sum(map(len, seen.values())) < 60:
            spoilt: set[str] = set()  # what came behind a rejected one comes again behind it
            for each in pubsub.pull(subscription, 7):
                text = each.data.decode()
                if each.key in spoilt:
                    continue
                self.assertEqual(f"{each.key}{len(seen[each.key])}", text)
                if text.endswith(("3", "6", "9")) and text not in rejected:
                    rejected.add(text)
                    spoilt.add(each.key)
                    pubsub.reject(subscription, [each])
                else:
                    seen[each.key].append(text)
                    pubsub.acknowledge(subscription, [each])
        self.assertEqual(18, len(rejected))

    def test_a_filter_lets_through_what_matches(self) -> None:
        pubsub = self.pubsub()
        text = (
            'attributes.kind = "good" '
            'AND NOT (attributes:test OR hasPrefix(attributes.from, "x-"))'
        )
        topic, subscription = self.fresh(pubsub, filter=text)
        pubsub.publish(
            topic,
            message("1", kind="good"),
            message("2", kind="bad"),
            message("3"),
            message("4", kind="good", test=""),
            message("5", **{"kind": "good", "from": "x-y"}),
            message("6", **{"kind": "good", "from": "y"}),
        )
        self.assertEqual(["1", "6"], texts(pubsub.take(subscription, 2)))
        self.assertEqual([], pubsub.pull(subscription, at_once=True))

    def test_what_is_rejected_too_often_goes_to_the_dead_letters(self) -> None:
        pubsub = self.pubsub()
        dead, letters = self.fresh(pubsub)
        policy = {"deadLetterTopic": topic_name(dead), "maxDeliveryAttempts": 5}
        topic, subscription = self.fresh(pubsub, deadLetterPolicy=policy)
        [original] = pubsub.publish(topic, message("poison", "key", a="1"))
        for attempt in range(1, 6):
            received = pubsub.pull(subscription)
            self.assertEqual([attempt], [each.attempt for each in received])
            pubsub.reject(subscription, received)
        [letter] = pubsub.take(letters, 1)
        self.assertEqual((b"poison", "key", "1"), (letter.data, letter.key, letter.attributes["a"]))
        prefix = "CloudPubSubDeadLetterSource"
        told = {
            name.removeprefix(prefix): value
            for name, value in letter.attributes.items()
            if name.startswith(prefix)
        }
        published = datetime.datetime.fromisoformat(
            told.pop("TopicPublishTime").replace("Z", "+00:00")
        )
        self.assertLess(
            abs(datetime.datetime.now(datetime.UTC) - published), datetime.timedelta(minutes=5)
        )
        self.assertEqual(
            {"DeliveryCount": "5", "Subscription": subscription, "SubscriptionProject": "orderly"},
            told,
        )
        self.assertNotEqual((topic, original), (dead, letter.message_id))
        self.assertEqual([], pubsub.pull(subscription, at_once=True))

    def test_a_seek_brings_back_what_was_acknowledged_since(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub, retainAckedMessages=True)
        pubsub.publish(topic, message("1"))
        pubsub.publish(topic, message("2"), message("3"))
        second = pubsub.take(subscription, 3)[1]
        self.seek(pubsub, subscription, second.publish_time)
        self.assertEqual(["2", "3"], texts(pubsub.take(subscription, 2)))
        self.seek(pubsub, subscription, "1970-01-01T00:00:00Z")
        held = pubsub.pull(subscription)
        self.assertEqual(["1", "2", "3"], texts(held))
        self.seek(pubsub, subscription, "9999-12-31T00:00:00Z")
        pubsub.acknowledge(subscription, held)
        self.assertEqual([], pubsub.pull(subscription, at_once=True))
        pubsub.publish(topic, message("4"))
        self.assertEqual(["4"], texts(pubsub.take(subscription, 1)))

    def seek(self, pubsub: Pubsub, subscription: str, when: str) -> None:
        pubsub.done("POST", f"subscriptions/{subscription}:seek", {"time": when})

    def test_the_largest_messages_go_through(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        big = bytes(9_999_990)
        for _ in range(3):
            pubsub.publish(topic, message(big))
        taken = 0
        while taken < 3:
            received = pubsub.pull(subscription)
            self.assertEqual({big}, {each.data for each in received})
            self.assertLess(len(received), 3, "together they are more than one answer holds")
            pubsub.acknowledge(subscription, received)
            taken += len(received)


if __name__ == "__main__":
    unittest.main()
