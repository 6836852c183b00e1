"""How a retry is answered: which are accepted, which refused, and with what."""

from collections.abc import Sequence

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.opsmanager.client import Answer, Headers, OpsManager, Query
from retryspec.suite.opsmanager.expectations import (
    before_retry,
    expect_no_success,
    expect_not_failed_refused,
    expect_retried,
    expect_running,
    expect_same_effect,
    expect_unchanged,
)
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.shape import LIST

FAILED = JobPlan(Status.FAILURE)
JSON: Headers = {"Content-Type": "application/json"}

MIXED = [FAILED, JobPlan(Status.SUCCESS), JobPlan(Status.IN_PROGRESS), FAILED]


@decides(
    "OM-RETRY-01",
    "OM-RETRY-02",
    "OM-RETRY-03",
    "OM-RETRY-04",
    "OM-RETRY-05",
    "OM-RETRY-06",
    "OM-RETRY-07",
    "OM-RETRY-10",
    "OM-COMMON-15",
)
def test_failed_job_is_retried(opsmanager: OpsManager) -> None:
    """A retry of a failed job in the form of the vendor's example answers 200 without a body, and the job runs."""
    group = opsmanager.group([FAILED])
    before = before_retry(opsmanager, group)

    listed = before[group.ids[0]].id if group.ids[0] in before else group.ids[0]
    answer = opsmanager.retry(group, listed, {"pretty": "true"}, None, headers=JSON)
    if listed != group.ids[0]:
        expect_retried(opsmanager, answer, "the id is the one that the list shows", "OM-RETRY-03")
    expect_found(opsmanager, answer)
    for behaviour in ("OM-RETRY-10", "OM-COMMON-15"):
        if not answer.accepted:
            opsmanager.judge.leave_out(behaviour)
    expect_retried(opsmanager, answer, "the job failed, and this is the example of the page")
    for behaviour in ("OM-RETRY-10", "OM-COMMON-15"):
        opsmanager.judge.expect(behaviour, True, expected="200")
    # What a success looks like is looked at in every exchange of a run.
    for behaviour in ("OM-RETRY-05", "OM-RETRY-06", "OM-RETRY-07"):
        opsmanager.judge.expect(behaviour, True, expected="a success as documented")
    expect_running(opsmanager, group, group.ids, before)


def expect_found(opsmanager: OpsManager, answer: Answer) -> None:
    """The operation is there, and finds the project and the job that it is given.

    Raises:
        Untestable: it does not, so that a retry says nothing more.
    """
    missing = answer.status in (404, 405)
    code = answer.error_code or ""
    of_project, of_job = "GROUP_ID" in code or code.startswith("GROUP"), "JOB" in code
    absences = {
        "OM-RETRY-01": missing and not of_project and not of_job,
        "OM-RETRY-02": missing and of_project and not of_job,
        "OM-RETRY-03": missing and of_job,
    }
    for behaviour, absent in absences.items():
        expected = "an answer other than 404 or 405 for a job that is listed in its project"
        opsmanager.judge.expect(behaviour, not absent, answer.exchange, expected=expected)
    if missing:
        because = next(behaviour for behaviour, absent in absences.items() if absent)
        raise Untestable("a listed job is not found by the retry", because=because)


Form = tuple[Query, bytes | None, Headers]

# The forms in which real clients send a retry, and its options, by what says that they are accepted.
FORMS: dict[str, list[Form]] = {
    "OM-RETRY-08": [({}, None, {}), ({}, b"", {}), ({}, b"", {"Accept": None, "User-Agent": "go-ops-manager"})],
    "OM-COMMON-15": [({}, b"", JSON), ({}, None, JSON)],
    "OM-RETRY-10": [({"pretty": "true"}, b"", {})],
    "OM-COMMON-25": [
        ({"pretty": "false", "envelope": "false"}, b"", {}),
        ({"envelope": "true"}, b"", {}),
        ({"envelope": "true", "pretty": "true"}, b"", {}),
    ],
    "OM-COMMON-41": [({"unknown": "1"}, b"", {"X-Unknown": "1"})],
}


