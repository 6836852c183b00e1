"""Access tokens: without a valid one an operation on tasks is refused and does nothing."""

from dataclasses import replace

import pytest

from retryspec.checks import decides
from retryspec.suite.vcf.client import Answer, Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_no_effect
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY, Asked

FAILED = TaskPlan(Meaning.FAILED)
EACH = pytest.mark.parametrize("operation", [GET, LIST, RETRY])

NOBODYS_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.bm8tc2lnbmF0dXJlLWF0LWFsbC1oZXJl"


def task_for(vcf: Vcf, operation: str) -> Batch:
    """A task for one valid call of an operation; a list needs none."""
    if operation == LIST:
        return Batch((vcf.unknown_id(),), (FAILED,))
    return vcf.tasks([FAILED]) if operation == RETRY else vcf.some_tasks([FAILED])


def unusable(token: str) -> dict[str, str | None]:
    """Values of Authorization that hold no valid token."""
    middle = len(token) // 2
    altered = f"{token[:middle]}{'A' if token[middle] != 'A' else 'B'}{token[middle + 1 :]}"
    return {
        "absent": None,
        "empty": "",
        "the scheme alone": "Bearer",
        "no token at all": "Bearer null",
        "nobody's token": f"Bearer {NOBODYS_TOKEN}",
        "a token without its end": f"Bearer {token[:-2]}",
        "a token and more": f"Bearer {token}x",
        "a token with another character": f"Bearer {altered}",
        "a token and a blank and more": f"Bearer {token} x",
        "a token in another scheme": f"Basic {token}",
        "a token in an unknown scheme": f"Token {token}",
        "a token without a scheme": token,
        "a user and a password": "Basic bm9ib2R5OnBhc3N3b3Jk",
    }


def call(vcf: Vcf, operation: str, batch: Batch, authorization: str | None) -> Answer:
    """A call that is valid but for its Authorization."""
    request = vcf.call_request(operation, batch.ids[0], headers={"Authorization": authorization})
    hidden = (authorization.rpartition(" ")[2],) if authorization and vcf.token()[:8] in authorization else ()
    asked = Asked(open=authorization != f"Bearer {vcf.token()}")
    return vcf.send(operation, replace(request, secrets=(*hidden, *request.secrets)), asked)


@EACH
@decides("VCF-AUTH-01", "VCF-STATE-04")
def test_only_a_valid_token_is_let_in(vcf: Vcf, operation: str) -> None:
    """Without a token or with an unusable one a call is refused and has no effect; with a valid one it is accepted."""
    batch = task_for(vcf, operation)
    strict = vcf.target.requires_auth
    before = before_retry(vcf, batch) if operation == RETRY else {}

    answers = {}
    for name, value in unusable(vcf.token()).items():
        answer = answers[name] = call(vcf, operation, batch, value)
        expected = f"401, since Authorization is unusable: {name}"
        vcf.judge.expect("VCF-AUTH-01", answer.refused, answer.exchange, expected=expected, strict=strict)
        fits = answer.status in (401, 403)
        vcf.judge.expect("VCF-AUTH-01", fits, answer.exchange, expected=expected, strict=False)
    expect_no_effect(vcf, batch, before, answers.values(), "a call without a valid token")
    answer = call(vcf, operation, batch, f"Bearer {vcf.token()}")
    vcf.judge.expect(
        "VCF-AUTH-01",
        answer.status not in (401, 403),
        answer.exchange,
        expected="no refusal of the same call with a valid token",
        strict=strict,
    )


@EACH
@decides("VCF-AUTH-01")
def test_a_token_is_good_for_every_call(vcf: Vcf, operation: str) -> None:
    """A valid token is accepted time and again, whatever was refused before, and whatever the name's letter case."""
    batch = task_for(vcf, operation)

    call(vcf, operation, batch, None)
    for headers in ({}, {"Authorization": None, "authorization": f"Bearer {vcf.token()}"}):
        answer = vcf.send(operation, vcf.call_request(operation, batch.ids[0], headers=headers))
        vcf.judge.expect(
            "VCF-AUTH-01",
            answer.status not in (401, 403),
            answer.exchange,
            expected="no refusal of a call with a valid token",
            strict=vcf.target.requires_auth,
        )
