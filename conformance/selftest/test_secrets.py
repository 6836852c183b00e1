"""No secret reaches an output, whatever a server does with what it is sent, and whatever goes wrong."""

import base64
import html
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from retryspec.documents import slugs
from selftest.raw_servers import Line, RawServer, raw_server

MARKER = "hunter2-Zq9/xV+Lm=7"
"""The planted secret; its characters change in every way of writing."""

TOKEN, REFRESH = "tok-Vq3/8pLr+Zm1cY6wKx0Tj5Hn", "ref-Bd7+Rs2/fG9eUo4aWi6Lk1Mz"
"""What the server gives to who signs in."""

TABLES = {
    "sls": 'access_key_id = "an-id"\nproject = "p"\nlogstore = "l"\nshipper = "s"\n'
    'access_key_secret = { env = "MARKER" }\ntasks = { fail = ["a"] }\n',
    "vcf": 'username = "a-user"\npassword = { env = "MARKER" }\ntasks = { FAILED = ["a"] }\n',
    "opsmanager": 'public_key = "a-key"\nprivate_key = { env = "MARKER" }\ngroup_id = "5f8f8c7d1d5e4a1b2c3d4e5f"\n'
    'jobs = { FAILURE = ["5f8f8c7d1d5e4a1b2c3d4e60"] }\n',
}


def written(text: str) -> list[str]:
    """A text in the ways in which a server may send it back."""
    half = len(text) // 2
    return [form for part in (text, text[:half], text[half:]) for form in encoded(part)]


def encoded(text: str) -> list[str]:
    """A text in the ways in which it can be written."""
    raw = text.encode()
    return [
        *(text, text[::-1], text.upper(), text.lower(), html.escape(text), quote(text, safe="")),
        *(base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")),
        *(base64.b64encode(b"user:" + raw).decode(), raw.hex(), raw.hex().upper()),
        *(json.dumps(text)[1:-1], json.dumps(text).replace("/", "\\/")[1:-1]),
    ]


class Echo:
    """Sends back what came in, in body and headers, and what was in the Authorization headers of earlier requests."""

    def __init__(self, secret: str, status: str) -> None:
        self._secret = secret
        self._status = status

    def __call__(self, line: Line) -> None:
        """Serve a connection."""
        while True:
            request = line.request().decode("latin-1")
            sent = [each.partition(b"\r\n\r\n")[0].decode("latin-1") for each in line.server.requests[-40:]]
            proofs = [proof for head in (sent[-1], *sent[:-20:-3]) for proof in proofs_in(head)]
            words = [*written(self._secret), *(word for proof in proofs for word in written(proof)), request]
            accepts = self._status.startswith("2")
            token = {"accessToken": TOKEN, "refreshToken": {"id": REFRESH}} if accepts else {}
            body = json.dumps({**token, "errorCode": "Unauthorized", "message": words, "tasks": words}).encode()
            headers = "".join(f"X-Echo: {re.sub('[^ -~]', '', word)[:3000]}\r\n" for word in words)
            challenge = 'WWW-Authenticate: Digest realm="r", nonce="n0nce", qop="auth", algorithm=MD5\r\n'
            head = f"HTTP/1.1 {self._status}\r\nContent-Type: application/json\r\n{challenge}{headers}"
            line.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def proofs_in(heads: str) -> list[str]:
    """What in Authorization headers proves the knowledge of a secret."""
    found = re.findall(r"(?i)authorization: (?:LOG [^:\r\n]*:|Bearer )([^\r\n]+)", heads)
    return [*found, *re.findall(r'(?i)\bresponse="?([0-9a-f]{32,})', heads)]


@contextmanager
def watched_command_lines(process: "subprocess.Popen[bytes]") -> Iterator[set[str]]:
    """The command lines of all processes for as long as one runs."""
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for each in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
                except OSError:
                    continue

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def outputs(slug: str, folder: Path, server: RawServer, *more: str, code: str = "") -> str:
    """All that a run leaves: files, both streams, and the command lines of every process."""
    target = folder / "target.toml"
    path = "/api/public/v1.0" if slug == "opsmanager" else ""
    target.write_text(f'[{slug}]\nbase_url = "{server.base_url}{path}"\n{TABLES[slug]}', encoding="utf-8")
    words = ["check", "--target", str(target), "--out", str(folder / "out"), "--max-time", "5", "--settle", "0.1"]
    start = f"import sys; {code or 'pass'}; from retryspec.__main__ import main; sys.argv[0] = 'retryspec'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, *words, "-v", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"MARKER": MARKER, "PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )
    with watched_command_lines(process) as lines:
        out, err = process.communicate(timeout=60)
    assert process.returncode in (1, 3), err.decode()
    files = [path.read_text(encoding="utf-8") for path in sorted((folder / "out").iterdir())]
    return "\n".join([out.decode(), err.decode(), *files, *lines])


