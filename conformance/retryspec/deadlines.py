"""Connections whose every wait ends at the deadline of the exchange that the thread is in.

A deadline between bytes alone would let a server go on for ever, one byte at a time.
"""

import ssl
import threading
import time
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
        """Open a connection."""
        stream = self._sockets.connect_tcp(host, port, _time_left(), local_address, socket_options)
        return _DeadlineStream(stream)


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


def _time_left() -> float:
    left: float = current.deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
