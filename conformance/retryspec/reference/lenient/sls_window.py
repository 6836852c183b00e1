"""SLS servers that take the range of time, and the time itself, in another way that the contract leaves open."""

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import lenient

HOUR = 3600
# How old a `to` may be and still mean the present: it was read from the Date of an answer.
PRESENT_SECONDS = 30


@lenient("sls A-06", says="A task created at the very beginning of the window is not listed.")
class WindowOpenAtBothEnds(Server):
    """Takes neither bound of a window as part of it."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were created in (from, to)."""
        return super().in_window(shipper, from_ + 1, to)


@lenient("sls A-01", says="Windows that begin more than 24 hours ago are refused.")
class WindowOfOneDay(Server):
    """Takes the description of seed 001 at its word; that more is accepted is a should."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 24 hours ago."""
        if from_ < int(now) - 24 * HOUR:
            raise self.refuse(faults.WINDOW_TOO_OLD)


@lenient("sls A-01", says="Windows may begin up to 71 hours ago.")
class WindowOfThreeDays(Server):
    """Is generous; that a window is refused is strict only where it is wholly older than 72 hours."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 71 hours ago."""
        if from_ < int(now) - 71 * HOUR:
            raise self.refuse(faults.WINDOW_TOO_OLD)


@lenient("sls A-02", says="Only the end of a window may not be older than 48 hours.")
class WindowAgeByItsEnd(Server):
    """Looks at the age of `to`; that the age of `from` counts is a should."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that ended more than 48 hours ago."""
        super().check_window_age(to, to, now)


@lenient("sls A-02", says="A window that is longer than 48 hours is refused, though it begins within them.")
class WindowLengthLimitedToo(Server):
    """Limits the length as well as the age."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins too long ago or is too long."""
        super().check_window_age(from_, to, now)
        if to - from_ > 48 * HOUR:
            raise self.refuse(faults.WINDOW_TOO_OLD)


@lenient("sls A-02", says="A window that ends after the present is refused.")
class WindowIntoFutureRefused(Server):
    """Takes `to` up to the present second (strict); that it takes one some minutes ahead is a should."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that ends after now."""
        super().check_window_age(from_, to, now)
        if to > int(now):
            raise self.refuse(faults.PARAMETER_INVALID, name="to", detail="It lies in the future.")


@lenient("sls A-02", says="A window that ends after the present is cut off there.")
class WindowIntoFutureCutOff(Server):
    """Lists nothing that is created after the present second."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were created in [from, to) by now."""
        return super().in_window(shipper, from_, min(to, int(self.now()) + 1))


@lenient("sls A-05", says="A task that had not ended by the end of a past window is not listed.")
class WindowHoldsEndsToo(Server):
    """Lists what was created and ended inside; running tasks only in a window that reaches to the present."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that lie wholly in the window, and those that run now where it reaches that far."""
        now = self.now()
        return [task for task in super().in_window(shipper, from_, to) if self.is_whole(task, to, now)]

    def is_whole(self, task: Task, to: int, now: float) -> bool:
        """Tell whether a task ended by the end of the window, or runs at its end."""
        if self.state_of(task, now) is State.RUNNING:
            return to >= int(now) - PRESENT_SECONDS
        return min(task.finished, int(now)) <= to


@lenient("sls A-03", says="The clock is two minutes ahead.")
class ClockAhead(Server):
    """Goes by its own clock in everything, its Date included."""

    def now(self) -> float:
        """Return the time, two minutes late."""
        return super().now() + 120


@lenient("sls A-03", says="The clock is two minutes behind.")
class ClockBehind(Server):
    """Goes by its own clock in everything, its Date included."""

    def now(self) -> float:
        """Return the time of two minutes ago."""
        return super().now() - 120


@lenient("sls R-16", says="The clock is ten minutes ahead.")
class ClockFarAhead(Server):
    """Is within the 15 minutes that a Date should be right to, and that a request's Date may be off."""

    def now(self) -> float:
        """Return the time in ten minutes."""
        return super().now() + 600


@lenient("sls R-16", says="The clock is an hour behind, and the date of a request may be off by two.")
class ClockAnHourBehind(Server):
    """Has a wrong Date, which is a should, and is right by its own clock."""

    def now(self) -> float:
        """Return the time of an hour ago."""
        return super().now() - HOUR

    def skew_seconds(self) -> float:
        """Return two hours."""
        return 2 * HOUR
