"""What a retry does, to which tasks, and that nothing else happens."""

import pytest

from retryspec.checks import decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.effects import expect_as_it_was, expect_found, expect_in_window_of_creation
from retryspec.suite.sls.expectations import (
    Surroundings,
    expect_no_effect,
    expect_only_these_ran,
    expect_running,
    expect_unchanged,
    retried,
)
from retryspec.suite.sls.model import HOUR, STATUSES, TaskPlan

FAILED = TaskPlan("fail")

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
