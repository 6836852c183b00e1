"""The window of a GET: `from`, `to`, and which tasks lie in it."""

from itertools import pairwise, product
from typing import Any

import pytest

from retryspec.checks import decides
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_accepted, expect_refused, expect_twin
from retryspec.suite.sls.model import HOUR, Task, TaskPlan, Window
from retryspec.suite.sls.shape import GET

MINUTE = 60

# What fits a parameter that is missing or no integer (sls ).
BOUND_CODES = ("MissingParameter", "ParameterInvalid")

# A bound is looked at whatever else is asked for.
OPTIONS: list[dict[str, Any]] = [
    {},
    {"status": "fail"},
    {"status": "", "offset": 0, "size": 100},
    {"offset": 1, "size": 1},
]

# Seconds from a task's creation to a bound: not within two seconds of it, since bounds may be in or out (sls A-06).
MARGIN = 3

SPREAD = [
    TaskPlan(status, age)
    for status, age in (
        ("success", 20 * HOUR),
        ("fail", 13 * HOUR),
        ("running", 8 * HOUR),
        ("fail", 5 * HOUR),
        ("success", 3 * HOUR),
        ("fail", 2 * HOUR),
        ("success", HOUR),
        ("running", 40 * MINUTE),
        ("fail", 40 * MINUTE - 9),
        ("running", 6),
    )
]


@pytest.mark.parametrize(("behaviour", "missing"), [("SLS-GET-02", "from"), ("SLS-GET-03", "to")], ids=["from", "to"])
@decides("SLS-GET-02", "SLS-GET-03")
def test_missing_bound_is_refused(sls: Sls, behaviour: str, missing: str) -> None:
    """Without `from` or without `to` the answer is 400 with an error body (the code is open, sls A-15)."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    window = sls.window()
    both = [("from", str(window.start)), ("to", str(window.end))]
    further = [("status", ""), ("offset", "0"), ("size", "100")]
    one = [pair for pair in both if pair[0] != missing]

    for query in (one, one + further, [*one, ("status", "fail")], [*one, ("size", "5")], []):
        answer = sls.raw_get(shipper, query)
        expect_refused(sls, behaviour, answer, f"there is no {missing}")
        expect_refused(sls, behaviour, answer, f"there is no {missing}", codes=BOUND_CODES, strict=False)
    sls.judge.leave_out("SLS-GET-03" if behaviour == "SLS-GET-02" else "SLS-GET-02")
    expect_twin(sls, GET, sls.raw_get(shipper, both))


@pytest.mark.parametrize(("behaviour", "name"), [("SLS-GET-02", "from"), ("SLS-GET-03", "to")], ids=["from", "to"])
@decides("SLS-GET-02", "SLS-GET-03", "SLS-COMMON-17")
def test_bound_that_is_no_integer_is_refused(sls: Sls, behaviour: str, name: str) -> None:
    """A bound that is no integer should give 400, and never a server fault (sls A-16)."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    window = sls.window()

    for value in ("abc", f"{window.start}.5", "1.5", "", " ", "1e9", "0x10", "12,5", "\u0661\u0662", "null"):
        pairs = {"from": str(window.start), "to": str(window.end)} | {name: value}
        answer = sls.raw_get(shipper, list(pairs.items()))
        expect_refused(sls, behaviour, answer, f"{name} is {value!r}", strict=False)
    for value in (
        "9" * 20,
        "-1",
        "-" + "9" * 20,
        "99999999999",
        "253402300800",
        str(2**31),
        str(2**63 - 1),
        str(2**63),
    ):
        pairs = {"from": str(window.start), "to": str(window.end)} | {name: value}
        sls.raw_get(shipper, list(pairs.items()))
    sls.judge.leave_out("SLS-GET-03" if behaviour == "SLS-GET-02" else "SLS-GET-02")
    expect_twin(sls, GET, sls.get(shipper))
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


