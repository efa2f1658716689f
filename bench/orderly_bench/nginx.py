"""The yardstick: what HTTP itself can do on this machine."""

import pathlib
import shutil
import subprocess

from orderly_testing.client import CONNECTION_ERRORS, Client
from orderly_testing.process import free_port
from orderly_testing.waiting import wait_until

_CONFIG = pathlib.Path(__file__).resolve().parent.parent / "nginx.conf"


class Nginx:
    """One worker that answers a constant, on a port of its own, from its start to stop()."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = _CONFIG.read_text("utf-8")
        file = folder / "nginx.conf"
        file.write_text(config.replace("PREFIX", str(folder)).replace("PORT", str(port)), "utf-8")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        with (folder / "stderr.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-p", str(folder), "-c", str(file)], stderr=log)
        wait_until(self._answers, "nginx answers")

    def _answers(self) -> bool:
        try:
            with Client(self.url) as client:
                return client.get("/").status == 200
        except CONNECTION_ERRORS:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
