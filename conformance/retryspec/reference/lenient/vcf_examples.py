"""VCF servers that take a latitude of the contract each, one for each way to make them."""

from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.store import Store
from retryspec.reference.wire import with_status


class FailedMayRun(Store):
    """Asks for nothing but that a task has failed."""

    def may_run_again(self) -> str:
        """Return the condition without the flag."""
        return "outcome = 'FAILED' AND ends <= :now"


@lenient("vcf A13", says="A failed task is retried although its isRetryable is false.")
class RetryableFlagIgnored(Server):
    """Takes the flag for advice."""

    store_type = FailedMayRun


@lenient("vcf A20", says="The first page has the number 1.")
class FirstPageIsOne(Server):
    """Counts pages as people do."""

    first_page = 1


@lenient("vcf R-19", says="A login is answered 200.")
class LoginAnswersOk(Server):
    """Follows the older documents."""

    def finish(self, call: Call, response: Response) -> Response:
        """Turn the 201 of a login into a 200."""
        response = super().finish(call, response)
        return with_status(response, 200) if response.status_code == 201 else response


@lenient("vcf R-10", says="A refused login is answered 400.")
class LoginRefusedAsBadRequest(Server):
    """Calls a wrong password a bad request."""

    def refuse(self, fault: Fault, *arguments: str, **values: object) -> Refusal:
        """Return a refusal, the one of a login with another status."""
        if fault is faults.CREDENTIALS_WRONG:
            fault = Fault(400, fault.code, fault.text, fault.remedy)
        return super().refuse(fault, *arguments, **values)


class PendingFirst(Store):
    """Lets a task wait for half of the time that it was asked to run."""

    def rerun(self) -> str:
        """Return the new run with a later beginning."""
        return super().rerun().replace("begins = :now", "begins = :now + rerun_seconds / 2", 1)


@lenient("vcf R-02", says="A retried task is pending before it is in progress.")
class RetriedTaskWaits(Server):
    """Puts a retried task into a queue."""

    store_type = PendingFirst
