"""What a retry names: jobs and projects that do not exist, are elsewhere, or have no id of that form."""

from retryspec.checks import Untestable, decides
from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.expectations import (
    NOT_FOUND,
    ODD_CHARACTERS,
    before_retry,
    expect_code,
    expect_no_success,
    expect_refused,
    expect_retried,
    expect_running,
    expect_unchanged,
    near_ids,
)
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY

FAILED = JobPlan(Status.FAILURE)
WRAPPED: Query = {"envelope": "true"}
PRETTY: Query = {"pretty": "true"}

ODD_IDS = ("zz", "g" * 24, ODD_CHARACTERS, "%00", "a" * 2000, "%FF")


@decides("OM-RETRY-16", "OM-RETRY-17")
def test_job_that_is_not_in_the_project(opsmanager: OpsManager) -> None:
    """A job that nobody made, or one of another project, is not retried, and no job of either project is touched."""
    group = opsmanager.fresh_group([FAILED, JobPlan(Status.SUCCESS)])
    other = opsmanager.fresh_group([FAILED] * 3)
    before, elsewhere = before_retry(opsmanager, group), before_retry(opsmanager, other)

    refused, never_made = True, opsmanager.unknown_id()
    first, last = near_ids(group.ids[0])
    # One of them twice: a server may have made something of it the first time.
    unknown_ids: list[tuple[str, Query]] = [(first, {}), (last, WRAPPED), (never_made, {}), (never_made, PRETTY)]
    for unknown_id, query in unknown_ids:
        unknown = opsmanager.retry(group, unknown_id, query, about="OM-RETRY-16")
        if query is WRAPPED:
            refused &= expect_no_success(opsmanager, "OM-RETRY-16", unknown, "there is no such job")
            continue
        refused &= expect_refused(opsmanager, "OM-RETRY-16", unknown, "there is no such job", 404)
        expect_code(opsmanager, "OM-RETRY-16", unknown, 404, NOT_FOUND)
    refused &= expect_unchanged(opsmanager, "OM-RETRY-16", group, before, "since the named job does not exist")
    if not refused:
        raise Untestable("a job that does not exist was not refused", because="OM-RETRY-16")
    expect_not_reached(opsmanager, group, other.ids[0])
    twin = opsmanager.retry(group, group.ids[0])
    # From where no job is failed any more, one that nobody has retried yet, and one that runs again.
    expect_not_reached(opsmanager, group, other.ids[1])
    expect_not_reached(opsmanager, other, group.ids[0])
    named = [group.ids[0]]
    expect_unchanged(opsmanager, "OM-RETRY-17", group, before, "since another project was named", but=named)
    expect_unchanged(opsmanager, "OM-RETRY-17", other, elsewhere, "since another project was named")
    expect_retried(opsmanager, twin, "the job failed and is one of this project")


def expect_not_reached(opsmanager: OpsManager, here: Group, job_id: str) -> None:
    """A job of another project is not found in this one."""
    answer = opsmanager.retry(here, job_id, about="OM-RETRY-17")
    expect_refused(opsmanager, "OM-RETRY-17", answer, "the job is one of another project", 401, 403, 404)


@decides("OM-RETRY-18", "OM-RETRY-03")
def test_odd_ids_of_jobs(opsmanager: OpsManager) -> None:
    """What is no job id is answered 404 or 400, and touches no job; another letter case is found or not."""
    group = opsmanager.group([FAILED] * 3)
    before = before_retry(opsmanager, group)
    known = group.ids[0]

    for odd in (*ODD_IDS, known[:-1], f"{known}0", f"{known}%0A", f"{known},{group.ids[1]}"):
        answer = opsmanager.odd(RETRY, group.id, odd, about="OM-RETRY-18")
        expect_refused(opsmanager, "OM-RETRY-18", answer, "this is no id", 400, 404)
    expect_unchanged(opsmanager, "OM-RETRY-18", group, before, "since no job was named")
    answer = opsmanager.odd(RETRY, group.id, known.upper(), about="OM-RETRY-03")
    expect_refused(opsmanager, "OM-RETRY-03", answer, "it is another spelling of an id (opsmanager A22)", 200, 404)
    if answer.accepted:
        expect_running(opsmanager, group, [known], before)
    else:
        expect_retried(opsmanager, opsmanager.retry(group, known), "the job failed", "OM-RETRY-03")


@decides("OM-RETRY-19", "OM-RETRY-20", "OM-COMMON-34")
def test_projects_that_do_not_exist(opsmanager: OpsManager) -> None:
    """A project that nobody made and what is no project's id are refused by each operation, and touch no job."""
    group = opsmanager.group([FAILED])
    before = before_retry(opsmanager, group)
    job_id, unknown = group.ids[0], opsmanager.unknown_id()
    operations = [each for each in (LIST, GET, RETRY) if opsmanager.claims(each)]

    for operation in operations:
        retry = operation == RETRY
        behaviour = "OM-RETRY-20" if retry else "OM-COMMON-34"
        # The vendor's page says that it is the id of the job which stands there (opsmanager A01).
        for absent in (unknown, job_id) if retry else (unknown,):
            answer = opsmanager.odd(operation, absent, job_id, about=behaviour)
            expect_refused(opsmanager, behaviour, answer, "there is no such project", 401, 403, 404)
        if retry and not expect_unchanged(opsmanager, "OM-RETRY-20", group, before, "since another project was named"):
            before = opsmanager.snapshot(group)
        near = (group.id[:-1], f"{group.id}0", f"{group.id}%20")
        of_reading = (ODD_IDS[0], near[0] if operation == LIST else ODD_IDS[1])
        for odd in (*ODD_IDS, *near) if retry else of_reading:
            behaviour = "OM-RETRY-19" if retry else "OM-COMMON-34"
            answer = opsmanager.odd(operation, odd, job_id, about=behaviour)
            expect_refused(opsmanager, behaviour, answer, "this is no id of a project", 400, 401, 403, 404)
    opsmanager.judge.expect("OM-COMMON-34", True, expected="refusals, for the operations that are claimed")
    expect_unchanged(opsmanager, "OM-RETRY-19", group, before, "since no project was named")
