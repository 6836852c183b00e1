"""The reference server without a network: its connections are fed with bytes, and what they write stays in memory.

All of the server is there but the sockets, which cost more than the rest, so that a million requests take minutes.
And it can be seen when nothing more is to come, and what failed after its client had gone.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from unittest.mock import patch

import h11
from retryspec.reference.app import application
from retryspec.reference.connection import HEAD_LIMIT, BoundedHead, Connection
from selftest.load import Line
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import RequestResponseCycle
from uvicorn.server import ServerState

__all__ = ["InMemory", "failures", "in_memory"]


class InMemory:
    """A reference server in this process, for one event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._config = Config(
            BoundedHead(app),
            http=Connection,
            h11_max_incomplete_event_size=HEAD_LIMIT,
            log_config=None,
            access_log=False,
            ws="none",
        )
        self._config.load()
        self._state = ServerState()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["MemoryLine"]:
        """A connection to it."""
        line = MemoryLine(Connection(self._config, self._state, {}))
        try:
            yield line
        finally:
            line.close()

    async def finished(self) -> None:
        """Wait until nothing is being answered any more."""
        while self._state.tasks:
            await asyncio.wait(self._state.tasks)
            await asyncio.sleep(0)


@asynccontextmanager
async def in_memory() -> AsyncIterator[InMemory]:
    """A reference server with all APIs and provider states, for one client at a time."""
    app = application(provider_states=True)
    # There is nobody whom the work of one request could keep waiting, and threads take more time than it.
    with patch("anyio.to_thread.run_sync", at_once):
        async with app.router.lifespan_context(app):
            server = InMemory(app)
            yield server
            await server.finished()


async def at_once(function: Callable[..., Any], *values: Any, **_: Any) -> Any:
    """Call a function here and not in a thread."""
    return function(*values)


class MemoryLine(Line):
    """A connection that is kept, as the client sees it."""

    def __init__(self, connection: Connection) -> None:
        reader = asyncio.StreamReader(limit=2**20)
        self._connection = connection
        self._transport = _Transport(connection, reader)
        super().__init__(reader, cast("asyncio.StreamWriter", _Writer(connection, self._transport)))
        connection.connection_made(self._transport)

    async def throw(self, data: bytes) -> bytes:
        """What comes back for some bytes, until they have all been dealt with."""
        self.writer.write(data)
        while self._is_being_answered():
            await asyncio.wait(self._connection.tasks)
            await asyncio.sleep(0)
        self.close()
        return await self.reader.read()

    def _is_being_answered(self) -> bool:
        """Whether an answer is on its way that does not wait for the rest of a request."""
        cycle = cast("RequestResponseCycle | None", self._connection.cycle)
        whole = self._connection.conn.their_state is not h11.SEND_BODY
        return cycle is not None and whole and not cycle.response_complete and not self._transport.is_closing()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


class _Transport(asyncio.Transport):
    """The server's end; what is written to it can be read at the other one."""

    def __init__(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self._connection = connection
        self._reader = reader
        self._closing = False

    def is_closing(self) -> bool:
        return self._closing

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if not self._closing:
            self._reader.feed_data(bytes(data))

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._reader.feed_eof()
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        pass  # there is nothing outside of the process that could be left unread

    def resume_reading(self) -> None:
        pass


class _Writer:
    """The client's end, as far as a `Line` uses it."""

    def __init__(self, connection: Connection, transport: _Transport) -> None:
        self._connection = connection
        self._transport = transport

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._connection.data_received(data)

    async def drain(self) -> None:
        pass


@contextmanager
def failures() -> Iterator[list[str]]:
    """What the server logs of applications that fail, also where nobody is there to be told."""
    collector = _Collector(logging.ERROR)
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(collector)
    # That a request is refused is told in the log too, a million times.
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield collector.found
    finally:
        logger.setLevel(level)
        logger.propagate = propagate
        logger.removeHandler(collector)


class _Collector(logging.Handler):
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # A client that has gone in the middle of its request is no failure of the application.
        if not record.exc_info or not isinstance(record.exc_info[1], ClientDisconnect):
            self.found.append(self.format(record))
