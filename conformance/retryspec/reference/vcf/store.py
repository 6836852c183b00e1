"""What the VCF server remembers: tasks, and the tokens it gave.

    Pending ──▶ In Progress ──▶ Successful, Cancelled, ...
                     │
                     └────────▶ Failed ──(retry)──▶ In Progress ...

Nothing moves a task in the background. A task keeps when its run begins, when it ends and how: before the one it is
pending, before the other in progress, afterwards it is what the run ended as. A retry is one statement that sets all
three anew where the task has failed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retryspec.reference.database import Database

__all__ = ["NewTask", "State", "Store", "Task", "Token", "TokenKind", "state_named"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS vcf_task (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    created REAL NOT NULL,
    begins REAL NOT NULL,
    ends REAL NOT NULL,
    runs INTEGER NOT NULL,
    retryable INTEGER,
    fault TEXT,
    resource TEXT NOT NULL,
    rerun_seconds REAL NOT NULL,
    rerun_outcome TEXT NOT NULL,
    sample INTEGER NOT NULL,
    dropped_after REAL
);
CREATE INDEX IF NOT EXISTS vcf_task_created ON vcf_task (created);
CREATE TABLE IF NOT EXISTS vcf_token (
    value TEXT NOT NULL,
    kind TEXT NOT NULL,
    username TEXT NOT NULL,
    ends REAL NOT NULL,
    PRIMARY KEY (kind, value)
);
"""

_SHOWN = "number, id, name, kind, outcome, created, begins, ends, runs, retryable, fault, resource"
_STORED = f"{_SHOWN.removeprefix('number, ')}, rerun_seconds, rerun_outcome, sample, dropped_after"
_INSERT_TASK = f"INSERT INTO vcf_task ({_STORED}) VALUES ({', '.join('?' * (_STORED.count(',') + 1))})"


