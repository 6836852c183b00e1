"""The exchange layer: whatever a server sends, an exchange ends in bounded time and memory with a value."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from retryspec.bodies import MAX_BODY
from retryspec.exchange import MAX_SIMULTANEOUS, Exchange, Exchanger, OutOfTime, ReadOnly, Request
from selftest.raw_servers import OK, Line, RawServer, answered, raw_server

TIMEOUT = 0.3
# What one exchange may take in all; generous, since other tests run beside this one.
SOON = 3.0


def a_request(method: str = "GET", target: str = "/", body: bytes | None = None) -> Request:
    """A request as the suite sends them."""
    return Request(method, target, (("Host", "p.sls.test"),), body)


def exchanged(server: RawServer, request: Request | None = None, *, timeout: float = TIMEOUT) -> Exchange:
    """One exchange with a server."""
    exchanger = Exchanger(server.origin, timeout=timeout)
    try:
        return exchanger.send(request or a_request())
    finally:
        exchanger.close()


def failure_of(serve: Callable[[Line], None], *, timeout: float = TIMEOUT) -> str:
    """Why an exchange with such a server comes to nothing, which it has to do soon."""
    started = time.monotonic()
    with raw_server(serve) as server:
        exchange = exchanged(server, timeout=timeout)
    assert time.monotonic() - started < SOON
    assert exchange.response is None
    assert exchange.failure is not None
    return exchange.failure


def body_of(answer: bytes) -> bytes:
    """The body that comes out of an answer."""
    with raw_server(answered(answer)) as server:
        exchange = exchanged(server, timeout=5)
    assert exchange.response is not None, exchange.failure
    return exchange.response.body


# The deadline is one for the whole exchange


def test_name_that_is_looked_up_for_ever_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers for a name may be as slow as a server."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    started = time.monotonic()
    exchanger = Exchanger(urlsplit("http://slow.example"), timeout=TIMEOUT)
    try:
        failure = exchanger.send(a_request()).failure
    finally:
        exchanger.close()
        over.set()

    assert time.monotonic() - started < SOON
    assert (failure or "").startswith("no complete answer within")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".example"])
def test_name_without_an_address_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody knows, and one that can be none."""
    resolve = socket.getaddrinfo

    def without_network(name: str, *more: Any, **named: Any) -> Any:
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(name, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", without_network)
    exchanger = Exchanger(urlsplit(f"http://{host}"), timeout=5)
    try:
        assert (exchanger.send(a_request()).failure or "").startswith("cannot connect: ")
    finally:
        exchanger.close()


def test_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens at the first address of a name, another one may do."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in ("127.0.0.2", "127.0.0.1")]
    with raw_server(answered(OK)) as server:
        own = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *m, **n: addresses if host == "two" else own(host, *m, **n)
        )
        exchanger = Exchanger(urlsplit(f"http://two:{server.port}"), timeout=5)
        try:
            assert exchanger.send(a_request()).response is not None
        finally:
            exchanger.close()


def never_answers(line: Line) -> None:
    """Say nothing at all."""
    line.until_gone()


def stops_in_headers(line: Line) -> None:
    """Begin to answer."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Len")
    line.until_gone()


def stops_in_body(line: Line) -> None:
    """Begin with the body."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
    line.until_gone()


def drips_headers(line: Line) -> None:
    """Send a byte of a header now and then."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        line.send(b"a")
        line.pause(0.05)


def drips_body(line: Line) -> None:
    """Send a byte of the body now and then."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        line.send(b" ")
        line.pause(0.05)


def continues_slowly(line: Line) -> None:
    """Promise an answer now and then."""
    line.request()
    while True:
        line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        line.pause(0.05)


