"""orderly trace: one timeline over the stations of an order, in one process and apart."""

import unittest
import uuid
from typing import Any

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.process import run_command
from orderly_testing.waiting import wait_until

TRACE = "/api/v1/order/trace"
STATIONS = ["command", "relay", "delivery", "projection", "warehouse"]


class Trace(PlatformCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if cls.APART:
            # The warehouse is nobody's peer until a trace asks it.
            for service in ("order", "orderinfo"):
                server = cls.platform.servers[service]
                for peer, flag in (("order", "order"), ("orderinfo", "orderinfo"),
                                   ("event-publisher", "publisher"), ("warehouse", "warehouse")):
                    if peer != service and f"--{flag}-url" not in server.arguments:
                        server.arguments += [f"--{flag}-url", cls.platform.servers[peer].url]
                server.terminate()
                cls.platform.restart(service)

    def trace(self, order_id: str, **parameters: str) -> Answer:
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return self.client("orderinfo").get(f"{TRACE}?order_id={order_id}{more}")

    def loaded(self, order_id: str) -> dict[str, Any]:
        """The push may arrive after the row that came by the feed has been loaded."""

        def seen() -> dict[str, Any] | None:
            answer = self.trace(order_id)
            self.assertEqual(200, answer.status, answer.text)
            trace: dict[str, Any] = answer.json()
            stations = {each["station"] for each in trace["timeline"]}
            return trace if trace["state"] == "loaded" and stations >= set(STATIONS) else None

        return wait_until(seen, "the order has passed all stations")

    def test_the_whole_way(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        order = self.place_order("c", product).json()
        trace = self.loaded(order["order_id"])
        self.assertEqual("c", trace["customer_id"])
        entries = trace["timeline"]
        self.assertEqual(STATIONS, list(dict.fromkeys(each["station"] for each in entries)))
        events = {each["station"]: each for each in entries}
        self.assertEqual("accepted", events["command"]["event"])
        self.assertEqual("published", events["relay"]["event"])
        self.assertEqual("delivered", events["delivery"]["event"])
        self.assertEqual("push-order-to-orderinfo", events["delivery"]["subscription"])
        self.assertEqual("projected", events["projection"]["event"])
        self.assertEqual("loaded", events["warehouse"]["event"])
        times = [each["at"] for each in entries]
        self.assertNotIn(None, times)
        self.assertLessEqual(events["command"]["at"], events["projection"]["at"])
        done = run_command("trace", order["order_id"], "--url",
                           self.platform.servers["orderinfo"].url)
        self.assertEqual(0, done.returncode, done.stderr)
        for word in STATIONS:
            self.assertIn(word, done.stdout)

    def test_an_order_that_waited_for_its_product(self) -> None:
        product = self.unique("product")
        order = self.place_order("c", product).json()
        wait_until(lambda: self.trace(order["order_id"]).json()["state"] == "parked", "it waits")
        self.put_product(product, 5)
        trace = self.loaded(order["order_id"])
        projection = [each for each in trace["timeline"] if each["station"] == "projection"]
        self.assertEqual(["parked", "released", "projected"], [each["event"] for each in projection])

    def test_a_dead_letter_is_on_the_timeline(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        order = {"customer_id": "c", "order_id": str(uuid.uuid4()), "product_id": product,
                 "number": 1, "order_date": "2021-02-14"}
        for number in (1, 2):
            body = push.of_lab(str(uuid.uuid4()), order | {"number": number})
            answer = self.client("orderinfo").request(
                "POST", "/api/v1/orderinfo/pubsub", body, {"Content-Type": "application/json"})
            self.assertEqual(200, answer.status, answer.text)
        entries = self.trace(order["order_id"]).json()["timeline"]
        failed = [each for each in entries if each["event"] == "dead_lettered"]
        self.assertEqual(["failed"], [each["state"] for each in failed])
        self.assertIn("order_id", failed[0]["error"])
        relay = next(each for each in entries if each["station"] == "relay")
        self.assertEqual("unknown", relay["state"], "it came from elsewhere")

    def test_a_customer_sees_the_own_order_and_no_others(self) -> None:
        product, customer = self.unique("product"), self.unique("customer")
        self.put_product(product, 5)
        order = self.place_order(customer, product).json()
        self.loaded(order["order_id"])
        seen = self.trace(order["order_id"], customer_id=customer)
        self.assertEqual(200, seen.status, seen.text)
        self.assertNotIn("delivery", [each["station"] for each in seen.json()["timeline"]])
        other = self.trace(order["order_id"], customer_id="somebody-else")
        self.assertEqual((404, "order_not_found"), (other.status, other.json()["code"]))

    def test_wrong_input(self) -> None:
        for query, status, code in (
            (f"order_id={uuid.uuid4()}", 404, "order_not_found"),
            ("order_id=no-such", 404, "order_not_found"),
            ("", 400, "missing_parameter"),
            ("order_id=" + "x" * 129, 400, None),
            ("order_id=%00", 400, None),
        ):
            answer = self.client("orderinfo").get(f"{TRACE}?{query}")
            self.assertEqual(status, answer.status, answer.text)
            self.assertEqual("application/problem+json", answer.headers["content-type"])
            if code is not None:
                self.assertEqual(code, answer.json()["code"])
        far = self.client("orderinfo").get(f"{TRACE}?order_id=x", {"X-Forwarded-For": "9.9.9.9"})
        self.assertEqual((403, "loopback_only"), (far.status, far.json()["code"]))
        done = run_command("trace", "no-such", "--url", self.platform.servers["orderinfo"].url)
        self.assertEqual(1, done.returncode)
        self.assertIn("does not exist", done.stderr)

    def test_times_survive_a_restart(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        order = self.place_order("c", product).json()
        before = self.loaded(order["order_id"])
        wait_until_caught_up(self.platform)
        for server in self.platform.distinct_servers:
            self.assertEqual(0, server.terminate())
        self.platform.start()
        # A service that has just started knows how far it is once it has asked its neighbours.
        wait_until(
            lambda: self.loaded(order["order_id"])["timeline"] == before["timeline"],
            "the timeline is as it was",
        )


class TraceApart(Trace):
    APART = True

    def test_who_cannot_be_asked_is_said(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        order = self.place_order("c", product).json()
        self.loaded(order["order_id"])
        self.take_down("warehouse")
        entries = self.trace(order["order_id"]).json()["timeline"]
        self.assertEqual(("unknown", "warehouse"), (entries[-1]["state"], entries[-1]["station"]))
        self.assertIn("could not be asked", entries[-1]["note"])


if __name__ == "__main__":
    unittest.main()
