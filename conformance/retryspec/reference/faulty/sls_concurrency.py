"""SLS servers that are right as long as one request comes after the other."""

import threading
import time
from collections.abc import Sequence

from retryspec_models.sls.models import ShipperTaskPage, ShipperTaskStatistics

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper, Store, Task
from retryspec.reference.variations import faulty

# How long a retry waits for another one to meet it: the gap between reading and writing of a slow storage.
GAP_SECONDS = 0.05


def pause(seconds: float = GAP_SECONDS) -> None:
    """Let other requests overtake this one."""
    threading.Event().wait(seconds)


class ForgetfulStore(Store):
    """Reads all tasks of a shipper, changes some, and writes all of them back."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks again, and undo what happened to the others meanwhile."""
        columns = "number, ends, outcome, finished, runs"
        with self.database.reading() as connection:
            before = connection.execute(
                f"SELECT {columns} FROM sls_task WHERE shipper = ? AND id NOT IN ({', '.join('?' * len(ids))})",
                (shipper.number, *ids),
            ).fetchall()
        pause()
        started = super().start_again(shipper, ids, now)
        with self.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET ends = ?2, outcome = ?3, finished = ?4, runs = ?5 WHERE number = ?1", before
            )
        return started


@faulty("SLS-RETRY-04", says="Of two simultaneous retries of different tasks one is lost.")
class SimultaneousRetryLost(Server):
    """Loses a retry that another one overtakes."""

    store_type = ForgetfulStore


class Busy(Server):
    """Does something else with a retry while another one is under way."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.lock = threading.Lock()

    def meanwhile(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Do what is done instead of a retry."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again, unless another retry does just that."""
        if not self.lock.acquire(blocking=False):
            self.meanwhile(shipper, ids)
            return
        try:
            pause()
            super().start_again(shipper, ids)
        finally:
            self.lock.release()


@faulty("SLS-RETRY-04", says="A retry that comes during another one is answered 200 and does nothing.")
class OverlappingRetryDropped(Busy):
    """Does not wait for its lock."""


@faulty("SLS-COMMON-17", says="A retry that comes during another one ends in an internal error.")
class OverlappingRetryFails(Busy):
    """Finds its database locked."""

    def meanwhile(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Fail."""
        raise self.refuse(faults.INTERNAL)


@faulty("SLS-RETRY-04", "SLS-COMMON-19", "SLS-RETRY-01", says="A retry that comes during another one is answered 409.")
class OverlappingRetryConflicts(Busy):
    """Has a status that the contract has not."""

    def meanwhile(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse."""
        raise self.refuse(Fault(409, "Conflict", "Another retry is under way."))


@faulty("SLS-COMMON-17", says="A retry that comes during another one is answered 503, and done.")
class OverlappingRetryRefusedAndDone(Busy):
    """Is too late with its refusal."""

    def meanwhile(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start and refuse."""
        self.store.start_again(shipper, ids, self.now())
        raise self.refuse(Fault(503, "ServerBusy", "The server is busy, please try again later."))


@faulty("SLS-RETRY-04", says="Simultaneous retries all start the tasks that the last of them names.")
class SharedIds(Server):
    """Keeps the ids of a request where the next one finds them."""

    ids: Sequence[str] = ()

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start what was named last."""
        self.ids = ids
        pause()
        super().start_again(shipper, self.ids)


@faulty("SLS-RETRY-04", "SLS-COMMON-03", says="Simultaneous retries in two shippers go to the same one.")
class SharedShipper(Server):
    """Keeps the shipper of a request where the next one finds it."""

    shipper: Shipper | None = None

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks of the shipper that was addressed last."""
        self.shipper = shipper
        pause()
        super().start_again(self.shipper, ids)


@faulty("SLS-COMMON-03", "SLS-GET-28", says="A list that is asked for during another one is that of the other shipper.")
class SharedList(Server):
    """Keeps the tasks of a request where the next one finds them."""

    tasks: Sequence[Task] = ()

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were read last."""
        self.tasks = super().in_window(shipper, from_, to)
        pause(GAP_SECONDS / 10)
        return list(self.tasks)


class AddingStore(Store):
    """Adds to the run of a task for each retry that found it failed, however many did."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Read which tasks have failed, and start these a while later."""
        failed = [task for task in self.tasks(shipper, 0, 2**62) if task.id in ids and task.state(now) == "fail"]
        pause()
        with self.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET ends = max(ends, ?1) + max(rerun_seconds, 1), outcome = rerun_outcome, "
                "finished = CAST(max(ends, ?1) + rerun_seconds AS INTEGER), runs = runs + 1 "
                "WHERE shipper = ?2 AND id = ?3",
                [(now, shipper.number, task.id) for task in failed],
            )
        return len(failed)


class CancellingStore(Store):
    """Changes a task from what it was to the opposite."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks, and stop those that another retry has started meanwhile."""
        failed = [task for task in self.tasks(shipper, 0, 2**62) if task.id in ids and task.state(now) == "fail"]
        pause()
        started = super().start_again(shipper, [task.id for task in failed], now)
        if started < len(failed):
            with self.database.writing() as connection:
                connection.executemany(
                    "UPDATE sls_task SET ends = ?1, outcome = 'fail' WHERE shipper = ?2 AND id = ?3",
                    [(now + GAP_SECONDS / 2, shipper.number, task.id) for task in failed],
                )
        return started


@faulty("SLS-RETRY-04", says="Two simultaneous retries of one task start it and stop it.")
class SimultaneousRetriesCancel(Server):
    """Looks, waits, and turns over."""

    store_type = CancellingStore


@faulty("SLS-RETRY-04", says="Of retries within a tenth of a second only the first is done.")
class RetriesThrottled(Server):
    """Says 200 to what comes too fast."""

    last = 0.0

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks unless that has just been done."""
        now = time.monotonic()
        if now - self.last > 0.1:
            self.last = now
            super().start_again(shipper, ids)


@faulty("SLS-RETRY-04", says="Of five simultaneous retries or more those beyond four are lost.")
class FifthRetryLost(Server):
    """Has four workers."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.workers = threading.Semaphore(4)

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks if a worker is free."""
        if self.workers.acquire(blocking=False):
            pause()
            super().start_again(shipper, ids)
            self.workers.release()


@faulty("SLS-GET-18", says="A retry during a look shows in the tasks and not in the statistics.")
class TornPage(Server):
    """Counts at one time and lists at another."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.counted: dict[int, tuple[float, ShipperTaskStatistics]] = {}

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page with numbers that may be half a second old."""
        page = super().page(shipper, from_, to, status, offset, size)
        key = hash((shipper.number, from_, to, status))
        counted, statistics = self.counted.get(key, (0.0, page.statistics))
        if time.monotonic() - counted > 0.5:
            counted, statistics = time.monotonic(), page.statistics
            self.counted[key] = counted, statistics
        return page.model_copy(update={"statistics": statistics})


@faulty("SLS-RETRY-04", "SLS-GET-09", says="A list is kept for a minute, whatever is retried meanwhile.")
class PagesCached(Server):
    """Caches what it has listed under the whole query."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.pages: dict[object, tuple[float, ShipperTaskPage]] = {}

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page that may be a minute old."""
        key = (shipper.number, from_, to, status, offset, size)
        kept, page = self.pages.get(key, (0.0, None))
        if page is None or time.monotonic() - kept > 60:
            page = super().page(shipper, from_, to, status, offset, size)
            self.pages[key] = time.monotonic(), page
        return page
