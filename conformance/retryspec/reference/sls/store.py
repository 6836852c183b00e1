"""What the SLS server remembers: shippers, each in a logstore of a project, and their tasks.

    running ──▶ success
       │
       └──────▶ fail ──(retry)──▶ running ...

Nothing moves a task in the background. A task keeps when its run ends and how; while that time is ahead it is running,
afterwards it is what the run ended as. A retry is one statement that sets both anew where the task has failed.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retryspec.reference.database import Database

__all__ = ["NewTask", "Shipper", "ShipperName", "State", "Store", "Task"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS sls_shipper (
    number INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    logstore TEXT NOT NULL,
    name TEXT NOT NULL,
    fault TEXT,
    dropped_after REAL,
    UNIQUE (project, logstore, name)
);
CREATE TABLE IF NOT EXISTS sls_task (
    number INTEGER PRIMARY KEY,
    shipper INTEGER NOT NULL REFERENCES sls_shipper ON DELETE CASCADE,
    id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ends REAL NOT NULL,
    message TEXT NOT NULL,
    code TEXT NOT NULL,
    created INTEGER NOT NULL,
    received INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    rerun_seconds REAL NOT NULL,
    rerun_outcome TEXT NOT NULL,
    UNIQUE (shipper, id)
);
CREATE INDEX IF NOT EXISTS sls_task_created ON sls_task (shipper, created);
"""

_SHOWN = "id, outcome, ends, message, code, created, received, finished, lines, runs"


class State(StrEnum):
    """The states of a task, spelled as on the wire (sls A-23)."""

    RUNNING = "running"
    SUCCESS = "success"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ShipperName:
    """The three names that lead to a shipper; its own is unique within one logstore."""

    project: str
    logstore: str
    shipper: str


@dataclass(frozen=True, slots=True)
class Shipper:
    """A shipper that exists."""

    number: int
    name: ShipperName
    fault: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it is stored; `state` says what that means at a certain time."""

    id: str
    outcome: State
    ends: float
    message: str
    code: str
    created: int
    received: int
    finished: int
    lines: int
    runs: int

    def state(self, now: float) -> State:
        """Return the state of the task at a time."""
        return State.RUNNING if self.ends > now else self.outcome


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be stored: how its first run went or goes, and how it will go when it is retried."""

    task: Task
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESS


