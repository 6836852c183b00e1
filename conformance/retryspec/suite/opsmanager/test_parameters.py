"""The parameters of a reading together: what one of them does, the others leave as it is."""

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.contents import comparable
from retryspec.suite.opsmanager.model import Group, Job, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, unwrapped

PLANS = [
    JobPlan(status)
    for status in (
        Status.FAILURE,
        Status.SUCCESS,
        Status.IN_PROGRESS,
        Status.FAILURE,
        Status.SUCCESS,
        Status.FAILURE,
        Status.FAILURE,
        Status.SUCCESS,
    )
]

ALL: Query = {"verbose": "true", "pretty": "true", "envelope": "true"}

# What is asked for besides a page, by what says that the page is the same all the same.
BESIDES: dict[str, Query] = {
    "OM-LIST-03": {"verbose": "true"},
    "OM-COMMON-23": {"pretty": "true"},
    "OM-COMMON-22": {"envelope": "true"},
    "OM-COMMON-41": {"includeCount": "true"},
    "OM-COMMON-25": ALL,
}
# A page with both of its parameters, and with either of them alone.
PAGES: list[Query] = [{"pageNum": 3, "itemsPerPage": 2}, {"pageNum": 2}, {"itemsPerPage": 3}]


def states_of(jobs: dict[str, Job]) -> dict[str, tuple[object, ...]]:
    """What may not change by itself about each job."""
    return {job_id: job.state for job_id, job in jobs.items()}


@pytest.mark.parametrize("paging", PAGES, ids=["page-and-size", "page", "size"])
@decides(*BESIDES, "OM-LIST-02", "OM-LIST-05", "OM-GET-06")
def test_page_with_other_parameters(opsmanager: OpsManager, paging: Query) -> None:
    """A page holds the same jobs and tells the same total whatever else is asked for, and nothing happens to any."""
    group = opsmanager.fresh_group(PLANS)
    before = opsmanager.snapshot(group)

    plain = opsmanager.page(opsmanager.list(group, paging))
    answers = {behaviour: opsmanager.list(group, {**paging, **more}) for behaviour, more in BESIDES.items()}
    same = opsmanager.judge.expect(
        "OM-GET-06",
        states_of(opsmanager.snapshot(group)) == states_of(before),
        expected="every job as before, since it was only read",
    )
    shown = {job.id: job.state for job in plain.jobs}
    for behaviour, answer in answers.items():
        page = opsmanager.page(answer, behaviour)
        said = {job.id: job.state for job in page.jobs}
        unknown = behaviour == "OM-COMMON-41"
        for speaks, holds, what in (
            (behaviour if unknown else "OM-LIST-02", said.keys() == shown.keys(), "jobs on the page"),
            (behaviour if unknown else "OM-LIST-05", page.total == plain.total, "totalCount"),
            (behaviour, not same or said.keys() != shown.keys() or said == shown, "values of each job"),
        ):
            opsmanager.judge.expect(
                speaks,
                holds,
                answer.exchange,
                expected=f"the same {what} with {BESIDES[behaviour]} as without",
                received=f"{page.shown} jobs of {page.total}, or other values",
            )


FORMS: list[Query] = [
    {"verbose": "true", "pretty": "true"},
    {"verbose": "true", "envelope": "true"},
    ALL,
]


@decides("OM-GET-02", "OM-COMMON-21", "OM-COMMON-23", "OM-COMMON-25", "OM-GET-06")
def test_job_with_all_parameters(opsmanager: OpsManager) -> None:
    """A job with its child jobs says the same in each form, and nothing happens to any job."""
    if not opsmanager.claims(GET):
        raise Untestable("needs the operation that shows one job")
    group = opsmanager.fresh_group([plan for plan in PLANS if plan.status is not Status.IN_PROGRESS][:3])
    before = opsmanager.snapshot(group)

    for job_id in group.ids:
        plain = opsmanager.get(group, job_id, {"verbose": "true"})
        if not opsmanager.judge.expect("OM-GET-02", plain.accepted, plain.exchange, expected="200 for verbose=true"):
            raise Untestable("the plain form is refused", because="OM-GET-02")
        for query in FORMS:
            expect_same(opsmanager, group, job_id, query, plain.body)
    opsmanager.judge.expect(
        "OM-GET-06",
        states_of(opsmanager.snapshot(group)) == states_of(before),
        expected="every job as before, since it was only read",
    )


def expect_same(opsmanager: OpsManager, group: Group, job_id: str, query: Query, plain: object) -> None:
    """A job in another form has the members that it has in the plain one."""
    answer = opsmanager.get(group, job_id, query)
    if not opsmanager.judge.expect("OM-COMMON-25", answer.accepted, answer.exchange, expected=f"200 for {query}"):
        return
    wrapped = "envelope" in query
    said = unwrapped(GET, answer.body, envelope=wrapped)
    opsmanager.judge.expect(
        "OM-COMMON-21" if wrapped else "OM-COMMON-23",
        comparable(said) == comparable(plain),
        answer.exchange,
        expected=f"the same values with {query} as with verbose=true alone",
    )
