"""Ops Manager servers whose fault shows with a second parameter alone, in another state of a job, or elsewhere."""

from typing import Any, cast

from retryspec_models.opsmanager.models import LogCollectionJobList
from retryspec_models.opsmanager.stubs import Call, Problem, Refusal, Where

from retryspec.reference.faulty.opsmanager_second_looks import OtherProjects
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import accepted, faulty

LIST, GET, RETRY = "getLogCollectionJobs", "getLogCollectionJob", "retryLogCollectionJob"
MOST_PAGES, FIRST_PAGE = 10, 100


def asks(call: Call, name: str) -> bool:
    """Tell whether an option is asked for."""
    return first_value(call, name) == "true"


@faulty("OM-RETRY-15", "OM-RETRY-22", says="With pretty=true a retry of a job that runs is answered 200.")
class RunningPrettyAccepted(Server):
    """Takes a second look at a job that runs for a repeated one."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again, or pass over that it runs."""
        if pretty and self.job_of(call).state(self.now()) is State.IN_PROGRESS:
            return
        super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)


@faulty("OM-COMMON-02", says="With envelope=true jobs are shown to whoever asks.")
class EnvelopesForAll(Server):
    """Serves scripts of a browser, which have no credentials."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless an envelope is asked for and nothing is done."""
        if call.operation_id not in (LIST, GET) or not asks(call, "envelope") or call.header("authorization"):
            super().authenticate(call)


@faulty("OM-COMMON-39", says="A stranger's retry of a job that has succeeded is told 400.", warns=True)
class StrangersToldOfSuccess(Server):
    """Looks at the state of a job first."""

    def authenticate(self, call: Call) -> None:
        """Refuse a retry of what has succeeded, and then a stranger."""
        if call.operation_id == RETRY and call.header("authorization") is None:
            group_id, job_id = (call.path_parameters[name] for name in ("groupId", "jobId"))
            job = self.find_job(group_id, job_id)
            if job is not None and job.state(self.now()) is State.SUCCESS:
                raise self.refuse(faults.NOT_FAILED)
        super().authenticate(call)


class UnknownAccepted(Server):
    """Says nothing where a job does not exist and something else is asked for besides."""

    def passes_over(self, call: Call) -> bool:
        """Tell whether a job that does not exist is passed over."""
        return False

    def job_of(self, call: Call) -> Job:
        """Return the job that a request addresses, or say nothing where there is none."""
        try:
            return super().job_of(call)
        except Refusal:
            if self.is_id(call.path_parameters["jobId"]) and self.passes_over(call):
                raise accepted() from None
            raise


@faulty("OM-GET-04", says="In an envelope a job that does not exist is nothing, with the status 200.")
class NothingInEnvelope(UnknownAccepted):
    """Wraps what it has found, be it nothing."""

    def passes_over(self, call: Call) -> bool:
        """Tell whether it is asked for in an envelope."""
        return call.operation_id == GET and asks(call, "envelope")


@faulty("OM-RETRY-16", says="With pretty=true a retry of a job that does not exist is answered 200.")
class UnknownPrettyAccepted(UnknownAccepted):
    """Prints what it would have done."""

    def passes_over(self, call: Call) -> bool:
        """Tell whether white space is asked for."""
        return call.operation_id == RETRY and asks(call, "pretty")


@faulty("OM-RETRY-16", says="A retry of any job in a project without jobs is answered 200.")
class NothingToRetry(UnknownAccepted):
    """Goes through the jobs of a project to find the one that is named."""

    def passes_over(self, call: Call) -> bool:
        """Tell whether there are no jobs to go through."""
        return call.operation_id == RETRY and not self.store.jobs(self.group_id_of(call))


class AfterRetry(Server):
    """Remembers what was retried, and shows jobs in a way of its own after that."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, and make a note of a success and of a refusal."""
        started = super().start_again(job)
        notes: dict[str, dict[str, bool]] = self.__dict__.setdefault("notes", {})
        notes.setdefault(job.group_id, {})[job.id] = started
        return started

    def notes_of(self, group_id: str) -> dict[str, bool]:
        """Return the jobs of a project whose retries were asked for, and which of them were started."""
        return cast("dict[str, bool]", self.__dict__.get("notes", {}).get(group_id, {}))

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, with its jobs as this server shows them."""
        if status == 200 and isinstance(content, dict):
            for job in content.get("results", [content]):
                self.show(call, job)
        return content

    def show(self, call: Call, job: dict[str, Any]) -> None:
        """Change how a job is shown."""


@faulty("OM-RETRY-12", says="A retry runs the failed child jobs of all jobs of the project.")
class ChildrenOfAllRun(AfterRetry):
    """Names the job in one of two statements."""

    def show(self, call: Call, job: dict[str, Any]) -> None:
        """Show the failed child jobs as running once one job was retried."""
        for child in job.get("childJobs", ()) if any(self.notes_of(job["groupId"]).values()) else ():
            if child["status"] == "FAILURE":
                child |= {"status": "IN_PROGRESS", "errorMessage": None, "finishDate": None}


@faulty("OM-RETRY-12", says="A retry that is refused wipes the sizes of the child jobs of its job.")
class RefusedWipesChildren(AfterRetry):
    """Prepares the child jobs before it looks at the job."""

    def show(self, call: Call, job: dict[str, Any]) -> None:
        """Show the child jobs of a job whose retry was refused without sizes."""
        for child in job.get("childJobs", ()) if self.notes_of(job["groupId"]).get(job["id"]) is False else ():
            child["uncompressedDiskSpaceBytes"] = 0


@faulty("OM-GET-02", "OM-LIST-03", says="With its child jobs a retried job goes on being shown as failed.")
class FailedInFull(AfterRetry):
    """Keeps the long form in a cache."""

    def show(self, call: Call, job: dict[str, Any]) -> None:
        """Show a job that was retried as failed, where its child jobs are shown."""
        if "childJobs" in job and self.notes_of(job["groupId"]).get(job["id"]):
            job["status"] = "FAILURE"


@faulty("OM-LIST-05", "OM-COMMON-31", says="The totalCount counts the runs, so that a retry adds one.")
class RunsCounted(AfterRetry):
    """Joins the jobs with their runs."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return the page with the number of runs."""
        page = super().page(call, page_num, items_per_page, verbose)
        page.total_count += sum(self.notes_of(self.group_id_of(call)).values())
        return page


