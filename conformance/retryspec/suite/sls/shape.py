"""Which behaviour an ill-formed SLS answer speaks against, and what every answer has to be whatever was asked.

`look_at_answer` sees every exchange of a run, errors and the pages of other checks included.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response
from retryspec.shape import Shape, ShapeProblem, Trouble
from retryspec.suite.sls.model import LARGEST_PAGE, STATUSES, Page, Window, count_statuses

__all__ = ["GET", "PUT", "Asked", "RequestIds", "body_of", "look_at_answer", "look_at_headers", "look_at_page"]

GET = "getShipperStatus"
PUT = "retryShipperTask"

REQUEST_ID = "x-log-requestid"
DATE_TOLERANCE = 15 * 60

_SUCCESS_OF = {GET: "SLS-GET-14", PUT: "SLS-RETRY-07"}

# What a number out of its bounds speaks against, by the member.
_BOUNDED = {
    "count": "SLS-GET-13",
    "total": "SLS-GET-17",
    "tasks": "SLS-GET-13",
    "tasks/taskCreateTime": "SLS-GET-23",
    "tasks/taskLastDataReceiveTime": "SLS-GET-24",
    "tasks/taskFinishTime": "SLS-GET-25",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a GET asked for, as far as its page can be held against it."""

    window: Window | None = None
    status: str | None = None
    offset: int | None = None
    size: int | None = None


class RequestIds:
    """Remembers the request ids of a run, since no two answers may share one."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def is_new(self, value: str) -> bool:
        """Whether no earlier answer had this id."""
        if value in self._seen:
            return False
        self._seen.add(value)
        return True


def look_at_answer(
    judge: Judge,
    shape: Shape,
    request_ids: RequestIds,
    operation: str,
    exchange: Exchange,
    *,
    fault_expected: bool = False,
) -> None:
    """Look at what has to hold for every answer: status, headers, form of the body."""
    response = exchange.response
    if response is None:
        return
    look_at_headers(judge, request_ids, exchange, response)
    if response.status >= 400:
        judge.expect("SLS-COMMON-19", True, expected="an error body")
    if response.status >= 500 and not fault_expected:
        judge.expect(
            "SLS-COMMON-17", False, exchange, expected="no server fault: nothing that was sent may provoke one"
        )
    for problem in shape.problems(operation, response):
        if problem.trouble is Trouble.HEADER:
            continue
        behaviour, strict = _attribute(problem)
        where = "/".join(str(step) for step in problem.path)
        judge.expect(
            behaviour,
            False,
            exchange,
            expected=f"{where}: {problem.expected}" if where else problem.expected,
            received=problem.received,
            strict=strict,
            conclusive=response.status < 500,
        )


def look_at_headers(
    judge: Judge, request_ids: RequestIds, exchange: Exchange, response: Response, *, strict: bool = True
) -> None:
    """Look at the headers of an answer; not strictly at one to a method that the document does not have."""
    value = (response.header(REQUEST_ID) or "").strip()
    judge.expect(
        "SLS-COMMON-11",
        bool(value),
        exchange,
        expected=f"a header {REQUEST_ID} on every answer",
        received=f"{response.status} without one",
        strict=strict,
        conclusive=True,
    )
    if value:
        judge.expect(
            "SLS-COMMON-11",
            request_ids.is_new(value),
            exchange,
            expected=f"another {REQUEST_ID} for every request",
            received=f"{value}, which an earlier answer had",
            conclusive=True,
        )
        judge.expect(
            "SLS-COMMON-12",
            len(value) == 24 and all(digit in "0123456789ABCDEF" for digit in value),
            exchange,
            expected="24 upper-case hexadecimal digits",
            received=value[:100],
            conclusive=True,
        )
    _look_at_date(judge, exchange, response, strict=strict)


def _look_at_date(judge: Judge, exchange: Exchange, response: Response, *, strict: bool) -> None:
    value = response.header("Date") or ""
    moment = parse_http_date(value)
    in_gmt = moment is not None and value.rstrip().endswith("GMT")
    judge.expect(
        "SLS-COMMON-13",
        in_gmt,
        exchange,
        expected="a Date in GMT, such as Wed, 11 Nov 2015 08:28:19 GMT",
        received=value[:100] or "no Date",
        strict=strict,
        conclusive=True,
    )
    if moment is not None and in_gmt:
        away = abs((datetime.now(UTC) - moment).total_seconds())
        judge.expect(
            "SLS-COMMON-13",
            away < DATE_TOLERANCE,
            exchange,
            expected="a Date within 15 minutes of the clock here",
            received=value,
            strict=False,
            conclusive=True,
        )


def parse_http_date(value: str) -> datetime | None:
    """The moment that a Date header names, or None where it is not readable."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _attribute(problem: ShapeProblem) -> tuple[str, bool]:
    """The behaviour that a problem speaks against, and whether it fails a server or only warns."""
    if problem.trouble is Trouble.STATUS:
        return _attribute_status(problem)
    if problem.trouble is Trouble.MEDIA_TYPE and problem.operation == GET:
        return "SLS-GET-27", False
    if problem.status != 200:
        # A code that is in no list may be a new one of the service; which code is due where is for the checks to say.
        if problem.trouble is Trouble.SCHEMA and problem.path == ("errorCode",) and problem.received.startswith('"'):
            return "SLS-COMMON-18", False
        return "SLS-COMMON-19", problem.trouble not in (Trouble.MEDIA_TYPE, Trouble.REPEATED_KEY)
    if problem.operation == PUT:
        return "SLS-RETRY-08", problem.received.strip() not in ("", "{}", "null")
    if problem.trouble is not Trouble.SCHEMA:
        return "SLS-GET-14", problem.trouble is not Trouble.REPEATED_KEY
    if not problem.path:
        return "SLS-GET-15" if problem.keyword == "required" else "SLS-GET-14", True
    return _attribute_page_member(problem), True


