"""A job by itself: that it is the one in the list, and in which forms it comes."""

from dataclasses import replace

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.opsmanager.client import Answer, OpsManager, Query
from retryspec.suite.opsmanager.contents import comparable
from retryspec.suite.opsmanager.expectations import (
    NOT_FOUND,
    ODD_CHARACTERS,
    before_retry,
    expect_code,
    expect_no_success,
    expect_refused,
    near_ids,
)
from retryspec.suite.opsmanager.model import Group, JobPlan, Status, moment_of
from retryspec.suite.opsmanager.shape import GET, LIST, Asked, unwrapped

EACH = [
    JobPlan(status)
    for status in (
        Status.FAILURE,
        Status.FAILURE,
        Status.SUCCESS,
        Status.IN_PROGRESS,
        Status.SUCCESS,
        Status.FAILURE,
    )
]
FAILED = JobPlan(Status.FAILURE)
IN_FULL: Query = {"pageNum": 2, "itemsPerPage": 1, "verbose": "true"}

ERROR_MEMBERS = ("detail", "error", "errorCode", "parameters", "reason")

FORMS: list[Query] = [
    {"pretty": "true", "envelope": "false"},
    {"pretty": "false", "envelope": "false"},
    {"pretty": "true"},
    {"envelope": "true"},
    {"pretty": "true", "envelope": "true"},
]


@decides(
    "OM-GET-01",
    "OM-GET-05",
    "OM-RETRY-26",
    "OM-JOB-01",
    "OM-JOB-04",
    "OM-JOB-05",
    "OM-JOB-10",
    "OM-COMMON-26",
    "OM-COMMON-28",
)
def test_job_is_the_one_in_the_list(opsmanager: OpsManager) -> None:
    """Each job by itself has the id of the path, the status that it was made with, and the values of the list."""
    group = opsmanager.some_group(EACH)
    listed = before_retry(opsmanager, group) if opsmanager.claims(LIST) else {}
    if not group.ids:
        raise Untestable("there is no job to look at")

    for job_id, plan in zip(group.ids, group.plans, strict=True):
        job = opsmanager.job(group, job_id)
        behaviour = "OM-RETRY-26" if plan.status is Status.FAILURE else "OM-GET-01"
        opsmanager.judge.expect(behaviour, job.status == plan.status, expected=f"{plan.status}", received=job.status)
        shown = listed.get(job_id)
        if shown is None:
            continue
        differing = [
            name
            for name in {*job.listed, *shown.listed}
            if job.listed.get(name) != shown.listed.get(name)
            and not (job.status == Status.IN_PROGRESS and name == "uncompressedSizeTotalBytes")
        ]
        opsmanager.judge.expect(
            "OM-GET-05",
            not differing,
            expected="the values that the list shows",
            received=f"another {', '.join(sorted(differing))}",
            strict=group.fresh or job.status != Status.IN_PROGRESS,
        )
        opsmanager.judge.expect("OM-JOB-01", job.id == shown.id, expected="one spelling of the id", received=job.id)
    opsmanager.judge.expect("OM-RETRY-26", True, expected="FAILURE, where there is such a job")
    opsmanager.judge.expect("OM-JOB-01", True, expected="ids of 24 hexadecimal digits")
    if listed:
        opsmanager.judge.expect("OM-GET-05", True, expected="the values of the list")
    else:
        opsmanager.judge.leave_out("OM-GET-05")
    for behaviour in ("OM-JOB-04", "OM-JOB-05", "OM-JOB-10", "OM-COMMON-26", "OM-COMMON-28"):
        opsmanager.judge.expect(behaviour, True, expected="the documented form, looked at in every exchange")


@decides("OM-JOB-09")
def test_job_is_kept_for_thirty_days(opsmanager: OpsManager) -> None:
    """A job that nobody has touched should expire 30 days after its creation."""
    group = opsmanager.fresh_group([FAILED, JobPlan(Status.SUCCESS)])

    for job in opsmanager.snapshot(group).values():
        created, expires = moment_of(job.text("creationDate")), moment_of(job.text("expirationDate"))
        if created is None or expires is None:
            raise Untestable("a job has no dates", because="OM-COMMON-28")
        opsmanager.judge.expect(
            "OM-JOB-09",
            abs((expires - created).total_seconds() - 30 * 86400) < 2,
            expected="an expirationDate 30 days after the creationDate",
            received=f"{created} and {expires}",
        )


