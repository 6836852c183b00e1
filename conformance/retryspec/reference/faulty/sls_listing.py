"""SLS servers that list what they should not, or change what they list, and what others use to be laxer than the stubs.

`Forgiving` breaks nothing: it is what the servers here and in the modules beside this one answer with where the stubs
have already refused a parameter.
"""

import random
from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import accepted, faulty

__all__ = ["Forgiving"]


class Forgiving(Server):
    """Reads another value where one parameter is missing or cannot be read."""

    forgives: Sequence[str] = ()
    """The names of the parameters of which it does so."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the page for the other value, or refuse as ever."""
        refusal = super().invalid_parameter(call, problem)
        given = dict(reversed(call.query))
        value = self.instead(problem, given) if problem.name in self.forgives else None
        if value is None:
            return refusal
        numbers: dict[str, int] = {"offset": 0, "size": 100}
        for name in ("from", "to", "offset", "size"):
            text = value if name == problem.name else given.get(name)
            if text is not None and not text.lstrip("-").isdecimal():
                return refusal
            numbers |= {} if text is None else {name: int(text)}
        if not {"from", "to"} <= numbers.keys():
            return refusal
        status = value if problem.name == "status" else given.get("status", "")
        return accepted(self.page_instead(call, numbers, status))

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return what a parameter is taken for; None to refuse it."""
        return given.get(problem.name)

    def page_instead(self, call: Call, numbers: dict[str, int], status: str) -> ShipperTaskPage:
        """Return the page; the window is looked at as ever."""
        self.check_window(numbers["from"], numbers["to"], self.now())
        shipper = self.shipper_of(call)
        return self.page(shipper, numbers["from"], numbers["to"], status, numbers["offset"], numbers["size"])


# SLS-GET-01


@faulty("SLS-GET-14", "SLS-GET-01", says="A shipper that has no tasks at all does not exist for a GET.")
class EmptyShipperUnknown(Server):
    """Finds a shipper through its tasks."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks, or refuse where there are none."""
        if not self.store.tasks(shipper, 0, 2**62):
            raise self.refuse(faults.SHIPPER_UNKNOWN, name=shipper.name.shipper)
        return super().in_window(shipper, from_, to)


@faulty("SLS-GET-01", "SLS-GET-08", "SLS-GET-11", "SLS-GET-12", says="A GET without status, offset or size is refused.")
class EveryParameterWanted(Server):
    """Has no defaults."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page if the request says everything."""
        for name in ("status", "offset", "size"):
            if name not in dict(call.query):
                raise self.refuse(faults.QUERY_MISSING, name=name)
        return super().get_shipper_status(call, **given)


# SLS-GET-28: reading changes nothing


@faulty("SLS-GET-28", "SLS-COMMON-03", says="Listing failed tasks runs them again.")
class ListingRetries(Server):
    """Takes care of what has failed as soon as it is looked at."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and start what has failed on it."""
        page = super().page(shipper, from_, to, status, offset, size)
        self.store.start_again(shipper, [task.id for task in page.tasks if task.task_status == "fail"], self.now())
        return page


@faulty("SLS-GET-28", says="Listing with status=fail alone runs the failed tasks again.")
class FilteredListingRetries(Server):
    """Takes a question for failed tasks for an order."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and start what has failed if that was asked for."""
        page = super().page(shipper, from_, to, status, offset, size)
        if status == "fail":
            self.store.start_again(shipper, [task.id for task in page.tasks], self.now())
        return page


@faulty("SLS-GET-28", "SLS-GET-17", "SLS-GET-18", says="A task that has succeeded is listed once and never again.")
class SuccessShownOnce(Server):
    """Takes what was read for acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown: set[tuple[int, str]] = set()

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and forget what has succeeded on it."""
        page = super().page(shipper, from_, to, status, offset, size)
        self.shown |= {(shipper.number, task.id) for task in page.tasks if task.task_status == "success"}
        return page

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were not shown yet."""
        return [task for task in super().in_window(shipper, from_, to) if (shipper.number, task.id) not in self.shown]


@faulty("SLS-GET-11", "SLS-GET-17", "SLS-GET-20", says="The tasks come in another order each time.")
class OrderRandom(Server):
    """Sorts by nothing."""

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks, shuffled."""
        return random.sample(tasks, len(tasks))


@faulty("SLS-GET-17", "SLS-GET-20", "SLS-GET-11", says="Pages repeat and skip tasks that were created in one second.")
class TiesRandom(Server):
    """Sorts by the time of creation alone."""

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks, those of one second in another order each time."""
        return sorted(random.sample(tasks, len(tasks)), key=lambda task: -task.created)


@faulty("SLS-GET-11", "SLS-GET-17", "SLS-GET-20", says="Asking again turns the order of the tasks around.")
class OrderTurnsAround(Server):
    """Reads its list forwards and backwards in turn."""

    turned = False

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks in the other order than the last time."""
        self.turned = not self.turned
        return tasks[::-1] if self.turned else tasks


@faulty("SLS-GET-28", "SLS-RETRY-04", says="A running task is taken for finished once it was listed.")
class ListingEndsRuns(Server):
    """Collects the results of its runs when somebody looks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen: dict[tuple[str, int], float] = {}

    def state_of(self, task: Task, now: float) -> State:
        """Return the state, running only in the answer that shows a run for the first time."""
        first = self.seen.setdefault((task.id, task.runs), now)
        return task.outcome if first < now else super().state_of(task, now)
