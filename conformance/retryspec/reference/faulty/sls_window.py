"""SLS servers that read from and to wrongly, or list the tasks of another window."""

from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.faulty.sls_listing import Forgiving
from retryspec.reference.faulty.sls_wire import TaskWriter
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import faulty

HOUR_SECONDS = 3600
ALL_TIMES = (0, 2**62)

# What a list with tasks of another time breaks besides: filter, numbers and the times that are shown.
OTHERS_LISTED = (
    "SLS-GET-09",
    "SLS-GET-17",
    "SLS-GET-18",
    "SLS-GET-23",
)

# SLS-GET-02 and SLS-GET-03: two integers that are required


@faulty("SLS-GET-02", says="Without from the last day is listed.")
class FromOptional(Forgiving):
    """Has a default where there is none."""

    forgives: Sequence[str] = ("from",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return a day ago for what is missing."""
        return str(int(self.now()) - 24 * HOUR_SECONDS) if problem.reason is Reason.MISSING else None


@faulty("SLS-GET-02", says="A request without from is answered 404.")
class FromMissingNotFound(Server):
    """Takes a request that is not complete for one to another place."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, with another status for a from that is missing."""
        refusal = super().invalid_parameter(call, problem)
        if problem.name == "from" and problem.reason is Reason.MISSING:
            refusal.status = 404
        return refusal


@faulty("SLS-GET-02", says="A from that is no number is taken for a day ago.", warns=True)
class FromTextDefault(Forgiving):
    """Takes what it cannot read for absent."""

    forgives: Sequence[str] = ("from",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return a day ago for what cannot be read."""
        return str(int(self.now()) - 24 * HOUR_SECONDS) if problem.reason is Reason.MALFORMED else None


@faulty("SLS-GET-02", says="A from with a fraction is accepted.", warns=True)
class FromFraction(Forgiving):
    """Cuts off what follows the point."""

    forgives: Sequence[str] = ("from",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return what stands before the point."""
        whole, point, _ = given.get("from", "").partition(".")
        return whole if point else None


@faulty("SLS-GET-03", says="Without to everything up to now is listed.")
class ToOptional(Forgiving):
    """Has a default where there is none."""

    forgives: Sequence[str] = ("to",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return now for what is missing."""
        return str(int(self.now()) + 1) if problem.reason is Reason.MISSING else None


@faulty("SLS-GET-03", says="A to that is no number is taken for now.", warns=True)
class ToTextNow(Forgiving):
    """Takes what it cannot read for absent."""

    forgives: Sequence[str] = ("to",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return now for what cannot be read."""
        return str(int(self.now()) + 1) if problem.reason is Reason.MALFORMED else None


@faulty("SLS-GET-03", says="Without to, a status makes a request complete.")
class ToOptionalWithStatus(Forgiving):
    """Has a default for one kind of question alone."""

    forgives: Sequence[str] = ("to",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return now for what is missing, if the request has a status."""
        missing = problem.reason is Reason.MISSING and given.get("status")
        return str(int(self.now()) + 1) if missing else None


@faulty("SLS-GET-03", says="A request without to is refused as if nobody had signed it.")
class ToMissingUnauthorized(Server):
    """Takes a request that is not complete for one that was tampered with."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, another one for a to that is missing."""
        if problem.name == "to" and problem.reason is Reason.MISSING:
            return self.refuse(faults.SIGNATURE_WRONG, value="")
        return super().invalid_parameter(call, problem)


# SLS-GET-04: the tasks created in the window and no others


@faulty("SLS-GET-04", *OTHERS_LISTED, says="All tasks are listed, whatever the window is.")
class WindowIgnored(Server):
    """Looks at from and to only to refuse them."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return all tasks."""
        return super().in_window(shipper, *ALL_TIMES)


@faulty("SLS-GET-04", "SLS-GET-23", says="Tasks created after to are listed as well.")
class WindowWithoutEnd(Server):
    """Looks at from alone."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks from the start on."""
        return super().in_window(shipper, from_, ALL_TIMES[1])


@faulty("SLS-GET-04", *OTHERS_LISTED, says="Tasks created before from are listed as well.")
class WindowWithoutStart(Server):
    """Looks at to alone."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks up to the end."""
        return super().in_window(shipper, 0, to)


@faulty("SLS-GET-04", "SLS-GET-09", "SLS-GET-23", says="A window is widened to whole hours.")
class WindowOfHours(Server):
    """Keeps its tasks by the hour."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of all hours that the window touches."""
        return super().in_window(shipper, from_ // 3600 * 3600, (to // 3600 + 1) * 3600)


@faulty("SLS-GET-04", "SLS-GET-23", says="A window begins with the minute of from.")
class WindowOfMinutes(Server):
    """Does not look at the seconds of the start."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks from the beginning of a minute on."""
        return super().in_window(shipper, from_ // 60 * 60, to)


@faulty("SLS-GET-04", *OTHERS_LISTED, says="Running tasks are listed whenever they were created.")
class WindowKeepsRunning(Server):
    """Takes a task that runs for one of every time."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the window and those that run."""
        now = self.now()
        found = super().in_window(shipper, *ALL_TIMES)
        return [task for task in found if from_ <= task.created < to or self.state_of(task, now) is State.RUNNING]


@faulty(
    "SLS-GET-04", "SLS-GET-23", says="Tasks that were at work in the window are listed, whenever they were created."
)
class WindowByOverlap(Server):
    """Takes from and to for the start and the end of a run."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks whose run and window have a second in common."""
        return [task for task in super().in_window(shipper, 0, to) if task.finished >= from_]


@faulty(
    "SLS-GET-04",
    "SLS-GET-08",
    "SLS-GET-17",
    "SLS-GET-18",
    "SLS-GET-23",
    says="The window is one of the times when tasks ended.",
)
class WindowByFinish(Server):
    """Looks at another time, for which a running task has none."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that ended in the window."""
        now = self.now()
        found = super().in_window(shipper, *ALL_TIMES)
        return [task for task in found if from_ <= self.finish_time_of(task, self.state_of(task, now)) < to]


@faulty("SLS-GET-04", "SLS-GET-09", "SLS-GET-23", says="The window is one of the times when data was last received.")
class WindowByReceipt(Server):
    """Looks at another time, a few seconds before the creation."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that last received data in the window."""
        return [task for task in super().in_window(shipper, *ALL_TIMES) if from_ <= task.received < to]


@faulty("SLS-GET-04", says="Of a window of more than a day, the last day is listed.", warns=True)
class WindowCutToDay(Server):
    """Keeps to the day of seed 001, Detailed description, without saying so."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the last 24 hours of the window."""
        return super().in_window(shipper, max(from_, to - 24 * HOUR_SECONDS), to)


@faulty("SLS-GET-09", "SLS-GET-23", "SLS-GET-04", says="With a status the window is not looked at.")
class WindowIgnoredWithStatus(Server):
    """Has two ways to list, one of which forgets the window."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, of all tasks when there is a status."""
        if status:
            from_, to = ALL_TIMES
        return super().page(shipper, from_, to, status, offset, size)


@faulty("SLS-GET-04", says="Tasks created less than two minutes ago are not listed.")
class WindowLags(Server):
    """Lists from a copy that lags behind."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that the copy has."""
        return super().in_window(shipper, from_, min(to, int(self.now()) - 120))


# SLS-GET-23: the time of creation


@faulty("SLS-GET-23", "SLS-GET-04", says="The taskCreateTime is in milliseconds.")
class CreateTimeMilliseconds(TaskWriter):
    """Has the unit of another service."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Multiply the time."""
        task["taskCreateTime"] = task["taskCreateTime"] * 1000


@faulty("SLS-GET-23", "SLS-GET-04", says="The taskCreateTime is eight hours late.")
class CreateTimeLocal(TaskWriter):
    """Writes the wall clock of its region as if it were that of Greenwich."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Add eight hours."""
        task["taskCreateTime"] = task["taskCreateTime"] + 8 * HOUR_SECONDS


@faulty("SLS-GET-23", "SLS-GET-04", says="The taskCreateTime of a task that has ended is the time of its end.")
class CreateTimeIsFinish(TaskWriter):
    """Overwrites one time with another."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Write the end in place of the creation."""
        task["taskCreateTime"] = task["taskFinishTime"] or task["taskCreateTime"]


@faulty("SLS-GET-23", "SLS-GET-04", says="The taskCreateTime is that of the minute before.")
class CreateTimeOfMinute(TaskWriter):
    """Does not show seconds."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Round the time down."""
        task["taskCreateTime"] = task["taskCreateTime"] // 60 * 60
