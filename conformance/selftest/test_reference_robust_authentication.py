"""The authentication of the reference server against who has seen signed requests, but not the secrets.

The attacker has whole requests that were signed by somebody else, and changes or repeats them.
"""

import ast
import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import retryspec
from retryspec.authentication.opsmanager import REALM, Claim, authorization, expected_response
from retryspec.authentication.sls import content_md5, signed_headers
from retryspec.reference.app import application
from retryspec.reference.clock import SetClock
from retryspec.reference.serve import running
from selftest.load import failed_tasks


@dataclass(frozen=True, slots=True)
class Server:
    """A server of all APIs whose clock stands still."""

    base_url: str
    clock: SetClock
    http: httpx.Client

    def send(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> httpx.Response:
        """The answer to a request with just these headers, in this order."""
        sent = self.http.build_request(method, self.base_url, content=body)
        sent.url = sent.url.copy_with(raw_path=target.encode("latin-1"))
        length = [("Content-Length", str(len(body)))] if body or method != "GET" else []
        sent.headers = httpx.Headers([*headers, *length])
        return self.http.send(sent)

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """Let it be later, or earlier, for as long as the block lasts."""
        self.clock.advance(seconds)
        try:
            yield
        finally:
            self.clock.advance(-seconds)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server for all tests of this module; each makes tasks of its own."""
    clock = SetClock(time.time())
    with running(application(clock=clock, provider_states=True)) as base_url, httpx.Client(timeout=10) as http:
        yield Server(base_url, clock, http)


# SLS: signatures


@dataclass(frozen=True, slots=True)
class Signed:
    """A retry that somebody has signed."""

    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def with_header(self, name: str, value: str) -> list[tuple[str, str]]:
        """The headers with another value of one."""
        return [(known, value if known.lower() == name.lower() else old) for known, old in self.headers]


@pytest.fixture
def seen(server: Server) -> tuple[Signed, list[str]]:
    """A signed retry of the first of three failed tasks, and the ids of all."""
    tasks = failed_tasks(server.base_url, "sls", 3)
    body = json.dumps([tasks[0].id]).encode()
    headers = signed_headers("PUT", tasks[0].target, body, key_id="retryspec-id", secret="retryspec-secret")
    signed = Signed(tasks[0].target, [("Host", tasks[0].host), *headers.items()], body)
    return signed, [task.id for task in tasks]


def running_tasks(server: Server, signed: Signed) -> int:
    """How many of the tasks run now."""
    now = int(server.clock())
    target = f"{signed.target}?from={now - 7200}&to={now + 60}"
    headers = signed_headers("GET", target, key_id="retryspec-id", secret="retryspec-secret")
    found: int = server.send("GET", target, [signed.headers[0], *headers.items()]).json()["statistics"]["running"]
    return found


def test_signed_request_is_let_in(server: Server, seen: tuple[Signed, list[str]]) -> None:
    """What the attacks below begin with is a good request."""
    signed, _ = seen

    assert server.send("PUT", signed.target, signed.headers, signed.body).status_code == 200
    assert running_tasks(server, signed) == 1


def sls_attacks(signed: Signed, others: list[str]) -> dict[str, tuple[str, str, list[tuple[str, str]], bytes]]:
    """Requests that the signature of another one must not cover."""
    body = json.dumps(others).encode()
    twice = [*signed.headers, ("Content-MD5", content_md5(body))]
    first = [("Content-MD5", content_md5(body)), *signed.headers]
    without = [(name, value) for name, value in signed.headers if name != "Content-MD5"]
    stranger = signed_headers("PUT", signed.target, body, key_id="retryspec-id", secret="guessed")["Authorization"]
    none = "LOG retryspec-id:"
    shipper = signed.target.split("/")[4]
    other_path = signed.target.replace(shipper, shipper[:-1] + ("a" if shipper[-1] != "a" else "b"))
    return {
        "another body": ("PUT", signed.target, signed.headers, body),
        "another body, its digest put in": (
            "PUT",
            signed.target,
            signed.with_header("Content-MD5", content_md5(body)),
            body,
        ),
        "another body, its digest put after": ("PUT", signed.target, twice, body),
        "another body, its digest put before": ("PUT", signed.target, first, body),
        "a body without a digest": ("PUT", signed.target, without, body),
        "a body with an empty digest": ("PUT", signed.target, signed.with_header("Content-MD5", ""), body),
        "a digest in base64": (
            "PUT",
            signed.target,
            signed.with_header("Content-MD5", base64.b64encode(bytes.fromhex(content_md5(body))).decode()),
            body,
        ),
        "another method": ("GET", f"{signed.target}?from=1&to=2", signed.headers, b""),
        "another path": ("PUT", other_path, signed.headers, signed.body),
        "a parameter more": ("PUT", f"{signed.target}?x=1", signed.headers, signed.body),
        "a path encoded twice": ("PUT", signed.target.replace("/tasks", "/%2574asks"), signed.headers, signed.body),
        "a path encoded in part": ("PUT", signed.target.replace("/shipper/", "%2Fshipper%2F"), signed.headers, body),
        "another date": (
            "PUT",
            signed.target,
            signed.with_header("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            signed.body,
        ),
        "another date, put before": (
            "PUT",
            signed.target,
            [("x-log-date", dict(signed.headers)["Date"]), *signed.with_header("Date", "x")],
            body,
        ),
        "a header more": ("PUT", signed.target, [*signed.headers, ("x-log-extra", "1")], signed.body),
        "another algorithm": (
            "PUT",
            signed.target,
            signed.with_header("x-log-signaturemethod", "hmac-sha256"),
            signed.body,
        ),
        "a guessed key": ("PUT", signed.target, signed.with_header("Authorization", stranger), body),
        "no signature": ("PUT", signed.target, signed.with_header("Authorization", none), signed.body),
        "two authorizations": (
            "PUT",
            signed.target,
            [("Authorization", stranger), *signed.headers],
            signed.body,
        ),
    }


ATTACKS = tuple(sls_attacks(Signed("/logstores/l/shipper/s/tasks", [("Date", "")], b""), []))


@pytest.mark.parametrize("attack", ATTACKS)
def test_signature_covers_nothing_else(server: Server, seen: tuple[Signed, list[str]], attack: str) -> None:
    """A request that was changed after it was signed is refused, and does nothing."""
    signed, ids = seen
    method, target, headers, body = sls_attacks(signed, ids[1:])[attack]

    answer = server.send(method, target, headers, body)

    # Another spelling of the path can be one that is not there.
    assert answer.status_code in ((404,) if "path encoded" in attack else (400, 401)), answer.text
    assert running_tasks(server, signed) == 0


@pytest.mark.parametrize("seconds", [-930, 930])
def test_signature_is_good_for_a_quarter_of_an_hour(
    server: Server, seen: tuple[Signed, list[str]], seconds: int
) -> None:
    """An old request sent again is refused, as is one from the future."""
    signed, _ = seen
    with server.later(seconds):
        answer = server.send("PUT", signed.target, signed.headers, signed.body)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "RequestTimeExpired")
    assert running_tasks(server, signed) == 0


# Ops Manager: digests


@dataclass(frozen=True, slots=True)
class Job:
    """A failed job and what one needs to retry it."""

    target: str

    @property
    def address(self) -> str:
        """The path of the job itself."""
        return self.target.removesuffix("/retry")


@pytest.fixture
def job(server: Server) -> Job:
    """A failed job."""
    return Job(failed_tasks(server.base_url, "opsmanager", 1)[0].target)


def nonce_of(server: Server, target: str) -> str:
    """A nonce that the server has given."""
    told = server.send("GET", target, [("Host", "127.0.0.1")]).headers["www-authenticate"]
    return str(told.partition('nonce="')[2].partition('"')[0])


def claim_for(server: Server, target: str, *, method: str = "PUT", key: str = "retryspec-key", **values: Any) -> Claim:
    """A claim as a client makes it."""
    given = {"nonce": nonce_of(server, target), "qop": "auth", "nc": "00000001", "cnonce": "c", **values}
    claim = Claim(**{"username": "retryspec", "realm": REALM, "uri": target, "response": "", **given})
    return replace(claim, response=expected_response(key, method, claim))


def presented(server: Server, target: str, *claims: Claim, method: str = "PUT", body: bytes = b"") -> httpx.Response:
    """The answer to a request with such claims, each in a header of its own."""
    headers = [("Authorization", authorization(claim)) for claim in claims]
    return server.send(method, target, [("Host", "127.0.0.1"), *headers], body)


def status_of(server: Server, job: Job) -> str:
    """The status of a job."""
    answer = presented(server, job.address, claim_for(server, job.address, method="GET"), method="GET")
    found: str = answer.json()["status"]
    return found


def test_signed_digest_is_let_in(server: Server, job: Job) -> None:
    """What the attacks below begin with is a good request."""
    assert presented(server, job.target, claim_for(server, job.target)).status_code == 200
    assert status_of(server, job) == "IN_PROGRESS"


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "/api/public/v1.0/groups"},
        {"nonce": "A" * 32},
        {"nonce": ""},
        {"nc": "00000002"},
        {"nc": "0"},
        {"nc": None},
        {"cnonce": "d"},
        {"cnonce": None},
        {"qop": None},
        {"qop": "auth-int"},
        {"realm": "another"},
        {"username": "somebody"},
        {"algorithm": "SHA-256"},
        {"algorithm": "MD5-sess"},
        {"response": ""},
        {"response": "0" * 32},
    ],
    ids=str,
)
def test_digest_covers_nothing_else(server: Server, job: Job, changes: dict[str, Any]) -> None:
    """A claim that was changed after it was signed is refused, and does nothing."""
    claim = replace(claim_for(server, job.target), **changes)

    assert presented(server, job.target, claim).status_code == 401
    assert status_of(server, job) == "FAILURE"


@pytest.mark.parametrize(
    "values",
    [{"algorithm": "SHA-256"}, {"algorithm": "MD5-sess"}, {"qop": "auth-int"}, {"realm": "another"}, {"nc": "0"}],
    ids=str,
)
def test_weaker_or_other_digest_is_refused(server: Server, job: Job, values: dict[str, Any]) -> None:
    """What the challenge did not offer is refused, also when it is signed with the right key."""
    assert presented(server, job.target, claim_for(server, job.target, **values)).status_code == 401
    assert status_of(server, job) == "FAILURE"


def test_digest_is_good_once(server: Server, job: Job) -> None:
    """The same nonce with the same count is refused, in whatever spelling, and without a word on why."""
    claim = claim_for(server, job.address, method="GET")
    first = presented(server, job.address, claim, method="GET")
    again = presented(server, job.address, claim, method="GET")
    spelled = claim_for(server, job.address, method="GET", nonce=claim.nonce, nc="1")
    other_spelling = presented(server, job.address, spelled, method="GET")

    assert (first.status_code, again.status_code, other_spelling.status_code) == (200, 401, 401)


def test_digest_of_one_address_opens_no_other(server: Server, job: Job) -> None:
    """A digest for the look at a job is none for its retry, nor for the same path in other letters."""
    for target in (job.target, job.address.replace("groups", "%67roups"), f"{job.address}?envelope=true"):
        claim = claim_for(server, job.address, method="PUT" if target == job.target else "GET")
        answer = presented(server, target, claim, method="PUT" if target == job.target else "GET")

        assert answer.status_code == 401, target
    assert status_of(server, job) == "FAILURE"


def test_digest_of_another_method_is_refused(server: Server, job: Job) -> None:
    """A digest that was made for a GET retries nothing."""
    assert presented(server, job.target, claim_for(server, job.target, method="GET")).status_code == 401
    assert status_of(server, job) == "FAILURE"


def test_nonce_ends(server: Server, job: Job) -> None:
    """A digest that was seen more than a minute ago is refused."""
    claim = claim_for(server, job.target)
    with server.later(61):
        answer = presented(server, job.target, claim)

    assert (answer.status_code, "stale=true" in answer.headers["www-authenticate"]) == (401, True)
    assert status_of(server, job) == "FAILURE"


def test_second_authorization_is_not_looked_at(server: Server, job: Job) -> None:
    """Of two claims the first counts: one that is wrong is not mended by one that is right."""
    good = claim_for(server, job.target)

    assert presented(server, job.target, replace(good, response="0" * 32), good).status_code == 401
    assert status_of(server, job) == "FAILURE"


# VCF: tokens


USER = {"username": "admin@local", "password": "retryspec-pass"}


def tokens(server: Server) -> tuple[str, str]:
    """A new access token and the id of its refresh token."""
    made = server.http.post(f"{server.base_url}/v1/tokens", json=USER).json()
    return made["accessToken"], made["refreshToken"]["id"]


def forged(token: str, **claims: object) -> str:
    """A token with other claims and the signature that it had."""
    head, said, signature = token.split(".")
    changed = {**json.loads(base64.urlsafe_b64decode(f"{said}==")), **claims}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b'=').decode()}.{signature}"


def unsigned(token: str) -> str:
    """A token that says it needs no signature."""
    head = base64.urlsafe_b64encode(b'{"alg": "none"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


@pytest.mark.parametrize(
    "change",
    [
        lambda token: forged(token, exp=9_999_999_999),
        lambda token: forged(token, sub="root"),
        unsigned,
        lambda token: token[:-1],
        lambda token: f"{token}A",
        lambda token: token.swapcase(),
        lambda token: token.replace(".", "%2E"),
        lambda token: f'"{token}"',
        lambda token: f"{token}, Bearer {token}",
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: "*",
        lambda token: "' OR '1'='1",
    ],
)
def test_token_is_good_as_it_was_given_alone(server: Server, change: Callable[[str], str]) -> None:
    """A token that was changed is refused, and retries nothing."""
    access, _ = tokens(server)
    (task,) = failed_tasks(server.base_url, "vcf", 1)

    answer = server.send("PATCH", task.target, [("Host", "x"), ("Authorization", f"Bearer {change(access)}")])

    good = [("Host", "x"), ("Authorization", f"Bearer {access}")]
    assert answer.status_code == 401
    assert server.send("GET", task.target, good).json()["status"] == "Failed"


def test_refresh_token_opens_nothing(server: Server) -> None:
    """The id of a refresh token is no access token."""
    _, refresh = tokens(server)

    answer = server.send("GET", "/v1/tasks", [("Host", "x"), ("Authorization", f"Bearer {refresh}")])

    assert answer.status_code == 401


def test_token_ends(server: Server) -> None:
    """An access token is good for an hour."""
    access, _ = tokens(server)
    with server.later(3600):
        answer = server.send("GET", "/v1/tasks", [("Host", "x"), ("Authorization", f"Bearer {access}")])

    assert answer.status_code == 401


def test_second_token_is_not_looked_at(server: Server) -> None:
    """Of two tokens the first counts, and one in the query or in a cookie does not."""
    access, _ = tokens(server)
    bad, good = ("Authorization", "Bearer x"), ("Authorization", f"Bearer {access}")

    for target, headers in (
        ("/v1/tasks", [bad, good]),
        (f"/v1/tasks?access_token={access}", []),
        ("/v1/tasks", [("Cookie", f"accessToken={access}")]),
        ("/v1/tasks", [("X-Authorization", f"Bearer {access}")]),
    ):
        assert server.send("GET", target, [("Host", "x"), *headers]).status_code == 401


def test_tokens_are_kept_as_digests(tmp_path: Path) -> None:
    """Who reads the database has no token of it."""
    database = tmp_path / "state.sqlite"
    with running(application(["vcf"], database=database)) as base_url:
        made = httpx.post(f"{base_url}/v1/tokens", json=USER).json()

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert made["refreshToken"]["id"].encode() not in kept
    assert made["accessToken"].encode() not in kept


# Comparison


SECRETS = {"signature", "response", "password", "private_key", "secret", "digest"}


def test_secrets_are_compared_in_constant_time() -> None:
    """No `==` stands between a signature, a digest's response or a password and what it should be."""
    package = Path(retryspec.__file__).parent
    files = [*(package / "authentication").glob("*.py"), *(package / "reference").glob("*/admission.py")]
    compared = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
                names = {getattr(side, "id", getattr(side, "attr", "")) for side in (node.left, *node.comparators)}
                compared += [f"{file.parent.name}: {ast.unparse(node)}" for name in names if name in SECRETS]

    assert len(files) >= 6
    assert compared == []
