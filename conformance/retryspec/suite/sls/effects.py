"""What the checks of a retry's effect expect of the tasks that it concerned, and of those it did not."""

from collections.abc import Mapping

from retryspec.checks import NotConcerned
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.model import Shipper, Task, Window

__all__ = [
    "expect_as_it_was",
    "expect_found",
    "expect_in_window_of_creation",
    "needs_promise",
    "status_of",
]

MINUTE = 60
# Seconds from a task's creation to a bound: not within two seconds of it, since bounds may be in or out (sls A-06).
MARGIN = 3


def needs_promise(shipper: Shipper) -> None:
    """Stop where the provider of states did not promise that re-runs go as asked: then they may go in any way."""
    if not shipper.promised:
        raise NotConcerned


def status_of(tasks: Mapping[str, Task], task_id: str) -> str:
    """The status of a task, or that it is not listed."""
    return tasks[task_id].status if task_id in tasks else "not listed"


def state_of(task: Task) -> tuple[object, ...]:
    """What may not change of a task that is not retried."""
    ended = (task.finished, task.message) if task.status != "running" else ()
    return (task.status, task.created, *ended)


def expect_found(sls: Sls, ids: list[str], now: dict[str, Task]) -> None:
    """The handle stays: the same id is still listed."""
    lost = [task_id for task_id in ids if task_id not in now]
    sls.judge.expect(
        "SLS-RETRY-04", not lost, expected="the retried tasks under the same ids", received=f"{lost[:3]} not listed"
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
