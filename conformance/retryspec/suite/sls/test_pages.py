"""The body of a page: its members, and that they agree with the tasks there are.

What holds for every page is looked at in every exchange of a run (`shape.py`); the checks here bring about the pages.
"""

import time
from collections.abc import Sequence

from retryspec.checks import decides, in_background
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_unchanged
from retryspec.suite.sls.model import HOUR, STATUSES, Shipper, Task, TaskPlan, Window, count_statuses

TEN_YEARS = 10 * 365 * 24 * HOUR

# Whatever a message holds, it has to arrive: quotes, line breaks, a backslash, letters beyond ASCII, beyond 16 bits.
DISK_FULL = (
    'AccessDenied: "bucket\\policy" refuses PutObject,\n\tquota \u00ab\u00e9puis\u00e9\u00bb '
    "(\u78c1\u76d8\u5df2\u6ee1) \U0001f4be"
)
STORIES = [
    TaskPlan("fail", message=DISK_FULL),
    TaskPlan("success"),
    TaskPlan("running"),
    TaskPlan("fail", message="ConfigNotExist"),
    TaskPlan("success"),
]


@decides("SLS-GET-14", "SLS-GET-15", "SLS-GET-16", "SLS-GET-17", "SLS-GET-18", "SLS-GET-19", "SLS-GET-20", "SLS-GET-21")
def test_page_is_complete(sls: Sls) -> None:
    """A page has all its members; its numbers are those of the tasks that there are."""
    shipper = sls.some_shipper(STORIES)

    answer = sls.get(shipper)
    page = sls.page(answer, "SLS-GET-14")
    for behaviour in ("SLS-GET-14", "SLS-GET-15", "SLS-GET-16", "SLS-GET-19", "SLS-GET-20", "SLS-GET-21"):
        sls.judge.expect(behaviour, True, expected="a complete page")
    if not shipper.fresh:
        for behaviour in ("SLS-GET-17", "SLS-GET-18"):
            sls.judge.expect(behaviour, True, expected="numbers that agree")
        return
    expected_total = len(shipper.tasks)
    sls.judge.expect(
        "SLS-GET-17",
        page.total == expected_total,
        answer.exchange,
        expected=f"a total of {expected_total}",
        received=str(page.total),
    )
    counts = shipper.counts()
    sls.judge.expect(
        "SLS-GET-18",
        dict(page.statistics) == counts,
        answer.exchange,
        expected=f"statistics of {counts}",
        received=str(dict(page.statistics)),
        strict=shipper.promised,
    )
    sls.judge.expect(
        "SLS-GET-20",
        set(page.ids) == set(shipper.ids()),
        answer.exchange,
        expected="the ids that the provider of states named",
        received=f"{sorted(set(page.ids) ^ set(shipper.ids()))[:3]} too much or missing",
    )


@decides("SLS-GET-16", "SLS-GET-17", "SLS-GET-18")
def test_numbers_of_one_status_and_of_none(sls: Sls) -> None:
    """An empty window has an empty page; lists of one status are counted under it."""
    old = sls.fresh_shipper([TaskPlan("fail", 5 * HOUR)])
    gap = Window(sls.now() - 2 * HOUR, sls.now() - HOUR)
    nothing = sls.fresh_shipper([])
    expect_numbers(sls, nothing, None, [])
    expect_numbers(sls, old, gap, [])
    for shipper, window in ((nothing, None), (old, gap)):
        expect_numbers(sls, shipper, window, [], status="fail", size=10)
    for status in STATUSES:
        for many in (1, 3):
            shipper = sls.fresh_shipper([TaskPlan(status)] * many)
            expect_numbers(sls, shipper, None, shipper.tasks)


def expect_numbers(
    sls: Sls,
    shipper: Shipper,
    window: Window | None,
    tasks: Sequence[Task],
    *,
    status: str | None = None,
    size: int | None = None,
) -> None:
    """Count, total and statistics are those of the tasks."""
    answer = sls.get(shipper, window, status=status, size=size)
    page = sls.page(answer, "SLS-GET-14")
    counts = count_statuses(tasks)
    for behaviour, name, number in (("SLS-GET-16", "count", page.count), ("SLS-GET-17", "total", page.total)):
        sls.judge.expect(
            behaviour,
            number == len(tasks),
            answer.exchange,
            expected=f"a {name} of {len(tasks)}",
            received=str(number),
        )
    sls.judge.expect(
        "SLS-GET-18",
        dict(page.statistics) == counts,
        answer.exchange,
        expected=f"statistics of {counts}",
        received=str(dict(page.statistics)),
        strict=shipper.promised or not tasks,
    )


