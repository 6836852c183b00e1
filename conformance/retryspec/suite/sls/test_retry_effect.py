"""What a retry does, to which tasks, and that nothing else happens."""

import time

import pytest

from retryspec.checks import decides, in_background
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import (
    expect_accepted,
    expect_no_effect,
    expect_only_these_ran,
    expect_running,
    expect_unchanged,
)
from retryspec.suite.sls.model import HOUR, Task, TaskPlan

FAILED = TaskPlan("fail")
MIXED = [TaskPlan(status) for status in ("fail", "success", "fail", "running", "fail", "success", "fail")]


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

    if not expect_accepted(sls, "SLS-RETRY-04", sls.put(shipper, named), "the named tasks failed"):
        return
    expect_running(sls, "SLS-RETRY-04", shipper, named, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, named, before)
    expect_found(sls, named, sls.snapshot(shipper))


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

    if expect_accepted(sls, "SLS-RETRY-04", sls.put(shipper, shipper.ids("fail")), "the task failed"):
        expect_running(sls, "SLS-RETRY-04", shipper, shipper.ids("fail"), before)


@decides("SLS-RETRY-04", "SLS-GET-18", "SLS-GET-09")
def test_running_again_shows_everywhere(sls: Sls) -> None:
    """A task that runs again is counted and filtered as running, no longer as failed."""
    shipper = sls.fresh_shipper(MIXED)
    named = shipper.ids("fail")[:2]
    before = sls.snapshot(shipper)
    counts = shipper.counts()

    if not expect_accepted(sls, "SLS-RETRY-04", sls.put(shipper, named), "the named tasks failed"):
        return
    if not expect_running(sls, "SLS-RETRY-04", shipper, named, before):
        return
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


@decides("SLS-RETRY-04")
def test_many_retries_one_after_the_other(sls: Sls) -> None:
    """Each retry of a long series has its effect, and none undoes an earlier one."""
    shipper = sls.fresh_shipper([TaskPlan("fail", 600 + 30 * place) for place in range(25)])
    ids = shipper.ids("fail")
    before = sls.snapshot(shipper)

    done: list[str] = []
    for task_id in (*ids[::2], *ids[1::2][:10]):
        if not expect_accepted(sls, "SLS-RETRY-04", sls.put(shipper, [task_id]), "the task failed"):
            return
        done.append(task_id)
    expect_running(sls, "SLS-RETRY-04", shipper, done, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, done, before)


@decides("SLS-RETRY-04")
def test_old_and_deep_tasks_can_be_retried(sls: Sls) -> None:
    """How old a failed task is, and on which page it stands, makes no difference."""
    plans = [TaskPlan("fail", 20 * HOUR), *[TaskPlan("success", HOUR + 60 * place) for place in range(130)]]
    shipper = sls.fresh_shipper([*plans, TaskPlan("fail", 700)])
    before = sls.snapshot(shipper)

    for task_id in shipper.ids("fail"):
        if expect_accepted(sls, "SLS-RETRY-04", sls.put(shipper, [task_id]), "the task failed"):
            expect_running(sls, "SLS-RETRY-04", shipper, [task_id], before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, shipper.ids("fail"), before)


@pytest.mark.parametrize("status", ["success", "running"])
@decides("SLS-RETRY-09", "SLS-RETRY-11")
def test_only_failed_tasks_are_concerned(sls: Sls, status: str) -> None:
    """A task that did not fail stays as it is, whatever the answer (sls A-45); a refusal changes nothing at all."""
    shipper = sls.fresh_shipper(MIXED)
    target = shipper.ids(status)[0]
    before = sls.snapshot(shipper)

    answer = sls.put(shipper, [target])
    sls.judge.expect(
        "SLS-RETRY-09",
        answer.accepted or answer.refused,
        answer.exchange,
        expected="200 that leaves the task alone, or a refusal",
    )
    after = sls.snapshot(shipper)
    sls.judge.expect(
        "SLS-RETRY-09",
        target in after and state_of(after[target]) == state_of(before[target]),
        answer.exchange,
        expected=f"the task with the status {status} as it was",
        received=f"{after[target].status}" if target in after else "not listed",
        strict=False,
    )
    if answer.refused:
        expect_no_effect(sls, shipper, before, f"a retry of a task with the status {status}")
    else:
        sls.judge.expect("SLS-RETRY-11", True, expected="no refusal, so nothing to look at")
    expect_only_these_ran(sls, "SLS-RETRY-09", shipper, [target], before)


