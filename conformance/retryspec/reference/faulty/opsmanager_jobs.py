"""Ops Manager servers whose jobs lack something, or say something of another type, form or meaning."""

from datetime import UTC, datetime
from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import faulty

NOT_READY = Fault(404, "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP", "The job {job} is not ready yet.", ("job",))


class Showing(Server):
    """Shows jobs in its own way."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, with its jobs in the way of this server."""
        if status != 200 or not content:
            return content
        listed = call.operation_id == "getLogCollectionJobs"
        for job in content["results"] if listed else [content]:
            self.show(job, listed=listed)
            for child in job.get("childJobs", ()):
                self.show_child(child)
        return content

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Change how a job is shown."""

    def show_child(self, child: dict[str, Any]) -> None:
        """Change how a child job is shown."""


@faulty("OM-GET-01", says="A job that runs is 404 when it is asked for by itself.")
class RunningUnfound(Server):
    """Shows what is ready."""

    def job_of(self, call: Call) -> Job:
        """Return the job; one to be shown only when it does not run."""
        job = super().job_of(call)
        if call.operation_id == "getLogCollectionJob" and job.state(self.now()) is State.IN_PROGRESS:
            raise self.refuse(NOT_READY, job=job.id)
        return job


@faulty("OM-GET-05", says="A single job has other sizes than the list shows for it.")
class SizesDiffer(Showing):
    """Counts in the list what was counted last night."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show more in the list."""
        if listed:
            job["uncompressedSizeTotalBytes"] += 1


@faulty("OM-GET-06", "OM-RETRY-26", "OM-GET-05", says="A failed job has succeeded when it is looked at again.")
class LookingHeals(Server):
    """Has a fault go away by being watched."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.looks: dict[str, int] = {}

    def job_of(self, call: Call) -> Job:
        """Return the job, and count who has looked at it."""
        job = super().job_of(call)
        if call.operation_id == "getLogCollectionJob":
            # Twice for each request: on being let in, and for the answer.
            self.looks[job.id] = self.looks.get(job.id, 0) + 1
        return job

    def state_of(self, job: Job, now: float) -> State:
        """Return the state of a job, better at the second look."""
        state = super().state_of(job, now)
        return State.SUCCESS if state is State.FAILURE and self.looks.get(job.id, 0) > 2 else state


@faulty("OM-JOB-01", "OM-GET-05", says="The list spells ids in upper case, and a single job in lower case.")
class SpellingsDiffer(Showing):
    """Takes ids from two places."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show an id as the place has it."""
        job["id"] = job["id"].upper() if listed else job["id"]


@faulty("OM-JOB-02", says="The child jobs have statuses in lower case.")
class ChildStatusLower(Showing):
    """Writes some statuses in lower case."""

    def show_child(self, child: dict[str, Any]) -> None:
        """Show a status in lower case."""
        child["status"] = child["status"].lower()


@faulty("OM-JOB-03", warns=True, says="A kind of log has another name.")
class LogTypeOther(Showing):
    """Calls a log by its program."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show another name."""
        job["logTypes"] = ["MONGOD" if name == "MONGODB" else name for name in job["logTypes"]]


@faulty("OM-JOB-04", says="A cluster is called a sharded cluster.")
class ClusterCalledSharded(Showing):
    """Has a word of its own."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show another word."""
        job["resourceType"] = job["resourceType"].replace("cluster", "sharded_cluster")


@faulty("OM-JOB-05", "OM-COMMON-26", says="The creationDate is a number, as the vendor's table has it.")
class CreationAsNumber(Showing):
    """Shows seconds."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show a number."""
        job["creationDate"] = int(datetime.fromisoformat(job["creationDate"]).timestamp())


@faulty("OM-JOB-06", says="A size beyond a hundred billion bytes is written with an exponent.")
class SizeWithExponent(Showing):
    """Loses its integers at some size."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show large numbers with an exponent."""
        size = job["sizeRequestedPerFileBytes"]
        job["sizeRequestedPerFileBytes"] = float(size) if size > 10**17 else size


@faulty("OM-JOB-07", says="A job with one kind of log has it as a text and not as an array.")
class LogTypeSingle(Showing):
    """Unwraps what is alone."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show the only kind by itself."""
        if len(job["logTypes"]) == 1:
            job["logTypes"] = job["logTypes"][0]


@faulty("OM-JOB-09", warns=True, says="A job expires after a month of 31 days.")
class ExpiresADayLater(Server):
    """Counts months."""

    def expiration_date_of(self, job: Job) -> datetime:
        """Return a day more than the job has."""
        return datetime.fromtimestamp(int(job.expires) + 86400, UTC)


@faulty("OM-JOB-10", "OM-COMMON-28", warns=True, says="The downloadUrl is called url.")
class DownloadCalledUrl(Showing):
    """Follows an older table."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show the address under another name."""
        job["url"] = job.pop("downloadUrl")


@faulty("OM-JOB-11", "OM-COMMON-26", says="The finishDate of a child job that has not ended is an empty text.")
class FinishDateEmpty(Showing):
    """Has an empty text for what is not known."""

    def show_child(self, child: dict[str, Any]) -> None:
        """Show an empty text for null."""
        child["finishDate"] = child["finishDate"] or ""


@faulty("OM-COMMON-26", "OM-JOB-05", says="Dates have no time zone.")
class DatesWithoutZone(Showing):
    """Thinks that everybody knows."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show a date without its zone."""
        job["expirationDate"] = job["expirationDate"].removesuffix("Z")


@faulty("OM-COMMON-28", warns=True, says="A job does not say who asked for it.")
class UserUnsaid(Showing):
    """Leaves out what has a value."""

    def show(self, job: dict[str, Any], *, listed: bool) -> None:
        """Show no user."""
        del job["userId"]
