"""The metrics that an operator is promised: they are there, and they move."""

import unittest
import uuid

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.metrics import Metrics
from orderly_testing.waiting import wait_until

SUBSCRIPTION = "push-order-to-orderinfo"
ORDERS = {"table": "order_information"}


class MetricsCase(PlatformCase):
    def scrape(self, service: str = "order") -> Metrics:
        return Metrics(self.client(service))


class Together(MetricsCase):
    def test_format(self) -> None:
        answer = self.client("order").get("/metrics")
        self.assertEqual("text/plain; version=0.0.4; charset=utf-8", answer.headers["content-type"])
        metrics = self.scrape()
        names = {name for name, _, _ in metrics.samples}
        self.assertTrue(all(name.startswith("orderly_") for name in names), names)
        for name in names:
            base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
            self.assertRegex(metrics.text, rf"(?m)^# HELP ({name}|{base}) \S")
            kinds = "counter|gauge|histogram"
            self.assertRegex(metrics.text, rf"(?m)^# TYPE ({name}|{base}) ({kinds})$")

    def test_requests_by_route_and_status_with_latency(self) -> None:
        def count(metrics: Metrics, status: int) -> float:
            return metrics.value(
                "orderly_http_requests_total",
                method="POST", route="/api/v1/product/get", status=str(status),
            )

        before = self.scrape()
        client = self.client("product")
        client.post("/api/v1/product/get", {"product_id": "nobody"})
        client.post("/product-service-cqrs/api/v1/product/get", {"product_id": "nobody"})
        client.post("/api/v1/product/get", {})
        after = self.scrape()
        self.assertEqual(2, count(after, 404) - count(before, 404))
        self.assertEqual(1, count(after, 400) - count(before, 400))
        latency = "orderly_http_request_seconds"
        labels = {"route": "/api/v1/product/get"}
        counts = [each.value(f"{latency}_count", **labels) for each in (before, after)]
        self.assertEqual(3, counts[1] - counts[0])
        self.assertGreater(after.value(f"{latency}_sum", **labels), 0)
        self.assertEqual(
            after.value(f"{latency}_count", **labels),
            after.value(f"{latency}_bucket", le="+Inf", **labels),
        )
        self.assertGreaterEqual(after.value("orderly_http_connections"), 1)

    def test_what_has_no_route_does_not_make_metrics_grow(self) -> None:
        client = self.client("product")
        for _ in range(5):
            client.get(f"/{uuid.uuid4()}")
        lines = [line for line in self.scrape().text.splitlines() if 'status="404"' in line]
        self.assertLess(len(lines), 10)

    def test_the_pipeline_counts(self) -> None:
        wait_until_caught_up(self.platform)  # with what earlier tests have placed
        self.wait_until_quiet()
        before = self.scrape()
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)
        for _ in range(5):
            self.place_order(customer, product)
        wait_until_caught_up(self.platform)
        self.wait_until_quiet()
        after = self.scrape()
        topic = {"topic": "order-service-cqrs-event"}
        subscription = {"subscription": SUBSCRIPTION}
        for name, labels in (
            ("orderly_relay_published_total", topic),
            ("orderly_subscription_delivered_total", subscription),
            ("orderly_subscription_acknowledged_total", subscription),
            ("orderly_projector_projected_total", {}),
            ("orderly_read_model_position", {}),
            ("orderly_read_model_settled_position", {}),
            ("orderly_warehouse_rows_loaded_total", ORDERS),
            ("orderly_warehouse_position", ORDERS),
        ):
            with self.subTest(name):
                self.assertEqual(5, after.value(name, **labels) - before.value(name, **labels))
        for name, labels in (
            ("orderly_store_commit_group_size_count", {"store": "order"}),
            ("orderly_store_commit_seconds_count", {"store": "order"}),
            ("orderly_store_commit_group_size_count", {"store": "product"}),
            ("orderly_projector_batch_orders_count", {}),
            ("orderly_projector_batch_seconds_count", {}),
            ("orderly_warehouse_loads_total", ORDERS),
            ("orderly_warehouse_load_seconds_count", ORDERS),
        ):
            with self.subTest(name):
                self.assertGreater(after.value(name, **labels), before.value(name, **labels))
        self.assertEqual(
            5,
            after.value("orderly_store_commit_group_size_sum", store="order")
            - before.value("orderly_store_commit_group_size_sum", store="order"),
        )

    def wait_until_quiet(self) -> None:
        """When nothing waits, every backlog and age says 0, and none is unknown."""
        topic = {"topic": "order-service-cqrs-event"}
        subscription = {"subscription": SUBSCRIPTION}
        for name, labels in (
            ("orderly_outbox_age_seconds", topic),
            ("orderly_relay_lag_events", topic),
            ("orderly_subscription_backlog", subscription),
            ("orderly_subscription_oldest_unacknowledged_seconds", subscription),
            ("orderly_subscription_in_flight", subscription),
            ("orderly_projector_lag_positions", {}),
            ("orderly_warehouse_lag_changes", ORDERS),
            ("orderly_warehouse_lag_seconds", ORDERS),
        ):
            wait_until(lambda: self.scrape().find(name, **labels) == 0, f"{name} is 0")
        lag = self.scrape().find("orderly_projector_lag_seconds")
        self.assertIsNotNone(lag)
        self.assertLess(lag, 5)

    def test_parked_and_dead_letters(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        before = self.scrape()
        self.place_order(customer, product)
        wait_until(
            lambda: self.scrape().value("orderly_read_model_parked_orders")
            == before.value("orderly_read_model_parked_orders") + 1,
            "one more parked order",
        )
        self.put_product(product, 1)
        wait_until(
            lambda: self.scrape().value("orderly_projector_released_total")
            == before.value("orderly_projector_released_total") + 1,
            "it is released",
        )
        attributes = {"event_id": str(uuid.uuid4()), "event_type": "order_create"}
        self.client("orderinfo").post(
            "/api/v1/orderinfo/pubsub", push.envelope(b"no json", attributes)
        )
        after = self.scrape()
        for name in ("orderly_read_model_dead_letters", "orderly_projector_dead_lettered_total"):
            self.assertEqual(1, after.value(name) - before.value(name), name)
        self.assertEqual(
            before.value("orderly_read_model_parked_orders"),
            after.value("orderly_read_model_parked_orders"),
        )


class Apart(MetricsCase):
    APART = True

    def test_backlog_and_redeliveries_of_a_subscriber_that_is_away(self) -> None:
        customer, product = self.unique("customer"), self.unique("product")
        self.put_product(product, 1)

        def value(name: str) -> float:
            return self.scrape("event-publisher").value(name, subscription=SUBSCRIPTION)

        placed = self.place_order(customer, product).json()
        self.see_order(customer, placed["order_id"])
        wait_until(lambda: value("orderly_subscription_backlog") == 0, "it is acknowledged")
        self.take_down("orderinfo")
        placed = [self.place_order(customer, product).json()["order_id"] for _ in range(3)]
        wait_until(lambda: value("orderly_subscription_backlog") == 3, "a backlog of 3")
        wait_until(
            lambda: value("orderly_subscription_oldest_unacknowledged_seconds") > 0.2,
            "it grows old",
        )
        wait_until(lambda: value("orderly_subscription_rejected_total") >= 2, "tries have failed")
        self.bring_back("orderinfo")
        for order_id in placed:
            self.see_order(customer, order_id)
        wait_until(lambda: value("orderly_subscription_backlog") == 0, "no backlog")
        self.assertGreaterEqual(value("orderly_subscription_redelivered_total"), 1)

    def test_the_loader_does_not_know_its_lag_without_its_source(self) -> None:
        def lag() -> float | None:
            return self.scrape("warehouse").find("orderly_warehouse_lag_changes", **ORDERS)

        wait_until(lambda: lag() == 0, "no lag")
        self.take_down("orderinfo")
        wait_until(lambda: lag() is None, "the lag is unknown")
        self.bring_back("orderinfo")
        wait_until(lambda: lag() == 0, "no lag")

    def test_ready_without_peers_and_says_what_it_waits_for(self) -> None:
        """A peer that is away is no reason to be restarted; the process stays alive and ready."""
        self.take_down("product")
        for service in ("orderinfo", "event-publisher", "warehouse"):
            client = self.client(service)
            self.assertEqual(200, client.get("/healthz").status)
            self.assertEqual(200, client.get("/readyz").status)
        self.bring_back("product")


if __name__ == "__main__":
    unittest.main()