def derived(requests: Sequence[bytes]) -> list[str]:
    """What was made of the secret and went over the wire, and the tokens that the server gave, whole and in halves."""
    heads = "\n".join(request.partition(b"\r\n\r\n")[0].decode("latin-1") for request in requests)
    # A token with the header of a JWT is one that the suite has made up, and everybody may see it.
    found = [proof for proof in proofs_in(heads) if not proof.startswith("eyJ")]
    given = (TOKEN, REFRESH) if any(request.startswith(b"POST /v1/tokens") for request in requests) else ()
    values = {*found[:100], *found[-100:], *given}
    return [part for each in values for part in (each, each[: len(each) // 2], each[len(each) // 2 :]) if len(part) > 7]


def expect_no_secret(everything: str, server: RawServer) -> None:
    """Nothing of the marker or of what was made of it is there, in whole or in half, however it is written."""
    assert everything
    shown = [word for word in [*written(MARKER), *derived(server.requests)] if word in everything]
    assert not shown


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
@pytest.mark.parametrize("slug", slugs())
def test_echoed_secret_is_in_no_output(slug: str, status: str, tmp_path: Path) -> None:
    """A server that sends everything back, accepting or refusing, brings no secret into a report or onto a terminal."""
    with raw_server(Echo(MARKER, status)) as server:
        everything = outputs(slug, tmp_path, server, "--depth", "quick")

    expect_no_secret(everything, server)
    assert "[redacted]" in everything


@pytest.mark.parametrize("slug", slugs())
def test_what_another_worker_sent_is_in_no_output(slug: str, tmp_path: Path) -> None:
    """A server that sends back to one worker what another one has sent brings no secret into a report either."""
    with raw_server(Echo(MARKER, "200 OK")) as server:
        expect_no_secret(outputs(slug, tmp_path, server, "--depth", "quick", "--workers", "3"), server)


@pytest.mark.parametrize("slug", slugs())
def test_json_on_standard_output_has_no_secret(slug: str, tmp_path: Path) -> None:
    """The report on standard output is as clean as the one in the folder."""
    with raw_server(Echo(MARKER, "200 OK")) as server:
        expect_no_secret(outputs(slug, tmp_path, server, "--depth", "quick", "--format", "json"), server)


@pytest.mark.parametrize("slug", slugs())
def test_failure_of_the_suite_shows_no_secret(slug: str, tmp_path: Path) -> None:
    """When the suite itself breaks with a secret in its hands, what it says of that has none."""
    broken = (
        "import retryspec.session as s; "
        "exec(\"def broken(self, *a, **k): raise RuntimeError('lost ' + __import__('os').environ['MARKER'])\"); "
        "s.Session.record = broken"
    )
    with raw_server(Echo(MARKER, "200 OK")) as server:
        everything = outputs(slug, tmp_path, server, "--depth", "quick", code=broken)

    expect_no_secret(everything, server)
    assert "RuntimeError" in everything
