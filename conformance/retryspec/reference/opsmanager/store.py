"""What the Ops Manager server remembers: projects and their log collection jobs.

    IN_PROGRESS ──▶ SUCCESS ───────────────────┐
         │                                     ├──▶ MARKED_FOR_EXPIRY ──▶ EXPIRED
         └────────▶ FAILURE ───────────────────┘
                       └──(retry)──▶ IN_PROGRESS ...

Nothing moves a job in the background. A job keeps when its run ends and how; while that time is ahead it is in
progress, afterwards it is what the run ended as, and after its expiration it is marked and then gone. A retry is one
statement that sets end and outcome anew where the job has failed (opsmanager A08, R-28).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from retryspec.reference.database import Database

__all__ = ["MARKED_SECONDS", "Job", "NewJob", "State", "Store"]

MARKED_SECONDS = 24 * 3600
"""For how long a job is marked before it has expired."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS opsmanager_group (
    id TEXT PRIMARY KEY,
    dropped_after REAL
);
CREATE TABLE IF NOT EXISTS opsmanager_job (
    number INTEGER PRIMARY KEY,
    group_id TEXT NOT NULL REFERENCES opsmanager_group ON DELETE CASCADE,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL NOT NULL,
    ends REAL NOT NULL,
    expires REAL NOT NULL,
    runs INTEGER NOT NULL,
    resource_type TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    log_types TEXT NOT NULL,
    redacted INTEGER NOT NULL,
    requested_bytes INTEGER NOT NULL,
    fault TEXT,
    rerun_seconds REAL NOT NULL,
    rerun_outcome TEXT NOT NULL,
    stored REAL NOT NULL,
    UNIQUE (group_id, id)
);
"""


class State(StrEnum):
    """The states of a job, spelled as on the wire."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    IN_PROGRESS = "IN_PROGRESS"
    MARKED_FOR_EXPIRY = "MARKED_FOR_EXPIRY"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored; `state` says what that means at a certain time."""

    group_id: str
    id: str
    user_id: str
    outcome: State
    created: float
    started: float
    """When the latest run began; `runs` says how many there were before it."""
    ends: float
    expires: float
    runs: int
    resource_type: str
    resource_name: str
    log_types: tuple[str, ...]
    redacted: bool
    requested_bytes: int
    fault: str | None

    def state(self, now: float) -> State:
        """Return the state of the job at a time."""
        if self.ends > now:
            return State.IN_PROGRESS
        if self.expires > now:
            return self.outcome
        return State.MARKED_FOR_EXPIRY if self.expires + MARKED_SECONDS > now else State.EXPIRED


# The columns are named as the members are.
_COLUMNS = tuple(member.name for member in fields(Job))
_SHOWN = ", ".join(_COLUMNS)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be stored: how its first run went or goes, and how it will go when it is retried."""

    job: Job
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESS


class Store:
    """The projects and jobs of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.create(SCHEMA)

    def has_group(self, group_id: str) -> bool:
        """Tell whether there is a project of this id."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT 1 FROM opsmanager_group WHERE id = ?", (group_id,))
            return found.fetchone() is not None

    def jobs(self, group_id: str) -> list[Job]:
        """Return the jobs of a project, newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_SHOWN} FROM opsmanager_job WHERE group_id = ? ORDER BY created DESC, id", (group_id,)
            ).fetchall()
        return [_job(row) for row in rows]

    def job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id in a project."""
        with self.database.reading() as connection:
            row = connection.execute(
                f"SELECT {_SHOWN} FROM opsmanager_job WHERE group_id = ? AND id = ?", (group_id, job_id)
            ).fetchone()
        return None if row is None else _job(row)

    def start_again(self, job: Job, now: float) -> bool:
        """Start a job again where it has failed, and tell whether it had.

        One statement in one transaction: of many simultaneous retries of a job exactly one finds it failed.
        """
        with self.database.writing() as connection:
            started = connection.execute(
                f"UPDATE opsmanager_job SET {self.rerun()} WHERE {self.named()} AND {self.may_run_again()}",
                {"group": job.group_id, "id": job.id, "now": now},
            )
            return started.rowcount > 0

    def named(self) -> str:
        """Return the condition, in SQL, that a job is the one to be retried."""
        return "group_id = :group AND id = :id"

    def may_run_again(self) -> str:
        """Return the condition, in SQL, under which a retry starts a job."""
        return "outcome = 'FAILURE' AND ends <= :now AND expires > :now"

    def rerun(self) -> str:
        """Return what a retry sets, in SQL: begin and end of the new run, and how it ends (opsmanager A20)."""
        return "started = :now, ends = :now + rerun_seconds, outcome = rerun_outcome, runs = runs + 1"

    def add_group(
        self, group_id: str, jobs: Iterable[NewJob], now: float, *, dropped_after: float | None = None
    ) -> None:
        """Store a new project with its jobs; from `dropped_after` on it may be dropped."""
        with self.database.writing() as connection:
            connection.execute("INSERT INTO opsmanager_group VALUES (?, ?)", (group_id, dropped_after))
            connection.executemany(_INSERT_JOB, [_row(new, now) for new in jobs])

    def was_stored_after(self, group_id: str, time: float) -> bool:
        """Tell whether a project has a job that was stored after a time."""
        with self.database.reading() as connection:
            return connection.execute(_STORED_AFTER, (group_id, time)).fetchone() is not None

    def renew(self, group_id: str, jobs: Iterable[NewJob], now: float, *, newest_before: float, oldest: float) -> None:
        """Give a project new jobs unless some were stored after `newest_before`, and drop those before `oldest`.

        The project is made where it does not exist.
        """
        with self.database.writing() as connection:
            if connection.execute(_STORED_AFTER, (group_id, newest_before)).fetchone() is not None:
                return  # another request has seen to it meanwhile
            connection.execute("INSERT OR IGNORE INTO opsmanager_group (id) VALUES (?)", (group_id,))
            connection.execute("DELETE FROM opsmanager_job WHERE group_id = ? AND stored < ?", (group_id, oldest))
            connection.executemany(_INSERT_JOB, [_row(new, now) for new in jobs])

    def drop_outdated(self, now: float) -> None:
        """Drop the projects whose time is over."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM opsmanager_group WHERE dropped_after < ?", (now,))


_STORED_AFTER = "SELECT 1 FROM opsmanager_job WHERE group_id = ? AND stored > ? LIMIT 1"
_PLACES = ", ".join("?" * 18)
_INSERT_JOB = f"INSERT INTO opsmanager_job ({_SHOWN}, rerun_seconds, rerun_outcome, stored) VALUES ({_PLACES})"


def _job(row: tuple[Any, ...]) -> Job:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    values["outcome"] = State(values["outcome"])
    values["log_types"] = tuple(json.loads(values["log_types"]))
    values["redacted"] = bool(values["redacted"])
    return Job(**values)


def _row(new: NewJob, now: float) -> tuple[object, ...]:
    values = [getattr(new.job, column) for column in _COLUMNS]
    values[_COLUMNS.index("log_types")] = json.dumps(new.job.log_types)
    return (*values, new.rerun_seconds, new.rerun_outcome, now)
