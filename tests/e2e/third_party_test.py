"""What others wrote finds here what it expects of Google Pub/Sub: Google's Node.js client, its
Functions Framework as a receiver, and, where a Google Cloud SDK is installed, gcloud as a client
and Google's own emulator as the one who pushes to the order information service."""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from typing import Any

from orderly_testing.client import CONNECTION_ERRORS, Client
from orderly_testing.process import free_port
from orderly_testing.pubsub import PubsubCase, message
from orderly_testing.waiting import wait_until

THIRD_PARTY = (
    pathlib.Path(os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
    / "tests"
    / "third_party"
)
FRAMEWORK = THIRD_PARTY / "node_modules/@google-cloud/functions-framework/build/src/main.js"


def node() -> str:
    """Node.js, with the packages; without them a skip, and in CI a failure."""
    found = shutil.which("node")
    if found and FRAMEWORK.is_file():
        return found
    reason = f"needs node and: npm ci --prefix {THIRD_PARTY}"
    if os.environ.get("CI") == "true":
        raise AssertionError(reason)
    raise unittest.SkipTest(reason)


def cloud_sdk() -> pathlib.Path:
    """The root of an installed Google Cloud SDK, or a skip."""
    gcloud = shutil.which("gcloud")
    if not gcloud:
        raise unittest.SkipTest("needs a Google Cloud SDK")
    asked = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    root = pathlib.Path(asked.stdout.strip() or "/nowhere")
    if not root.is_dir():
        raise unittest.SkipTest("needs a Google Cloud SDK that names its root")
    return root


class ThirdParty(PubsubCase):
    def port(self) -> int:
        return self.platform.servers["event-publisher"].port

    def start(self, command: list[str], port: int, **options: Any) -> pathlib.Path:
        """Starts a server, waits until it listens and gives the file that has what it prints."""
        folder = tempfile.TemporaryDirectory(prefix="orderly-third-party-")
        self.addCleanup(folder.cleanup)
        said = pathlib.Path(folder.name) / "output"
        with said.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def listens() -> bool:
            self.assertIsNone(process.poll(), said.read_text())
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.connect()
                connection.close()
            except CONNECTION_ERRORS:
                return False
            return True

        wait_until(listens, f"{command[0]} listens")
        return said

    def test_googles_node_client(self) -> None:
        prefix = self.unique("node")
        done = subprocess.run(
            [node(), str(THIRD_PARTY / "pubsub_client.mjs"), str(self.port()), prefix],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        self.assertEqual(0, done.returncode, done.stderr)
        seen = json.loads(done.stdout)
        topics = [f"projects/orderly/topics/{prefix}-{name}" for name in ("dead", "topic")]
        subscription = f"projects/orderly/subscriptions/{prefix}-sub"
        failures = {
            name: (seen.pop(name)["code"])
            for name in ("exists", "oidc", "exactlyOnce", "pipeline", "gone")
        }
        self.assertEqual(
            {"exists": 409, "oidc": 400, "exactlyOnce": 400, "pipeline": 400, "gone": 404}, failures
        )
        self.assertLess(abs(seen.pop("published")), 60_000)
        metadata = {
            "topic": topics[1],
            "ackDeadlineSeconds": 30,
            "ordering": True,
            "filter": "attributes:kind",
            "retention": 86_400,
            "attempts": 5,
            "state": "ACTIVE",
        }
        expected = {
            "topic": topics[1],
            "metadata": metadata,
            "ids": 25,
            "taken": list(range(25)),
            "attempt": 2,
            "changed": 45,
            "sought": "k",
            "push": "http://127.0.0.1:9/",
            "topics": topics,
            "subscriptions": [subscription],
            "ofTopic": [subscription],
        }
        self.assertEqual(expected, seen)

    def test_the_functions_framework_receives_what_is_pushed(self) -> None:
        port = free_port()
        command = [node(), str(FRAMEWORK), f"--source={THIRD_PARTY / 'receiver.mjs'}"]
        command += ["--target=receive", "--signature-type=cloudevent", f"--port={port}"]
        said = self.start(command, port)
        pubsub = self.pubsub()
        topic, name = self.unique("topic"), self.unique("subscription")
        pubsub.create_topic(topic)
        pubsub.subscribe(
            topic,
            name,
            pushConfig={"pushEndpoint": f"http://127.0.0.1:{port}/projects/orderly/topics/{topic}"},
        )
        pubsub.publish(topic, message("hellö", "key", a="b"), message("fail once"))

        def events() -> list[dict[str, Any]]:
            lines = said.read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines if line.startswith('{"type"')]

        wait_until(lambda: len(events()) >= 3, "three events")
        texts = [event["text"] for event in events()]
        self.assertEqual(["fail once", "fail once", "hellö"], sorted(texts))
        [hello] = [event for event in events() if event["text"] == "hellö"]
        self.assertEqual("google.cloud.pubsub.topic.v1.messagePublished", hello["type"])
        self.assertEqual(
            f"//pubsub.googleapis.com/projects/orderly/topics/{topic}", hello["source"]
        )
        self.assertEqual({"a": "b"}, hello["attributes"])
        pubsub.done("DELETE", f"subscriptions/{name}")

    def gcloud(self, *arguments: str) -> Any:
        """`gcloud pubsub …` against the server; what it prints, read as JSON."""
        done = self.run_gcloud(*arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout or "null")

    def run_gcloud(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        gcloud = cloud_sdk() / "bin" / "gcloud"
        folder = tempfile.TemporaryDirectory(prefix="orderly-gcloud-")
        self.addCleanup(folder.cleanup)
        token = pathlib.Path(folder.name) / "token"
        token.write_text("any")
        variables = {
            "CLOUDSDK_CONFIG": folder.name,
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_CORE_PROJECT": "orderly",
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB": f"http://127.0.0.1:{self.port()}/",
        }
        return subprocess.run(
            [str(gcloud), "pubsub", *arguments, "--format=json"],
            env={**os.environ, **variables},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def test_gcloud(self) -> None:
        topic, dead, name = self.unique("topic"), self.unique("dead"), self.unique("subscription")
        self.gcloud("topics", "create", topic, dead)
        self.gcloud(
            "subscriptions", "create", name, f"--topic={topic}", "--ack-deadline=20",
            "--enable-message-ordering", f"--dead-letter-topic={dead}", "--max-delivery-attempts=7",
            "--min-retry-delay=1s", "--max-retry-delay=20s", "--message-retention-duration=1d",
            "--retain-acked-messages", "--message-filter=attributes:a", "--expiration-period=never",
        )  # fmt: skip
        shown = self.gcloud("subscriptions", "describe", name)
        self.assertEqual(
            (20, "attributes:a", True),
            (shown["ackDeadlineSeconds"], shown["filter"], shown["enableMessageOrdering"]),
        )
        self.assertEqual(7, shown["deadLetterPolicy"]["maxDeliveryAttempts"])
        published = self.gcloud("topics", "publish", topic, "--message=hello", "--attribute=a=b")
        [received] = self.gcloud("subscriptions", "pull", name, "--auto-ack")
        self.assertEqual(published["messageIds"], [received["message"]["messageId"]])
        self.gcloud("subscriptions", "seek", name, "--time=2020-01-01T00:00:00Z")
        self.assertEqual(1, len(self.gcloud("subscriptions", "pull", name)))
        changed = self.gcloud(
            "subscriptions", "update", name, "--ack-deadline=30", "--clear-dead-letter-policy"
        )
        self.assertEqual(30, changed["ackDeadlineSeconds"])
        self.assertIn(topic, json.dumps(self.gcloud("topics", "list")))
        self.gcloud("subscriptions", "delete", name)
        self.gcloud("topics", "delete", topic, dead)
        refused = self.run_gcloud("topics", "delete", "order-service-cqrs-event")
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("Topic order-service-cqrs-event is", refused.stderr)

    def test_googles_emulator_pushes_to_the_order_information(self) -> None:
        jars = list(
            cloud_sdk().glob("platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar")
        )
        java = shutil.which("java")
        if not jars or not java:
            raise unittest.SkipTest("needs the Pub/Sub emulator of the Google Cloud SDK, and java")
        port = free_port()
        self.start([java, "-jar", str(jars[0]), "--host=127.0.0.1", f"--port={port}"], port)
        emulator = Client(f"http://127.0.0.1:{port}")
        self.addCleanup(emulator.close)

        def ask(method: str, path: str, body: Any) -> None:
            headers = {"Content-Type": "application/json"}
            answer = emulator.request(
                method, f"/v1/projects/p/{path}", json.dumps(body).encode(), headers
            )
            self.assertEqual(200, answer.status, answer.text)

        orderinfo = self.platform.servers["orderinfo"].url + "/api/v1/orderinfo/pubsub"
        ask("PUT", "topics/orders", {})
        push = {"pushEndpoint": orderinfo}
        ask("PUT", "subscriptions/push1", {"topic": "projects/p/topics/orders", "pushConfig": push})
        customer, order_id = self.unique("emulated"), self.unique("order")
        self.put_product("emulated", 7)
        order = {
            "customer_id": customer,
            "number": 3,
            "order_date": "2021-01-18",
            "order_id": order_id,
            "product_id": "emulated",
        }
        event = message(json.dumps(order), event_id=self.unique("event"), event_type="order_create")
        ask("POST", "topics/orders:publish", {"messages": [event, event]})
        self.assertEqual(21, self.see_order(customer, order_id)["total_price"])


if __name__ == "__main__":
    unittest.main()