@decides("OM-GET-06", "OM-GET-03")
def test_reading_changes_nothing(opsmanager: OpsManager) -> None:
    """However often and with whatever paging a job is asked for, it stays the same, and so do the others."""
    group, job_id = opsmanager.some_job([FAILED, JobPlan(Status.SUCCESS), FAILED])
    before, first = opsmanager.snapshot(group), opsmanager.job(group, job_id)

    in_full = opsmanager.get(group, job_id, {"verbose": "true"})
    queries: list[Query] = [{}, {"pageNum": 2}, IN_FULL, {"pageNum": 7, "itemsPerPage": 500}, {}]
    for query in queries:
        asked = Asked(group_id=group.id, job_id=job_id, sound=False, about="OM-GET-03" if query else None)
        asked = replace(asked, verbose=query is IN_FULL)
        answer = opsmanager.send(GET, opsmanager.get_request(group.id, job_id, query), asked)
        same = answer.job is not None and answer.job.state == first.state
        if query is IN_FULL and in_full.job is not None and in_full.job.status != Status.IN_PROGRESS:
            same = same and number_of_children(answer) == number_of_children(in_full)
        behaviour = "OM-GET-03" if query else "OM-GET-06"
        opsmanager.judge.expect(behaviour, same, answer.exchange, expected=f"the same job with {query or 'no query'}")
        if query:
            # What the vendor's table lists for it, and nobody promises anything about, is no fault all the same.
            fine = answer.status == 400 or (answer.status == 200 and same)
            what = f"200 and the same job with {query} (opsmanager A12)"
            opsmanager.judge.expect("OM-GET-06", fine, answer.exchange, expected=what, strict=False)
    now = opsmanager.snapshot(group)
    changed = [each for each in before if each not in now or now[each].state != before[each].state]
    opsmanager.judge.expect(
        "OM-GET-06", not changed, expected="every job as before", received=", ".join(changed[:3]), strict=group.fresh
    )


def number_of_children(answer: Answer) -> int | None:
    """How many child jobs a job is shown with."""
    children = answer.job.raw.get("childJobs") if answer.job is not None else None
    return len(children) if isinstance(children, list) else None


@pytest.mark.parametrize("operation", [GET, LIST])
@decides(
    "OM-COMMON-20",
    "OM-COMMON-21",
    "OM-COMMON-22",
    "OM-COMMON-23",
    "OM-COMMON-24",
    "OM-COMMON-25",
)
def test_envelope_and_pretty(opsmanager: OpsManager, operation: str) -> None:
    """The four forms say the same: an envelope adds the status of the answer, and `pretty` white space alone."""
    group, job_id = opsmanager.some_job([FAILED, JobPlan(Status.SUCCESS), FAILED])
    plain = call(opsmanager, operation, group, job_id, {})
    own = "OM-GET-01" if operation == GET else "OM-LIST-01"
    if not opsmanager.judge.expect(own, plain.accepted, plain.exchange, expected="200 for a valid request"):
        raise Untestable("the plain form is refused", because=own)
    enveloped = "OM-COMMON-21" if operation == GET else "OM-COMMON-22"

    for query in FORMS:
        wrapped = query.get("envelope") == "true"
        answer = call(opsmanager, operation, group, job_id, query)
        if not opsmanager.judge.expect("OM-COMMON-25", answer.accepted, answer.exchange, expected=f"200 for {query}"):
            continue
        said = unwrapped(operation, answer.body, envelope=wrapped)
        behaviour = enveloped if wrapped else "OM-COMMON-23"
        opsmanager.judge.expect(
            behaviour,
            comparable(said) == comparable(plain.body),
            answer.exchange,
            expected=f"the same values with {query} as without",
        )
    for behaviour in ("OM-COMMON-20", "OM-COMMON-23", "OM-COMMON-24"):
        opsmanager.judge.expect(behaviour, True, expected="the documented form, looked at in every exchange")
    opsmanager.judge.leave_out("OM-COMMON-22" if operation == GET else "OM-COMMON-21")


