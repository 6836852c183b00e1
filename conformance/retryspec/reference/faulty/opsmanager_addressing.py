"""Ops Manager servers that find what they should not, or answer otherwise where nothing is found."""

from collections.abc import Sequence
from dataclasses import replace

from retryspec_models.opsmanager.stubs import Call, Refusal

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.store import Job
from retryspec.reference.variations import accepted, faulty

ANY_GROUP = "SELECT group_id FROM opsmanager_job WHERE id LIKE ? LIMIT 1"


class Finding(Server):
    """Finds jobs in its own way."""

    def job_anywhere(self, job_id: str) -> Job | None:
        """Return the job of this id, or whose id begins so, in whatever project it is."""
        with self.store.database.reading() as connection:
            row = connection.execute(ANY_GROUP, (f"{job_id}%",)).fetchone()
        if row is None:
            return None
        return next((job for job in self.store.jobs(row[0]) if job.id.startswith(job_id)), None)


@faulty("OM-RETRY-17", says="A job of another project is retried.")
class RetryAcrossGroups(Finding):
    """Looks for a job by its id alone when it is to be retried."""

    def job_of(self, call: Call) -> Job:
        """Return the job; that of a retry from whatever project."""
        if call.operation_id == "retryLogCollectionJob":
            job = self.job_anywhere(self.job_id_of(call))
            if job is not None:
                return job
        return super().job_of(call)


@faulty("OM-RETRY-17", says="A retry of a job of another project is refused with 404, and runs it.")
class AcrossRefusedTooLate(Finding):
    """Compares the project after the job has been started."""

    def job_of(self, call: Call) -> Job:
        """Return the job, after whatever has its id was started."""
        job = self.job_anywhere(self.job_id_of(call)) if call.operation_id == "retryLogCollectionJob" else None
        if job is not None and job.group_id != self.group_id_of(call):
            self.start_again(job)
        return super().job_of(call)


@faulty("OM-GET-04", "OM-COMMON-34", says="A job of another project is shown.")
class GetAcrossGroups(Finding):
    """Looks for a job by its id alone when it is to be shown."""

    def job_of(self, call: Call) -> Job:
        """Return the job; one to be shown from whatever project."""
        if call.operation_id == "getLogCollectionJob":
            job = self.job_anywhere(self.job_id_of(call))
            if job is not None:
                return job
        return super().job_of(call)


@faulty("OM-COMMON-34", "OM-RETRY-20", says="A project that does not exist has an empty list.")
class UnknownGroupEmpty(Server):
    """Does not know which projects there are."""

    def check_group(self, call: Call) -> None:
        """Refuse what is no id; a job of an unknown project is not found by itself."""
        self.group_id_of(call)


@faulty("OM-RETRY-20", says="A retry in a project that does not exist is done in the one that has the job.")
class UnknownGroupPassedOver(Finding):
    """Is content with the id of a job."""

    def check_group(self, call: Call) -> None:
        """Refuse an unknown project where something is read."""
        if call.operation_id != "retryLogCollectionJob":
            super().check_group(call)

    def job_of(self, call: Call) -> Job:
        """Return the job; that of a retry in an unknown project from wherever it is."""
        known = self.store.has_group(self.group_id_of(call))
        job = None if known else self.job_anywhere(self.job_id_of(call))
        return job or super().job_of(call)


@faulty("OM-RETRY-16", "OM-RETRY-17", says="A retry of an unknown job is answered 200.")
class UnknownJobDone(Server):
    """Has nothing to do, and has done it."""

    def job_of(self, call: Call) -> Job:
        """Return the job; without one there is nothing to be done."""
        try:
            return super().job_of(call)
        except Refusal as refusal:
            unknown = self.is_id(call.path_parameters["jobId"])
            if call.operation_id == "retryLogCollectionJob" and refusal.status == 404 and unknown:
                raise accepted() from None
            raise


