"""SLS servers that list rightly and count wrongly."""

from retryspec_models.sls.models import ShipperTaskPage, ShipperTaskStatistics

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Task
from retryspec.reference.variations import faulty

ALL_TIMES = (0, 2**62)

# SLS-GET-16: count


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


@faulty("SLS-GET-16", says="The count is the total.")
class CountIsTotal(Server):
    """Says one number twice."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember how many tasks there are."""
        self.all = len(tasks)
        return super().page_of(tasks, offset, size)

    def count_of(self, page: list[Task]) -> int:
        """Return how many tasks there are in the range."""
        return self.all


@faulty("SLS-GET-16", says="The count is the size that was asked for, however few tasks there are.")
class CountIsSize(Server):
    """Repeats the request."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember its size."""
        self.size = size
        return super().page_of(tasks, offset, size)

    def count_of(self, page: list[Task]) -> int:
        """Return the size."""
        return self.size


@faulty("SLS-GET-16", says="The count includes the tasks of the pages before.")
class CountAddsUp(Server):
    """Counts what it has shown so far."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember what comes before."""
        self.before = min(offset, len(tasks))
        return super().page_of(tasks, offset, size)

    def count_of(self, page: list[Task]) -> int:
        """Return how far the page reaches."""
        return self.before + len(page)


@faulty("SLS-GET-16", says="The count is 100 for every page that is longer.")
class CountUpToHundred(Server):
    """Knows the default size alone."""

    def count_of(self, page: list[Task]) -> int:
        """Return at most 100."""
        return min(len(page), 100)


# SLS-GET-17: total


@faulty("SLS-GET-17", "SLS-GET-18", says="The total is the number of tasks on the page.")
class TotalOfPage(Server):
    """Counts what it shows."""

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return the length of the page."""
        return len(page)


@faulty("SLS-GET-17", "SLS-GET-18", says="The total is the number of tasks from the offset on.")
class TotalOfRest(Server):
    """Counts what is left."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember where it begins."""
        self.before = offset
        return super().page_of(tasks, offset, size)

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return how many tasks come from the page on."""
        return max(0, len(chosen) - self.before)


@faulty("SLS-GET-17", "SLS-GET-18", says="The total is never more than 500.")
class TotalUpToFiveHundred(Server):
    """Counts as far as it may show."""

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return at most 500."""
        return min(super().total_of(tasks, chosen, page), 500)


@faulty("SLS-GET-18", "SLS-GET-17", says="A total of more than 100 is rounded to tens.")
class TotalRounded(Server):
    """Estimates what is many."""

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return a round number."""
        total = super().total_of(tasks, chosen, page)
        return total if total <= 100 else total // 10 * 10


@faulty("SLS-GET-17", "SLS-GET-18", says="The total counts the tasks outside the range as well.")
class TotalOfShipper(Server):
    """Counts all that the shipper has."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the range, and remember the number of all."""
        self.all = len(super().in_window(shipper, *ALL_TIMES))
        return super().in_window(shipper, from_, to)

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return the number of all tasks, unless there is a filter."""
        return self.all if len(chosen) == len(tasks) else len(chosen)


@faulty(
    "SLS-GET-17", "SLS-GET-18", says="The total is that of the first request for a shipper, whatever range comes later."
)
class TotalRemembered(Server):
    """Counts a shipper once."""

    totals: dict[int, int]

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page with a total that was known before."""
        page = super().page(shipper, from_, to, status, offset, size)
        if status == "":
            self.totals = getattr(self, "totals", {})
            page.total = self.totals.setdefault(shipper.number, page.total)
        return page


# SLS-GET-18: statistics


@faulty("SLS-GET-18", says="The statistics are those of the page instead of the range.")
class StatisticsOfPage(Server):
    """Counts what it shows."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the page."""
        return super().statistics_of(page, page, page, now)


@faulty("SLS-GET-18", says="The numbers of tasks that have succeeded and failed are exchanged.")
class StatisticsExchanged(Server):
    """Mistakes two numbers for each other."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return two of the numbers in the wrong place."""
        right = super().statistics_of(tasks, chosen, page, now)
        return right.model_copy(update={"success": right.fail, "fail": right.success})


@faulty("SLS-GET-18", says="The statistics count the first 500 tasks of the range.")
class StatisticsUpToFiveHundred(Server):
    """Counts as far as it may show."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the first 500."""
        return super().statistics_of(tasks[:500], chosen[:500], page, now)


@faulty("SLS-GET-18", says="The statistics count the tasks outside the range as well.")
class StatisticsOfShipper(Server):
    """Counts all that the shipper has."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the range, and remember all."""
        self.all = super().in_window(shipper, *ALL_TIMES)
        return super().in_window(shipper, from_, to)

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of all tasks."""
        return super().statistics_of(self.all, chosen, page, now)


@faulty("SLS-GET-18", says="A task that runs again is still counted as failed.")
class StatisticsBeforeRetry(Server):
    """Counts by what the first run came to."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers as they would be without retries that are under way."""
        right = super().statistics_of(tasks, chosen, page, now)
        again = sum(task.runs > 0 and task.ends > now for task in tasks)
        return right.model_copy(update={"running": right.running - again, "fail": right.fail + again})


@faulty("SLS-GET-18", says="A running task is counted under each status that it may come to.")
class StatisticsRunningTwice(Server):
    """Counts running tasks as what they will be, too."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return numbers whose sum is too high."""
        right = super().statistics_of(tasks, chosen, page, now)
        return right.model_copy(update={"success": right.success + right.running})


@faulty("SLS-GET-18", says="The statistics count from the offset on.")
class StatisticsOfRest(Server):
    """Counts what is left."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, and remember where it begins."""
        self.before = offset
        return super().page_of(tasks, offset, size)

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return the numbers of the tasks from the page on."""
        return super().statistics_of(tasks[self.before :], chosen, page, now)