def continues_for_ever(line: Line) -> None:
    """Promise an answer without pause."""
    line.request()
    while True:
        line.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def empty_stream(line: Line) -> None:
    """Send a gzip stream that never holds a byte."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"")[:10])
    while True:
        line.send(b"\x00\x00\x00\xff\xff" * 1000)


@pytest.mark.parametrize(
    "serve",
    [
        never_answers,
        stops_in_headers,
        stops_in_body,
        drips_headers,
        drips_body,
        continues_slowly,
        continues_for_ever,
        empty_stream,
    ],
    ids=lambda serve: serve.__name__,
)
def test_exchange_ends_at_its_deadline(serve: Callable[[Line], None]) -> None:
    """A server that does not come to an end is left at the deadline, however busy it is."""
    assert failure_of(serve).startswith("no complete answer within 0.")


def test_server_that_does_not_read_is_left_at_the_deadline() -> None:
    """A request that nobody takes off the wire ends at the deadline too."""
    started = time.monotonic()
    with raw_server(lambda line: line.pause(5)) as server:
        exchange = exchanged(server, a_request("PUT", body=b"x" * 32_000_000))

    assert exchange.failure is not None
    assert exchange.failure.startswith("no complete answer")
    assert time.monotonic() - started < SOON


def test_run_that_is_over_sends_nothing() -> None:
    """After the end of the run no request goes out."""
    with raw_server(answered(OK)) as server:
        exchanger = Exchanger(server.origin, timeout=5, ends_at=time.monotonic())
        with pytest.raises(OutOfTime):
            exchanger.send(a_request())
        exchanger.close()

        assert server.lines == []


def test_end_of_the_run_ends_an_exchange() -> None:
    """An exchange does not outlast the run, and the server is not blamed for that."""
    started = time.monotonic()
    with raw_server(never_answers) as server:
        exchanger = Exchanger(server.origin, timeout=60, ends_at=started + TIMEOUT)
        with pytest.raises(OutOfTime):
            exchanger.send(a_request())
        exchanger.close()

    assert time.monotonic() - started < SOON


# Bounds


def endless_body(line: Line) -> None:
    """Send a body without an end."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        line.send(b" " * 65536)


def endless_chunks(line: Line) -> None:
    """Send chunks without an end."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        line.send(b"10000\r\n" + b" " * 65536 + b"\r\n")


@pytest.mark.parametrize("serve", [endless_body, endless_chunks], ids=lambda serve: serve.__name__)
def test_body_is_read_up_to_a_bound(serve: Callable[[Line], None]) -> None:
    """A body without an end is left at the bound, before the deadline."""
    assert failure_of(serve, timeout=30) == f"the body is longer than {MAX_BODY} bytes"


def endless_headers(line: Line) -> None:
    """Send headers without an end."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        line.send(b"X-More: and more\r\n" * 100)


def endless_status_line(line: Line) -> None:
    """Send a reason phrase without an end."""
    line.request()
    line.send(b"HTTP/1.1 200 ")
    while True:
        line.send(b"O" * 1000)


@pytest.mark.parametrize("serve", [endless_headers, endless_status_line], ids=lambda serve: serve.__name__)
def test_headers_are_read_up_to_a_bound(serve: Callable[[Line], None]) -> None:
    """Headers without an end are left at a bound, before the deadline."""
    assert failure_of(serve, timeout=30).startswith("not a valid HTTP answer")


