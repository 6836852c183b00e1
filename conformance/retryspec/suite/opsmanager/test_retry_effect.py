"""What a retry does, to which job, for how long, and that nothing else happens."""

import time
from collections.abc import Sequence

import pytest

from retryspec.checks import decides, in_background, takes_time
from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.expectations import (
    before_retry,
    expect_kept,
    expect_no_success,
    expect_not_failed_refused,
    expect_retried,
    expect_running,
    expect_unchanged,
)
from retryspec.suite.opsmanager.in_full import (
    FORMS,
    IN_FULL,
    expect_in_form,
    expect_listed_in_full,
    statuses_of_children,
)
from retryspec.suite.opsmanager.model import Group, Job, JobPlan, Status
from retryspec.suite.opsmanager.shape import GET, LIST

FAILED = JobPlan(Status.FAILURE)
LONG = JobPlan(Status.FAILURE, rerun_seconds=60)
MIXED = [
    JobPlan(status)
    for status in (
        Status.FAILURE,
        Status.SUCCESS,
        Status.FAILURE,
        Status.IN_PROGRESS,
        Status.MARKED_FOR_EXPIRY,
        Status.FAILURE,
    )
]
UNDER_WAY = [Status.IN_PROGRESS]

# Seconds that a re-run lasts which is watched for nearly as long.
LASTING = 4


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
@decides("OM-RETRY-12", "OM-RETRY-04", "OM-RETRY-13", "OM-RETRY-14", "OM-RETRY-02", "OM-RETRY-03")
def test_named_job_runs_and_no_other(opsmanager: OpsManager, place: int) -> None:
    """After a 200 the named job runs under its old id, and every other one is as it was, also in another project."""
    group, other = opsmanager.fresh_group(MIXED), opsmanager.fresh_group([FAILED] * 2)
    named = group.failed[place]
    before, elsewhere = before_retry(opsmanager, group), before_retry(opsmanager, other)

    expect_retried(opsmanager, opsmanager.retry(group, named), "the job failed")
    for behaviour in ("OM-RETRY-02", "OM-RETRY-03"):
        opsmanager.judge.expect(behaviour, True, expected="the ids of the list, which lead to the job")
    expect_running(opsmanager, group, [named], before)
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since it was not named in the retry", but=[named])
    expect_unchanged(opsmanager, "OM-RETRY-12", other, elsewhere, "since it is one of another project")
    expect_kept(opsmanager, group, [named], before, UNDER_WAY if group.promised else list(Status))


@decides("OM-RETRY-22", "OM-RETRY-15", "OM-RETRY-14")
def test_second_retry_is_refused_while_the_job_runs(opsmanager: OpsManager) -> None:
    """A job that runs again has failed no longer, so each further retry is refused and changes nothing."""
    group = opsmanager.group([LONG, FAILED])
    named = group.ids[0]
    before = before_retry(opsmanager, group)

    expect_retried(opsmanager, opsmanager.retry(group, named), "the job failed")
    ran = expect_running(opsmanager, group, [named], before)
    queries: list[Query] = [{}, {"pretty": "true"}, {"envelope": "true"}]
    for query in queries:
        answer = opsmanager.retry(group, named, query, about="OM-RETRY-22")
        if "envelope" in query:
            strict = ran and group.promised
            expect_no_success(opsmanager, "OM-RETRY-15" if strict else "OM-RETRY-22", answer, "the job runs again")
            continue
        expect_not_failed_refused(opsmanager, answer, "the job runs again", behaviour="OM-RETRY-22", strict=False)
        if ran and group.promised:
            # It was seen running and was promised to go on, so this is the strict statement as well.
            expect_not_failed_refused(opsmanager, answer, "the job was seen running again")
    opsmanager.judge.expect("OM-RETRY-15", True, expected="looked at where the job was promised to run on")
    if ran:
        expect_running(opsmanager, group, [named], before)