@decides("SLS-GET-18", "SLS-GET-17")
def test_numbers_of_a_narrow_window(sls: Sls) -> None:
    """`total` and `statistics` count the tasks of the window, not those of the whole list."""
    plans = [TaskPlan(STATUSES[place % 3], HOUR * (1 + place)) for place in range(12)]
    shipper = sls.fresh_shipper(plans)
    now = sls.now()

    for hours in (3, 6, 9):
        answer = sls.get(shipper, Window(now - hours * HOUR - HOUR // 2, now), size=2)
        page = sls.page(answer)
        inside = [task for task in shipper.tasks if task.created > now - hours * HOUR - HOUR // 2]
        counts = count_statuses(inside)
        sls.judge.expect(
            "SLS-GET-17",
            page.total == len(inside),
            answer.exchange,
            expected=f"a total of {len(inside)} in the last {hours + 0.5} h",
            received=str(page.total),
        )
        sls.judge.expect(
            "SLS-GET-18",
            dict(page.statistics) == counts,
            answer.exchange,
            expected=f"statistics of {counts} in the last {hours + 0.5} h",
            received=str(dict(page.statistics)),
            strict=shipper.promised,
        )


@decides("SLS-GET-22")
def test_message_tells_of_the_failure(sls: Sls) -> None:
    """A failed task should show its message, any other an empty one (sls A-31)."""
    shipper = sls.some_shipper(STORIES)
    asked = {task.id: task.message for task in shipper.tasks}

    for task in sls.snapshot(shipper).values():
        message = asked.get(task.id)
        fits = (
            (task.message == message if message else bool(task.message))
            if task.status == "fail"
            else task.message == ""
        )
        sls.judge.expect(
            "SLS-GET-22",
            fits,
            expected=(message or "a message") if task.status == "fail" else "an empty message while nothing failed",
            received=f"{task.message!r} of a task with the status {task.status}",
            strict=False,
        )


@decides("SLS-GET-23", "SLS-GET-24", "SLS-GET-25")
def test_times_are_unix_seconds(sls: Sls) -> None:
    """Times are integers in seconds: creation within ten years of now, an end at or after it."""
    shipper = sls.some_shipper(STORIES)

    tasks = sls.snapshot(shipper)
    for task in tasks.values():
        sls.judge.expect(
            "SLS-GET-23",
            abs(task.created - time.time()) < TEN_YEARS,
            expected="taskCreateTime in Unix seconds",
            received=str(task.created),
            strict=False,
        )
        sls.judge.expect(
            "SLS-GET-24",
            not task.received or abs(task.received - time.time()) < TEN_YEARS,
            expected="taskLastDataReceiveTime in Unix seconds",
            received=str(task.received),
            strict=False,
        )
    sls.judge.expect("SLS-GET-24", bool(tasks), expected="tasks with taskLastDataReceiveTime")
    ended = [task for task in tasks.values() if task.status in ("success", "fail")]
    for task in ended:
        sls.judge.expect(
            "SLS-GET-25",
            abs(task.finished - time.time()) < TEN_YEARS,
            expected="taskFinishTime in Unix seconds",
            received=str(task.finished),
            strict=False,
        )
    sls.judge.expect("SLS-GET-25", bool(tasks), expected="tasks with taskFinishTime")


@decides("SLS-GET-26", "SLS-GET-27", "SLS-GET-28")
def test_reading_needs_and_changes_nothing(sls: Sls) -> None:
    """A GET with a Content-Type should be accepted as well; however often it is made, nothing changes."""
    shipper = sls.fresh_shipper([*STORIES, TaskPlan("fail")])
    before = sls.snapshot(shipper)

    sls.judge.expect("SLS-GET-27", bool(before), expected="pages in JSON")
    for media_type in ("application/json", "application/x-protobuf"):
        answer = sls.get(shipper, headers={"Content-Type": media_type})
        alike = answer.page is not None and set(answer.page.ids) == set(before)
        sls.judge.expect(
            "SLS-GET-26",
            answer.accepted and (alike or answer.page is None),
            answer.exchange,
            expected=f"the same page, since clients send Content-Type: {media_type} with a GET (sls R-10)",
            strict=False,
        )
    for status in (None, "", *STATUSES):
        for size in (1, 2, 100):
            sls.get(shipper, status=status, offset=size - 1, size=size)
    expect_unchanged(sls, "SLS-GET-28", shipper, before, "after many GETs", strict=shipper.promised)


@decides("SLS-GET-28")
@in_background
def test_time_alone_changes_nothing(sls: Sls) -> None:
    """A second later, when nobody did anything but read, the tasks that do not run are as they were."""
    shipper = sls.fresh_shipper([*STORIES, TaskPlan("fail")])
    before = sls.snapshot(shipper)

    time.sleep(1.2)
    expect_unchanged(sls, "SLS-GET-28", shipper, before, "a second later", strict=shipper.promised)
