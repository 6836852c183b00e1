"""Signing in, and new access tokens for refresh tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from retryspec.checks import Untestable, decides
from retryspec.exchange import ReadOnly
from retryspec.suite.vcf.client import Answer, Vcf
from retryspec.suite.vcf.expectations import expect_under_way
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, LOGIN, RETRY, Asked

FAILED = TaskPlan(Meaning.FAILED)

# What says that a retry has its effect, whoever asks for it.
EFFECT = ("VCF-RETRY-05", "VCF-STATE-02")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives."""

    access: str
    refresh: str


def spec_of(vcf: Vcf) -> dict[str, str]:
    """The right credentials.

    Raises:
        Untestable: the target has none.
    """
    if vcf.target.username is None or vcf.target.password is None:
        raise Untestable("needs username and password in the target file")
    return {"username": vcf.target.username, "password": vcf.target.password}


def signed_in(vcf: Vcf, spec: Mapping[str, Any] | bytes | None = None) -> Tokens:
    """The tokens of a login that has to succeed.

    Raises:
        Untestable: it does not, which speaks against createToken.
    """
    return tokens_of(vcf, vcf.login(spec_of(vcf) if spec is None else spec))


def tokens_of(vcf: Vcf, answer: Answer) -> Tokens:
    """The tokens in the answer to a login that has to succeed.

    Raises:
        Untestable: it does not, which speaks against createToken.
    """
    if not vcf.judge.expect(
        "VCF-AUTH-02", answer.accepted, answer.exchange, expected="201 or 200, since the credentials are right"
    ):
        raise Untestable("a valid login was refused", because="VCF-AUTH-02")
    body = answer.body if isinstance(answer.body, dict) else {}
    access, pair = body.get("accessToken"), body.get("refreshToken")
    refresh = pair.get("id") if isinstance(pair, dict) else None
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        vcf.judge.expect("VCF-AUTH-03", False, answer.exchange, expected="accessToken and refreshToken with an id")
        raise Untestable("a login gave no tokens", because="VCF-AUTH-03")
    return Tokens(access, refresh)


def expect_let_in(vcf: Vcf, behaviour: str, token: str, what: str, *, strict: bool = True) -> None:
    """A token is accepted by the operations on tasks; a retry has its effect, where there is a task to be retried."""
    batch = task_to_retry(vcf)
    task_id = batch.ids[0] if batch else vcf.unknown_id()
    for operation in (LIST, GET, RETRY):
        if not vcf.claims(operation):
            continue
        try:
            request = vcf.call_request(operation, task_id, headers={"Authorization": f"Bearer {token}"})
            answer = vcf.send(operation, request)
        except ReadOnly:
            continue
        vcf.judge.expect(
            behaviour,
            answer.status not in (401, 403),
            answer.exchange,
            expected=f"no refusal of {operation} with {what}",
            strict=strict,
        )
        if operation == RETRY and answer.accepted and batch:
            expect_under_way(vcf, batch, batch.ids, {})


def task_to_retry(vcf: Vcf) -> Batch | None:
    """A failed task that was made for this, where it can be had."""
    try:
        return vcf.fresh_tasks([FAILED]) if vcf.claims(RETRY) else None
    except (ReadOnly, Untestable):
        return None


def expect_refused(vcf: Vcf, behaviour: str, answer: Answer, what: str, usual: tuple[int, ...] = ()) -> None:
    """The answer is a refusal, at best with one of the usual statuses."""
    expected = f"{' or '.join(str(status) for status in usual) or '4xx'} with an Error, since {what}"
    vcf.judge.expect(behaviour, answer.refused, answer.exchange, expected=expected)
    if usual:
        vcf.judge.expect(behaviour, answer.status in usual, answer.exchange, expected=expected, strict=False)


