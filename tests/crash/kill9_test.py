"""kill -9 under load, at random moments, again and again; then everything is counted: what was
acknowledged is there exactly once, in the read model and in the warehouse with equal sums, and what
was not is there at most once (P1, P2, P5, P6, P8)."""

import os
import random
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census
from orderly_testing.client import CONNECTION_ERRORS
from orderly_testing.load import Load
from orderly_testing.platform import SERVICES
from orderly_testing.waiting import wait_until

PRODUCTS = ["keyboard", "mouse", "screen"]
LATE_PRODUCT = "announced"  # ordered from the beginning, created at the end
MOST_ORDERS_BETWEEN_KILLS = 400
# For more of them than a test has time for.
KILLS = int(os.environ.get("ORDERLY_KILLS", "0"))


class Killed:
    """The test; how often and whom to kill is a subclass's business."""

    ROUNDS: int
    VICTIMS: tuple[str, ...]

    def test_nothing_lost_nothing_twice(self) -> None:
        seed = os.environ.get("ORDERLY_SEED") or str(random.randrange(2**32))
        print(f"ORDERLY_SEED={seed}")
        choice = random.Random(seed)
        for product in PRODUCTS:
            self.put_product(product, choice.randint(1, 1000))
        url = self.platform.servers["order"].url
        with Load(url, [*PRODUCTS, LATE_PRODUCT], threads=8, seed=int(seed)) as load:
            for _ in range(self.ROUNDS):
                self.change_a_price(choice)
                load.wait_for_more(choice.randint(1, MOST_ORDERS_BETWEEN_KILLS))
                victim = choice.choice(self.VICTIMS)
                self.platform.servers[victim].kill()
                self.platform.restart(victim)
            load.wait_for_more(100)
        self.put_product(LATE_PRODUCT, 5)
        wait_until(self.nothing_parked, "all orders are released")
        census = Census.take(self.platform)
        print(
            f"{self.ROUNDS} kills: {len(load.attempts)} orders sent, "
            f"{len(load.acknowledged)} acknowledged, {len(census.orders)} accepted"
        )
        self.assertEqual([], census.problems(load.acknowledged, load.attempts))
        self.assert_keys_placed_one_order_each(load, census)

    def change_a_price(self, choice: random.Random) -> None:
        """While orders come in. The product service may have been killed a moment ago."""
        price = choice.randint(1, 1000)

        def put() -> bool:
            try:
                self.put_product(choice.choice(PRODUCTS), price)
                return True
            except CONNECTION_ERRORS:
                return False

        wait_until(put, "a price change is accepted")

    def nothing_parked(self) -> bool:
        with self.platform.client("orderinfo") as client:
            text = client.get("/metrics").text
        return "orderly_read_model_parked_orders 0\n" in text

    def assert_keys_placed_one_order_each(self, load: Load, census: Census) -> None:
        """An attempt with an Idempotency-Key was repeated until it was acknowledged."""
        acknowledged = {each.attempt for each in load.acknowledged}
        left_open = [each for each in load.attempts if each.key and each not in acknowledged]
        self.assertLessEqual(len(left_open), 8, "at most what was under way at the end")
        accepted = {
            (event["data"]["customer_id"], event["data"]["number"]) for event in census.orders
        }
        for attempt in acknowledged:
            self.assertIn((attempt.customer_id, attempt.number), accepted)


class KilledTogether(Killed, PlatformCase):
    """orderly up, killed ten times."""

    ROUNDS = KILLS or 10
    VICTIMS = ("order",)


class KilledApart(Killed, PlatformCase):
    """Five processes; each round kills one of them. A few rounds more than there are services."""

    APART = True
    ROUNDS = KILLS or 7
    VICTIMS = SERVICES


if __name__ == "__main__":
    unittest.main()
