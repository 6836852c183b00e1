"""SLS servers that find another project, logstore or shipper than the one that is named."""

from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.models import ShipperTaskPage
from retryspec_models.sls.stubs import Call

from retryspec.reference.database import Database
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, ShipperName, State, Store, Task
from retryspec.reference.variations import faulty


class SearchingStore(Store):
    """Can look for a shipper with less than its three names."""

    def found(self, condition: str, *values: object) -> ShipperName | None:
        """Return the names of the first shipper that meets a condition in SQL."""
        with self.database.reading() as connection:
            row = connection.execute(
                f"SELECT project, logstore, name FROM sls_shipper WHERE {condition} ORDER BY number", values
            ).fetchone()
        return None if row is None else ShipperName(*row)


def searching(store: Store) -> SearchingStore:
    """Return the store of a server that chose the searching one."""
    assert isinstance(store, SearchingStore)
    return store


class Renaming(Server):
    """Takes the names in a request for others."""

    store_type = SearchingStore

    def name_of(self, call: Call) -> ShipperName:
        """Return the shipper that is taken for the one named."""
        name = super().name_of(call)
        return self.taken_for(call, name) or name

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return other names, or None to keep to the request's."""
        raise NotImplementedError


def is_put(call: Call) -> bool:
    """Tell whether a call is a retry."""
    return call.operation_id == "retryShipperTask"


# SLS-COMMON-01: one path for both operations


@faulty("SLS-COMMON-01", "SLS-RETRY-01", says="A PUT on the path is refused as a method that is not known.")
class PutNotServed(Server):
    """Serves one operation alone."""

    def admit(self, call: Call) -> None:
        """Refuse every PUT."""
        super().admit(call)
        if is_put(call):
            raise self.refuse(faults.METHOD_INVALID, value=call.method)


@faulty("SLS-COMMON-01", "SLS-RETRY-01", says="A PUT on the path gets a 404 without a code of the service.")
class PutPathUnknown(Server):
    """Has the retry at a path of its own."""

    def admit(self, call: Call) -> None:
        """Refuse every PUT."""
        super().admit(call)
        if is_put(call):
            raise self.refuse(faults.PATH_UNKNOWN, path=call.path)


# SLS-COMMON-02: the logstore


@faulty(
    "SLS-COMMON-02", "SLS-COMMON-03", "SLS-COMMON-15", "SLS-COMMON-20", says="Any logstore name leads to the shipper."
)
class LogstoreIgnored(Renaming):
    """Knows shippers by project and name."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of this name in the project."""
        return searching(self.store).found("project = ? AND name = ?", name.project, name.shipper)


@faulty("SLS-COMMON-03", "SLS-COMMON-02", "SLS-COMMON-15", says="Of a logstore name the first eight characters count.")
class LogstoreCut(Renaming):
    """Has a narrow column for logstores."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper whose logstore begins alike."""
        condition = "project = ? AND substr(logstore, 1, 8) = ? AND name = ?"
        return searching(self.store).found(condition, name.project, name.logstore[:8], name.shipper)


@faulty("SLS-COMMON-15", "SLS-COMMON-02", says="A logstore is found under any name that begins with its own.")
class LogstoreWithTail(Renaming):
    """Compares as far as the stored name goes."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper whose logstore's name is the beginning of the one that was asked for."""
        condition = "project = ? AND ? LIKE logstore || '%' AND name = ?"
        return searching(self.store).found(condition, name.project, name.logstore, name.shipper)


@faulty("SLS-COMMON-02", says="A letter of the logstore name that is percent-encoded is not decoded.", warns=True)
class LogstoreNotDecoded(Renaming):
    """Compares what stands in the request line."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the names, the logstore's as it was sent."""
        return ShipperName(name.project, call.raw_path.split(b"/")[2].decode("latin-1"), name.shipper)


@faulty("SLS-COMMON-03", "SLS-COMMON-02", says="A retry goes to the first logstore that has a shipper of the name.")
class RetryInFirstLogstore(Renaming):
    """Looks for the shipper of a retry in the whole project."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of this name in the project, for a logstore that exists."""
        if not is_put(call) or not self.store.has_logstore(name.project, name.logstore):
            return None
        return searching(self.store).found("project = ? AND name = ?", name.project, name.shipper)


# SLS-COMMON-03: the shipper


@faulty("SLS-COMMON-03", says="All shippers of a logstore show the same tasks.")
class ShippersShareTasks(Renaming):
    """Keeps tasks by the logstore."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of the logstore in place of any that exists."""
        if self.store.shipper(name) is None:
            return None
        return searching(self.store).found("project = ? AND logstore = ?", name.project, name.logstore)


@faulty("SLS-COMMON-03", "SLS-COMMON-16", says="A shipper is found under its name without what follows the hyphen.")
class ShipperNameCut(Renaming):
    """Looks up the name up to the hyphen."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of the logstore whose name begins alike."""
        begin = name.shipper.partition("-")[0]
        condition = "project = ? AND logstore = ? AND name LIKE ? || '-%'"
        return searching(self.store).found(condition, name.project, name.logstore, begin)


@faulty("SLS-COMMON-03", says="A letter of the shipper name that is percent-encoded is not decoded.", warns=True)
class ShipperNotDecoded(Renaming):
    """Compares what stands in the request line."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the names, the shipper's as it was sent."""
        return ShipperName(name.project, name.logstore, call.raw_path.split(b"/")[4].decode("latin-1"))