@decides("VCF-AUTH-02", "VCF-AUTH-03", "VCF-AUTH-04", "VCF-AUTH-01", *EFFECT)
def test_login_gives_tokens(vcf: Vcf) -> None:
    """The right credentials give an access token that every operation accepts, and the id of a refresh token."""
    tokens = signed_in(vcf)

    vcf.judge.expect("VCF-AUTH-03", True, expected="an access token and a refresh token")
    vcf.judge.expect("VCF-AUTH-04", True, expected="201 or 200, which is looked at in every exchange")
    expect_let_in(vcf, "VCF-AUTH-03", tokens.access, "a new access token")
    again = signed_in(vcf)
    expect_let_in(vcf, "VCF-AUTH-03", again.access, "the access token of a second login")
    expect_let_in(vcf, "VCF-AUTH-03", tokens.access, "the access token of an earlier login", strict=False)
    for each in EFFECT:
        vcf.judge.expect(each, True, expected="looked at where a task can be retried")
    if vcf.claims(LIST):
        request = vcf.list_request({"pageSize": "1"}, headers={"Authorization": f"Bearer {again.refresh}"})
        answer = vcf.send(LIST, replace(request, secrets=(again.refresh, *request.secrets)), Asked(open=True))
        vcf.judge.expect(
            "VCF-AUTH-01",
            answer.refused,
            answer.exchange,
            expected="401, since a refresh token is no access token",
            strict=vcf.target.requires_auth,
        )
    vcf.judge.expect("VCF-AUTH-01", True, expected="looked at where there is a list")


@decides("VCF-AUTH-02")
def test_any_spelling_of_a_login_is_read(vcf: Vcf) -> None:
    """White space, escapes and the order of members are JSON's business; a charset is no other media type.

    Logins may come at one moment.
    """
    spec = spec_of(vcf)
    username, password = (json.dumps(spec[name]) for name in ("username", "password"))
    escaped = '"' + "".join(f"\\u{ord(character):04x}" for character in spec["username"]) + '"'

    bodies = [f'\n{{\t"password" : {password},\r\n "username":{username} }} '.encode()]
    if max(spec["username"]) < "\uffff":
        bodies.append(f'{{"username": {escaped}, "password": {password}}}'.encode())
    for answer in vcf.send_each(LOGIN, [vcf.login_request(body) for body in bodies], [Asked()] * len(bodies)):
        tokens_of(vcf, answer)
    answer = vcf.login(spec, headers={"Content-Type": "application/json; charset=UTF-8"})
    expected = "201 or 200, since a charset does not change the media type"
    vcf.judge.expect("VCF-AUTH-02", answer.accepted, answer.exchange, expected=expected, strict=False)
    answer = vcf.login({**spec, "unknown": "1"})
    expected = "201 or 200, since further members mean nothing here"
    vcf.judge.expect("VCF-AUTH-02", answer.accepted, answer.exchange, expected=expected, strict=False)
    answer = vcf.login(spec, headers={"Content-Type": "text/plain"}, sound=False)
    expected = "acceptance or a refusal of a login with another media type"
    vcf.judge.expect("VCF-AUTH-02", answer.accepted or answer.refused, answer.exchange, expected=expected)


