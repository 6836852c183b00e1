"""Ops Manager servers that refuse in another of the ways that the contract leaves open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from retryspec_models.opsmanager.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.store import Job
from retryspec.reference.variations import accepted, lenient
from retryspec.reference.wire import with_body, with_status

NOT_IN_GROUP = Fault(401, "NOT_IN_GROUP", "The key has no part in this project.")
ADDRESS_REFUSED = Fault(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", "The key may not be used from here.")
BODY_UNWANTED = Fault(400, "INVALID_ATTRIBUTE", "A retry has no attributes.")


@lenient("opsmanager A03", says="Malformed ids are 400.")
class MalformedBad(Server):
    """Looks at the form of a parameter."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason; that of a malformed id with another status."""
        malformed = fault in (faults.GROUP_ID_INVALID, faults.JOB_ID_INVALID)
        return super().refuse(replace(fault, status=400) if malformed else fault, **values)


@lenient("opsmanager A09", says="A project that does not exist is 401, like one of others, also where it is none.")
class UnknownGroupUnauthorized(Server):
    """Hides which projects there are."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason; that of an unknown project with a challenge."""
        if fault not in (faults.GROUP_ID_INVALID, faults.GROUP_UNKNOWN):
            return super().refuse(fault, **values)
        refusal = super().refuse(NOT_IN_GROUP)
        refusal.headers["WWW-Authenticate"] = self.challenge(self.new_nonce(), stale=False)
        return refusal


@lenient("opsmanager A09", says="A project that does not exist is 403, also where its id is none.")
class UnknownGroupForbidden(Server):
    """Follows the oldest principles."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason; that of an unknown project with another status."""
        unknown = fault in (faults.GROUP_ID_INVALID, faults.GROUP_UNKNOWN)
        return super().refuse(ADDRESS_REFUSED) if unknown else super().refuse(fault, **values)


@lenient("opsmanager A09", says="A job of another project is 403.")
class OtherGroupForbidden(Server):
    """Says that there is a job, and that it is not to be seen."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job, or refuse that of another project."""
        job = super().find_job(group_id, job_id)
        if job is None:
            with self.store.database.reading() as connection:
                if connection.execute("SELECT 1 FROM opsmanager_job WHERE id = ?", (job_id,)).fetchone():
                    raise self.refuse(ADDRESS_REFUSED)
        return job


@lenient("opsmanager R-21", says="Codes and parameters that are not known are null.")
class UnknownAsNull(Server):
    """Has all members in every error."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return an error with null for what it lacks."""
        return content if status < 400 else {"errorCode": None, "parameters": None, **content}


@lenient("opsmanager R-21", says="Errors have codes that are in no table, apart from those that a row names.")
class CodesOther(Server):
    """Has codes of its own."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason, with another code."""
        named = fault in (faults.NOT_FAILED, faults.JOB_UNKNOWN)
        code = fault.code if named or fault.code is None else f"LOCAL_{fault.code}"
        return super().refuse(replace(fault, code=code) if code != fault.code else fault, **values)


@lenient("opsmanager R-08", says="A 401 has no body.")
class UnauthorizedBare(Server):
    """Has a digest layer in front that says no more than the challenge."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a 401 without its body."""
        response = super().finish(call, response)
        return response if response.status_code != 401 else with_body(response, b"", media_type=None)


@lenient("opsmanager R-09", says="An error has no envelope.")
class ErrorsUnwrapped(Server):
    """Wraps what it has."""

    def enveloped_error(self, status: int, content: Any) -> Any:
        """Return the error as it is."""
        return content


@lenient("opsmanager R-09", says="With envelope=true an error is answered 200, and its status is in the envelope.")
class ErrorsWrappedAsSuccess(Server):
    """Serves clients that cannot see a status."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an error in its envelope as a success."""
        response = super().finish(call, response)
        wrapped = self.wants_envelope(call) and response.status_code >= 400 and response.status_code != 401
        return with_status(response, 200) if wrapped else response


@lenient("opsmanager R-09", says="With envelope=true an error is answered 200, a 401 as well, and has no envelope.")
class ErrorsBareAsSuccess(ErrorsUnwrapped):
    """Serves the same clients, and leaves the status to the error document."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an error for which an envelope was asked as a success."""
        response = super().finish(call, response)
        return with_status(response, 200) if self.wants_envelope(call) and response.status_code >= 400 else response


@lenient("opsmanager R-10", says="Another method on the path of a retry is 404.")
class RetryPathUnknown(Server):
    """Finds a path by its method as well."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method, as of an unknown path where a retry is."""
        refusal = super().method_not_allowed(call, allow)
        return self.refuse(faults.PATH_UNKNOWN, path=call.path) if "PUT" in allow else refusal


@lenient("opsmanager R-10", says="HEAD is answered as GET is, without the body, and OPTIONS with 204.")
class HeadAndOptions(Server):
    """Has a framework that does so by itself."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return what the framework answers."""
        if call.method == "HEAD" and "GET" in allow:
            self.admit(call)
            return accepted()
        refusal = super().method_not_allowed(call, allow)
        return Refusal(204) if call.method == "OPTIONS" else refusal


@lenient("opsmanager R-18", says="A job can be deleted and extended, and one can be made.")
class WholeResource(Server):
    """Has the operations that the contract leaves out."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method that is not among the vendor's."""
        single = "jobId" in call.path_parameters
        if "GET" not in allow or call.method not in (("PATCH", "DELETE") if single else ("POST",)):
            return super().method_not_allowed(call, allow)
        self.admit(call)
        if call.method == "DELETE":
            job = self.job_of(call)
            with self.store.database.writing() as connection:
                connection.execute("DELETE FROM opsmanager_job WHERE group_id = ? AND id = ?", (job.group_id, job.id))
        return accepted() if single else self.refuse(BODY_UNWANTED)


@lenient("opsmanager R-22", says="A 405 has no body.")
class MethodRefusedBare(Server):
    """Says it by the status."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a 405 without its body."""
        response = super().finish(call, response)
        return response if response.status_code != 405 else with_body(response, b"", media_type=None)


@lenient("opsmanager R-26", says="The state of a job is looked at before query parameters.")
class StateBeforeQuery(Server):
    """Refuses what it would refuse anyway."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter, or of a job that could not be retried in any case."""
        if call.operation_id == "retryLogCollectionJob" and self.job_of(call).state(self.now()) != "FAILURE":
            return self.refuse(faults.NOT_FAILED)
        return super().invalid_parameter(call, problem)
