"""What a retry does, to which tasks, and that nothing else happens."""

import time
from collections.abc import Mapping

import pytest

from retryspec.checks import NotConcerned, decides, in_background, takes_time
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import (
    Surroundings,
    expect_accepted,
    expect_no_effect,
    expect_only_these_ran,
    expect_running,
    expect_unchanged,
    retried,
)
from retryspec.suite.sls.model import HOUR, MOST_RETRIED, STATUSES, Shipper, Task, TaskPlan, Window

FAILED = TaskPlan("fail")
# Seconds that a re-run lasts which is watched for nearly as long.
LASTING = 4
MINUTE = 60
# Seconds from a task's creation to a bound: not within two seconds of it, since bounds may be in or out (sls A-06).
MARGIN = 3

# All created in the same second: that tasks have a time in common does not make them one.
MIXED = [TaskPlan(status, HOUR) for status in ("fail", "success", "fail", "running", "fail", "success", "fail")]


@pytest.mark.parametrize(
    "places",
    [(0,), (3,), (1,), (0, 3), (3, 0), (2, 1, 0), (0, 1, 2, 3)],
    ids=["first", "last", "middle", "ends", "ends-reversed", "three-reversed", "all"],
)
@decides("SLS-RETRY-04")
def test_named_tasks_run_and_no_other(sls: Sls, places: tuple[int, ...]) -> None:
    """After a 200 the named failed tasks run, in whatever order they were named, and every other task is as it was."""
    shipper = sls.fresh_shipper(MIXED)
    named = [shipper.ids("fail")[place] for place in places]
    before = sls.snapshot(shipper)

    retried(sls, shipper, named)
    expect_running(sls, "SLS-RETRY-04", shipper, named, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, named, before)
    expect_found(sls, named, sls.snapshot(shipper))


def needs_promise(shipper: Shipper) -> None:
    """Stop where the provider of states did not promise that re-runs go as asked: then they may go in any way."""
    if not shipper.promised:
        raise NotConcerned


def expect_found(sls: Sls, ids: list[str], now: dict[str, Task]) -> None:
    """The handle stays: the same id is still listed."""
    lost = [task_id for task_id in ids if task_id not in now]
    sls.judge.expect(
        "SLS-RETRY-04", not lost, expected="the retried tasks under the same ids", received=f"{lost[:3]} not listed"
    )


@decides("SLS-RETRY-04")
def test_retry_of_a_known_task(sls: Sls) -> None:
    """A failed task that is retried runs, or has run anew."""
    shipper = sls.shipper([FAILED])
    before = sls.snapshot(shipper)

    retried(sls, shipper, shipper.ids("fail"))
    expect_running(sls, "SLS-RETRY-04", shipper, shipper.ids("fail"), before)


@decides("SLS-RETRY-04", "SLS-GET-18", "SLS-GET-09", "SLS-GET-04")
def test_running_again_shows_everywhere(sls: Sls) -> None:
    """A task that runs again is counted and filtered as running, no longer as failed."""
    shipper = sls.fresh_shipper(MIXED)
    named = shipper.ids("fail")[:2]
    before = sls.snapshot(shipper)
    counts = shipper.counts()

    retried(sls, shipper, named)
    if not expect_running(sls, "SLS-RETRY-04", shipper, named, before) or not shipper.promised:
        # Without the promise the tasks may be through again by now.
        for behaviour in ("SLS-GET-18", "SLS-GET-09", "SLS-GET-04"):
            sls.judge.leave_out(behaviour)
        return
    for _ in range(12):
        sls.get(shipper)  # looking, however often, does not end what runs
    expect_in_window_of_creation(sls, shipper, named)
    page = sls.page(sls.get(shipper, size=3))
    expected = counts | {"running": counts["running"] + 2, "fail": counts["fail"] - 2}
    sls.judge.expect(
        "SLS-GET-18",
        dict(page.statistics) == expected,
        expected=f"statistics of {expected} after the retry",
        received=str(dict(page.statistics)),
        strict=shipper.promised,
    )
    running = {task.id for task in sls.all_tasks(shipper, status="running")}
    failing = {task.id for task in sls.all_tasks(shipper, status="fail")}
    sls.judge.expect(
        "SLS-GET-09",
        running >= set(named) and not failing & set(named),
        expected="the retried tasks under the filter running, not under fail",
        received=f"{sorted(set(named) - running)} not running, {sorted(set(named) & failing)} failed",
        strict=shipper.promised,
    )


