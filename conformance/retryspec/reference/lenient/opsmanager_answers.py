"""Ops Manager servers whose lists, jobs and envelopes have another of the forms that the contract leaves open."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.children import Child
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import accepted, lenient
from retryspec.reference.wire import with_body

NAMES = {"cluster": "CLUSTER", "process": "PROCESS", "replicaset": "REPLICA_SET"}
BOOLEANS = ("pretty", "envelope", "verbose")


@lenient("opsmanager A04", says="The envelope of a job has it under the older key.")
class EnvelopeOlder(Server):
    """Follows the includes of 6.0."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in an envelope called so."""
        return {"status": status, "envelope": content}


@lenient("opsmanager A05", says="With an envelope the results of a list stand in its content, and the rest beside it.")
class ResultsInContent(Server):
    """Wraps what was asked for, and says the rest about it."""

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return the list with its results one level deeper."""
        results = content.pop("results")
        return {**content, "status": status, "content": {"results": results}}


@lenient("opsmanager A06", says="A retry with envelope=true has no body.")
class NothingUnwrapped(Server):
    """Has nothing to wrap."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a success of a retry without a body."""
        response = super().finish(call, response)
        done = call.operation_id == "retryLogCollectionJob" and response.status_code == 200
        return with_body(response, b"", media_type=None) if done else response


@lenient("opsmanager A06", says="A retry with envelope=true has an envelope with an empty object.")
class NothingAsObject(Server):
    """Wraps an object without members."""

    def enveloped_nothing(self, status: int) -> Any:
        """Return the envelope of an object without members."""
        return {"status": status, "content": {}}


@lenient("opsmanager A14", says="The empty answer to a retry has a Content-Type.")
class EmptyTyped(Server):
    """Has the headers of the example."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer with the media type of its absent body."""
        response = super().finish(call, response)
        response.headers.setdefault("Content-Type", "application/json")
        return response


@lenient("opsmanager A12", says="A single job is refused with 400 when it is asked for with a page number.")
class JobPagingRefused(Server):
    """Knows no pages of one job."""

    def admit(self, call: Call) -> None:
        """Refuse a page of what has no pages."""
        super().admit(call)
        if call.operation_id == "getLogCollectionJob" and first_value(call, "pageNum") is not None:
            raise self.refuse(faults.QUERY_INVALID, name="pageNum", detail="A job has no pages.")


@lenient("opsmanager A18", says="A pageNum or an itemsPerPage that cannot be used is as if it were absent.")
class PagesPassedOver(Server):
    """Passes over what it cannot use."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the first page for a number that cannot be used."""
        if problem.name not in ("pageNum", "itemsPerPage"):
            return super().invalid_parameter(call, problem)
        return accepted(self.page(call, 1, 100, first_value(call, "verbose") == "true"))


@lenient("opsmanager A17", says="A boolean that is neither true nor false is as if it were absent.")
class BooleansPassedOver(Server):
    """Passes over what it cannot read."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the answer to a request without that parameter."""
        if problem.name not in BOOLEANS:
            return super().invalid_parameter(call, problem)
        verbose = first_value(call, "verbose") == "true"
        match call.operation_id:
            case "getLogCollectionJobs":
                return accepted(self.page(call, 1, 100, verbose))
            case "getLogCollectionJob":
                return accepted(self.describe(call, self.job_of(call), verbose, self.now()))
            case _:
                self.retry(self.job_of(call))
                return accepted()


class Showing(Server):
    """Shows jobs in its own way."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, with its jobs in the way of this server."""
        if status == 200 and content:
            for job in content["results"] if call.operation_id == "getLogCollectionJobs" else [content]:
                self.show(job)
        return content

    def show(self, job: dict[str, Any]) -> None:
        """Change how a job is shown."""


@lenient("opsmanager A11", says="The kinds of resources are in upper case, as in the vendor's table.")
class ResourceUpper(Server):
    """Follows the table."""

    def resource_type_of(self, job: Job) -> str:
        """Return the name of the table."""
        return NAMES[job.resource_type]


@lenient("opsmanager A19", says="A job has links.")
class JobLinked(Showing):
    """Keeps the promise of the principles."""

    def show(self, job: dict[str, Any]) -> None:
        """Show a link to the job itself."""
        job["links"] = [{"rel": "self", "href": job["downloadUrl"].removesuffix("/download")}]


@lenient("opsmanager A22", says="Ids are in upper case, in the list and in the single job.")
class IdsUpper(Showing):
    """Writes digits large."""

    def show(self, job: dict[str, Any]) -> None:
        """Show an id in upper case."""
        job["id"] = job["id"].upper()


@lenient("opsmanager A22", says="An id in upper case is not found.")
class UpperUnknown(Server):
    """Compares ids as text."""

    def job_id_of(self, call: Call) -> str:
        """Return the id of the job as it was sent."""
        super().job_id_of(call)
        return call.path_parameters["jobId"]


@lenient("opsmanager R-20", says="Jobs and child jobs have further members, and those of a window in time.")
class MembersMore(Showing):
    """Is of a later version."""

    def show(self, job: dict[str, Any]) -> None:
        """Show more than is documented."""
        job |= {"logCollectionFromDate": 1_710_000_000_000, "logCollectionToDate": 1_710_003_600_000, "region": "eu"}
        for child in job.get("childJobs", ()):
            child["attempts"] = 1


@lenient("opsmanager R-20", says="The dates of a window in time are strings, and a whole deployment is null.")
class MembersOfCloud(Showing):
    """Follows Cloud Manager."""

    def show(self, job: dict[str, Any]) -> None:
        """Show a window in strings."""
        job |= {"logCollectionFromDate": job["creationDate"], "logCollectionToDate": job["creationDate"]}
        job |= {"rootResourceName": None, "rootResourceType": None}


@lenient("opsmanager R-20", says="A child job that has not ended has no finishDate, and no agent.")
class ChildMembersLess(Showing):
    """Leaves out what has no value."""

    def show(self, job: dict[str, Any]) -> None:
        """Show child jobs without what has no value."""
        for child in job.get("childJobs", ()):
            del child["automationAgentId"]
            for name in ("finishDate", "errorMessage"):
                if child[name] is None:
                    del child[name]


@lenient("opsmanager R-20", says="The members of an object stand in another order.")
class MembersUnsorted(Server):
    """Does not sort."""

    def written(self, call: Call, content: Any) -> bytes:
        """Return the bytes of an answer whose members stand the other way round."""
        return super().written(call, dict(reversed(content.items())) if isinstance(content, dict) else content)

    def sorts_members(self) -> bool:
        """Tell that members stand as they come."""
        return False


@lenient("opsmanager R-06", says="The list begins with the oldest job.")
class OldestFirst(Server):
    """Has an order of its own."""

    def order(self, jobs: list[Job]) -> list[Job]:
        """Return the jobs the other way round."""
        return jobs[::-1]


@lenient("opsmanager R-28", says="All child jobs run again.")
class AllChildrenAgain(Server):
    """Begins anew."""

    def children_of(self, job: Job, now: float) -> list[Child]:
        """Return the child jobs, of which all do as the last one while the job runs again."""
        children = super().children_of(job, now)
        if job.runs == 0 or children[-1].state is not State.IN_PROGRESS:
            return children
        return [
            Child(c.agent_id, c.host, c.log_type, c.path, State.IN_PROGRESS, job.started, None, None, 0)
            for c in children
        ]
