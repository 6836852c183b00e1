"""SLS servers that are right about a plain request, and wrong about the same one when it asks for more."""

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import accepted, faulty

NOBODY = -1


def asks_for_more(call: Call) -> bool:
    """Tell whether a GET asks for a status or leaves something out."""
    query = dict(call.query)
    return bool(query.get("status")) or query.get("offset", "0") != "0"


@faulty("SLS-COMMON-16", says="An unknown shipper has an empty list where a status or an offset is asked for.")
class UnknownShipperFiltered(Server):
    """Looks for the tasks, and for the shipper only where nothing is asked of them."""

    def shipper_of(self, call: Call) -> Shipper:
        """Make one up."""
        try:
            return super().shipper_of(call)
        except Refusal:
            if call.method == "GET" and asks_for_more(call):
                return Shipper(NOBODY, self.name_of(call), None)
            raise


@faulty("SLS-COMMON-14", says="An unknown project is an unknown logstore where a status or an offset is asked for.")
class UnknownProjectFiltered(Server):
    """Leaves the project to the search for the logstore."""

    def check_project(self, call: Call) -> None:
        """Look at plain requests alone."""
        if not asks_for_more(call):
            super().check_project(call)


@faulty("SLS-COMMON-16", says="A retry of no task is a success for a shipper that does not exist.")
class EmptyRetryOfNoShipper(Server):
    """Has nothing to look for where nothing is named."""

    def shipper_of(self, call: Call) -> Shipper:
        """Look for it where tasks are named."""
        try:
            return super().shipper_of(call)
        except Refusal:
            if call.method == "PUT" and call.body.strip() == b"[]":
                raise accepted() from None
            raise


@faulty("SLS-COMMON-17", "SLS-RETRY-13", says="An internal error in a retry of several tasks has another code.")
class InternalErrorOfSeveral(Server):
    """Names the errors of a batch otherwise."""

    def check_health(self, call: Call) -> None:
        """Say it in other words where a comma stands in the body."""
        try:
            super().check_health(call)
        except Refusal:
            if call.method == "PUT" and b"," in call.body:
                raise self.refuse(Fault(500, "BatchError", "internal server error")) from None
            raise


@faulty("SLS-COMMON-17", says="An internal error is the client's fault where a status is asked for.")
class InternalErrorFiltered(Server):
    """Blames the filter."""

    def check_health(self, call: Call) -> None:
        """Refuse it as a bad request."""
        try:
            super().check_health(call)
        except Refusal:
            if dict(call.query).get("status"):
                raise self.refuse(faults.STATUS_UNKNOWN) from None
            raise


@faulty("SLS-GET-04", "SLS-GET-23", says="From the second page on `from` is forgotten.")
class FromForgottenLater(Server):
    """Remembers the end of the window for its further pages."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Ask from the beginning of time."""
        return super().page(shipper, 0 if offset else from_, to, status, offset, size)


@faulty("SLS-GET-05", says="An empty window ahead of now is accepted.")
class EmptyWindowAhead(Server):
    """Knows that nothing will be found there."""

    def check_window_order(self, from_: int, to: int) -> None:
        """Let it pass."""
        if from_ <= self.now():
            super().check_window_order(from_, to)


@faulty("SLS-GET-05", says="A window that ends two hours and more before it begins is turned round.")
class FarWindowTurnedRound(Server):
    """Takes it for a mistake."""

    def check_window_order(self, from_: int, to: int) -> None:
        """Refuse what is nearly right."""
        if from_ - to < 2 * 3600:
            super().check_window_order(from_, to)


@faulty("SLS-RETRY-02", says="A body of more than a thousand bytes is too large, white space included.")
class SmallBodies(Server):
    """Reads little."""

    def check_headers(self, call: Call) -> None:
        """Look at the size alone."""
        super().check_headers(call)
        if len(call.body) > 1000:
            raise self.refuse(faults.TOO_LARGE, limit=1000)


@faulty("SLS-COMMON-17", says="A status that is no UTF-8 is an internal error.")
class StatusOfBytes(Server):
    """Decodes it once more."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Stumble over it."""
        if problem.name == "status" and "\ufffd" in dict(call.query).get("status", ""):
            return self.refuse(faults.INTERNAL)
        return super().invalid_parameter(call, problem)


@faulty("SLS-COMMON-11", says="A request id that the client sends comes back as the server's.")
class EchoedRequestId(Server):
    """Takes the header for one that is passed through."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give it back."""
        response = super().finish(call, response)
        response.headers["x-log-requestid"] = call.header("x-log-requestid") or response.headers["x-log-requestid"]
        return response
