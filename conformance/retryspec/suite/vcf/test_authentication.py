"""Access tokens: without a valid one an operation on tasks is refused and does nothing."""

import string
from dataclasses import replace

import pytest

from retryspec.checks import decides
from retryspec.exchange import Request
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_no_effect
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY, Asked

FAILED = TaskPlan(Meaning.FAILED)
EACH = pytest.mark.parametrize("operation", [GET, LIST, RETRY])

# The seed's sample call has an Authorization without a scheme, so that a server may read one (vcf R-09).
BARE = "a token without a scheme"
OTHER_CASE = "a token in other case"
SLASHED = "absent, with a slash at the end of the path"
BESIDE_A_QUERY = "absent, with another query"

NOBODYS_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.bm8tc2lnbmF0dXJlLWF0LWFsbC1oZXJl"
NOBODYS_PASSWORD = "bm9ib2R5OnBhc3N3b3Jk"

_BASE_64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"

SHOWN = ("Bearer", "BearerX", "Basic", "Token", "null", "x", NOBODYS_TOKEN, NOBODYS_PASSWORD)


def task_for(vcf: Vcf, operation: str) -> Batch:
    """A task for one valid call of an operation; a list needs none."""
    if operation == LIST:
        return Batch((vcf.unknown_id(),), (FAILED,))
    return vcf.tasks([FAILED]) if operation == RETRY else vcf.some_tasks([FAILED])


def unusable(token: str) -> dict[str, str | None]:
    """Values of Authorization that hold no valid token."""
    values: dict[str, str | None] = {
        "absent": None,
        "empty": "",
        "the scheme alone": "Bearer",
        "no token at all": "Bearer null",
        "nobody's token": f"Bearer {NOBODYS_TOKEN}",
        "a token without its end": f"Bearer {token[:-2]}",
        "a token and more": f"Bearer {token}x",
        "a token and another part": f"Bearer {token}.e30",
        "a token with another character": f"Bearer {altered(token, len(token) // 2)}",
        "a token with another signature": f"Bearer {altered(token, token.rfind('.') + 1)}",
        "a token with another last character": f"Bearer {with_another_end(token)}",
        OTHER_CASE: f"Bearer {token.swapcase()}",
        "a token and a blank and more": f"Bearer {token} x",
        "a token in another scheme": f"Basic {token}",
        "a token in an unknown scheme": f"Token {token}",
        "a token in a scheme that begins alike": f"BearerX {token}",
        BARE: token,
        "a user and a password": f"Basic {NOBODYS_PASSWORD}",
    }
    # Only where it is in parts, as the vendor's are, does the case of each letter carry something.
    return {name: value for name, value in values.items() if name != OTHER_CASE or "." in token}


def altered(token: str, place: int) -> str:
    """A token with another character at a place, or its start for the last one, which may hold bits without meaning."""
    place = place if place < len(token) - 1 else 0
    return f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}"


def with_another_end(token: str) -> str:
    """A token with another last character, half the alphabet away: bits that mean nothing are not all that differs."""
    place = _BASE_64.find(token[-1])
    return token[:-1] + (_BASE_64[place ^ 32] if place >= 0 else "A")


def call_with(vcf: Vcf, operation: str, batch: Batch, authorization: str | None) -> tuple[Request, Asked]:
    """A call that is valid but for its Authorization."""
    request = vcf.call_request(operation, batch.ids[0], headers={"Authorization": authorization})
    # What was made of the token tells most of it.
    hidden = [word for word in (authorization or "").split() if word not in SHOWN]
    asked = Asked(open=authorization != f"Bearer {vcf.token()}")
    return replace(request, secrets=(*hidden, *request.secrets)), asked


def slashed_call(vcf: Vcf, operation: str, batch: Batch) -> tuple[Request, Asked]:
    """A call without a token on a path with a slash at its end, which need not be there (vcf A25)."""
    request = vcf.call_request(operation, batch.ids[0], headers={"Authorization": None})
    path, mark, query = request.target.partition("?")
    return replace(request, target=f"{path}/{mark}{query}"), Asked(sound=False, open=True)