def _attribute_status(problem: ShapeProblem) -> tuple[str, bool]:
    if problem.status < 400:
        return _SUCCESS_OF[problem.operation], True
    return "SLS-COMMON-19", problem.status == 422  # 422 is what frameworks answer by default (sls A-22)


def _attribute_page_member(problem: ShapeProblem) -> str:
    """By the member that is wrong; a number out of its bounds speaks against what the number means."""
    names = [str(step) for step in problem.path if isinstance(step, str)]
    member = "/".join(names)
    if problem.keyword in ("minimum", "maximum", "maxItems"):
        return _BOUNDED.get(member, "SLS-GET-18" if names[0] == "statistics" else "SLS-GET-19")
    if names[0] == "statistics":
        return "SLS-GET-18"
    if names[0] != "tasks" or problem.path == ("tasks",):
        return "SLS-GET-15"
    return "SLS-GET-21" if names[-1] == "taskStatus" else "SLS-GET-19"


def body_of(operation: str, status: int | None) -> str | None:
    """The behaviour that a body speaks against that began and could not be read; None where nothing began."""
    if status is None:
        return None
    if status != 200:
        return "SLS-COMMON-19"
    return "SLS-GET-14" if operation == GET else "SLS-RETRY-08"


def look_at_page(judge: Judge, exchange: Exchange, asked: Asked, page: Page) -> None:
    """Look at what has to hold for every page, whatever it shows."""

    def expect(behaviour: str, holds: bool, expected: str, received: str, *, strict: bool = True) -> None:
        judge.expect(behaviour, holds, exchange, expected=expected, received=received, strict=strict, conclusive=True)

    shown = len(page.tasks)
    expect("SLS-GET-16", page.count == shown, "count equal to the number of tasks", f"{page.count}, with {shown} tasks")
    expect(
        "SLS-GET-17", page.total >= shown, "a total that counts at least the tasks shown", f"{page.total} for {shown}"
    )
    repeated = [task_id for task_id, times in Counter(page.ids).items() if times > 1]
    expect("SLS-GET-20", not repeated, "each id once in a page", f"{repeated[:3]} more than once")
    expect("SLS-GET-20", all(page.ids), "an id that is not empty", "an empty id")
    for rule in (_sizes, _statuses, _window, _statistics):
        rule(expect, asked, page)
    _finish_times(judge, exchange, page)


class Expect(Protocol):
    """Look at one expectation about a page."""

    def __call__(self, behaviour: str, holds: bool, expected: str, received: str, *, strict: bool = True) -> None:
        """Look at it."""


def _sizes(expect: Expect, asked: Asked, page: Page) -> None:
    shown = len(page.tasks)
    expect("SLS-GET-13", shown <= LARGEST_PAGE, f"at most {LARGEST_PAGE} tasks", f"{shown}")
    if asked.size is not None and asked.size > 0:
        expect("SLS-GET-12", shown <= asked.size, f"at most {asked.size} tasks", f"{shown}")


def _statuses(expect: Expect, asked: Asked, page: Page) -> None:
    if asked.status in STATUSES:
        others = sorted({task.status for task in page.tasks} - {str(asked.status)})
        expect("SLS-GET-09", not others, f"tasks with the status {asked.status} alone", f"also {', '.join(others)}")


def _window(expect: Expect, asked: Asked, page: Page) -> None:
    if asked.window is None:
        return
    start, end = asked.window.start, asked.window.end
    outside = [task for task in page.tasks if not start - 1 <= task.created <= end + 1]
    expect(
        "SLS-GET-23",
        not outside,
        f"creation times from {start} to {end}",
        f"{outside[0].created} of task {outside[0].id}" if outside else "",
    )


def _statistics(expect: Expect, asked: Asked, page: Page) -> None:
    numbers = page.statistics
    expect("SLS-GET-18", min(numbers.values()) >= 0, "no negative number", str(dict(numbers)))
    if not asked.status:
        total = sum(numbers.values())
        expect(
            "SLS-GET-18",
            total == page.total,
            "running + success + fail equal to total without a filter",
            f"{dict(numbers)} with a total of {page.total}",
            strict=bool(page.tasks or not asked.offset),  # beyond the end total is open enough (sls A-26)
        )
        if len(page.tasks) == page.total and (page.tasks or not asked.offset):
            counted = count_statuses(page.tasks)
            expect(
                "SLS-GET-18", dict(numbers) == counted, f"statistics of the tasks shown: {counted}", str(dict(numbers))
            )


def _finish_times(judge: Judge, exchange: Exchange, page: Page) -> None:
    ended = [task for task in page.tasks if task.status in ("success", "fail")]
    early = [task for task in ended if task.finished < task.created]
    judge.expect(
        "SLS-GET-25",
        not early,
        exchange,
        expected="a finished task's taskFinishTime at or after its taskCreateTime",
        received=f"{early[0].finished} before {early[0].created}" if early else None,
        strict=False,
        conclusive=True,
    )