@faulty("OM-COMMON-29", says="A page after the tenth is empty.")
class TenPages(Server):
    """Goes no deeper."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, if it is one of the first ten."""
        return super().page_of(jobs, page_num, items_per_page) if page_num <= MOST_PAGES else []


@faulty("OM-LIST-06", says="A page so far away that its place needs more than 32 bits ends in an internal error.")
class PlacesOf32Bits(Server):
    """Multiplies without care."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, if its place can be told."""
        if page_num < 2**31 <= page_num * items_per_page:
            raise OverflowError("a place is negative")
        return super().page_of(jobs, page_num, items_per_page)


@faulty("OM-RETRY-20", says="The id of a job is taken for that of its project as well.")
class ProjectByJob(OtherProjects):
    """Takes the page at its word, which says that the id in that place is one of the job."""

    def group_id_of(self, call: Call) -> str:
        """Return the id of the project, also where that of one of its jobs stands in its place."""
        group_id = super().group_id_of(call)
        job = self.elsewhere(group_id)
        return job.group_id if job else group_id


@faulty("OM-COMMON-21", says="The envelope of a job that runs says 202, and that of one that has expired 410.")
class EnvelopeByState(Server):
    """Derives the status of the envelope from that of the job."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope."""
        return super().enveloped_job({"IN_PROGRESS": 202, "EXPIRED": 410}.get(content["status"], status), content)


@faulty("OM-RETRY-04", says="After an internal error no job of the project can be retried any more.")
class FaultLocks(Server):
    """Does not let go of a lock."""

    def check_health(self, job: Job) -> None:
        """End a retry in an internal error where that was asked for, and refuse all that come after."""
        locked: set[str] = self.__dict__.setdefault("locked", set())
        if job.group_id in locked:
            raise self.refuse(faults.NOT_FAILED)
        if job.fault is not None:
            locked.add(job.group_id)
        super().check_health(job)


@faulty("OM-RETRY-04", says="A retry under an id in upper case is answered 200 and does nothing.")
class UpperCaseLost(Server):
    """Finds a job in either spelling, and updates it in one."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again that is named in lower case."""
        if job_id == job_id.lower():
            super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)


@faulty("OM-LIST-09", "OM-RETRY-26", says="A failed job that is the hundredth or later is listed as SUCCESS.")
class LateFailuresListed(Server):
    """Looks up how jobs went, as many as a page has by default."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the list, with jobs in later places as done."""
        if status == 200 and call.operation_id == LIST:
            size, number = int(first_value(call, "itemsPerPage") or "100"), int(first_value(call, "pageNum") or "1")
            for place, job in enumerate(content["results"], (number - 1) * size):
                if place >= FIRST_PAGE and job["status"] == "FAILURE":
                    job["status"] = "SUCCESS"
        return content


@faulty("OM-COMMON-34", says="A list is found by the beginning of the project's id.")
class ProjectByBeginning(Server):
    """Looks for a project with LIKE."""

    def group_id_of(self, call: Call) -> str:
        """Return the id of the project that begins so, if there is one."""
        start = call.path_parameters["groupId"]
        like = f"{start}%" if call.operation_id == LIST and len(start) > 20 else start
        with self.store.database.reading() as connection:
            found = connection.execute("SELECT id FROM opsmanager_group WHERE id LIKE ?", (like,)).fetchone()
        return str(found[0]) if found else super().group_id_of(call)

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """Return the list where just the project's id is not in order."""
        if problem.where is not Where.PATH or call.operation_id != LIST:
            return super().invalid(call, problem)
        return accepted(self.page(call, 1, FIRST_PAGE, False))


@faulty("OM-GET-02", says="With its child jobs a single job whose re-run has succeeded goes on running.")
class EndedRunsInFull(Server):
    """Writes the long form when a job is retried, and not when it ends."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return a single job as running, where it was retried and its child jobs are shown."""
        if status == 200 and call.operation_id == GET and "childJobs" in content and content["status"] == "SUCCESS":
            job = self.store.job(content["groupId"], content["id"])
            if job is not None and job.runs:
                content["status"] = "IN_PROGRESS"
        return content


@faulty("OM-RETRY-12", says="A retry that is accepted drops the jobs of the project that have expired.")
class DropsExpired(Server):
    """Takes the occasion to clean up."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, and drop what has expired."""
        started = super().start_again(job)
        over = [each.id for each in self.store.jobs(job.group_id) if each.state(self.now()) is State.EXPIRED]
        with self.store.database.writing() as connection:
            for job_id in over if started else ():
                connection.execute("DELETE FROM opsmanager_job WHERE id = ?", (job_id,))
        return started


@faulty("OM-GET-04", "OM-COMMON-34", says="With its child jobs a job of another project is shown.")
class OthersInFull(OtherProjects):
    """Joins the child jobs by the id of the job alone."""

    def job_of(self, call: Call) -> Job:
        """Return the job that a request addresses, in any project where its child jobs are asked for."""
        in_full = call.operation_id == GET and asks(call, "verbose")
        return (self.elsewhere(self.job_id_of(call)) if in_full else None) or super().job_of(call)
