"""The curl line of a finding: pasted into bash it sends the very same request, and it holds no secret."""

import json
import subprocess
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from retryspec.authentication import sls as signature
from retryspec.curl import curl_line
from retryspec.exchange import Request
from retryspec.session import RunOptions
from retryspec.suite.sls.connection import SlsConnection, connect
from retryspec.target import read_target_file
from selftest.raw_servers import OK, RawServer, answered, raw_server

SECRET = "s3cret/with+odd=characters"


def pasted(line: str, server: RawServer) -> bytes:
    """The request that arrives when a line is pasted into bash."""
    done = subprocess.run(
        ["bash", "-c", line],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SLS_ACCESS_KEY_SECRET": SECRET, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"HTTP/1.1 200 OK"), done.stdout
    return server.requests[-1]


def taken_apart(raw: bytes) -> tuple[bytes, dict[str, str], bytes]:
    """The request line, the headers by lower-case name, and the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = [line.decode("latin-1").partition(":") for line in lines]
    return first, {name.lower(): value.strip() for name, _, value in pairs}, body


BODIES = {
    "none": None,
    "empty": b"",
    "plain": b'["a"]',
    "quotes": b"""['it''s', "$HOME", `x`, \\n, %s, !]""",
    "line breaks": b'[\r\n\t"a"\n]\n',
    "unicode": '["ä€😀\u202e"]'.encode(),
    "no UTF-8": b'["\xff\xfe"]',
    "NUL": b'["\x00\x01 %d"]',
    "at sign": b"@/etc/hostname",
    "long": b'["' + b"x" * 20_000 + b'"]',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_line_sends_the_same_body(body: bytes | None) -> None:
    """A body arrives byte for byte, and nothing is added to what the request has."""
    with raw_server(answered(OK)) as server:
        headers = [("Host", "p.sls.test"), ("Accept-Encoding", "gzip, deflate")]
        line = curl_line("PUT", f"{server.base_url}/a?b=c", headers, body)

        first, arrived, came = taken_apart(pasted(line, server))

    assert first == b"PUT /a?b=c HTTP/1.1"
    assert came == (body or b"")
    length = {} if body is None else {"content-length": str(len(body))}
    assert arrived == {"host": "p.sls.test", "accept-encoding": "gzip, deflate", **length}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "get"])
@pytest.mark.parametrize("body", [None, b"{}"], ids=["without body", "with body"])
def test_line_sends_the_same_method(method: str, body: bytes | None) -> None:
    """The method is that of the request, with and without a body."""
    with raw_server(answered(OK)) as server:
        first, _, _ = taken_apart(pasted(curl_line(method, f"{server.base_url}/", [], body), server))

    assert first == f"{method} / HTTP/1.1".encode()


def test_line_for_head_does_not_wait_for_a_body() -> None:
    """The answer to HEAD ends with its headers."""
    with raw_server(answered(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as server:
        first, _, _ = taken_apart(pasted(curl_line("HEAD", f"{server.base_url}/", [], None), server))

    assert first == b"HEAD / HTTP/1.1"


@pytest.mark.parametrize(
    "target", ["/a/../b/./c//d", "/%2F%20%25%c3%a4?x=[1]{a,b}&y='$(id)'&&z", "/*?", "/a;b=c?q=`id`\\"]
)
def test_line_sends_the_same_target(target: str) -> None:
    """Path and query arrive as they were written."""
    with raw_server(answered(OK)) as server:
        first, _, _ = taken_apart(pasted(curl_line("GET", server.base_url + target, [], None), server))

    assert first == f"GET {target} HTTP/1.1".encode()


def test_line_sends_the_same_headers() -> None:
    """Odd and empty header values arrive, and what curl adds by itself does not."""
    headers = [("Host", "h"), ("X-Odd", 'it\'s $HOME `id` \\ "q" %s'), ("X-Empty", ""), ("X-Latin", "caf\u00e9")]
    with raw_server(answered(OK)) as server:
        _, arrived, _ = taken_apart(pasted(curl_line("PUT", server.base_url, headers, b"[]"), server))

    assert arrived == {name.lower(): value for name, value in headers} | {"content-length": "2"}


def test_line_for_chunks_sends_chunks() -> None:
    """A body that went in chunks goes in chunks again."""
    with raw_server(answered(OK)) as server:
        line = curl_line("PUT", server.base_url, [("Host", "h")], b"[]", chunked=True)
        _, arrived, body = taken_apart(pasted(line, server))

    assert arrived == {"host": "h", "transfer-encoding": "chunked"}
    assert body == b"2\r\n[]\r\n0\r\n\r\n"


# Lines that sign afresh


def connection_to(server: RawServer, folder: Path, *, more: str = "") -> SlsConnection:
    """An SLS connection to a server."""
    file = folder / "target.toml"
    file.write_text(
        f'[sls]\nbase_url = "{server.base_url}/below"\nendpoint = "sls.test"\naccess_key_id = "key-id"\n'
        f'access_key_secret = {json.dumps(SECRET)}\nproject = "p"\nlogstore = "l"\nshipper = "s"\n{more}',
        encoding="utf-8",
    )
    return connect(read_target_file(file)["sls"], RunOptions(timeout=5))


def curl_of(connection: SlsConnection, request: Request) -> str:
    """The curl line of a finding about a request."""
    exchange = connection.wire.send(request)
    assert exchange.response is not None
    return connection.session.record(exchange).curl


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/logstores/l/shipper/s/tasks?from=1&to=2&status=&offset=0&size=100", None),
        ("/logstores/l%2F%25s%20'q'%22/shipper/%C3%A4%E2%82%AC/tasks?to=2&from=1&x=%0Ay&x=%25d%5Cn", None),
        ("/logstores/l/shipper/s/tasks", b'["a"]'),
        ("/logstores/l/shipper/s/tasks", b"[]\n\t'\\"),
        ("/logstores/l/shipper/s/tasks", b""),
        ("/logstores/l/shipper/s/tasks", None),
    ],
    ids=["query", "odd names", "body", "odd body", "empty body", "no body"],
)
def test_line_signs_afresh(target: str, body: bytes | None, tmp_path: Path) -> None:
    """The line sends the same request with a Date of now and the signature that openssl makes of it."""
    method = "GET" if "?" in target else "PUT"
    with raw_server(answered(OK)) as server:
        connection = connection_to(server, tmp_path, more='headers = { "X-Gateway" = "it\'s" }')
        request = connection.wire.request(method, "p", target, body)
        line = curl_of(connection, request)
        first, arrived, came = taken_apart(pasted(line, server))
        connection.session.close()

    assert SECRET not in line
    assert request.secrets[0] not in line
    assert first == f"{method} /below{target} HTTP/1.1".encode()
    assert came == (body or b"")
    sent = {name.lower(): value for name, value in request.headers}
    fresh = {"date", "authorization"}
    length = {} if body is None else {"content-length": str(len(body))}
    assert {k: v for k, v in arrived.items() if k not in fresh} == {
        **{k: v for k, v in sent.items() if k not in fresh},
        **length,
    }
    assert abs((parsedate_to_datetime(arrived["date"]) - parsedate_to_datetime(sent["date"])).total_seconds()) < 60
    claim = signature.parse_authorization(arrived["authorization"])
    assert claim is not None
    assert signature.verify(SECRET, claim.signature, method, f"/below{target}", arrived.items())


def test_line_of_a_wrongly_signed_request_keeps_its_headers(tmp_path: Path) -> None:
    """A request that was wrong on purpose is shown as it was, with its signature taken out."""
    with raw_server(answered(OK)) as server:
        connection = connection_to(server, tmp_path)
        request = connection.wire.request("GET", "p", "/logstores/l/shipper/s/tasks", secret="another-secret")
        line = curl_of(connection, request)
        connection.session.close()

    assert "openssl" not in line
    assert "Authorization: LOG key-id:[redacted]" in line
    assert request.secrets[0] not in line


def test_line_of_an_unsigned_request_is_readable(tmp_path: Path) -> None:
    """An Authorization without a signature garbles nothing."""
    with raw_server(answered(OK)) as server:
        connection = connection_to(server, tmp_path)
        request = connection.wire.request("GET", "p", "/tasks", headers={"Authorization": "LOG key-id:"})
        line = curl_of(connection, replace(request))
        connection.session.close()

    assert "[redacted]" not in line
    assert "Authorization: LOG key-id:" in line
