"""Requests by chance: right ones, wrong ones that are well signed, and bytes that are hardly requests any more."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from retryspec.authentication.opsmanager import REALM, Claim, authorization, expected_response
from retryspec.authentication.sls import signed_headers

__all__ = ["Draft", "Keys", "damaged", "drafts", "right", "signed", "spoiled"]

TEXTS = (
    "",
    "0",
    "1",
    "-1",
    "00",
    "1e9",
    "1.5",
    "9" * 40,
    "true",
    "null",
    "fail",
    "Failed",
    "FAILURE",
    "x" * 3000,
    "\x00",
    "\r\n",
    "é",
    "\u202e",
    "😀",
    "%",
    "%zz",
    "%ff",
    "../..",
    "a/b",
    "a;b",
    "a b+c",
    "'; DROP TABLE vcf_task; --",
    "*",
    "{}",
)

VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    {"a": {"b": []}},
    ["x"] * 11,
    [1, None],
)

BODIES = (
    b"",
    b"{",
    b"[",
    b"null",
    b"[" * 3000,
    b"\xff\xfe",
    b'"x',
    b"[1e999]",
    b"[NaN]",
    b"0" * 5000,
    b" ",
    b"\xef\xbb\xbf[]",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before it is signed."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and query as they stand in the first line."""
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query)
        return f"{self.path}?{query}" if query else self.path


@dataclass(slots=True)
class Keys:
    """What one has to know to sign: a token of VCF, a nonce of Ops Manager and how often it was used."""

    token: str = ""
    nonce: str = ""
    count: int = 0


def drafts(tasks: Mapping[str, Sequence[str]], hosts: Mapping[str, str], now: int) -> list[Draft]:
    """Right requests for every operation.

    Args:
        tasks: Addresses of tasks by the API: paths, or for SLS the path and then ids.
        hosts: The Host of a request, by the API.
        now: The time, for the window of SLS.
    """
    path, *ids = tasks["sls"]
    window = (("from", str(now - 3600)), ("to", str(now + 60)))
    sls = {"Host": hosts["sls"]}
    found = [
        Draft("GET", path, (*window, ("status", status), ("offset", "0"), ("size", "20")), sls)
        for status in ("", "fail", "success", "running")
    ]
    found += [Draft("PUT", path, (), sls, json.dumps(ids[n : n + 3]).encode()) for n in range(0, len(ids), 3)]
    for one in tasks["vcf"]:
        found += [Draft("GET", one), Draft("PATCH", one)]
    found.append(Draft("GET", "/v1/tasks", (("taskStatus", "Failed"), ("pageSize", "10"), ("limit", "50"))))
    json_type = {"Content-Type": "application/json"}
    user = json.dumps({"username": "admin@local", "password": "retryspec-pass"}).encode()
    found.append(Draft("POST", "/v1/tokens", (), json_type, user))
    found.append(Draft("PATCH", "/v1/tokens/access-token/refresh", (), json_type, b'"x"'))
    for one in tasks["opsmanager"]:
        found += [Draft("GET", one, (("verbose", "true"),)), Draft("PUT", f"{one}/retry", (("envelope", "true"),))]
        found.append(
            Draft("GET", one.rpartition("/")[0], (("pageNum", "1"), ("itemsPerPage", "5"), ("pretty", "true")))
        )
    state = {"action": "setup", "state": "tasks", "params": {"tasks": [{"status": "FAILED"}]}}
    return [*found, Draft("POST", "/_states", (), json_type, json.dumps(state).encode()), Draft("GET", "/")]


def right(rng: random.Random, draft: Draft) -> Draft:
    """The request as it is."""
    return draft


