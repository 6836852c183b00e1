"""How a retry is answered: which are accepted, which refused, and with what."""

import pytest

from retryspec.checks import decides
from retryspec.suite.vcf.client import Headers, Vcf
from retryspec.suite.vcf.expectations import (
    before_retry,
    expect_no_effect,
    expect_not_failed_refused,
    expect_retried,
    expect_under_way,
    look_into_refusal,
)
from retryspec.suite.vcf.model import UNDER_WAY, Meaning, TaskPlan
from retryspec.suite.vcf.shape import Asked

FAILED = TaskPlan(Meaning.FAILED)

JSON: Headers = {"Content-Type": "application/json"}


@decides("VCF-RETRY-05", "VCF-RETRY-06", "VCF-RETRY-12", "VCF-RETRY-13", "VCF-STATE-02", "VCF-STATE-01")
def test_failed_task_is_retried(vcf: Vcf) -> None:
    """A retry of a failed task, with a token as in the sample call, answers 200 without a body, and the task runs."""
    batch = vcf.tasks([FAILED])
    task_id = batch.ids[0]
    before = before_retry(vcf, batch)

    answer = vcf.retry(task_id)
    vcf.judge.expect(
        "VCF-RETRY-13",
        answer.status not in (400, 401, 403),
        answer.exchange,
        expected="no refusal for the Authorization header, which the sample call has",
    )
    vcf.judge.expect("VCF-RETRY-12", True, expected="a documented status, which is looked at in every exchange")
    expect_retried(vcf, batch, answer, before, task_id, "the task failed")
    vcf.judge.expect("VCF-RETRY-06", True, expected="no body, which is looked at in every exchange")
    expect_under_way(vcf, batch, batch.ids, before)


@pytest.mark.parametrize(
    ("client", "body", "headers", "strict"),
    [
        ("curl", None, {"Accept": "*/*"}, True),
        ("the Go client", b"", {"Accept": None}, True),
        ("the Python package", b"", JSON, True),
        ("the Salt extension", b"{}", JSON, False),
    ],
    ids=["curl", "go", "python", "salt"],
)
@decides("VCF-RETRY-04", "VCF-RETRY-05")
def test_retry_needs_no_body(vcf: Vcf, client: str, body: bytes | None, headers: Headers, strict: bool) -> None:
    """A retry is accepted in each form in which real clients send it, and has its effect (vcf A6)."""
    batch = vcf.tasks([FAILED])
    task_id = batch.ids[0]
    before = before_retry(vcf, batch)

    answer = vcf.retry(task_id, body, headers=headers, open_=not strict)
    look_into_refusal(vcf, batch, answer, before, task_id)
    holds = vcf.judge.expect(
        "VCF-RETRY-04",
        answer.accepted,
        answer.exchange,
        expected=f"200, since {client} sends a retry in this form",
        strict=strict,
    )
    if holds:
        expect_under_way(vcf, batch, batch.ids, before)
    vcf.judge.expect("VCF-RETRY-05", True, expected="looked at where it was accepted")


@decides("VCF-RETRY-04", "VCF-RETRY-12", "VCF-RETRY-05")
def test_further_parts_of_a_retry_are_passed_over(vcf: Vcf) -> None:
    """Query parameters and headers that are not documented, and names of headers in other case, do not matter.

    A retry with a parameter that is accepted has its effect.
    """
    batch = vcf.tasks([FAILED] * 3)
    before = before_retry(vcf, batch)
    shouted: Headers = {"Authorization": None, "AUTHORIZATION": f"Bearer {vcf.token()}"}
    ran = []

    for task_id, headers, query in zip(
        batch.ids, ({}, {"X-Unknown": "1", "If-Match": "*"}, shouted), ("unknown=1&unknown=%C3%A9", "", ""), strict=True
    ):
        answer = vcf.retry(task_id, headers=headers, query=query, open_=headers is not shouted)
        look_into_refusal(vcf, batch, answer, before, task_id)
        vcf.judge.expect(
            "VCF-RETRY-04",
            answer.accepted,
            answer.exchange,
            expected=f"200 with {query or 'further headers, or their names in other case'}",
            strict=headers is shouted,
        )
        if answer.accepted and query:
            ran.append(task_id)
    if ran:
        expect_under_way(vcf, batch, ran, before)
    vcf.judge.expect("VCF-RETRY-05", True, expected="looked at where it was accepted")
    vcf.judge.expect("VCF-RETRY-12", True, expected="a documented status, which is looked at in every exchange")


@decides("VCF-RETRY-04")
def test_other_bodies_are_no_fault(vcf: Vcf) -> None:
    """What becomes of a retry with a body that nobody sends is open, since none is defined; a fault is not (vcf A6)."""
    task_id = vcf.tasks([FAILED]).ids[0]

    for body in (b"[]", b"null", b'{"id": "x", "status": "Failed"}', b"{", b"\xff\xfe", b"x" * 100_000):
        for headers in (JSON, {"Content-Type": "text/plain"}):
            answer = vcf.send("retryTask", vcf.retry_request(task_id, body, headers=headers), Asked(sound=False))
            vcf.judge.expect(
                "VCF-RETRY-04",
                answer.accepted or answer.refused,
                answer.exchange,
                expected="acceptance or a refusal, whatever the body is",
            )


@pytest.mark.parametrize("meaning", [meaning for meaning in Meaning if meaning is not Meaning.FAILED])
@decides("VCF-RETRY-09", "VCF-RETRY-10", "VCF-RETRY-14", "VCF-STATE-04")
def test_task_that_is_not_failed_is_not_retried(vcf: Vcf, meaning: Meaning) -> None:
    """A task in any other state than failed is refused with 409 and stays as it was; a failed one beside it is not."""
    batch = vcf.tasks([TaskPlan(meaning), FAILED] if vcf.has_states else [TaskPlan(meaning)])
    target = batch.ids[0]
    before = before_retry(vcf, batch)

    answers = [vcf.retry(target)]
    expect_no_effect(vcf, batch, {target: before[target]} if before else {}, answers, f"a retry while it is {meaning}")
    answers.append(vcf.retry(target, headers={**JSON, "Accept": None}))
    # A task under way may end, or fail, at any time; and the two rare statuses could be argued about (vcf A15).
    argued = meaning in (Meaning.COMPLETED_WITH_WARNING, Meaning.SKIPPED)
    strict = not argued and (meaning not in UNDER_WAY or batch.promised)
    for answer in answers:
        expect_not_failed_refused(vcf, answer, f"the task is {meaning}", strict=strict)
    vcf.judge.expect("VCF-RETRY-10", True, expected="an Error, which is looked at in every exchange")
    same = expect_no_effect(vcf, batch, before, answers, f"a retry of a task that is {meaning}")
    if same and answers[-1].refused:
        # As the Salt extension sends it.
        answer = vcf.retry(target, b"{}", headers=JSON, open_=True)
        what = "a refusal, since a body does not make a retry of what has not failed"
        vcf.judge.expect("VCF-RETRY-14", answer.refused, answer.exchange, expected=what, strict=strict)
    for failed in batch.failed:
        expect_retried(vcf, batch, vcf.retry(failed), before, failed, "the task beside it failed")
    if meaning is Meaning.IN_PROGRESS:
        # What a refusal begins may show a moment later.
        expect_no_effect(vcf, batch, {target: before[target]} if before else {}, answers, "a retry while it runs")
