"""How a re-run goes on: it lasts as long as was asked for, ends as was asked for, and can be repeated."""

import time
from collections.abc import Mapping
from contextlib import suppress

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
from retryspec.suite.vcf.model import UNDER_WAY, Batch, Meaning, Task, TaskPlan

FAILED = TaskPlan(Meaning.FAILED)
LONG = TaskPlan(Meaning.FAILED, rerun_seconds=60)

# Whether that is a failure could be argued about (vcf A15).
ARGUED = Meaning.COMPLETED_WITH_WARNING

# Seconds that a re-run lasts which is watched for nearly as long, and one that may not end while it is looked at.
LASTING = 4
SHORT = 3
AT_ONCE = 6


def expect_end(vcf: Vcf, batch: Batch, task_id: str, meaning: Meaning, started: float) -> bool:
    """A re-run has ended as the provider of states promised, by the end of the settling time; else it may differ."""

    def ended() -> bool:
        now = vcf.snapshot(batch, [task_id])
        return task_id in now and now[task_id].meaning is meaning

    holds = vcf.settled(f"a re-run ends as {meaning}", ended)
    now = vcf.snapshot(batch, [task_id])
    expect_still_there(vcf, batch, [task_id], now)
    after = f"{time.monotonic() - started:.1f} s after the retry"
    vcf.judge.expect(
        "VCF-STATE-02",
        holds or not batch.promised,
        expected=f"{meaning} {after}, as the provider of states promised",
        received=now[task_id].status,
    )
    return holds


@decides("VCF-STATE-02", "VCF-STATE-01", "VCF-STATE-04", "VCF-STATE-07", "VCF-STATE-08", "VCF-RETRY-09", "VCF-RETRY-03")
@in_background
def test_rerun_goes_as_asked(vcf: Vcf) -> None:
    """With the provider's promise a re-run ends as asked under the same id; one that failed again can be retried.

    That holds whatever was refused while it ran.
    """
    batch = vcf.fresh_tasks(
        [
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.SUCCESSFUL),
            LONG,
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.FAILED),
            # The fourth of the reference server does not tell isRetryable, which was not there before 5.1.1 (vcf A14).
            TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=Meaning.FAILED),
            FAILED,
            TaskPlan(Meaning.SUCCESSFUL),
        ]
    )
    to_success, long, also_to_failure, to_failure, untouched, done = batch.ids
    before = before_retry(vcf, batch)
    listed = set(vcf.walk({"taskName": batch.mark}, until=frozenset(batch.ids))) if vcf.claims("getTasks") else set()

    # What is refused may stand in a queue all the same, and run later.
    answers = {done: vcf.retry(done), untouched: vcf.retry(untouched, headers={"Authorization": None}, open_=True)}
    as_they_were = {task_id: before[task_id] for task_id, answer in answers.items() if answer.refused and before}
    for task_id in (to_success, to_failure, also_to_failure, long):
        expect_retried(vcf, batch, vcf.retry(task_id), before, task_id, "the task failed")
    started = time.monotonic()
    # Where this comes late, the task may have failed again, and is retried a second time.
    refused = vcf.retry(to_failure).status == 409
    time.sleep(max(0.0, started + 1.0 - time.monotonic()))
    succeeded = expect_end(vcf, batch, to_success, Meaning.SUCCESSFUL, started)
    failed_again = expect_end(vcf, batch, to_failure, Meaning.FAILED, started)
    if refused and succeeded and not failed_again:
        expect_not_prolonged(vcf, batch, to_failure)
    vcf.judge.expect("VCF-STATE-04", True, expected="looked at where a retry was refused")
    expect_under_way(vcf, batch, [long], before)
    if succeeded:
        ended = vcf.snapshot(batch, [to_success])
        expect_kept(vcf, before, ended)
        if to_success in listed:
            expect_end_listed(vcf, batch, before, to_success, Meaning.SUCCESSFUL)
        answer = vcf.retry(to_success)
        expect_not_failed_refused(vcf, answer, "the re-run succeeded", strict=batch.promised)
        expect_no_effect(vcf, batch, ended, [answer], "a retry of a task that a retry has mended")
    if failed_again:
        expect_kept(vcf, before, vcf.snapshot(batch, [to_failure]))
        if to_failure in listed:
            expect_end_listed(vcf, batch, before, to_failure, Meaning.FAILED)
        if expect_retried_again(vcf, batch, to_failure, "second"):
            expect_kept(vcf, before, vcf.snapshot(batch, [to_failure]))
            if to_failure in listed:
                expect_end_listed(vcf, batch, before, to_failure, *UNDER_WAY, Meaning.FAILED)
        if expect_end(vcf, batch, also_to_failure, Meaning.FAILED, started):
            expect_retried_again(vcf, batch, also_to_failure, "second")
    for behaviour, task_id in (("VCF-STATE-04", done), ("VCF-RETRY-03", untouched)):
        what = "since no retry of it was accepted"
        expect_unchanged(vcf, behaviour, batch, {i: as_they_were[i] for i in as_they_were if i == task_id}, what)
    vcf.judge.expect("VCF-RETRY-09", True, expected="looked at where the re-run succeeded")
    vcf.judge.expect("VCF-STATE-07", True, expected="looked at where the re-run failed")


