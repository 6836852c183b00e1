"""SLS servers that decide rightly and write wrongly: the answer changed once it was made."""

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.variations import faulty
from retryspec.reference.wire import json_of, with_json, with_status


@faulty("SLS-COMMON-11", says="An error answer has no x-log-requestid.")
class RequestIdMissingOnErrors(Server):
    """Forgets the request id where something went wrong."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the id from an error."""
        response = super().finish(call, response)
        if response.status_code >= 400:
            del response.headers["x-log-requestid"]
        return response


@faulty("SLS-GET-19", says="The times of a task are texts.")
class TimesAsText(Server):
    """Writes its numbers with quotation marks."""

    def finish(self, call: Call, response: Response) -> Response:
        """Turn the times of every task on a page into texts."""
        response = super().finish(call, response)
        page = json_of(response)
        if response.status_code != 200 or page is None:
            return response
        for task in page["tasks"]:
            task |= {name: str(value) for name, value in task.items() if name.endswith("Time")}
        return with_json(response, page)


@faulty("SLS-RETRY-07", says="A retry is answered with 202.")
class RetryAccepted(Server):
    """Says that it will see to it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Turn the 200 of a retry into a 202."""
        response = super().finish(call, response)
        if call.operation_id == "retryShipperTask" and response.status_code == 200:
            return with_status(response, 202)
        return response
