"""Topics and subscriptions are made, shown, changed and deleted over HTTP, in Pub/Sub's JSON; what
is wrong is refused by name, in Google's words."""

import unittest

from orderly_testing.pubsub import PubsubCase, message, topic_name
from orderly_testing.raw import RawConnection

ORDERS = "order-service-cqrs-event"
PIPELINE = "push-order-to-orderinfo"


class Topics(PubsubCase):
    def test_a_topic_lives_and_dies(self) -> None:
        pubsub = self.pubsub()
        topic = self.unique("topic")
        path = f"topics/{topic}"
        self.assertIn(topic, pubsub.refused(404, "NOT_FOUND", "GET", path))
        self.assertEqual(topic_name(topic), pubsub.create_topic(topic)["name"])
        pubsub.refused(409, "ALREADY_EXISTS", "PUT", path, {})
        self.assertEqual(topic_name(topic), pubsub.done("GET", path)["name"])
        names = [each["name"] for each in pubsub.done("GET", "topics?pageSize=1000")["topics"]]
        self.assertEqual(sorted(names), names)
        self.assertIn(topic_name(topic), names)
        self.assertEqual({}, pubsub.done("DELETE", path))
        pubsub.refused(404, "NOT_FOUND", "DELETE", path)
        pubsub.refused(404, "NOT_FOUND", "POST", f"{path}:publish", {"messages": [message("x")]})

    def test_lists_come_in_pages_that_join_without_a_gap(self) -> None:
        pubsub = self.pubsub()
        made = sorted(self.unique("page") for _ in range(5))
        for topic in made:
            pubsub.create_topic(topic)
        found: list[str] = []
        token = ""
        while True:
            page = pubsub.done("GET", f"topics?pageSize=2&pageToken={token}&$alt=json%3Bx=y")
            self.assertLessEqual(len(page.get("topics", [])), 2)
            found += [each["name"] for each in page.get("topics", [])]
            token = page.get("nextPageToken", "")
            if not token:
                break
        self.assertEqual(len(set(found)), len(found))
        self.assertTrue({topic_name(topic) for topic in made} <= set(found))

    def test_a_subscription_lives_is_changed_and_dies(self) -> None:
        pubsub = self.pubsub()
        dead = self.unique("dead")
        pubsub.create_topic(dead)
        settings = {
            "ackDeadlineSeconds": 30,
            "enableMessageOrdering": True,
            "filter": 'attributes.kind = "good"',
            "retainAckedMessages": True,
            "messageRetentionDuration": "86400s",
            "deadLetterPolicy": {"deadLetterTopic": topic_name(dead), "maxDeliveryAttempts": 7},
            "retryPolicy": {"minimumBackoff": "2s", "maximumBackoff": "20s"},
        }
        topic, subscription = self.fresh(pubsub, **settings)
        path = f"subscriptions/{subscription}"
        shown = pubsub.done("GET", path)
        self.assertEqual(settings, {name: shown[name] for name in settings})
        again = {"topic": topic_name(topic)}
        pubsub.refused(409, "ALREADY_EXISTS", "PUT", path, again)
        change = {"ackDeadlineSeconds": 45, "retryPolicy": None}
        changed = pubsub.done(
            "PATCH",
            path,
            {"subscription": change, "updateMask": "ack_deadline_seconds,retryPolicy"},
        )
        self.assertEqual(45, changed["ackDeadlineSeconds"])
        self.assertNotIn("retryPolicy", changed)
        self.assertEqual(changed, pubsub.done("GET", path))
        pubsub.done(
            "POST",
            f"{path}:modifyPushConfig",
            {"pushConfig": {"pushEndpoint": "http://127.0.0.1:9/"}},
        )
        self.assertEqual(
            "http://127.0.0.1:9/", pubsub.done("GET", path)["pushConfig"]["pushEndpoint"]
        )
        pubsub.refused(400, "FAILED_PRECONDITION", "POST", f"{path}:pull", {"maxMessages": 1})
        pubsub.done("POST", f"{path}:modifyPushConfig", {"pushConfig": {}})
        full = f"projects/orderly/subscriptions/{subscription}"
        self.assertEqual(
            [full], pubsub.done("GET", f"topics/{topic}/subscriptions")["subscriptions"]
        )
        self.assertEqual({}, pubsub.done("DELETE", path))
        pubsub.refused(404, "NOT_FOUND", "GET", path)
        self.assertEqual({}, pubsub.done("GET", f"topics/{topic}/subscriptions"))

    def test_a_subscription_outlives_its_topic_and_detaching_and_gets_nothing(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        cut = self.unique("subscription")
        pubsub.subscribe(topic, cut)
        pubsub.publish(topic, message("lost"))
        self.assertEqual({}, pubsub.done("POST", f"subscriptions/{cut}:detach", {}))
        self.assertTrue(pubsub.done("GET", f"subscriptions/{cut}")["detached"])
        pubsub.refused(
            400, "FAILED_PRECONDITION", "POST", f"subscriptions/{cut}:pull", {"maxMessages": 1}
        )
        pubsub.done("DELETE", f"topics/{topic}")
        orphan = pubsub.done("GET", f"subscriptions/{subscription}")
        self.assertEqual("_deleted-topic_", orphan["topic"])
        pubsub.create_topic(topic)
        pubsub.publish(topic, message("of another life"))
        pubsub.refused(
            400,
            "FAILED_PRECONDITION",
            "POST",
            f"subscriptions/{subscription}:pull",
            {"maxMessages": 1},
        )
        for each in (cut, subscription):
            pubsub.done("DELETE", f"subscriptions/{each}")

    def test_the_pipeline_can_be_watched_and_not_disturbed(self) -> None:
        pubsub = self.pubsub()
        body = {"messages": [message("x")]}
        said = pubsub.refused(400, "FAILED_PRECONDITION", "POST", f"topics/{ORDERS}:publish", body)
        self.assertIn(ORDERS, said)
        pubsub.refused(400, "FAILED_PRECONDITION", "DELETE", f"topics/{ORDERS}")
        own = f"subscriptions/{PIPELINE}"
        self.assertEqual("in-process", pubsub.done("GET", own)["pushConfig"]["pushEndpoint"])
        seek = {"time": "2020-01-01T00:00:00Z"}
        patch = {"subscription": {"ackDeadlineSeconds": 60}, "updateMask": "ackDeadlineSeconds"}
        for method, path, body in (
            ("DELETE", own, None),
            ("POST", f"{own}:seek", seek),
            ("POST", f"{own}:detach", {}),
            ("POST", f"{own}:modifyPushConfig", {"pushConfig": {}}),
            ("PATCH", own, patch),
        ):
            said = pubsub.refused(400, "FAILED_PRECONDITION", method, path, body)
            self.assertIn("pipeline", said)
        pubsub.refused(400, "FAILED_PRECONDITION", "POST", f"{own}:pull", {"maxMessages": 1})
        watching = self.unique("watch")
        pubsub.subscribe(ORDERS, watching, enableMessageOrdering=True)
        self.put_product("watched", 10)
        placed = [self.place_order("watched", "watched").json()["order_id"] for _ in range(3)]
        received = pubsub.take(watching, 3)
        self.assertEqual(placed, [each.key for each in received])
        self.assertEqual({"order_create"}, {each.attributes["event_type"] for each in received})
        self.see_order("watched", placed[-1])
        pubsub.done("POST", f"subscriptions/{watching}:seek", seek)
        self.assertEqual(placed, [each.key for each in pubsub.take(watching, 3)])


class Refusals(PubsubCase):
    def test_wrong_requests_are_refused_by_name_and_change_nothing(self) -> None:
        pubsub = self.pubsub()
        topic, subscription = self.fresh(pubsub)
        before = pubsub.done("GET", "subscriptions?pageSize=1000")
        new = "subscriptions/new-one"
        good = {"topic": topic_name(topic)}
        push = {"pushEndpoint": "http://127.0.0.1:9/"}
        for method, path, body, field in (
            ("PUT", "topics/ab", {}, "topic"),
            ("PUT", "topics/google", {}, "topic"),
            ("PUT", "topics/" + "a" * 256, {}, "topic"),
            ("PUT", "topics/new", {"labels": {"a": "b"}}, "labels"),
            ("PUT", "topics/new", {"kmsKeyName": "k"}, "kmsKeyName"),
            ("PUT", "topics/new", {"nonsense": 1}, "nonsense"),
            ("PUT", new, {}, "topic"),
            ("PUT", new, {"topic": topic}, "topic"),
            ("PUT", new, good | {"ackDeadlineSeconds": 9}, "ackDeadlineSeconds"),
            ("PUT", new, good | {"filter": "attributes.x ="}, "filter"),
            ("PUT", new, good | {"pushConfig": push | {"oidcToken": {}}}, "pushConfig.oidcToken"),
            ("PUT", new, good | {"enableExactlyOnceDelivery": True}, "enableExactlyOnceDelivery"),
            ("PUT", new, good | {"expirationPolicy": {"ttl": "86400s"}}, "expirationPolicy.ttl"),
            (
                "PATCH",
                f"subscriptions/{subscription}",
                {"subscription": {}, "updateMask": "filter"},
                "updateMask",
            ),
            ("POST", f"topics/{topic}:publish", {"messages": [{}]}, "messages[0].data"),
            (
                "POST",
                f"topics/{topic}:publish",
                {"messages": [{"orderingKey": "k"}]},
                "messages[0].data",
            ),
            ("POST", f"topics/{topic}:publish", {"messages": [message("x")] * 1001}, "messages"),
            (
                "POST",
                f"topics/{topic}:publish",
                {"messages": [message(b"x" * 10_000_001)]},
                "messages",
            ),
            ("POST", f"subscriptions/{subscription}:pull", {"maxMessages": 0}, "maxMessages"),
            ("POST", f"subscriptions/{subscription}:acknowledge", {"ackIds": []}, "ackIds"),
            ("POST", f"subscriptions/{subscription}:seek", {}, "time"),
        ):
            with self.subTest(f"{method} {path} {field}"):
                answer = pubsub.call(method, path, body)
                self.assertEqual(400, answer.status, answer.text)
                error = answer.json()["error"]
                violations = error["details"][1]["fieldViolations"]
                self.assertEqual([field], [each["field"] for each in violations])
                self.assertEqual("INVALID_ARGUMENT", error["status"])
        self.assertEqual(before, pubsub.done("GET", "subscriptions?pageSize=1000"))
        self.assertEqual([], pubsub.pull(subscription, at_once=True))

    def test_what_is_not_there_is_said_so(self) -> None:
        pubsub = self.pubsub()
        topic, _ = self.fresh(pubsub)
        nowhere = {"topic": topic_name("nowhere")}
        dead = {"deadLetterPolicy": {"deadLetterTopic": topic_name("nowhere")}}
        for method, path, body in (
            ("PUT", "subscriptions/new-one", nowhere),
            ("PUT", "subscriptions/new-one", {"topic": topic_name(topic)} | dead),
            ("GET", "subscriptions/nowhere", None),
            ("DELETE", "subscriptions/nowhere", None),
            ("POST", "subscriptions/nowhere:pull", {"maxMessages": 1}),
            ("POST", "subscriptions/nowhere:acknowledge", {"ackIds": ["1"]}),
            ("POST", "subscriptions/nowhere:seek", {"time": "2020-01-01T00:00:00Z"}),
            ("POST", "subscriptions/nowhere:detach", {}),
        ):
            self.assertIn("nowhere", pubsub.refused(404, "NOT_FOUND", method, path, body))
        client = self.client("event-publisher")
        other = client.get("/v1/projects/other/topics")
        self.assertEqual((404, "NOT_FOUND"), (other.status, other.json()["error"]["status"]))
        self.assertIn("--project", other.json()["error"]["message"])

    def test_what_is_no_request_of_ours_is_refused_in_googles_form(self) -> None:
        pubsub = self.pubsub()
        client = self.client("event-publisher")
        wrong_method = pubsub.call("POST", "topics/abc", {})
        self.assertEqual(
            (405, "PUT, GET, HEAD, DELETE"), (wrong_method.status, wrong_method.headers["allow"])
        )
        self.assertEqual("UNIMPLEMENTED", wrong_method.json()["error"]["status"])
        path = "/v1/projects/orderly/topics/abc"
        form = client.request("PUT", path, b"a=b", {"Content-Type": "text/plain"})
        self.assertEqual((415, 415), (form.status, form.json()["error"]["code"]))
        broken = client.request("PUT", path, b"{", {"Content-Type": "application/json"})
        self.assertEqual(
            (400, "INVALID_ARGUMENT"), (broken.status, broken.json()["error"]["status"])
        )
        page = client.request(
            "GET", "/v1/projects/orderly/topics", None, {"Origin": "http://evil.example"}
        )
        self.assertEqual((403, "PERMISSION_DENIED"), (page.status, page.json()["error"]["status"]))
        self.assertEqual(404, pubsub.call("POST", "topics/abc:unknown", {}).status)

    def test_a_body_beyond_the_limit_is_not_even_read(self) -> None:
        with RawConnection(self.platform.servers["event-publisher"].url) as connection:
            head = (
                "POST /v1/projects/orderly/topics/abc:publish HTTP/1.1",
                f"Host: {connection.authority}",
                "Content-Type: application/json",
                "Content-Length: 20000000",
            )
            connection.send("\r\n".join((*head, "", "")).encode())
            answer = connection.read_answer()
        self.assertEqual((413, 413), (answer.status, answer.json()["error"]["code"]))


if __name__ == "__main__":
    unittest.main()
