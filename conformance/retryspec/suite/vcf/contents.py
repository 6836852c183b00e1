"""What every task and every page has to say, whatever was asked for; well-formed or not is looked at in `shape`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from retryspec.checks import Judge
from retryspec.exchange import Exchange
from retryspec.suite.vcf.model import SPELLINGS, Meaning, Page, Task, meaning_of, moment_of
from retryspec.suite.vcf.shape import Asked

__all__ = ["look_at_page", "look_at_task"]

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_INT_32 = range(-(2**31), 2**31)
_METADATA = ("pageNumber", "pageSize", "totalElements", "totalPages")

MOST_LOOKED_AT = 200
"""Tasks of a page that are looked at one by one; a page has at most half as many where it has a size."""

_CLIENTS = "the Terraform provider, the Salt extension and the Python sample misread others (vcf R-13)"


class Expect(Protocol):
    """Look at one expectation that one answer proves."""

    def __call__(self, behaviour: str, holds: bool, expected: str, received: str, *, strict: bool = False) -> None:
        """Look at it."""


def _expecting(judge: Judge, exchange: Exchange) -> Expect:
    def expect(behaviour: str, holds: bool, expected: str, received: str, *, strict: bool = False) -> None:
        judge.expect(behaviour, holds, exchange, expected=expected, received=received, strict=strict, conclusive=True)

    return expect


def look_at_task(judge: Judge, exchange: Exchange, raw: Mapping[str, Any], asked: Asked) -> None:
    """Look at the task that an answer of getTask is."""
    expect = _expecting(judge, exchange)
    if asked.task_id is not None and isinstance(raw.get("id"), str):
        expect(
            "VCF-GET-05", raw["id"] == asked.task_id, f"the task {asked.task_id}", f"the task {raw['id']}", strict=True
        )
    _look_at_members(expect, raw)
    if _meaning(raw) is Meaning.FAILED:
        has_error = any(part.get("errors") for part in _parts(raw))
        expect("VCF-TASK-06", has_error, "an error on a failed task, or in one of its steps", "none")


def look_at_page(judge: Judge, exchange: Exchange, raw: Mapping[str, Any], page: Page, asked: Asked) -> None:
    """Look at a page of tasks, and hold it against what was asked for."""
    expect = _expecting(judge, exchange)
    elements = raw.get("elements")
    for element in elements[:MOST_LOOKED_AT] if isinstance(elements, list) else []:
        if isinstance(element, dict):
            _look_at_members(expect, element)
    metadata = raw.get("pageMetadata")
    for name in _METADATA:
        number = metadata.get(name) if isinstance(metadata, dict) else None
        fits = not isinstance(number, int) or number in _INT_32
        expect("VCF-LIST-03", fits, f"a {name} of 32 bits", str(number), strict=True)
    repeated = [task_id for task_id, times in Counter(page.ids).items() if times > 1]
    expect("VCF-LIST-08", not repeated, "each task once in a page", f"{repeated[:3]} more than once", strict=True)
    if not asked.sound:
        return  # what a server makes of a value that is not allowed is open
    for name in ("pageSize", "limit"):
        most = _bound(asked.query.get(name))
        if most is not None:
            expect("VCF-LIST-06", page.shown <= most, f"at most {most} tasks with {name}={most}", str(page.shown))
    for name, value in asked.query.items():
        _look_at_filter(expect, name, value, page)


def _look_at_members(expect: Expect, raw: Mapping[str, Any]) -> None:
    status = raw.get("status")
    if isinstance(status, str) and status:
        listed = SPELLINGS.get(status)
        spelt = f"one of {', '.join(SPELLINGS)}"
        expect("VCF-TASK-STATUS-02", listed is not None, spelt, status[:100])
        has_title = listed is not None and any(word != word.upper() and SPELLINGS[word] is listed for word in SPELLINGS)
        shouted = has_title and status == status.upper()
        expect("VCF-TASK-STATUS-03", not shouted, f"title case: {_CLIENTS}", status[:100])
    resolution = raw.get("resolutionStatus")
    resolved = resolution in (None, "RESOLVED", "UNRESOLVED")
    expect("VCF-TASK-04", resolved, "RESOLVED or UNRESOLVED", str(resolution)[:100])
    expect("VCF-TASK-01", bool(raw.get("type")), "a type, which the Terraform provider reads (vcf R-14)", "none")
    _look_at_flags(expect, raw)
    for part in _parts(raw):
        for name in ("creationTimestamp", "completionTimestamp"):
            text = part.get(name)
            readable = not isinstance(text, str) or _RFC_3339.fullmatch(text) is not None
            expect("VCF-TASK-02", readable, f"a {name} in the form of RFC 3339 (vcf A29)", str(text)[:100])


def _look_at_flags(expect: Expect, raw: Mapping[str, Any]) -> None:
    meaning = _meaning(raw)
    if meaning is None:
        return
    for name, fitting in (("isRetryable", Meaning.FAILED), ("isCancellable", Meaning.IN_PROGRESS)):
        holds = raw.get(name) is not True or meaning is fitting
        expect("VCF-TASK-05", holds, f"{name} true only where the status is {fitting}", f"true with {meaning}")


def _look_at_filter(expect: Expect, name: str, value: str, page: Page) -> None:
    fits = {
        "taskStatus": _fits_status,
        "taskType": lambda task, wanted: task.type in (None, wanted),
        "taskName": lambda task, wanted: task.name is None or wanted.lower() in task.name.lower(),
        "resourceId": lambda task, wanted: not task.resources or wanted in [found for found, _ in task.resources],
        "resourceType": lambda task, wanted: not task.resources or wanted in [found for _, found in task.resources],
        "completedAfter": _fits_completion,
    }.get(name)
    if fits is None or not value:
        return
    others = [task for task in page.tasks if not fits(task, value)]
    shown = f"{others[0].id}, {others[0].status} {others[0].name}" if others else ""
    expect("VCF-LIST-05", not others, f"only tasks that match {name}={value}", shown)


def _fits_status(task: Task, wanted: str) -> bool:
    meaning = meaning_of(wanted)
    return meaning is None or task.meaning in (meaning, None)


def _fits_completion(task: Task, wanted: str) -> bool:
    # A time may be shown to the second only.
    completed = moment_of(task.completed)
    if task.meaning not in (Meaning.SUCCESSFUL, Meaning.FAILED):
        return False
    return completed is None or not wanted.isdigit() or 1000 * completed.timestamp() > int(wanted) - 1000


def _meaning(raw: Mapping[str, Any]) -> Meaning | None:
    status = raw.get("status")
    return meaning_of(status) if isinstance(status, str) else None


def _parts(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A task, its sub-tasks to any depth, and their stages."""
    waiting = [raw]
    while waiting:
        part = waiting.pop()
        yield part
        for name in ("subTasks", "stages"):
            inner = part.get(name)
            waiting += [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []


def _bound(value: str | None) -> int | None:
    """How many tasks a number allows, where it is one that everybody accepts."""
    number = int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 9 else 0
    return number if 1 <= number <= 100 else None
