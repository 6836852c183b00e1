"""One connection of a reference server: how much a request may be before it is looked at, and how long all may take.

uvicorn closes a connection that is idle between two requests. Beyond that a client may stop in the middle of a request
or not read its answer: each such wait has a deadline here, one that single bytes do not put off.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Any

import h11
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

__all__ = ["HEAD_LIMIT", "BoundedHead", "Connection", "Patience"]

HEAD_LIMIT = 64 * 1024
"""Bytes that request line and headers may have together."""

_PHRASE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE.phrase.encode()


class Patience:
    """For how many seconds a server waits for the rest of a request, and for a client to read on."""

    request = 60.0
    reading = 60.0


class BoundedHead:
    """An application that is not asked where request line and headers are longer than `HEAD_LIMIT`."""

    def __init__(self, inside: ASGIApp) -> None:
        self.inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 431, or let the application inside answer."""
        app = _too_large if scope["type"] == "http" and _length(scope) > HEAD_LIMIT else self.inside
        await app(scope, receive, send)


_too_large = JSONResponse(
    {"error": f"request line and headers are longer than {HEAD_LIMIT} bytes"}, 431, headers={"Connection": "close"}
)


def _length(scope: Scope) -> int:
    around = sum(len(name) + len(value) + 4 for name, value in Headers(scope=scope).raw)
    return around + len(scope.get("raw_path") or b"") + len(scope["query_string"])


class Connection(H11Protocol):
    """A connection that ends when its client lets the server wait too long."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._request = _Deadline(self)
        self._reading = _Deadline(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._request.start(Patience.request)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request, and wait for the rest of it as long as for the whole."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._request.start(Patience.request)
        else:
            self._request.stop()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request of HTTP; a head that is too long is told so."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()  # an answer is on its way or has been given, and there is none to come
            return
        error = sys.exc_info()[1]
        if not (isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431):
            super().send_400_response(msg)
            return
        head = h11.Response(status_code=431, headers=_too_large.raw_headers, reason=_PHRASE)
        for event in (head, h11.Data(data=bytes(_too_large.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one whose client has not read the last answer."""
        super().timeout_keep_alive_handler()
        self._reading.start(Patience.reading)

    def pause_writing(self) -> None:
        """Wait for the client to read on."""
        super().pause_writing()
        self._reading.start(Patience.reading)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        super().resume_writing()
        self._reading.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self._request.stop()
        self._reading.stop()


class _Deadline:
    """When a connection is broken off, unless it is stopped before; started again it stays where it was."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._timer: asyncio.TimerHandle | None = None

    def start(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self._connection.loop.call_later(seconds, self._connection.transport.abort)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
