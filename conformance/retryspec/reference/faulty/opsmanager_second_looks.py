"""Ops Manager servers that are right at first sight: a second id, a second call, another form shows the fault."""

import re
import threading
from typing import Any

from retryspec_models.opsmanager.models import ChildJob, LogCollectionJobList
from retryspec_models.opsmanager.stubs import Call, Problem, Refusal, Where

from retryspec.authentication.opsmanager import Claim
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.children import Child
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import accepted, faulty

GET, RETRY = "getLogCollectionJob", "retryLogCollectionJob"


@faulty("OM-COMMON-06", says="A digest is refused where the query has an escape, which is decoded before it is signed.")
class EscapesNotSigned(Server):
    """Signs what it understands, and not what was sent."""

    def check_target(self, call: Call, claim: Claim) -> None:
        """Refuse a digest over an escape."""
        if "%" in claim.uri.partition("?")[2]:
            raise self.unauthorized()
        super().check_target(call, claim)


@faulty("OM-COMMON-06", says="A digest is refused where the query's parameters are not in the order of their names.")
class SortsBeforeSigning(Server):
    """Signs a query in an order of its own."""

    def check_target(self, call: Call, claim: Claim) -> None:
        """Refuse a digest over a query in another order."""
        pieces = claim.uri.partition("?")[2].split("&")
        if pieces != sorted(pieces):
            raise self.unauthorized()
        super().check_target(call, claim)


@faulty("OM-COMMON-12", says="The nonce in the answer to a PUT is not kept, and is no good.")
class NonceOfPutForgotten(Server):
    """Keeps what it gave to those who read."""

    def authenticate(self, call: Call) -> None:
        """Refuse whoever is not let in, with a nonce that is forgotten at once."""
        try:
            super().authenticate(call)
        except Refusal as refusal:
            given = re.search(r'nonce="([^"]*)"', refusal.headers.get("WWW-Authenticate", ""))
            if call.method == "PUT" and given:
                self.nonces.drop(given[1])
            raise


@faulty("OM-COMMON-12", says="A nonce that another request uses at that moment is refused without stale=true.")
class NonceOneAtATime(Server):
    """Has each nonce be held by one request."""

    def check_nonce(self, claim: Claim) -> None:
        """Refuse a nonce that is held."""
        held: set[str] = self.__dict__.setdefault("held", set())
        if claim.nonce in held:
            raise self.unauthorized()
        held.add(claim.nonce)
        threading.Event().wait(0.01)
        held.discard(claim.nonce)
        super().check_nonce(claim)


class OtherProjects(Server):
    """Looks for a job in all projects."""

    def elsewhere(self, job_id: str) -> Job | None:
        """Return the job of this id, whatever its project."""
        with self.store.database.reading() as connection:
            found = connection.execute("SELECT group_id FROM opsmanager_job WHERE id = ?", (job_id,)).fetchone()
        return self.store.job(found[0], job_id) if found else None


@faulty("OM-GET-04", says="A job of another project is shown where it has succeeded.")
class ShowsOtherSuccesses(OtherProjects):
    """Guards the failed ones."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id in this project, or one that succeeded in any."""
        found = super().find_job(group_id, job_id) or self.elsewhere(job_id)
        return found if found and (found.group_id == group_id or found.state(self.now()) is State.SUCCESS) else None


@faulty("OM-GET-04", says="A job is found by any id in a project that has none.")
class AnyJobOfNone(Server):
    """Takes the absence of jobs for that of an error."""

    def job_of(self, call: Call) -> Job:
        """Return the job that a request addresses; say nothing where the project is empty."""
        if call.operation_id == GET and not self.store.jobs(self.group_id_of(call)):
            raise accepted()
        return super().job_of(call)


@faulty("OM-RETRY-16", says="A retry of an unknown job is told 404 once, and then that the job has not failed.")
class UnknownRemembered(Server):
    """Makes a note of every job that it is asked for."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job, or refuse an id that was unknown before."""
        unknown: set[str] = self.__dict__.setdefault("unknown", set())
        found = super().find_job(group_id, job_id)
        if found is None and job_id in unknown:
            raise self.refuse(faults.NOT_FAILED)
        if found is None:
            unknown.add(job_id)
        return found


