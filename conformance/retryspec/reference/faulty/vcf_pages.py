"""VCF servers whose pages repeat or leave out tasks, or have another form in some place."""

from typing import Any

from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.faulty.vcf_lists import Paged
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import Task
from retryspec.reference.wire import json_of, with_body, with_status


@faulty("VCF-LIST-08", says="The fourth page is the third one.")
class FourthPageIsThird(Server):
    """Has room for three."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page, the third one for the fourth."""
        return super().page_of(tasks, 2 if number == 3 else number, size)


@faulty("VCF-LIST-08", says="A last page that is not full is filled up from the one before.")
class LastPageIsFilled(Server):
    """Does not like short pages."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page, a full one at the end."""
        short = number and number * size < len(tasks) < (number + 1) * size
        return tasks[-size:] if short else super().page_of(tasks, number, size)


@faulty("VCF-LIST-08", says="A last page that is not full is empty.")
class LastPageIsEmpty(Server):
    """Counts full pages."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page, an empty one at the end."""
        short = number and (number + 1) * size > len(tasks)
        return [] if short else super().page_of(tasks, number, size)


@faulty("VCF-LIST-08", says="At the largest size the second page begins one late.")
class LargestPageSkips(Server):
    """Asked for one more to see whether there are any."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page, a later one for the largest size."""
        late = 1 if size == 100 and number else 0
        return tasks[number * size + late : number * size + size]


@faulty("VCF-LIST-08", says="Tasks beyond the five hundredth are on no page.", slow=True)
class FiveHundredAtMost(Server):
    """Has a limit for what it counts."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page of the first five hundred."""
        return super().page_of(tasks[:500], number, size)


@faulty("VCF-LIST-02", says="The elements of a list with one task are that task.")
class OneIsNoArray(Paged):
    """Turns XML into JSON."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page without an array of one."""
        elements = page["elements"]
        return {**page, "elements": elements[0]} if len(elements) == 1 else page


@faulty("VCF-LIST-02", says="The elements of a list without a match hold a null.")
class NothingIsNull(Paged):
    """Joins what it has with what it does not."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page with null for no elements."""
        return {**page, "elements": page["elements"] or [None]}


@faulty("VCF-LIST-02", "VCF-LIST-08", says="The elements of later pages are ids.")
class LaterPagesAreIds(Paged):
    """Loads later pages when they are looked at."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page, a later one with ids."""
        if not page["pageMetadata"]["pageNumber"]:
            return page
        return {**page, "elements": [task["id"] for task in page["elements"]]}


@faulty("VCF-LIST-03", says="totalElements is beyond 32 bits where nothing matches.")
class TotalIsLong(Paged):
    """Says that it does not know."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page with a large number."""
        if page["elements"]:
            return page
        return {**page, "pageMetadata": {**page["pageMetadata"], "totalElements": 2**63 - 1}}


@faulty("VCF-LIST-03", says="pageMetadata is an array where nothing matches.")
class MetadataIsArray(Paged):
    """Does not tell arrays from objects where there is nothing in them."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page with an array."""
        return page if page["elements"] else {**page, "pageMetadata": []}


@faulty("VCF-LIST-03", says="pageNumber is false on the first page.")
class NumberIsFalse(Paged):
    """Sends what its language makes of 0."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page with a boolean."""
        number = page["pageMetadata"]["pageNumber"]
        return {**page, "pageMetadata": {**page["pageMetadata"], "pageNumber": number or False}}


@faulty("VCF-LIST-01", says="A list without a match is null.")
class NothingMatchesIsNull(Paged):
    """Has nothing to say."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page, or null."""
        return page if page["elements"] else None


@faulty("VCF-LIST-01", "VCF-LIST-02", says="A list without a match is 204.")
class NothingMatchesIs204(Server):
    """Has nothing to say."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer nothing where there is nothing."""
        response = super().finish(call, response)
        if call.operation_id != "getTasks" or response.status_code != 200 or json_of(response)["elements"]:
            return response
        return with_status(with_body(response, b"", media_type=None), 204)


@faulty("VCF-LIST-01", says="A page with more to follow is 206.")
class PageIsPartial(Server):
    """Has sent a part."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer 206 where there is more."""
        response = super().finish(call, response)
        if call.operation_id != "getTasks" or response.status_code != 200:
            return response
        return with_status(response, 206) if json_of(response)["pageMetadata"]["totalPages"] > 1 else response
