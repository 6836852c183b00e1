"""How a re-run goes on: it lasts as long as was asked for, ends as was asked for, and can be repeated."""

import time

from retryspec.checks import decides, in_background, takes_time
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.effects import (
    expect_as_it_was,
    expect_found,
    expect_in_window_of_creation,
    needs_promise,
    status_of,
)
from retryspec.suite.sls.expectations import expect_accepted, expect_only_these_ran, expect_running, retried
from retryspec.suite.sls.model import MOST_RETRIED, STATUSES, Task, TaskPlan

FAILED = TaskPlan("fail")
# Seconds that a re-run lasts which is watched for nearly as long.
LASTING = 4


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