def expect_in_window_of_creation(sls: Sls, shipper: Shipper, ids: list[str]) -> None:
    """A task that was retried is listed by the creation time that it shows, whenever it was retried and has ended."""
    # What is as young as the end of the window, or ended just there, may be in or out (sls ).
    until = sls.now() - MARGIN
    tasks = [task for task_id, task in sls.snapshot(shipper).items() if task_id in ids and task.created < until]
    sure = [task for task in tasks if task.status == "running" or task.finished < until]
    window = Window(min((task.created for task in tasks), default=until) - MARGIN, sls.now())
    shown = {task.id for task in sls.all_tasks(shipper, window, behaviour="SLS-GET-04")}
    lost = [task.id for task in sure if task.id not in shown]
    sls.judge.expect(
        "SLS-GET-04",
        not lost,
        expected=f"the retried tasks in a window from {MARGIN} s before their creation to now",
        received=f"without {lost[:3]}",
        strict=shipper.promised,
    )
    answer = sls.get(shipper, Window(sls.now() - MINUTE, sls.now()))
    old = [task.id for task in sls.page(answer, "SLS-GET-04").tasks if task.created < sls.now() - 2 * MINUTE]
    sls.judge.expect(
        "SLS-GET-04", not old, answer.exchange, expected="no task created before the window", received=f"also {old[:3]}"
    )


@decides("SLS-RETRY-04")
def test_many_retries_one_after_the_other(sls: Sls) -> None:
    """Each retry of a long series has its effect, and none undoes an earlier one."""
    shipper = sls.fresh_shipper([TaskPlan("fail", 6 + 30 * place) for place in range(25)])
    ids = shipper.ids("fail")
    before = sls.snapshot(shipper)

    done: list[str] = []
    for task_id in (*ids[::2], *ids[1::2][:10]):
        retried(sls, shipper, [task_id])
        done.append(task_id)
    expect_running(sls, "SLS-RETRY-04", shipper, done, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, done, before)


@decides("SLS-RETRY-04")
def test_old_and_deep_tasks_can_be_retried(sls: Sls) -> None:
    """How old a failed task is, on which page it stands, and whether it says why it failed, makes no difference."""
    plans = [TaskPlan("fail", 20 * HOUR), *[TaskPlan("success", HOUR + 60 * place) for place in range(130)]]
    shipper = sls.fresh_shipper([*plans, TaskPlan("fail", 700, message="")])
    before = sls.snapshot(shipper)

    for task_id in shipper.ids("fail"):
        retried(sls, shipper, [task_id])
        expect_running(sls, "SLS-RETRY-04", shipper, [task_id], before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, shipper.ids("fail"), before)


@pytest.mark.parametrize("status", ["success", "running"])
@decides("SLS-RETRY-09", "SLS-RETRY-11")
def test_only_failed_tasks_are_concerned(sls: Sls, status: str) -> None:
    """A task that did not fail stays as it is, whatever the answer (sls A-45); a refusal changes nothing at all."""
    shipper = sls.fresh_shipper(MIXED)
    target = shipper.ids(status)[0]
    around = Surroundings.of(sls, shipper)

    answer = sls.put(shipper, [target])
    sls.judge.expect(
        "SLS-RETRY-09",
        answer.accepted or answer.refused,
        answer.exchange,
        expected="200 that leaves the task alone, or a refusal",
    )
    before = around.before(shipper)
    expect_as_it_was(sls, shipper, target, before, sls.snapshot(shipper))
    expect_no_effect(sls, around, [answer], f"a retry of a task with the status {status}")
    expect_only_these_ran(sls, "SLS-RETRY-09", shipper, [target], before)


def expect_as_it_was(
    sls: Sls, shipper: Shipper, task_id: str, before: Mapping[str, Task], after: Mapping[str, Task]
) -> None:
    """A named task that did not fail should be as it was, and one has to run on that was promised to."""
    ran_on = status_of(before, task_id) != "running" or status_of(after, task_id) == "running"
    if not ran_on and task_id not in after:
        # Begun anew with a new creation time, it may be missing from a window that ends in this very second (sls A-48).
        ran_on = sls.settled(lambda: status_of(sls.snapshot(shipper), task_id) == "running", least=1.5)
    sls.judge.expect(
        "SLS-RETRY-09",
        task_id in before and task_id in after and state_of(after[task_id]) == state_of(before[task_id]),
        expected=f"the task with the status {status_of(before, task_id)} as it was",
        received=status_of(after, task_id),
        strict=shipper.promised and not ran_on,
    )


def status_of(tasks: Mapping[str, Task], task_id: str) -> str:
    """The status of a task, or that it is not listed."""
    return tasks[task_id].status if task_id in tasks else "not listed"


