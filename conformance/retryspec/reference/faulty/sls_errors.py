"""SLS servers whose error answers have a body, a code or a status that the contract does not have."""

from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Refusal, Where
from starlette.responses import Response

from retryspec.reference.faulty.sls_wire import ErrorWriter
from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body, with_json, with_status

# What is told by an errorCode, and so cannot be told without one.
CODES = (
    "SLS-COMMON-05",
    "SLS-COMMON-14",
    "SLS-COMMON-15",
    "SLS-COMMON-16",
    "SLS-COMMON-17",
    "SLS-COMMON-20",
    "SLS-GET-05",
    "SLS-GET-06",
    "SLS-GET-10",
    "SLS-RETRY-05",
    "SLS-RETRY-13",
)

# What is told by the body of an error.
ERRORS = ("SLS-GET-02", "SLS-GET-03", "SLS-RETRY-02", *CODES)

# SLS-COMMON-19: the body of an error


@faulty("SLS-COMMON-19", *ERRORS, says="The members of an error are error_code and error_message.")
class ErrorSnakeCase(ErrorWriter):
    """Writes the names that one of the vendor's clients looks for."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error with other names."""
        return with_json(response, {"error_code": error["errorCode"], "error_message": error["errorMessage"]})


@faulty("SLS-COMMON-19", *ERRORS, says="An error stands in a member named error.")
class ErrorNested(ErrorWriter):
    """Puts an envelope around what it says."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error one level deeper."""
        return with_json(response, {"error": error})


@faulty("SLS-COMMON-19", says="A 404 has no errorMessage.")
class MessageMissingOnNotFound(ErrorWriter):
    """Says nothing to a person about what does not exist."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return a 404 with its code alone."""
        return with_json(response, {"errorCode": error["errorCode"]}) if response.status_code == 404 else response


@faulty("SLS-COMMON-19", says="The errorMessage of a refused retry is null.")
class MessageNullOnPut(ErrorWriter):
    """Has no message for one operation."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error of a PUT without words."""
        return with_json(response, error | {"errorMessage": None}) if call.method == "PUT" else response


@faulty("SLS-COMMON-19", *CODES, says="The errorCode is a number.")
class CodeIsStatus(ErrorWriter):
    """Says the status twice."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error with its status for a code."""
        return with_json(response, error | {"errorCode": response.status_code})


@faulty("SLS-COMMON-19", *ERRORS, says="An error is an array with an object.")
class ErrorInArray(ErrorWriter):
    """Could say several things at once."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error in an array."""
        return with_json(response, [error])


@faulty(
    "SLS-COMMON-19",
    "SLS-GET-02",
    "SLS-GET-03",
    "SLS-GET-10",
    "SLS-GET-11",
    "SLS-GET-12",
    says="A parameter that is invalid is answered 422.",
)
class InvalidUnprocessable(ErrorWriter):
    """Lets its web framework judge parameters."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, with another status."""
        refusal = super().invalid_parameter(call, problem)
        refusal.status = 422
        return refusal

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error as it is, but for what the framework says by itself."""
        if response.status_code != 422:
            return response
        return with_json(response, {"detail": [{"loc": ["query"], "msg": error["errorMessage"]}]})


@faulty(
    "SLS-COMMON-19",
    "SLS-RETRY-02",
    "SLS-RETRY-05",
    says="A body that is invalid is answered 409, with an error of the right shape.",
)
class InvalidBodyConflict(Server):
    """Has a status that the service does not know."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, with another status."""
        refusal = super().invalid_body(call, problem)
        refusal.status = 409 if problem.where is Where.BODY else refusal.status
        return refusal


@faulty("SLS-COMMON-19", says="A 405 has no body.", warns=True)
class MethodWithoutBody(ErrorWriter):
    """Lets its web framework refuse a method."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return a 405 without a body."""
        return with_body(response, b"", media_type=None) if response.status_code == 405 else response


@faulty("SLS-COMMON-19", "SLS-COMMON-05", says="A 401 is a page of HTML.")
class UnauthorizedHtml(ErrorWriter):
    """Has a proxy in front that keeps strangers out."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return a page for a 401."""
        if response.status_code != 401:
            return response
        return with_body(response, b"<html><h1>401 Unauthorized</h1></html>", media_type="text/html")


@faulty("SLS-COMMON-19", "SLS-COMMON-16", "SLS-COMMON-20", says="An unknown shipper has no body.")
class ShipperUnknownWithoutBody(ErrorWriter):
    """Says an error with a status alone."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error without a body where a shipper is unknown."""
        return with_body(response, b"", media_type=None) if error["errorCode"] == "ShipperNotExist" else response


@faulty("SLS-GET-05", "SLS-GET-15", says="A window in the wrong order is answered 200 with an error in the body.")
class ErrorWithSuccess(ErrorWriter):
    """Says in the body what the status should say."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return the error with a 200."""
        wrong_order = error["errorMessage"] == faults.WINDOW_EMPTY.text
        return with_status(response, 200) if wrong_order else response
