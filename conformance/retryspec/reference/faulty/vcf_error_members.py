"""VCF servers in whose Errors one member, at some depth or status, is of another type."""

from typing import Any

from retryspec.reference.faulty.vcf_errors import Erring
from retryspec.reference.variations import faulty

GET = "getTask"


@faulty("VCF-ERROR-02", says="The errorCode of a 404 on a task that is read is its status.")
class CodeIsStatus(Erring):
    """Has no other codes."""

    operation = GET

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a number."""
        return {**error, "errorCode": 404}


@faulty("VCF-ERROR-03", says="The errorType of a 500 is true.")
class TypeIsTrue(Erring):
    """Has one type."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a boolean."""
        return {**error, "errorType": True}


@faulty("VCF-ERROR-04", says="The arguments of a 500 are an object.")
class ArgumentsAreObject(Erring):
    """Names them."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with an object."""
        return {**error, "arguments": {"id": "0"}}


@faulty("VCF-ERROR-04", says="The arguments of a 409 are a text.")
class ArgumentsAreText(Erring):
    """Has one at most."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a text."""
        return {**error, "arguments": error["message"]}


@faulty("VCF-ERROR-05", says="The context of a 404 has the member that the sample shows, as an object.")
class ContextNests(Erring):
    """Took the sample at its word."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a nested object."""
        return {**error, "context": {"context": {"component": "tasks"}}}


@faulty("VCF-ERROR-07", says="The remediationMessage of a 409 is false.")
class RemedyIsFalse(Erring):
    """Knows of none."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a boolean."""
        return {**error, "remediationMessage": False}


@faulty("VCF-ERROR-08", says="The causes of a 500 are texts.")
class CausesAreTexts(Erring):
    """Writes exceptions in one line."""

    status = 500

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with texts."""
        return {**error, "causes": ["java.lang.IllegalStateException"]}


@faulty("VCF-ERROR-08", says="The causes of a 404 are null.", warns=True)
class CausesAreNull(Erring):
    """Has each member in each answer."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with null."""
        return {**error, "causes": None}


@faulty("VCF-ERROR-09", says="The type of the second cause of a 409 is an array.")
class SecondCauseTypeIsArray(Erring):
    """Tells the whole ancestry."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with two causes."""
        return {**error, "causes": [{"type": "Conflict"}, {"type": ["Conflict", "Exception"]}]}


@faulty("VCF-ERROR-10", says="The nestedErrors of a 409 hold the words of the sample.")
class NestedIsSample(Erring):
    """Took the sample at its word."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a text."""
        return {**error, "nestedErrors": ["Error Object"]}


@faulty("VCF-ERROR-10", says="The nestedErrors of a 404 hold a null.")
class NestedIsNull(Erring):
    """Has a place for one."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with null."""
        return {**error, "nestedErrors": [None]}


@faulty("VCF-ERROR-10", says="The context of an Error four deep is an array in a 409.")
class DeepestContextIsArray(Erring):
    """Does not look that far."""

    status = 409

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with three more in it."""
        nested: dict[str, object] = {"context": []}
        for _ in range(3):
            nested = {"nestedErrors": [nested]}
        return {**error, **nested}


@faulty("VCF-ERROR-11", says="The referenceToken of a 404 on a task that is read is a number.")
class ReadReferenceIsNumber(Erring):
    """Counts its log entries."""

    operation = GET

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error with a number."""
        return {**error, "referenceToken": 123456}


@faulty("VCF-ERROR-11", says="The 404 of a retry has no referenceToken.", warns=True)
class ReferenceMissing(Erring):
    """Logs nothing about it."""

    def erring(self, error: dict[str, Any]) -> object:
        """Return an Error without it."""
        return {name: value for name, value in error.items() if name != "referenceToken"}
