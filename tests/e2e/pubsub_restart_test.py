"""Topics, subscriptions, messages and acknowledgements outlive the process, however it ends."""

import unittest

from orderly_testing.pubsub import Pubsub, PubsubCase, message
from orderly_testing.subscriber import Subscriber
from orderly_testing.waiting import wait_until


class Restart(PubsubCase):
    def restart(self, *, politely: bool) -> Pubsub:
        server = self.platform.servers["event-publisher"]
        if politely:
            self.assertEqual(0, server.terminate())
        else:
            server.kill()
        self.platform.restart("event-publisher")
        return self.pubsub()

    def test_a_stop_keeps_everything(self) -> None:
        pubsub = self.pubsub()
        dead = self.unique("dead")
        pubsub.create_topic(dead)
        policy = {"deadLetterTopic": f"projects/orderly/topics/{dead}", "maxDeliveryAttempts": 9}
        topic, subscription = self.fresh(
            pubsub,
            ackDeadlineSeconds=77,
            filter="attributes:a",
            deadLetterPolicy=policy,
            retryPolicy={"minimumBackoff": "0s", "maximumBackoff": "0s"},
            enableMessageOrdering=True,
            retainAckedMessages=True,
            messageRetentionDuration="3600s",
        )
        pushing, orphan = self.unique("push"), self.unique("orphan")
        push = {"pushEndpoint": "http://127.0.0.1:9/x", "noWrapper": {"writeMetadata": True}}
        pubsub.subscribe(topic, pushing, pushConfig=push)
        gone = self.unique("gone")
        pubsub.create_topic(gone)
        pubsub.subscribe(gone, orphan)
        pubsub.done("DELETE", f"topics/{gone}")
        pubsub.publish(topic, *(message(str(i), f"k{i}", a="") for i in range(10)))
        first, second, *held = pubsub.pull(subscription)
        pubsub.acknowledge(subscription, [first])
        pubsub.reject(subscription, [second])
        before = pubsub.done("GET", "subscriptions?pageSize=1000")
        pubsub = self.restart(politely=True)
        self.assertEqual(before, pubsub.done("GET", "subscriptions?pageSize=1000"))
        pubsub.acknowledge(subscription, held)  # of another life: worth nothing
        received = pubsub.pull(subscription)
        self.assertEqual(
            [str(i) for i in range(1, 10)], sorted(each.data.decode() for each in received)
        )
        attempts = {each.data.decode(): each.attempt for each in received}
        self.assertEqual(2, attempts["1"], "a rejection is remembered")
        pubsub.acknowledge(subscription, received)
        pubsub = self.restart(politely=True)
        self.assertEqual([], pubsub.pull(subscription, at_once=True))
        pubsub.done("POST", f"subscriptions/{subscription}:seek", {"time": "2020-01-01T00:00:00Z"})
        self.assertEqual(10, len(pubsub.take(subscription, 10)))

    def test_a_kill_loses_nothing_that_was_answered(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        published: list[str] = []
        for life in range(4):
            texts = [f"{life}-{i}" for i in range(50)]
            pubsub.publish(topic, *map(message, texts))
            published += texts
            if life == 1:
                pubsub.subscribe(topic, "late-" + subscription)
            pubsub = self.restart(politely=False)
        self.assertEqual(published, [each.data.decode() for each in pubsub.take(subscription, 200)])
        late = pubsub.take("late-" + subscription, 100)
        self.assertEqual(published[100:], [each.data.decode() for each in late])
        pubsub.done("DELETE", f"subscriptions/{subscription}")
        pubsub.done("DELETE", f"topics/{topic}")
        pubsub = self.restart(politely=False)
        pubsub.refused(404, "NOT_FOUND", "GET", f"subscriptions/{subscription}")
        pubsub.refused(404, "NOT_FOUND", "GET", f"topics/{topic}")

    def test_pushes_go_on_where_they_were(self) -> None:
        subscriber = Subscriber()
        self.addCleanup(subscriber.stop)
        pubsub = self.pubsub()
        topic, _ = self.fresh(
            pubsub, pushConfig={"pushEndpoint": subscriber.url}, enableMessageOrdering=True
        )
        for life in range(3):
            pubsub.publish(topic, *(message(str(life * 100 + i), "key") for i in range(100)))
            pubsub = self.restart(politely=life == 1)
        wait_until(lambda: len({p.data for p in subscriber.seen()}) == 300, "all are pushed")
        order = list(dict.fromkeys(int(pushed.data) for pushed in subscriber.seen()))
        self.assertEqual(list(range(300)), order)


if __name__ == "__main__":
    unittest.main()