@faulty("OM-RETRY-19", says="A project is found by its id with a blank behind it.")
class BlankBehindProject(Server):
    """Trims what it is given."""

    def group_id_of(self, call: Call) -> str:
        """Return the id of the project without blanks around it."""
        group_id = call.path_parameters["groupId"].strip()
        return group_id.lower() if self.is_id(group_id) else super().group_id_of(call)

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """Run the job again where just the project's id was not in order."""
        if problem.where is not Where.PATH or call.operation_id != RETRY:
            return super().invalid(call, problem)
        self.retry(self.job_of(call))
        return accepted()


@faulty("OM-GET-05", says="A single job that has expired shows its creation as its expiration.")
class ExpiredOtherwise(Server):
    """Has lost when it expired."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the job with one date for the other."""
        if call.operation_id == GET and status == 200 and content["status"] == "EXPIRED":
            return {**content, "expirationDate": content["creationDate"]}
        return content


@faulty("OM-RETRY-15", says="After a refused retry a job that succeeded is FAILURE where child jobs are shown with it.")
class RefusedFailsInFull(Server):
    """Counts the refused run among the child jobs."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, or make a note of the attempt."""
        attempted: set[str] = self.__dict__.setdefault("attempted", set())
        started = super().start_again(job)
        if not started and job.state(self.now()) is State.SUCCESS:
            attempted.add(job.id)
        return started

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the jobs, those with a note as failed."""
        attempted = self.__dict__.get("attempted", ())
        if status == 200 and first_value(call, "verbose") == "true" and isinstance(content, dict):
            for job in content.get("results", [content]):
                job["status"] = "FAILURE" if job["id"] in attempted else job["status"]
        return content


@faulty("OM-JOB-11", says="A child job that succeeded has the error message OK.", warns=True)
class SuccessWithMessage(Server):
    """Always has something to say."""

    def describe_child(self, child: Child) -> ChildJob:
        """Return a child job with a message."""
        shown = super().describe_child(child)
        return shown.model_copy(update={"error_message": "OK"}) if child.state is State.SUCCESS else shown


@faulty("OM-GET-06", says="itemsPerPage cuts the child jobs of a single job.", warns=True)
class SizeCutsChildren(Server):
    """Pages whatever is an array."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the job with as many child jobs as a page has entries."""
        size = first_value(call, "itemsPerPage") or ""
        if call.operation_id == GET and status == 200 and size.isdigit() and "childJobs" in content:
            return {**content, "childJobs": content["childJobs"][: int(size)]}
        return content


@faulty("OM-GET-05", says="A job whose re-run has succeeded goes on running in the list.")
class EndedRunsInList(Server):
    """Writes the list when a job is retried, and not when it ends."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return the list with those that were retried as running."""
        for shown in content["results"] if status == 200 and call.operation_id == "getLogCollectionJobs" else ():
            job = self.store.job(shown["groupId"], shown["id"])
            if job is not None and job.runs and shown["status"] == "SUCCESS":
                shown["status"] = "IN_PROGRESS"
        return content


@faulty("OM-RETRY-17", says="A job that was retried once is found in every project.")
class RetriedFoundAnywhere(OtherProjects):
    """Keeps jobs at hand by their id alone."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id in this project, or one that was retried in any."""
        found = super().find_job(group_id, job_id) or self.elsewhere(job_id)
        return found if found and (found.group_id == group_id or found.runs) else None


@faulty("OM-COMMON-08", "OM-RETRY-21", says="A digest without qop is not compared.")
class OldFormNotCompared(Server):
    """Never finished the old form of a digest."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that has a qop and is wrong."""
        if claim.qop is not None:
            super().check_response(call, claim, private_key)


@faulty("OM-COMMON-08", "OM-RETRY-21", says="A digest of another algorithm than MD5 is not compared.")
class AlgorithmNotCompared(Server):
    """Knows one algorithm, and takes the others on trust."""

    def check_algorithm(self, claim: Claim) -> None:
        """Refuse none."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest with MD5 that is wrong."""
        if (claim.algorithm or "MD5").upper() == "MD5":
            super().check_response(call, claim, private_key)


@faulty("OM-LIST-06", says="A page number that is given twice ends in a 500.")
class TwoPageNumbers(Server):
    """Expects one value of each parameter."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page of the one number."""
        (_,) = [value for name, value in call.query if name == "pageNum"] or ["1"]
        return super().page(call, page_num, items_per_page, verbose)


@faulty("OM-LIST-01", says="More than 200 jobs in full on a page are too many: 500.")
class TooMuchInFull(Server):
    """Fetches child jobs with one statement of bounded length."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page, if it is not too long."""
        if verbose and items_per_page > 200:
            raise OverflowError("too many values in a statement")
        return super().page(call, page_num, items_per_page, verbose)
