"""VCF servers that take a latitude of the list: order, sizes, totals, odd values, how a status is compared."""

from retryspec_models.vcf.models import PageOfTask
from retryspec_models.vcf.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.variations import accepted, lenient
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.listing import LARGEST_PAGE, Asked
from retryspec.reference.vcf.store import Task
from retryspec.reference.wire import json_of, with_json


@lenient("vcf A18", says="A value of a parameter that is not allowed is passed over.")
class OddValuesPassedOver(Server):
    """Shows a page of its own choice."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the first page."""
        return accepted(self.page(Asked(page_size=LARGEST_PAGE)))


@lenient("vcf A21", says="orderBy and orderDirection have no effect.")
class OrderIgnored(Server):
    """Has one order."""

    def order(self, tasks: list[Task], asked: Asked, now: float) -> list[Task]:
        """Return the tasks as they come."""
        return tasks


@lenient("vcf A22", says="The oldest tasks come first.")
class OldestFirst(Server):
    """Lists in the order of creation."""

    def all_tasks(self) -> list[Task]:
        """Return every task, oldest first."""
        return super().all_tasks()[::-1]


@lenient("vcf R-07", says="A list has no pageMetadata.")
class NoMetadata(Server):
    """Shows tasks and nothing about them."""

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page without the optional member."""
        return PageOfTask.model_construct(elements=super().page(asked).elements)


@lenient("vcf R-07", says="With a limit, pageSize is passed over.")
class LimitWins(Server):
    """Takes one of the two."""

    def page_size(self, asked: Asked) -> int:
        """Return the limit, if there is one."""
        return super().page_size(asked) if asked.limit is None else min(asked.limit, LARGEST_PAGE)


@lenient("vcf R-13", says="taskStatus is compared as a text.")
class StatusComparedAsText(Server):
    """Knows its own spelling only."""

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Tell whether a task shows just this status."""
        return self.spelled(self.state_of(task, now)) == status


@lenient("vcf R-15", says="An empty list has no elements.")
class EmptyWithoutElements(Server):
    """Leaves out what is optional."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the member away where nothing is in it."""
        response = super().finish(call, response)
        if call.operation_id != "getTasks" or response.status_code != 200:
            return response
        page = json_of(response)
        return response if page["elements"] else with_json(response, {"pageMetadata": page["pageMetadata"]})