@decides("OM-RETRY-25", *FORMS)
def test_retried_job_in_each_form(opsmanager: OpsManager) -> None:
    """A retried job runs in each form that it was read in before; of its child jobs only those that failed run again.

    No source says that of the child jobs, and it is only noted.
    """
    group = opsmanager.group([LONG])
    named = group.ids[0]
    if not opsmanager.claims(GET):
        opsmanager.judge.leave_out_the_rest()
        return

    was = {behaviour: opsmanager.job(group, named, form) for behaviour, form in FORMS.items()}
    before = statuses_of_children(was["OM-GET-02"])
    expect_retried(opsmanager, opsmanager.retry(group, named), "the job failed")
    shown = {
        behaviour: expect_in_form(opsmanager, group, named, Status.IN_PROGRESS, behaviour, form)
        for behaviour, form in FORMS.items()
    }
    now = statuses_of_children(shown["OM-GET-02"])
    again = [path for path, status in now.items() if status != before.get(path)]
    opsmanager.judge.expect(
        "OM-RETRY-25",
        all(before.get(path) == Status.FAILURE for path in again),
        expected="the child jobs that succeeded as they were",
        received=", ".join(again[:3]),
    )


@decides("OM-RETRY-04", "OM-RETRY-12", "OM-RETRY-13", "OM-RETRY-14")
def test_many_retries_one_after_the_other(opsmanager: OpsManager) -> None:
    """Each retry of a long series has its effect, none undoes an earlier one, and looking does not end what runs."""
    group = opsmanager.fresh_group([FAILED] * 14)
    before = before_retry(opsmanager, group)

    done: list[str] = []
    for job_id in (*group.ids[::2], *group.ids[1::2][:5]):
        expect_retried(opsmanager, opsmanager.retry(group, job_id), f"the job failed ({len(done)} others run already)")
        done.append(job_id)
    for _ in range(3):
        opsmanager.snapshot(group)
    expect_running(opsmanager, group, done, before)
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since it was not named in a retry", but=done)
    expect_kept(opsmanager, group, done, before, UNDER_WAY if group.promised else list(Status))


@decides("OM-RETRY-04", "OM-RETRY-12", "OM-LIST-03", "OM-LIST-05")
def test_refusals_do_not_stand_in_the_way(opsmanager: OpsManager) -> None:
    """After refused retries of other jobs and by strangers a failed job is retried, and no child job of another is."""
    group = opsmanager.fresh_group([*MIXED, JobPlan(Status.EXPIRED)])
    named = group.failed[1]
    before = before_retry(opsmanager, group)
    in_full = opsmanager.page(opsmanager.list(group, IN_FULL)) if opsmanager.claims(LIST) else None

    for job_id in (*group.of(Status.SUCCESS, Status.IN_PROGRESS), opsmanager.unknown_id()):
        opsmanager.retry(group, job_id)
    opsmanager.retry(group, named, headers={"Authorization": None})
    expect_retried(opsmanager, opsmanager.retry(group, named), "the job failed, whatever else was refused")
    expect_running(opsmanager, group, [named], before)
    if all(before[each].status == Status.FAILURE for each in before if each in group.failed):
        expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since it was not named", but=[named])
    if in_full is not None:
        expect_listed_in_full(opsmanager, group, named, in_full)
    else:
        opsmanager.judge.leave_out("OM-LIST-03")
        opsmanager.judge.leave_out("OM-LIST-05")


def expect_end(opsmanager: OpsManager, group: Group, job_id: str, status: Status, started: float) -> Job | None:
    """A re-run has ended as the provider of states promised, by the end of the settling time; the job, if it has.

    Without the promise it may go otherwise.
    """
    shown: list[Job | None] = [None]

    def ended() -> bool:
        shown[0] = opsmanager.look(group, job_id)
        return shown[0] is not None and shown[0].status == status

    holds = opsmanager.settled(ended)
    for behaviour in ("OM-RETRY-04", "OM-RETRY-14"):
        opsmanager.judge.expect(
            behaviour,
            holds or not group.promised,
            expected=f"{status} {time.monotonic() - started:.1f} s after the retry, as the provider of states promised",
            received=shown[0].status if shown[0] else "not found",
        )
    return shown[0] if holds else None


def expect_listed_alike(opsmanager: OpsManager, group: Group, ended: Sequence[Job | None]) -> dict[str, Job]:
    """Jobs whose re-runs have ended are soon in the list as they are by themselves; what the list shows."""
    jobs = [job for job in ended if job is not None]
    listed: dict[str, Job] = {}

    def alike() -> bool:
        listed.update(opsmanager.snapshot(group))
        names = {name.lower(): name for name in listed}
        return all(listed[names[job.id.lower()]].listed == job.listed for job in jobs if job.id.lower() in names)

    opsmanager.judge.expect(
        "OM-GET-05",
        opsmanager.settled(alike),
        expected="a job whose re-run has ended in the list as by itself",
        received="; ".join(f"{job.id} is {job.status} by itself" for job in jobs),
        strict=group.promised,
    )
    return listed


