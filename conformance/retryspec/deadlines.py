"""Connections whose every wait ends at the deadline of the exchange that the thread is in.

A deadline between bytes alone would let a server go on for ever, one byte at a time.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any

import httpcore

__all__ = ["DeadlineBackend", "current"]

current = threading.local()
"""`deadline` of the exchange that the thread is in, by `time.monotonic`, and the barrier that holds it back."""


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections whose every wait ends at the deadline of the exchange that the thread is in."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Open a connection, to the first address of a name that takes one."""
        *others, last = _addresses(host)
        for address in others:
            with suppress(httpcore.ConnectError):
                return self._connected(address, port, local_address, socket_options)
        return self._connected(last, port, local_address, socket_options)

    def _connected(
        self, address: str, port: int, local_address: str | None, socket_options: Any
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._sockets.connect_tcp(address, port, _time_left(), local_address, socket_options))


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        barrier, current.held_back_by = current.held_back_by, None
        if barrier is not None:
            self._stream.write(buffer[:-1], _time_left())
            barrier.wait()
            buffer = buffer[-1:]
        self._stream.write(buffer, _time_left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, _time_left()))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _addresses(host: str) -> list[str]:
    """The addresses of a host; a look-up cannot be hurried, so it is made in a thread that is left alone in the end."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    found: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=_time_left())
    except queue.Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(str(answer)) from None
    return answer


def _time_left() -> float:
    left: float = current.deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
