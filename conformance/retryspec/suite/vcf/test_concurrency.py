"""Many clients at the same moment."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from retryspec.checks import Untestable, decides
from retryspec.suite.vcf.client import Answer, Headers, Vcf
from retryspec.suite.vcf.expectations import (
    before_retry,
    expect_not_failed_refused,
    expect_unchanged,
    expect_under_way,
    look_into_refusal,
)
from retryspec.suite.vcf.model import Batch, Meaning, Task, TaskPlan

LONG = TaskPlan(Meaning.FAILED, rerun_seconds=60)

AT_ONCE = 12


class Form(NamedTuple):
    """One way to ask for a retry."""

    body: bytes
    headers: Headers


@decides("VCF-STATE-06", "VCF-STATE-02", "VCF-RETRY-03", "VCF-RETRY-09")
def test_one_of_simultaneous_retries_is_accepted(vcf: Vcf) -> None:
    """Of several retries of one failed task at one moment one answers 200, the others 409, and that task alone runs.

    They have the forms of several clients; one that has an object as its body may be refused for that (vcf A6).
    """
    batch = vcf.fresh_tasks([TaskPlan(Meaning.IN_PROGRESS), *[LONG] * 3, TaskPlan(Meaning.SUCCESSFUL)])
    ended, named_ones = batch.ids[-1], batch.ids[2:-1]
    before = before_retry(vcf, batch)

    if not expect_not_failed_refused(vcf, vcf.retry(batch.ids[0]), "the task runs", strict=batch.promised):
        raise Untestable("a task that runs is not refused with 409", because="VCF-RETRY-09")
    forms = forms_of(vcf)
    for named, many in zip(named_ones, (AT_ONCE, 4), strict=True):
        requests = [vcf.retry_request(named, *forms[each % len(forms)]) for each in range(many)]
        beside = [vcf.retry_request(ended)] * 2 if named == named_ones[-1] else []
        together = vcf.send_together([*requests, *beside])
        answers, others = together[:many], together[many:]
        for answer in others:
            what = "the task succeeded, whoever asks at the same moment"
            expect_not_failed_refused(vcf, answer, what, strict=batch.promised)
        accepted = [answer for answer in answers if answer.accepted]
        if not accepted:
            expect_not_started(vcf, batch, before, named, answers)
            look_into_refusal(vcf, batch, answers[0], before, named)
        elif not expect_under_way(vcf, batch, [named], before) and vcf.can_look:
            raise Untestable("the retry had no effect", because="VCF-RETRY-05")
        for answer in accepted[1:]:
            # The task was to run for a minute, so it cannot have failed again in between: one look proves it.
            vcf.judge.expect(
                "VCF-STATE-06",
                False,
                answer.exchange,
                expected=f"409, since another of {many} retries was accepted",
                strict=batch.promised,
                conclusive=batch.promised,
            )
        vcf.judge.expect(
            "VCF-STATE-06",
            bool(accepted),
            answers[0].exchange,
            expected=f"200 for one of {many} retries of a failed task",
        )
        for answer in answers:
            vcf.judge.expect(
                "VCF-STATE-06",
                answer.accepted or answer.status == 409 or (answer.refused and bool(answer.exchange.request.body)),
                answer.exchange,
                expected=f"200 for one and 409 for the others of {many} retries",
                strict=batch.promised,
            )
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in a retry", but=named_ones)


def forms_of(vcf: Vcf) -> list[Form]:
    """How clients ask for a retry: with what body and headers, and where there is a login with a token of their own."""
    try:
        other = {"Authorization": f"Bearer {vcf.wire.another_token()}"}
    except Untestable:
        other = {}
    typed = {"Content-Type": "application/json"}
    return [Form(b"", {}), Form(b"{}", {**other, **typed}), Form(b"", typed), Form(b"", other)]


def expect_not_started(
    vcf: Vcf, batch: Batch, before: Mapping[str, Task], named: str, answers: Sequence[Answer]
) -> None:
    """Where all simultaneous retries of a task were refused, none of them has started it.

    Raises:
        Untestable: one has, so that nothing more can be said of the task.
    """
    now = vcf.snapshot(batch, [named]).get(named) if vcf.can_look else None
    if now is None or now.meaning is before[named].meaning:
        return
    vcf.judge.expect(
        "VCF-STATE-06",
        False,
        answers[0].exchange,
        expected=f"200 for one of {len(answers)} retries of a failed task, since it runs now",
        strict=batch.promised,
    )
    raise Untestable("a task runs though all simultaneous retries of it were refused", because="VCF-STATE-06")


@decides("VCF-RETRY-05", "VCF-STATE-01", "VCF-RETRY-03", "VCF-GET-05")
def test_simultaneous_retries_of_different_tasks(vcf: Vcf) -> None:
    """Retries of different tasks at one moment all have their effect, and each task is found while they go on."""
    batch = vcf.fresh_tasks([LONG] * 8)
    named = batch.ids[:6]
    before = before_retry(vcf, batch)

    retries = [vcf.retry_request(task_id) for task_id in named]
    reads = [vcf.get_request(task_id) for task_id in named[:3]] if vcf.claims("getTask") else []
    answers = vcf.send_together([*retries, *reads])
    for answer, task_id in zip(answers[: len(retries)], named, strict=True):
        look_into_refusal(vcf, batch, answer, before, task_id)
        vcf.judge.expect(
            "VCF-RETRY-05",
            answer.accepted,
            answer.exchange,
            expected=f"200 for each of {len(named)} retries of different tasks",
        )
    for answer in answers[len(retries) :]:
        vcf.judge.expect(
            "VCF-STATE-01", answer.accepted, answer.exchange, expected="the task under its id while it is retried"
        )
    for each in ("VCF-STATE-01", "VCF-GET-05"):
        vcf.judge.expect(each, True, expected="looked at where tasks can be read")
    ran = [task_id for answer, task_id in zip(answers, named, strict=False) if answer.accepted]
    expect_under_way(vcf, batch, ran, before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in a retry", but=named)
