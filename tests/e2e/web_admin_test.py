"""The owner's desk asks /api/v1/admin: the picture of the pipeline, parked orders, dead letters."""

import base64
import json
import unittest
from typing import Any

from orderly_testing.case import PlatformCase
from orderly_testing.waiting import wait_until

PIPELINE = "/api/v1/admin/pipeline"
PARKED = "/api/v1/admin/parked"
DEAD_LETTERS = "/api/v1/admin/dead-letters"


class AdminCase(PlatformCase):
    def pipeline(self, service: str) -> dict[str, Any]:
        answer = self.client(service).get(PIPELINE)
        self.assertEqual(200, answer.status, answer.text)
        return answer.json()

    def arrows(self, service: str) -> dict[str, dict[str, Any]]:
        return {arrow["id"]: arrow for arrow in self.pipeline(service)["arrows"]}

    def pages(self, path: str, member: str, size: int) -> list[dict[str, Any]]:
        client = self.client("orderinfo")
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = client.get(f"{path}?page_size={size}&page_token={token}").json()
            self.assertLessEqual(len(page[member]), size)
            found += page[member]
            token = page.get("next_page_token", "")
            if not token:
                return found


class AdminTogether(AdminCase):
    def test_every_arrow_arrives(self) -> None:
        product = self.unique("product")
        self.put_product(product, 5)
        before = self.arrows("order")
        order = self.place_order("customer", product).json()
        self.see_order("customer", order["order_id"])

        def all_arrived() -> bool:
            # A hop knows of no backlog before it has heard of the order.
            arrows = self.arrows("order")
            moved = arrows["load:order_information"]["moved"]
            return moved > before["load:order_information"]["moved"] and all(
                arrow["backlog"] == 0 and arrow["lag_seconds"] == 0 for arrow in arrows.values()
            )

        wait_until(all_arrived, "nothing waits anywhere")
        after = self.arrows("order")
        expected = {
            "relay:order-service-cqrs-event": "relay",
            "relay:product-service-cqrs-event": "relay",
            "subscription:push-order-to-orderinfo": "subscription",
            "projection": "projection",
            "products": "products",
            "load:order_information": "load",
        }
        for name, kind in expected.items():
            self.assertEqual(kind, after[name]["kind"])
            self.assertIsNone(after[name]["alarm"])
            self.assertIsNone(after[name]["oldest_at"])
            if "product" not in name:
                self.assertEqual(before[name]["moved"] + 1, after[name]["moved"], name)
        delivery = after["subscription:push-order-to-orderinfo"]["delivery"]
        self.assertEqual(delivery["acknowledged"], delivery["delivered"])

    def test_the_process_is_described(self) -> None:
        picture = self.pipeline("order")
        self.assertEqual(5, len(picture["services"]))
        self.assertTrue(picture["ready"])
        self.assertEqual([], picture["alarms"])
        self.assertGreater(self.pipeline("order")["uptime_seconds"], 0)

    def test_parked_orders_are_listed_until_their_product_comes(self) -> None:
        product = self.unique("late")
        placed = {self.place_order("waiter", product).json()["order_id"] for _ in range(5)}

        def listed() -> set[str]:
            orders = self.pages(PARKED, "orders", 2)
            ids = [order["order_id"] for order in orders]
            self.assertEqual(len(ids), len(set(ids)))
            return {order["order_id"] for order in orders if order["product_id"] == product}

        wait_until(lambda: listed() == placed, "all five are parked")
        self.assertGreaterEqual(self.pipeline("order")["read_model"]["parked"], 5)
        self.put_product(product, 7)
        wait_until(lambda: listed() == set(), "none is parked any more")

    def test_dead_letters_are_listed_as_they_were_kept(self) -> None:
        for number in range(3):
            data = json.dumps({"order_id": f"broken-{number}"}).encode()
            message = {
                "messageId": self.unique("m"),
                "data": base64.b64encode(data).decode(),
                "attributes": {"event_id": self.unique("e"), "event_type": "order_create"},
            }
            self.post("orderinfo", "/api/v1/orderinfo/pubsub", {"message": message})
        letters = self.pages(DEAD_LETTERS, "dead_letters", 1)
        self.assertEqual(3, len(letters))
        self.assertEqual([1, 2, 3], [letter["number"] for letter in letters])
        self.assertEqual(3, self.pipeline("order")["read_model"]["dead_letters"])

    def test_wrong_pages_name_the_field(self) -> None:
        client = self.client("orderinfo")
        for query, field in (
            ("page_size=0", "page_size"),
            ("page_size=1001", "page_size"),
            ("page_size=x", "page_size"),
        ):
            for path in (PARKED, DEAD_LETTERS):
                answer = client.get(f"{path}?{query}")
                self.assertEqual((400, field), (answer.status, answer.json()["field"]))
        for token in ("x", "-1", "99999999999999999999"):
            answer = client.get(f"{DEAD_LETTERS}?page_token={token}")
            self.assertEqual((400, "page_token"), (answer.status, answer.json()["field"]))

    def test_what_a_proxy_hands_on_is_refused(self) -> None:
        client = self.client("order")
        for path in (PIPELINE, PARKED, DEAD_LETTERS):
            for headers in ({"X-Forwarded-For": "203.0.113.7"}, {"Sec-Fetch-Site": "cross-site"}):
                answer = client.get(path, headers)
                self.assertEqual(403, answer.status, path)
                self.assertEqual("loopback_only", answer.json()["code"])


class AdminApart(AdminCase):
    APART = True

    def test_each_process_shows_what_it_hosts(self) -> None:
        kinds = {
            service: sorted({arrow["kind"] for arrow in self.arrows(service).values()})
            for service in self.platform.servers
        }
        self.assertEqual([], kinds["order"])
        self.assertEqual([], kinds["product"])
        self.assertEqual(["relay", "subscription"], kinds["event-publisher"])
        self.assertEqual(["products", "projection"], kinds["orderinfo"])
        self.assertEqual(["load"], kinds["warehouse"])
        self.assertIsNone(self.pipeline("warehouse")["read_model"])
        self.assertEqual(404, self.client("warehouse").get(PARKED).status)


if __name__ == "__main__":
    unittest.main()
