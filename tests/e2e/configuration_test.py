"""A process is told the same things by flags, ORDERLY_* variables and a configuration file."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from orderly_testing.process import binary, free_port
from orderly_testing.waiting import PATIENCE_SECONDS


class Configuration(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="orderly-configuration-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, **names: str | int) -> str:
        file = self.folder / "orderly.toml"
        lines = [f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in names.items()]
        file.write_text("\n".join(["# for a test", *lines, ""]), encoding="utf-8")
        return str(file)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [binary(), *arguments],
            cwd=self.folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def listening(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """The port and the data directory, as the process says them in its first line."""
        process = self.start("serve", "order", *arguments, **variables)
        assert process.stderr is not None
        line = process.stderr.readline()
        self.assertIn("orderly is listening", line)
        process.terminate()
        self.assertEqual(0, process.wait(PATIENCE_SECONDS))
        entry = json.loads(line)
        return entry["port"], pathlib.Path(entry["data"]).name

    def refused(self, *arguments: str) -> str:
        process = self.start("serve", "order", *arguments)
        message = process.communicate(timeout=PATIENCE_SECONDS)[1]
        self.assertEqual(2, process.returncode, message)
        return message

    def test_a_flag_outranks_a_variable_and_a_variable_the_file(self) -> None:
        flag, variable, file, port = (free_port() for _ in range(4))
        config = self.write(listen=f"127.0.0.1:{file}", data="from-file", warehouse_threads=1)
        variables = {"ORDERLY_LISTEN": f"127.0.0.1:{variable}", "PORT": str(port)}
        listen = ("--listen", f"127.0.0.1:{flag}")
        self.assertEqual((port, "orderly-data"), self.listening(PORT=str(port)))
        self.assertEqual((file, "from-file"), self.listening("--config", config, PORT=str(port)))
        self.assertEqual((variable, "from-file"), self.listening("--config", config, **variables))
        all_three = self.listening("--config", config, *listen, **variables)
        self.assertEqual((flag, "from-file"), all_three)
        self.assertEqual((file, "from-file"), self.listening(ORDERLY_CONFIG=config))

    def test_the_urls_of_peers_may_stand_in_the_file(self) -> None:
        away = f"http://127.0.0.1:{free_port()}"
        config = self.write(listen="127.0.0.1:0", orderinfo_url=away)
        self.assertEqual("orderly-data", self.listening("warehouse", "--config", config)[1])

    def test_what_the_file_gets_wrong_is_refused_by_name(self) -> None:
        self.assertIn("misspelt is not known", self.refused("--config", self.write(misspelt=1)))
        self.assertIn(
            "--warehouse-threads", self.refused("--config", self.write(warehouse_threads=0))
        )
        self.assertIn("HOST:PORT", self.refused("--config", self.write(listen="nowhere")))
        self.assertIn("does not exist", self.refused("--config", "no-such.toml"))
        section = self.folder / "section.toml"
        section.write_text('[serve]\nlisten = "127.0.0.1:0"\n', encoding="utf-8")
        self.assertIn("[serve] is not known", self.refused("--config", str(section)))


if __name__ == "__main__":
    unittest.main()
