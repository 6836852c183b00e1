"""VCF servers that answer a retry with the right status in a wrong form: body, type, another success."""

from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.wire import with_body, with_status

PLAIN = "text/plain"
HTML = "text/html"


class Reformed(Server):
    """Changes the answers of one status to retries."""

    of_status = 200

    def finish(self, call: Call, response: Response) -> Response:
        """Give the answers another form."""
        response = super().finish(call, response)
        fits = call.operation_id == "retryTask" and response.status_code == self.of_status
        return self.reformed(response) if fits else response

    def reformed(self, response: Response) -> Response:
        """Return the answer in another form."""
        raise NotImplementedError


@faulty("VCF-RETRY-05", "VCF-RETRY-12", says="A retry is answered 202.")
class RetryAnswers202(Reformed):
    """Follows the retries that look like this one."""

    def reformed(self, response: Response) -> Response:
        """Return a 202."""
        return with_status(response, 202)


@faulty("VCF-RETRY-06", says="The 200 of a retry has the body {}.", warns=True)
class RetryAnswersEmptyObject(Reformed):
    """Never sends nothing."""

    def reformed(self, response: Response) -> Response:
        """Return an empty object."""
        return with_body(response, b"{}", media_type="application/json")


@faulty("VCF-RETRY-06", says="The empty 200 of a retry is called text/html.", warns=True)
class EmptyAnswerIsHtml(Reformed):
    """Has a type by default, at which the vendor's Python package fails."""

    def reformed(self, response: Response) -> Response:
        """Return no body with a type."""
        return with_body(response, b"", media_type=HTML)


@faulty("VCF-RETRY-08", says="The 404 of a retry is application/problem+json.")
class UnknownIsProblem(Reformed):
    """Follows another standard."""

    of_status = 404

    def reformed(self, response: Response) -> Response:
        """Return the body with another type."""
        return with_body(response, bytes(response.body), media_type="application/problem+json")


@faulty("VCF-RETRY-10", says="The 409 of a retry is called text/plain.")
class ConflictIsPlain(Reformed):
    """Does not say that it sends JSON."""

    of_status = 409

    def reformed(self, response: Response) -> Response:
        """Return the body with another type."""
        return with_body(response, bytes(response.body), media_type=PLAIN)


@faulty("VCF-RETRY-11", "VCF-ERROR-01", says="The 500 of a retry is a text.")
class FaultIsText(Reformed):
    """Shows the trace of a failure."""

    of_status = 500

    def reformed(self, response: Response) -> Response:
        """Return a line of text."""
        return with_body(response, b"java.lang.IllegalStateException", media_type=PLAIN)
