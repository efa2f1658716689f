"""What is read from wrk and from Linux."""

import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from orderly_bench import machine, procfs  # noqa: E402
from orderly_bench.programs import parse_wrk  # noqa: E402

WRK = """Running 4s test @ http://127.0.0.1:24601
  1 threads and 64 connections
Requests/sec: 115370.68
RESULT {"requests": 400, "seconds": 4.0, "p50_ms": 0.321, "p99_ms": 0.868, "bad_answers": 0, "broken": 0}
"""

STATUS = "Name:\torderly\nVmRSS:\t  90000 kB\nRssAnon:\t   40960 kB\nRssFile:\t  49040 kB\n"


class Wrk(unittest.TestCase):
    def test_its_rate_is_of_good_answers(self) -> None:
        self.assertEqual(100, parse_wrk(WRK)["rate"])
        refused = WRK.replace('"bad_answers": 0', '"bad_answers": 100')
        self.assertEqual(75, parse_wrk(refused)["rate"])

    def test_broken_connections_are_no_result(self) -> None:
        with self.assertRaises(AssertionError):
            parse_wrk(WRK.replace('"broken": 0', '"broken": 1'))

    def test_no_result_is_an_error(self) -> None:
        with self.assertRaises(StopIteration):
            parse_wrk("unable to connect")


class Procfs(unittest.TestCase):
    def test_anonymous_memory(self) -> None:
        self.assertEqual(40 * 1024 * 1024, procfs.parse_rss_anon(STATUS))
        self.assertEqual(0, procfs.parse_rss_anon("Name:\tkworker\n"))

    def test_cpu_of_a_name_with_brackets(self) -> None:
        fields = ["S", *"0 0 0 0 0 0 0 0 0 0".split(), "150", "50", *["0"] * 30]
        seconds = procfs.parse_cpu_seconds(f"7 (a ) b (c)) {' '.join(fields)}")
        self.assertAlmostEqual(200 / os.sysconf("SC_CLK_TCK"), seconds)

    def test_bytes_written(self) -> None:
        self.assertEqual(4096, procfs.parse_write_bytes("rchar: 1\nwrite_bytes: 4096\n"))

    def test_a_process_costs_what_it_uses(self) -> None:
        before = procfs.cost(os.getpid())
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass
        spent = procfs.cost(os.getpid()).since(before)
        self.assertGreaterEqual(spent.main_thread, 0.05)
        self.assertGreater(procfs.rss_anon(os.getpid()), 1024 * 1024)


class Machine(unittest.TestCase):
    def test_busy_is_neither_idle_nor_waiting_nor_stolen(self) -> None:
        stat = "cpu  100 20 30 4000 500 6 7 800 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
        self.assertAlmostEqual(163 / os.sysconf("SC_CLK_TCK"), machine.parse_busy_seconds(stat))

    def test_what_we_use_is_not_taken_by_others(self) -> None:
        others, began = machine.Others(), time.monotonic()
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
        ours = 0.2 / (time.monotonic() - began)  # less than it was: the kernel counts in ticks
        self.assertLessEqual(others.cores(), (os.cpu_count() or 1) - ours)


if __name__ == "__main__":
    unittest.main()