@decides("OM-RETRY-04", "OM-RETRY-14", "OM-RETRY-13", "OM-RETRY-15", "OM-RETRY-12", "OM-GET-05")
@in_background
def test_rerun_goes_as_asked(opsmanager: OpsManager) -> None:
    """With the provider's promise a re-run ends as asked under the same id; one that failed again can be retried."""
    group = opsmanager.fresh_group(
        [
            JobPlan(Status.FAILURE, rerun_seconds=1, rerun_status=Status.SUCCESS),
            JobPlan(Status.FAILURE, rerun_seconds=1, rerun_status=Status.FAILURE),
            LONG,
            FAILED,
        ]
    )
    to_success, to_failure, long = group.ids[:3]
    before = before_retry(opsmanager, group)
    started = time.monotonic()

    for job_id in (to_success, to_failure, long):
        expect_retried(opsmanager, opsmanager.retry(group, job_id), "the job failed")
    time.sleep(max(0.0, started + 1.05 - time.monotonic()))
    succeeded = expect_end(opsmanager, group, to_success, Status.SUCCESS, started)
    failed_again = expect_end(opsmanager, group, to_failure, Status.FAILURE, started)
    expect_running(opsmanager, group, [long], before)
    retried = [to_success, to_failure, long]
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since nobody named it", but=retried)
    expect_kept(opsmanager, group, retried, before, list(Status))
    if succeeded:
        answer = opsmanager.retry(group, to_success)
        expect_not_failed_refused(opsmanager, answer, "the re-run succeeded", strict=group.promised)
    opsmanager.judge.expect("OM-RETRY-15", True, expected="looked at where the re-run succeeded")
    again = expect_listed_alike(opsmanager, group, [succeeded, failed_again])
    if succeeded and opsmanager.claims(GET):
        expect_in_form(opsmanager, group, to_success, Status.SUCCESS, "OM-GET-02", IN_FULL)
    if failed_again:
        expect_retried(opsmanager, opsmanager.retry(group, to_failure), "the job has failed again")
        expect_running(opsmanager, group, [to_failure], again)
        expect_kept(opsmanager, group, [to_failure], again, list(Status))


@decides("OM-RETRY-04", "OM-RETRY-14")
@takes_time
@in_background
def test_reruns_last_and_can_be_repeated(opsmanager: OpsManager) -> None:
    """With the provider's promise a re-run is not lost before its time, and one that fails can be retried each time."""
    group = opsmanager.fresh_group(
        [
            JobPlan(Status.FAILURE, rerun_seconds=LASTING, rerun_status=Status.SUCCESS),
            JobPlan(Status.FAILURE, rerun_seconds=1, rerun_status=Status.FAILURE),
        ]
    )
    lasting, failing = group.ids
    before_retry(opsmanager, group)
    started = time.monotonic()

    expect_retried(opsmanager, opsmanager.retry(group, lasting), "the job failed")
    ended = True
    for number in ("first", "second"):
        expect_retried(opsmanager, opsmanager.retry(group, failing), f"the job failed, and this is its {number} retry")
        time.sleep(1.05)
        ended = expect_end(opsmanager, group, failing, Status.FAILURE, started) is not None
        if not ended:
            break
    time.sleep(max(0.0, started + LASTING - 1.1 - time.monotonic()))
    now = opsmanager.look(group, lasting)
    # A server may count whole seconds, and this look may have come late: then it says nothing.
    if time.monotonic() - started < LASTING - 1:
        for behaviour in ("OM-RETRY-04", "OM-RETRY-14"):
            opsmanager.judge.expect(
                behaviour,
                now is not None and now.status == Status.IN_PROGRESS,
                expected=f"IN_PROGRESS, since the re-run lasts {LASTING} s",
                received=f"{now.status if now else 'not found'} before that",
                strict=group.promised,
            )
    if ended:
        expect_retried(opsmanager, opsmanager.retry(group, failing), "the job failed, and this is its third retry")
