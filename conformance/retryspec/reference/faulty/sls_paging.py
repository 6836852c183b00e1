"""SLS servers whose pages begin or end elsewhere than they should."""

from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Reason

from retryspec.reference.faulty.sls_listing import Forgiving
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, Task
from retryspec.reference.variations import faulty

# SLS-GET-11: offset


@faulty("SLS-GET-17", "SLS-GET-11", "SLS-GET-20", says="The offset is not looked at.")
class OffsetIgnored(Server):
    """Always begins with the first task."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the first page."""
        return super().page_of(tasks, 0, size)


@faulty("SLS-GET-11", "SLS-GET-17", says="The offset is the number of a page.")
class OffsetIsPageNumber(Server):
    """Counts pages instead of tasks."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page of that number."""
        return super().page_of(tasks, offset * size, size)


@faulty("SLS-GET-17", "SLS-GET-11", "SLS-GET-20", says="An offset of 1 begins with the first task.")
class OffsetFromOne(Server):
    """Counts from one."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, one task early but for offset 0."""
        return super().page_of(tasks, max(0, offset - 1), size)


@faulty("SLS-GET-11", says="An offset is rounded down to a multiple of the size.")
class OffsetRounded(Server):
    """Knows whole pages alone."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page that holds the task at the offset."""
        return super().page_of(tasks, offset // size * size if size else offset, size)


@faulty("SLS-GET-11", "SLS-GET-17", says="An offset of 100 or more leaves out one task too many.")
class OffsetOfHundredSkips(Server):
    """Counts the last task of the first hundred twice."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, one task late beyond the first hundred."""
        return super().page_of(tasks, offset + (offset >= 100), size)


@faulty("SLS-GET-17", "SLS-GET-11", "SLS-GET-20", says="An offset of more than 500 is taken as 500.")
class OffsetUpToFiveHundred(Server):
    """Has the limit of the size for the offset."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, begun at 500 at the latest."""
        return super().page_of(tasks, min(offset, 500), size)


@faulty("SLS-GET-11", "SLS-GET-09", "SLS-GET-17", "SLS-GET-20", says="With a status the offset is not looked at.")
class OffsetIgnoredWithStatus(Server):
    """Has two ways to list, one of which forgets the offset."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, the first one when there is a status."""
        return super().page(shipper, from_, to, status, 0 if status else offset, size)


@faulty(
    "SLS-GET-11",
    "SLS-GET-09",
    "SLS-GET-17",
    "SLS-GET-20",
    says="With a status the offset counts the tasks of every status.",
)
class OffsetBeforeFilter(Server):
    """Passes tasks over before it filters."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and remember where it begins."""
        self.before = offset if status else 0
        return super().page(shipper, from_, to, status, 0 if status else offset, size)

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status that come after the offset."""
        return super().select(tasks[self.before :], status, now)


@faulty("SLS-GET-11", says="An offset of 1 is refused.")
class OffsetOneRefused(Server):
    """Mistakes one bound for another."""

    def check_page(self, offset: int, size: int) -> None:
        """Refuse the smallest offset that is one."""
        if offset == 1:
            raise self.refuse(faults.PARAMETER_INVALID, name="offset", detail="It is not allowed.")


@faulty("SLS-GET-11", says="An offset beyond the end is refused.", warns=True)
class OffsetBeyondEndRefused(Server):
    """Wants an offset to be that of a task."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, or refuse one without a task."""
        if offset and offset >= len(tasks):
            raise self.refuse(faults.PARAMETER_INVALID, name="offset", detail="There is no such task.")
        return super().page_of(tasks, offset, size)


@faulty("SLS-GET-11", says="An offset beyond the end gets the last page.")
class OffsetBeyondEndLastPage(Server):
    """Never shows an empty page when there are tasks."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, or the last one."""
        if offset >= len(tasks):
            offset = max(0, len(tasks) - size)
        return super().page_of(tasks, offset, size)


@faulty("SLS-GET-11", says="An offset that is no number is taken for 0.", warns=True)
class OffsetTextIgnored(Forgiving):
    """Takes what it cannot read for absent."""

    forgives: Sequence[str] = ("offset",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return 0 for what cannot be read."""
        return "0" if problem.reason is Reason.MALFORMED else None


# SLS-GET-17, SLS-GET-20: pages that do not fit together


@faulty(
    "SLS-GET-17", "SLS-GET-11", "SLS-GET-20", says="Every page but the first repeats the last task of the one before."
)
class PagesOverlap(Server):
    """Begins one too early."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, with a task that was shown before."""
        return super().page_of(tasks, offset - 1 if offset > 1 else offset, size)


@faulty("SLS-GET-17", "SLS-GET-11", "SLS-GET-09", says="After the first page a task is skipped.")
class PagesSkip(Server):
    """Begins one too late."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, without the task that should come first."""
        return super().page_of(tasks, offset + 1 if offset else 0, size)


@faulty("SLS-GET-17", says="From the third page of 100 on a task is skipped.")
class ThirdPageSkips(Server):
    """Loses a task at a border that few lists reach."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, one task late from 200 on."""
        return super().page_of(tasks, offset + (offset >= 200), size)


@faulty("SLS-GET-17", "SLS-GET-12", says="The list ends after 500 tasks, though the total goes on.")
class ListEndsAtFiveHundred(Server):
    """Cannot look further than one page of the largest size."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page of the first 500 tasks."""
        return super().page_of(tasks[:500], offset, size)


# SLS-GET-12: size


@faulty("SLS-GET-12", says="The size is always 100.")
class SizeIgnored(Server):
    """Has pages of one size."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return a page of 100."""
        return super().page_of(tasks, offset, 100)


class DefaultSize(Server):
    """Has another size where none is asked for."""

    default: int

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, of the other size if the request has none."""
        if "size" not in dict(call.query):
            given["size"] = self.default
        return super().get_shipper_status(call, **given)


@faulty("SLS-GET-12", says="Without a size there are 50 tasks on a page.")
class SizeDefaultFifty(DefaultSize):
    """Has a smaller default."""

    default = 50


@faulty("SLS-GET-12", says="Without a size there are 500 tasks on a page.")
class SizeDefaultFiveHundred(DefaultSize):
    """Has the maximum for the default."""

    default = 500


@faulty("SLS-GET-12", says="Without a size there are 101 tasks on a page.")
class SizeDefaultOneMore(DefaultSize):
    """Counts from 0 to 100."""

    default = 101


@faulty("SLS-GET-12", says="A size of 1 gets two tasks.")
class SizeOfOneDoubled(Server):
    """Has no page of a single task."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, of two tasks at least."""
        return super().page_of(tasks, offset, 2 if size == 1 else size)


@faulty("SLS-GET-12", says="A page that does not begin with the first task has one task more than its size.")
class SizeOneMoreLater(Server):
    """Counts both ends of a page."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page, one task longer after the first."""
        return super().page_of(tasks, offset, size + (offset > 0))


@faulty("SLS-GET-12", says="The size is where the page ends.")
class SizeIsEnd(Server):
    """Takes offset and size for a beginning and an end."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return what lies between both numbers."""
        return tasks[offset:size]


@faulty("SLS-GET-12", says="With a status the size is not looked at.")
class SizeIgnoredWithStatus(Server):
    """Has two ways to list, one of which has a size of its own."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, of 100 when there is a status."""
        return super().page(shipper, from_, to, status, offset, 100 if status else size)


@faulty("SLS-GET-12", says="A page has at most 20 tasks.", warns=True)
class SizeUpToTwenty(Server):
    """Gives less than it is asked for, and more when it is asked again."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return a short page."""
        return super().page_of(tasks, offset, min(size, 20))


@faulty("SLS-GET-12", says="A size that is no number is taken for 100.", warns=True)
class SizeTextDefault(Forgiving):
    """Takes what it cannot read for absent."""

    forgives: Sequence[str] = ("size",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return the default for what cannot be read."""
        return "100" if problem.reason is Reason.MALFORMED else None


# SLS-GET-13: at most 500


@faulty("SLS-GET-13", says="A size above 500 is taken as it is.")
class SizeUnbounded(Forgiving):
    """Lets through a size that the stubs refuse."""

    forgives: Sequence[str] = ("size",)


@faulty("SLS-GET-13", says="A size of -1 gets all tasks.")
class SizeMinusOneAll(Forgiving):
    """Takes the word of a client for all pages for one of its own."""

    forgives: Sequence[str] = ("size",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return a size that no list reaches."""
        return "1000000" if given.get("size") == "-1" else None


@faulty("SLS-GET-13", says="A size from 10000 on gets all tasks, while 501 is refused.")
class SizeHugeUnbounded(Forgiving):
    """Compares the size as if it had four digits."""

    forgives: Sequence[str] = ("size",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return a size that is too long to be compared."""
        size = given.get("size", "")
        return size if len(size) > 4 else None


@faulty("SLS-GET-13", says="A size of 500 is refused.")
class SizeOfFiveHundredRefused(Server):
    """Mistakes less than for at most."""

    def check_page(self, offset: int, size: int) -> None:
        """Refuse the largest size."""
        if size >= 500:
            raise self.refuse(faults.PARAMETER_INVALID, name="size", detail="It is too large.")


@faulty("SLS-GET-13", "SLS-GET-12", says="A size of more than 100 is taken as 100.", warns=True)
class SizeUpToHundred(Server):
    """Has the default for the maximum."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return a page of 100 at most."""
        return super().page_of(tasks, offset, min(size, 100))
