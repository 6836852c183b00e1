"""Ops Manager servers with faults that nobody would look for, and that generated requests come upon."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.variations import faulty


@faulty("OM-LIST-01", says="499 jobs to a page meet a fault.", slow=True)
class FaultBesideLargestPage(Server):
    """Counts one too far in a buffer that holds the largest page."""

    def get_log_collection_jobs(self, call: Call, **given: Any) -> Any:
        """Break down just below the largest page."""
        if given["items_per_page"] == 499:
            raise self.refuse(faults.INTERNAL)
        return super().get_log_collection_jobs(call, **given)


@faulty("OM-GET-01", says="A job with all three options is refused.", slow=True)
class OptionsTogether(Server):
    """Has never been asked for all at once."""

    def get_log_collection_job(
        self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool, verbose: bool
    ) -> Any:
        """Refuse a job that is to be pretty, verbose and in an envelope."""
        if pretty and envelope and verbose:
            raise self.refuse(faults.QUERY_INVALID, name="envelope", detail="It does not go with the others.")
        return super().get_log_collection_job(
            call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope, verbose=verbose
        )
