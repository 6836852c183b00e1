"""The one layer through which everything goes over the wire.

A server under test is not trusted.
An exchange has one deadline for the whole of it, not only between bytes; a body is read up to a bound, after
decompression;
a redirect is an answer like any other and is never followed; TLS is verified unless the target says otherwise.
What comes out is a value: an `Exchange` with an answer, or with the reason why there is none.
"""

import math
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import SplitResult

import httpcore

from retryspec.bodies import UnreadableBody, read_body
from retryspec.deadlines import DeadlineBackend, current
from retryspec.errors import RunError
from retryspec.pace import Pace
from retryspec.redaction import Memory

__all__ = ["Exchange", "Exchanger", "ReadOnly", "Request", "Response"]

MAX_SIMULTANEOUS = 32
MOST_NAMED = 1000
MOST_OF_A_NAME = 200
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out: `target` is the raw request target, header values are as sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None
    chunked: bool = False
    signs_in: bool = False
    """It asks for a token and changes nothing else, so that a run which may only read may send it."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values in it that must not be shown, such as a signature."""
    about: tuple[str, ...] = ()
    """The ids of what it would change, as far as it names any."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it came in; `body` is decompressed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float
    """From the first byte sent to the last byte received."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what became of it: an answer, or the reason why there is none."""

    request: Request
    response: Response | None
    failure: str | None = None
    began: int | None = None
    """The status of an answer whose body could not be read."""


class ReadOnly(Exception):
    """Raised instead of sending a request that could change state, when the run may only read."""


class OutOfTime(RunError):
    """Raised when the time for the whole run is used up."""


