"""Servers that do to a client whatever a broken or a malicious one can do.

`HOSTILE` are so from the first request on, and so are the `RARE` ones, which break HTTP or what is told in its headers
in ways that nobody meets by accident. `TURNING` stand before a server that works, and become so on the way.
"""

import gzip
import json
import random
import re
import socket
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count

from selftest.odd_requests import damaged
from selftest.raw_servers import Gone, Line

__all__ = ["HOSTILE", "RARE", "TURNING", "Serve"]

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


def speaks_early(line: Line) -> None:
    """Answer before anything is asked, and so on."""
    line.send(json_of("{}"))
    always(json_of("{}"))(line)


def closes_between(line: Line) -> None:
    """Close the connection just as a second request comes on it."""
    line.request()
    line.send(json_of("{}"))
    line.request()


def challenging(*values: bytes) -> Serve:
    """Refuse every request with these challenges."""
    more = b"".join(b"WWW-Authenticate: " + value + b"\r\n" for value in values)
    return always(json_of("{}", more=more, status=b"401 Unauthorized"))


def giving(token: object, **more: object) -> Serve:
    """Give a token to whoever asks for anything."""
    return always(json_of(json.dumps({"accessToken": token, "refreshToken": {"id": token}, **more})))


def zipped(data: bytes, times: int) -> bytes:
    """The data in the gzip format, again and again."""
    return data if times == 0 else zipped(gzip.compress(data), times - 1)


_CHUNKED = _OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_DIGEST = b'Digest realm="r", nonce="abc", qop="auth"'

_PAGES: dict[str, object] = {
    "results": [],
    "totalCount": 10**15,
    "links": [{"rel": "next", "href": "http://127.0.0.1:9/x?pageNum=2"}],
    "elements": [],
    "pageMetadata": {"pageNumber": 0, "pageSize": 1, "totalElements": 10**15, "totalPages": 10**15},
    "count": 0,
    "total": 10**15,
    "tasks": [],
}

RARE: Mapping[str, Serve] = {
    "two answers at once": always(json_of("{}") + json_of('{"tasks": []}', status=b"500 Internal Server Error")),
    "an answer before the request": speaks_early,
    "gzip, then chunked": always(_OK_HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    "endless chunk extension": first(_CHUNKED + b"1;", endless(b"x" * 65536)),
    "tiny chunks with extensions": first(_CHUNKED, endless((b"1;" + b"x" * 4000 + b"\r\n \r\n") * 16)),
    "tiny chunks": first(_CHUNKED, endless(b"1\r\n \r\n" * 10_000)),
    "chunk size beyond numbers": always(_CHUNKED + b"F" * 17 + b"\r\n{}\r\n0\r\n\r\n"),
    "chunk size below nothing": always(_CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n"),
    "endless trailers": first(_CHUNKED + b"2\r\n{}\r\n0\r\n", endless(b"X-More: " + b"x" * 1000 + b"\r\n")),
    "another protocol": first(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        endless(b"\x81\x05hello" * 1000),
    ),
    "asks for a proxy's password": always(
        json_of("{}", more=b'Proxy-Authenticate: Basic realm="p"\r\n', status=b"407 Proxy Authentication Required")
    ),
    "codings upon codings": always(
        json_of(zipped(b"{}", 5), more=b"Content-Encoding: gzip, gzip, gzip, gzip, gzip\r\n")
    ),
    "two codings in two headers": always(
        json_of(zipped(b"{}", 1), more=b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n")
    ),
    "empty gzip streams": first(_OK_HEAD + b"Content-Encoding: gzip\r\n\r\n", endless(gzip.compress(b"") * 3000)),
    "flood of cookies": always(json_of("{}", more=b"Set-Cookie: a=0123456789; Domain=.example.com\r\n" * 1500)),
    "folded headers": always(json_of("{}", more=b"X-A: b\r\n\t" + b"c\r\n\t" * 2000 + b"d\r\n")),
    "HTTP/0.9": first(b"<html>hello</html>\r\n\r\n", lambda _: None),
    "HTTP/2": lambda line: line.send(b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\0\4\0\1\0\0"),
    "HTTP/2.0 in text": always(b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "TLS": first(b"\x15\x03\x01\x00\x02\x02\x46", lambda _: None),
    "closes just as one asks": closes_between,
    "two lengths": always(_OK_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "length and chunks": always(
        _OK_HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "length below nothing": always(_OK_HEAD + b"Content-Length: -1\r\n\r\n{}"),
    "length of 1e18": first(_OK_HEAD + b"Content-Length: 999999999999999999\r\n\r\n{}", Line.until_gone),
    "endless 103 Early Hints": first(b"", endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 300)),
    "900 challenges": challenging(*[_DIGEST] * 900),
    "6000 schemes": challenging(b", ".join(b"S%d a=b" % n for n in range(6000))),
    "20 000 parameters": challenging(_DIGEST + b", a=b" * 15_000),
    "qop of 60 kB": challenging(b'Digest realm="r", nonce="abc", qop="' + b"auth," * 12_000 + b'"'),
    "nonce of 60 kB": challenging(b'Digest realm="r", qop="auth", nonce="' + b"n" * 60_000 + b'"'),
    "nonce of quotes": challenging(b'Digest realm="r\\"\\\\", nonce="a\\"b\\r\\n,", qop="auth"'),
    "nonce beyond ASCII": challenging(b'Digest realm="\xe9\xff", nonce="\xe9\x80\xff", qop="auth"'),
    "digest by an unknown algorithm": challenging(_DIGEST + b", algorithm=FOO-9"),
    "stale for ever": challenging(_DIGEST + b", stale=true"),
    "token of 10 MB": giving("A" * 10_000_000),
    "token with line breaks": giving("abc\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1"),
    "token beyond ASCII": giving("abc\u202e\U0001f600 def"),
    "token of blanks": giving("   "),
    "token that is no text": giving({"a": [1]}),
    "endless pages": giving("a-token-of-theirs", **_PAGES),
    "far future": always(json_of(json.dumps(_PAGES), more=b"Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n")),
    "far past": always(json_of(json.dumps(_PAGES), more=b"Date: Mon, 01 Jan 0001 00:00:00 GMT\r\n")),
    "too many requests for ever": always(
        json_of("{}", more=b"Retry-After: 999999999999\r\n", status=b"429 Too Many Requests")
    ),
}


def damaging(upstream: int) -> Serve:
    """Pass on requests, and the answers with bytes of them changed, lost or put in between, every third time."""
    rng = random.Random(upstream)

    def serve(line: Line) -> None:
        while True:
            answer = _answer_of(upstream, line.request())
            if rng.random() < 0.3:
                line.send(damaged(rng, answer))
                return
            line.send(answer)

    return serve


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
    "damages answers": damaging,
    "closes every connection": lambda upstream: forwarding(upstream, lambda _: None, keep=False),
    **{f"{name}, after a while": after(25, hostile) for name, hostile in {**HOSTILE, **RARE}.items()},
}