@decides("SLS-GET-05")
def test_from_not_before_to_is_refused(sls: Sls) -> None:
    """`from` at or after `to` gives 400 ParameterInvalid; one second before it is accepted."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    now = sls.now()

    for end, far in ((now - HOUR, MINUTE), (now - 20 * HOUR, 19 * HOUR)):
        for late, options in product((0, 1, far), OPTIONS):
            answer = sls.get(shipper, Window(end + late, end), **options)
            what = f"from is {late} s after to"
            expect_refused(sls, "SLS-GET-05", answer, what, codes=("ParameterInvalid",))
        answer = sls.get(shipper, Window(end - 1, end))
        expect_accepted(sls, "SLS-GET-05", answer, "from is one second before to")
    for late in (0, MINUTE):
        answer = sls.get(shipper, Window(now + 5 * MINUTE + late, now + 5 * MINUTE))
        what = f"from is {late} s after to, and both are ahead of now"
        expect_refused(sls, "SLS-GET-05", answer, what, codes=("ParameterInvalid",))


@decides("SLS-GET-06")
def test_window_of_long_ago_is_refused(sls: Sls) -> None:
    """A window that lies wholly outside the last 48 hours gives 400 ParameterInvalid."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    now = sls.now()

    for hours, length in ((96, 1), (73, 0.5), (74, 1 / MINUTE), (100, 20), (24 * 365, 1)):
        window = Window(int(now - hours * HOUR), int(now - (hours - length) * HOUR))
        for options in OPTIONS:
            answer = sls.get(shipper, window, **options)
            what = f"the window ended {hours - length:g} h ago"
            expect_refused(sls, "SLS-GET-06", answer, what, codes=("ParameterInvalid",))
    answer = sls.get(shipper, Window(0, HOUR))
    expect_refused(sls, "SLS-GET-06", answer, "the window is the first hour of Unix time", codes=("ParameterInvalid",))
    expect_twin(sls, GET, sls.get(shipper))


@decides("SLS-GET-06")
def test_age_of_from_counts(sls: Sls) -> None:
    """The age of `from` should be what counts: up to 48 hours are accepted, more are refused (sls A-01, A-02)."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    now = sls.now()

    for start, end in ((49, 0), (72, 1), (96, 0), (60, 59), (200, 0)):
        answer = sls.get(shipper, Window(now - start * HOUR, now - end * HOUR))
        what = f"from is {start} h old"
        expect_refused(sls, "SLS-GET-06", answer, what, codes=("ParameterInvalid",), strict=False)
    for start, end in ((25, 0), (36, 30), (47, 0)):
        answer = sls.get(shipper, Window(now - start * HOUR, now - end * HOUR))
        expect_accepted(sls, "SLS-GET-06", answer, f"from is only {start} h old", strict=False)


@decides("SLS-GET-07")
def test_window_of_the_last_day_is_accepted(sls: Sls) -> None:
    """A window that begins within the last 23 hours is accepted, whichever limit one reads (sls A-01)."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    now = sls.now()

    for start, end in ((23, 0), (23, 22), (18, 6), (12, 0), (1, 0)):
        answer = sls.get(shipper, Window(now - start * HOUR, now - end * HOUR))
        expect_accepted(sls, "SLS-GET-07", answer, f"from is {start} h old")
    answer = sls.get(shipper, Window(now - 30, now))
    expect_accepted(sls, "SLS-GET-07", answer, "the window is the last half minute")


@decides("SLS-GET-04")
def test_end_may_be_now_or_ahead(sls: Sls) -> None:
    """A window up to the server's now is accepted; one that ends some minutes ahead should be (sls A-02)."""
    shipper = sls.some_shipper([TaskPlan("running"), TaskPlan("fail")])
    now = sls.now()

    answer = sls.get(shipper, Window(now - HOUR, now))
    expect_accepted(sls, "SLS-GET-04", answer, "to is the server's now")
    answer = sls.get(shipper, Window(now - HOUR, now + 5 * MINUTE))
    expect_accepted(sls, "SLS-GET-04", answer, "to is five minutes ahead", strict=False)
    # Whoever accepts it shows what was created and finished in it.
    ended = set(shipper.ids("fail")) if shipper.fresh else set()
    shown = set(answer.page.ids) if answer.page else ended
    sls.judge.expect(
        "SLS-GET-04",
        ended <= shown or (answer.page is not None and 0 < len(shown) < answer.page.total),
        answer.exchange,
        expected=f"the failed task {', '.join(ended)}, which was created in the window",
        received=f"{len(shown)} other tasks",
        strict=shipper.promised,
    )


