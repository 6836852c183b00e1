"""Ops Manager servers of whose error documents one kind alone is wrong."""

from typing import Any, ClassVar

from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager import Server
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body

UNKNOWN_JOB = "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"
NOT_FAILED = "ONLY_FAILED_JOB_CAN_BE_RESTARTED"


class OneError(Server):
    """Writes the error documents of one code in its own way."""

    code: ClassVar[str | None]
    member: ClassVar[str] = "error"

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says; an error of that code in the way of this server."""
        if status < 400 or status == 401 or content.get("errorCode") != self.code:
            return content
        self.write(content)
        return content

    def write(self, error: dict[str, Any]) -> None:
        """Change an error document; by default leave a member out."""
        del error[self.member]


@faulty("OM-COMMON-18", says="The error of an unknown job is 400 in its document.")
class UnknownJobSaysBad(OneError):
    """Has one document for all of them."""

    code = UNKNOWN_JOB

    def write(self, error: dict[str, Any]) -> None:
        """Write another number."""
        error["error"] = 400


@faulty("OM-COMMON-18", says="The error of a refused retry is written as text.")
class NotFailedAsText(OneError):
    """Writes numbers as text."""

    code = NOT_FAILED

    def write(self, error: dict[str, Any]) -> None:
        """Write the number as text."""
        error["error"] = "400"


@faulty("OM-COMMON-18", says="The error of a method that is not supported is 404 in its document.")
class MethodSaysMissing(OneError):
    """Has the document of a path that does not exist."""

    code = None

    def write(self, error: dict[str, Any]) -> None:
        """Write another number."""
        error["error"] = 404


@faulty("OM-COMMON-18", says="The error of an internal error is 0 in its document.")
class InternalSaysNothing(OneError):
    """Does not know what went wrong."""

    code = "UNEXPECTED_ERROR"

    def write(self, error: dict[str, Any]) -> None:
        """Write no status."""
        error["error"] = 0


@faulty("OM-COMMON-18", says="The error of what is no id is true in its document.")
class MalformedSaysTrue(OneError):
    """Says that there was one."""

    code = "INVALID_LOG_COLLECTION_JOB_ID"

    def write(self, error: dict[str, Any]) -> None:
        """Say so."""
        error["error"] = True


@faulty("OM-COMMON-17", says="A refused retry has no reason.")
class NotFailedWithoutReason(OneError):
    """Leaves the phrase to the code."""

    code = NOT_FAILED
    member = "reason"


@faulty("OM-COMMON-17", says="The error of an unknown project has no detail.")
class UnknownGroupWithoutDetail(OneError):
    """Has nothing to add."""

    code = "GROUP_NOT_FOUND"
    member = "detail"


@faulty("OM-COMMON-17", says="The parameters of an unknown job are an object.")
class UnknownJobParametersNamed(OneError):
    """Names them."""

    code = UNKNOWN_JOB

    def write(self, error: dict[str, Any]) -> None:
        """Write an object in place of the array."""
        error["parameters"] = dict(zip(("group", "job"), error["parameters"], strict=True))


@faulty("OM-COMMON-17", says="The errorCode of a refused retry is a number.")
class NotFailedNumbered(OneError):
    """Counts its errors."""

    code = NOT_FAILED

    def write(self, error: dict[str, Any]) -> None:
        """Write a number."""
        error["errorCode"] = 1234


class OneAnswer(Server):
    """Sends the answers with one status in its own way."""

    status: ClassVar[int]

    def finish(self, call: Call, response: Response) -> Response:
        """Return the answer."""
        response = super().finish(call, response)
        return self.sent(response) if response.status_code == self.status else response

    def sent(self, response: Response) -> Response:
        """Return an answer in the way of this server."""
        return with_body(response, b"<html>error</html>", media_type="text/html")


@faulty("OM-COMMON-14", "OM-COMMON-16", says="The answer to an internal error is a page.")
class InternalInPage(OneAnswer):
    """Lets the front answer."""

    status = 500


@faulty("OM-COMMON-14", "OM-COMMON-16", says="The answer to an unsupported method is plain text.")
class MethodInWords(OneAnswer):
    """Lets its framework answer."""

    status = 405

    def sent(self, response: Response) -> Response:
        """Return an answer in words."""
        return with_body(response, b"Method Not Allowed", media_type="text/plain")


@faulty("OM-COMMON-14", says="A refused retry is called plain text.")
class BadCalledText(OneAnswer):
    """Does not name what it sends."""

    status = 400

    def sent(self, response: Response) -> Response:
        """Return the answer with another media type."""
        return with_body(response, bytes(response.body), media_type="text/plain")
