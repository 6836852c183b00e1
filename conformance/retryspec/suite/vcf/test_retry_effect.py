"""What a retry does, to which task, and that nothing else happens."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.vcf.client import Headers, Vcf
from retryspec.suite.vcf.expectations import (
    before_retry,
    expect_kept,
    expect_listed,
    expect_no_effect,
    expect_not_failed_refused,
    expect_retried,
    expect_unchanged,
    expect_under_way,
)
from retryspec.suite.vcf.model import ENDED, UNDER_WAY, Batch, Meaning, Task, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST

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
AMONG_OTHERS = [
    TaskPlan(meaning)
    for meaning in (
        Meaning.FAILED,
        Meaning.PENDING,
        Meaning.FAILED,
        Meaning.CANCELLED,
        Meaning.FAILED,
    )
]


@pytest.mark.parametrize(
    ("place", "plans"), [(0, MIXED), (1, AMONG_OTHERS), (2, MIXED)], ids=["first", "middle", "last"]
)
@decides("VCF-RETRY-03", "VCF-RETRY-05", "VCF-STATE-01", "VCF-STATE-02", "VCF-STATE-08")
def test_named_task_runs_and_no_other(vcf: Vcf, place: int, plans: list[TaskPlan]) -> None:
    """After a 200 the named task runs under its old id, name, type and time, and every other task is as it was."""
    batch, other = vcf.fresh_tasks(plans), vcf.fresh_tasks([FAILED])
    named = batch.failed[place]
    before, elsewhere = before_retry(vcf, batch), before_retry(vcf, other)

    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    expect_under_way(vcf, batch, [named], before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in the retry", but=[named])
    expect_unchanged(vcf, "VCF-RETRY-03", other, elsewhere, "since it was not named in the retry")
    expect_kept(vcf, before, vcf.snapshot(batch, [named]))


@decides("VCF-STATE-01", "VCF-STATE-02", "VCF-STATE-08")
def test_retried_task_is_listed(vcf: Vcf) -> None:
    """A task that is retried stays in the list, as one that is under way, with its name, type and time."""
    batch = vcf.tasks([FAILED])
    named = batch.ids[0]
    before = before_retry(vcf, batch)
    if named not in vcf.listed(batch, [named]):
        raise Untestable("a task that exists is not in the list", because="VCF-LIST-08")

    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    if not expect_under_way(vcf, batch, [named], before):
        raise Untestable("the retry had no effect", because="VCF-RETRY-05")
    expect_listed(vcf, batch, [named], UNDER_WAY if batch.promised else frozenset(Meaning), before)


@decides("VCF-STATE-01", "VCF-RETRY-03", "VCF-RETRY-05")
def test_retry_makes_no_new_task(vcf: Vcf) -> None:
    """The retried work is the same task: the list has no more tasks of that name than before (vcf A26).

    A task of the same name is another one, which stays failed, and can be retried while the first one runs.
    """
    batch = vcf.fresh_tasks([replace(FAILED, label="of one name")] * 2)
    named, namesake = batch.ids
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
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since only one of its name was retried", but=[named])
    expect_retried(vcf, batch, vcf.retry(namesake), before, namesake, "the task failed, whatever runs under its name")


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


@decides("VCF-STATE-02", "VCF-STATE-03")
def test_other_clients_see_a_retry(vcf: Vcf) -> None:
    """What a retry did shows to a client with another token as well, and that client's retry is refused."""
    batch = vcf.tasks([LONG])
    named = batch.ids[0]
    before = before_retry(vcf, batch)
    others: Headers = {"Authorization": f"Bearer {vcf.wire.another_token()}"}

    if vcf.claims(GET):
        vcf.get(named, headers=others)
    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed")
    if not expect_under_way(vcf, batch, [named], before):
        raise Untestable("the retry had no effect, or none that can be seen", because="VCF-RETRY-05")
    if vcf.claims(GET):
        answer = vcf.get(named, headers=others)
        vcf.judge.expect(
            "VCF-STATE-02",
            answer.task is not None and answer.task.meaning in UNDER_WAY,
            answer.exchange,
            expected="pending or in progress for a client with another token too",
            strict=batch.promised,
        )
    answer = vcf.retry(named, headers=others)
    expected = "409 for a client with another token too, since the task runs again"
    vcf.judge.expect("VCF-STATE-03", answer.status == 409, answer.exchange, expected=expected, strict=batch.promised)