def state_of(task: Task) -> tuple[str, int, int]:
    """What may not change of a task that is not retried."""
    return (task.status, task.created, task.finished if task.status != "running" else 0)


@decides("SLS-RETRY-04", "SLS-RETRY-11")
def test_unknown_ids_run_nothing(sls: Sls) -> None:
    """An id that names no task of this shipper retries nothing, however near it comes to one that does (sls A-44)."""
    shipper = sls.fresh_shipper([FAILED, FAILED, TaskPlan("success")])
    other = sls.fresh_shipper([FAILED])
    task_id = shipper.ids("fail")[0]
    before, elsewhere = sls.snapshot(shipper), sls.snapshot(other)

    near = [task_id[:-1], f"{task_id}0", task_id[1:], "", "%", "*", "_" * len(task_id), "absent-task", *other.ids()]
    for name in (name for name in near if name not in before):
        answer = sls.put(shipper, [name])
        sls.judge.expect(
            "SLS-RETRY-04",
            answer.accepted or answer.refused,
            answer.exchange,
            expected="200 that does nothing, or a refusal",
        )
        if answer.refused:
            expect_no_effect(sls, shipper, before, f"a retry of the unknown task {name!r}")
    sls.judge.expect("SLS-RETRY-11", True, expected="unknown tasks")
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, (), before)
    what = "since the retry went to another project"
    expect_unchanged(sls, "SLS-RETRY-04", other, elsewhere, what, strict=other.promised)
    swapped = task_id.swapcase()
    if swapped != task_id:
        sls.put(shipper, [swapped])
        what = f"since {swapped} names none"
        expect_unchanged(sls, "SLS-RETRY-04", shipper, before, what, strict=False)


@decides("SLS-RETRY-09")
def test_mixed_list_touches_no_other_task(sls: Sls) -> None:
    """Failed, other and unknown ids in one list: what becomes of the failed ones is open, the rest stays (sls A-46)."""
    shipper = sls.fresh_shipper(MIXED)
    fail, success, running = (shipper.ids(status)[0] for status in ("fail", "success", "running"))
    before = sls.snapshot(shipper)

    for names in ([success, fail], [fail, running, success], [fail, "absent-task"], ["absent-task", success]):
        answer = sls.put(shipper, names)
        sls.judge.expect(
            "SLS-RETRY-09", answer.accepted or answer.refused, answer.exchange, expected="200 or a refusal"
        )
    expect_only_these_ran(sls, "SLS-RETRY-09", shipper, [fail, success, running], before)
    after = sls.snapshot(shipper)
    for task_id in (success, running):
        sls.judge.expect(
            "SLS-RETRY-09",
            task_id in after and state_of(after[task_id]) == state_of(before[task_id]),
            expected=f"the task with the status {before[task_id].status} as it was",
            received=after[task_id].status if task_id in after else "not listed",
            strict=False,
        )


def expect_fitting_message(sls: Sls, task: Task) -> None:
    """A failed task should tell why, also the second time, and any other nothing (sls A-31)."""
    sls.judge.expect(
        "SLS-GET-22",
        bool(task.message) == (task.status == "fail"),
        expected="a message" if task.status == "fail" else "an empty message after the retry",
        received=f"{task.message!r} of a task with the status {task.status}",
        strict=False,
    )


@decides("SLS-RETRY-04", "SLS-RETRY-01", "SLS-GET-22")
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
    to_success, to_failure, long, untouched = shipper.ids()
    before = sls.snapshot(shipper)
    started = time.monotonic()

    if not expect_accepted(sls, "SLS-RETRY-01", sls.put(shipper, [to_success, to_failure, long]), "the tasks failed"):
        return
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
    expect_found(sls, list(wanted), now)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, [to_success, to_failure, long], before)
    if to_failure not in now or now[to_failure].status != "fail":
        return
    if expect_accepted(sls, "SLS-RETRY-01", sls.put(shipper, [to_failure]), "the task failed a second time"):
        expect_running(sls, "SLS-RETRY-04", shipper, [to_failure], now)
