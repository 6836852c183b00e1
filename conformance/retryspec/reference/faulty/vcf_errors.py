"""VCF servers with errors that are no Errors: each has a member of another type, in one kind of answer."""

from typing import Any

from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.wire import json_of, with_json

RETRY = "retryTask"
GET = "getTask"


class Erring(Server):
    """Changes the error bodies of one operation and status."""

    operation = RETRY
    status = 404

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the body of an error."""
        response = super().finish(call, response)
        if call.operation_id != self.operation or response.status_code != self.status:
            return response
        return with_json(response, self.erring(json_of(response)))

    def erring(self, error: dict[str, Any]) -> object:
        """Return what stands in the place of an Error."""
        raise NotImplementedError


@faulty("VCF-ERROR-01", "VCF-RETRY-08", says="The 404 of a retry has an array with an Error in it.")
class ErrorInArray(Erring):
    """Has room for several."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return an array."""
        return [error]


@faulty("VCF-ERROR-02", says="The errorCode of a 409 is a number.")
class CodeIsNumber(Erring):
    """Numbers its errors."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with a number."""
        return {**error, "errorCode": 409}


@faulty("VCF-ERROR-03", says="The errorType of a 404 is an array.")
class TypeIsArray(Erring):
    """Has several types."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with an array."""
        return {**error, "errorType": [error["errorType"]]}


@faulty("VCF-ERROR-04", says="The arguments of a 409 hold a null.")
class ArgumentIsNull(Erring):
    """Leaves a place where it has nothing to say."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with an entry more."""
        return {**error, "arguments": [*error["arguments"], None]}


@faulty("VCF-ERROR-05", says="The context of a 500 has a number as a value.")
class ContextHasNumber(Erring):
    """Tells how many times it tried."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with a number in its context."""
        return {**error, "context": {**error["context"], "attempts": 3}}


@faulty("VCF-ERROR-06", says="The message of a 404 on a task that is read is an object.")
class MessageIsObject(Erring):
    """Has a text for each language."""

    operation = GET

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with an object."""
        return {**error, "message": {"en": error["message"]}}


@faulty("VCF-ERROR-06", says="A 409 has no message, at which the Terraform provider fails.", warns=True)
class MessageMissing(Erring):
    """Lets the code speak."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error without it."""
        return {name: value for name, value in error.items() if name != "message"}


@faulty("VCF-ERROR-07", says="The remediationMessage of a 404 is an array.")
class RemedyIsArray(Erring):
    """Has several pieces of advice."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with an array."""
        return {**error, "remediationMessage": [error["remediationMessage"]]}


@faulty("VCF-ERROR-08", says="The causes of a 409 are an object.")
class CausesAreObject(Erring):
    """Has one cause only."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with an object."""
        return {**error, "causes": {"type": "java.lang.IllegalStateException", "message": "not failed"}}


@faulty("VCF-ERROR-09", says="The message of a cause is a number in a 500.")
class CauseHasNumber(Erring):
    """Tells the line."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with another cause."""
        return {**error, "causes": [{**cause, "message": 17} for cause in error["causes"]]}


@faulty("VCF-ERROR-10", says="The nestedErrors of a nested error are texts in a 500.")
class InnermostIsText(Erring):
    """Writes out what lies deep as the sample of the seed does."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with texts at the third level."""
        nested = [{**inner, "nestedErrors": ["Error Object"]} for inner in error["nestedErrors"]]
        return {**error, "nestedErrors": nested}


@faulty("VCF-ERROR-11", says="The referenceToken of a 409 is a number.")
class ReferenceIsNumber(Erring):
    """Numbers its log."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return the Error with a number."""
        return {**error, "referenceToken": 971081}
