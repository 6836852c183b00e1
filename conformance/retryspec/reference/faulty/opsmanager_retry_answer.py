"""Ops Manager servers that answer a retry otherwise than with an empty 200, or want it asked for in another way."""

from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.presentation import MEDIA_TYPE
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body, with_status

LENGTH_MISSING = Fault(411, "INVALID_ATTRIBUTE", "A request needs a length.")
BODY_INVALID = Fault(400, "INVALID_JSON", "The body is no JSON.")
BODY_FATAL = Fault(500, "UNEXPECTED_ERROR", "Something went wrong in the server.")


class Answering(Server):
    """Answers a retry that was done in a way of its own."""

    body: bytes = b""
    status: int = 200

    def finish(self, call: Call, response: Response) -> Response:
        """Return another answer to a success."""
        response = super().finish(call, response)
        if not self.is_changed(call) or response.status_code != 200 or self.wants_envelope(call):
            return response
        if self.body:
            response = with_body(response, self.body, media_type=MEDIA_TYPE)
        return with_status(response, self.status)

    def is_changed(self, call: Call) -> bool:
        """Tell whether a call is one that is answered otherwise."""
        return call.operation_id == "retryLogCollectionJob"


@faulty("OM-RETRY-05", says="The answer to a retry tells the status of the job.")
class RetryTellsStatus(Answering):
    """Adds what is of use."""

    body = b'{"status":"IN_PROGRESS"}'


@faulty("OM-RETRY-05", warns=True, says="The answer to a retry is an empty object.")
class RetryTellsNothing(Answering):
    """Writes an object without members."""

    body = b"{}"


@faulty("OM-RETRY-06", says="A retry is answered 204.")
class RetryWithoutContent(Answering):
    """Has nothing to say."""

    status = 204


class Picky(Server):
    """Looks at a retry before it does it."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again where nothing is amiss."""
        if self.looks_right(call):
            super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)

    def looks_right(self, call: Call) -> bool:
        """Tell whether a retry is done, or refuse it."""
        return True


@faulty(
    "OM-RETRY-10",
    "OM-COMMON-25",
    "OM-RETRY-04",
    "OM-RETRY-14",
    says="With pretty=true a retry is answered 200 and does nothing.",
)
class PrettyRetryIdle(Picky):
    """Takes it for a rehearsal."""

    def looks_right(self, call: Call) -> bool:
        """Tell whether a retry is meant seriously."""
        return not self.wants_pretty(call)


@faulty("OM-COMMON-25", "OM-RETRY-11", says="With envelope=true a retry is answered 200 and does nothing.")
class WrappedRetryIdle(Picky):
    """Wraps an answer before there is one."""

    def looks_right(self, call: Call) -> bool:
        """Tell whether a retry is one without an envelope."""
        return not self.wants_envelope(call)


@faulty("OM-RETRY-08", "OM-COMMON-15", "OM-RETRY-04", says="A retry without a length is refused with 411.")
class LengthNeeded(Picky):
    """Insists on a header that curl does not send."""

    def looks_right(self, call: Call) -> bool:
        """Refuse a request without a length."""
        if call.header("content-length") is None:
            raise self.refuse(LENGTH_MISSING)
        return True


@faulty(
    "OM-COMMON-15", "OM-RETRY-04", says="A retry with the header Content-Type: application/json and no body is refused."
)
class EmptyBodyParsed(Picky):
    """Parses a body as soon as a header speaks of one."""

    def looks_right(self, call: Call) -> bool:
        """Refuse nothing that is called JSON."""
        if not call.body and "json" in (call.header("content-type") or ""):
            raise self.refuse(BODY_INVALID)
        return True


@faulty("OM-RETRY-09", says="A retry with a body ends in an internal error.")
class BodyFatal(Picky):
    """Does not know what to do with a body."""

    def looks_right(self, call: Call) -> bool:
        """Break over a body."""
        if call.body:
            raise self.refuse(BODY_FATAL)
        return True


@faulty("OM-RETRY-09", says="A retry with a body is answered 200 and does nothing.")
class BodyIdle(Picky):
    """Takes a body for settings."""

    def looks_right(self, call: Call) -> bool:
        """Tell whether there is no body."""
        return not call.body


@faulty("OM-RETRY-09", says="A retry with a body is refused with 400 after the job was run again.")
class BodyRefusedTooLate(Server):
    """Reads the body last."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again, and then refuse the body."""
        super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)
        if call.body:
            raise self.refuse(BODY_INVALID)