class State(StrEnum):
    """The seven meanings of a status, in the spelling that all versions share (vcf R-13)."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    COMPLETED_WITH_WARNING = "COMPLETED_WITH_WARNING"
    SKIPPED = "SKIPPED"


def state_named(text: str) -> State | None:
    """Return what a spelling of a status means, or None where it means nothing."""
    folded = text.strip().upper().replace(" ", "_")
    return State(folded) if folded in State.__members__ else None


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Token:
    """A token, the user it was given to, and when it ends."""

    value: str
    kind: TokenKind
    username: str
    ends: float


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it is stored; `state` says what that means at a certain time."""

    number: int
    """The order in which tasks were stored."""
    id: str
    name: str
    kind: int
    """What it is about: a place in `description.KINDS`, beyond its end from the beginning."""
    outcome: State
    created: float
    begins: float
    ends: float
    runs: int
    """How often it was retried."""
    retryable: bool | None
    """Whether it can be retried once it has failed; None where that is not told, and then it can."""
    fault: str | None
    resource: str

    def state(self, now: float) -> State:
        """Return the state of the task at a time."""
        if self.ends <= now:
            return self.outcome
        return State.IN_PROGRESS if self.begins <= now else State.PENDING


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be stored: how its first run went or goes, and how it will go when it is retried."""

    task: Task
    """Its number is not used."""
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESSFUL


class Store:
    """The tasks and tokens of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.create(SCHEMA)

    def task(self, id_: str) -> Task | None:
        """Return the task of an id."""
        with self.database.reading() as connection:
            row = connection.execute(f"SELECT {_SHOWN} FROM vcf_task WHERE id = ?", (id_,)).fetchone()
        return None if row is None else _task(row)

    def tasks(self) -> list[Task]:
        """Return all tasks, newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(f"SELECT {_SHOWN} FROM vcf_task ORDER BY created DESC, number").fetchall()
        return [_task(row) for row in rows]

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task again where it has failed, and tell whether it had.

        One statement in one transaction: of many simultaneous retries of a task exactly one finds it failed.
        """
        with self.database.writing() as connection:
            changed = connection.execute(
                f"UPDATE vcf_task SET {self.rerun()} WHERE {self.named()} AND ({self.may_run_again()})",
                {"id": id_, "now": now},
            )
            return changed.rowcount > 0

    def named(self) -> str:
        """Return the condition, in SQL, that finds the task to be retried."""
        return "id = :id"

    def may_run_again(self) -> str:
        """Return the condition, in SQL, under which a retry starts a task (vcf A10 to A15)."""
        return "outcome = 'FAILED' AND ends <= :now AND retryable IS NOT 0"

    def rerun(self) -> str:
        """Return what a retry sets, in SQL: when the new run begins and ends, and how."""
        # A run that takes no time still ends later than the one before, so that its end can be told from that one's.
        return "begins = :now, ends = max(:now + rerun_seconds, ends + 0.001), outcome = rerun_outcome, runs = runs + 1"

    def add(self, tasks: Iterable[NewTask], *, sample: bool = False, dropped_after: float | None = None) -> None:
        """Store new tasks; from `dropped_after` on they may be dropped."""
        with self.database.writing() as connection:
            connection.executemany(_INSERT_TASK, [_row(new, sample, dropped_after) for new in tasks])

    def has_sample(self, newer_than: float) -> bool:
        """Tell whether there is a task of the sample that was created after a time."""
        with self.database.reading() as connection:
            found = connection.execute("SELECT 1 FROM vcf_task WHERE sample AND created > ? LIMIT 1", (newer_than,))
            return found.fetchone() is not None

    def renew_sample(self, tasks: Iterable[NewTask], *, newest_before: float, oldest: float) -> None:
        """Store the tasks of a new sample unless one is newer than `newest_before`; drop those before `oldest`."""
        with self.database.writing() as connection:
            newer = connection.execute("SELECT 1 FROM vcf_task WHERE sample AND created > ? LIMIT 1", (newest_before,))
            if newer.fetchone() is not None:
                return  # another request has seen to it meanwhile
            connection.execute("DELETE FROM vcf_task WHERE sample AND created < ?", (oldest,))
            connection.executemany(_INSERT_TASK, [_row(new, True, None) for new in tasks])

    def drop_outdated(self, now: float) -> None:
        """Drop the tasks whose time is over."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM vcf_task WHERE dropped_after < ?", (now,))

    def token(self, kind: TokenKind, value: str) -> Token | None:
        """Return a token, whether or not it has ended."""
        with self.database.reading() as connection:
            row = connection.execute(
                "SELECT username, ends FROM vcf_token WHERE kind = ? AND value = ?", (kind, _kept(value))
            ).fetchone()
        return None if row is None else Token(value, kind, *row)

    def keep_tokens(self, tokens: Iterable[Token], *, forget_before: float) -> None:
        """Remember tokens, and forget those that ended before a time."""
        rows = [(_kept(token.value), token.kind, token.username, token.ends) for token in tokens]
        with self.database.writing() as connection:
            connection.execute("DELETE FROM vcf_token WHERE ends < ?", (forget_before,))
            connection.executemany("INSERT INTO vcf_token (value, kind, username, ends) VALUES (?, ?, ?, ?)", rows)


def _kept(token: str) -> str:
    """Return what is kept of a token: a digest, so that the time of a lookup tells nothing about one that is good."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _task(row: tuple[Any, ...]) -> Task:
    number, id_, name, kind, outcome, created, begins, ends, runs, retryable, fault, resource = row
    flag = None if retryable is None else bool(retryable)
    return Task(number, id_, name, kind, State(outcome), created, begins, ends, runs, flag, fault, resource)


def _row(new: NewTask, sample: bool, dropped_after: float | None) -> tuple[object, ...]:
    task = new.task
    return (
        task.id,
        task.name,
        task.kind,
        task.outcome,
        task.created,
        task.begins,
        task.ends,
        task.runs,
        task.retryable,
        task.fault,
        task.resource,
        new.rerun_seconds,
        new.rerun_outcome,
        sample,
        dropped_after,
    )
