"""SLS servers whose lists or numbers are wrong: one method of the server replaced."""

from retryspec_models.sls.models import ShipperTaskStatistics
from retryspec_models.sls.stubs import Call, Problem, Refusal

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Task
from retryspec.reference.variations import accepted, faulty


@faulty("SLS-GET-16", says="The count is one too many wherever something follows the page.")
class CountBeyondPage(Server):
    """Counts the task after the page as well."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember whether something follows it."""
        self.following = len(tasks) > offset + size
        return super().page_of(tasks, offset, size)

    def count_of(self, page: list[Task]) -> int:
        """Return a count that is wrong on all pages but the last."""
        return len(page) + self.following


@faulty("SLS-GET-18", says="The statistics are those of the page instead of the range.")
class StatisticsOfPage(Server):
    """Counts what it shows."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the page."""
        return super().statistics_of(page, page, page, now)


@faulty("SLS-GET-13", says="A size above 500 is taken as it is.")
class SizeUnbounded(Server):
    """Lets through a size that the stubs refuse: `invalid` answers with the page."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the page for a size that is too large."""
        given = dict(reversed(call.query))
        if problem.name != "size" or not given.get("size", "").isdigit():
            return super().invalid_parameter(call, problem)
        from_, to, offset, size = (int(given.get(name, 0)) for name in ("from", "to", "offset", "size"))
        return accepted(self.page(self.shipper_of(call), from_, to, given.get("status", ""), offset, size))
