"""Orders that nothing slows down, and a server that something does."""

import collections
import contextlib
import json
import os
import random
import selectors
import signal
import socket
import threading
import time
import uuid

from orderly_testing.load import Acknowledged, Attempt
from orderly_testing.memory import anonymous_mib
from orderly_testing.raw import parse_answer

_RUN_SECONDS, _STOP_SECONDS = 0.004, 0.096  # of each period of the slowed server


class Slowed(contextlib.AbstractContextManager["Slowed"]):
    """Runs a process for a small part of the time only."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.is_set():
            os.kill(self._pid, signal.SIGSTOP)
            self._over.wait(_STOP_SECONDS)
            os.kill(self._pid, signal.SIGCONT)
            self._over.wait(_RUN_SECONDS)

    def __enter__(self) -> "Slowed":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        os.kill(self._pid, signal.SIGCONT)


class _Client:
    """A connection with at most one order under way."""

    def __init__(self, port: int, number: int, run: str) -> None:
        self.customer = f"{run}-{number}"
        self.orders = 0
        self.sent_at = 0.0
        self.attempt: Attempt | None = None
        self.buffer = b""
        self.connection = socket.socket()
        self.connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.connection.connect(("127.0.0.1", port))

    def order(self, product: str) -> Attempt:
        self.orders += 1
        self.attempt = Attempt(self.customer, self.orders, product, "2021-02-03", None)
        return self.attempt

    def request(self) -> bytes:
        assert self.attempt
        body = json.dumps(
            {
                "customer_id": self.attempt.customer_id,
                "product_id": self.attempt.product_id,
                "number": self.attempt.number,
                "order_date": self.attempt.order_date,
            }
        ).encode()
        head = (
            "POST /api/v1/order/create HTTP/1.1\r\nHost: test\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Flood:
    """Sends orders at a rate that no answer changes (`rate`), or the next after an answer (None)."""

    def __init__(self, port: int, pid: int, products: list[str], choice: random.Random) -> None:
        self.run = f"flood-{uuid.uuid4().hex[:8]}"
        self.attempts: list[Attempt] = []
        self.acknowledged: list[Acknowledged] = []
        self.latencies: list[float] = []
        self.statuses: collections.Counter[int] = collections.Counter()
        self.without_retry_after = 0
        self.broken = 0  # connections that were closed or reset under a request
        self.unsent = 0  # arrivals for which no client was left
        self.memory: list[tuple[float, float]] = []  # seconds, MiB
        self._port, self._pid, self._products, self._choice = port, pid, products, choice
        self._selector = selectors.DefaultSelector()
        self._free: list[_Client] = []
        self._busy: set[_Client] = set()
        self._made = 0
        self._began = 0.0

    def drive(self, seconds: float, rate: float | None, clients: int) -> None:
        began = self._began = time.monotonic()
        due = 0
        while (now := time.monotonic()) < began + seconds:
            if rate is None:
                while len(self._busy) < clients:
                    self._send()
            else:
                for _ in range(int((now - began) * rate) - due):
                    due += 1
                    self._send() if len(self._busy) < clients else self._miss()
            self._answers(0.002)

    def finish(self, seconds: float) -> None:
        """What is under way is still answered."""
        deadline = time.monotonic() + seconds
        while self._busy and time.monotonic() < deadline:
            self._answers(0.05)

    def close(self) -> None:
        for client in [*self._busy, *self._free]:
            client.connection.close()

    def _miss(self) -> None:
        self.unsent += 1

    def _send(self) -> None:
        if self._free:
            client = self._free.pop()
            self.attempts.append(client.order(self._choice.choice(self._products)))
            if not self._write(client):
                return
        else:
            self._made += 1
            client = _Client(self._port, self._made, self.run)
            self.attempts.append(client.order(self._choice.choice(self._products)))
            self._selector.register(client.connection, selectors.EVENT_WRITE, client)
        self._busy.add(client)

    def _write(self, client: _Client) -> bool:
        client.sent_at = time.monotonic()  # connecting is the kernels' affair
        try:
            client.connection.send(client.request())
        except OSError:
            self._lose(client)
            return False
        return True

    def _sample_memory(self) -> None:
        now = time.monotonic() - self._began
        if not self.memory or now - self.memory[-1][0] > 0.25:
            self.memory.append((now, anonymous_mib(self._pid)))

    def _answers(self, seconds: float) -> None:
        self._sample_memory()
        for key, events in self._selector.select(seconds):
            client = key.data
            if events & selectors.EVENT_WRITE:  # connected
                self._selector.modify(client.connection, selectors.EVENT_READ, client)
                self._write(client)
            else:
                self._read(client)

    def _read(self, client: _Client) -> None:
        try:
            part = client.connection.recv(65536)
        except OSError:
            part = b""
        client.buffer += part
        head, separator, _ = client.buffer.partition(b"\r\n\r\n")
        complete = False
        if separator:
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            complete = len(client.buffer) >= len(head) + 4 + length
        if not complete:
            if not part:
                self._lose(client)
            return
        self._take(client)

    def _take(self, client: _Client) -> None:
        answer = parse_answer(client.buffer)
        client.buffer = b""
        self.statuses[answer.status] += 1
        if answer.status == 200:
            assert client.attempt
            self.acknowledged.append(Acknowledged(client.attempt, answer.json()["order_id"]))
            self.latencies.append(time.monotonic() - client.sent_at)
        elif "retry-after" not in answer.headers:
            self.without_retry_after += 1
        self._busy.discard(client)
        if answer.headers.get("connection") == "close":
            self._drop(client)
        else:
            self._free.append(client)

    def _lose(self, client: _Client) -> None:
        self.broken += 1
        self._busy.discard(client)
        self._drop(client)

    def _drop(self, client: _Client) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()
