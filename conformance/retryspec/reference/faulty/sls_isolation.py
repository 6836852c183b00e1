"""SLS servers whose retries, or whose looks at what was retried, reach shippers and projects that nobody asked for."""

from collections.abc import Sequence
from dataclasses import replace

from retryspec_models.sls.stubs import Call

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, ShipperName, State, Store, Task
from retryspec.reference.variations import faulty

END = 2**62


class ReachingStore(Store):
    """Starts tasks of other shippers as well."""

    others = "0"
    """Which other shippers, in SQL, by :project, :logstore, :name and :number of the right one."""

    def reached(self, shipper: Shipper) -> list[Shipper]:
        """Return the other shippers."""
        with self.database.reading() as connection:
            rows = connection.execute(
                f"SELECT number, project, logstore, name FROM sls_shipper WHERE number <> :number AND {self.others}",
                {
                    "number": shipper.number,
                    "project": shipper.name.project,
                    "logstore": shipper.name.logstore,
                    "name": shipper.name.shipper,
                },
            ).fetchall()
        return [Shipper(number, ShipperName(*names), None) for number, *names in rows]

    def meant(self, shipper: Shipper, other: Shipper, ids: Sequence[str]) -> Sequence[str]:
        """Return the ids to start in another shipper."""
        return ids

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks here and there."""
        others = [(other, self.meant(shipper, other, ids)) for other in self.reached(shipper)]
        started = super().start_again(shipper, ids, now)
        return started + sum(super(ReachingStore, self).start_again(other, there, now) for other, there in others)


SAME_LOGSTORE = "project = :project AND logstore = :logstore"
SAME_NAME = "project = :project AND name = :name"
OTHER_PROJECT = "project <> :project"

# The same ids elsewhere


class SameLogstoreStore(ReachingStore):
    """Looks for ids in the whole logstore."""

    others = SAME_LOGSTORE


@faulty("SLS-COMMON-03", says="A retry finds the ids of another shipper of the logstore.")
class IdsOfLogstore(Server):
    """Keeps the tasks of a logstore together."""

    store_type = SameLogstoreStore


class SameNameStore(ReachingStore):
    """Looks for ids in all shippers of one name."""

    others = SAME_NAME


@faulty("SLS-COMMON-03", says="A retry finds the ids of the shipper of the same name in another logstore.")
class IdsOfNamesake(Server):
    """Keeps the tasks of a name together."""

    store_type = SameNameStore


class OtherProjectStore(ReachingStore):
    """Looks for ids everywhere."""

    others = OTHER_PROJECT


@faulty("SLS-COMMON-04", says="A retry finds the ids of another project.")
class IdsOfAllProjects(Server):
    """Takes ids for unique in the world, and asks no further."""

    store_type = OtherProjectStore


# More than the ids


class SamePlaceStore(ReachingStore):
    """Numbers the tasks of each shipper, and starts by number."""

    others = SAME_NAME

    def meant(self, shipper: Shipper, other: Shipper, ids: Sequence[str]) -> Sequence[str]:
        """Return the ids that stand elsewhere where the named ones stand here."""
        here = [task.id for task in self.tasks(shipper, 0, END)]
        there = [task.id for task in self.tasks(other, 0, END)]
        return [there[here.index(id_)] for id_ in ids if id_ in here and here.index(id_) < len(there)]


@faulty("SLS-COMMON-03", says="With a task runs the one at its place in the shipper of the same name.")
class SamePlaceOfNamesakeRuns(Server):
    """Has one list for each name."""

    store_type = SamePlaceStore


class AllOfLogstoreStore(ReachingStore):
    """Starts what has failed beside."""

    others = SAME_LOGSTORE

    def meant(self, shipper: Shipper, other: Shipper, ids: Sequence[str]) -> Sequence[str]:
        """Return all ids of a shipper beside."""
        return [task.id for task in self.tasks(other, 0, END)] if ids else []


@faulty("SLS-COMMON-03", says="With a task run all failed tasks of the other shippers of the logstore.")
class LogstoreRuns(Server):
    """Wakes the logstore."""

    store_type = AllOfLogstoreStore


class AllOfNamesakeStore(AllOfLogstoreStore):
    """Starts what has failed under the same name."""

    others = SAME_NAME


@faulty("SLS-COMMON-03", says="With a task run all failed tasks of the shipper of the same name in another logstore.")
class NamesakeRuns(Server):
    """Wakes the name."""

    store_type = AllOfNamesakeStore


class UnknownReachStore(ReachingStore):
    """Looks further where it finds nothing."""

    others = "project = :project"

    def meant(self, shipper: Shipper, other: Shipper, ids: Sequence[str]) -> Sequence[str]:
        """Return the newest failed task elsewhere where an id is unknown here."""
        known = {task.id for task in self.tasks(shipper, 0, END)}
        failed = [task.id for task in self.tasks(other, 0, END) if task.outcome is State.FAIL]
        return failed[:1] if set(ids) - known else []


@faulty("SLS-COMMON-03", "SLS-RETRY-09", says="For an unknown id a failed task of another shipper of the project runs.")
class UnknownRunsElsewhere(Server):
    """Takes the next best."""

    store_type = UnknownReachStore


class ClearingStore(ReachingStore):
    """Clears the messages beside."""

    others = "project = :project"

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start tasks, and clear the messages of the other shippers."""
        with self.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET message = 'retrying' WHERE outcome = 'fail' AND shipper = ?",
                [(other.number,) for other in self.reached(shipper)],
            )
        return Store.start_again(self, shipper, ids, now)


