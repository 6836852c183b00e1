"""Servers made of a listening socket and a function, for answers that no web framework would send."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

__all__ = ["OK", "Gone", "Line", "RawServer", "answered", "raw_server"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

_PATIENCE = 10.0


class Gone(Exception):
    """The client has closed the connection, or the test is over."""


class Line:
    """One connection, as the server sees it."""

    def __init__(self, server: "RawServer", number: int, connection: socket.socket) -> None:
        self.server = server
        self.number = number
        """0 for the first connection of the server."""
        self._connection = connection
        self._unread = b""

    def send(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._connection.sendall(data)
        except OSError:
            raise Gone from None

    def more(self) -> bytes:
        """What comes next; at least one byte."""
        try:
            data = self._connection.recv(65536)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        return data

    def head(self) -> bytes:
        """The request line and headers of the next request."""
        while b"\r\n\r\n" not in self._unread:
            self._unread += self.more()
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def request(self) -> bytes:
        """The next request with its body as it came over the wire; the server remembers it."""
        head = self.head()
        body = b""
        if length := re.search(rb"(?i)\r\ncontent-length: *(\d+)", head):
            while len(self._unread) < int(length[1]):
                self._unread += self.more()
            body, self._unread = self._unread[: int(length[1])], self._unread[int(length[1]) :]
        elif re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            while not self._unread.endswith(b"0\r\n\r\n"):
                self._unread += self.more()
            body, self._unread = self._unread, b""
        self.server.requests.append(head + body)
        return head + body

    def put_back(self, data: bytes) -> None:
        """Make that what was read is read again."""
        self._unread = data + self._unread

    def pause(self, seconds: float) -> None:
        """Let time pass, unless the test is over."""
        if self.server.over.wait(seconds):
            raise Gone

    def until_gone(self) -> None:
        """Keep the connection open and say nothing until the client has enough."""
        while True:
            self.more()

    def reset(self) -> None:
        """Break the connection, so that the client gets an error and not an end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._connection.close()


class RawServer:
    """A listening socket; `requests` are those that were read whole, `lines` the connections that were made."""

    def __init__(self, serve: Callable[[Line], None]) -> None:
        self.requests: list[bytes] = []
        self.lines: list[Line] = []
        self.over = threading.Event()
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._connections: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def origin(self) -> SplitResult:
        """Where it is, as an `Exchanger` wants it."""
        return urlsplit(self.base_url)

    def close(self) -> None:
        """Close the listener and every connection."""
        self.over.set()
        # shutdown, since to close a socket does not wake up who waits in accept.
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(_PATIENCE)
            self._connections.append(connection)
            line = Line(self, len(self.lines), connection)
            self.lines.append(line)
            threading.Thread(target=self._talk, args=(line, connection), daemon=True).start()

    def _talk(self, line: Line, connection: socket.socket) -> None:
        with suppress(Gone, OSError):
            self._serve(line)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@contextmanager
def raw_server(serve: Callable[[Line], None]) -> Iterator[RawServer]:
    """A server on a free port of loopback that calls a function for every connection, each in a thread."""
    server = RawServer(serve)
    try:
        yield server
    finally:
        server.close()


def answered(answer: bytes, *, then: Callable[[Line], None] | None = None) -> Callable[[Line], None]:
    """Answer the first request of a connection with some bytes, then do something else or close it."""

    def serve(line: Line) -> None:
        line.request()
        line.send(answer)
        if then is not None:
            then(line)

    return serve
