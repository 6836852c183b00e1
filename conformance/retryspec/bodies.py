"""Reads the body of an answer: decompressed, up to a bound, until a deadline, and few large ones at one time."""

import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpcore

__all__ = ["MAX_BODY", "UnreadableBody", "read_body"]

MAX_BODY = 16 * 1024 * 1024
"""The most bytes that are read of a body, after decompression."""

LARGE_BODY = 1024 * 1024
"""Bytes of a body from which on only a few are read at one time: 32 simultaneous ones would fill the memory."""


class UnreadableBody(Exception):
    """A body that is too long or cannot be decompressed."""


def read_body(stream: Iterator[bytes], coding: str | None, deadline: float) -> bytes:
    """Read a body to its end.

    Args:
        stream: its bytes as they come in.
        coding: the Content-Encoding that it has.
        deadline: when it has to be whole, by `time.monotonic`.

    Raises:
        UnreadableBody: it is too long or cannot be decompressed.
        httpcore.ReadTimeout: it was not whole in time.
    """
    decoder = _Decoder(coding)
    body = bytearray()
    with ExitStack() as held:
        for chunk in stream:
            was_large = len(body) > LARGE_BODY
            body += decoder.decoded(chunk, MAX_BODY + 1 - len(body))
            if len(body) > MAX_BODY:
                raise UnreadableBody(f"the body is longer than {MAX_BODY} bytes")
            if time.monotonic() > deadline:
                raise httpcore.ReadTimeout
            if len(body) > LARGE_BODY and not was_large:
                held.enter_context(_one_of_few(deadline))
        decoder.finish()
        return bytes(body)


_large_bodies = threading.BoundedSemaphore(3)


@contextmanager
def _one_of_few(deadline: float) -> Iterator[None]:
    """Wait until one of the few large bodies may be read that are held in memory at one time."""
    if not _large_bodies.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise httpcore.ReadTimeout
    try:
        yield
    finally:
        _large_bodies.release()


class _Decoder:
    """Decompresses a body chunk by chunk, to no more than is asked for."""

    def __init__(self, coding: str | None) -> None:
        self._coding = (coding or "identity").strip().lower() or "identity"
        self._stream: Any = None
        """None before the first byte and after the last one of a compressed stream."""

    def decoded(self, chunk: bytes, most: int) -> bytes:
        """What a chunk adds to the body, at most so many bytes of it."""
        if self._coding == "identity":
            return chunk
        if self._coding not in ("gzip", "x-gzip", "deflate"):
            raise UnreadableBody(f"the body has the Content-Encoding {self._coding!r}, which was not asked for")
        whole = b""
        # A gzip body may consist of several streams, one after the other (RFC 1952, 2.2).
        while chunk and len(whole) < most:
            # 32 more than the window size: zlib finds out whether it is the gzip or the zlib format.
            self._stream = self._stream or zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            try:
                whole += self._stream.decompress(chunk, most - len(whole))
            except zlib.error as error:
                raise UnreadableBody(f"the body cannot be decompressed ({self._coding}): {error}") from None
            if not self._stream.eof:
                break
            chunk, self._stream = self._stream.unused_data, None
        return whole

    def finish(self) -> None:
        """Make sure that the body came to its end."""
        if self._stream is not None:
            raise UnreadableBody(f"the body cannot be decompressed ({self._coding}): it was cut off")
