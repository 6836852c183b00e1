"""Servers that do to a client whatever a broken or a malicious one can do.

`HOSTILE` are so from the first request on. `TURNING` stand before a server that works, and become so on the way.
"""

import gzip
import re
import socket
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count

from selftest.raw_servers import Gone, Line

__all__ = ["HOSTILE", "TURNING", "Serve"]

Serve = Callable[[Line], None]

MEGABYTE = 1024 * 1024
SCRIPT = "<script>alert(1)</script>\x1b[31mred\x1b]0;title\x07\u202egnp.exe\u2066<!--]]>&amp;'\""


def json_of(body: str | bytes, *, more: bytes = b"", status: bytes = b"200 OK") -> bytes:
    """An answer with a JSON body."""
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + more
    return head + b"Content-Length: %d\r\n\r\n" % len(raw) + raw


def always(answer: bytes) -> Serve:
    """Give every request the same answer."""

    def serve(line: Line) -> None:
        while True:
            line.request()
            line.send(answer)

    return serve


def first(answer: bytes, then: Callable[[Line], None]) -> Serve:
    """Send some bytes for the first request of a connection, and go on in another way."""

    def serve(line: Line) -> None:
        line.request()
        line.send(answer)
        then(line)

    return serve


def never_answers(line: Line) -> None:
    """Take requests and say nothing."""
    line.until_gone()


def byte_by_byte(data: bytes) -> Callable[[Line], None]:
    """Send one byte every half second."""

    def drip(line: Line) -> None:
        for place in range(len(data)):
            line.send(data[place : place + 1])
            line.pause(0.5)
        line.until_gone()

    return drip


def endless(data: bytes) -> Callable[[Line], None]:
    """Send the same for ever."""

    def pour(line: Line) -> None:
        while True:
            line.send(data)

    return pour


def resets(line: Line) -> None:
    """Break the connection where an answer is due."""
    line.head()
    line.reset()


def closes(line: Line) -> None:
    """Read a request and close the connection."""
    line.head()


def resets_at_once(line: Line) -> None:
    """Break the connection before a request is read."""
    line.reset()


def bomb(packed: Callable[[bytes], bytes], coding: bytes) -> Serve:
    """Answer with a body of 200 megabytes that is small on the wire."""
    body = packed(b"\0" * (200 * MEGABYTE))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    return always(head + body)


def deflated(data: bytes) -> bytes:
    """The data in the zlib format."""
    return zlib.compress(data, 9)


def redirecting(location: Callable[[Line], bytes], status: bytes = b"302 Found") -> Serve:
    """Redirect every request."""

    def serve(line: Line) -> None:
        while True:
            line.request()
            line.send(b"HTTP/1.1 " + status + b"\r\nLocation: " + location(line) + b"\r\nContent-Length: 0\r\n\r\n")

    return serve


def shouting(text: str) -> Serve:
    """Put a text into every string, header and id that an API of ours has."""
    import json

    members = [
        *("id", "name", "status", "type", "errorCode", "errorMessage", "message", "referenceToken", "detail", "reason"),
        *("error", "taskStatus", "taskMessage", "accessToken", "project", "logstore", "shipper", "groupId"),
    ]
    value: dict[str, object] = dict.fromkeys(members, text)
    value |= {"tasks": [dict(value)], "elements": [dict(value)], "results": [dict(value)], text: text}
    value |= {"refreshToken": {"id": text}, "ids": [text], "causes": [dict.fromkeys(members, text)]}
    header = re.sub("[^ -~]", "", text).encode()
    more = b"X-Shout: " + header + b"\r\nx-log-requestid: " + header + b"\r\nWWW-Authenticate: " + header + b"\r\n"
    return always(json_of(json.dumps(value), more=more, status=b"400 Bad Request"))


_OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

