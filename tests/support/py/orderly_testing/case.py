"""The base of tests that run against a platform."""

import unittest
import uuid
from typing import Any, ClassVar

from orderly_testing.client import Answer, Client
from orderly_testing.platform import Platform

READ_YOUR_WRITE = {"Prefer": "wait=25"}


class PlatformCase(unittest.TestCase):
    """One platform for all tests of the class; tests keep apart by ids of their own. After the last
    test everything that runs must end with 0 at SIGTERM. A failure shows the servers' logs."""

    APART: ClassVar[bool] = False
    platform: ClassVar[Platform]

    @classmethod
    def setUpClass(cls) -> None:
        cls.platform = Platform(apart=cls.APART)
        cls.addClassCleanup(cls.platform.discard)
        cls.platform.start()

    @classmethod
    def tearDownClass(cls) -> None:
        codes = cls.platform.stop()
        bad = {service: code for service, code in codes.items() if code != 0}
        assert not bad, f"exit codes after SIGTERM: {bad}\n{cls.platform.logs()}"

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"\n{self.id()} failed; the servers said:\n{self.platform.logs()}")
        return result

    def client(self, service: str) -> Client:
        client = self.platform.client(service)
        self.addCleanup(client.close)
        return client

    def take_down(self, service: str) -> None:
        """kill -9. At the end of the test, whatever its outcome, the service is there again."""
        self.platform.servers[service].kill()
        self.addCleanup(self.bring_back, service)

    def bring_back(self, service: str) -> None:
        if not self.platform.servers[service].running:
            self.platform.restart(service)

    @staticmethod
    def unique(name: str) -> str:
        return f"{name}-{uuid.uuid4().hex[:12]}"

    # The calls that most tests make. They fail on anything but 200.

    def post(
        self, service: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> Answer:
        answer = self.client(service).post(path, body, headers)
        self.assertEqual(200, answer.status, answer.text)
        return answer

    def put_product(self, product_id: str, unit_price: int, name: str = "Thing") -> Answer:
        body = {"product_id": product_id, "product_name": name, "unit_price": unit_price}
        return self.post("product", "/api/v1/product/create", body)

    def place_order(
        self, customer_id: str, product_id: str, number: int = 1, order_date: str | None = None
    ) -> Answer:
        body = {"customer_id": customer_id, "product_id": product_id, "number": number}
        if order_date is not None:
            body["order_date"] = order_date
        return self.post("order", "/api/v1/order/create", body)

    def find_order(
        self, customer_id: str, order_id: str, headers: dict[str, str] | None = None
    ) -> Answer:
        body = {"customer_id": customer_id, "order_id": order_id}
        return self.client("orderinfo").post("/api/v1/orderinfo/get", body, headers)

    def see_order(self, customer_id: str, order_id: str) -> dict[str, Any]:
        """The joined order, once it is visible."""
        answer = self.find_order(customer_id, order_id, READ_YOUR_WRITE)
        self.assertEqual(200, answer.status, answer.text)
        return answer.json()