def call(opsmanager: OpsManager, operation: str, group: Group, job_id: str, query: Query) -> Answer:
    """One of the two reading operations."""
    return opsmanager.get(group, job_id, query) if operation == GET else opsmanager.list(group, query)


def documented_members(body: object) -> set[str]:
    """Those members of an error document that the contract has and that have a value here."""
    return {name for name in ERROR_MEMBERS if isinstance(body, dict) and body.get(name) is not None}


@decides(
    "OM-GET-04",
    "OM-COMMON-34",
    "OM-COMMON-14",
    "OM-COMMON-16",
    "OM-COMMON-17",
    "OM-COMMON-18",
    "OM-COMMON-19",
    "OM-COMMON-23",
)
def test_job_that_does_not_exist(opsmanager: OpsManager) -> None:
    """A job that nobody made is answered 404 with its code, one of another project is not shown, the twin is."""
    group, other = (opsmanager.fresh_group([FAILED, JobPlan(Status.SUCCESS)]) for _ in range(2))
    opsmanager.job(group, group.ids[0])

    unknown_ids: list[tuple[str, Query]] = list(zip(near_ids(group.ids[0]), ({}, {"pretty": "true"}), strict=True))
    members: list[set[str]] = []
    for unknown, query in unknown_ids:
        answer = opsmanager.odd(GET, group.id, unknown, query, about="OM-GET-04")
        expect_refused(opsmanager, "OM-GET-04", answer, "there is no such job", 404)
        expect_code(opsmanager, "OM-GET-04", answer, 404, NOT_FOUND)
        members.append(documented_members(answer.body))
        opsmanager.judge.expect(
            "OM-COMMON-23",
            members[-1] == members[0],
            answer.exchange,
            expected=f"the members {', '.join(sorted(members[0]))} also with pretty=true",
        )
    request = opsmanager.get_request(group.id, opsmanager.unknown_id(), {"envelope": "true"})
    answer = opsmanager.send_enveloped(request, Asked(sound=False, about="OM-GET-04"))
    expect_no_success(opsmanager, "OM-GET-04", answer, "there is no such job")
    elsewhere: list[tuple[Group, str, Query]] = [(group, other.ids[0], {}), (other, group.ids[1], {"verbose": "true"})]
    for here, there, query in elsewhere:
        answer = opsmanager.odd(GET, here.id, there, query, about="OM-GET-04")
        behaviour = "OM-GET-04" if answer.accepted else "OM-COMMON-34"
        expect_refused(opsmanager, behaviour, answer, "the job is one of another project", 401, 403, 404)
    opsmanager.job(group, group.ids[0])
    for behaviour in ("OM-COMMON-34", "OM-COMMON-14", "OM-COMMON-16", "OM-COMMON-17", "OM-COMMON-18", "OM-COMMON-19"):
        opsmanager.judge.expect(behaviour, True, expected="an error document, looked at in every exchange")


@decides("OM-GET-04", "OM-GET-01")
def test_odd_ids_of_jobs(opsmanager: OpsManager) -> None:
    """What is no id is answered 404 or 400; another spelling of one is found or not, and never a fault."""
    group, job_id = opsmanager.some_job([FAILED])
    opsmanager.job(group, job_id)

    for odd in (
        "zz",
        job_id[:-1],
        f"{job_id}0",
        "g" * 24,
        "%20" * 3,
        ODD_CHARACTERS,
        "%00",
        "a" * 2000,
        "%FF",
        "1",
        "-",
    ):
        answer = opsmanager.odd(GET, group.id, odd, about="OM-GET-04")
        expect_refused(opsmanager, "OM-GET-04", answer, "this is no id", 400, 404)
    for spelling in (job_id.upper(), "".join(f"%{ord(each):02X}" for each in job_id)):
        answer = opsmanager.odd(GET, group.id, spelling, about="OM-GET-01")
        opsmanager.judge.expect(
            "OM-GET-01",
            answer.status in (200, 404) or (answer.status == 400 and "%" not in spelling),
            answer.exchange,
            expected="the job, or 404, for another spelling of its id",
            strict="%" not in spelling or answer.status >= 500,
        )
    opsmanager.job(group, job_id)