class Exchanger:
    """Sends requests to one origin and returns exchanges; safe to use from several threads.

    Args:
        origin: scheme, host and port of the server.
        timeout: seconds for one whole exchange.
        ends_at: when the whole run has to be over, by `time.monotonic`; None for no such end.
        verify_tls: whether the server's certificate is checked.
        read_only: refuse to send anything but safe methods.
        pace: when requests may go out; None for at once.
        memory: is told the secrets of what goes out.
    """

    def __init__(
        self,
        origin: SplitResult,
        *,
        timeout: float,
        ends_at: float | None = None,
        verify_tls: bool = True,
        read_only: bool = False,
        pace: Pace | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.origin = origin
        self.timeout = timeout
        self.ends_at = ends_at
        self.read_only = read_only
        self.sent = 0
        self.changing = 0
        self.changed: dict[str, None] = {}
        """How many requests went out that can change state, and what they were about; the first `MOST_NAMED`."""
        self._pace = pace
        self._memory = memory
        self._lock = threading.Lock()
        self._url = (
            origin.scheme.encode(),
            (origin.hostname or "").encode(),
            origin.port or (443 if origin.scheme == "https" else 80),
        )
        self._tls = _tls(verify_tls) if origin.scheme == "https" else None
        self._kept: deque[httpcore.HTTPConnection] = deque()
        """Connections that nobody uses; a pool of httpcore would look through all of them for each request."""
        self._is_closed = False

    def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        while self._kept:
            self._kept.pop().close()

    def send(self, request: Request) -> Exchange:
        """Send one request and wait for the whole answer.

        Raises:
            ReadOnly: the request could change state and the run may only read.
            OutOfTime: the time for the whole run is used up, before the request or while its answer was awaited.
        """
        self._keep_pace(1)
        return self._send(request, None)

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send all at one moment: each on its own connection, held back to its last byte until all are ready.

        Raises:
            TooManyAtOnce: they are more than may go out in a second.
        """
        self._keep_pace(len(requests))
        if len(requests) > MAX_SIMULTANEOUS:
            raise ValueError(f"At most {MAX_SIMULTANEOUS} requests go out together, not {len(requests)}.")
        barrier = threading.Barrier(len(requests), timeout=self.timeout)
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(lambda request: self._send(request, barrier), requests))

    def send_side_by_side(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send independent requests from a few threads; the answers come in the order of the requests."""
        if len(requests) < 2:
            return [self.send(request) for request in requests]
        with ThreadPoolExecutor(min(len(requests), 8)) as threads:
            return list(threads.map(self.send, requests))

    def _send(self, request: Request, barrier: threading.Barrier | None) -> Exchange:
        if self.read_only and request.method not in SAFE_METHODS and not request.signs_in:
            raise ReadOnly(f"{request.method} can change state and the run may only read (--read-only).")
        self._must_have_time()
        self._count(request)
        exchange = self._exchanged(request, barrier)
        if exchange.response is None:
            # An answer for which there was no time left is none that the server failed to give.
            self._must_have_time()
        return exchange

    def _count(self, request: Request) -> None:
        if self._memory is not None:
            self._memory.add(request.secrets)
        with self._lock:
            self.sent += 1
            if request.method in SAFE_METHODS or request.signs_in:
                return
            self.changing += 1
            for name in request.about or (request.target.partition("?")[0],):
                if len(self.changed) < MOST_NAMED:
                    self.changed[name[:MOST_OF_A_NAME]] = None

    def _keep_pace(self, requests: int) -> None:
        if self._pace is not None:
            self._pace.wait(requests, self.ends_at)

    def _must_have_time(self) -> None:
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            raise OutOfTime("The time for the whole run is used up (--max-time).")

    def _exchanged(self, request: Request, barrier: threading.Barrier | None) -> Exchange:
        deadline = min(time.monotonic() + self.timeout, self.ends_at or math.inf)
        # A kept connection may be closed by the server just as a request goes out on it, which is nobody's fault.
        # A safe request is sent again then, once; one that could change state never goes out on a kept connection.
        if barrier is None and request.method in SAFE_METHODS:
            exchange = self._attempt(request, None, deadline, keep=True)
            if not (exchange.failure or "").startswith((_DISCONNECTED, _BROKEN)):
                return exchange
        return self._attempt(request, barrier, deadline, keep=False)

    def _attempt(self, request: Request, barrier: threading.Barrier | None, deadline: float, *, keep: bool) -> Exchange:
        current.deadline = deadline
        current.held_back_by = None if request.body else barrier
        started = time.monotonic()
        scheme, host, port = self._url
        began: int | None = None
        connection = self._connection(keep=keep)
        try:
            content, framing = _framed(request, barrier)
            outgoing = httpcore.Request(
                request.method.encode("latin-1"),
                httpcore.URL(scheme=scheme, host=host, port=port, target=request.target.encode("latin-1")),
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
                + framing,
                content=content,
            )
            answer = connection.handle_request(outgoing)
            began = answer.status
            try:
                headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
                body = read_body(cast("Iterator[bytes]", answer.stream), _first(headers, "Content-Encoding"), deadline)
            finally:
                answer.close()
        except _TROUBLES as error:
            return Exchange(request, None, _what_went_wrong(error, time.monotonic() - started), began)
        finally:
            self._give_back(connection, keep=keep)
        return Exchange(request, Response(answer.status, headers, body, time.monotonic() - started))

    def _connection(self, *, keep: bool) -> httpcore.HTTPConnection:
        """A connection that nobody else uses, one that was kept if it may be."""
        while keep and self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # another thread was faster
                break
            if connection.is_available() and not connection.has_expired():
                return connection
            connection.close()
        scheme, host, port = self._url
        return httpcore.HTTPConnection(
            httpcore.Origin(scheme, host, port),
            ssl_context=self._tls,
            keepalive_expiry=4.0,
            network_backend=DeadlineBackend(),
        )

    def _give_back(self, connection: httpcore.HTTPConnection, *, keep: bool) -> None:
        if keep and not self._is_closed and len(self._kept) < MAX_SIMULTANEOUS and connection.is_available():
            self._kept.append(connection)
        else:
            connection.close()


_DISCONNECTED = "the server closed the connection without an answer"
_BROKEN = "the connection broke"


_TROUBLES = (
    threading.BrokenBarrierError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    UnicodeEncodeError,
    OSError,
    UnreadableBody,
)


def _what_went_wrong(error: Exception, seconds: float) -> str:
    """Why there is no answer, in words."""
    match error:
        case threading.BrokenBarrierError():
            return "not sent: another request of the same moment failed"
        case httpcore.TimeoutException():
            return f"no complete answer within {seconds:.1f} s"
        case httpcore.ConnectError():
            return f"cannot connect: {error}"
        case httpcore.RemoteProtocolError() if "disconnected without sending" in str(error):
            return _DISCONNECTED
        case httpcore.RemoteProtocolError():
            return f"not a valid HTTP answer: {error}"
        case httpcore.LocalProtocolError() | UnicodeEncodeError():
            return f"the request cannot be written: {error}"
        case UnreadableBody():
            return str(error)
        case _:
            return f"{_BROKEN}: {str(error) or type(error).__name__}"


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def _tls(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _framed(
    request: Request, barrier: threading.Barrier | None
) -> tuple[bytes | Iterator[bytes], list[tuple[bytes, bytes]]]:
    """The body as it is handed to the connection, and the header that says how long it is."""
    body = request.body
    if body is None:
        return b"", []
    if request.chunked:
        return iter([body]), [(b"Transfer-Encoding", b"chunked")]
    declared = [] if request.header("Content-Length") else [(b"Content-Length", str(len(body)).encode())]
    if barrier is None or not body:
        return body, declared

    def held_back() -> Iterator[bytes]:
        yield body[:-1]
        barrier.wait()
        yield body[-1:]

    return held_back(), declared
