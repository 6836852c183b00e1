"""Digests and nonces: the clients that are let in, and how long a nonce is good."""

import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from retryspec.checks import Untestable, decides
from retryspec.exchange import Request
from retryspec.suite.opsmanager.client import Answer, Headers, OpsManager
from retryspec.suite.opsmanager.digest import Challenge, Digest, challenge_of, challenges_in
from retryspec.suite.opsmanager.expectations import expect_retried
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY, Asked

FAILED = JobPlan(Status.FAILURE)

ANY = Asked(pretty=None, verbose=None)
UNSIGNED: Headers = {"Authorization": None}
OF_CURL = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
USES = 17
"""Uses of one nonce: the count is hexadecimal, so that the tenth use is 0000000a, and the sixteenth 00000010."""


@pytest.mark.parametrize("operation", [LIST, GET, RETRY])
@decides("OM-COMMON-06")
def test_client_of_another_make(opsmanager: OpsManager, operation: str) -> None:
    """The digest that httpx makes of a challenge lets in, and so does one with MD5 and `auth` whatever is offered."""
    if operation == RETRY:
        group = opsmanager.group([FAILED, FAILED])
        job_ids = group.ids
    else:
        group, job_id = opsmanager.some_job([FAILED])
        job_ids = (job_id, job_id)

    stranger = opsmanager.call_request(operation, group.id, job_ids[0], headers={"Authorization": None})
    asked = opsmanager.send(operation, stranger, replace(ANY, stranger=True))
    challenge = challenge_of(asked.response)
    if challenge is None:
        raise Untestable("a request without credentials is given no challenge", because="OM-COMMON-03")
    if operation == RETRY and opsmanager.can_look:
        now = opsmanager.look(group, job_ids[0])
        if group.promised and now is not None and now.status != Status.FAILURE:
            raise Untestable("a request without credentials had an effect", because="OM-RETRY-21")
    header = of_httpx(opsmanager, stranger.method, stranger.target, asked)
    value = header or opsmanager.digest(stranger, challenge).header()
    answer = opsmanager.send(operation, opsmanager.with_authorization(stranger, value), ANY)
    opsmanager.judge.expect("OM-COMMON-06", answer.fine, answer.exchange, expected="200 for the digest of httpx")
    expect_plain_form(opsmanager, operation, group, job_ids[1])


def of_httpx(opsmanager: OpsManager, method: str, target: str, asked: Answer) -> str | None:
    """What httpx answers to a challenge; None where it takes none, as of two challenges in one header."""
    if len(challenges_in(v for n, v in asked.response.headers if n.lower() == "www-authenticate")) != 1:
        return None
    request = httpx.Request(method, f"http://host{target}")
    flow = httpx.DigestAuth(opsmanager.public_key, opsmanager.private_key).auth_flow(request)
    next(flow)
    try:
        signed = flow.send(httpx.Response(401, headers=list(asked.response.headers), request=request))
    except (StopIteration, httpx.ProtocolError, KeyError, NotImplementedError, ValueError):
        return None
    header: str | None = signed.headers.get("Authorization")
    return header


def expect_plain_form(opsmanager: OpsManager, operation: str, group: Group, job_id: str) -> None:
    """A digest with MD5 and `auth` lets in, though the challenge may offer something else besides."""
    request = opsmanager.call_request(operation, group.id, job_id, headers={"Authorization": None})
    digest = replace(opsmanager.digest(request, opsmanager.new_challenge()), algorithm="MD5", qop="auth")
    answer = opsmanager.send(operation, opsmanager.with_authorization(request, digest.header()), ANY)
    opsmanager.judge.expect("OM-COMMON-06", answer.fine, answer.exchange, expected="200 for a digest with MD5 and auth")


_PARAMETER = re.compile(r'[A-Za-z]+=(?:"(?:[^"\\]|\\.)*"|[^\s",]+)')


def in_order(header: str) -> str:
    """The same header with its parameters in another order."""
    return "Digest " + ", ".join(reversed(_PARAMETER.findall(header)))


@decides("OM-COMMON-06")
def test_forms_of_a_digest(opsmanager: OpsManager) -> None:
    """A right digest is let in however the header is written: order, quotes, blanks, case, length of the cnonce."""
    group = opsmanager.some_group([FAILED])
    if not opsmanager.claims(LIST):
        raise Untestable("needs the list, as the operation that asks for nothing")
    forms: dict[str, tuple[Callable[[Digest], str], bool]] = {
        "the parameters in another order": (lambda digest: in_order(digest.header()), True),
        "a cnonce as of curl": (lambda digest: replace(digest, cnonce=OF_CURL).header(), True),
        "a cnonce of one character": (lambda digest: replace(digest, cnonce="x").header(), True),
        "quotes around qop and algorithm, as of requests": (
            lambda digest: digest.header(quoted=("qop", "algorithm")),
            False,
        ),
        "no blank after a comma": (lambda digest: digest.header(separator=","), True),
        "no algorithm": (lambda digest: replace(digest, algorithm=None).header(), True),
        "the scheme in lower case": (lambda digest: digest.header().replace("Digest", "digest", 1), True),
    }
    for what, (written, strict) in forms.items():
        request = opsmanager.list_request(group.id, headers={"Authorization": None})
        answer = opsmanager.send_written(LIST, request, written)
        opsmanager.judge.expect(
            "OM-COMMON-06", answer.accepted, answer.exchange, expected=f"200 for a digest with {what}", strict=strict
        )
    # It is signed as it is sent: neither decoded nor in another order, nor cut at a comma.
    request = opsmanager.list_request(group.id, {"verbose": "false", "includeCount": "true"}, headers=UNSIGNED)
    request = replace(request, target=request.target.replace("includeCount=true", "includeCount=%74rue&a=1,b=2"))
    answer = opsmanager.send_written(LIST, request, lambda digest: digest.header())
    opsmanager.judge.expect(
        "OM-COMMON-06", answer.status != 401, answer.exchange, expected="no 401 for a digest over the query as sent"
    )
    request = opsmanager.list_request(group.id)
    shouted = tuple((name.upper(), value) for name, value in request.headers)
    answer = opsmanager.send(LIST, replace(request, headers=shouted), ANY)
    opsmanager.judge.expect(
        "OM-COMMON-06", answer.accepted, answer.exchange, expected="200 with the names of headers in upper case"
    )