HOSTILE: Mapping[str, Serve] = {
    "never answers": never_answers,
    "stops after the headers": first(_OK_HEAD + b"Content-Length: 100\r\n\r\n", Line.until_gone),
    "drips its headers": first(b"", byte_by_byte(_OK_HEAD * 40)),
    "drips its body": first(_OK_HEAD + b"Content-Length: 1000\r\n\r\n", byte_by_byte(b"{" * 1000)),
    "endless body": first(_OK_HEAD + b"\r\n", endless(b" " * 65536)),
    "endless chunks": first(
        _OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", endless(b"10000\r\n" + b" " * 65536 + b"\r\n")
    ),
    "endless headers": first(_OK_HEAD, endless(b"X-More: " + b"x" * 1000 + b"\r\n")),
    "endless header": first(_OK_HEAD + b"X-More: ", endless(b"x" * 65536)),
    "endless 100 Continue": first(b"", endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)),
    "bomb of gzip": bomb(lambda data: gzip.compress(data, 9), b"gzip"),
    "bomb of deflate": bomb(deflated, b"deflate"),
    "brotli that nobody asked for": always(_OK_HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n\x0b\x02"),
    "zstd that nobody asked for": always(
        _OK_HEAD + b"Content-Encoding: zstd\r\nContent-Length: 4\r\n\r\n\x28\xb5\x2f\xfd"
    ),
    "broken gzip": always(_OK_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n\x1f\x8b\x08nonsense!"),
    "redirects to itself": redirecting(lambda line: line.server.base_url.encode() + b"/again"),
    "redirects to another origin": redirecting(lambda _: b"http://127.0.0.1:9/elsewhere", b"307 Temporary Redirect"),
    "resets at once": resets_at_once,
    "resets before the answer": resets,
    "resets in the answer": first(_OK_HEAD + b"Content-Length: 100\r\n\r\n{", Line.reset),
    "resets after the answer": first(json_of("{}"), Line.reset),
    "body shorter than said": first(_OK_HEAD + b"Content-Length: 100\r\n\r\n{}", lambda _: None),
    "body longer than said": always(_OK_HEAD + b"Content-Length: 2\r\n\r\n{}" + b"[1, 2, 3]" * 10),
    "not HTTP": first(b"220 mail.example ESMTP ready\r\n", lambda _: None),
    "speaks first": lambda line: line.send(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "bytes that are no UTF-8": always(json_of(b'{"errorCode": "\xff\xfe\xc3("}', status=b"400 Bad Request")),
    "lone surrogates": always(json_of('{"errorCode": "\\ud800", "id": "\\udfff", "ids": ["\\ud800"]}')),
    "NUL and BOM": always(json_of(b'\xef\xbb\xbf{"id": "a\\u0000b", "tasks": null}\0\0')),
    "control bytes in headers": always(json_of("{}", more=b"X-Odd: a\x01\x02\x7fb\r\nX\x01Y: 1\r\n")),
    "deep JSON": always(json_of("[" * 100_000 + "]" * 100_000)),
    "deep objects": always(json_of('{"a":' * 100_000 + "1" + "}" * 100_000)),
    "just deep enough": always(json_of('{"tasks": [{"id": ' + "[" * 989 + "]" * 989 + "}]}")),
    "very many objects": always(json_of('{"tasks": [' + '{"a":1},' * 300_000 + "{}]}")),
    "numbers beyond numbers": always(json_of('{"count": NaN, "total": 1e999, "tasks": [-Infinity]}')),
    "integers of 100 000 digits": always(json_of(f'{{"count": {"9" * 100_000}, "total": -{"9" * 100_000}}}')),
    "duplicate keys": always(json_of('{"id": 1, "id": 2, "tasks": [], "tasks": {}, "elements": 1, "elements": []}')),
    "status 999": always(json_of("{}", status=b"999 Whatever")),
    "status 099": always(json_of("{}", status=b"099 Whatever")),
    "body on a 204": always(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
    "junk as a challenge": always(
        json_of("{}", more=b"WWW-Authenticate: " + b'Digest a="b", ,=;"\\' * 1800 + b"\r\n", status=b"401 Unauthorized")
    ),
    "scripts and escapes everywhere": shouting(SCRIPT),
    "long strings everywhere": shouting("\\" + "A" * 20_000),
    "says yes to everything": always(json_of("{}")),
    "static page": always(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>hi</html>"),
    "closes every connection unsaid": closes,
}


def forwarding(upstream: int, hostile: Callable[[int], Serve | None], *, keep: bool = True) -> Serve:
    """Pass requests on to a server that works, but for those that another one is to deal with.

    Args:
        upstream: the port of the server that works.
        hostile: who deals with a request instead, by its number, from 1.
        keep: whether a connection is used again.
    """
    numbers = count(1)

    def serve(line: Line) -> None:
        while True:
            request = line.request()
            instead = hostile(next(numbers))
            if instead is not None:
                line.put_back(request)
                instead(line)
                return
            line.send(_answer_of(upstream, request))
            if not keep:
                return

    return serve


def after(requests: int, hostile: Serve) -> Callable[[int], Serve]:
    """A server that works for so many requests and is hostile then."""
    return lambda upstream: forwarding(upstream, lambda number: hostile if number > requests else None)


def on_every(nth: int, hostile: Serve) -> Callable[[int], Serve]:
    """A server that is hostile on every so many-th request."""
    return lambda upstream: forwarding(upstream, lambda number: hostile if number % nth == 0 else None)


def _answer_of(port: int, request: bytes) -> bytes:
    closing = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", request, count=1)
    closing = closing.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, suppress(OSError):
        connection.sendall(closing)
        while part := connection.recv(65536):
            answer += part
    if not answer:
        raise Gone
    return re.sub(rb"(?i)\r\nconnection: close", b"", answer, count=1)


TURNING: Mapping[str, Callable[[int], Serve]] = {
    "hangs after 20 requests": after(20, never_answers),
    "hangs on every third": on_every(3, never_answers),
    "resets on every fourth": on_every(4, resets),
    "closes every connection": lambda upstream: forwarding(upstream, lambda _: None, keep=False),
    **{f"{name}, after a while": after(25, hostile) for name, hostile in HOSTILE.items()},
}
