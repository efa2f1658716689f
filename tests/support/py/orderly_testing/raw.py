"""HTTP byte by byte, for requests that no library would send."""

import http.client
import io
import socket
import urllib.parse

from orderly_testing.client import Answer


class _Replay(io.BytesIO):
    """Lets http.client parse bytes that have been read already."""

    def makefile(self, *_: object) -> "_Replay":
        return self


def parse_answer(raw: bytes) -> Answer:
    response = http.client.HTTPResponse(_Replay(raw))  # type: ignore[arg-type]
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read(), response.reason)


class RawConnection:
    """A TCP connection. Reading ends when the server closes it."""

    def __init__(self, base_url: str, timeout: float = 60.0) -> None:
        where = urllib.parse.urlsplit(base_url)
        assert where.hostname and where.port
        self.authority = f"{where.hostname}:{where.port}"
        self._socket = socket.create_connection((where.hostname, where.port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_of_input(self) -> None:
        """Tells the server that nothing more will come."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, size: int) -> bytes:
        """Exactly so many bytes, unless the server closes before."""
        data = b""
        while len(data) < size and (part := self._socket.recv(size - len(data))):
            data += part
        return data

    def read_to_end(self) -> bytes:
        parts = []
        while part := self._socket.recv(65536):
            parts.append(part)
        return b"".join(parts)

    def read_answer(self) -> Answer:
        """The one answer that comes before the server closes."""
        return parse_answer(self.read_to_end())

    def is_open(self) -> bool:
        """Whether the server has neither closed the connection nor sent anything."""
        self._socket.setblocking(False)
        try:
            return len(self._socket.recv(1, socket.MSG_PEEK)) > 0
        except BlockingIOError:
            return True
        finally:
            self._socket.setblocking(True)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
