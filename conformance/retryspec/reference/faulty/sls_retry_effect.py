"""SLS servers that show or keep the effect of a retry wrongly: late, for a while, on one side, under another id."""

from collections.abc import Sequence

from retryspec_models.sls.models import ShipperTask, ShipperTaskPage, ShipperTaskStatistics

from retryspec.reference.apis import Setting
from retryspec.reference.faulty.sls_rerun import rerunning
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, State, Store, Task
from retryspec.reference.variations import faulty

END = 2**62


class Looking(Server):
    """Shows a retried task otherwise than it is."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.started: dict[str, float] = {}
        self.looks: dict[str, int] = {}

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks, and remember when."""
        super().start_again(shipper, ids)
        self.started |= dict.fromkeys(ids, self.now())
        self.looks |= dict.fromkeys(ids, 0)

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and count who has looked at what."""
        page = super().page(shipper, from_, to, status, offset, size)
        for task in self.store.tasks(shipper, 0, END):
            if task.id in self.looks:
                self.looks[task.id] += 1
        return page


@faulty("SLS-RETRY-04", says="A task shows twenty seconds after the retry that it runs.")
class EffectLate(Looking):
    """Reads from a copy that lags behind."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry for a while."""
        late = task.runs > 0 and now < self.started.get(task.id, 0) + 20
        return State.FAIL if late else super().state_of(task, now)


@faulty("SLS-RETRY-04", says="A task shows only on the second look that it runs.", warns=True)
class EffectOnSecondLook(Looking):
    """Answers from a cache, and renews it afterwards."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry at the first look."""
        late = task.runs > 0 and self.looks.get(task.id, 9) < 1
        return State.FAIL if late else super().state_of(task, now)


@faulty("SLS-RETRY-04", "SLS-GET-09", "SLS-GET-18", says="A task shows once that it runs, and then that it has failed.")
class EffectLostAtOnce(Looking):
    """Takes back what it has shown."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry from the second look on."""
        state = super().state_of(task, now)
        return State.FAIL if state is State.RUNNING and self.looks.get(task.id, 0) > 0 else state


@faulty("SLS-RETRY-04", says="A second after the retry a task that still runs shows that it has failed.")
class EffectLostSoon(Looking):
    """Hears nothing of its worker."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry after a second."""
        state = super().state_of(task, now)
        return State.FAIL if state is State.RUNNING and now > self.started.get(task.id, now) + 1 else state


@faulty("SLS-RETRY-04", "SLS-GET-09", "SLS-GET-18", says="Every other look shows a retried task as it was before.")
class EffectOnOneCopy(Looking):
    """Reads from two copies in turn, and writes to one."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry at every second look."""
        return State.FAIL if self.looks.get(task.id, 0) % 2 else super().state_of(task, now)


@faulty("SLS-RETRY-04", "SLS-COMMON-03", says="A task has another id when it has been retried.")
class IdRenewed(Server):
    """Makes a new task of it."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a retried task under a new id."""
        shown = super().describe(task, now)
        return shown.model_copy(update={"id": f"{task.id}-{task.runs}"}) if task.runs else shown


@faulty("SLS-RETRY-04", says="A task has another id when its re-run has ended.")
class IdRenewedAtEnd(Server):
    """Makes a new task of it, in the end."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task that has ended again under a new id."""
        shown = super().describe(task, now)
        ended = task.runs and self.state_of(task, now) is not State.RUNNING
        return shown.model_copy(update={"id": f"{task.id}-{task.runs}"}) if ended else shown


@faulty("SLS-RETRY-04", says="A task is not listed while it runs again.")
class HiddenWhileRerunning(Server):
    """Takes it out of the list to work on it."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that do not run again."""
        now = self.now()
        tasks = super().in_window(shipper, from_, to)
        return [task for task in tasks if not task.runs or self.state_of(task, now) is not State.RUNNING]


@faulty("SLS-RETRY-04", says="A task is not listed any more when its re-run has ended.")
class HiddenAfterRerun(Server):
    """Moves it to the archive."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that have not ended again."""
        now = self.now()
        tasks = super().in_window(shipper, from_, to)
        return [task for task in tasks if not task.runs or self.state_of(task, now) is State.RUNNING]


