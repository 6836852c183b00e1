"""Who the Ops Manager reference server lets in: every value of a digest, right and wrong, over a real connection."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from retryspec.authentication.opsmanager import (
    REALM,
    Claim,
    authorization,
    challenge,
    expected_response,
    parse_authorization,
)
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.serve import running

PUBLIC, PRIVATE = "retryspec", "retryspec-key"


@dataclass(frozen=True, slots=True)
class Door:
    """A project with a failed job, and requests to it with digests made by hand."""

    http: httpx.Client
    clock: SetClock
    path: str
    job: str

    @property
    def retry(self) -> str:
        """Return the path of the retry."""
        return f"{self.path}/{self.job}/retry"

    def nonce(self) -> str:
        """Return a new nonce, as a challenge gives it."""
        return told(self.http.get(self.path))["nonce"]

    def claim(self, uri: str, **values: Any) -> Claim:
        """Return a claim for a request, without its response."""
        given = {"nonce": values.pop("nonce", None) or self.nonce(), "qop": "auth", "nc": "00000001", "cnonce": "c"}
        return Claim(**{"username": PUBLIC, "realm": REALM, "uri": uri, "response": "", **given, **values})

    def call(
        self, claim: Claim, *, key: str = PRIVATE, method: str = "GET", signed: str = "", path: str = ""
    ) -> httpx.Response:
        """Return the answer to a request with a claim, its response made with a key and for a method."""
        response = claim.response or expected_response(key, signed or method, claim)
        header = authorization(replace(claim, response=response))
        return self.http.request(method, path or claim.uri, headers={b"Authorization": header.encode("latin-1")})

    def status(self) -> str:
        """Return the status of the job."""
        found: str = self.call(self.claim(f"{self.path}/{self.job}")).json()["status"]
        return found


@pytest.fixture
def door() -> Iterator[Door]:
    """A server of its own for each test, with a clock that stands still."""
    clock = SetClock(time.time())
    app = application(["opsmanager"], clock=clock, provider_states=True)
    with running(app) as base_url, httpx.Client(base_url=base_url, timeout=10) as http:
        body = {"action": "setup", "state": "log collection jobs", "params": {"jobs": [{"status": "FAILURE"}]}}
        made = http.post("/_states", json=body).json()
        yield Door(http, clock, f"/api/public/v1.0/groups/{made['groupId']}/logCollectionJobs", made["ids"][0])


def told(answer: httpx.Response) -> dict[str, str]:
    """Return the parameters of the challenge of a 401, whose form and body are looked at on the way."""
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json;charset=ISO-8859-1"
    assert set(answer.json()) == {"detail", "error", "reason"}
    assert (answer.json()["error"], answer.json()["reason"]) == (401, "Unauthorized")
    (value,) = answer.headers.get_list("www-authenticate")
    scheme, _, rest = value.partition(" ")
    assert scheme == "Digest"
    found = dict(piece.split("=", 1) for piece in rest.split(", "))
    nonce = found["nonce"].strip('"')
    assert value == challenge(nonce, stale=found["stale"] == "true")
    assert len(nonce) == 32
    return {**found, "nonce": nonce}


def test_example_of_the_rfc() -> None:
    """The example of RFC 2617 gives the response that is printed there."""
    claim = Claim(
        username="Mufasa",
        realm="testrealm@host.com",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        uri="/dir/index.html",
        qop="auth",
        nc="00000001",
        cnonce="0a4f113b",
        response="",
    )

    assert expected_response("Circle Of Life", "GET", claim) == "6629fae49393a05397450978507c4ef1"
    old = replace(claim, qop=None, nc=None, cnonce=None)
    assert expected_response("CircleOfLife", "GET", old) == "1949323746fe6a43ef61f9606e7febea"


@pytest.mark.parametrize(
    "form",
    [
        'Digest username="u", realm="r", nonce="n", uri="/a?b=\\"c\\"", response="d"',
        'digest username="u",realm="r",nonce="n",uri="/a?b=\\"c\\"",response=d',
        'Digest   response="d" ,  uri="/a?b=\\"c\\"" , NONCE=n,realm=r, username=u, ',
        'Digest username="u", realm="r", nonce="n", uri="/a?b=\\"c\\"", response="d", opaque="", username="v"',
    ],
)
def test_forms_of_the_header_are_alike(form: str) -> None:
    """Quoted or bare, in any order and with any blanks, a header claims the same."""
    claim = parse_authorization(form)

    assert claim == Claim(username="u", realm="r", nonce="n", uri='/a?b="c"', response="d")
    assert claim is not None
    assert parse_authorization(authorization(claim)) == claim


@pytest.mark.parametrize(
    "value", ["", "Digest", 'Digest username="u"', 'Digest username="u', "Basic dTpw", "Digest =", "Digest a b"]
)
def test_what_is_no_claim_is_none(value: str) -> None:
    """Another scheme, a broken quote or a missing value is no claim."""
    assert parse_authorization(value) is None


def test_requests_without_credentials_are_challenged(door: Door) -> None:
    """Each operation answers 401 with a nonce of its own, before anything else is looked at, and nothing runs."""
    paths = [
        ("GET", door.path),
        ("GET", f"{door.path}/{door.job}"),
        ("PUT", door.retry),
        ("PUT", f"{door.path}/zz/retry"),
    ]

    nonces = {told(door.http.request(method, path))["nonce"] for method, path in paths}

    assert len(nonces) == 4
    assert door.status() == "FAILURE"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"nc": "1"},
        {"nc": "0000000a"},
        {"nc": "0000000A"},
        {"algorithm": "MD5"},
        {"algorithm": "md5"},
        {"algorithm": '"MD5"'},
        {"qop": '"auth"'},
        {"qop": None, "nc": None, "cnonce": None},
        {"cnonce": "x" * 64 + "="},
    ],
)
def test_right_digest_is_let_in(door: Door, values: dict[str, Any]) -> None:
    """Every form that a known client sends is let in."""
    plain = door.claim(f"{door.path}?pretty=true", **values)
    unquoted = replace(plain, qop=plain.qop and plain.qop.strip('"'))
    response = expected_response(PRIVATE, "GET", unquoted)

    assert door.call(replace(plain, response=response)).status_code == 200


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({}, {"key": "wrong"}),
        ({}, {"key": ""}),
        ({}, {"signed": "GET"}),
        ({"username": "nobody"}, {}),
        ({"username": ""}, {}),
        ({"realm": "another"}, {}),
        ({"algorithm": "SHA-256"}, {}),
        ({"algorithm": "MD5-sess"}, {}),
        ({"qop": "auth-int"}, {}),
        ({"nc": "00000000"}, {}),
        ({"nc": None}, {}),
        ({"nc": "x"}, {}),
        ({"nonce": "made-up"}, {"key": "wrong"}),
        ({"response": "0" * 32}, {}),
        ({"response": "\xff"}, {}),
    ],
    ids=str,
)
def test_wrong_digest_is_refused(door: Door, values: dict[str, Any], options: dict[str, str]) -> None:
    """Any other is a 401 that does not ask for the same once more, and nothing runs."""
    answer = door.call(door.claim(door.retry, **values), method="PUT", **options)

    assert told(answer)["stale"] == "false"
    assert door.status() == "FAILURE"


def test_digest_for_another_address_is_refused(door: Door) -> None:
    """A digest for one path or query opens no other; what requests cuts off after a semicolon may be missing."""
    for uri, path in [
        (door.path, door.retry),
        (door.retry, f"{door.retry}?pretty=true"),
        (f"{door.retry}?pretty=true", door.retry),
        (f"{door.retry}?a=x", f"{door.retry}?a=x;b"),
        (door.retry.upper(), door.retry),
        ("*", door.retry),
    ]:
        assert told(door.call(door.claim(uri), method="PUT", path=path))["stale"] == "false"
    assert door.status() == "FAILURE"
    assert door.call(door.claim(f"{door.path}/zz"), path=f"{door.path}/zz;a=b").status_code == 404
    encoded = f"{door.path}/a%2Fb%20c?x=%C3%A9"
    assert door.call(door.claim(encoded)).status_code == 404


def test_nonce_is_good_many_times(door: Door) -> None:
    """One nonce does for many requests, whose counts may come in any order; the same count twice is stale."""
    nonce = door.nonce()
    counts = [*range(1, 20), 300, 40]

    for count in counts:
        assert door.call(door.claim(door.path, nonce=nonce, nc=f"{count:08x}")).status_code == 200

    again = door.call(door.claim(door.retry, nonce=nonce, nc="00000002"), method="PUT")
    assert told(again)["stale"] == "true"
    assert door.status() == "FAILURE"


def test_old_nonce_is_stale(door: Door) -> None:
    """A nonce that is older than a minute, or that nobody gave out, is stale; the new one does."""
    nonce = door.nonce()
    door.clock.advance(60)
    assert door.call(door.claim(door.path, nonce=nonce)).status_code == 200
    door.clock.advance(1)

    for old in (nonce, "bWFkZSB1cCBub25jZSwgMjQgYnl0ZXM="):
        answer = door.call(door.claim(door.path, nonce=old, nc="00000002"))
        found = told(answer)
        assert found["stale"] == "true"
        assert door.call(door.claim(door.path, nonce=found["nonce"])).status_code == 200


def test_basic_is_refused(door: Door) -> None:
    """The right pair in another scheme does not let in."""
    assert told(door.http.put(door.retry, auth=(PUBLIC, PRIVATE)))["stale"] == "false"
    assert door.status() == "FAILURE"
