"""The list of a project: what is in it, and what its parameters do."""

import pytest

from retryspec.checks import decides
from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.contents import children_of
from retryspec.suite.opsmanager.expectations import before_retry, expect_refused
from retryspec.suite.opsmanager.model import Group, Job, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY, Asked

ALL = [JobPlan(status) for status in (Status.FAILURE, Status.SUCCESS, Status.FAILURE, Status.IN_PROGRESS)]
SETTLED = [JobPlan(Status.FAILURE), JobPlan(Status.SUCCESS), JobPlan(Status.FAILURE)]

OVER = (Status.SUCCESS, Status.FAILURE)

MOVING = ("status", "downloadUrl", "uncompressedSizeTotalBytes")

ODD_NUMBERS = ("0", "-1", "\u00b2", "1.5", "", "2147483647", "9223372036854775808", "1" + "0" * 40)


def states_of(jobs: dict[str, Job]) -> dict[str, tuple[object, ...]]:
    """What may not change by itself about each job."""
    return {job_id: job.state for job_id, job in jobs.items()}


def jobs_of(opsmanager: OpsManager, group: Group, query: Query | None, behaviour: str) -> dict[str, Job]:
    """The jobs that one page shows."""
    return {job.id: job for job in opsmanager.page(opsmanager.list(group, query), behaviour).jobs}


@decides(
    "OM-LIST-01",
    "OM-LIST-09",
    "OM-RETRY-26",
    "OM-COMMON-01",
    "OM-COMMON-06",
    "OM-COMMON-14",
    "OM-COMMON-20",
    "OM-COMMON-31",
    "OM-COMMON-38",
    "OM-LIST-05",
)
def test_list_shows_the_jobs_of_the_project(opsmanager: OpsManager) -> None:
    """A list shows the jobs of the project, each with its status, all failed ones among them, and no other."""
    group = opsmanager.fresh_group([*ALL, *[JobPlan(Status.FAILURE)] * 12])
    other = opsmanager.fresh_group(ALL)

    for each in (group, other):
        before_retry(opsmanager, each)
        answer = opsmanager.list(each)
        page = opsmanager.page(answer)
        shown = {job.id.lower(): job.status for job in page.jobs}
        opsmanager.judge.expect(
            "OM-LIST-01",
            set(shown) == each.lowered,
            answer.exchange,
            expected=f"the {len(each.ids)} jobs of the project {each.id}",
            received=f"{len(set(shown) - each.lowered)} others, {len(each.lowered - set(shown))} missing",
        )
        failed = {job_id for job_id, status in shown.items() if status == Status.FAILURE}
        for behaviour in ("OM-LIST-09", "OM-RETRY-26"):
            opsmanager.judge.expect(
                behaviour,
                failed == {job_id.lower() for job_id in each.failed},
                answer.exchange,
                expected="the failed jobs as FAILURE",
            )
        for behaviour in ("OM-LIST-05", "OM-COMMON-31"):
            opsmanager.judge.expect(
                behaviour, page.total == len(each.ids), answer.exchange, expected=f"a totalCount of {len(each.ids)}"
            )
    for behaviour in ("OM-COMMON-01", "OM-COMMON-06", "OM-COMMON-14", "OM-COMMON-20", "OM-COMMON-38"):
        opsmanager.judge.expect(behaviour, True, expected="a served list, of which the form was looked at")


@decides("OM-LIST-02", "OM-LIST-03", "OM-COMMON-25", "OM-COMMON-20")
def test_absent_parameters_have_their_defaults(opsmanager: OpsManager) -> None:
    """A list without parameters is the same as one with each of them at its default."""
    group = opsmanager.some_group(SETTLED)
    defaults: Query = {
        "pageNum": 1,
        "itemsPerPage": 100,
        "verbose": "false",
        "pretty": "false",
        "envelope": "false",
    }

    bare = jobs_of(opsmanager, group, None, "OM-LIST-01")
    for query in ({name: value} for name, value in defaults.items()):
        behaviour = "OM-COMMON-25" if {"pretty", "envelope"} & set(query) else "OM-LIST-02"
        given = jobs_of(opsmanager, group, query, behaviour)
        opsmanager.judge.expect(
            behaviour,
            states_of(given) == states_of(bare),
            expected=f"the same list with {query} as without",
            received=f"{len(given)} jobs, or other values",
        )
    given = jobs_of(opsmanager, group, defaults, "OM-LIST-02")
    opsmanager.judge.expect(
        "OM-LIST-02", states_of(given) == states_of(bare), expected="the same list with all defaults"
    )
    for behaviour in ("OM-LIST-03", "OM-COMMON-20"):
        opsmanager.judge.expect(behaviour, True, expected="no childJobs and no envelope, looked at in every exchange")


