"""The base of tests that rebuild a store of a running platform."""

import json
import random
import subprocess
from collections.abc import Callable
from typing import Any, ClassVar

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census, wait_until_caught_up
from orderly_testing.client import CONNECTION_ERRORS
from orderly_testing.load import Load
from orderly_testing.process import run_command
from orderly_testing.waiting import wait_until


class RebuildCase(PlatformCase):
    """Of STORE, which the process of SERVICE has."""

    STORE: ClassVar[str]
    SERVICE: ClassVar[str]

    @property
    def path(self) -> str:
        return f"/api/v1/admin/rebuild/{self.STORE}"

    def rebuild(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        url = self.platform.servers[self.SERVICE].url
        return run_command("rebuild", self.STORE, "--url", url, *arguments, seconds=120)

    def assert_rebuilt(self, *arguments: str) -> str:
        done = self.rebuild(*arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def status(self) -> dict[str, Any]:
        return self.client(self.SERVICE).get(self.path).json()

    def leave_idle(self) -> None:
        """Whatever a test has left is gone."""
        for action in ("--cancel", "--drop"):
            self.rebuild(action)

    def verify(self) -> dict[str, Any]:
        url = self.platform.servers["orderinfo"].url
        return json.loads(run_command("verify", "--url", url, "--format", "json").stdout)

    def place_some(self, count: int) -> tuple[str, list[str]]:
        """A product, and orders of it at two prices."""
        product, customer = self.unique("product"), self.unique("customer")
        self.put_product(product, 5, name="Thing's \"name\", 長い")
        orders = []
        for number in range(1, count + 1):
            if number == count // 2:
                self.put_product(product, 7, name="Thing, dearer")
            orders.append(self.place_order(customer, product, number).json()["order_id"])
        wait_until_caught_up(self.platform)
        return customer, orders

    def assert_rebuilt_from_elsewhere(self) -> None:
        """Where the feeds are in other processes."""
        self.place_some(4)
        self.assertIn("equal, and swapped", self.assert_rebuilt())
        self.place_some(4)
        self.assertIn("rolled back", self.assert_rebuilt("--rollback"))
        self.leave_idle()
        self.assertEqual([], Census.take(self.platform).problems())

    def assert_refusals(self) -> None:
        """What cannot be is refused, and nothing is done."""
        client = self.client(self.SERVICE)
        answer = client.post(self.path, {"action": "begin"})
        self.assertEqual((400, "action"), (answer.status, answer.json()["field"]))
        answer = client.post(self.path, {"action": "start", "keep_seconds": -1})
        self.assertEqual((400, "keep_seconds"), (answer.status, answer.json()["field"]))
        for action, code in (("swap", "nothing_to_swap"), ("rollback", "nothing_kept"),
                             ("drop", "nothing_kept"), ("cancel", "nothing_to_cancel")):
            answer = client.post(self.path, {"action": action})
            self.assertEqual((409, code), (answer.status, answer.json()["code"]))
        self.assert_rebuilt()
        answer = client.post(self.path, {"action": "start"})
        self.assertEqual((409, "one_is_kept"), (answer.status, answer.json()["code"]))


class KilledRebuildCase(RebuildCase):
    """Deaths in every phase, under load."""

    PHASES = ("filling", "indexing", "comparing", "swapping", "kept")

    def assert_survives(self, die: Callable[[], None], seed: int) -> None:
        choice = random.Random(seed)
        product = self.unique("product")
        self.put_product(product, 5)
        with Load(self.platform.servers["order"].url, [product], threads=4, seed=seed) as load:
            load.wait_for_more(300)
            for phase in self.PHASES:
                self.reach(phase)
                die()
                self.assert_live_one_is_whole()
                load.wait_for_more(choice.randint(1, 50))
        census = Census.take(self.platform)
        self.assertEqual([], census.problems(load.acknowledged, load.attempts))
        self.assertEqual("clean", self.verify()["state"])

    def reach(self, phase: str) -> None:
        """Phases are short; where this one is over when we look, the next one is as good."""
        client = self.client(self.SERVICE)
        before = client.post(self.path, {"action": "start"})
        self.assertEqual(202, before.status, before.text)
        order = ["idle", *self.PHASES]

        def reached() -> bool:
            status = client.get(self.path).json()
            now = status["phase"]
            return status["ended"] > before.json()["ended"] or (
                now in order and order.index(now) >= order.index(phase))

        wait_until(reached, f"the rebuild is {phase}")

    def assert_live_one_is_whole(self) -> None:
        """Idle, or the swap was through and the old one is kept: then it is dropped."""
        phase = wait_until(self.known_phase, "it has looked at what was left")
        self.assertIn(phase, ("idle", "kept"))
        self.rebuild("--drop")
        wait_until(lambda: self.status()["phase"] == "idle", "there is one again")

    def known_phase(self) -> str:
        try:
            phase = self.status()["phase"]
        except CONNECTION_ERRORS:
            return ""
        return "" if phase == "starting" else phase
