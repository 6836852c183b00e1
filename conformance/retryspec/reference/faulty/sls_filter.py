"""SLS servers that filter by status wrongly, or by what is no status."""

from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.faulty.sls_listing import Forgiving
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import faulty

# SLS-GET-08: no filter


@faulty("SLS-GET-01", "SLS-GET-08", says="A request without status is refused.")
class StatusRequired(Server):
    """Has no default."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page if there is a status, be it empty."""
        if "status" not in dict(call.query):
            raise self.refuse(faults.QUERY_MISSING, name="status")
        return super().get_shipper_status(call, **given)


@faulty("SLS-GET-08", says="An empty status is refused.")
class EmptyStatusRefused(Server):
    """Takes an empty value for a status that does not exist."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page unless status is there and empty."""
        if dict(call.query).get("status") == "":
            raise self.refuse(faults.STATUS_UNKNOWN)
        return super().get_shipper_status(call, **given)


@faulty("SLS-GET-08", "SLS-GET-18", says="With an empty status no task is listed.")
class EmptyStatusMatchesNothing(Server):
    """Compares with the empty text."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, and remember whether status is there and empty."""
        self.compare = "status" in dict(call.query)
        return super().get_shipper_status(call, **given)

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks whose status equals the value."""
        return [] if self.compare and status == "" else super().select(tasks, status, now)


@faulty("SLS-GET-08", "SLS-GET-17", "SLS-GET-18", says="Without a status running tasks are not listed.")
class RunningLeftOut(Server):
    """Lists what is over unless it is asked for more."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, or those that are over."""
        if status == "":
            return [task for task in tasks if self.state_of(task, now) is not State.RUNNING]
        return super().select(tasks, status, now)


@faulty("SLS-GET-08", "SLS-GET-17", "SLS-GET-18", says="Without a status the failed tasks are listed.")
class StatusDefaultFail(Server):
    """Has another default."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, of failed tasks where no status is asked for."""
        if "status" not in dict(call.query):
            given["status"] = State.FAIL
        return super().get_shipper_status(call, **given)


@faulty("SLS-GET-08", "SLS-GET-17", "SLS-GET-18", says="With a size an empty status leaves the running tasks out.")
class RunningLeftOutOfPages(Server):
    """Lists what is over where somebody reads in pages."""

    def get_shipper_status(self, call: Call, **given: Any) -> ShipperTaskPage:
        """Return a page, and remember whether it is one of pages with an empty status."""
        asked = dict(call.query)
        self.over_alone = asked.get("status") == "" and "size" in asked
        return super().get_shipper_status(call, **given)

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, or those that are over."""
        found = super().select(tasks, status, now)
        return [task for task in found if task.ends <= now] if self.over_alone else found


# SLS-GET-09: the filter


@faulty("SLS-GET-09", says="The status is not looked at.")
class FilterIgnored(Server):
    """Lists all tasks."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return all tasks."""
        return tasks


@faulty("SLS-GET-09", says="With status=running the tasks that have succeeded are listed too.")
class FilterNotFailed(Server):
    """Takes running for not failed."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, or all that have not failed."""
        if status == State.RUNNING:
            return [task for task in tasks if self.state_of(task, now) is not State.FAIL]
        return super().select(tasks, status, now)


@faulty("SLS-GET-09", says="A running task is found under the status that it will have.")
class FilterByOutcome(Server):
    """Filters by what is stored, not by what is shown."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks that end in a status."""
        return [task for task in tasks if task.outcome == status] if status else tasks


@faulty("SLS-GET-09", says="A task that runs again is not found with status=running.")
class FilterMissesRetried(Server):
    """Knows first runs alone."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status; of running ones those that run for the first time."""
        found = super().select(tasks, status, now)
        return [task for task in found if not task.runs] if status == State.RUNNING else found


@faulty("SLS-GET-09", says="A task that runs again is still found with status=fail.")
class FilterBeforeRetry(Server):
    """Filters by an index that is built when a run ends."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, and of failed ones those that run again."""
        if status != State.FAIL:
            return super().select(tasks, status, now)
        return [task for task in tasks if self.state_of(task, now) is State.FAIL or (task.runs > 0 and task.ends > now)]