@decides("VCF-AUTH-02", "VCF-AUTH-04")
def test_wrong_credentials_are_refused(vcf: Vcf) -> None:
    """Any other user or password is refused with 401 or 400 and an Error; the right ones are accepted all the same."""
    spec = spec_of(vcf)
    password = spec["password"]
    wrong: dict[str, Mapping[str, Any]] = {
        "unknown user": {**spec, "username": f"nobody-{vcf.unknown_id()}"},
        "no user": {**spec, "username": ""},
        "user of another name": {**spec, "username": f"{spec['username']}x"},
        "no credentials": {},
        "an API key that is nobody's": {"apiKey": vcf.unknown_id()},
        "a name and an API key that is nobody's": {"username": spec["username"], "apiKey": vcf.unknown_id()},
        "an identity token that is nobody's": {"idToken": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ."},
    }
    if vcf.has_states:
        # Several failed logins may lock an account: only a server that is there to be tested gets them.
        wrong |= {
            "other password": {**spec, "password": "not-the-password"},
            "empty password": {**spec, "password": ""},
            "no password": {"username": spec["username"]},
            "password and more": {**spec, "password": f"{password}x"},
            "start of the password": {**spec, "password": password[:-1]},
            "password in other case": {**spec, "password": password.swapcase()},
            "blanks around the password": {**spec, "password": f" {password} "},
            "no name": {"password": password},
            "name for a password": {**spec, "password": spec["username"]},
        }
    for name, login in wrong.items():
        if login == spec:
            continue
        answer = vcf.login(login)
        expect_refused(vcf, "VCF-AUTH-02", answer, f"the login is wrong: {name}")
        vcf.judge.expect(
            "VCF-AUTH-04",
            answer.status in (400, 401) or not answer.refused,
            answer.exchange,
            expected="400 or 401 for a login that is refused",
            strict=False,
        )
    signed_in(vcf)


@decides("VCF-AUTH-02", "VCF-AUTH-04")
def test_login_that_is_no_object_is_refused(vcf: Vcf) -> None:
    """A body that is no JSON object with texts gives no token and is no fault (vcf R-24)."""
    bodies: dict[str, bytes] = {
        "empty": b"",
        "an array": b"[]",
        "a string": b'"admin"',
        "null": b"null",
        "a number": b"1",
        "unclosed": b'{"username": "x"',
        "no UTF-8": b'{"username": "\xff\xfe", "password": "x"}',
        "plain text": b"username=x&password=y",
        "numbers": b'{"username": 1, "password": 2}',
        "objects": b'{"username": {}, "password": []}',
        "nulls": b'{"username": null, "password": null}',
        "a lone surrogate": b'{"username": "\\ud800", "password": "\\udfff"}',
        "a NUL": b'{"username": "\\u0000", "password": "\\u0000"}',
        "very long": json.dumps({"username": "x" * 50_000, "password": "y"}).encode(),
    }
    for name, body in bodies.items():
        expect_refused(vcf, "VCF-AUTH-02", vcf.login(body, sound=False), f"the body is {name}")
    vcf.judge.expect("VCF-AUTH-04", True, expected="an Error, which is looked at in every exchange")


@decides("VCF-AUTH-05", *EFFECT)
def test_refresh_gives_an_access_token(vcf: Vcf) -> None:
    """The id of a refresh token gives an access token that is accepted, and can be used again until it ends."""
    tokens = signed_in(vcf)

    for number, strict in (("first", True), ("second", False)):
        answer = vcf.refresh(tokens.refresh, secrets=(tokens.refresh,))
        holds = vcf.judge.expect(
            "VCF-AUTH-05",
            answer.status == 200,
            answer.exchange,
            expected=f"200 for the {number} use of a refresh token",
            strict=strict,
        )
        if holds and isinstance(answer.body, str):
            expect_let_in(vcf, "VCF-AUTH-05", answer.body, "a refreshed access token")
    other = signed_in(vcf)
    answer = vcf.refresh(spelt_out(other.refresh), secrets=(other.refresh, other.refresh[1:]))
    expected = "200, since white space and escapes are JSON's business"
    for each in EFFECT:
        vcf.judge.expect(each, True, expected="looked at where a task can be retried")
    vcf.judge.expect("VCF-AUTH-05", answer.status == 200, answer.exchange, expected=expected)


def spelt_out(text: str) -> bytes:
    """A text as JSON, its first character as an escape, between white space."""
    first = f"\\u{ord(text[0]):04x}" if text[0].isascii() else json.dumps(text[0])[1:-1]
    return f' "{first}{json.dumps(text[1:])[1:]}\n'.encode()


@decides("VCF-AUTH-05")
def test_unknown_refresh_token_is_refused(vcf: Vcf) -> None:
    """Any other id gives no token: it is refused with 404, 401 or 400 and an Error; the right one is accepted."""
    tokens = signed_in(vcf)
    right = tokens.refresh

    wrong = [vcf.unknown_id(), f"{right}x", f"x{right}", right[:-1], "", " ", "%", "\u65e5\u5fd7", "x" * 10_000]
    for name in (*wrong, tokens.access):
        answer = vcf.refresh(name, secrets=(right, right[:-1], tokens.access))
        expect_refused(vcf, "VCF-AUTH-05", answer, "no refresh token has this id", (400, 401, 404))
    for body in (b"", b"{}", b"[]", b"null", b"1", b'"', b'"\\ud800"'):
        expect_refused(vcf, "VCF-AUTH-05", vcf.refresh(body, sound=False), "the body is no JSON string")
    for body in (right.encode(), json.dumps({"id": right}).encode(), json.dumps([right]).encode()):
        answer = vcf.refresh(body, sound=False, secrets=(right,))
        expected = "acceptance or a refusal of an id that is not sent as a JSON string (vcf R-20)"
        vcf.judge.expect("VCF-AUTH-05", answer.accepted or answer.refused, answer.exchange, expected=expected)
    valid = signed_in(vcf).refresh
    answer = vcf.refresh(valid, secrets=(valid,))
    vcf.judge.expect("VCF-AUTH-05", answer.status == 200, answer.exchange, expected="200 for the id of a refresh token")