class Refusing(Server):
    """Refuses something in a way of its own."""

    operation: str
    """The operation that it does so for."""
    before: Fault
    after: Fault

    def job_of(self, call: Call) -> Job:
        """Return the job, or refuse the request."""
        if call.operation_id != self.operation:
            return super().job_of(call)
        group_id, job_id = call.path_parameters["groupId"], call.path_parameters["jobId"]
        if not self.is_id(job_id):
            raise self.refuse(self.after if self.before is faults.JOB_ID_INVALID else faults.JOB_ID_INVALID, job=job_id)
        job = self.find_job(group_id.lower(), job_id.lower())
        if job is None:
            fault = self.after if self.before is faults.JOB_UNKNOWN else faults.JOB_UNKNOWN
            raise self.refuse(fault, group=group_id, job=job_id)
        return job


@faulty("OM-RETRY-16", warns=True, says="A retry of an unknown job has another code.")
class UnknownJobOtherCode(Refusing):
    """Says that there is nothing, and not what."""

    operation = "retryLogCollectionJob"
    before = faults.JOB_UNKNOWN
    after = replace(faults.JOB_UNKNOWN, code="RESOURCE_NOT_FOUND")


@faulty("OM-GET-04", says="An unknown job is answered 403 when it is asked for.")
class UnknownJobForbidden(Refusing):
    """Takes what is not there for what is not to be seen."""

    operation = "getLogCollectionJob"
    before = faults.JOB_UNKNOWN
    after = replace(faults.JOB_UNKNOWN, status=403)


@faulty("OM-RETRY-18", says="A malformed job id ends in an internal error when it is retried.")
class MalformedRetryFatal(Refusing):
    """Reads a number without looking at it."""

    operation = "retryLogCollectionJob"
    before = faults.JOB_ID_INVALID
    after = faults.INTERNAL


@faulty("OM-RETRY-18", "OM-RETRY-03", says="A job id that lacks its last digit finds the job.")
class IdBegun(Finding):
    """Compares the beginning of an id."""

    def job_of(self, call: Call) -> Job:
        """Return the job whose id begins so."""
        job_id = call.path_parameters["jobId"].lower()
        if call.operation_id == "retryLogCollectionJob" and 16 <= len(job_id) < 24 and job_id.isalnum():
            job = self.job_anywhere(job_id)
            if job is not None and job.group_id == self.group_id_of(call):
                self.retry(job)
                raise accepted()
        return super().job_of(call)


@faulty("OM-RETRY-19", says="A retry with a malformed project id is done in the project that has the job.")
class MalformedGroupPassedOver(Finding):
    """Is content with the id of a job."""

    def group_id_of(self, call: Call) -> str:
        """Return the project, or that of the job where it is no id."""
        if call.operation_id == "retryLogCollectionJob" and not self.is_id(call.path_parameters["groupId"]):
            job = self.job_anywhere(self.job_id_of(call))
            if job is not None:
                self.retry(job)
                raise accepted()
        return super().group_id_of(call)


class OtherMethods(Server):
    """Has something to do for a method that a path does not have."""

    methods: tuple[str, ...] = ()

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method, or the answer to one that is taken."""
        refusal = super().method_not_allowed(call, allow)
        if call.method not in self.methods or list(allow) != [self.allowed()]:
            return refusal
        return self.answer(call)

    def allowed(self) -> str:
        """Return the method that the path has."""
        return "PUT"

    def answer(self, call: Call) -> Refusal:
        """Return the answer to a method that is taken."""
        return accepted()


@faulty("OM-RETRY-27", "OM-COMMON-35", says="POST retries as PUT does.")
class PostRetries(OtherMethods):
    """Does not tell the two apart."""

    methods = ("POST",)

    def answer(self, call: Call) -> Refusal:
        """Run the job again."""
        self.retry(self.job_of(call))
        return accepted()


@faulty("OM-COMMON-35", says="An unknown method on the list or on a job is answered 501.")
class MethodsUnimplemented(OtherMethods):
    """Counts what is missing as its own fault."""

    methods = ("PUT", "DELETE", "PATCH", "POST", "TRACE")

    def allowed(self) -> str:
        """Return the method that the paths have."""
        return "GET"

    def answer(self, call: Call) -> Refusal:
        """Say that it is not implemented."""
        return self.refuse(replace(faults.METHOD_INVALID, status=501), method=call.method)
