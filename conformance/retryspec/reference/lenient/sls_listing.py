"""SLS servers that list and count in another way that the contract leaves open."""

from retryspec_models.sls.models import ShipperTaskStatistics
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Task
from retryspec.reference.variations import accepted, lenient


@lenient("sls A-06", says="A task created at the end of the window is listed as well.")
class WindowClosed(Server):
    """Takes both bounds of a window as part of it."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were created in [from, to]."""
        return super().in_window(shipper, from_, min(to + 1, 2**63 - 1))


@lenient("sls A-29", says="With a status filter the statistics count only what the filter lets through.")
class StatisticsFiltered(Server):
    """Counts after the filter."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the chosen tasks."""
        return super().statistics_of(chosen, chosen, page, now)


@lenient("sls A-37", says="The oldest tasks come first.")
class OldestFirst(Server):
    """Lists in the order of creation."""

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks, oldest first."""
        return sorted(tasks, key=lambda task: (task.created, task.id))


@lenient("sls A-24", says="A size above 500 is taken as 500.")
class SizeClamped(Server):
    """Gives as much as it may instead of refusing."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a page of 500 for a size that is too large; the window is looked at as ever."""
        given = dict(reversed(call.query))
        too_large = problem.reason is Reason.OUT_OF_RANGE and not given.get("size", "").startswith("-")
        if problem.name != "size" or not too_large:
            return super().invalid_parameter(call, problem)
        from_, to, offset = (int(given.get(name, 0)) for name in ("from", "to", "offset"))
        self.check_window(from_, to, self.now())
        return accepted(self.page(self.shipper_of(call), from_, to, given.get("status", ""), offset, 500))
