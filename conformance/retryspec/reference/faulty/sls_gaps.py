"""SLS servers that go wrong in a corner: without a match, the second time, with a second parameter, in company."""

import threading
from collections.abc import Iterator, Sequence

from retryspec_models.sls import ShipperTaskPage
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.faulty.sls_signature import Signed, Unbound
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, State, Task
from retryspec.reference.variations import accepted, faulty

FAR_AHEAD = 1 << 40
MINUTE = 60
GAP_SECONDS = 0.03


@faulty("SLS-GET-04", says="No task is listed where `to` lies ahead of now.")
class NothingAhead(Server):
    """Knows nothing about the time to come, and so of no time that reaches there."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Look into the past alone."""
        return super().in_window(shipper, from_, to) if to <= int(self.now()) + 1 else []


class ListedAnew(Server):
    """Counts a task that was retried to the window in which something else happened to it than its creation."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.retried: dict[tuple[int, str], int] = {}

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Remember when."""
        super().start_again(shipper, ids)
        self.retried |= {(shipper.number, id_): int(self.now()) for id_ in ids}

    def time_of(self, shipper: Shipper, task: Task) -> int:
        """Return the time that counts."""
        return task.created

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Choose from all tasks."""
        tasks = super().in_window(shipper, 0, FAR_AHEAD)
        return [task for task in tasks if from_ <= self.time_of(shipper, task) <= to]


@faulty("SLS-GET-04", "SLS-GET-23", says="A task that runs again belongs to the window of its retry.")
class RunningListedByRetry(ListedAnew):
    """Takes the start of a run for its creation."""

    def time_of(self, shipper: Shipper, task: Task) -> int:
        """Return when it was retried, while it runs."""
        again = task.runs and task.state(self.now()) is State.RUNNING
        return self.retried.get((shipper.number, task.id), task.created) if again else task.created


@faulty("SLS-GET-04", "SLS-GET-23", says="A task whose re-run has ended belongs to the window of its end.")
class EndedAgainListedByEnd(ListedAnew):
    """Files what has ended anew under its end."""

    def time_of(self, shipper: Shipper, task: Task) -> int:
        """Return when it ended."""
        return task.finished if task.runs and task.state(self.now()) is not State.RUNNING else task.created


@faulty("SLS-GET-18", says="With a status the statistics of the second page and later ones are those of all tasks.")
class StatisticsForgetWindow(Server):
    """Asks for them again, without the window."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Count them all."""
        page = super().page(shipper, from_, to, status, offset, size)
        if status and offset:
            tasks = self.in_window(shipper, 0, FAR_AHEAD)
            page.statistics = self.statistics_of(tasks, tasks, tasks, self.now())
        return page


class Asking(Server):
    """Remembers the query of a request; a call is answered in one thread, so that overlapping ones keep apart."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.current = threading.local()

    def admit(self, call: Call) -> None:
        """Let in as ever, and remember the query."""
        self.current.query = dict(call.query)
        super().admit(call)


@faulty(
    "SLS-GET-17", "SLS-GET-18", "SLS-GET-12", says="Without a size, total and statistics end with the hundredth task."
)
class DefaultPageIsAll(Asking):
    """Reads the first hundred tasks of those to come, if nobody says how many, and counts these."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Read no more than is asked for."""
        tasks = super().in_window(shipper, from_, to)
        return tasks if "size" in self.current.query else tasks[: 100 + int(self.current.query.get("offset", "0"))]


@faulty("SLS-COMMON-05", says="A signature made for another `from` is accepted.")
class SignatureOfAnyFrom(Unbound):
    """Does not cover the first parameter."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with other values."""
        target = self.signed_target(call)
        value = dict(call.query).get("from", "")
        for other in (f"1{value}", f"{value}0", "0", "1"):
            yield call.method, target.replace(f"from={value}", f"from={other}"), list(call.headers)


@faulty("SLS-COMMON-05", says="With x-log-date a signature made for another time is accepted.")
class SignatureOfAnyLogDate(Unbound):
    """Looks at how far the date is off, and no further."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same at every second of the minute."""
        date = call.header("x-log-date")
        if date:
            for second in range(MINUTE):
                yield from self.with_header(call, "x-log-date", f"{date[:-6]}{second:02}{date[-4:]}")


