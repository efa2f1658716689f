"""Orders from several clients at once; every acknowledgement is remembered."""

import random
import threading
import uuid
from dataclasses import dataclass

from orderly_testing.client import CONNECTION_ERRORS, Client
from orderly_testing.waiting import PATIENCE_SECONDS, wait_until

_PAUSE_SECONDS = 0.01  # before another try at a server that is away


@dataclass(frozen=True)
class Attempt:
    """An order that was sent. Its customer and number occur in no other attempt."""

    customer_id: str
    number: int
    product_id: str
    order_date: str
    key: str | None  # Idempotency-Key


@dataclass(frozen=True)
class Acknowledged:
    attempt: Attempt
    order_id: str


class _Worker(threading.Thread):
    def __init__(self, load: "Load", index: int) -> None:
        super().__init__(name=f"load {index}", daemon=True)
        self._load = load
        self._random = random.Random(f"{load.seed}/{index}")
        self._customer = f"{load.run}-{index}"
        # Half of them repeat with a key what was not answered, the others leave it open.
        self._repeats = index % 2 == 0

    def run(self) -> None:
        client = Client(self._load.url, timeout=PATIENCE_SECONDS)
        number = 0
        while not self._load.stopping.is_set():
            number += 1
            self._place(client, self._next_attempt(number))
        client.close()

    def _next_attempt(self, number: int) -> Attempt:
        date = f"{self._random.choice((2020, 2021))}-{self._random.randint(1, 12):02}-17"
        key = str(uuid.UUID(int=self._random.getrandbits(128))) if self._repeats else None
        product = self._random.choice(self._load.products)
        return Attempt(self._customer, number, product, date, key)

    def _place(self, client: Client, attempt: Attempt) -> None:
        self._load.sent(attempt)
        body = {
            "customer_id": attempt.customer_id,
            "product_id": attempt.product_id,
            "number": attempt.number,
            "order_date": attempt.order_date,
        }
        headers = {"Idempotency-Key": attempt.key} if attempt.key else {}
        while True:
            try:
                answer = client.post("/api/v1/order/create", body, headers)
                if answer.status == 200:
                    self._load.acknowledge(attempt, answer.json()["order_id"])
                    return
                self._load.refused(answer.status)
            except CONNECTION_ERRORS:
                pass  # whether it was accepted is open
            if self._load.stopping.wait(_PAUSE_SECONDS) or not attempt.key:
                return


class Load:
    """with Load(url, products) as load: …"""

    def __init__(self, url: str, products: list[str], threads: int = 4, seed: int = 0) -> None:
        self.url = url
        self.products = products
        self.seed = seed
        self.run = f"load-{uuid.uuid4().hex[:8]}"
        self.stopping = threading.Event()
        self.attempts: list[Attempt] = []
        self.acknowledged: list[Acknowledged] = []
        self.refusals: dict[int, int] = {}  # by status
        self._lock = threading.Lock()
        self._workers = [_Worker(self, index) for index in range(threads)]

    # What the workers tell.

    def sent(self, attempt: Attempt) -> None:
        with self._lock:
            self.attempts.append(attempt)

    def acknowledge(self, attempt: Attempt, order_id: str) -> None:
        with self._lock:
            self.acknowledged.append(Acknowledged(attempt, order_id))

    def refused(self, status: int) -> None:
        with self._lock:
            self.refusals[status] = self.refusals.get(status, 0) + 1

    # What the test does.

    def wait_for_more(self, orders: int) -> None:
        """Until so many more orders are acknowledged."""
        goal = len(self.acknowledged) + orders
        wait_until(lambda: len(self.acknowledged) >= goal, f"{orders} more orders acknowledged")

    def stop(self) -> None:
        self.stopping.set()
        for worker in self._workers:
            worker.join()

    def __enter__(self) -> "Load":
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