def expect_not_prolonged(vcf: Vcf, batch: Batch, task_id: str) -> None:
    """A task whose retry was refused while it ran does not run on for longer than one that nobody asked to retry."""
    now = vcf.snapshot(batch, [task_id]).get(task_id)
    vcf.judge.expect(
        "VCF-STATE-04",
        now is None or now.meaning not in UNDER_WAY,
        expected=f"the end of {task_id} in its time, whatever was refused meanwhile",
        received=f"still {now.status if now else 'not found'}, while a task beside it has ended",
        strict=batch.promised,
    )


def expect_end_listed(vcf: Vcf, batch: Batch, before: Mapping[str, Task], task_id: str, *meanings: Meaning) -> None:
    """A task whose re-run has ended is listed as that, and so is one that runs a second time."""
    # That the list itself is broken is for its own checks to say.
    with suppress(Untestable):
        expect_listed(vcf, batch, [task_id], frozenset(meanings), before)


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
    time.sleep(1.0)
    fails_each_time = fails_and_is_retried(vcf, batch, failing, "second", started)
    vcf.judge.expect("VCF-STATE-07", True, expected="looked at where the re-run failed")
    time.sleep(max(0.0, started + LASTING - 1.5 - time.monotonic()))
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
    if fails_each_time and fails_and_is_retried(vcf, batch, failing, "third", started):
        time.sleep(1.0)
        fails_and_is_retried(vcf, batch, failing, "fourth", started)


def fails_and_is_retried(vcf: Vcf, batch: Batch, task_id: str, number: str, started: float) -> bool:
    """A re-run whose time is over has failed as asked, and its task is retried once more."""
    fails = expect_end(vcf, batch, task_id, Meaning.FAILED, started)
    return fails and expect_retried_again(vcf, batch, task_id, number)


@decides("VCF-STATE-06", "VCF-STATE-02")
@takes_time
@in_background
def test_one_retry_of_what_failed_again_is_accepted(vcf: Vcf) -> None:
    """Of several retries at one moment of a task that has failed again no more than one answers 200."""
    batch = vcf.fresh_tasks([TaskPlan(Meaning.FAILED, rerun_seconds=SHORT, rerun_status=Meaning.FAILED)])
    if not batch.promised or not vcf.can_look:
        raise Untestable("needs a provider of states that promises rerunsAsAsked, and an operation that shows tasks")
    named = batch.ids[0]
    before = before_retry(vcf, batch)

    started = time.monotonic()
    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    time.sleep(SHORT)
    if not expect_end(vcf, batch, named, Meaning.FAILED, started):
        raise Untestable("the re-run did not fail as asked", because="VCF-STATE-02")
    together = time.monotonic()
    answers = vcf.send_together([vcf.retry_request(named)] * AT_ONCE)
    accepted = [answer for answer in answers if answer.accepted]
    # Where the answers came late the task may have failed once more; and a server may count whole seconds.
    in_time = time.monotonic() - together < SHORT - 1
    vcf.judge.expect(
        "VCF-STATE-06",
        len(accepted) <= 1 or not in_time,
        accepted[-1].exchange if accepted else None,
        expected=f"200 for one of {AT_ONCE} retries of a task that failed again",
        received=f"200 for {len(accepted)}",
        conclusive=True,
    )


@decides("VCF-STATE-02", "VCF-STATE-01", "VCF-RETRY-09", "VCF-RETRY-14")
@takes_time
@in_background
def test_rerun_may_end_otherwise(vcf: Vcf) -> None:
    """With the provider's promise a re-run ends as asked in the rarer ways too, and is then not retried."""
    batch = vcf.fresh_tasks(
        [TaskPlan(Meaning.FAILED, rerun_seconds=1, rerun_status=meaning) for meaning in (Meaning.CANCELLED, ARGUED)]
    )
    if not batch.promised:
        raise Untestable("needs a provider of states that promises rerunsAsAsked")
    before = before_retry(vcf, batch)

    started = time.monotonic()
    for task_id in batch.ids:
        expect_retried(vcf, batch, vcf.retry(task_id), before, task_id, "the task failed")
    time.sleep(1.0)
    for task_id, plan in zip(batch.ids, batch.plans, strict=True):
        meaning = plan.rerun_status or Meaning.SUCCESSFUL
        if vcf.can_look and expect_end(vcf, batch, task_id, meaning, started):
            what = f"the re-run ended as {meaning}"
            expect_not_failed_refused(vcf, vcf.retry(task_id), what, strict=meaning is not ARGUED)
    for each in ("VCF-RETRY-09", "VCF-RETRY-14"):
        vcf.judge.expect(each, True, expected="looked at where the re-run ended as asked")
