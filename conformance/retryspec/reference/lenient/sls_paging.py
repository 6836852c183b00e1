"""SLS servers that give another page than the one asked for where the contract leaves it open, or count otherwise."""

from retryspec_models.sls.models import ShipperTaskPage, ShipperTaskStatistics

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import lenient

DEFAULT_SIZE = 100


@lenient("sls A-25", says="A size of 0 is refused.")
class SizeZeroRefused(Server):
    """Sees no sense in a page without tasks."""

    def check_page(self, offset: int, size: int) -> None:
        """Refuse an empty page."""
        if size == 0:
            raise self.refuse(faults.PARAMETER_INVALID, name="size", detail="It has to be 1 or more.")


@lenient("sls A-25", says="A size of 0 gets the default page.")
class SizeZeroIsDefault(Server):
    """Takes 0 for a size that was not given."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, one of a hundred for a size of 0."""
        return super().page_of(tasks, offset, size or DEFAULT_SIZE)


@lenient("sls R-12", says="No page has more than 60 tasks.")
class PagesOfSixty(Server):
    """Gives short pages though more tasks follow, which warns; who pages on by what came gets all."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, of sixty tasks at most."""
        return super().page_of(tasks, offset, min(size, 60))


@lenient("sls A-26", says="A page beyond the end is refused.")
class PageBeyondEndRefused(Server):
    """Answers 400 where an empty page should be; strict is only that it is no 5xx."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, or refuse one that begins beyond the end."""
        if offset and offset >= len(tasks):
            raise self.refuse(faults.PARAMETER_INVALID, name="offset", detail="It lies beyond the last task.")
        return super().page_of(tasks, offset, size)


@lenient("sls A-26", says="Beyond the end the total is 0.")
class TotalZeroBeyondEnd(Server):
    """Says nothing of the range on a page beyond its end; that the total stays there is a should."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return the page, with a total of 0 beyond the end."""
        page = super().page(shipper, from_, to, status, offset, size)
        return page if offset < page.total else page.model_copy(update={"total": 0})


@lenient("sls A-28", says="With a status filter the total is still that of the range.")
class TotalOfRange(Server):
    """Counts before the filter."""

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return the number of tasks in the range."""
        return len(tasks)


@lenient("sls A-28", says="With a status filter the total is that of the range, and the statistics are filtered.")
class TotalOfRangeStatisticsFiltered(TotalOfRange):
    """Takes both latitudes at once, so that neither the sum nor a total can be compared with a filter."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the chosen tasks."""
        return super().statistics_of(chosen, chosen, page, now)


@lenient("sls A-37", says="Tasks come in the order of their ids.")
class OrderById(Server):
    """Lists in an order that has nothing to do with time."""

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks by id."""
        return sorted(tasks, key=lambda task: task.id)


@lenient("sls A-37", says="Running tasks come first, then those that ended last.")
class OrderByEnd(Server):
    """Lists in an order that a retry changes; it is stable while nothing happens."""

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks, the last to end first."""
        now = self.now()
        running = State.RUNNING
        return sorted(tasks, key=lambda task: (self.state_of(task, now) is not running, -task.finished, task.id))
