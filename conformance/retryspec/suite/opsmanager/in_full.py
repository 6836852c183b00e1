"""A retried job in other forms, as with its child jobs: it is what it is plainly, and nothing happens to others."""

from collections.abc import Mapping

from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.contents import children_of
from retryspec.suite.opsmanager.model import DEFAULT_PAGE, Group, Job, Page, Status

__all__ = ["FORMS", "IN_FULL", "expect_in_form", "expect_listed_in_full", "statuses_of_children"]

IN_FULL: Query = {"verbose": "true"}
FORMS: Mapping[str, Query] = {
    "OM-GET-02": IN_FULL,
    "OM-COMMON-21": {"envelope": "true"},
    "OM-COMMON-23": {"pretty": "true"},
}
"""The forms in which a job is shown besides the plain one, by what says that they show the same."""
OVER = (Status.SUCCESS, Status.FAILURE)


def expect_in_form(
    opsmanager: OpsManager, group: Group, job_id: str, status: Status, behaviour: str, form: Query
) -> Job:
    """A job that has a status by itself has it in another form as well, by the end of the settling time; that form."""
    shown = opsmanager.job(group, job_id, form)
    plain: list[str | None] = [None]

    def alike() -> bool:
        job = opsmanager.look(group, job_id)
        plain[0] = job.status if job else None
        return plain[0] != status or opsmanager.job(group, job_id, form).status == status

    opsmanager.judge.expect(
        behaviour,
        shown.status == status or opsmanager.settled(alike),
        expected=f"{status} with {form}, as without",
        received=f"{plain[0]} without, and another status with it",
        strict=group.promised,
    )
    return shown


def expect_listed_in_full(opsmanager: OpsManager, group: Group, named: str, before: Page) -> None:
    """With its child jobs a retried job runs as well, the child jobs of the others stay, and none is counted twice."""
    now = before

    def runs() -> bool:
        nonlocal now
        now = opsmanager.page(opsmanager.list(group, IN_FULL))
        status = {job.id.lower(): job.status for job in now.jobs}.get(named.lower())
        if status == Status.IN_PROGRESS:
            return True
        job = opsmanager.look(group, named)
        return job is None or job.status == status

    opsmanager.judge.expect(
        "OM-LIST-03",
        opsmanager.settled(runs),
        expected="the retried job with verbose=true as it is without",
        received="another status with it",
        strict=group.promised,
    )
    # One that a retry has added is counted as well (opsmanager R-04).
    opsmanager.judge.expect(
        "OM-LIST-05",
        now.total == now.shown or now.shown >= DEFAULT_PAGE,
        expected=f"a totalCount of {now.shown} after a retry, since so many are listed",
        received=str(now.total),
    )
    shown = {job.id: children_of(job) for job in now.jobs}
    changed = [
        job.id
        for job in before.jobs
        if job.id.lower() != named.lower()
        and job.status in OVER
        and all(status in OVER for status in statuses_of_children(job).values())
        and shown.get(job.id) != children_of(job)
    ]
    opsmanager.judge.expect(
        "OM-RETRY-12",
        not changed,
        expected="the child jobs of every other job as they were, since it was not named in an accepted retry",
        received=f"other child jobs of {', '.join(changed[:3])}",
        strict=group.promised,
    )


def statuses_of_children(job: Job) -> dict[str, str]:
    """The statuses of the child jobs of a job, by path."""
    children = job.raw.get("childJobs")
    return {
        str(child.get("path")): str(child.get("status"))
        for child in (children if isinstance(children, list) else [])
        if isinstance(child, dict)
    }
