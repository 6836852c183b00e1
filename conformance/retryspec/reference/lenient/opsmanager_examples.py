"""Ops Manager servers that take a latitude of the contract each: an example of each way to make one."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call, Problem, Reason, Refusal

from retryspec.authentication.opsmanager import Claim
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import accepted, lenient

MOST_ITEMS = 500
BODY_UNWANTED = Fault(415, None, "A retry takes no body.")


@lenient("opsmanager A05", says="With an envelope the list stands in its content.")
class ListInContent(Server):
    """Wraps a list as it wraps a job."""

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return the list one level deeper."""
        return {"status": status, "content": content}


@lenient("opsmanager A18", says="An itemsPerPage above 500 is taken as 500.")
class ItemsClamped(Server):
    """Gives as much as it may instead of refusing."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a page of 500 for an itemsPerPage that is too large."""
        too_large = problem.reason is Reason.OUT_OF_RANGE and problem.detail == f"It is more than {MOST_ITEMS}."
        if problem.name != "itemsPerPage" or not too_large:
            return super().invalid_parameter(call, problem)
        page_num = first_value(call, "pageNum") or "1"
        verbose = first_value(call, "verbose") == "true"
        return accepted(self.page(call, int(page_num), MOST_ITEMS, verbose))


@lenient("opsmanager R-13", says="A nonce is good for one request; the next one is told that it is stale.")
class NonceOnce(Server):
    """Forgets a nonce as soon as it was used."""

    def check_replay(self, claim: Claim) -> None:
        """Note the use of a nonce, and forget it."""
        super().check_replay(claim)
        self.nonces.drop(claim.nonce)


@lenient("opsmanager A10", says="A retry with a body is refused with 415.")
class BodyRefused(Server):
    """Does not pass over what it was not asked for."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again, unless there is a body."""
        if call.body:
            raise self.refuse(BODY_UNWANTED)
        super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)
