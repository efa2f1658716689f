"""The whole platform: every service in one process, or one process for each."""

import pathlib
import tempfile

from orderly_testing.client import Client
from orderly_testing.process import Server

SERVICES = ("product", "order", "orderinfo", "event-publisher", "warehouse")


class Platform:
    """Services by name, whoever hosts them. Its data lives in a directory of its own."""

    def __init__(self, apart: bool) -> None:
        self.apart = apart
        self._folder = tempfile.TemporaryDirectory(prefix="orderly-test-")
        root = pathlib.Path(self._folder.name)
        self.servers: dict[str, Server] = {}  # by service
        if apart:
            for service in SERVICES:
                self.servers[service] = self._server(root, service, ["serve", service])
            self._introduce()
        else:
            self.servers = dict.fromkeys(SERVICES, self._server(root, "up", ["up"]))

    @staticmethod
    def _server(root: pathlib.Path, name: str, arguments: list[str]) -> Server:
        return Server(arguments, root / name, root / f"{name}.log")

    def _introduce(self) -> None:
        """Tells each service where the others are that it reads from or pushes to."""
        peers = {
            "orderinfo": ("product", "order"),
            "event-publisher": ("product", "order", "orderinfo"),
            "warehouse": ("product", "orderinfo"),
        }
        for service, known in peers.items():
            for peer in known:
                self.servers[service].arguments += [f"--{peer}-url", self.servers[peer].url]

    def redirect(self, service: str, url: str) -> None:
        """The others reach `service` at `url` from their next start on."""
        direct = self.servers[service].url
        for server in self.distinct_servers:
            server.arguments = [url if each == direct else each for each in server.arguments]

    @property
    def distinct_servers(self) -> list[Server]:
        return list(dict.fromkeys(self.servers.values()))

    def start(self) -> None:
        for server in self.distinct_servers:
            server.start()
        for server in self.distinct_servers:
            server.wait_ready()

    def restart(self, service: str) -> None:
        server = self.servers[service]
        server.start()
        server.wait_ready()

    def stop(self) -> dict[str, int]:
        """SIGTERM to all that runs, at once; exit codes by what each hosts."""
        running = [server for server in self.distinct_servers if server.running]
        for server in running:
            server.ask_to_end()
        return {" ".join(server.arguments[:2]): server.wait_ended() for server in running}

    def discard(self) -> None:
        """Ends what still runs, and removes all data."""
        for server in self.distinct_servers:
            if server.running:
                server.kill()
        self._folder.cleanup()

    def client(self, service: str) -> Client:
        return Client(self.servers[service].url)

    def logs(self) -> str:
        return "\n".join(
            f"--- {server.log.name}\n{server.log_tail()}" for server in self.distinct_servers
        )
