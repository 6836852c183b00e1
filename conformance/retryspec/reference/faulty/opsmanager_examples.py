"""Ops Manager servers with one fault each: an example of each way to make one."""

from retryspec_models.opsmanager.stubs import Call

from retryspec.authentication.opsmanager import Claim
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.store import Job, Store
from retryspec.reference.variations import faulty


class AnyEndedStore(Store):
    """Runs a job again whatever its run ended as."""

    def may_run_again(self) -> str:
        """Return a condition that does not look at the outcome."""
        return "ends <= :now AND expires > :now"


@faulty("OM-RETRY-15", says="A job that has succeeded is run again when it is retried.")
class SuccessfulRunAgain(Server):
    """Looks only at whether the job runs."""

    store_type = AnyEndedStore


class WholeGroupStore(Store):
    """Runs all failed jobs of a project again."""

    def named(self) -> str:
        """Return a condition that names the project alone."""
        return "group_id = :group"


@faulty("OM-RETRY-12", "OM-RETRY-04", "OM-RETRY-23", says="A retry runs all failed jobs of the project again.")
class WholeGroupRunsAgain(Server):
    """Forgets which job was named."""

    store_type = WholeGroupStore


@faulty("OM-COMMON-08", "OM-RETRY-21", says="A digest is not compared: the public key alone lets in.")
class ResponseIgnored(Server):
    """Trusts whoever knows the public key."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse nothing."""


@faulty("OM-LIST-05", "OM-COMMON-31", "OM-COMMON-32", "OM-LIST-08", says="The totalCount counts the jobs of the page.")
class TotalOfPage(Server):
    """Counts after it has cut the page."""

    def total_of(self, jobs: list[Job], page: list[Job]) -> int:
        """Return how many jobs are on the page."""
        return len(page)
