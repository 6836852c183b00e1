"""VCF servers with lists that hold other tasks than they should, or in another form."""

from typing import Any

from retryspec_models.vcf.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import json_of, with_json


class Paged(Server):
    """Changes pages on the wire."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace a page."""
        response = super().finish(call, response)
        fits = call.operation_id == "getTasks" and response.status_code == 200
        return with_json(response, self.paged(json_of(response))) if fits else response

    def paged(self, page: dict[str, Any]) -> object:
        """Return what stands in the place of a page."""
        raise NotImplementedError


@faulty("VCF-LIST-01", says="A list is a bare array, at which the vendor's Python package fails.")
class ListIsArray(Paged):
    """Leaves out what is around the tasks."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return the tasks."""
        return page["elements"]


@faulty("VCF-LIST-02", says="The elements of an empty list are an empty object.")
class EmptyIsObject(Paged):
    """Does not tell arrays from objects where there is nothing in them."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return an object for no elements."""
        return page if page["elements"] else {**page, "elements": {}}


@faulty("VCF-LIST-03", says="totalElements is a text.")
class TotalIsText(Paged):
    """Has a number too large for its language."""

    def paged(self, page: dict[str, Any]) -> object:
        """Return a page with a text."""
        metadata = page["pageMetadata"]
        return {**page, "pageMetadata": {**metadata, "totalElements": str(metadata["totalElements"])}}


@faulty("VCF-LIST-04", says="A pageSize that is no number is answered 500.", warns=True)
class OddValueFails(Server):
    """Does not look at what it reads."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return an internal error."""
        return self.refuse(faults.INTERNAL)


@faulty("VCF-LIST-01", says="A parameter that is not known is refused.", warns=True)
class UnknownParameterRefused(Server):
    """Is strict, and breaks clients that send page or status."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse what is not in the document."""
        for name, value in call.query:
            if name in ("page", "status", "size", "sort", "unknown"):
                raise self.refuse(faults.PARAMETER_INVALID, name, value, name=name, detail="It is not known.")
        return super().get_tasks(call, **values)


# VCF-LIST-05


@faulty("VCF-LIST-05", says="taskStatus has no effect.", warns=True)
class StatusFilterIgnored(Server):
    """Knows the parameter by another name."""

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Return that it matches."""
        return True


@faulty("VCF-LIST-05", says="A retried task is still among the failed ones of the list.", warns=True)
class FilterStale(Server):
    """Filters by what a task was."""

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Tell whether a task has a status, or had it before it was retried."""
        had = task.runs > 0 and status.upper() == State.FAILED
        return had or super().matches_status(task, status, now)


# VCF-LIST-06 to VCF-LIST-08


@faulty("VCF-LIST-06", says="A page has one task more than asked for.", warns=True)
class PageOneMore(Server):
    """Counts from nought."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page and the beginning of the next."""
        offset = (number - self.first_page) * size
        return tasks[offset : offset + size + 1]


@faulty("VCF-LIST-07", says="Cancelled and pending tasks are listed, and not found.", warns=True)
class ListedNotFound(Server):
    """Keeps them elsewhere."""

    def get_task(self, call: Call, *, id_: str) -> Any:
        """Show a task that is not one of those made long ago."""
        if self.task_of(id_).state(self.now()) in (State.CANCELLED, State.PENDING):
            raise self.unknown(id_)
        return super().get_task(call, id_=id_)


@faulty("VCF-LIST-08", says="The last task of each page is the first of the next as well.")
class PagesOverlap(Server):
    """Takes the end of a page for the beginning of the next."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page that begins one early."""
        offset = (number - self.first_page) * size
        begin = max(0, offset - 1) if size > 1 else offset
        return tasks[begin : begin + size]


@faulty("VCF-LIST-08", says="The third page leaves out its first task.")
class ThirdPageSkips(Server):
    """Counts wrongly from there on."""

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page, the third one without its first task."""
        page = super().page_of(tasks, number, size)
        return page[1:] if number == self.first_page + 2 else page