def spoiled(rng: random.Random, draft: Draft) -> Draft:
    """The request with something wrong in it, or with several things."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        draft = rng.choice(_SPOILING)(rng, draft)
    return draft


def _other_value(rng: random.Random, draft: Draft) -> Draft:
    if not draft.query:
        return replace(draft, query=((rng.choice(("from", "size", "pageNum", "x", "")), rng.choice(TEXTS)),))
    place = rng.randrange(len(draft.query))
    changed = (draft.query[place][0], rng.choice(TEXTS))
    return replace(draft, query=(*draft.query[:place], changed, *draft.query[place + 1 :]))


def _fewer_or_more(rng: random.Random, draft: Draft) -> Draft:
    query = [pair for pair in draft.query if rng.random() < 0.7]
    query += [rng.choice(draft.query)] if draft.query and rng.random() < 0.5 else []
    return replace(draft, query=tuple(query))


def _other_method(rng: random.Random, draft: Draft) -> Draft:
    return replace(
        draft, method=rng.choice(("GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "X"))
    )


def _other_path(rng: random.Random, draft: Draft) -> Draft:
    segments = draft.path.split("/")
    place = rng.randrange(len(segments))
    segments[place] = quote(rng.choice(TEXTS), safe=rng.choice(("", "/;%")))
    return replace(draft, path="/" + "/".join(segments).lstrip("/"))


def _other_body(rng: random.Random, draft: Draft) -> Draft:
    if rng.random() < 0.4:
        return replace(draft, body=rng.choice(BODIES))
    try:
        value = json.loads(draft.body or b"{}")
    except (ValueError, RecursionError):
        return replace(draft, body=rng.choice(BODIES))
    return replace(draft, body=json.dumps(_changed(rng, value)).encode())


def _changed(rng: random.Random, value: object) -> object:
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(list(value))
        return {**value, name: _changed(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        return [*value[:place], _changed(rng, value[place]), *value[place + 1 :]]
    return rng.choice(VALUES)


def _other_header(rng: random.Random, draft: Draft) -> Draft:
    names = (
        "Host",
        "Content-Type",
        "Date",
        "x-log-date",
        "x-log-apiversion",
        "x-log-bodyrawsize",
        "Content-MD5",
        "X-Any",
    )
    value = rng.choice([text for text in TEXTS if text.isascii() and text.isprintable()])
    return replace(draft, headers={**draft.headers, rng.choice((*names, "Accept", "Expect", "Connection")): value})


_SPOILING: Sequence[Callable[[random.Random, Draft], Draft]] = (
    _other_value,
    _fewer_or_more,
    _other_method,
    _other_path,
    _other_body,
    _other_header,
)


def signed(draft: Draft, keys: Keys) -> bytes:
    """The request with the credentials that it needs, as it goes over the wire."""
    headers = {"Host": "127.0.0.1", **draft.headers}
    if draft.path.startswith("/logstores"):
        own = [
            (name, value) for name, value in headers.items() if name not in ("Host", "Accept", "Expect", "Connection")
        ]
        headers |= signed_headers(
            draft.method, draft.target, draft.body, key_id="retryspec-id", secret="retryspec-secret", extra=own
        )
    elif draft.path.startswith("/api"):
        keys.count += 1
        claim = Claim(
            username="retryspec",
            realm=REALM,
            nonce=keys.nonce,
            uri=draft.target,
            response="",
            qop="auth",
            nc=f"{keys.count:08x}",
            cnonce="c",
        )
        claim = replace(claim, response=expected_response("retryspec-key", draft.method, claim))
        headers["Authorization"] = authorization(claim)
    elif draft.path.startswith("/v1"):
        headers["Authorization"] = f"Bearer {keys.token}"
    lines = [f"{draft.method} {draft.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(draft.body)}"] if draft.body else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + draft.body


_PIECES = (
    b"\r\n",
    b"\n",
    b"\x00",
    b"\xff",
    b" ",
    b":",
    b"%",
    b"HTTP/1.1",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Host: x\r\n",
    b"Upgrade: websocket\r\nConnection: upgrade\r\n",
    b"Expect: 100-continue\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
)


def damaged(rng: random.Random, data: bytes) -> bytes:
    """A request with bytes of it changed, lost, doubled or put in between; rarely bytes of no request at all."""
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(1, 400))
    spoiled_ = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randrange(len(spoiled_) + 1)
        end = place + rng.choice((0, 1, 1, 2, 20))
        spoiled_[place:end] = rng.choice(
            (
                b"",
                rng.randbytes(1),
                rng.choice(_PIECES),
                bytes(spoiled_[place:end]) * 2,
                bytes(spoiled_[place:end]).swapcase(),
            )
        )
        if not spoiled_:
            return b"\r\n"
    return bytes(spoiled_[: rng.randrange(1, len(spoiled_))] if rng.random() < 0.1 else spoiled_)