def other_query(vcf: Vcf, operation: str, batch: Batch) -> tuple[Request, Asked]:
    """A call without a token: a list without parameters, a task with one that nobody knows."""
    request = vcf.call_request(operation, batch.ids[0], headers={"Authorization": None})
    path = request.target.partition("?")[0]
    return replace(request, target=path if operation == LIST else f"{path}?unknown=1"), Asked(open=True)


@EACH
@decides("VCF-AUTH-01", "VCF-STATE-04")
def test_only_a_valid_token_is_let_in(vcf: Vcf, operation: str) -> None:
    """Without a token or with an unusable one a call is refused and has no effect; with a valid one it is accepted."""
    batch = task_for(vcf, operation)
    strict = vcf.target.requires_auth
    before = before_retry(vcf, batch) if operation == RETRY else {}

    values = unusable(vcf.token())
    calls = [call_with(vcf, operation, batch, value) for value in values.values()]
    names = list(values)
    if operation == RETRY:
        request = vcf.retry_request(batch.ids[0], b"{}", headers={"Authorization": None})
        calls.append((request, Asked(open=True)))
        names.append("absent, beside a body")
    calls += [other_query(vcf, operation, batch), slashed_call(vcf, operation, batch)]
    names += [BESIDE_A_QUERY, SLASHED]
    answers = vcf.send_each(operation, [request for request, _ in calls], [asked for _, asked in calls])
    for name, answer in zip(names, answers, strict=True):
        expected = f"401, since Authorization is unusable: {name}"
        must = strict and name != BARE
        # A path with a slash too many may be nowhere, or lead to the other one by a redirect.
        elsewhere = name == SLASHED and 300 <= answer.status < 500
        holds = answer.refused or elsewhere
        vcf.judge.expect("VCF-AUTH-01", holds, answer.exchange, expected=expected, strict=must)
        # A parameter that is not known may be refused first (vcf A19, A30).
        otherwise = name == BESIDE_A_QUERY and answer.status == 400
        fits = answer.status in (401, 403) or elsewhere or otherwise
        vcf.judge.expect("VCF-AUTH-01", fits, answer.exchange, expected=expected, strict=False)
    refusals = [answer for answer in answers if not 300 <= answer.status < 400]
    expect_no_effect(vcf, batch, before, refusals, "a call without a valid token")
    request, asked = call_with(vcf, operation, batch, f"Bearer {vcf.token()}")
    answer = vcf.send(operation, request, asked)
    vcf.judge.expect(
        "VCF-AUTH-01",
        answer.status not in (401, 403),
        answer.exchange,
        expected="no refusal of the same call with a valid token",
        strict=strict,
    )
    request, asked = call_with(vcf, operation, batch, None)
    answer = vcf.send(operation, request, asked)
    expected = "401, since Authorization is absent, whoever made the same call before"
    vcf.judge.expect("VCF-AUTH-01", answer.refused, answer.exchange, expected=expected, strict=strict)


@EACH
@decides("VCF-AUTH-01")
def test_a_token_is_good_for_every_call(vcf: Vcf, operation: str) -> None:
    """A valid token is accepted time and again, whatever was refused before, and whatever the name's letter case."""
    batch = task_for(vcf, operation)

    vcf.send(operation, *call_with(vcf, operation, batch, None))
    for headers in ({}, {"Authorization": None, "authorization": f"Bearer {vcf.token()}"}):
        answer = vcf.send(operation, vcf.call_request(operation, batch.ids[0], headers=headers))
        vcf.judge.expect(
            "VCF-AUTH-01",
            answer.status not in (401, 403),
            answer.exchange,
            expected="no refusal of a call with a valid token",
            strict=vcf.target.requires_auth,
        )
