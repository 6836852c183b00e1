"""What VCF checks expect again and again: a retry that is accepted, a refusal, a state of tasks."""

from collections.abc import Iterable, Mapping, Sequence

from retryspec.checks import Untestable
from retryspec.suite.vcf.client import Answer, Vcf
from retryspec.suite.vcf.model import ENDED, UNDER_WAY, Batch, Meaning, Task

__all__ = [
    "before_retry",
    "expect_kept",
    "expect_listed",
    "expect_no_effect",
    "expect_not_failed_refused",
    "expect_retried",
    "expect_still_there",
    "expect_unchanged",
    "expect_under_way",
    "look_into_refusal",
]


def before_retry(vcf: Vcf, batch: Batch, ids: Iterable[str] | None = None) -> dict[str, Task]:
    """The tasks as they are before anything is done to them; none where the target has no way to show them.

    Raises:
        Untestable: they are not what was asked for.
    """
    if not vcf.can_look:
        return {}
    wanted = tuple(batch.ids if ids is None else ids)
    plans = dict(zip(batch.ids, batch.plans, strict=True))
    found = vcf.snapshot(batch, wanted)
    must_have_meanings(found)
    for task_id in wanted:
        asked_for, task = plans[task_id].meaning, found.get(task_id)
        fits = task is not None and (task.meaning is asked_for or {task.meaning, asked_for} <= UNDER_WAY)
        if fits:
            continue
        shown = task.status if task else "not found"
        if not batch.fresh:
            vcf.spend(task_id)
            raise Untestable(f"the task {task_id} was to be {asked_for}, and is {shown}")
        vcf.judge.expect(
            "VCF-GET-02",
            False,
            expected=f"the task {task_id} as {asked_for}, as the provider of states made it",
            received=shown,
            strict=batch.promised,
        )
        raise Untestable("a task is not shown as it was made", because="VCF-GET-02")
    return found


def must_have_meanings(tasks: Mapping[str, Task]) -> None:
    """Stop where a status is one that nobody lists, so that nothing can be told by it (vcf R-13).

    Raises:
        Untestable: there is one.
    """
    for task in tasks.values():
        if task.meaning is None:
            raise Untestable(f"nobody knows what the status {task.status[:50]!r} means", because="VCF-TASK-STATUS-02")


def look_into_refusal(vcf: Vcf, batch: Batch, answer: Answer, before: Mapping[str, Task], task_id: str) -> None:
    """Let a refusal of a task pass that could not be retried, or no longer.

    Raises:
        Untestable: the task is not to be retried, or something else than a retry of it has started it.
    """
    task = before.get(task_id)
    if answer.status != 409 or task is None:
        return
    if task.retryable is False:
        raise Untestable("the failed task has isRetryable false, and was refused as it may be (vcf A13)")
    now = vcf.snapshot(batch, [task_id]).get(task_id)
    if now is None or now.meaning is Meaning.FAILED:
        return
    vcf.judge.expect(
        "VCF-RETRY-03",
        False,
        answer.exchange,
        expected="the task still failed, since no retry had named it",
        received=f"{now.status}, and a retry of it is refused",
        strict=batch.promised,
    )
    raise Untestable("a task ran that no retry had named", because="VCF-RETRY-03")


def expect_retried(vcf: Vcf, batch: Batch, answer: Answer, before: Mapping[str, Task], task_id: str, what: str) -> None:
    """A retry of a failed task is accepted; `what` says what is particular to it.

    Raises:
        Untestable: it is not, so that nothing can be said about its effect.
    """
    look_into_refusal(vcf, batch, answer, before, task_id)
    holds = vcf.judge.expect("VCF-RETRY-05", answer.accepted, answer.exchange, expected=f"200, since {what}")
    if not holds:
        raise Untestable("a retry of a failed task was refused", because="VCF-RETRY-05")


def expect_not_failed_refused(vcf: Vcf, answer: Answer, what: str, *, strict: bool) -> bool:
    """A retry of a task that is not failed answers 409, and never 200."""
    vcf.judge.expect(
        "VCF-RETRY-14", not answer.accepted, answer.exchange, expected=f"a refusal, since {what}", strict=strict
    )
    holds = answer.status == 409
    return vcf.judge.expect("VCF-RETRY-09", holds, answer.exchange, expected=f"409, since {what}", strict=strict)


def expect_under_way(vcf: Vcf, batch: Batch, ids: Sequence[str], before: Mapping[str, Task]) -> bool:
    """The tasks are pending or in progress after a retry was answered with 200.

    With the provider's promise they have to be, by the end of the settling time; later than at once is a warning.
    Without it they may be through again already, which another status, time or error shows (vcf R-02).
    """
    if not vcf.can_look:
        return False
    waiting = list(ids)

    def all_ran() -> bool:
        now = vcf.snapshot(batch, waiting)
        expect_still_there(vcf, batch, waiting, now)
        waiting[:] = [task_id for task_id in waiting if not _ran(before.get(task_id), now[task_id], batch.promised)]
        return not waiting

    if all_ran():
        vcf.judge.expect("VCF-RETRY-05", True, expected="a task that runs again")
        return vcf.judge.expect("VCF-STATE-02", True, expected="pending or in progress")
    late = list(waiting)
    if vcf.settled("a retry shows", all_ran):
        vcf.judge.expect("VCF-RETRY-05", True, expected="a task that runs again")
        return vcf.judge.expect(
            "VCF-STATE-02",
            False,
            expected="the task pending or in progress right after the 200",
            received=f"{', '.join(late[:3])} only later, though clients read at once (vcf A27)",
            strict=False,
        )
    now = vcf.snapshot(batch, waiting)
    shown = ", ".join(f"{each} is {now[each].status if each in now else 'not found'}" for each in waiting[:3])
    for behaviour in ("VCF-RETRY-05", "VCF-STATE-02"):
        expected = "the task pending or in progress after a retry that was answered with 200"
        vcf.judge.expect(behaviour, False, expected=expected, received=shown, strict=batch.promised)
    return False


