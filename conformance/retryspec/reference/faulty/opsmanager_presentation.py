"""Ops Manager servers that write answers and errors otherwise: envelope, white space, media type, members."""

from typing import Any

from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body


@faulty("OM-COMMON-13", "OM-COMMON-14", "OM-COMMON-16", "OM-COMMON-17", warns=True, says="A 401 is told in words.")
class UnauthorizedInWords(Server):
    """Has a layer in front that knows no JSON."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a 401 with a text."""
        response = super().finish(call, response)
        return (
            response if response.status_code != 401 else with_body(response, b"Unauthorized", media_type="text/plain")
        )


@faulty("OM-COMMON-14", says="Errors are called problem+json.")
class ErrorsCalledProblems(Server):
    """Follows a standard that the vendor does not."""

    def media_type(self, status: int) -> str:
        """Return the media type of an answer with a body, of that standard where it is an error."""
        return "application/problem+json" if status >= 400 and status != 401 else super().media_type(status)


class Failing(Server):
    """Writes errors, without an envelope and apart from a 401, in its own way."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says; an error in the way of this server."""
        return self.error(content) if status >= 400 and status != 401 else content

    def error(self, content: dict[str, Any]) -> Any:
        """Return an error in the way of this server."""
        return content


@faulty(
    "OM-COMMON-16",
    "OM-COMMON-17",
    "OM-COMMON-18",
    "OM-GET-04",
    "OM-RETRY-15",
    "OM-RETRY-16",
    "OM-RETRY-22",
    "OM-RETRY-24",
    says="An error is a text.",
)
class ErrorAsText(Failing):
    """Says what went wrong, and that is all."""

    def error(self, content: dict[str, Any]) -> Any:
        """Return the text of an error."""
        return content["detail"]


@faulty(
    "OM-COMMON-17",
    "OM-GET-04",
    "OM-RETRY-15",
    "OM-RETRY-16",
    "OM-RETRY-22",
    "OM-RETRY-24",
    warns=True,
    says="An error has no code and no parameters.",
)
class CodeMissing(Failing):
    """Has three members in every error."""

    def error(self, content: dict[str, Any]) -> Any:
        """Return an error without what a program reads."""
        return {name: content[name] for name in ("detail", "error", "reason")}


@faulty("OM-COMMON-18", says="Every error says that it is a 400.")
class StatusAlwaysBad(Failing):
    """Has a default that nobody changes."""

    def error(self, content: dict[str, Any]) -> Any:
        """Return an error with the status of another."""
        return {**content, "error": 400}


@faulty("OM-COMMON-19", warns=True, says="The reason of an error is its code in words.")
class ReasonOther(Failing):
    """Says something more telling than the phrase."""

    def error(self, content: dict[str, Any]) -> Any:
        """Return an error with another reason."""
        return {**content, "reason": content.get("errorCode", "ERROR").replace("_", " ").capitalize()}


@faulty(
    "OM-COMMON-20",
    "OM-COMMON-25",
    "OM-COMMON-23",
    "OM-RETRY-05",
    says="An answer has an envelope with envelope=false as well.",
)
class WrappedByName(Server):
    """Looks at whether the parameter is there."""

    def wants_envelope(self, call: Call) -> bool:
        """Tell whether the parameter is there."""
        return first_value(call, "envelope") is not None


@faulty("OM-COMMON-21", says="The status of the envelope of a job is that of the job.")
class EnvelopeOfJobStatus(Server):
    """Confuses two members of one name."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job with its own status outside."""
        return {"status": content["status"], "content": content}


@faulty("OM-COMMON-22", says="The envelope of a list has its status as text.")
class ListStatusAsText(Server):
    """Writes numbers as text."""

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return the list with a text for a status."""
        return {**content, "status": str(status)}


@faulty("OM-COMMON-23", "OM-COMMON-21", "OM-COMMON-22", says="With pretty=true names begin with a capital.")
class PrettyNames(Server):
    """Writes for people only."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return an answer that is nicer to read."""
        if status == 200 and content and self.wants_pretty(call):
            for job in content.get("results", [content]):
                job["resourceName"] = job["resourceName"].capitalize()
        return content


@faulty("OM-COMMON-24", warns=True, says="An answer is pretty with pretty=false as well.")
class PrettyByName(Server):
    """Looks at whether the parameter is there."""

    def wants_pretty(self, call: Call) -> bool:
        """Tell whether the parameter is there."""
        return first_value(call, "pretty") is not None