@pytest.mark.parametrize("behaviour", list(FORMS))
@decides("OM-RETRY-04", "OM-RETRY-08", "OM-RETRY-10", "OM-RETRY-11", "OM-COMMON-15", "OM-COMMON-25", "OM-COMMON-41")
def test_forms_of_a_retry(opsmanager: OpsManager, behaviour: str) -> None:
    """A retry is accepted in each form in which real clients send it, with each option, and has its effect."""
    for each in (*FORMS, "OM-RETRY-11"):
        if each != behaviour:
            opsmanager.judge.leave_out(each)
    forms = FORMS[behaviour]
    group = opsmanager.group([FAILED] * (len(forms) + 1))
    before = before_retry(opsmanager, group)
    control = group.ids[-1]

    accepted = []
    for job_id, (query, body, headers) in zip(group.ids, forms, strict=False):
        answer = opsmanager.retry(group, job_id, query, body, headers=headers)
        holds = opsmanager.judge.expect(
            behaviour,
            answer.fine,
            answer.exchange,
            expected=f"200, since a retry with {query or 'no query'} is valid",
            strict=behaviour != "OM-COMMON-41",
        )
        if holds and answer.accepted:
            accepted.append(job_id)
        if query.get("envelope") == "true":
            says = answer.body.get("status") if isinstance(answer.body, dict) else None
            opsmanager.judge.expect(
                behaviour,
                not answer.accepted or says in (None, answer.status),
                answer.exchange,
                expected="the status of the answer in its envelope",
            )
            opsmanager.judge.expect("OM-RETRY-11", True, expected="an envelope, looked at in every exchange")
    if not accepted:
        raise Untestable("no such retry was accepted", because=behaviour)
    expect_retried(opsmanager, opsmanager.retry(group, control), "the job failed")
    expect_same_effect(opsmanager, behaviour, group, accepted, control, before, "a retry in each form")


@decides("OM-RETRY-09")
def test_bodies_of_a_retry(opsmanager: OpsManager) -> None:
    """A retry with a body is answered as one without, or refused with 400 or 415 and no effect (opsmanager A10)."""
    bodies = (b'{"x":1}', b"{}", b"[]", b"{", b"\xff\xfe", b"x" * 50_000)
    group = opsmanager.group([FAILED] * (len(bodies) + 1))
    before = before_retry(opsmanager, group)
    accepted, control = [], group.ids[-1]

    for job_id, body in zip(group.ids, bodies, strict=False):
        headers = JSON if body.startswith(b"{") else {"Content-Type": "text/plain"}
        answer = opsmanager.retry(group, job_id, None, body, headers=headers, about="OM-RETRY-09")
        opsmanager.judge.expect(
            "OM-RETRY-09",
            answer.status in (200, 400, 415) or (answer.status == 413 and len(body) > 1000),
            answer.exchange,
            expected="200, 400 or 415 for a retry with a body",
        )
        if answer.accepted:
            accepted.append(job_id)
        now = opsmanager.look(group, job_id) if answer.refused and opsmanager.can_look else None
        if now is not None and job_id in before:
            opsmanager.judge.expect(
                "OM-RETRY-09",
                now.state == before[job_id].state,
                answer.exchange,
                expected="the job as it was, since its retry was refused",
                received=now.status,
                strict=group.promised,
            )
    if accepted:
        expect_retried(opsmanager, opsmanager.retry(group, control), "the job failed")
        expect_same_effect(opsmanager, "OM-RETRY-09", group, accepted, control, before, "a retry with a body")


def expect_refused_in_each_form(opsmanager: OpsManager, group: Group, succeeded: str) -> None:
    """A retry of a job that has succeeded is refused with each option as without.

    With `pretty` it is the example of the vendor's page.
    """
    answer = opsmanager.retry(group, succeeded, {"pretty": "true"}, None, headers=JSON, about="OM-RETRY-15")
    expect_not_failed_refused(opsmanager, answer, "the job has succeeded, also with pretty=true")
    answer = opsmanager.retry(group, succeeded, {"envelope": "true"}, about="OM-RETRY-15")
    expect_no_success(opsmanager, "OM-RETRY-15", answer, "the job has succeeded")


@decides("OM-RETRY-15", "OM-COMMON-17", "OM-COMMON-18")
def test_job_that_has_not_failed_is_refused(opsmanager: OpsManager) -> None:
    """A retry of a job that has succeeded or that runs is refused and changes nothing; that of a failed one is not."""
    group = opsmanager.group(MIXED)
    before = before_retry(opsmanager, group)

    succeeded, running = group.ids[1], group.ids[2]
    for job_id, what in ((succeeded, "the job has succeeded"), (running, "the job runs")):
        answer = opsmanager.retry(group, job_id, about="OM-RETRY-15")
        strict = job_id == succeeded or group.promised
        now = opsmanager.look(group, job_id) if opsmanager.can_look else None
        # Without a promise, a job that runs may fail just then (opsmanager R-05).
        still = now is None or job_id not in before or now.status == before[job_id].status
        expect_not_failed_refused(opsmanager, answer, what, strict=strict or still)
    expect_refused_in_each_form(opsmanager, group, succeeded)
    expect_unchanged(opsmanager, "OM-RETRY-15", group, before, "since the retries were refused")
    expect_retried(opsmanager, opsmanager.retry(group, group.ids[3]), "the job failed")
    expect_unchanged(opsmanager, "OM-RETRY-15", group, before, "since it was not named", but=[group.ids[3]])
    expect_shown_alike(opsmanager, group, group.ids[:3])
    for behaviour in ("OM-COMMON-17", "OM-COMMON-18"):
        opsmanager.judge.expect(behaviour, True, expected="an error document, looked at in every exchange")