def _ran(before: Task | None, now: Task, promised: bool) -> bool:
    if now.meaning in UNDER_WAY:
        return True
    if promised:
        return False
    if now.meaning is not Meaning.FAILED or before is None:
        return True
    return (now.completed, now.errors) != (before.completed, before.errors)


def expect_still_there(vcf: Vcf, batch: Batch, ids: Iterable[str], now: Mapping[str, Task]) -> None:
    """The tasks are found under the same ids after a retry.

    Raises:
        Untestable: one is not, so that nothing more can be said about it.
    """
    lost = [task_id for task_id in ids if task_id not in now]
    must_have_meanings(now)
    if not vcf.judge.expect(
        "VCF-STATE-01",
        not lost,
        expected="the retried task under the same id",
        received=f"{', '.join(lost[:3])} not found",
        strict=batch.fresh,
    ):
        raise Untestable("a retried task is not found under its id", because="VCF-STATE-01")


def expect_listed(
    vcf: Vcf, batch: Batch, ids: Sequence[str], meanings: frozenset[Meaning], before: Mapping[str, Task]
) -> None:
    """The handle stays: the same ids are listed after a retry, otherwise as before, in a status of these meanings."""
    if not vcf.claims("getTasks"):
        return
    listed = vcf.listed(batch, ids)
    must_have_meanings(listed if batch.fresh else {})
    lost = [task_id for task_id in ids if task_id not in listed]
    vcf.judge.expect(
        "VCF-STATE-01",
        not lost,
        expected="the retried task in the list",
        received=f"{', '.join(lost[:3])} not listed",
        strict=batch.fresh,
    )
    other = [task_id for task_id in ids if task_id in listed and listed[task_id].meaning not in meanings]
    vcf.judge.expect(
        "VCF-STATE-02",
        not other,
        expected=f"the retried task in the list as {' or '.join(sorted(meanings))}",
        received=f"{other[0]} is listed as {listed[other[0]].status}" if other else None,
        strict=batch.promised,
    )
    expect_kept(vcf, before, {task_id: listed[task_id] for task_id in ids if task_id in listed})


def expect_kept(vcf: Vcf, before: Mapping[str, Task], now: Mapping[str, Task]) -> None:
    """A retry leaves id, name, type and creation time of a task as they were."""
    for task_id, task in now.items():
        was = before.get(task_id)
        if was is not None:
            vcf.judge.expect(
                "VCF-STATE-08",
                task.lasting == was.lasting,
                expected=f"id, name, type and creationTimestamp as before: {was.lasting}",
                received=str(task.lasting),
            )


def expect_unchanged(
    vcf: Vcf, behaviour: str, batch: Batch, before: Mapping[str, Task], what: str, *, but: Iterable[str] = ()
) -> bool:
    """Every task but those named is as it was, and none is gone."""
    left_out = set(but)
    watched = [task_id for task_id in before if task_id not in left_out]
    now = vcf.snapshot(batch, watched) if watched else {}
    if any(now.get(task_id) is None or not _is_same(before[task_id], now[task_id]) for task_id in watched):
        must_last(vcf, batch, now)
    changed = [
        f"{task_id}: {before[task_id].status} became {_difference(before[task_id], now.get(task_id))}"
        for task_id in watched
        if now.get(task_id) is None or not _is_same(before[task_id], now[task_id])
    ]
    return vcf.judge.expect(
        behaviour,
        not changed,
        expected=f"every {'other ' if left_out else ''}task as it was, {what}",
        received="; ".join(changed[:3]),
        strict=batch.promised,
    )


def must_last(vcf: Vcf, batch: Batch, now: Mapping[str, Task]) -> None:
    """Stop where tasks that have ended change from one reading to the next, whatever is done to them.

    Raises:
        Untestable: they do.
    """
    again = vcf.snapshot(batch, now)
    moved = [i for i, task in now.items() if task.meaning in ENDED and i in again and again[i].state != task.state]
    if moved:
        vcf.judge.expect(
            "VCF-GET-05",
            False,
            expected=f"{moved[0]} the same in two readings, one after the other: {now[moved[0]].whole[:300]}",
            received=again[moved[0]].whole[:300],
            strict=batch.fresh,
        )
        raise Untestable("tasks that have ended change when they are read", because="VCF-GET-05")


def _is_same(before: Task, now: Task) -> bool:
    if before.meaning is Meaning.PENDING and now.meaning in UNDER_WAY:
        return before.lasting == now.lasting  # it has begun meanwhile
    return before.state == now.state


def _difference(before: Task, now: Task | None) -> str:
    if now is None:
        return "not found"
    if now.status != before.status or now.meaning not in ENDED:
        return now.status
    return f"{now.status} with other members: {now.whole[:200]}, before {before.whole[:200]}"


def expect_no_effect(vcf: Vcf, batch: Batch, before: Mapping[str, Task], answers: Iterable[Answer], what: str) -> bool:
    """Refused calls changed no task; what was accepted is no refusal, and not for this to judge."""
    if all(answer.refused for answer in answers) and before:
        return expect_unchanged(vcf, "VCF-STATE-04", batch, before, f"since {what} was refused")
    return vcf.judge.expect("VCF-STATE-04", True, expected="nothing refused, or nothing to look at")
