"""Restarts under load, in one process and in five: SIGTERM ends with 0 and loses nothing; a data
directory has one owner."""

import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.census import Census
from orderly_testing.load import Load
from orderly_testing.platform import SERVICES
from orderly_testing.process import free_port, run_command


class Restarts:
    PRODUCTS = ("keyboard", "mouse")

    def test_sigterm_under_load_loses_nothing(self) -> None:
        for price, product in enumerate(self.PRODUCTS, start=1):
            self.put_product(product, price)
        with Load(self.platform.servers["order"].url, list(self.PRODUCTS)) as load:
            load.wait_for_more(50)
            for service in self.restarted_services():
                with self.subTest(service):
                    server = self.platform.servers[service]
                    self.assertEqual(0, server.terminate(), server.log_tail())
                    self.platform.restart(service)
                    load.wait_for_more(50)
        census = Census.take(self.platform)
        self.assertEqual([], census.problems(load.acknowledged, load.attempts))
        print(f"{len(load.acknowledged)} acknowledged, refused {load.refusals}")


class RestartsTogether(Restarts, PlatformCase):
    def restarted_services(self) -> list[str]:
        return ["order", "order"]

    def test_a_data_directory_has_one_owner(self) -> None:
        data = str(self.platform.servers["order"].data)
        for command in (["up"], ["serve", "product"]):
            second = run_command(*command, "--data", data, "--listen", f"127.0.0.1:{free_port()}")
            self.assertEqual(1, second.returncode)
            self.assertEqual("", second.stdout)
            self.assertRegex(
                second.stderr, rf"the data directory {data} is in use by another orderly process"
            )

    def test_a_taken_port_is_a_clear_error(self) -> None:
        port = self.platform.servers["order"].port
        folder = str(self.platform.servers["order"].data) + "-other"
        second = run_command("up", "--data", folder, "--listen", f"127.0.0.1:{port}")
        self.assertEqual(1, second.returncode)
        self.assertRegex(second.stderr, rf"Cannot listen on 127\.0\.0\.1:{port}")


class RestartsApart(Restarts, PlatformCase):
    APART = True

    def restarted_services(self) -> tuple[str, ...]:
        return SERVICES


class WrongUsage(unittest.TestCase):
    def test_exit_code_and_message(self) -> None:
        for command, message in (
            ([], "subcommand"),
            (["fly"], "subcommand"),
            (["serve"], "service"),
            (["serve", "nothing"], "nothing"),
            (["up", "--listen", "nowhere"], "HOST:PORT"),
            (["up", "--fast"], "--fast"),
        ):
            done = run_command(*command)
            self.assertEqual(2, done.returncode, command)
            self.assertIn(message, done.stdout + done.stderr)

    def test_help_and_version(self) -> None:
        for command in ([], ["up"], ["serve"], ["sql"], ["demo"]):
            done = run_command(*command, "--help")
            self.assertEqual(0, done.returncode)
            self.assertIn("Usage:", done.stdout)
        self.assertRegex(run_command("--version").stdout, r"^\d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
