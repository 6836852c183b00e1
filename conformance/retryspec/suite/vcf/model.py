"""The things that the VCF checks talk about: what a status means, tasks, pages of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["ENDED", "LARGEST_PAGE", "SPELLINGS", "UNDER_WAY", "Batch", "Meaning", "Page", "Task", "TaskPlan"]
__all__ += ["meaning_of", "moment_of", "without_unlisted"]

LARGEST_PAGE = 100


class Meaning(StrEnum):
    """What a status means, however it is spelt (vcf R-13)."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    COMPLETED_WITH_WARNING = "COMPLETED_WITH_WARNING"
    SKIPPED = "SKIPPED"


UNDER_WAY = frozenset({Meaning.PENDING, Meaning.IN_PROGRESS})
ENDED = frozenset(Meaning) - UNDER_WAY

SPELLINGS: Mapping[str, Meaning] = {meaning.value: meaning for meaning in Meaning} | {
    "Pending": Meaning.PENDING,
    "In Progress": Meaning.IN_PROGRESS,
    "Successful": Meaning.SUCCESSFUL,
    "Failed": Meaning.FAILED,
    "Cancelled": Meaning.CANCELLED,
}
"""The twelve spellings that the vendor lists."""


def meaning_of(status: str) -> Meaning | None:
    """What a status means: in upper case, with `_` for a blank; None for one that nobody lists."""
    word = status.upper().replace(" ", "_")
    return Meaning(word) if word in Meaning.__members__ else None


def moment_of(text: str | None) -> datetime | None:
    """The moment that a time of the API names; None where there is none that says its zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


# Members whose own members have any name.
_MAPS = frozenset({"context"})


def without_unlisted(value: Any, listed: frozenset[str]) -> Any:
    """A part of a body without what may differ from one reading to the next, and with its arrays sorted.

    That is what the document does not list, a member that is null as if it were absent, and the token of a log entry.
    """
    if isinstance(value, dict):
        kept = {
            name: member if name in _MAPS else without_unlisted(member, listed)
            for name, member in value.items()
            if name in listed and name != "referenceToken" and member is not None
        }
        return dict(sorted(kept.items()))
    if isinstance(value, list):
        return sorted((without_unlisted(item, listed) for item in value), key=json.dumps)
    return value


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task as a check asks for it."""

    meaning: Meaning
    rerun_seconds: int | None = None
    rerun_status: Meaning | None = None
    fault: bool = False
    """A retry of it meets an internal error."""
    label: str | None = None
    """What its name ends with, behind the mark of its batch; None for its place."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as an answer shows it."""

    id: str
    name: str | None
    type: str | None
    status: str
    created: str | None
    completed: str | None
    retryable: bool | None
    resources: tuple[tuple[str, str], ...]
    """Id and type of each."""
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    listed: frozenset[str] = field(repr=False, compare=False)
    """The names of all members that the document lists."""

    @classmethod
    def read(cls, raw: Any, listed: frozenset[str]) -> "Task | None":
        """A task from a value that has at least an id and a status; None from any other."""
        if not isinstance(raw, dict) or not _are_texts(raw.get("id"), raw.get("status")):
            return None
        retryable = raw.get("isRetryable")
        resources = raw.get("resources")
        return cls(
            id=raw["id"],
            name=_text(raw, "name"),
            type=_text(raw, "type"),
            status=raw["status"],
            created=_text(raw, "creationTimestamp"),
            completed=_text(raw, "completionTimestamp"),
            retryable=retryable if isinstance(retryable, bool) else None,
            resources=_resources(resources) if isinstance(resources, list) else (),
            raw=raw,
            listed=listed,
        )

    @property
    def meaning(self) -> Meaning | None:
        """What its status means."""
        return meaning_of(self.status)

    @property
    def errors(self) -> str:
        """Its own errors, to be compared."""
        return json.dumps(without_unlisted(self.raw.get("errors"), self.listed))

    @property
    def whole(self) -> str:
        """All that the document lists, to be compared."""
        return json.dumps(without_unlisted(self.raw, self.listed))

    @property
    def lasting(self) -> tuple[str | None, ...]:
        """What a retry and the work itself leave as it is."""
        return (self.id, self.name, self.type, self.created)

    @property
    def state(self) -> tuple[object, ...]:
        """What may not change by itself: of a task under way only what should not move."""
        return (*self.lasting, self.whole if self.meaning in ENDED else self.meaning in UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tasks."""

    tasks: tuple[Task, ...]
    shown: int
    """How many elements it has, readable or not."""
    number: int | None
    """The number that it says it has."""

    @classmethod
    def read(cls, raw: Any, listed: frozenset[str]) -> "Page | None":
        """A page from a value that is an object; None from any other."""
        if not isinstance(raw, dict):
            return None
        elements = raw.get("elements")
        elements = elements if isinstance(elements, list) else []
        metadata = raw.get("pageMetadata")
        number = metadata.get("pageNumber") if isinstance(metadata, dict) else None
        return cls(
            tasks=tuple(task for task in (Task.read(each, listed) for each in elements) if task is not None),
            shown=len(elements),
            number=number if isinstance(number, int) and not isinstance(number, bool) else None,
        )

    @property
    def ids(self) -> list[str]:
        """The ids in the order of the page."""
        return [task.id for task in self.tasks]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that a check may use, in the order in which they were asked for.

    A `fresh` one was made for this check, so that nobody else touches it; `promised` says that its re-runs go as asked.
    Those of a target without provider states are neither.
    """

    ids: tuple[str, ...]
    plans: tuple[TaskPlan, ...]
    fresh: bool = False
    promised: bool = False
    mark: str = ""
    """What the name of each was asked to contain."""

    def of(self, *meanings: Meaning) -> list[str]:
        """The ids of those that were asked for with one of these statuses."""
        return [task_id for task_id, plan in zip(self.ids, self.plans, strict=True) if plan.meaning in meanings]

    @property
    def failed(self) -> list[str]:
        """The ids of those that were asked for as failed."""
        return self.of(Meaning.FAILED)


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return value if isinstance(value, str) else None


def _resources(raw: list[Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each["resourceId"], each["type"])
        for each in raw
        if isinstance(each, dict) and _are_texts(each.get("resourceId"), each.get("type"))
    )