class Store:
    """The shippers and tasks of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.create(SCHEMA)

    def has_project(self, project: str) -> bool:
        """Tell whether there is a project of this name."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT 1 FROM sls_shipper WHERE project = ? LIMIT 1", (project,))
            return found.fetchone() is not None

    def has_logstore(self, project: str, logstore: str) -> bool:
        """Tell whether a project has a logstore of this name."""
        with self.database.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM sls_shipper WHERE project = ? AND logstore = ? LIMIT 1", (project, logstore)
            )
            return found.fetchone() is not None

    def shipper(self, name: ShipperName) -> Shipper | None:
        """Return the shipper of this name."""
        with self.database.reading() as connection:
            row = connection.execute(
                f"SELECT number, fault FROM sls_shipper WHERE {_BY_NAME}",
                (name.project, name.logstore, name.shipper),
            ).fetchone()
        return None if row is None else Shipper(row[0], name, row[1])

    def tasks(self, shipper: Shipper, created_from: int, created_to: int) -> list[Task]:
        """Return the tasks of a shipper that were created in [from, to), newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_SHOWN} FROM sls_task WHERE shipper = ? AND created >= ? AND created < ? "
                "ORDER BY created DESC, id",
                (shipper.number, created_from, created_to),
            ).fetchall()
        return [_task(row) for row in rows]

    def start_again(self, shipper: Shipper, ids: Sequence[str], now: float) -> int:
        """Start the named tasks again where they have failed, and return how many that were.

        One statement in one transaction: of many simultaneous retries of a task exactly one finds it failed.
        """
        # A text that is no UTF-8 (half a surrogate pair) cannot be stored, so it names no task.
        named = {f"id{place}": id_ for place, id_ in enumerate(ids) if _storable(id_)}
        with self.database.writing() as connection:
            return connection.execute(
                f"UPDATE sls_task SET {self.rerun()} WHERE shipper = :shipper AND {self.may_run_again()} "
                f"AND id IN ({', '.join(f':{place}' for place in named)})",
                {"shipper": shipper.number, "now": now, **named},
            ).rowcount

    def may_run_again(self) -> str:
        """Return the condition, in SQL, under which a retry starts a task."""
        return "outcome = 'fail' AND ends <= :now"

    def rerun(self) -> str:
        """Return what a retry sets, in SQL: the end of the new run and how it ends."""
        # A run that takes no time still ends later than the one before, so that its end can be told from that one's.
        return (
            "ends = :now + rerun_seconds, "
            "finished = max(finished + 1, CAST(:now + rerun_seconds AS INTEGER)), "
            "outcome = rerun_outcome, runs = runs + 1"
        )

    def add_shipper(
        self,
        name: ShipperName,
        tasks: Iterable[NewTask],
        *,
        fault: str | None = None,
        dropped_after: float | None = None,
    ) -> None:
        """Store a new shipper with its tasks; from `dropped_after` on it may be dropped."""
        with self.database.writing() as connection:
            number = connection.execute(
                "INSERT INTO sls_shipper (project, logstore, name, fault, dropped_after) VALUES (?, ?, ?, ?, ?)",
                (name.project, name.logstore, name.shipper, fault, dropped_after),
            ).lastrowid
            connection.executemany(_INSERT_TASK, [_row(number, task) for task in tasks])

    def has_newer(self, name: ShipperName, time: int) -> bool:
        """Tell whether a shipper has a task that was created after a time."""
        with self.database.reading() as connection:
            return _has_newer(connection, name, time)

    def renew(self, name: ShipperName, tasks: Iterable[NewTask], *, newest_before: int, oldest: int) -> None:
        """Give a shipper new tasks unless it has one created after `newest_before`, and drop those before `oldest`.

        The shipper is made where it does not exist.
        """
        key = (name.project, name.logstore, name.shipper)
        with self.database.writing() as connection:
            if _has_newer(connection, name, newest_before):
                return  # another request has seen to it meanwhile
            connection.execute("INSERT OR IGNORE INTO sls_shipper (project, logstore, name) VALUES (?, ?, ?)", key)
            (number,) = connection.execute(f"SELECT number FROM sls_shipper WHERE {_BY_NAME}", key).fetchone()
            connection.execute("DELETE FROM sls_task WHERE shipper = ? AND created < ?", (number, oldest))
            connection.executemany(_INSERT_TASK, [_row(number, task) for task in tasks])

    def drop_outdated(self, now: float) -> None:
        """Drop the shippers whose time is over."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM sls_shipper WHERE dropped_after < ?", (now,))


_BY_NAME = "project = ? AND logstore = ? AND name = ?"
_PLACES = ", ".join("?" * 13)
_INSERT_TASK = f"INSERT INTO sls_task (shipper, {_SHOWN}, rerun_seconds, rerun_outcome) VALUES ({_PLACES})"


def _has_newer(connection: sqlite3.Connection, name: ShipperName, time: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sls_task JOIN sls_shipper ON sls_shipper.number = shipper "
        f"WHERE {_BY_NAME} AND created > ? LIMIT 1",
        (name.project, name.logstore, name.shipper, time),
    )
    return found.fetchone() is not None


def _task(row: tuple[Any, ...]) -> Task:
    id_, outcome, *rest = row
    return Task(id_, State(outcome), *rest)


def _row(shipper: int | None, new: NewTask) -> tuple[object, ...]:
    task = new.task
    return (
        shipper,
        task.id,
        task.outcome,
        task.ends,
        task.message,
        task.code,
        task.created,
        task.received,
        task.finished,
        task.lines,
        task.runs,
        new.rerun_seconds,
        new.rerun_outcome,
    )


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