class Remembering(Server):
    """Keeps what it looked for in vain, as a dictionary with a default does."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.known: set[tuple[str, ...]] = set()

    def is_new(self, *names: str) -> bool:
        """Tell whether nobody has looked for this before."""
        new = names not in self.known
        self.known.add(names)
        return new


@faulty("SLS-COMMON-16", says="An unknown shipper has an empty list the second time that a GET asks for it.")
class ShipperAppears(Remembering):
    """Has made it by then."""

    def shipper_of(self, call: Call) -> Shipper:
        """Refuse it once."""
        name = self.name_of(call)
        known = call.method != "GET" or self.store.shipper(name) is not None
        if not known and not self.is_new(name.project, name.logstore, name.shipper):
            return Shipper(-1, name, None)
        return super().shipper_of(call)


@faulty("SLS-COMMON-15", says="The second time that an unknown logstore is asked for, its shipper is what is unknown.")
class LogstoreAppears(Remembering):
    """Has made it by then."""

    def check_logstore(self, call: Call) -> None:
        """Refuse it once."""
        name = self.name_of(call)
        if self.store.has_logstore(name.project, name.logstore) or self.is_new(name.project, name.logstore):
            super().check_logstore(call)


@faulty("SLS-RETRY-04", says="A failed task that was created within the last minute does not run again.")
class YoungNotRun(Server):
    """Reads a list that is a minute old."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start those that are in it."""
        known = {task.id for task in self.in_window(shipper, 0, int(self.now()) - MINUTE)}
        super().start_again(shipper, [id_ for id_ in ids if id_ in known])


@faulty("SLS-GET-10", says="A status that tasks of other services have gets an empty page.")
class ForeignStatuses(Server):
    """Has one list of statuses for every kind of task."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Find none of them."""
        refusal = super().invalid_parameter(call, problem)
        query = dict(call.query)
        if problem.name != "status" or query["status"] not in ("pending", "stopped", "canceled", "timeout", "error"):
            return refusal
        return accepted(self.page(self.shipper_of(call), int(query["from"]), int(query["from"]), "", 0, 100))


@faulty("SLS-COMMON-17", says="A size of 0 is divided by where there is an offset.")
class DividedBySize(Server):
    """Computes the number of the page."""

    def check_page(self, offset: int, size: int) -> None:
        """Divide where there is something to divide."""
        if offset and not size:
            raise self.refuse(faults.INTERNAL)


@faulty("SLS-COMMON-17", says="A retry in a shipper without tasks ends in an internal error.")
class RetryInEmptyShipper(Server):
    """Looks for the newest task first."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Fail where there is none."""
        if not self.in_window(shipper, 0, FAR_AHEAD):
            raise self.refuse(faults.INTERNAL)
        super().start_again(shipper, ids)


@faulty("SLS-RETRY-05", says="Eleven tasks are refused, and accepted when the same request comes once more.")
class RefusedOnce(Server):
    """Answers a body that it has seen as one that it has dealt with."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.seen: set[bytes] = set()

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Refuse what is new."""
        known = call.body in self.seen
        self.seen.add(call.body)
        refusal = super().invalid_body(call, problem)
        return accepted() if known and problem.reason is Reason.TOO_LONG else refusal


@faulty("SLS-COMMON-09", says="A request that accepts nothing but application/json is answered 406.")
class AcceptCompared(Server):
    """Compares a header with what the vendor's client sends."""

    def check_headers(self, call: Call) -> None:
        """Refuse what that one does not send."""
        super().check_headers(call)
        if call.header("accept") not in (None, "*/*"):
            raise self.refuse(faults.HEADER_INVALID, name="accept")


@faulty("SLS-GET-17", says="With an empty status an offset of more than 100 begins at the hundredth task.")
class EmptyStatusShortOffset(Asking):
    """Bounds an offset where it builds its query with a filter."""

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Cut the offset."""
        return super().page_of(tasks, min(100, offset) if self.current.query.get("status") == "" else offset, size)


@faulty(
    "SLS-COMMON-16", says="An unknown shipper that is asked for during another request of the project is that one's."
)
class SharedWithUnknown(Server):
    """Keeps the shipper of a request where the next one finds it."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.current: dict[str, Shipper] = {}

    def shipper_of(self, call: Call) -> Shipper:
        """Return the one that was found, for whomever."""
        name = self.name_of(call)
        if self.store.shipper(name) is None and name.project in self.current:
            return self.current[name.project]
        shipper = super().shipper_of(call)
        self.current[name.project] = shipper
        threading.Event().wait(GAP_SECONDS)
        self.current.pop(name.project, None)
        return shipper


@faulty("SLS-GET-23", says="A window that is asked for during another request for the shipper is that one's.")
class SharedWindow(Server):
    """Keeps the window of a request where the next one finds it."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.windows: dict[int, tuple[int, int]] = {}

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Read the window that was set last."""
        self.windows[shipper.number] = (from_, to)
        threading.Event().wait(GAP_SECONDS)
        return super().in_window(shipper, *self.windows[shipper.number])