@decides("SLS-GET-04")
def test_window_of_two_days_shows_its_tasks(sls: Sls) -> None:
    """A window that begins 40 hours ago should show a task that was created 30 hours ago (sls A-01)."""
    shipper = sls.fresh_shipper([TaskPlan("fail", 30 * HOUR), TaskPlan("fail", HOUR)])
    now = sls.now()

    answer = sls.get(shipper, Window(now - 40 * HOUR, now))
    sls.judge.expect(
        "SLS-GET-04",
        answer.page is None or set(answer.page.ids) == set(shipper.ids()),
        answer.exchange,
        expected="the task of 30 hours ago as well",
        strict=False,
    )


@decides("SLS-GET-04", "SLS-GET-23")
def test_window_shows_what_was_created_in_it(sls: Sls) -> None:
    """Every window shows the tasks created in it and no other; its total and statistics count just these."""
    shipper = sls.fresh_shipper(SPREAD)
    everything = sls.snapshot(shipper)
    expect_created_as_asked(sls, shipper.tasks, everything)
    now = sls.now()
    created = sorted(task.created for task in shipper.tasks)

    windows = [Window(moment - MARGIN, moment + MARGIN) for moment in created]
    windows += [Window(moment - MARGIN, now) for moment in created]
    windows += [Window(created[0] - MARGIN, moment + MARGIN) for moment in created[:-1]]
    windows += [Window(moment + MARGIN, later - MARGIN) for moment, later in pairwise(created)]
    ended = [task for task in everything.values() if task.created <= task.finished < now - MARGIN]
    windows += [Window(task.created - MARGIN, task.finished + MARGIN) for task in ended]
    windows.append(Window(created[2] + MARGIN, created[6] + MARGIN))
    for window in windows:
        expect_tasks_of(sls, list(everything.values()), window, now, sls.get(shipper, window))


def expect_created_as_asked(sls: Sls, asked: tuple[Task, ...], shown: dict[str, Task]) -> None:
    """The creation times are those with which the provider of states made the tasks."""
    missing = [task.id for task in asked if task.id not in shown]
    sls.judge.expect(
        "SLS-GET-04", not missing, expected="every task of the last 23 h", received=f"none with the ids {missing[:3]}"
    )
    off = [task for task in asked if task.id in shown and abs(shown[task.id].created - task.created) > 1]
    sls.judge.expect(
        "SLS-GET-23",
        not off,
        expected=f"taskCreateTime {off[0].created} of task {off[0].id}" if off else "the creation time",
        received=f"{shown[off[0].id].created}" if off else None,
    )


def expect_tasks_of(sls: Sls, tasks: list[Task], window: Window, now: int, answer: Answer) -> None:
    """A page shows the tasks of its window; one that was created in it and finished after it is open (sls A-05)."""
    shown = set(sls.page(answer).ids)
    inside = {task.id for task in tasks if window.start < task.created < window.end}
    finished_inside = {
        task.id
        for task in tasks
        if task.id in inside and (window.end >= now if task.status == "running" else task.finished < window.end)
    }
    sls.judge.expect(
        "SLS-GET-04",
        shown <= inside,
        answer.exchange,
        expected=f"no task created before {window.start} or after {window.end}",
        received=f"also {sorted(shown - inside)[:3]}",
    )
    sls.judge.expect(
        "SLS-GET-04",
        finished_inside <= shown,
        answer.exchange,
        expected=f"every task created and finished from {window.start} to {window.end}",
        received=f"without {sorted(finished_inside - shown)[:3]}",
    )
