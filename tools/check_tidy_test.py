"""Each finding of check_tidy, in a file made for it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_tidy"


def run_on(name, text):
    with tempfile.TemporaryDirectory() as root:
        (pathlib.Path(root) / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-B", str(CHECK), root], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.splitlines()


class CheckTidyTest(unittest.TestCase):
    def assert_found(self, name, text, finding):
        self.assertEqual(run_on(name, text), (1, [f"{name}:{finding}"]))

    def test_tidy_files_pass(self):
        for name, text in {
            "a.hpp": "#pragma once\n\nint f();\n",
            "b.md": "Two spaces break a line  \nhere, see /tmp/orderly.\n",
            "c.cpp": "// a line\n" * 500,
            "picture.png": "\t TO" + "DO \n",
        }.items():
            with self.subTest(name=name):
                self.assertEqual(run_on(name, text), (0, []))

    def test_long_file(self):
        self.assert_found("a.cpp", "// a line\n" * 501, "500: longer than 500 lines")

    def test_tab(self):
        self.assert_found("a.cpp", "int a;\n\tint b;\n", "2: a tab")

    def test_trailing_space(self):
        self.assert_found("a.py", "a = 1 \n", "1: space at the end of the line")

    def test_last_newline(self):
        self.assert_found("a.py", "a = 1", "1: the last line has no newline")

    def test_unfinished(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            with self.subTest(word=word):
                self.assert_found("a.cpp", f"// {word}: later\n", f"1: unfinished: {word}")

    def test_machine_path(self):
        self.assert_found("a.md", "In /ho" + "me/ann/x.\n", "1: a path of one machine: /ho" + "me/a…")

    def test_header_guard(self):
        self.assert_found("a.hpp", "int f();\n", "1: a header without #pragma once")


if __name__ == "__main__":
    unittest.main()