class NeighbourlyStore(Store):
    """Can list the tasks of a whole logstore, or of all shippers of a name."""

    def tasks_beside(self, shipper: Shipper, condition: str, from_: int, to: int) -> list[Task]:
        """Return the tasks of the other shippers of the project that meet a condition in SQL."""
        name = shipper.name
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT number, fault, project, logstore, name FROM sls_shipper "
                f"WHERE project = :project AND number <> :number AND {condition}",
                {"project": name.project, "number": shipper.number, "logstore": name.logstore, "name": name.shipper},
            ).fetchall()
        beside = [Shipper(row[0], ShipperName(*row[2:]), row[1]) for row in rows]
        return [task for other in beside for task in self.tasks(other, from_, to)]


class Neighbourly(Server):
    """Lists tasks of other shippers as well."""

    store_type = NeighbourlyStore
    beside: str
    """Which shippers of the project, in SQL."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks of the shipper, then those of others."""
        assert isinstance(self.store, NeighbourlyStore)
        mine = super().in_window(shipper, from_, to)
        return mine + [task for task in self.store.tasks_beside(shipper, self.beside, from_, to) if self.strays(task)]

    def strays(self, task: Task) -> bool:
        """Tell whether a task of another shipper is listed."""
        return True


@faulty("SLS-COMMON-03", "SLS-GET-20", says="The failed tasks of the other shippers of a logstore are listed as well.")
class FailedOfLogstoreListed(Neighbourly):
    """Keeps failed tasks by the logstore."""

    beside = "logstore = :logstore"

    def strays(self, task: Task) -> bool:
        """Tell whether a task has failed."""
        return self.state_of(task, self.now()) is State.FAIL


@faulty("SLS-COMMON-03", says="The running tasks of a shipper of the same name in another logstore are listed as well.")
class RunningOfNamesakeListed(Neighbourly):
    """Keeps running tasks by the name of the shipper."""

    beside = "name = :name"

    def strays(self, task: Task) -> bool:
        """Tell whether a task runs."""
        return self.state_of(task, self.now()) is State.RUNNING


@faulty(
    "SLS-COMMON-03", says="With status=running the tasks of a shipper of the same name elsewhere are listed as well."
)
class RunningOfNamesakeFiltered(RunningOfNamesakeListed):
    """Has an index of running tasks by the name of the shipper."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page, and remember whether it is one of running tasks."""
        self.of_running = status == State.RUNNING
        return super().page(shipper, from_, to, status, offset, size)

    def strays(self, task: Task) -> bool:
        """Tell whether running tasks are asked for and this is one."""
        return self.of_running and super().strays(task)


@faulty("SLS-COMMON-16", says="Blanks around the name of a shipper are cut off.", warns=True)
class ShipperNameTrimmed(Renaming):
    """Tidies what people type."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the names, the shipper's without blanks around it."""
        return ShipperName(name.project, name.logstore, name.shipper.strip())


# SLS-COMMON-04: the project


@faulty("SLS-COMMON-04", "SLS-COMMON-14", "SLS-COMMON-20", says="The Host is not looked at.")
class HostIgnored(Renaming):
    """Finds a logstore in whichever project."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of this name and logstore in any project."""
        return searching(self.store).found("logstore = ? AND name = ?", name.logstore, name.shipper)


@faulty("SLS-COMMON-04", "SLS-COMMON-14", "SLS-COMMON-20", says="A retry does not look at the Host.")
class HostIgnoredByRetry(HostIgnored):
    """Finds the logstore of a retry in whichever project."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of this name and logstore in any project, for a retry."""
        return super().taken_for(call, name) if is_put(call) else None


@faulty("SLS-COMMON-04", says="A project that exists has the logstores of all others.")
class LogstoresShared(HostIgnored):
    """Looks at the Host only to refuse it."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper of this name and logstore in any project, for a project that exists."""
        return super().taken_for(call, name) if self.store.has_project(name.project) else None


@faulty(
    "SLS-COMMON-04",
    "SLS-COMMON-14",
    says="The first project that is asked for a path answers for all later ones.",
)
class ProjectRemembered(Server):
    """Remembers answers to questions of which it forgets a part."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects: dict[bytes, str] = {}

    def project_of(self, call: Call) -> str:
        """Return the project that was first named beside this path."""
        return self.projects.setdefault(call.raw_path, super().project_of(call))


@faulty("SLS-COMMON-14", "SLS-COMMON-04", says="A project is found under any name that begins with its own.")
class ProjectWithTail(Renaming):
    """Compares as far as the stored name goes."""

    def taken_for(self, call: Call, name: ShipperName) -> ShipperName | None:
        """Return the first shipper whose project's name is the beginning of the one that was asked for."""
        condition = "? LIKE project || '%' AND logstore = ? AND name = ?"
        return searching(self.store).found(condition, name.project, name.logstore, name.shipper)


class LooseStore(Store):
    """Starts tasks by their id alone."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.shippers = "SELECT number FROM sls_shipper"

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start the named tasks of whichever shipper again."""
        with self.database.reading() as connection:
            numbers = [number for (number,) in connection.execute(self.shippers)]
        return sum(
            super(LooseStore, self).start_again(Shipper(number, shipper.name, None), ids, now) for number in numbers
        )


@faulty(
    "SLS-COMMON-03",
    "SLS-COMMON-04",
    "SLS-RETRY-04",
    says="A retry starts the task of an id in whichever project and shipper it is.",
)
class RetryByIdAlone(Server):
    """Takes ids for unique in the whole service."""

    store_type = LooseStore