@decides("OM-COMMON-12", "OM-COMMON-06")
def test_one_nonce_many_times(opsmanager: OpsManager) -> None:
    """A nonce works as soon as it was given, and each further use with a higher count works or is told to be stale."""
    group, job_id = opsmanager.some_job([FAILED])
    operations = [each for each in (LIST, GET) if opsmanager.claims(each)]
    if not operations:
        raise Untestable("needs an operation that reads")

    challenge, count, is_first = opsmanager.new_challenge(), 0, True
    for use in range(USES):
        count += 1
        operation = operations[use % len(operations)]
        request = opsmanager.call_request(operation, group.id, job_id, headers={"Authorization": None})
        value = opsmanager.digest(request, challenge, count).header()
        answer = opsmanager.send(operation, opsmanager.with_authorization(request, value), ANY)
        found = challenge_of(answer.response) if answer.status == 401 else None
        stale = found is not None and found.stale and not is_first
        opsmanager.judge.expect(
            "OM-COMMON-12",
            answer.accepted or stale,
            answer.exchange,
            expected="200 for the first use of a nonce"
            if is_first
            else f"200, or 401 with stale=true, for use {count} of a nonce",
        )
        is_first = False
        if not answer.accepted:
            if found is None:
                break
            challenge, count, is_first = found, 0, True
    opsmanager.judge.expect("OM-COMMON-06", True, expected="digests that were looked at as OM-COMMON-12")


@decides("OM-COMMON-11", "OM-RETRY-21")
def test_unknown_nonce(opsmanager: OpsManager) -> None:
    """A right digest over a nonce that nobody gave should be told to be stale, and works when made anew."""
    group = opsmanager.group([FAILED, FAILED])
    looks = group.promised and opsmanager.can_look
    if not looks:
        opsmanager.judge.leave_out("OM-RETRY-21")

    for job_id, nonce in zip(group.ids, ("0" * 32, "bWFkZS11cC1ub25jZS1vZi0yNC1ieXRl"), strict=True):
        request = opsmanager.retry_request(group.id, job_id, headers={"Authorization": None})
        known = opsmanager.new_challenge()
        made_up = Challenge(
            "digest", tuple((name, nonce if name == "nonce" else value) for name, value in known.parameters)
        )
        expect_not_stale(opsmanager, request, made_up)
        value = opsmanager.digest(request, made_up).header()
        answer = opsmanager.send(RETRY, opsmanager.with_authorization(request, value), ANY)
        found = challenge_of(answer.response)
        holds = opsmanager.judge.expect(
            "OM-COMMON-11",
            answer.status == 401 and found is not None and found.stale,
            answer.exchange,
            expected="401 with stale=true for a nonce that nobody gave",
            received=f"{answer.status} {answer.response.header('WWW-Authenticate') or ''}",
        )
        if answer.status == 401 and looks and job_id == group.ids[0]:
            now = opsmanager.look(group, job_id)
            opsmanager.judge.expect(
                "OM-RETRY-21",
                now is None or now.status == Status.FAILURE,
                answer.exchange,
                expected="the job still FAILURE, since the digest was refused",
                received=now.status if now else None,
            )
        if found is None or not holds:
            continue
        value = opsmanager.digest(request, found).header()
        again = opsmanager.send(RETRY, opsmanager.with_authorization(request, value), ANY)
        expect_retried(opsmanager, again, "the digest was made anew with the nonce of the 401", "OM-COMMON-11")


def expect_not_stale(opsmanager: OpsManager, request: Request, challenge: Challenge) -> None:
    """Whoever has no right key should not be told that all that is wrong is the nonce, even where that is wrong too."""
    digest = replace(opsmanager.digest(request, challenge), username="unknown")
    answer = opsmanager.send(RETRY, opsmanager.with_authorization(request, digest.header()), ANY)
    found = challenge_of(answer.response)
    opsmanager.judge.expect(
        "OM-COMMON-11",
        found is None or not found.stale,
        answer.exchange,
        expected="no stale=true for an unknown public key, whatever the nonce",
        strict=False,
    )
