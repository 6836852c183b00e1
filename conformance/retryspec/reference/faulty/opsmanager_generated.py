"""Ops Manager servers with faults that nobody would look for, and that generated requests come upon."""

import json
from typing import Any

from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.variations import faulty
from retryspec.reference.wire import json_of, with_body, with_json, with_status


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


@faulty("OM-LIST-01", says="A list with all three options is refused.", slow=True)
class ListOptionsTogether(Server):
    """Has never been asked for all at once."""

    def get_log_collection_jobs(self, call: Call, **given: Any) -> Any:
        """Refuse a list that is to be pretty, verbose and in an envelope."""
        if given["pretty"] and given["envelope"] and given["verbose"]:
            raise self.refuse(faults.QUERY_INVALID, name="envelope", detail="It does not go with the others.")
        return super().get_log_collection_jobs(call, **given)


@faulty("OM-LIST-01", says="The second page of a pretty list is refused.", slow=True)
class SecondPrettyPageRefused(Server):
    """Was made pretty by somebody who had one page."""

    def get_log_collection_jobs(self, call: Call, **given: Any) -> Any:
        """Refuse what is allowed."""
        if given["pretty"] and given["page_num"] == 2:
            raise self.refuse(faults.QUERY_INVALID, name="pageNum", detail="There is one page.")
        return super().get_log_collection_jobs(call, **given)


@faulty("OM-COMMON-34", "OM-COMMON-32", says="The project null has a list of no jobs.", slow=True)
class NullIsProject(Server):
    """Does not ask whether there is such a project."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a list of nothing for a project of a name that some programs write for none."""
        response = super().finish(call, response)
        if call.operation_id != "getLogCollectionJobs" or call.path_parameters.get("groupId") != "null":
            return response
        return with_status(with_json(response, {"links": [], "results": [], "totalCount": 0}), 200)


@faulty("OM-RETRY-18", says="A retry with a parameter of a long name meets a fault.", slow=True)
class FaultOnLongName(Server):
    """Copies names to a place for 20 letters."""

    def retry_log_collection_job(self, call: Call, **given: Any) -> None:
        """Break down at a longer name."""
        if any(len(name) > 20 for name, _ in call.query):
            raise self.refuse(faults.INTERNAL)
        super().retry_log_collection_job(call, **given)


@faulty("OM-COMMON-17", says="The refusal of a number with a fraction has no reason.", slow=True)
class FractionRefusedWithoutReason(Server):
    """Refuses odd numbers in a place where nobody thought of the form."""

    def finish(self, call: Call, response: Response) -> Response:
        """Leave a member out."""
        response = super().finish(call, response)
        if response.status_code != 400 or not any(value == "0.5" for _, value in call.query):
            return response
        body = {name: value for name, value in json_of(response).items() if name != "reason"}
        return with_body(response, json.dumps(body, separators=(",", ":")).encode(), media_type="application/json")