@decides(
    "OM-LIST-03", "OM-GET-02", "OM-GET-05", "OM-JOB-02", "OM-JOB-03", "OM-JOB-06", "OM-JOB-07", "OM-JOB-08", "OM-JOB-11"
)
def test_verbose_adds_child_jobs_and_nothing_else(opsmanager: OpsManager) -> None:
    """With `verbose=true` each job has its child jobs, in the list as by itself, and is the same otherwise."""
    group = opsmanager.some_group([*ALL, *ALL])

    bare = jobs_of(opsmanager, group, None, "OM-LIST-01")
    verbose = jobs_of(opsmanager, group, {"verbose": "true"}, "OM-LIST-03")
    opsmanager.judge.expect(
        "OM-LIST-03", states_of(verbose) == states_of(bare), expected="the same jobs with verbose=true as without"
    )
    one_of_each = {job.status: job_id for job_id, job in bare.items()} if opsmanager.claims(GET) else {}
    for job_id in one_of_each.values():
        # One that runs has its child jobs in an envelope, which says how the request went, and not the job.
        wrapped: Query = {"envelope": "true"} if bare[job_id].status == Status.IN_PROGRESS else {}
        answer = opsmanager.get(group, job_id, {"verbose": "true", **wrapped})
        holds = answer.job is not None and answer.job.state == bare[job_id].state
        opsmanager.judge.expect("OM-GET-02", holds, answer.exchange, expected="the same job with verbose=true")
        if not holds or answer.job is None or answer.job.status not in OVER:
            continue
        for behaviour, shown in (("OM-GET-02", kinds), ("OM-GET-05", children_of)):
            same = shown(answer.job) == shown(verbose.get(job_id))
            opsmanager.judge.expect(behaviour, same, answer.exchange, expected="the child jobs that the list shows")
    opsmanager.judge.expect("OM-GET-05", True, expected="the child jobs of the list")
    if not one_of_each:
        opsmanager.judge.leave_out("OM-GET-02")
        opsmanager.judge.leave_out("OM-GET-05")
    for behaviour in ("OM-JOB-02", "OM-JOB-03", "OM-JOB-06", "OM-JOB-07", "OM-JOB-08", "OM-JOB-11"):
        opsmanager.judge.expect(behaviour, True, expected="the documented form, looked at in every exchange")


@decides("OM-LIST-03", "OM-GET-02", "OM-GET-05")
def test_child_jobs_of_expiring_jobs(opsmanager: OpsManager) -> None:
    """A job that expires or has expired is the one in the list, with its child jobs just with `verbose=true`."""
    group = opsmanager.fresh_group([JobPlan(Status.MARKED_FOR_EXPIRY), JobPlan(Status.EXPIRED)])

    queries: list[tuple[Query, Query]] = [({}, {}), ({"verbose": "true"}, {"verbose": "true", "envelope": "true"})]
    for of_list, of_one in queries:
        listed = jobs_of(opsmanager, group, of_list, "OM-LIST-03")
        for job_id in group.ids if opsmanager.claims(GET) else ():
            job, shown = opsmanager.job(group, job_id, of_one), listed.get(job_id)
            # Its status may have moved on meanwhile, and with it what is left of its logs.
            differing = [
                name
                for name, value in (shown.listed if shown else {}).items()
                if name not in MOVING and job.listed.get(name) != value
            ]
            opsmanager.judge.expect(
                "OM-GET-05",
                not differing,
                expected="the values that the list shows",
                received=f"another {', '.join(differing)}",
            )
    for behaviour in ("OM-LIST-03", "OM-GET-02"):
        opsmanager.judge.expect(behaviour, True, expected="childJobs as asked for, looked at in every exchange")


def kinds(job: Job | None) -> list[tuple[str, str, str]]:
    """Kind, place and status of the child jobs of a job."""
    children = job.raw.get("childJobs") if job is not None else None
    return sorted(
        (str(child.get("logCollectionType")), str(child.get("path")), str(child.get("status")))
        for child in (children if isinstance(children, list) else [])
        if isinstance(child, dict)
    )


