"""`orderly topics …` and `orderly subscriptions …` against a running server, and what a
configuration file declares."""

import json
import pathlib
import subprocess
import tempfile
import unittest
from typing import Any

from orderly_testing.client import Client
from orderly_testing.process import Server, run_command
from orderly_testing.pubsub import Pubsub, PubsubCase, message


class Commands(PubsubCase):
    def run_one(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        server = self.platform.servers["event-publisher"]
        return run_command(*arguments, "--url", server.url)

    def run_well(self, *arguments: str) -> str:
        done = self.run_one(*arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def run_json(self, *arguments: str) -> Any:
        return json.loads(self.run_well(*arguments, "--format", "json"))

    def refused(self, code: int, *arguments: str) -> str:
        done = self.run_one(*arguments)
        self.assertEqual((code, ""), (done.returncode, done.stdout), done.stderr)
        return done.stderr

    def test_a_topic_from_its_making_to_its_end(self) -> None:
        topic = self.unique("topic")
        full = f"projects/orderly/topics/{topic}"
        self.assertIn(f"Created topic [{full}]", self.run_one("topics", "create", topic).stderr)
        self.assertIn("already", self.refused(1, "topics", "create", full))
        self.assertIn(f"| {topic} ", self.run_well("topics", "list"))
        self.assertIn({"name": full, "state": "ACTIVE"}, self.run_json("topics", "list"))
        self.assertEqual(
            f"name: {full}\nstate: ACTIVE\n", self.run_well("topics", "describe", topic)
        )
        self.run_well("subscriptions", "create", "watch-" + topic, "--topic", topic)
        listed = self.run_json("topics", "list-subscriptions", topic)
        self.assertEqual([f"projects/orderly/subscriptions/watch-{topic}"], listed)
        self.run_well("topics", "delete", topic)
        self.assertIn(topic, self.refused(1, "topics", "describe", topic))
        self.assertTrue(self.run_json("subscriptions", "describe", "watch-" + topic)["detached"])

    def test_messages_from_publishing_to_acknowledging(self) -> None:
        topic, name = self.fresh(self.pubsub())
        published = self.run_json(
            "topics", "publish", topic, "--message", "hellö", "--attribute", "a=1,b=x=y",
            "--ordering-key", "k",
        )  # fmt: skip
        [first] = self.run_json("subscriptions", "pull", name)
        self.assertEqual(published["messageIds"], [first["message"]["messageId"]])
        self.assertEqual({"a": "1", "b": "x=y"}, first["message"]["attributes"])
        self.run_well("subscriptions", "ack", name, "--ack-ids", first["ackId"])
        for number in range(3):
            self.run_well("topics", "publish", topic, "--message", f"number {number}")
        shown = self.run_well("subscriptions", "pull", name, "--limit", "10", "--auto-ack")
        self.assertEqual([f"number {number}" in shown for number in range(3)], [True] * 3)
        self.assertEqual("", self.run_well("subscriptions", "pull", name))
        self.assertEqual([], self.run_json("subscriptions", "pull", name))
        self.assertIn("must not be empty", self.refused(1, "topics", "publish", topic))
        self.assertIn("NAME=VALUE", self.refused(2, "topics", "publish", topic, "--attribute", "x"))

    def test_a_subscription_is_made_changed_moved_and_cut_off(self) -> None:
        pubsub = self.pubsub()
        topic, dead = self.unique("topic"), self.unique("dead")
        name = self.unique("subscription")
        self.run_well("topics", "create", topic, dead)
        self.run_well(
            "subscriptions", "create", name, "--topic", topic, "--ack-deadline", "20",
            "--message-filter", "attributes:a", "--dead-letter-topic", dead,
            "--max-delivery-attempts", "6", "--min-retry-delay", "1s", "--max-retry-delay", "2m",
            "--enable-message-ordering", "--message-retention-duration", "1d",
            "--retain-acked-messages",
        )  # fmt: skip
        shown = self.run_json("subscriptions", "describe", name)
        self.assertEqual("86400s", shown["messageRetentionDuration"])
        self.assertEqual({"minimumBackoff": "1s", "maximumBackoff": "120s"}, shown["retryPolicy"])
        self.assertEqual(6, shown["deadLetterPolicy"]["maxDeliveryAttempts"])
        self.assertTrue(shown["retainAckedMessages"] and shown["enableMessageOrdering"])
        self.assertIn(f"| {name} ", self.run_well("subscriptions", "list"))
        self.run_well(
            "subscriptions", "update", name, "--ack-deadline", "30", "--clear-dead-letter-policy"
        )
        changed = self.run_json("subscriptions", "describe", name)
        self.assertEqual(30, changed["ackDeadlineSeconds"])
        self.assertNotIn("deadLetterPolicy", changed)
        self.assertEqual(shown["retryPolicy"], changed["retryPolicy"])
        pubsub.publish(topic, message("x", a=""))
        pubsub.take(name, 1)
        self.run_well("subscriptions", "seek", name, "--time", "beginning")
        self.assertEqual(1, len(self.run_json("subscriptions", "pull", name)))
        self.run_well("subscriptions", "seek", name, "--time", "end")
        self.assertEqual([], self.run_json("subscriptions", "pull", name))
        self.run_well(
            "subscriptions",
            "update",
            name,
            "--push-endpoint",
            "http://127.0.0.1:9/",
            "--push-no-wrapper",
        )
        self.assertIn(name, self.refused(1, "subscriptions", "pull", name))
        self.run_well("subscriptions", "update", name, "--push-endpoint", "")
        self.run_well("subscriptions", "detach", name)
        self.assertIn("detached", self.refused(1, "subscriptions", "pull", name))
        self.run_well("subscriptions", "delete", name)
        self.assertIn(name, self.refused(1, "subscriptions", "delete", name))

    def test_what_is_called_wrongly_is_said_by_name(self) -> None:
        for arguments, named in (
            (("topics",), "subcommand"),
            (("subscriptions", "create", "name"), "--topic"),
            (
                ("subscriptions", "create", "name", "--topic", "t", "--ack-deadline", "9"),
                "--ack-deadline",
            ),
            (
                ("subscriptions", "create", "name", "--topic", "t", "--min-retry-delay", "x"),
                "--min-retry-delay",
            ),
            (("subscriptions", "update", "name"), "change"),
            (("subscriptions", "seek", "name"), "--time"),
        ):
            self.assertIn(named, run_command(*arguments).stderr)
            self.assertEqual(2, run_command(*arguments).returncode)


class Declared(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="orderly-declared-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.folder / "orderly.toml"
        self.server = Server(
            ["up", "--config", str(self.config)], self.folder / "data", self.folder / "log"
        )
        self.addCleanup(lambda: self.server.running and self.server.kill())

    def declare(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def started(self) -> Pubsub:
        self.server.start()
        self.server.wait_ready()
        client = Client(self.server.url)
        self.addCleanup(client.close)
        return Pubsub(self, client)

    def refused(self, text: str) -> str:
        """How the start fails with this file."""
        self.declare(text)
        done = run_command(
            "up", "--config", str(self.config), "--data", str(self.folder / "data"),
            "--listen", "127.0.0.1:0",
        )  # fmt: skip
        self.assertIn(done.returncode, (1, 2))
        self.assertIn(str(self.config), done.stderr)
        return done.stderr

    WATCH = """
[topic.audit]  # what others tell us

[topic."with.dots"]

[subscription.watch]
topic = "audit"
ack-deadline = 20
message-filter = 'attributes.kind = "good" AND NOT attributes.test = "#1"'  # "#" is no comment
enable-message-ordering = true
dead-letter-topic = "with.dots"
"""

    def test_what_is_declared_is_there_and_stays_as_it_was(self) -> None:
        self.declare(self.WATCH)
        pubsub = self.started()
        shown = pubsub.done("GET", "subscriptions/watch")
        self.assertEqual(20, shown["ackDeadlineSeconds"])
        self.assertEqual('attributes.kind = "good" AND NOT attributes.test = "#1"', shown["filter"])
        self.assertEqual(
            "projects/orderly/topics/with.dots", shown["deadLetterPolicy"]["deadLetterTopic"]
        )
        pubsub.publish("audit", message("1", kind="good"), message("2", kind="good"))
        pubsub.take("watch", 1)
        self.assertEqual(0, self.server.terminate())
        self.declare(self.WATCH.replace("20", "30"))
        pubsub = self.started()
        self.assertEqual(30, pubsub.done("GET", "subscriptions/watch")["ackDeadlineSeconds"])
        self.assertEqual([b"2"], [each.data for each in pubsub.take("watch", 1)])
        self.assertEqual(0, self.server.terminate())
        self.declare("")
        pubsub = self.started()
        pubsub.done("GET", "subscriptions/watch")  # nothing is deleted by its absence
        self.assertEqual(0, self.server.terminate())

        for old, new, key in (
            ('topic = "audit"', 'topic = "product-service-cqrs-event"', "topic"),
            ("enable-message-ordering = true", "", "enable-message-ordering"),
            (' AND NOT attributes.test = "#1"', "", "message-filter"),
        ):
            self.assertIn(
                f"[subscription.watch] {key}: ", self.refused(self.WATCH.replace(old, new))
            )

    def test_what_cannot_be_declared_ends_the_start_by_name(self) -> None:
        for text, named in (
            ("[topic]", "[topic] must be [topic.NAME]"),
            ("[topic.ab]", "[topic.ab]"),
            ("[topic.a.b]", "quotes"),
            ("[topic.abc]\nlabels = 1", "[topic.abc] labels is not known"),
            ("[queue.abc]", "[queue.abc] is not known"),
            ("[subscription.abc]", "[subscription.abc] topic"),
            ('[subscription.abc]\ntopic = "nowhere"', "[subscription.abc]"),
            (
                '[subscription.abc]\ntopic = "xyz"\nack-deadline = 9',
                "[subscription.abc] ack-deadline",
            ),
            (
                '[subscription.abc]\ntopic = "xyz"\nack-deadline = 20\nack-deadline = 30',
                "ack-deadline",
            ),
            (
                '[subscription.abc]\ntopic = "xyz"\nmessage-filter = "x"',
                "[subscription.abc] message-filter",
            ),
            (
                '[subscription.abc]\ntopic = "xyz"\nlabels = "x"',
                "[subscription.abc] labels is not known",
            ),
            (
                '[topic.xyz]\n[subscription.abc]\ntopic = "xyz"\ndead-letter-topic = "no-such"',
                "[subscription.abc] dead-letter-topic",
            ),
            (
                '[subscription.push-order-to-orderinfo]\ntopic = "xyz"',
                "[subscription.push-order-to-orderinfo]",
            ),
        ):
            with self.subTest(text):
                self.assertIn(named, self.refused(text))

    def test_only_who_hosts_the_broker_declares_topics(self) -> None:
        self.declare("[topic.audit]")
        done = run_command(
            "serve", "product", "--config", str(self.config), "--data", str(self.folder / "data")
        )
        self.assertEqual(1, done.returncode)
        self.assertIn("event-publisher", done.stderr)


if __name__ == "__main__":
    unittest.main()