def state_of(task: Task) -> tuple[object, ...]:
    """What may not change of a task that is not retried."""
    ended = (task.finished, task.message) if task.status != "running" else ()
    return (task.status, task.created, *ended)


@decides("SLS-RETRY-04", "SLS-RETRY-11")
def test_unknown_ids_run_nothing(sls: Sls) -> None:
    """An id that names no task of this shipper retries nothing, however near it comes to one that does (sls A-44)."""
    shipper = sls.fresh_shipper([FAILED, FAILED, TaskPlan("success")])
    other = sls.fresh_shipper([FAILED])
    task_id = shipper.ids("fail")[0]
    around = Surroundings.of(sls, shipper, other)

    near = [task_id[:-1], f"{task_id}0", task_id[1:], "", "%", "*", "_" * len(task_id), "absent-task", *other.ids()]
    near += [f"%{ord(task_id[0]):02x}{task_id[1:]}", f"{task_id}\x00x", ",".join(shipper.ids("fail"))]
    answers = [sls.put(shipper, [name]) for name in near if name not in shipper.ids()]
    for answer in answers:
        sls.judge.expect(
            "SLS-RETRY-04",
            answer.accepted or answer.refused,
            answer.exchange,
            expected="200 that does nothing, or a refusal",
        )
    before = around.before(shipper)
    expect_no_effect(sls, around, answers, "a retry of an unknown task")
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, (), before)
    what = "since the retry went to another project"
    expect_unchanged(sls, "SLS-RETRY-04", other, around.before(other), what, strict=other.promised)
    # Whether letter case and blanks are part of an id is the server's business.
    for name in (task_id.swapcase(), f" {task_id} "):
        if name not in before:
            sls.put(shipper, [name])
            what = f"since {name!r} names none"
            expect_unchanged(sls, "SLS-RETRY-04", shipper, before, what, strict=False)


@decides("SLS-RETRY-09", "SLS-RETRY-11")
def test_mixed_list_touches_no_other_task(sls: Sls) -> None:
    """Failed, other and unknown ids in one list: accepted or refused whole, and the rest stays (sls A-46, R-05)."""
    for order in ("success fail", "fail running success", "fail unknown fail", "unknown success", "fail success fail"):
        shipper = sls.fresh_shipper(MIXED)
        ids = {status: iter(shipper.ids(status)) for status in STATUSES}
        names = [next(ids[word]) if word in ids else "absent-task" for word in order.split()]
        around = Surroundings.of(sls, shipper)

        answer = sls.put(shipper, names)
        sls.judge.expect(
            "SLS-RETRY-09", answer.accepted or answer.refused, answer.exchange, expected="200 or a refusal"
        )
        before = around.before(shipper)
        expect_no_effect(sls, around, [answer], f"a list of the kind {order}")
        expect_only_these_ran(sls, "SLS-RETRY-09", shipper, names, before)
        after = sls.snapshot(shipper)
        for task_id in (name for name in names if name in before and before[name].status != "fail"):
            expect_as_it_was(sls, shipper, task_id, before, after)


def expect_fitting_message(sls: Sls, task: Task) -> None:
    """A failed task should tell why, also the second time, and any other nothing (sls A-31)."""
    sls.judge.expect(
        "SLS-GET-22",
        bool(task.message) == (task.status == "fail"),
        expected="a message" if task.status == "fail" else "an empty message after the retry",
        received=f"{task.message!r} of a task with the status {task.status}",
        strict=False,
    )