def compressed(coding: str, data: bytes) -> bytes:
    """Data in a content coding."""
    return gzip.compress(data) if coding == "gzip" else zlib.compress(data)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bomb_is_left_at_the_bound(coding: str) -> None:
    """A small body that becomes a huge one is left at the bound and takes little memory."""
    bomb = compressed(coding, bytes(3 * MAX_BODY))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()

    tracemalloc.start()
    failure = failure_of(answered(head + bomb), timeout=30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert failure == f"the body is longer than {MAX_BODY} bytes"
    assert peak < 4 * MAX_BODY


def trailing_junk(line: Line) -> None:
    """Send a whole gzip body, and then anything without an end."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"{}"))
    while True:
        line.send(b"\x01" * 65536)


def test_junk_after_a_compressed_body_is_not_kept() -> None:
    """What follows the end of a compressed body is not collected."""
    assert "cannot be decompressed" in failure_of(trailing_junk, timeout=30)


# Content codings


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip", "GZIP"])
def test_compressed_body_is_decompressed(coding: str) -> None:
    """A body in a coding that was asked for comes out as it went in."""
    body = compressed("gzip" if "gzip" in coding.lower() else coding, b'{"count": 0}')

    answer = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    assert body_of(answer) == b'{"count": 0}'


def test_gzip_body_of_several_members_is_whole() -> None:
    """A gzip body may consist of several members (RFC 1952, 2.2)."""
    body = gzip.compress(b'{"count"') + gzip.compress(b": 0}")

    assert body_of(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + body) == b'{"count": 0}'


def test_answer_without_a_body_needs_no_coding() -> None:
    """A Content-Encoding on an answer without a body means nothing."""
    assert body_of(b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n") == b""
    assert body_of(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n") == b""


WHOLE = gzip.compress(b'{"count": 0}')


@pytest.mark.parametrize(
    ("coding", "body", "says"),
    [
        ("gzip", b"this is no gzip", "cannot be decompressed"),
        ("gzip", WHOLE[:-12], "was cut off"),
        ("gzip", WHOLE[:12] + b"\xff\xff" + WHOLE[14:], "cannot be decompressed"),
        ("gzip", WHOLE[:-8] + b"\0" * 8, "cannot be decompressed"),
        ("br", b"whatever", "which was not asked for"),
        ("gzip, gzip", gzip.compress(WHOLE), "which was not asked for"),
    ],
    ids=["no gzip", "cut", "altered", "wrong checksum", "unknown coding", "coded twice"],
)
def test_unreadable_body_is_no_answer(coding: str, body: bytes, says: str) -> None:
    """A body that cannot be decompressed is the reason why there is no answer."""
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    assert says in failure_of(answered(head + body))


# Broken connections and answers that are none


def resets(line: Line) -> None:
    """Break the connection."""
    line.request()
    line.reset()


def resets_in_body(line: Line) -> None:
    """Break the connection in the middle of the body."""
    line.request()
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
    line.reset()


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (answered(b""), "closed the connection without an answer"),
        (answered(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), "not a valid HTTP answer"),
        (answered(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 2000 OK\r\n\r\n"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n"), "not a valid HTTP answer"),
        (answered(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), ""),
        (resets, "the connection broke"),
        (resets_in_body, "the connection broke"),
    ],
    ids=[
        "closed",
        "short body",
        "short chunks",
        "no chunk",
        "not HTTP",
        "status of four digits",
        "two lengths",
        "no header",
        "NUL in a header",
        "another protocol",
        "reset",
        "reset in the body",
    ],
)
def test_broken_answer_is_a_failure(serve: Callable[[Line], None], says: str) -> None:
    """An answer that is none gives the reason why, not an exception."""
    assert says in failure_of(serve)


def test_nobody_listens() -> None:
    """A port where nobody listens gives the reason why."""
    with raw_server(answered(OK)) as server:
        pass

    exchange = exchanged(server)

    assert exchange.failure is not None
    assert exchange.failure.startswith("cannot connect")


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/", (("Host", "p€.sls.test"),)),
        Request("GET", "/", (("Host", "p\r\nX-Injected: 1"),)),
        Request("GET", "/\u20ac", (("Host", "p"),)),
        Request("GET", "/ HTTP/1.1\r\nX-Injected: 1\r\n", (("Host", "p"),)),
        Request("GE T", "/", (("Host", "p"),)),
    ],
    ids=["header beyond latin-1", "line break in a header", "target beyond latin-1", "line break in target", "method"],
)
def test_request_that_cannot_be_written_is_a_failure(request_: Request) -> None:
    """Values that a server made up, such as the name of a project, may be unfit for a request: that is no exception."""
    with raw_server(answered(OK)) as server:
        exchange = exchanged(server, request_)

        assert exchange.failure is not None
        assert exchange.failure.startswith("the request cannot be written")
        assert server.requests == []


# Answers that are odd, and answers nevertheless


@pytest.mark.parametrize("status", [200, 204, 299, 302, 307, 404, 500, 599, 600, 999])
def test_every_status_is_an_answer(status: int) -> None:
    """Whatever the status, it is what came; a redirect is not followed."""
    answer = f"HTTP/1.1 {status} Whatever\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
    with raw_server(answered(answer)) as server:
        exchange = exchanged(server)

        assert exchange.response is not None
        assert exchange.response.status == status
        assert len(server.requests) == 1


def test_body_of_a_204_is_no_part_of_it() -> None:
    """A 204 has no body: bytes after it are not taken for one, nor for the next answer."""

    def serve(line: Line) -> None:
        while True:
            line.request()
            line.send(b"HTTP/1.1 204 No Content\r\n\r\n{}" if line.number == 0 else OK)

    with raw_server(serve) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        first, second = exchanger.send(a_request()), exchanger.send(a_request())
        exchanger.close()

    assert first.response is not None
    assert (first.response.status, first.response.body) == (204, b"")
    assert second.response is None or second.response.status == 200


def test_header_values_are_taken_as_bytes() -> None:
    """Header values outside ASCII, folded or repeated come through, each byte as one character."""
    answer = b"HTTP/1.1 200 OK\r\nX-Name: caf\xc3\xa9\r\nX-Long: a\r\n b\r\nX-Two: 1\r\nX-Two: 2\r\nX-None:\r\n"
    with raw_server(answered(answer + b"Content-Length: 0\r\n\r\n")) as server:
        response = exchanged(server).response

    assert response is not None
    assert response.header("x-name") == "caf\u00c3\u00a9"
    assert response.header("X-LONG") == "a b"
    assert response.header("X-Two") == "1"
    assert response.header("X-None") == ""
    assert [value for name, value in response.headers if name == "X-Two"] == ["1", "2"]


def test_chunked_answer_is_put_together() -> None:
    """The chunks of a body are one body."""
    assert (
        body_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nT: 1\r\n\r\n")
        == b"{}"
    )


def test_answer_before_the_end_of_the_request_counts() -> None:
    """A server may refuse a request whose body it has not read."""

    def serve(line: Line) -> None:
        line.head()
        line.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        line.until_gone()

    with raw_server(serve) as server:
        exchange = exchanged(server, a_request("PUT", body=b"x" * 1000))

    assert exchange.response is not None
    assert exchange.response.status == 413


# What goes out


def sent(request: Request) -> bytes:
    """A request as it arrives."""
    with raw_server(answered(OK)) as server:
        exchange = exchanged(server, request)
        assert exchange.response is not None, exchange.failure
        return server.requests[0]


def test_request_arrives_as_it_was_written() -> None:
    """Target, header names, their order and the body arrive byte for byte."""
    headers = (("Host", "p.sls.test"), ("x-LOG-Z", "1"), ("Date", "now"), ("x-log-a", "caf\u00e9"), ("Empty", ""))
    target = "/logstores/a%2Fb%20c/./../shipper//%e4?x=%C3%A9&x=+&&y"

    arrived = sent(Request("PUT", target, headers, b'["a"]'))

    assert arrived == (
        b"PUT /logstores/a%2Fb%20c/./../shipper//%e4?x=%C3%A9&x=+&&y HTTP/1.1\r\nHost: p.sls.test\r\nx-LOG-Z: 1\r\n"
        b'Date: now\r\nx-log-a: caf\xe9\r\nEmpty: \r\nContent-Length: 5\r\n\r\n["a"]'
    )


def test_body_may_go_in_chunks() -> None:
    """A body that is to go in chunks has no Content-Length."""
    arrived = sent(replace(a_request("PUT", body=b"[]"), chunked=True))

    assert arrived.endswith(b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")
    assert b"Content-Length" not in arrived


def test_empty_body_has_a_length() -> None:
    """A body of no bytes is said to be one; a request without a body says nothing."""
    assert b"Content-Length: 0\r\n" in sent(a_request("PUT", body=b""))
    assert b"Content-Length" not in sent(a_request("GET"))


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "get"])
def test_read_only_sends_nothing_that_changes_state(method: str) -> None:
    """A run that may only read refuses before it connects."""
    with raw_server(answered(OK)) as server:
        exchanger = Exchanger(server.origin, timeout=5, read_only=True)
        with pytest.raises(ReadOnly, match=method):
            exchanger.send(a_request(method))
        with pytest.raises(ReadOnly, match=method):
            exchanger.send_together([a_request(method)])
        exchanger.close()

        assert server.lines == []
        assert exchanger.sent == 0


# Connections


def keeps(line: Line) -> None:
    """Answer every request of a connection."""
    while True:
        line.request()
        line.send(OK)


def test_connection_is_used_again() -> None:
    """Requests one after the other go over one connection."""
    with raw_server(keeps) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        exchanges = [exchanger.send(a_request()) for _ in range(5)]
        exchanger.close()

        assert all(exchange.response for exchange in exchanges)
        assert len(server.lines) == 1


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_kept_connection_that_the_server_closed_is_nobody_s_fault(method: str) -> None:
    """A server that closes after each answer without saying so gets every request, each once."""
    with raw_server(answered(OK)) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        exchanges = [exchanger.send(a_request(method, f"/{number}", b"[]")) for number in range(20)]
        exchanger.close()

        assert [exchange.failure for exchange in exchanges] == [None] * 20
        assert [request.split()[1] for request in server.requests] == [b"/%d" % number for number in range(20)]


def test_request_that_changes_state_is_not_sent_twice() -> None:
    """A PUT that got no answer is not tried again, since the server may have acted on it."""
    with raw_server(answered(b"")) as server:
        exchange = exchanged(server, a_request("PUT", body=b"[]"))

        assert exchange.response is None
        assert len(server.requests) == 1


BODIES = pytest.mark.parametrize("body", [b'["a"]', b"[", None], ids=["body", "one byte", "no body"])


@BODIES
def test_requests_that_go_together_are_complete_at_one_moment(body: bytes | None) -> None:
    """Every request is whole before the first answer is given."""
    together = 8
    everybody = threading.Barrier(together)

    def serve(line: Line) -> None:
        line.request()
        everybody.wait(5)
        line.send(OK)

    requests = [a_request("PUT" if body else "GET", f"/{number}", body) for number in range(together)]
    with raw_server(serve) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        exchanges = exchanger.send_together(requests)
        exchanger.close()

    assert [exchange.request for exchange in exchanges] == requests
    assert [exchange.failure for exchange in exchanges] == [None] * together


@BODIES
def test_last_byte_is_held_back_until_all_are_ready(body: bytes | None) -> None:
    """Where one of them cannot be sent the server gets none of them whole, and nobody waits beyond the deadline."""
    started = time.monotonic()
    fine, broken = a_request("PUT", body=body), Request("PUT", "/", (("Host", "p\u20ac"),), b"[]")
    requests = [fine, fine, broken]
    with raw_server(keeps) as server:
        exchanger = Exchanger(server.origin, timeout=TIMEOUT)
        exchanges = exchanger.send_together(requests)
        exchanger.close()

        assert len(server.lines) <= 2
        assert server.requests == []
    assert all(exchange.response is None for exchange in exchanges)
    assert time.monotonic() - started < SOON


def test_too_many_do_not_go_together() -> None:
    """More than can be held back at once are refused."""
    with raw_server(keeps) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        with pytest.raises(ValueError, match="At most"):
            exchanger.send_together([a_request()] * (MAX_SIMULTANEOUS + 1))
        exchanger.close()


def test_requests_side_by_side_keep_their_order() -> None:
    """Independent requests may go out from several threads; the answers come in the order of the requests."""
    requests = [a_request(target=f"/{number}") for number in range(30)]
    with raw_server(keeps) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        exchanges = exchanger.send_side_by_side(requests)
        exchanger.close()

    assert [exchange.request for exchange in exchanges] == requests
    assert all(exchange.response for exchange in exchanges)
    assert exchanger.sent == 30


def test_exchanges_of_several_threads_have_deadlines_of_their_own() -> None:
    """A slow exchange in one thread takes nothing from another."""
    release = threading.Event()

    def serve(line: Line) -> None:
        if b"/slow" in line.request():
            release.wait(5)
        line.send(OK)

    with raw_server(serve) as server:
        exchanger = Exchanger(server.origin, timeout=5)
        slow: list[Exchange] = []
        thread = threading.Thread(target=lambda: slow.append(exchanger.send(a_request(target="/slow"))))
        thread.start()
        quick = exchanger.send(a_request(target="/quick"))
        release.set()
        thread.join()
        exchanger.close()

    assert quick.response is not None
    assert slow[0].response is not None
