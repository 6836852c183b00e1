"""Ops Manager servers that a certain request makes fail, or that answer it with another success."""

from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_json, with_status

FAULT = {"detail": "Something went wrong in the server.", "error": 500, "reason": "Internal Server Error"}


class Fragile(Server):
    """Fails at certain requests."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer, or that of a fault."""
        response = super().finish(call, response)
        return with_json(with_status(response, 500), FAULT) if self.breaks(call) else response

    def breaks(self, call: Call) -> bool:
        """Tell whether this request ends in a fault."""
        return False


@faulty("OM-LIST-06", says="An itemsPerPage of 501 makes the server fail.")
class FaultBeyondLargestPage(Fragile):
    """Has room for 500."""

    def breaks(self, call: Call) -> bool:
        """Tell whether it is one more."""
        return first_value(call, "itemsPerPage") == "501"


@faulty("OM-LIST-06", says="A negative pageNum makes the server fail.")
class FaultOnNegativePage(Fragile):
    """Counts from there."""

    def breaks(self, call: Call) -> bool:
        """Tell whether it is negative."""
        return (first_value(call, "pageNum") or "").startswith("-")


@faulty("OM-RETRY-18", "OM-GET-04", "OM-GET-01", says="A percent-encoded job id makes the server fail.")
class FaultOnEncodedId(Fragile):
    """Expects digits."""

    def breaks(self, call: Call) -> bool:
        """Tell whether there is something else."""
        return b"%" in call.raw_path


@faulty("OM-RETRY-18", "OM-GET-04", says="A job id of 25 digits makes the server fail.")
class FaultOnLongId(Fragile):
    """Has room for 24."""

    def breaks(self, call: Call) -> bool:
        """Tell whether it is one more."""
        return len(call.path_parameters.get("jobId", "")) == 25


@faulty("OM-COMMON-35", "OM-RETRY-27", says="TRACE makes the server fail.")
class FaultOnTrace(Fragile):
    """Knows it by name alone."""

    def breaks(self, call: Call) -> bool:
        """Tell whether it is that method."""
        return call.method == "TRACE"


@faulty("OM-GET-01", says="A job that runs is shown with 202.")
class RunningShownAsAccepted(Server):
    """Asks to come again."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer, with the status of something unfinished."""
        response = super().finish(call, response)
        single = call.operation_id == "getLogCollectionJob" and b"IN_PROGRESS" in bytes(response.body)
        return with_status(response, 202) if single else response


@faulty("OM-LIST-01", "OM-COMMON-29", "OM-COMMON-31", says="The second page of a list is answered 206.")
class SecondPagePartial(Server):
    """Takes a page for a part."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer, with the status of a part."""
        response = super().finish(call, response)
        later = first_value(call, "pageNum") == "2" and response.status_code == 200
        return with_status(response, 206) if later else response


@faulty("OM-RETRY-06", "OM-COMMON-25", says="With pretty=true and envelope=true a retry is answered 201.")
class FormsTogetherCreated(Server):
    """Has an answer of its own for two options."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer."""
        response = super().finish(call, response)
        both = self.wants_envelope(call) and self.wants_pretty(call) and call.operation_id == "retryLogCollectionJob"
        return with_status(response, 201) if both and response.status_code == 200 else response
