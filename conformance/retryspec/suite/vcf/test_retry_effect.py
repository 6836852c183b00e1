"""What a retry does, to which task, for how long, and that nothing else happens."""

import time
from contextlib import suppress

import pytest

from retryspec.checks import Untestable, decides, in_background, takes_time
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import (
    before_retry,
    expect_kept,
    expect_listed,
    expect_no_effect,
    expect_not_failed_refused,
    expect_retried,
    expect_still_there,
    expect_unchanged,
    expect_under_way,
)
from retryspec.suite.vcf.model import UNDER_WAY, Batch, Meaning, TaskPlan

FAILED = TaskPlan(Meaning.FAILED)
LONG = TaskPlan(Meaning.FAILED, rerun_seconds=60)
RUNNING = TaskPlan(Meaning.IN_PROGRESS)
MIXED = [
    TaskPlan(meaning)
    for meaning in (
        Meaning.FAILED,
        Meaning.SUCCESSFUL,
        Meaning.FAILED,
        Meaning.IN_PROGRESS,
        Meaning.FAILED,
    )
]

# Seconds that a re-run lasts which is watched for nearly as long.
LASTING = 4


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
@decides("VCF-RETRY-03", "VCF-RETRY-05", "VCF-STATE-01", "VCF-STATE-02", "VCF-STATE-08")
def test_named_task_runs_and_no_other(vcf: Vcf, place: int) -> None:
    """After a 200 the named task runs under its old id, name, type and time, and every other task is as it was."""
    batch, other = vcf.fresh_tasks(MIXED), vcf.fresh_tasks([FAILED])
    named = batch.failed[place]
    before, elsewhere = before_retry(vcf, batch), before_retry(vcf, other)

    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    expect_under_way(vcf, batch, [named], before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in the retry", but=[named])
    expect_unchanged(vcf, "VCF-RETRY-03", other, elsewhere, "since it was not named in the retry")
    expect_kept(vcf, before, vcf.snapshot(batch, [named]))


@decides("VCF-STATE-01", "VCF-STATE-02")
def test_retried_task_is_listed(vcf: Vcf) -> None:
    """A task that is retried stays in the list, as one that is under way."""
    batch = vcf.tasks([FAILED])
    named = batch.ids[0]
    before = before_retry(vcf, batch)
    if named not in vcf.listed(batch, [named]):
        raise Untestable("a task that exists is not in the list", because="VCF-LIST-08")

    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    if not expect_under_way(vcf, batch, [named], before):
        raise Untestable("the retry had no effect", because="VCF-RETRY-05")
    expect_listed(vcf, batch, [named], UNDER_WAY if batch.promised else frozenset(Meaning))


@decides("VCF-STATE-01")
def test_retry_makes_no_new_task(vcf: Vcf) -> None:
    """The retried work is the same task: the list has no more tasks of that name than before (vcf A26)."""
    batch = vcf.fresh_tasks([FAILED, FAILED])
    named = batch.ids[0]
    before = before_retry(vcf, batch)
    names = {task.name for task in before.values()}
    if None in names:
        raise Untestable("the tasks have no names to be found by", because="VCF-TASK-01")
    namesakes = {task_id for task_id, task in vcf.listed(batch, batch.ids).items() if task.name in names}
    if not set(batch.ids) <= namesakes:
        raise Untestable("tasks that exist are not in the list", because="VCF-LIST-08")
    alone = set(vcf.walk({"taskName": batch.mark})) == set(batch.ids)

    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    now = vcf.walk({"taskName": batch.mark} if alone else {})
    new = sorted(task_id for task_id, task in now.items() if task.name in names and task_id not in namesakes)
    lost = sorted(set(batch.ids) - set(now))
    vcf.judge.expect(
        "VCF-STATE-01",
        not new and not lost,
        expected="the same tasks listed as before the retry",
        received=f"new: {new[:3]}, gone: {lost[:3]}",
        strict=batch.promised,
    )


@decides("VCF-STATE-03", "VCF-RETRY-09", "VCF-STATE-02")
def test_second_retry_is_refused_while_the_task_runs(vcf: Vcf) -> None:
    """A task that runs again is failed no longer, so each further retry answers 409, and it runs on (vcf A17)."""
    batch = vcf.tasks([LONG, RUNNING] if vcf.has_states else [LONG])
    named = batch.ids[0]
    before = before_retry(vcf, batch)

    for running in batch.of(Meaning.IN_PROGRESS):
        if not expect_not_failed_refused(vcf, vcf.retry(running), "the task runs", strict=batch.promised):
            raise Untestable("a task that runs is not refused with 409", because="VCF-RETRY-09")
    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    if not expect_under_way(vcf, batch, [named], before) and vcf.can_look:
        raise Untestable("the retry had no effect", because="VCF-RETRY-05")
    answers = [vcf.retry(named) for _ in range(3)]
    for answer in answers:
        vcf.judge.expect(
            "VCF-STATE-03",
            answer.status == 409,
            answer.exchange,
            expected="409, since the task runs again",
            strict=batch.promised,
        )
    vcf.judge.expect("VCF-RETRY-09", True, expected="409 for a task that runs")
    expect_under_way(vcf, batch, [named], before)


@decides("VCF-RETRY-05", "VCF-STATE-02", "VCF-RETRY-03")
def test_many_retries_one_after_the_other(vcf: Vcf) -> None:
    """Each retry of a long series has its effect, none undoes an earlier one, and looking does not end what runs."""
    batch = vcf.fresh_tasks([FAILED] * 10)
    before = before_retry(vcf, batch)

    done: list[str] = []
    for task_id in (*batch.ids[::2], *batch.ids[1::2][:3]):
        expect_retried(
            vcf, batch, vcf.retry(task_id), before, task_id, f"the task failed ({len(done)} others run already)"
        )
        done.append(task_id)
    for _ in range(6):
        vcf.get(done[0])
    expect_under_way(vcf, batch, done, before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in a retry", but=done)


@decides("VCF-RETRY-05", "VCF-RETRY-03", "VCF-STATE-04")
def test_refusals_do_not_stand_in_the_way(vcf: Vcf) -> None:
    """After refused retries, of this task without a token and of others, a failed task can still be retried."""
    batch = vcf.fresh_tasks(MIXED)
    named = batch.failed[1]
    before = before_retry(vcf, batch)

    answers = [vcf.retry(task_id) for task_id in batch.ids if task_id not in batch.failed]
    for answer in answers:
        if not expect_not_failed_refused(vcf, answer, "the task is not failed", strict=batch.promised):
            raise Untestable("a task that is not failed is not refused", because="VCF-RETRY-09")
    answers.append(vcf.retry(vcf.unknown_id()))
    expect_no_effect(vcf, batch, before, answers, "a retry of tasks that are not failed")
    before = vcf.snapshot(batch) if vcf.can_look else {}
    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed, whatever else was refused")
    expect_under_way(vcf, batch, [named], before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in the retry", but=[named])


def expect_end(vcf: Vcf, batch: Batch, task_id: str, meaning: Meaning, started: float) -> bool:
    """A re-run has ended as the provider of states promised, by the end of the settling time."""

    def ended() -> bool:
        now = vcf.snapshot(batch, [task_id])
        return task_id in now and now[task_id].meaning is meaning

    holds = vcf.settled(f"a re-run ends as {meaning}", ended)
    now = vcf.snapshot(batch, [task_id])
    expect_still_there(vcf, batch, [task_id], now)
    after = f"{time.monotonic() - started:.1f} s after the retry"
    vcf.judge.expect(
        "VCF-STATE-02",
        holds,
        expected=f"{meaning} {after}, as the provider of states promised",
        received=now[task_id].status,
        strict=batch.promised,
    )
    return holds


@decides("VCF-STATE-02", "VCF-STATE-01", "VCF-STATE-07", "VCF-STATE-08", "VCF-RETRY-09", "VCF-RETRY-03")
@in_background
def test_rerun_goes_as_asked(vcf: Vcf) -> None:
    """With the provider's promise a re-run ends as asked under the same id; one that failed again can be retried."""
    batch = vcf.fresh_tasks(
        [
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.SUCCESSFUL),
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.FAILED),
            LONG,
            FAILED,
        ]
    )
    to_success, to_failure, long, untouched = batch.ids
    before = before_retry(vcf, batch)
    listed = set(vcf.walk({"taskName": batch.mark}, until=frozenset(batch.ids))) if vcf.claims("getTasks") else set()
    started = time.monotonic()

    for task_id in (to_success, to_failure, long):
        expect_retried(vcf, batch, vcf.retry(task_id), before, task_id, "the task failed")
    time.sleep(max(0.0, started + 1.0 - time.monotonic()))
    succeeded = expect_end(vcf, batch, to_success, Meaning.SUCCESSFUL, started)
    failed_again = expect_end(vcf, batch, to_failure, Meaning.FAILED, started)
    expect_under_way(vcf, batch, [long], before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, {untouched: before[untouched]} if before else {}, "untouched")
    if succeeded:
        expect_kept(vcf, before, vcf.snapshot(batch, [to_success]))
        if to_success in listed:
            expect_end_listed(vcf, batch, to_success, Meaning.SUCCESSFUL)
        expect_not_failed_refused(vcf, vcf.retry(to_success), "the re-run succeeded", strict=batch.promised)
    if failed_again:
        expect_kept(vcf, before, vcf.snapshot(batch, [to_failure]))
        if to_failure in listed:
            expect_end_listed(vcf, batch, to_failure, Meaning.FAILED)
        expect_retried_again(vcf, batch, to_failure, "second")
    vcf.judge.expect("VCF-RETRY-09", True, expected="looked at where the re-run succeeded")
    vcf.judge.expect("VCF-STATE-07", True, expected="looked at where the re-run failed")


def expect_end_listed(vcf: Vcf, batch: Batch, task_id: str, meaning: Meaning) -> None:
    """A task whose re-run has ended is listed as that."""
    # That the list itself is broken is for its own checks to say.
    with suppress(Untestable):
        expect_listed(vcf, batch, [task_id], frozenset({meaning}))


def expect_retried_again(vcf: Vcf, batch: Batch, task_id: str, number: str) -> bool:
    """A task that has failed again is retried once more."""
    before = vcf.snapshot(batch, [task_id])
    answer = vcf.retry(task_id)
    task = before.get(task_id)
    may_refuse = answer.status == 409 and task is not None and task.retryable is False
    holds = vcf.judge.expect(
        "VCF-STATE-07",
        answer.accepted or may_refuse,
        answer.exchange,
        expected=f"200 for the {number} retry, since the task has failed again",
    )
    return holds and answer.accepted and expect_under_way(vcf, batch, [task_id], before)


@decides("VCF-STATE-02", "VCF-STATE-07")
@takes_time
@in_background
def test_reruns_last_and_can_be_repeated(vcf: Vcf) -> None:
    """With the provider's promise a re-run is not lost before its time, and one that fails can be retried each time."""
    batch = vcf.fresh_tasks(
        [
            TaskPlan(Meaning.FAILED, rerun_seconds=LASTING, rerun_status=Meaning.SUCCESSFUL),
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.FAILED),
        ]
    )
    lasting, failing = batch.ids
    before = before_retry(vcf, batch)
    started = time.monotonic()

    expect_retried(vcf, batch, vcf.retry(lasting), before, lasting, "the task failed")
    expect_retried(vcf, batch, vcf.retry(failing), before, failing, "the task failed")
    for number in ("second", "third"):
        time.sleep(1.0)
        if not expect_end(vcf, batch, failing, Meaning.FAILED, started):
            break
        if not expect_retried_again(vcf, batch, failing, number):
            break
    vcf.judge.expect("VCF-STATE-07", True, expected="looked at where the re-run failed")
    time.sleep(max(0.0, started + LASTING - 1.1 - time.monotonic()))
    now = vcf.snapshot(batch, [lasting]).get(lasting)
    # A server may count whole seconds, and this look may have come late: then it says nothing.
    if time.monotonic() - started < LASTING - 1:
        vcf.judge.expect(
            "VCF-STATE-02",
            now is not None and now.meaning in UNDER_WAY,
            expected=f"pending or in progress, since the re-run lasts {LASTING} s",
            received=f"{now.status if now else 'not found'} before that",
            strict=batch.promised,
        )
