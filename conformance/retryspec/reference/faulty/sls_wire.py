"""SLS servers that decide rightly and write wrongly: the answer changed once it was made.

The first three classes break nothing; they are what the others, here and in the modules beside this one, write with.
"""

from typing import Any

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.variations import faulty
from retryspec.reference.wire import json_of, with_body, with_json, with_status

__all__ = ["ErrorWriter", "PageWriter", "TaskWriter"]


class PageWriter(Server):
    """Has a second look at every page of tasks."""

    def finish(self, call: Call, response: Response) -> Response:
        """Write the page as `rewritten` wants it."""
        response = super().finish(call, response)
        if call.operation_id != "getShipperStatus" or response.status_code != 200:
            return response
        return self.rewritten(call, response)

    def rewritten(self, call: Call, response: Response) -> Response:
        """Return the answer to a listing as it is sent."""
        page = json_of(response)
        self.rewrite(call, page)
        return with_json(response, page)

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Change a page in place."""


class TaskWriter(PageWriter):
    """Has a second look at every task of a page."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Change the tasks of a page one by one."""
        for task in page["tasks"]:
            self.rewrite_task(task)

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Change a task in place."""


class ErrorWriter(Server):
    """Has a second look at every error answer that has a body."""

    def finish(self, call: Call, response: Response) -> Response:
        """Write the error as `rewritten_error` wants it."""
        response = super().finish(call, response)
        if response.status_code < 400 or not response.body:
            return response
        return self.rewritten_error(call, response, json_of(response))

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return an error answer as it is sent."""
        raise NotImplementedError


@faulty("SLS-RETRY-07", says="A retry is answered with 202.")
class RetryAccepted(Server):
    """Says that it will see to it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Turn the 200 of a retry into a 202."""
        response = super().finish(call, response)
        if call.operation_id == "retryShipperTask" and response.status_code == 200:
            return with_status(response, 202)
        return response


# SLS-GET-14: 200 and a JSON object


@faulty("SLS-GET-14", "SLS-GET-11", says="A range without tasks is answered 204.")
class EmptyListIsNoContent(PageWriter):
    """Has nothing to say where there is nothing."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Turn an empty page into a 204."""
        if json_of(response)["tasks"]:
            return response
        return with_status(with_body(response, b"", media_type=None), 204)


@faulty("SLS-GET-14", "SLS-GET-11", says="A page that is not the last is answered 206.")
class FurtherPagesPartial(PageWriter):
    """Takes a page for a part of a representation."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Turn the 200 of a page that leaves tasks out into a 206."""
        page = json_of(response)
        return with_status(response, 206 if page["count"] < page["total"] else 200)


@faulty("SLS-GET-14", says="A comma is missing after the statistics.")
class CommaMissing(PageWriter):
    """Writes what the example of seed 001 shows."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Leave the comma before `tasks` out."""
        body = bytes(response.body).replace(b'},"tasks"', b'}"tasks"')
        return with_body(response, body, media_type="application/json")


@faulty("SLS-GET-14", says="A quotation mark in a taskMessage is not escaped.")
class MessageUnescaped(PageWriter):
    """Puts its JSON together from pieces of text."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Take the escapes away."""
        body = bytes(response.body).replace(b'\\"', b'"').replace(b"\\n", b"\n")
        return with_body(response, body, media_type="application/json")


@faulty("SLS-GET-14", says="A page with a letter beyond ASCII is not UTF-8 but GBK.")
class PageInGbk(PageWriter):
    """Writes in the encoding of its region."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Encode the page anew."""
        body = bytes(response.body).decode().encode("gb18030")
        return with_body(response, body, media_type="application/json")


@faulty("SLS-GET-14", "SLS-GET-15", says="The body is the array of tasks.")
class BareTasks(PageWriter):
    """Returns the list alone."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Return the tasks without the object around them."""
        return with_json(response, json_of(response)["tasks"])


# SLS-GET-15: count, total, statistics, tasks


@faulty("SLS-GET-15", says="The page stands in a member named data.")
class PageWrapped(PageWriter):
    """Puts an envelope around what it says."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Return the page one level deeper."""
        return with_json(response, {"data": json_of(response)})


@faulty("SLS-GET-15", says="A single task is an object instead of an array.")
class SingleTaskObject(PageWriter):
    """Reads the page of 2024 to the letter, where there is one task."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Take the array away from a single task."""
        if len(page["tasks"]) == 1:
            page["tasks"] = page["tasks"][0]


@faulty("SLS-GET-15", "SLS-GET-11", says="An empty page has null in place of its tasks.")
class EmptyTasksNull(PageWriter):
    """Has no list where nothing was found."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Write null for an empty array."""
        page["tasks"] = page["tasks"] or None


@faulty("SLS-GET-15", says="The total is missing on all pages but the first.")
class TotalOnFirstPageOnly(PageWriter):
    """Counts once."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Take the total away where an offset was asked for."""
        if dict(call.query).get("offset", "0") != "0":
            del page["total"]


@faulty("SLS-GET-15", says="The count is a text.")
class CountAsText(PageWriter):
    """Writes one of its numbers with quotation marks."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Turn the count into a text."""
        page["count"] = str(page["count"])


@faulty("SLS-GET-15", says="The statistics of a range without tasks are left out.")
class EmptyStatisticsMissing(PageWriter):
    """Has no statistics where there is nothing to count."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Take statistics of zeros away."""
        if not any(page["statistics"].values()):
            del page["statistics"]


# SLS-GET-18: the shape of statistics


@faulty("SLS-GET-18", says="A status of which there is no task is left out of the statistics.")
class ZeroStatisticsMissing(PageWriter):
    """Counts by grouping, so that what is not there is not counted."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Keep the numbers that are not 0."""
        page["statistics"] = {name: number for name, number in page["statistics"].items() if number}


@faulty("SLS-GET-18", says="The statistics are named successful and failed.")
class StatisticsInWordsOfTable(PageWriter):
    """Takes the words of seed 001, Request parameters."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Rename two numbers."""
        numbers = page["statistics"]
        page["statistics"] = {
            "running": numbers["running"],
            "successful": numbers["success"],
            "failed": numbers["fail"],
        }