@pytest.mark.parametrize("name", ["pageNum", "itemsPerPage"])
@decides("OM-LIST-06", "OM-LIST-01")
def test_odd_pages(opsmanager: OpsManager, name: str) -> None:
    """A number out of range or none at all is answered 400, or 200 with a list; the valid list is as before."""
    group = opsmanager.some_group(SETTLED)

    for value in ODD_NUMBERS:
        answer = opsmanager.odd(LIST, group.id, "", {name: value}, about="OM-LIST-06")
        opsmanager.judge.expect(
            "OM-LIST-06",
            answer.status == 400 or (answer.status == 200 and answer.page is not None),
            answer.exchange,
            expected=f"400, or 200 with a list, for {name}={value!r}",
        )
    answer = opsmanager.follow(group, f"{name}=1&{name}=2&verbose=true&verbose=false", about="OM-LIST-06")
    opsmanager.judge.expect(
        "OM-LIST-06", answer.status in (200, 400), answer.exchange, expected=f"200, or 400, for two values of {name}"
    )
    opsmanager.page(opsmanager.list(group))


@decides("OM-LIST-07", "OM-GET-06")
def test_order_stays(opsmanager: OpsManager) -> None:
    """Equal calls on an idle project show the same jobs, should show them in the same order, and change none."""
    group = opsmanager.some_group([JobPlan(Status.FAILURE)] * 6)

    pages = [opsmanager.page(opsmanager.list(group)) for _ in range(3)]
    orders = [page.ids for page in pages]
    opsmanager.judge.expect(
        "OM-LIST-07",
        all(order == orders[0] for order in orders),
        expected="the same order in three equal calls",
        received=f"{orders[0][:3]} and then others",
    )
    states = [{job.id: job.state for job in page.jobs} for page in pages]
    opsmanager.judge.expect(
        "OM-GET-06", all(state == states[0] for state in states), expected="the same jobs in three equal calls"
    )


@decides("OM-COMMON-33", "OM-COMMON-31", "OM-LIST-08", "OM-GET-04", "OM-RETRY-16")
def test_empty_list(opsmanager: OpsManager) -> None:
    """A project without jobs has a list without entries, and no job that could be asked for or retried."""
    group = opsmanager.fresh_group([])

    queries: list[Query | None] = [None, {"pageNum": 2}, {"verbose": "true", "envelope": "true", "itemsPerPage": 1}]
    for query in queries:
        answer = opsmanager.list(group, query)
        page = opsmanager.page(answer, "OM-COMMON-33")
        opsmanager.judge.expect(
            "OM-COMMON-33", page.shown == 0, answer.exchange, expected="an empty results, since there is no job"
        )
        opsmanager.judge.expect("OM-COMMON-31", page.total == 0, answer.exchange, expected="a totalCount of 0")
    opsmanager.judge.expect("OM-LIST-08", True, expected="a page past the end of nothing")
    calls: list[tuple[str, str, Query]] = [(GET, "OM-GET-04", {"verbose": "true"}), (RETRY, "OM-RETRY-16", {})]
    for operation, behaviour, query in calls:
        if not opsmanager.claims(operation):
            opsmanager.judge.leave_out(behaviour)
            continue
        answer = opsmanager.odd(operation, group.id, opsmanager.unknown_id(), query, about=behaviour)
        expect_refused(opsmanager, behaviour, answer, "there is no job at all", 404)


@decides("OM-COMMON-41", "OM-COMMON-25")
def test_further_parameters_are_passed_over(opsmanager: OpsManager) -> None:
    """Unknown query parameters do not break a list, the one of real clients least of all (opsmanager R-27)."""
    group = opsmanager.some_group(SETTLED)
    bare = jobs_of(opsmanager, group, None, "OM-LIST-01")

    queries: list[Query] = [
        {"includeCount": "true"},
        {"pageNum": 1, "itemsPerPage": 100, "includeCount": "true", "verbose": "true"},
        {"unknown": "1"},
        {"a é": "ü &=#", "x[]": ""},
    ]
    for query in queries:
        answer = opsmanager.list(group, query)
        opsmanager.judge.expect(
            "OM-COMMON-41",
            answer.page is not None
            and {job.id: job.state for job in answer.page.jobs} == states_of(bare)
            and answer.page.total == len(bare),
            answer.exchange,
            expected=f"the same list with {query} as without",
            strict="includeCount" in query,
        )
    for name, values in {"pretty": ("TRUE", ""), "envelope": ("1", "x"), "verbose": ("yes", "")}.items():
        for value in values:
            asked = Asked(envelope=None, pretty=None, verbose=None, sound=False, about="OM-COMMON-25")
            answer = opsmanager.send(LIST, opsmanager.list_request(group.id, {name: value}), asked)
            opsmanager.judge.expect(
                "OM-COMMON-25",
                answer.status in (200, 400),
                answer.exchange,
                expected=f"200, or 400, for {name}={value!r} (opsmanager A17)",
            )
