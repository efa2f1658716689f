"""The README is true: its commands are run as they stand, against real servers on other ports, and
print what it says, apart from ids and today's date."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from orderly_testing.case import PlatformCase
from orderly_testing.markdown import Block, executable_blocks
from orderly_testing.process import binary, free_port

ROOT = pathlib.Path(
    os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
MARK = "=== the next block ==="
SECONDS = 120

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def normalized(text: str) -> str:
    """Without what differs from day to day. Only the first order of the tour is of today."""
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    return UUID.sub("ID", text).replace(today, "2021-01-18")


def run_section(section: str, replacements: dict[str, str]) -> list[tuple[Block, str]]:
    """All blocks of a section in one shell; each with its output."""
    blocks = [block for block in executable_blocks(README) if block.section == section]
    script = f"\necho '{MARK}'\n".join(block.commands for block in blocks)
    for old, new in replacements.items():
        script = script.replace(old, new)
    outputs = run_script(script).split(f"{MARK}\n")
    return list(zip(blocks, outputs, strict=True))


def run_script(script: str) -> str:
    """What it prints. Whatever it has started and not ended is ended with it."""
    with tempfile.TemporaryDirectory(prefix="orderly-readme-") as folder:
        shell = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )
        try:
            output, errors = shell.communicate(timeout=SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    assert (shell.returncode, errors) == (0, ""), f"ended with {shell.returncode}: {errors}"
    return output


class Tour(PlatformCase):
    def test_commands_print_what_the_readme_says(self) -> None:
        ran = run_section(
            "tour",
            {
                "http://127.0.0.1:8080": self.platform.servers["order"].url,
                "build/release/orderly": binary(),
            },
        )
        self.assertGreaterEqual(len(ran), 8)
        for block, output in ran:
            with self.subTest(block.commands):
                self.assertEqual(normalized(block.output or ""), normalized(output))


class Apart(unittest.TestCase):
    def test_commands_print_what_the_readme_says(self) -> None:
        replacements = {"build/release/orderly": binary()}
        for port in range(8081, 8086):
            replacements[str(port)] = str(free_port())
        ran = run_section("apart", replacements)
        self.assertEqual(3, len(ran))
        for block, output in ran:
            with self.subTest(block.commands):
                self.assertEqual(block.output or "", output)


class Links(unittest.TestCase):
    def test_files_that_documents_link_to_exist(self) -> None:
        documents = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
        documents += sorted((ROOT / "docs").rglob("*.md"))
        self.assertGreater(len(documents), 6)
        for document in documents:
            text = document.read_text(encoding="utf-8")
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
                if not link.startswith(("http://", "https://")):
                    self.assertTrue((document.parent / link).exists(), f"{document.name}: {link}")

    def test_paths_that_documents_name_exist(self) -> None:
        """A path in backquotes below a folder of the repository is one that is there."""
        for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
            text = document.read_text(encoding="utf-8")
            for path in re.findall(r"`((?:src|tests|tools|api|docs|bench|cmake)/[\w./-]*)`", text):
                self.assertTrue((ROOT / path).exists(), f"{document.name} names {path}")

    def test_json_of_the_readme_is_json(self) -> None:
        for block in executable_blocks(README):
            if block.output and block.output.startswith("{") and block.output.count("\n{") == 0:
                json.loads(block.output)


if __name__ == "__main__":
    unittest.main()