@decides("SLS-RETRY-04", "SLS-RETRY-01", "SLS-RETRY-09", "SLS-GET-04", "SLS-GET-09", "SLS-GET-22", "SLS-GET-25")
@in_background
def test_rerun_goes_as_asked(sls: Sls) -> None:
    """With the provider's promise a re-run lasts, ends as asked under the same id, and may fail and be retried."""
    shipper = sls.fresh_shipper(
        [
            TaskPlan("fail", rerun_seconds=1, rerun_status="success"),
            TaskPlan("fail", rerun_seconds=1, rerun_status="fail"),
            TaskPlan("fail", rerun_seconds=60, rerun_status="success"),
            TaskPlan("fail"),
        ]
    )
    needs_promise(shipper)
    to_success, to_failure, long, untouched = shipper.ids()
    before = sls.snapshot(shipper)
    began = sls.now()
    started = time.monotonic()

    retried(sls, shipper, [to_success, to_failure, long])
    sls.put(shipper, [long])  # again while it runs: it stays running (sls A-48)
    wanted = {to_success: "success", to_failure: "fail", long: "running", untouched: "fail"}

    def ended() -> bool:
        now = sls.snapshot(shipper)
        return all(task_id in now and now[task_id].status == wanted[task_id] for task_id in (to_success, to_failure))

    time.sleep(max(0.0, started + 1.0 - time.monotonic()))
    sls.settled(ended)
    now = sls.snapshot(shipper)
    for task_id, status in wanted.items():
        shown = now[task_id].status if task_id in now else "not listed"
        sls.judge.expect(
            "SLS-RETRY-04",
            shown == status,
            expected=f"{status} {time.monotonic() - started:.1f} s after the retry, as the provider of states promised",
            received=shown,
            strict=shipper.promised,
        )
        if shown == status:
            expect_fitting_message(sls, now[task_id])
    for status in STATUSES:
        listed = {task.id for task in sls.all_tasks(shipper, status=status)}
        wanted_here = {task_id for task_id in wanted if task_id in now and now[task_id].status == status}
        sls.judge.expect(
            "SLS-GET-09",
            wanted_here <= listed,
            expected=f"also the tasks that became {status} again under that filter",
            received=f"without {sorted(wanted_here - listed)}",
            strict=shipper.promised,
        )
    expect_in_window_of_creation(sls, shipper, list(wanted))
    for task_id in (name for name in (to_success, to_failure) if name in now):
        finished = now[task_id].finished
        sls.judge.expect(
            "SLS-GET-25",
            finished >= began - 2,
            expected=f"the end of the re-run as taskFinishTime, after {began}",
            received=str(finished),
            strict=False,
        )
    expect_found(sls, list(wanted), now)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, [to_success, to_failure, long], before)
    if status_of(now, to_success) == "success":
        sls.put(shipper, [to_success])
        expect_as_it_was(sls, shipper, to_success, now, sls.snapshot(shipper))
    if status_of(now, to_failure) != "fail":
        return
    if expect_accepted(sls, "SLS-RETRY-01", sls.put(shipper, [to_failure]), "the task failed a second time"):
        expect_running(sls, "SLS-RETRY-04", shipper, [to_failure], now)


@decides("SLS-RETRY-10")
@in_background
def test_repeated_task_runs_once(sls: Sls) -> None:
    """A task that is named ten times runs once: with the provider's promise it ends after the time of one re-run."""
    shipper = sls.fresh_shipper([TaskPlan("fail", rerun_seconds=1, rerun_status="success")])
    needs_promise(shipper)

    answer = sls.put(shipper, shipper.ids() * MOST_RETRIED)
    if not expect_accepted(sls, "SLS-RETRY-10", answer, "an id may be repeated (sls A-41)"):
        return
    time.sleep(1.0)
    sls.judge.expect(
        "SLS-RETRY-10",
        sls.settled(lambda: all(task.status == "success" for task in sls.all_tasks(shipper))),
        expected="the end of the one re-run, after one second",
        received="still another status, as if the task ran once for each time that it was named",
        strict=shipper.promised,
    )


@decides("SLS-RETRY-04")
@takes_time
@in_background
def test_reruns_last_and_can_be_repeated(sls: Sls) -> None:
    """With the provider's promise a re-run is not lost before its time, and one that fails can be retried each time."""
    shipper = sls.fresh_shipper(
        [
            TaskPlan("fail", rerun_seconds=LASTING, rerun_status="success"),
            TaskPlan("fail", rerun_seconds=1, rerun_status="fail"),
        ]
    )
    needs_promise(shipper)
    lasting, failing = shipper.ids()
    started = time.monotonic()

    retried(sls, shipper, [lasting])
    for number in ("first", "second", "third"):
        before = sls.snapshot(shipper)
        retried(sls, shipper, [failing])
        if number == "third":
            expect_running(sls, "SLS-RETRY-04", shipper, [failing], before)
            break
        time.sleep(1.0)
        again = sls.settled(lambda: status_of(sls.snapshot(shipper), failing) == "fail")
        sls.judge.expect(
            "SLS-RETRY-04",
            again,
            expected=f"fail at the end of the {number} re-run, as the provider of states promised",
            received="another status",
            strict=shipper.promised,
        )
        if not again:
            return
    time.sleep(max(0.0, started + LASTING - 1.1 - time.monotonic()))
    status = status_of(sls.snapshot(shipper), lasting)
    # A server may count whole seconds, and this look may have come late: then it says nothing.
    if time.monotonic() - started < LASTING - 1:
        sls.judge.expect(
            "SLS-RETRY-04",
            status == "running",
            expected=f"running, since the re-run lasts {LASTING} s",
            received=f"{status} before that",
            strict=shipper.promised,
            conclusive=True,
        )