@faulty("SLS-COMMON-03", says="A retry changes the messages of the failed tasks of other shippers.")
class NeighboursRemarked(Server):
    """Writes to all shippers of the project what it does in one."""

    store_type = ClearingStore


# The wrong shipper


@faulty("SLS-COMMON-03", "SLS-RETRY-04", says="A retry goes to the first shipper of the logstore.")
class FirstShipperRetried(Server):
    """Looks for a logstore where it should look for a shipper."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Retry in the shipper that was made first."""
        right = self.shipper_of(call)
        with self.store.database.reading() as connection:
            number, name = connection.execute(
                "SELECT number, name FROM sls_shipper WHERE project = ? AND logstore = ? ORDER BY number LIMIT 1",
                (right.name.project, right.name.logstore),
            ).fetchone()
        body = given["body"]
        self.retry(replace(right, number=number, name=replace(right.name, shipper=name)), list(body.root))  # type: ignore[attr-defined]


@faulty("SLS-COMMON-03", "SLS-RETRY-04", says="A retry goes to the shipper whose tasks were listed last.")
class ListedLastRetried(Server):
    """Keeps the shipper of one request for the next."""

    last: Shipper | None = None

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks, and remember whose they are."""
        self.last = shipper
        return super().in_window(shipper, from_, to)

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Retry in the shipper that was listed last."""
        super().retry(self.last or shipper, ids)


@faulty(
    "SLS-COMMON-03", "SLS-RETRY-04", says="A list shows the shipper that was retried last, if it has the same name."
)
class RetriedLastListed(Server):
    """Keeps the shipper of a name that it has used."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.used: dict[tuple[str, str], Shipper] = {}

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Retry, and remember the shipper under its own name."""
        super().retry(shipper, ids)
        self.used[shipper.name.project, shipper.name.shipper] = shipper

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the shipper of that name."""
        used = self.used.get((shipper.name.project, shipper.name.shipper), shipper)
        return super().in_window(used, from_, to)


# Projects


class AnyProject(Server):
    """Finds a logstore and a shipper in whatever project they are, if the one that is asked for exists."""

    def applies(self, call: Call) -> bool:
        """Tell whether this request is misled."""
        return True

    def name_of(self, call: Call) -> ShipperName:
        """Return the name with the project that has such a shipper."""
        name = super().name_of(call)
        if not self.applies(call) or not self.store.has_project(name.project) or self.store.shipper(name):
            return name
        with self.store.database.reading() as connection:
            row = connection.execute(
                "SELECT project FROM sls_shipper WHERE logstore = ? AND name = ?", (name.logstore, name.shipper)
            ).fetchone()
        return name if row is None else replace(name, project=row[0])


@faulty("SLS-COMMON-04", says="A shipper is found under the name of another project.")
class ProjectOfAnyShipper(AnyProject):
    """Has one name space for all projects."""


@faulty("SLS-COMMON-04", says="A shipper is found for a retry under the name of another project.")
class ProjectOfAnyRetry(AnyProject):
    """Looks at the project of a GET."""

    def applies(self, call: Call) -> bool:
        """Mislead a PUT."""
        return call.method == "PUT"


@faulty("SLS-COMMON-04", says="A path leads, under whatever project, to where it led first.")
class ProjectCachedByPath(Server):
    """Keeps what a path led to."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.seen: dict[bytes, Shipper] = {}

    def shipper_of(self, call: Call) -> Shipper:
        """Return the shipper that this path led to first."""
        if call.raw_path not in self.seen:
            self.seen[call.raw_path] = super().shipper_of(call)
        return self.seen[call.raw_path]

    def check_logstore(self, call: Call) -> None:
        """Refuse a logstore that does not exist, unless its path is known."""
        if call.raw_path not in self.seen:
            super().check_logstore(call)
