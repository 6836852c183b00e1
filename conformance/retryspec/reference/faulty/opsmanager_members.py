"""Ops Manager servers of whose jobs one member is wrong, in certain jobs or in one kind of answer alone."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server
from retryspec.reference.variations import faulty

LIST = "getLogCollectionJobs"
LARGE = 10**18


class Member(Server):
    """Writes one member of certain jobs in its own way."""

    member: ClassVar[str]

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, with that member as this server writes it."""
        if status != 200 or not isinstance(content, dict):
            return content
        for place, job in enumerate(content["results"] if call.operation_id == LIST else [content]):
            if self.concerns(call, place, job):
                job[self.member] = self.written_member(job[self.member])
        return content

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether the member of this job is concerned, by its place in the answer."""
        return True

    def written_member(self, value: Any) -> Any:
        """Return the member."""
        return value


class MemberOfSingle(Member):
    """Writes it so in the answer with a single job."""

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is a single job."""
        return call.operation_id != LIST


class MemberOfListed(Member):
    """Writes it so in a list."""

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is a list."""
        return call.operation_id == LIST


class MemberOfRunning(Member):
    """Writes it so where a job runs."""

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether the job runs."""
        return bool(job["status"] == "IN_PROGRESS")


class MemberOfFailed(Member):
    """Writes it so where a job has failed."""

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether the job has failed."""
        return bool(job["status"] == "FAILURE")


@faulty("OM-JOB-02", "OM-GET-02", says="In a list a job that runs is INPROGRESS.")
class RunningMisspelt(MemberOfListed):
    """Writes one status in its own way, and only there."""

    member = "status"

    def written_member(self, value: Any) -> Any:
        """Return the status."""
        return "INPROGRESS" if value == "IN_PROGRESS" else value


@faulty("OM-JOB-02", "OM-LIST-01", says="A job that is marked for expiry is so by another name.")
class MarkedMisnamed(Member):
    """Has a name of its own for a status that is rarely seen."""

    member = "status"

    def written_member(self, value: Any) -> Any:
        """Return the status."""
        return "MARKED_FOR_DELETION" if value == "MARKED_FOR_EXPIRY" else value


@faulty("OM-JOB-05", "OM-GET-05", says="The expirationDate of a single job is a number of seconds.")
class ExpiryAsSeconds(MemberOfSingle):
    """Counts seconds."""

    member = "expirationDate"

    def written_member(self, value: Any) -> Any:
        """Return the date as a number."""
        return int(datetime.fromisoformat(value).timestamp())


@faulty(
    "OM-JOB-05",
    "OM-GET-05",
    says="The creationDate of a failed job that is shown by itself is a number of milliseconds.",
)
class CreationOfFailedAsMilliseconds(MemberOfSingle):
    """Counts milliseconds, as the table of the page has it."""

    member = "creationDate"

    def written_member(self, value: Any) -> Any:
        """Return the date as a number."""
        return int(datetime.fromisoformat(value).timestamp() * 1000)

    def concerns(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is a single job that has failed."""
        return super().concerns(call, place, job) and job["status"] == "FAILURE"


@faulty("OM-JOB-05", "OM-COMMON-26", says="The expirationDate is a day without a time.")
class ExpiryAsDay(Member):
    """Knows the day alone."""

    member = "expirationDate"

    def written_member(self, value: Any) -> Any:
        """Return the day."""
        return value[:10]


@faulty("OM-JOB-05", "OM-COMMON-26", says="The creationDate of a job that runs is a date as in headers.")
class CreationOfRunningAsHeader(MemberOfRunning):
    """Writes dates as HTTP does."""

    member = "creationDate"

    def written_member(self, value: Any) -> Any:
        """Return the date in the words of a header."""
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


@faulty("OM-COMMON-26", "OM-JOB-05", "OM-GET-05", says="In a list the creationDate has no time zone.")
class CreationWithoutZone(MemberOfListed):
    """Leaves it to the reader where it was that time."""

    member = "creationDate"

    def written_member(self, value: Any) -> Any:
        """Return the date without its zone."""
        return value.rstrip("Z")
