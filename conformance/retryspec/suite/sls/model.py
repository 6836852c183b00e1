"""The things that the SLS checks talk about: windows, tasks, shippers, pages."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

__all__ = ["Page", "Shipper", "Task", "TaskPlan", "Window"]

HOUR = 3600
STATUSES = ("running", "success", "fail")
MOST_RETRIED = 10
LARGEST_PAGE = 500
DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class Window:
    """A range of creation times in Unix seconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task as a check asks for it."""

    status: str
    age: int | None = None
    """Seconds since its creation; spread over the last hours if None."""
    message: str | None = None
    rerun_seconds: int | None = None
    rerun_status: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task as a page shows it."""

    id: str
    status: str
    message: str
    created: int
    received: int
    finished: int

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Task":
        """A task from an element of `tasks`.

        Raises:
            KeyError, TypeError: it has not the documented form.
        """
        return cls(
            id=_text(raw["id"]),
            status=_text(raw["taskStatus"]),
            message=_text(raw["taskMessage"]),
            created=_number(raw["taskCreateTime"]),
            received=_number(raw["taskLastDataReceiveTime"]),
            finished=_number(raw["taskFinishTime"]),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tasks."""

    count: int
    total: int
    statistics: Mapping[str, int]
    tasks: tuple[Task, ...]

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Page":
        """A page from a body.

        Raises:
            KeyError, TypeError: it has not the documented form.
        """
        if not isinstance(raw["tasks"], list):
            raise TypeError("tasks is no array")
        return cls(
            count=_number(raw["count"]),
            total=_number(raw["total"]),
            statistics={status: _number(raw["statistics"][status]) for status in STATUSES},
            tasks=tuple(Task.read(task) for task in raw["tasks"]),
        )

    @property
    def ids(self) -> list[str]:
        """The ids in the order of the page."""
        return [task.id for task in self.tasks]


@dataclass(frozen=True, slots=True)
class Shipper:
    """A shipper with tasks that a check may use.

    A `fresh` one was made for this check, so that nobody else touches it and every task is known; `promised` says that
    its re-runs go as asked. Those of a target without provider states are neither.
    """

    project: str
    logstore: str
    name: str
    tasks: tuple[Task, ...] = ()
    plans: tuple[TaskPlan, ...] = ()
    fresh: bool = False
    promised: bool = False
    neighbours: tuple["Shipper", ...] = field(default=())

    @property
    def path(self) -> str:
        """The path of both operations on it."""
        return f"/logstores/{quote(self.logstore, safe='')}/shipper/{quote(self.name, safe='')}/tasks"

    def ids(self, status: str | None = None) -> list[str]:
        """The ids of its tasks, or of those that were made with one status, in the order of creation of the state."""
        return [task.id for task in self.tasks if status in (None, task.status)]

    def counts(self) -> dict[str, int]:
        """How many tasks it was made with, by status."""
        return count_statuses(self.tasks)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no string")
    return value


def _number(value: object) -> int:
    # 5.0 is an integer in JSON Schema.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError(f"{value!r} is no integer")
    return int(value)


def count_statuses(tasks: Iterable[Task]) -> dict[str, int]:
    """How many tasks there are of each status."""
    counted = Counter(task.status for task in tasks)
    return {status: counted[status] for status in STATUSES}
