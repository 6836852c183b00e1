"""The form of errors, and a failure of the server itself."""

from retryspec.checks import NotClaimed, Untestable, decides
from retryspec.exchange import ReadOnly
from retryspec.suite.vcf.client import Answer, Headers, Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_unchanged
from retryspec.suite.vcf.model import UNDER_WAY, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, LOGIN, REFRESH, RETRY, Asked

FAILED = TaskPlan(Meaning.FAILED)

# What clients say that they read; an Error is JSON for all of them, however often.
ACCEPTS: tuple[Headers, ...] = ({}, {"Accept": None}, {"Accept": "*/*"})

MEMBERS = ("02", "03", "04", "05", "06", "07", "08", "09", "10", "11")


@decides("VCF-ERROR-01", *(f"VCF-ERROR-{number}" for number in MEMBERS))
def test_every_error_is_an_error(vcf: Vcf) -> None:
    """Each kind of refusal that can be provoked has an Error as its body, each member of which has its type.

    That is looked at in every exchange of a run; this check brings about one of each kind.
    """
    answers = [*refused_by_reading(vcf), *refused_sign_ins(vcf), *refused_retries(vcf)]

    if not any(answer.status >= 400 for answer in answers):
        raise Untestable("nothing was refused")
    for number in ("01", *MEMBERS):
        vcf.judge.expect(f"VCF-ERROR-{number}", True, expected="an Error")


def refused_by_reading(vcf: Vcf) -> list[Answer]:
    """Readings that are refused, for the task, the page and the token."""
    answers = []
    if vcf.claims(GET):
        answers += [vcf.get(vcf.unknown_id()), vcf.get(vcf.unknown_id(), headers={"Authorization": None})]
    if vcf.claims(LIST):
        answers += [vcf.list({"pageSize": "101"}, sound=False), vcf.list({"pageNumber": "x"}, sound=False)]
        answers.append(vcf.list(headers={"Authorization": None}, open_=True))
    return answers


def refused_sign_ins(vcf: Vcf) -> list[Answer]:
    """Sign-ins of somebody who does not exist, whatever they say that they read."""
    answers = []
    if vcf.claims(LOGIN):
        answers.append(vcf.login({"username": "nobody@nowhere", "password": "not-a-password"}, headers=ACCEPTS[2]))
        answers.append(vcf.login({}, headers=ACCEPTS[1]))
    if vcf.claims(REFRESH):
        answers.append(vcf.refresh(vcf.unknown_id(), headers=ACCEPTS[2]))
    return answers


def refused_retries(vcf: Vcf) -> list[Answer]:
    """Retries that are refused, for the task, its status and the token."""
    try:
        answers = [vcf.retry(vcf.unknown_id()), vcf.retry(vcf.unknown_id(), headers={"Authorization": None})]
        return [*answers, vcf.retry(vcf.tasks([TaskPlan(Meaning.SUCCESSFUL)]).ids[0])]
    except (NotClaimed, ReadOnly, Untestable):
        return []


@decides("VCF-RETRY-11", "VCF-RETRY-03", "VCF-ERROR-01", *(f"VCF-ERROR-{number}" for number in MEMBERS))
def test_failure_of_a_retry_is_an_error(vcf: Vcf) -> None:
    """A retry that meets an internal error answers 500 with an Error; a retry of the task beside it is accepted."""
    batch = vcf.fresh_tasks([TaskPlan(Meaning.FAILED, fault=True), FAILED])
    faulty, sound = batch.ids
    before = before_retry(vcf, batch)

    for headers in ACCEPTS:
        answer = vcf.send(RETRY, vcf.retry_request(faulty, headers=headers), Asked(faulty, fault_expected=True))
        if answer.status == 200 and vcf.can_look and has_run(vcf.task(faulty).meaning):
            raise Untestable("the provider of states made no internal error")
        vcf.judge.expect(
            "VCF-RETRY-11", answer.status == 500, answer.exchange, expected="500, since the retry met an internal error"
        )
    for number in ("01", *MEMBERS):
        vcf.judge.expect(f"VCF-ERROR-{number}", True, expected="an Error")
    beside = {task_id: task for task_id, task in before.items() if task_id == sound}
    expect_unchanged(vcf, "VCF-RETRY-03", batch, beside, "since the retry that failed had not named it")
    answer = vcf.retry(sound)
    vcf.judge.expect(
        "VCF-RETRY-11", answer.status != 500, answer.exchange, expected="no failure of a retry of another task"
    )


def has_run(meaning: Meaning | None) -> bool:
    """Whether a task shows that its retry went well after all."""
    return meaning in UNDER_WAY or meaning is Meaning.SUCCESSFUL
