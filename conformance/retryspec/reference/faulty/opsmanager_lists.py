"""Ops Manager servers whose lists hold too much or too little, count wrongly, or are cut into pages wrongly."""

from typing import Any

from retryspec_models.opsmanager.models import LogCollectionJobList
from retryspec_models.opsmanager.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import faulty

DEFAULT_ITEMS = 50
MOST_LISTED = 10
NOTHING = faults.Fault(404, "RESOURCE_NOT_FOUND", "There is nothing on this page.")


@faulty("OM-COMMON-29", says="The pages overlap by one job.")
class PagesOverlap(Server):
    """Begins each page with the last job of the one before."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, from one job earlier."""
        first = max(0, (page_num - 1) * items_per_page - 1)
        return jobs[first : page_num * items_per_page]


@faulty(
    "OM-COMMON-29", "OM-LIST-02", "OM-COMMON-32", "OM-LIST-04", says="A page has 50 jobs when nobody says how many."
)
class DefaultOfFifty(Server):
    """Has a default of its own."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page, of 50 jobs where the request does not say."""
        size = DEFAULT_ITEMS if first_value(call, "itemsPerPage") is None else items_per_page
        return super().page(call, page_num, size, verbose)


@faulty("OM-COMMON-29", says="The second page of a size that does not divide the whole is a job short.")
class LastPageShort(Server):
    """Rounds down."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, without the last job of an incomplete one."""
        page = super().page_of(jobs, page_num, items_per_page)
        return page if page_num == 1 or len(page) == items_per_page else page[:-1]


@faulty("OM-COMMON-30", warns=True, says="A page of 500 is refused.")
class MaximumExcluded(Server):
    """Takes a maximum for a bound that is not reached."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page of fewer than 500 jobs."""
        if items_per_page >= 500:
            raise self.refuse(faults.QUERY_INVALID, name="itemsPerPage", detail="It is too large.")
        return super().page(call, page_num, items_per_page, verbose)


@faulty("OM-LIST-08", "OM-COMMON-33", says="A page after the last one is the last one.")
class PastTheEndRepeated(Server):
    """Goes as far as it can."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, or the last one."""
        last = max(1, -(-len(jobs) // items_per_page))
        return super().page_of(jobs, min(page_num, last), items_per_page)


@faulty("OM-COMMON-33", says="The list of a project without jobs is 404.")
class EmptyMissing(Server):
    """Takes a project without jobs for none."""

    def listed_jobs(self, group_id: str) -> list[Job]:
        """Return the jobs, or refuse a project that has none."""
        jobs = super().listed_jobs(group_id)
        if not jobs:
            raise self.refuse(NOTHING)
        return jobs


@faulty(
    "OM-LIST-01",
    "OM-COMMON-29",
    "OM-COMMON-31",
    "OM-COMMON-33",
    "OM-LIST-05",
    "OM-LIST-08",
    says="The list has a job of another project at its end.",
)
class NeighbourListed(Server):
    """Forgets where one project ends."""

    def listed_jobs(self, group_id: str) -> list[Job]:
        """Return the jobs of a project, and one of another that has succeeded."""
        with self.store.database.reading() as connection:
            row = connection.execute(
                "SELECT group_id, id FROM opsmanager_job WHERE group_id <> ? AND outcome = 'SUCCESS' LIMIT 1",
                (group_id,),
            ).fetchone()
        other = self.store.job(row[0], row[1]) if row else None
        return super().listed_jobs(group_id) + ([other] if other else [])


@faulty("OM-LIST-09", says="Of the failed jobs of a project only the newest ten are listed.")
class OldFailuresUnlisted(Server):
    """Keeps a list of failures that is too short."""

    def listed_jobs(self, group_id: str) -> list[Job]:
        """Return the jobs without the older ones that have failed."""
        jobs = super().listed_jobs(group_id)
        failed = [job for job in jobs if job.state(self.now()) is State.FAILURE]
        return [job for job in jobs if job not in failed[MOST_LISTED:]]


@faulty(
    "OM-RETRY-26", "OM-LIST-09", "OM-GET-05", "OM-GET-02", says="A failed job is in the list as one that has succeeded."
)
class FailureListedAsSuccess(Server):
    """Says in the list that a run is over, and not how it ended."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the list with all that has ended as a success."""
        if call.operation_id == "getLogCollectionJobs" and status == 200:
            for job in content["results"]:
                job["status"] = job["status"].replace("FAILURE", "SUCCESS")
        return content


@faulty("OM-RETRY-26", "OM-GET-05", says="A failed job is shown by itself as one that runs.")
class FailureShownAsRunning(Server):
    """Hopes for the next try."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the job as one that runs where it has failed."""
        if call.operation_id == "getLogCollectionJob" and status == 200:
            content["status"] = content["status"].replace("FAILURE", "IN_PROGRESS")
        return content


@faulty("OM-LIST-07", warns=True, says="The list stands the other way round at each second reading.")
class OrderTurns(Server):
    """Has no order of its own."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.readings = 0

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page; where it is the only one, its order changes."""
        page = super().page(call, page_num, items_per_page, verbose)
        self.readings += 1
        if page.total_count <= items_per_page and self.readings % 2:
            page.results.reverse()
        return page


@faulty("OM-LIST-06", says="A page number of 0 or less ends in an internal error.")
class PageZeroFatal(Server):
    """Cuts before the beginning."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter, or break over a page before the first."""
        if problem.name == "pageNum" and problem.reason is Reason.OUT_OF_RANGE:
            return self.refuse(faults.INTERNAL)
        return super().invalid_parameter(call, problem)
