"""The application on a port: for a person, until it is stopped, or for a block of code, in a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from retryspec.errors import RunError, UsageError
from retryspec.reference.connection import HEAD_LIMIT, BoundedHead, Connection
from retryspec.reference.credentials import is_loopback

__all__ = ["running", "serve"]

_START_SECONDS = 10
_STOP_SECONDS = 2


def serve(app: Starlette, host: str, port: int, *, announce: Callable[[str], None] = print) -> None:
    """Serve until the process is interrupted.

    Args:
        app: What `application` returned; with the well-known credentials it is served on loopback alone.
        host: The name or address to listen on.
        port: The port; 0 for one that the system chooses.
        announce: Is told the base URL, once requests are taken.
    """
    if app.state.open_to_all and not is_loopback(host):
        raise UsageError(
            f"{host}: everybody knows the default credentials of {', '.join(app.state.open_to_all)}; "
            "give others with --credentials FILE, or serve on 127.0.0.1"
        )
    _as_many_files_as_allowed()
    listener = _listener(host, port)
    announce(_base_url(listener))
    with suppress(KeyboardInterrupt):
        _Server(_config(app)).run(sockets=[listener])


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve in a thread for as long as the block lasts, on a free port of 127.0.0.1, and give the base URL."""
    listener = _listener("127.0.0.1", 0)
    base_url = _base_url(listener)
    server = _Server(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="reference", daemon=True)
    thread.start()
    try:
        if not server.ready.wait(_START_SECONDS) or not server.started:
            raise RunError("the reference server did not start; see the traceback above")
        yield base_url
    finally:
        server.stop()
        thread.join()
        listener.close()


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(app: ASGIApp) -> uvicorn.Config:
    # The application sets Date itself, by its own clock; the log is for those who look into uvicorn.
    return uvicorn.Config(
        BoundedHead(app),
        http=Connection,
        h11_max_incomplete_event_size=HEAD_LIMIT,
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        ws="none",
    )


def _as_many_files_as_allowed() -> None:
    """Raise the limit of open files, so that thousands of connections find one."""
    try:
        import resource  # not everywhere
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # the limit stays what it was
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"{host}: no such host ({error}); choose another --host") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise UsageError(f"{host}:{port}: cannot listen there ({error}); choose another --host or --port") from error
    return listener


class _Server(uvicorn.Server):
    """A uvicorn server that starts and stops at once instead of looking every tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let the server end, from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the server has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `stop` is called or a signal comes."""
        try:
            super().run(sockets)
        finally:
            self.ready.set()  # whoever waits for the start of a server that failed has waited long enough

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        super().handle_exit(sig, frame)
        self.stop()

    async def main_loop(self) -> None:
        """Wait for the end."""
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections at once, and give busy ones a moment."""
        # First no more connections, then a few turns in which one accepted a moment ago becomes one that can be closed:
        # asyncio loses it when its server is closed in between.
        loop = asyncio.get_running_loop()
        for listener in sockets or []:
            loop.remove_reader(listener)
        for _ in range(5):
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_STOP_SECONDS)
        for task in list(self.server_state.tasks):
            task.cancel()
        await self._connections_gone()
        await self.lifespan.shutdown()

    async def _connections_gone(self) -> None:
        """Return once every connection is closed; what a client does not read by then is thrown away."""
        for turn in range(20):
            if not self.server_state.connections:
                break
            await asyncio.sleep(0.001 * turn)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)