@decides("VCF-RETRY-05", "VCF-STATE-02", "VCF-RETRY-03")
def test_many_retries_one_after_the_other(vcf: Vcf) -> None:
    """Each retry of a long series has its effect, none undoes an earlier one, and looking does not end what runs."""
    batch = vcf.fresh_tasks([LONG] * 10)
    before = before_retry(vcf, batch)

    done: list[str] = []
    for task_id in (*batch.ids[::2], *batch.ids[1::2][:3]):
        expect_retried(
            vcf, batch, vcf.retry(task_id), before, task_id, f"the task failed ({len(done)} others run already)"
        )
        done.append(task_id)
    if expect_under_way(vcf, batch, done[:1], before):
        expect_no_flicker(vcf, batch, done[0])
    expect_under_way(vcf, batch, done, before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in a retry", but=done)


def expect_no_flicker(vcf: Vcf, batch: Batch, task_id: str) -> None:
    """Once a re-run has shown, each reading shows it, until its time is over."""
    if not vcf.claims(GET):
        return
    for _ in range(6):
        answer = vcf.get(task_id)
        vcf.judge.expect(
            "VCF-STATE-02",
            answer.task is None or answer.task.meaning in UNDER_WAY,
            answer.exchange,
            expected="pending or in progress in each reading, once it was so in one",
            strict=batch.promised,
            conclusive=batch.promised,
        )


@decides("VCF-RETRY-05", "VCF-RETRY-03", "VCF-STATE-04")
def test_refusals_do_not_stand_in_the_way(vcf: Vcf) -> None:
    """After refused retries, of this task without a token and of others, a failed task can still be retried."""
    batch = vcf.fresh_tasks(MIXED)
    named = batch.failed[1]
    before = before_retry(vcf, batch)
    listed = vcf.listed(batch, batch.ids) if vcf.claims(LIST) else {}

    answers = [vcf.retry(task_id) for task_id in batch.ids if task_id not in batch.failed]
    for answer in answers:
        if not expect_not_failed_refused(vcf, answer, "the task is not failed", strict=batch.promised):
            raise Untestable("a task that is not failed is not refused", because="VCF-RETRY-09")
    answers.append(vcf.retry(vcf.unknown_id()))
    locked = batch.failed[2]
    without_token = vcf.retry(locked, headers={"Authorization": None}, open_=True)
    # Whether it is refused is for others to say.
    if without_token.refused:
        answers.append(without_token)
    before.pop(locked if without_token.accepted else "", None)
    expect_no_effect(vcf, batch, before, answers, "a retry of tasks that are not failed, or without a token,")
    expect_listed_unchanged(vcf, batch, listed, but=locked if without_token.accepted else None)
    before = vcf.snapshot(batch) if vcf.can_look else {}
    expect_retried(vcf, batch, vcf.retry(named), before, named, "the task failed, whatever else was refused")
    expect_under_way(vcf, batch, [named], before)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since it was not named in the retry", but=[named])
    if without_token.refused and (locked not in before or before[locked].meaning is Meaning.FAILED):
        expect_retried(vcf, batch, vcf.retry(locked), before, locked, "a retry that was refused for its token is over")


def expect_listed_unchanged(vcf: Vcf, batch: Batch, before: Mapping[str, Task], *, but: str | None) -> None:
    """The list shows the tasks that have ended as it did before some retries were refused."""
    watched = {task_id: task for task_id, task in before.items() if task_id in batch.ids and task.meaning in ENDED}
    now = vcf.listed(batch, watched) if watched else {}
    changed = [i for i, task in watched.items() if i != but and i in now and now[i].state != task.state]
    vcf.judge.expect(
        "VCF-STATE-04",
        not changed,
        expected=f"{changed[0]} listed as before: {watched[changed[0]].whole[:300]}"
        if changed
        else "the list as before",
        received=now[changed[0]].whole[:300] if changed else None,
        strict=batch.promised,
    )