@faulty("SLS-GET-20", "SLS-RETRY-04", "SLS-GET-18", says="A retried task is listed twice: as it was, and as it runs.")
class RerunListedBeside(Server):
    """Makes a new run and keeps the old one."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks, those that were retried a second time."""
        tasks = super().in_window(shipper, from_, to)
        return [twice for task in tasks for twice in ([task, task] if task.runs else [task])]


@faulty("SLS-GET-18", says="The statistics count a task that runs again as failed.")
class StatisticsMissRerun(Server):
    """Counts a task once, when it has ended."""

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return numbers that know no second run."""
        shown = super().statistics_of(tasks, chosen, page, now)
        again = sum(1 for task in tasks if task.runs and self.state_of(task, now) is State.RUNNING)
        return shown.model_copy(update={"running": shown.running - again, "fail": shown.fail + again})


@faulty("SLS-GET-09", says="The filter for running tasks misses those that run again.")
class FilterMissesRerun(Server):
    """Filters by the state of the first run."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, without those that run again where that is running."""
        chosen = super().select(tasks, status, now)
        return [task for task in chosen if not task.runs] if status == "running" else chosen


@faulty("SLS-GET-09", says="The filter for failed tasks still lists those that run again.")
class FilterKeepsRerun(Server):
    """Filters by an index that is renewed at the end of a run."""

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status, with those that run again where that is fail."""
        again = [task for task in tasks if task.runs and self.state_of(task, now) is State.RUNNING]
        chosen = super().select(tasks, status, now)
        return [task for task in tasks if task in chosen or task in again] if status == "fail" else chosen


@faulty("SLS-GET-25", says="A task that has ended again shows the finish time of its first run.", warns=True)
class FirstFinishKept(Server):
    """Writes a finish time once."""

    store_type = rerunning({"finished": "finished"})


@faulty("SLS-RETRY-04", says="A task that was retried has another time of creation, and leaves every range.")
class CreatedAnew(Server):
    """Loses the time of creation, and takes one of three days ago."""

    store_type = rerunning({"created": "created - 3 * 86400"})


# What is kept of it


class FewStore(Store):
    """Keeps what it does in a memory of limited size."""

    kept = 8

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks, and forget those beyond the newest few that run again."""
        started = super().start_again(shipper, ids, now)
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE sls_task SET ends = ?1, outcome = 'fail', runs = 0 "
                "WHERE runs > 0 AND ends > ?1 AND number NOT IN "
                "(SELECT number FROM sls_task WHERE runs > 0 AND ends > ?1 ORDER BY shipper DESC, number LIMIT ?2)",
                (now, self.kept),
            )
        return started


@faulty("SLS-RETRY-04", "SLS-RETRY-06", says="Of the tasks that run again eight are remembered.")
class EightRemembered(Server):
    """Has a cache of eight."""

    store_type = FewStore


class OneShipperStore(Store):
    """Runs the tasks of one shipper at a time."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks, and stop those of all other shippers."""
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE sls_task SET ends = ?1, outcome = 'fail' WHERE runs > 0 AND ends > ?1 AND shipper <> ?2",
                (now, shipper.number),
            )
        return super().start_again(shipper, ids, now)


@faulty("SLS-RETRY-04", says="A retry in one shipper stops the tasks that run again in others.")
class OneShipperAtATime(Server):
    """Has one worker."""

    store_type = OneShipperStore


class OneBatchStore(Store):
    """Runs the tasks of one request at a time."""

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks, and stop those of an earlier request that still run."""
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE sls_task SET ends = ?, outcome = 'fail' WHERE runs > 0 AND ends > ? AND shipper = ? "
                f"AND id NOT IN ({', '.join('?' * len(ids))})",
                (now, now, shipper.number, *ids),
            )
        return super().start_again(shipper, ids, now)


@faulty("SLS-RETRY-04", says="A retry stops the tasks of the shipper that an earlier retry has started.")
class OneBatchAtATime(Server):
    """Has room for one batch in each shipper."""

    store_type = OneBatchStore
