"""Ops Manager servers of whose child jobs something is wrong, or that show them where they were not asked for."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import faulty

LIST = "getLogCollectionJobs"
MOST_WITH_CHILDREN = 20


class Children(Server):
    """Shows child jobs in its own way."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, with its child jobs in the way of this server."""
        if status != 200 or not isinstance(content, dict):
            return content
        for place, job in enumerate(content["results"] if call.operation_id == LIST else [content]):
            if self.leaves_out(call, place, job):
                job.pop("childJobs", None)
            for child in job.get("childJobs", ()):
                self.show_child(child, listed=call.operation_id == LIST)
        return content

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether this job is shown without its child jobs."""
        return False

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Change how a child job is shown."""


@faulty("OM-GET-02", says="A job that has expired has no child jobs with verbose=true.")
class ChildrenOfExpiredGone(Children):
    """Has dropped them."""

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is a single one that has expired."""
        return call.operation_id != LIST and job["status"] == "EXPIRED"


@faulty("OM-LIST-03", says="On the third page of a list verbose=true does nothing.")
class ChildrenUpToSecondPage(Children):
    """Loses a parameter on the way."""

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is a later page."""
        return call.operation_id == LIST and first_value(call, "pageNum") == "3"


@faulty("OM-LIST-03", says="Only the first twenty jobs of a page have child jobs.")
class ChildrenOfFirstTwenty(Children):
    """Fetches no more than so many."""

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is one of the others."""
        return place >= MOST_WITH_CHILDREN


@faulty("OM-LIST-03", says="In an envelope the jobs of a list have no child jobs.")
class ChildrenUnwrapped(Children):
    """Makes the envelope of the short form."""

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is in an envelope."""
        return call.operation_id == LIST and self.wants_envelope(call)


@faulty("OM-GET-02", "OM-COMMON-21", "OM-COMMON-23", says="With pretty=true a single job has no child jobs.")
class ChildrenNotPretty(Children):
    """Prints the short form."""

    def leaves_out(self, call: Call, place: int, job: dict[str, Any]) -> bool:
        """Tell whether it is printed."""
        return call.operation_id != LIST and self.wants_pretty(call)


@faulty("OM-JOB-11", says="The errorMessage of a child job of a single job is an object.")
class ErrorAsObject(Children):
    """Tells more."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Wrap what went wrong."""
        if child["errorMessage"] is not None:
            child["errorMessage"] = {"message": child["errorMessage"]}


@faulty("OM-JOB-11", says="The errorMessage of a child job that went well is false.")
class ErrorFalse(Children):
    """Says that there is none."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Say so."""
        if child["errorMessage"] is None:
            child["errorMessage"] = False


@faulty("OM-JOB-11", says="The finishDate of a child job that has succeeded is null.", warns=True)
class FinishOfSuccessNull(Children):
    """Notes only that it is over."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Leave out when it was over."""
        if child["status"] == "SUCCESS":
            child["finishDate"] = None


@faulty("OM-JOB-02", says="A child job that runs is PENDING.")
class ChildPending(Children):
    """Has a status more."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Show another status."""
        if child["status"] == "IN_PROGRESS":
            child["status"] = "PENDING"


@faulty("OM-JOB-06", "OM-GET-05", says="In a list the uncompressedDiskSpaceBytes of a child job has a fraction.")
class ChildBytesWithFraction(Children):
    """Counts in halves."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Show half a byte more."""
        if listed:
            child["uncompressedDiskSpaceBytes"] += 0.5


@faulty("OM-JOB-06", says="The uncompressedDiskSpaceBytes of a child job that has failed is null.")
class ChildBytesNull(Children):
    """Has fetched nothing."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Show no number."""
        if child["status"] == "FAILURE":
            child["uncompressedDiskSpaceBytes"] = None


@faulty("OM-GET-05", says="In a list a child job has other sizes than by itself.")
class ChildBytesDiffer(Children):
    """Counts twice."""

    def show_child(self, child: dict[str, Any], *, listed: bool) -> None:
        """Show a byte more in the list."""
        child["uncompressedDiskSpaceBytes"] += int(listed)
