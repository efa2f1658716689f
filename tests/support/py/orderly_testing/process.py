"""One `orderly` process: started, watched, ended politely or not."""

import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import unittest

from orderly_testing.client import CONNECTION_ERRORS, Client
from orderly_testing.waiting import PATIENCE_SECONDS, wait_until

# Below the ports that the kernel gives to outgoing connections, so that nobody takes one between
# two lives of a server.
_PORTS = range(20_000, 32_000)
_reserved: list[socket.socket] = []


def binary() -> str:
    """The orderly under test."""
    path = os.environ.get("ORDERLY_BINARY")
    if not path:
        raise RuntimeError("ORDERLY_BINARY must name the orderly to test")
    return path


def allow_open_files(count: int) -> None:
    """So many, in this process and in the servers that it starts; or the test is skipped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        raise unittest.SkipTest(f"a process may only have {hard} open files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


def free_port() -> int:
    """One that no other test has got, in this process or another, until this process ends."""
    while True:
        port = random.choice(_PORTS)
        name = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                name.bind(f"\0orderly-test-port-{port}")  # a name in no folder, gone with the process
                probe.bind(("127.0.0.1", port))
            except OSError:
                name.close()
                continue
        _reserved.append(name)
        return port


def run_command(
    *arguments: str, stdin: str | None = None, seconds: float = PATIENCE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Runs `orderly arguments…` to its end."""
    return subprocess.run(
        [binary(), *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Server:
    """`orderly up` or `orderly serve …` on a port that stays the same from life to life."""

    def __init__(self, arguments: list[str], data: pathlib.Path, log: pathlib.Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.log = log
        self.arguments = arguments
        self.prefix: list[str] = []  # a command that replaces itself by the server
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert self._process is None, "it runs already"
        command = [*self.prefix, binary(), *self.arguments, "--data", str(self.data)]
        command += ["--listen", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_ready(self, seconds: float = PATIENCE_SECONDS) -> None:
        wait_until(self._is_ready, f"{self.arguments} is ready\n{self.log_tail()}", seconds)

    def _is_ready(self) -> bool:
        self.check_alive()
        try:
            with Client(self.url) as client:
                return client.get("/readyz").status == 200
        except CONNECTION_ERRORS:
            return False

    def check_alive(self) -> None:
        assert self._process is not None, "it was not started"
        if (code := self._process.poll()) is not None:
            self._process = None
            raise AssertionError(f"{self.arguments} ended with {code}:\n{self.log_tail()}")

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def terminate(self, seconds: float = PATIENCE_SECONDS) -> int:
        """SIGTERM; gives the exit code."""
        self.ask_to_end()
        return self.wait_ended(seconds)

    def ask_to_end(self) -> None:
        """SIGTERM."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait_ended(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Gives the exit code."""
        assert self._process is not None
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise AssertionError(f"SIGTERM did not end it:\n{self.log_tail()}") from late
        self._process = None
        return code

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_text().splitlines()[-lines:])
