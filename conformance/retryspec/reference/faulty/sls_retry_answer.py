"""SLS servers whose answer to a retry is wrong: the status and the body of a success, the error body of a 500."""

import json
from collections import Counter

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.variations import faulty
from retryspec.reference.wire import json_of, with_body, with_json, with_status

# The request


def named(call: Call) -> list[str]:
    """Return the ids of a body that is right but for their number."""
    found: list[str] = json.loads(call.body)
    return found


class Answering(Server):
    """Answers a retry that was done in a way of its own."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Return the answer to a retry that was done."""
        return response

    def finish(self, call: Call, response: Response) -> Response:
        """Change the answer to a retry that was done."""
        response = super().finish(call, response)
        if call.operation_id != "retryShipperTask" or response.status_code != 200:
            return response
        return self.answered(call, named(call), response)


@faulty("SLS-RETRY-07", says="A retry of more than one task is answered 202.")
class SeveralAccepted(Answering):
    """Does the rest later."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 202 where there is a rest."""
        return with_status(response, 202) if len(ids) > 1 else response


@faulty("SLS-RETRY-07", says="A retry is answered 201.")
class RunCreated(Answering):
    """Makes a run and says so."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 201."""
        return with_status(response, 201)


@faulty("SLS-RETRY-07", says="A retry is answered 204.")
class NoContent(Answering):
    """Has nothing to say."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 204."""
        response = with_status(response, 204)
        del response.headers["content-length"]
        return response


@faulty("SLS-RETRY-07", says="A retry of ten tasks is answered 204.")
class NoContentForTen(NoContent):
    """Has nothing to say about a full batch."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 204 to ten ids."""
        return super().answered(call, ids, response) if len(ids) == 10 else response


@faulty("SLS-RETRY-07", says="A retry with a repeated id is answered 207.")
class RepeatedMultiStatus(Answering):
    """Has two answers for one task."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 207 where an id stands twice."""
        return with_status(response, 207) if len(set(ids)) < len(ids) else response


@faulty("SLS-RETRY-08", says="The answer to a retry says OK.")
class RetryOk(Answering):
    """Is polite."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say so."""
        return with_body(response, b"OK", media_type="text/plain")


@faulty("SLS-RETRY-08", says="The answer to a retry is an object with the number of tasks.")
class RetryCounted(Answering):
    """Tells how many."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say how many."""
        return with_json(response, {"count": len(ids)})


@faulty("SLS-RETRY-08", says="The answer to a retry of ten tasks names them.")
class TenNamed(Answering):
    """Repeats what it was asked for."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Name ten tasks."""
        return with_json(response, ids) if len(ids) == 10 else response


@faulty("SLS-RETRY-08", says="The answer to a retry with a repeated id says which.")
class RepeatedNamed(Answering):
    """Warns."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Name what stands twice."""
        twice = [id_ for id_, count in Counter(ids).items() if count > 1]
        return with_json(response, {"repeated": twice}) if twice else response


@faulty("SLS-RETRY-08", says="The answer to a retry is an empty object.", warns=True)
class RetryEmptyObject(Answering):
    """Answers everything in JSON."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say nothing in JSON."""
        return with_json(response, {})


@faulty("SLS-RETRY-08", says="The answer to a retry is null.", warns=True)
class RetryNull(Answering):
    """Writes down that it has nothing to return."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say null."""
        return with_json(response, None)


@faulty("SLS-RETRY-08", says="The answer to a retry is an empty line.", warns=True)
class RetryNewline(Answering):
    """Prints."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say nothing, and a line's end."""
        return with_body(response, b"\n", media_type="text/plain")


@faulty("SLS-RETRY-08", says="The answer to a retry is the error body without an error.")
class RetryErrorlessError(Answering):
    """Has one model for all answers of a PUT."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say that nothing is wrong."""
        return with_json(response, {"errorCode": "", "errorMessage": ""})


# The 500


class Failing(Server):
    """Answers an internal error of a retry in a way of its own."""

    def broken(self, response: Response) -> Response:
        """Return the answer to a retry that failed."""
        return response

    def finish(self, call: Call, response: Response) -> Response:
        """Change the answer to a retry that failed."""
        response = super().finish(call, response)
        wrong = call.operation_id == "retryShipperTask" and response.status_code == 500
        return self.broken(response) if wrong else response


@faulty("SLS-RETRY-13", "SLS-COMMON-17", says="A 500 of a retry has the errorCode InternalError.")
class RetryFailsInternalError(Failing):
    """Spells the code differently."""

    def broken(self, response: Response) -> Response:
        """Say InternalError."""
        return with_json(response, json_of(response) | {"errorCode": "InternalError"})


@faulty("SLS-RETRY-13", "SLS-COMMON-19", "SLS-COMMON-17", says="A 500 of a retry has no body.")
class RetryFailsSilently(Failing):
    """Breaks down whole."""

    def broken(self, response: Response) -> Response:
        """Say nothing."""
        return with_body(response, b"", media_type=None)


@faulty("SLS-RETRY-13", "SLS-COMMON-19", "SLS-COMMON-17", says="A 500 of a retry is a page for people.")
class RetryFailsInHtml(Failing):
    """Lets a proxy speak."""

    def broken(self, response: Response) -> Response:
        """Say it in HTML."""
        return with_body(response, b"<h1>Internal Server Error</h1>", media_type="text/html")


@faulty("SLS-RETRY-13", "SLS-COMMON-19", "SLS-COMMON-17", says="A 500 of a retry has a message that is null.")
class RetryFailsWithoutWords(Failing):
    """Has no text for an unknown error."""

    def broken(self, response: Response) -> Response:
        """Say null."""
        return with_json(response, json_of(response) | {"errorMessage": None})


@faulty("SLS-RETRY-13", "SLS-COMMON-17", says="An internal error of a retry is answered 400.")
class RetryFailureBlamed(Failing):
    """Says that the client is at fault."""

    def broken(self, response: Response) -> Response:
        """Say 400."""
        return with_status(response, 400)


@faulty("SLS-RETRY-13", "SLS-COMMON-17", says="An internal error of a retry is answered 200.")
class RetryFailureHidden(Failing):
    """Says that nothing is wrong."""

    def broken(self, response: Response) -> Response:
        """Say 200."""
        return with_body(with_status(response, 200), b"", media_type=None)
