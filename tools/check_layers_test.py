"""Each rule of check_layers, broken in a small tree of its own, and the trees that are fine."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_layers"


def run_on(files):
    """Runs the check on a src/ made of {path: text}; returns (exit status, lines printed)."""
    with tempfile.TemporaryDirectory() as root:
        src = pathlib.Path(root) / "src"
        src.mkdir()
        for path, text in files.items():
            (src / path).parent.mkdir(parents=True, exist_ok=True)
            (src / path).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-B", str(CHECK), str(src)], capture_output=True, text=True, check=False
        )
        return done.returncode, [line.removeprefix(f"{src}/") for line in done.stdout.splitlines()]


class CheckLayersTest(unittest.TestCase):
    def assert_fine(self, files):
        self.assertEqual(run_on(files), (0, []))

    def assert_broken(self, files, where, rule):
        status, lines = run_on(files)
        self.assertEqual(status, 1)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(f"{where}: {rule}:"), lines[0])

    def test_a_folder_includes_itself_and_what_stands_below(self):
        self.assert_fine({
            "base/ids.hpp": "",
            "order/store.hpp": '#include "base/ids.hpp"\n#include <vector>\n',
            "order/place_order.cpp": '#include "order/store.hpp"\n',
        })

    def test_a_folder_does_not_include_what_stands_above(self):
        self.assert_broken(
            {"events/event.hpp": "", "base/ids.hpp": '#pragma once\n\n#include "events/event.hpp"\n'},
            "base/ids.hpp:3", "direction")

    def test_folders_of_one_layer_do_not_include_one_another(self):
        self.assert_broken(
            {"sqlite/row.hpp": "", "json/value.hpp": '#include "sqlite/row.hpp"\n'},
            "json/value.hpp:1", "direction")

    def test_events_stand_above_http_and_not_below(self):
        self.assert_fine({"http/router.hpp": "", "events/feed.hpp": '#include "http/router.hpp"\n'})
        self.assert_broken(
            {"events/feed.hpp": "", "http/router.hpp": '#include "events/feed.hpp"\n'},
            "http/router.hpp:1", "direction")

    def test_a_service_does_not_include_another(self):
        self.assert_broken(
            {"product/store.hpp": "", "order/routes.cpp": '#include "product/store.hpp"\n'},
            "order/routes.cpp:1", "service")

    def test_an_adapter_does_not_include_another_service(self):
        self.assert_broken(
            {"product/store.hpp": "", "order/sqlite/store.cpp": '#include "product/store.hpp"\n'},
            "order/sqlite/store.cpp:1", "service")

    def test_an_adapter_includes_its_service_and_what_stands_below(self):
        self.assert_fine({
            "sqlite/connection.hpp": "",
            "order/store.hpp": "",
            "order/sqlite/store.cpp":
                '#include "order/store.hpp"\n#include "sqlite/connection.hpp"\n',
        })

    def test_a_service_does_not_include_its_adapter(self):
        self.assert_broken(
            {"order/sqlite/store.hpp": "", "order/routes.cpp": '#include "order/sqlite/store.hpp"\n'},
            "order/routes.cpp:1", "adapter")

    def test_app_and_main_include_adapters(self):
        self.assert_fine({
            "order/sqlite/store.hpp": "",
            "app/up.hpp": '#include "order/sqlite/store.hpp"\n',
            "main.cpp": '#include "app/up.hpp"\n',
        })

    def test_nothing_includes_app(self):
        self.assert_broken(
            {"app/up.hpp": "", "order/routes.cpp": '#include "app/up.hpp"\n'},
            "order/routes.cpp:1", "direction")

    def test_a_service_does_not_include_sqlite(self):
        self.assert_broken(
            {"sqlite/connection.hpp": "", "order/store.hpp": '#include "sqlite/connection.hpp"\n'},
            "order/store.hpp:1", "storage")

    def test_vendor_headers_stay_in_their_folder(self):
        homes = {
            "sqlite3.h": "sqlite", "duckdb.h": "warehouse/duckdb", "boost/beast.hpp": "http",
            "boost/beast/http.hpp": "http", "boost/json.hpp": "json", "boost/json/value.hpp": "json",
            "prometheus/counter.h": "telemetry", "spdlog/spdlog.h": "telemetry",
            "openssl/ssl.h": "http", "CLI/CLI.hpp": "app",
        }
        for header, home in homes.items():
            with self.subTest(header=header):
                self.assert_fine({f"{home}/a.cpp": f"#include <{header}>\n"})
                self.assert_broken(
                    {"order/a.cpp": f"\n#include <{header}>\n"}, "order/a.cpp:2", "vendor")
                self.assert_broken(
                    {"order/a.cpp": f'#  include "{header}"\n'}, "order/a.cpp:1", "vendor")

    def test_a_folder_without_a_layer_is_named(self):
        self.assert_broken(
            {"base/ids.hpp": "", "billing/a.cpp": '#include "base/ids.hpp"\n'},
            "billing/a.cpp:1", "direction")

    def test_includes_are_written_from_src(self):
        self.assert_broken(
            {"base/ids.hpp": "", "base/ids.cpp": '#include "ids.hpp"\n'}, "base/ids.cpp:1", "direction")
        self.assert_broken(
            {"base/ids.hpp": "", "order/a.cpp": '#include "../base/ids.hpp"\n'},
            "order/a.cpp:1", "direction")


if __name__ == "__main__":
    unittest.main()