@faulty("SLS-GET-09", says="A failed task without a message is not found with status=fail.")
class FilterByMessage(Server):
    """Knows a failure by its message."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, and of failed ones those that say why."""
        found = super().select(tasks, status, now)
        return [task for task in found if task.message] if status == State.FAIL else found


@faulty(
    "SLS-GET-09", "SLS-GET-12", "SLS-GET-17", says="The filter is applied to the page that would be listed without it."
)
class FilterAfterPaging(Server):
    """Cuts the page first and filters then."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return what the filter leaves of a page."""
        page = super().page(shipper, from_, to, "", offset, size)
        page.tasks = [task for task in page.tasks if status in ("", task.task_status)]
        page.count = len(page.tasks)
        return page


@faulty("SLS-GET-09", "SLS-GET-17", says="With a status at most the first 100 tasks of the range are looked at.")
class FilterOfFirstHundred(Server):
    """Filters what one page holds by default."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status among the first 100."""
        return super().select(tasks[:100] if status else tasks, status, now)


@faulty("SLS-GET-09", "SLS-GET-17", says="With a status the oldest task is lost.")
class FilterLosesLast(Server):
    """Stops one too early."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status but for the last task of all."""
        return super().select(tasks[:-1] if status else tasks, status, now)


@faulty("SLS-GET-12", "SLS-GET-11", says="With a status all tasks come in one page, whatever size and offset are.")
class FilterWithoutPages(Server):
    """Has pages for the whole list alone."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, the first 500 when there is a status."""
        offset, size = (0, 500) if status else (offset, size)
        return super().page(shipper, from_, to, status, offset, size)


# SLS-GET-10: no other status


@faulty("SLS-GET-10", says="An unknown status gets an empty page.")
class UnknownStatusEmpty(Forgiving):
    """Finds no task of that status."""

    forgives: Sequence[str] = ("status",)


@faulty("SLS-GET-10", says="An unknown status of more than 32 characters gets an empty page.")
class LongStatusEmpty(Forgiving):
    """Knows the words that fit into its column."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return a long status as it is."""
        value = given.get("status", "")
        return value if len(value) > 32 else None


@faulty("SLS-GET-10", says="An unknown status is taken for none.")
class UnknownStatusIgnored(Forgiving):
    """Filters by what it knows."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return no status."""
        return ""


@faulty("SLS-GET-10", says="The words successful and failed are accepted as well.", warns=True)
class StatusInWordsOfTableAccepted(Forgiving):
    """Takes the words of seed 001, Request parameters."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return what a word of the table means."""
        return {"successful": "success", "failed": "fail"}.get(given.get("status", ""))


@faulty("SLS-GET-10", says="The beginning of a status is accepted.")
class StatusPrefixAccepted(Forgiving):
    """Compares as far as the request goes."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return the status that begins with the value."""
        value = given.get("status", "")
        return next((state for state in State if value and state.startswith(value)), None)


@faulty("SLS-GET-10", says="A status with anything after it is accepted.")
class StatusWithTailAccepted(Forgiving):
    """Compares as far as the status goes."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return the status that the value begins with."""
        return next((state for state in State if given.get("status", "").startswith(state)), None)


@faulty("SLS-GET-10", says="Several statuses with commas between them are accepted.")
class StatusListAccepted(Forgiving):
    """Filters by several statuses."""

    forgives: Sequence[str] = ("status",)

    def instead(self, problem: Problem, given: dict[str, str]) -> str | None:
        """Return the value if each of its pieces is a status."""
        pieces = given.get("status", "").split(",")
        return ",".join(pieces) if all(piece in set(State) for piece in pieces) else None

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of one of the statuses."""
        return [task for task in tasks if not status or self.state_of(task, now) in status.split(",")]


@faulty("SLS-GET-10", says="An unknown status has the code InvalidStatus.")
class UnknownStatusCode(Server):
    """Has a code of its own."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, one with another code for a status."""
        if fault is faults.STATUS_UNKNOWN:
            fault = Fault(400, "InvalidStatus", fault.text)
        return super().refuse(fault, **values)


@faulty("SLS-GET-10", says="An unknown status is answered 404.")
class UnknownStatusNotFound(Server):
    """Takes a status for a place."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, with another status code for a status."""
        refusal = super().invalid_parameter(call, problem)
        if problem.name == "status" and problem.reason is Reason.NOT_ALLOWED:
            refusal.status = 404
        return refusal
