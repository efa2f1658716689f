"""A TCP gate between two services: it lets through, delays or cuts what goes over it."""

import random
import socket
import threading
import time

from orderly_testing.process import free_port

_CHUNK_BYTES = 16 * 1024
_ACCEPT_SECONDS = 0.1
_CONNECT_SECONDS = 5.0


class Gate:
    """Listens on a port of its own and passes everything to `target_port`, while it is open."""

    def __init__(self, target_port: int, seed: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.passed = 0  # connections
        self.cut = 0
        self._target_port = target_port
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._delay_seconds = 0.0
        self._cut_one_in = 0  # chunks
        self._is_open = True
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(_ACCEPT_SECONDS)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    # What a test does.

    def misbehave(self, delay_seconds: float, cut_one_in: int) -> None:
        """Each chunk is late by up to so much, and one in so many is the last of its connection."""
        with self._lock:
            self._delay_seconds, self._cut_one_in = delay_seconds, cut_one_in

    def behave(self) -> None:
        with self._lock:
            self._is_open, self._delay_seconds, self._cut_one_in = True, 0.0, 0

    def close_all(self) -> None:
        """Cuts every connection and takes no new one until behave()."""
        with self._lock:
            self._is_open = False
        self._hang_up()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._listener.close()
        self._hang_up()

    # The gate itself.

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self._lock:
                is_open = self._is_open
            server = self._connect() if is_open else None
            if server is None:
                client.close()
                continue
            with self._lock:
                self.passed += 1
                self._connections += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket | None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target_port), _CONNECT_SECONDS)
        except OSError:
            return None
        server.settimeout(None)
        return server

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(_CHUNK_BYTES):
                with self._lock:
                    delay = self._random.uniform(0, self._delay_seconds)
                    cuts = self._cut_one_in and self._random.randrange(self._cut_one_in) == 0
                    self.cut += bool(cuts)
                if delay:
                    time.sleep(delay)
                if cuts:  # in the middle of what it says
                    sink.sendall(chunk[: len(chunk) // 2])
                    break
                sink.sendall(chunk)
        except OSError:
            pass
        for end in (source, sink):
            _hang_up(end)

    def _hang_up(self) -> None:
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            _hang_up(connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