def expect_shown_alike(opsmanager: OpsManager, group: Group, ids: Sequence[str]) -> None:
    """Jobs whose retries were refused have one status, with their child jobs as without."""
    if not opsmanager.claims(LIST) or not group.promised:
        return
    now = opsmanager.snapshot(group)
    page = opsmanager.page(opsmanager.list(group, {"verbose": "true"}), "OM-LIST-03")
    in_full = {job.id.lower(): job.status for job in page.jobs}
    other = [each for each in ids if each in now and in_full.get(each.lower()) != now[each].status]
    opsmanager.judge.expect(
        "OM-RETRY-15",
        not other,
        expected="with verbose=true the status that the list shows without it, since the retries were refused",
        received=", ".join(f"{each}: {in_full.get(each.lower())}" for each in other),
    )


@decides("OM-RETRY-24")
def test_job_that_expires_is_refused(opsmanager: OpsManager) -> None:
    """A retry of a job that is marked for expiry or has expired should be refused like that of one that succeeded."""
    group = opsmanager.group([JobPlan(Status.MARKED_FOR_EXPIRY), JobPlan(Status.EXPIRED), FAILED])
    before = before_retry(opsmanager, group)

    for job_id in group.of(Status.MARKED_FOR_EXPIRY, Status.EXPIRED):
        answer = opsmanager.retry(group, job_id, about="OM-RETRY-24")
        expect_not_failed_refused(opsmanager, answer, "the job expires", behaviour="OM-RETRY-24", strict=False)
    expect_unchanged(opsmanager, "OM-RETRY-24", group, before, "since the retries were refused")


@decides("OM-COMMON-37", "OM-COMMON-16", "OM-COMMON-17", "OM-COMMON-18", "OM-RETRY-04")
def test_fault_of_the_server(opsmanager: OpsManager) -> None:
    """A retry that meets an internal error is answered 500 with an error document, and others go on as before."""
    group = opsmanager.group([JobPlan(Status.FAILURE, fault=True), FAILED])

    answer = opsmanager.retry(group, group.ids[0], fault_expected=True)
    opsmanager.judge.expect(
        "OM-COMMON-37",
        answer.status == 500 and answer.error_code in (None, "UNEXPECTED_ERROR"),
        answer.exchange,
        expected="500 UNEXPECTED_ERROR, since that was asked for",
    )
    for behaviour in ("OM-COMMON-16", "OM-COMMON-17", "OM-COMMON-18"):
        opsmanager.judge.expect(behaviour, True, expected="an error document, looked at in every exchange")
    expect_retried(opsmanager, opsmanager.retry(group, group.ids[1]), "the job failed, whatever became of another one")


# Methods that the vendor has on a path, though this document does not, are not tried there (opsmanager R-10).
@pytest.mark.parametrize(
    ("last", "methods"),
    [
        ("", ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")),
        ("job", ("POST", "PUT", "HEAD", "OPTIONS", "TRACE")),
        ("retry", ("GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")),
    ],
    ids=["list", "job", "retry"],
)
@decides("OM-COMMON-35", "OM-RETRY-27")
def test_other_methods(opsmanager: OpsManager, last: str, methods: tuple[str, ...]) -> None:
    """A method that a path does not have is refused with 405, and touches no job."""
    on_retry = last == "retry"
    behaviour = "OM-RETRY-27" if on_retry else "OM-COMMON-35"
    opsmanager.judge.leave_out("OM-COMMON-35" if on_retry else "OM-RETRY-27")
    group = opsmanager.fresh_group([FAILED])
    before = before_retry(opsmanager, group)

    for method in methods:
        answer = opsmanager.send_other(method, group.id, group.ids[0] if last else "", last if on_retry else "")
        fine = answer.status in {"OPTIONS": (200, 204, 404, 405)}.get(method, (404, 405))
        # HEAD may act as GET, or be refused in any way (opsmanager R-10).
        fine = fine or (method == "HEAD" and (answer.refused or answer.status == 200))
        opsmanager.judge.expect(
            behaviour,
            fine,
            answer.exchange,
            expected=f"405, since the path has no {method}",
            strict=answer.accepted or answer.status >= 500 or on_retry,
        )
        if not on_retry and answer.status == 404 and method != "HEAD":
            opsmanager.judge.expect(
                behaviour, False, answer.exchange, expected="405 rather than 404 on a known path", strict=False
            )
    expect_unchanged(opsmanager, behaviour, group, before, "since another method than PUT was used")
