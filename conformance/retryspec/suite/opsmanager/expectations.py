"""What Ops Manager checks expect again and again: a retry that is accepted, a refusal, a state of jobs."""

from collections.abc import Iterable, Mapping, Sequence

from retryspec.checks import Untestable
from retryspec.suite.opsmanager.client import Answer, OpsManager
from retryspec.suite.opsmanager.model import EXPIRING, Group, Job, Status
from retryspec.suite.opsmanager.shape import LIST

__all__ = [
    "NOT_FAILED",
    "NOT_FOUND",
    "ODD_CHARACTERS",
    "before_retry",
    "expect_code",
    "expect_kept",
    "expect_no_success",
    "expect_not_failed_refused",
    "expect_refused",
    "expect_retried",
    "expect_running",
    "expect_same_effect",
    "expect_unchanged",
    "near_ids",
]

ODD_CHARACTERS = "%C3%A9%27%22%5C%25%7B" * 4
"""What stands for an id, as long as one: a letter with an accent, quotes, and what marks an escape or a place."""

NOT_FAILED = "ONLY_FAILED_JOB_CAN_BE_RESTARTED"
NOT_FOUND = "LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP"


def before_retry(om: OpsManager, group: Group) -> dict[str, Job]:
    """The jobs of a project as they are before anything is done to them; none where nothing can show them.

    Raises:
        Untestable: they are not what was asked for.
    """
    if not om.can_look:
        return {}
    found = om.snapshot(group)
    for job_id, plan in zip(group.ids, group.plans, strict=True):
        job = found.get(job_id)
        if job is not None and (job.status == plan.status or {job.status, plan.status} <= EXPIRING):
            continue
        shown = job.status if job else "not found"
        if not group.fresh:
            raise Untestable(f"the job {job_id} was to be {plan.status}, and is {shown}")
        failed = plan.status is Status.FAILURE
        behaviour = "OM-LIST-01"
        if failed:
            behaviour = "OM-LIST-09" if job is None and om.claims(LIST) else "OM-RETRY-26"
        om.judge.expect(
            behaviour,
            False,
            expected=f"the job {job_id} as {plan.status}, as the provider of states made it",
            received=shown,
            strict=group.promised,
        )
        raise Untestable("a job is not shown as it was made", because=behaviour)
    return found


def near_ids(job_id: str) -> tuple[str, str]:
    """Two ids that differ from one in the first or in the last digit alone."""
    first, last = ("1" if digit == "0" else "0" for digit in (job_id[0], job_id[-1]))
    return first + job_id[1:], job_id[:-1] + last


def expect_retried(om: OpsManager, answer: Answer, what: str, behaviour: str = "OM-RETRY-04") -> None:
    """A retry of a failed job is accepted; `what` says what is particular to it.

    Raises:
        Untestable: it is not, so that nothing can be said about its effect.
    """
    if answer.moved:
        raise Untestable("the job has not failed any longer, though this run has not retried it")
    if not om.judge.expect(behaviour, answer.accepted, answer.exchange, expected=f"200, since {what}"):
        raise Untestable("a retry of a failed job was refused", because=behaviour)


def expect_refused(
    om: OpsManager, behaviour: str, answer: Answer, what: str, *statuses: int, strict: bool = True
) -> bool:
    """A request is refused with one of these statuses."""
    wanted = " or ".join(str(status) for status in statuses)
    holds = answer.status in statuses
    return om.judge.expect(behaviour, holds, answer.exchange, expected=f"{wanted}, since {what}", strict=strict)


def expect_no_success(om: OpsManager, behaviour: str, answer: Answer, what: str) -> bool:
    """A request for an envelope is refused.

    An error in an envelope may come with 200 (opsmanager R-09): then only an answer that says nothing else than 200 is
    a success.
    """
    says = answer.body.get("status") if isinstance(answer.body, dict) else None
    holds = answer.refused or (answer.accepted and bool(answer.response.body) and says != 200)
    return om.judge.expect(
        behaviour, holds, answer.exchange, expected=f"a refusal, since {what}, also with envelope=true"
    )


def expect_code(om: OpsManager, behaviour: str, answer: Answer, status: int, code: str) -> None:
    """A refusal should have this status and, where it has a code, this one."""
    om.judge.expect(
        behaviour,
        answer.status == status and answer.error_code == code,
        answer.exchange,
        expected=f"{status} with the errorCode {code}",
        strict=False,
    )


def expect_not_failed_refused(
    om: OpsManager, answer: Answer, what: str, *, behaviour: str = "OM-RETRY-15", strict: bool = True
) -> bool:
    """A retry of a job that has not failed is refused with a 4xx, and should be with 400 and the code."""
    holds = om.judge.expect(
        behaviour,
        answer.refused and answer.status not in (401, 403, 404, 405, 429),
        answer.exchange,
        expected=f"400 {NOT_FAILED}, since {what}",
        strict=strict and not answer.refused,
    )
    if holds:
        expect_code(om, behaviour, answer, 400, NOT_FAILED)
    return holds


def expect_running(om: OpsManager, group: Group, ids: Sequence[str], before: Mapping[str, Job]) -> bool:
    """The jobs run after a retry that was answered with 200.

    With the provider's promise they have to, by the end of the settling time; later than at once is a warning.
    Without it they may be through again already, or have failed again (opsmanager R-01).
    """
    if not om.can_look:
        return False
    waiting = list(ids)
    shown: dict[str, str] = {}

    def all_run() -> bool:
        # Of many, the list tells with one request.
        jobs = om.snapshot(group) if len(waiting) > 2 else None
        for job_id in list(waiting):
            now = om.look(group, job_id) if jobs is None else jobs.get(job_id)
            expect_found(om, group, job_id, found=now is not None)
            if now is None:
                continue
            shown[job_id] = now.status
            if now.status == Status.IN_PROGRESS or (not group.promised and _has_moved(before.get(job_id), now)):
                waiting.remove(job_id)
        return not waiting

    if all_run():
        om.judge.expect("OM-RETRY-04", True, expected="a job that runs again")
        return om.judge.expect("OM-RETRY-14", True, expected="IN_PROGRESS")
    late = list(waiting)
    came = om.settled(all_run)
    received = ", ".join(f"{job_id} is {shown.get(job_id, 'not found')}" for job_id in (waiting or late)[:3])
    if group.promised:
        om.judge.expect(
            "OM-RETRY-04",
            came,
            expected="the job IN_PROGRESS after a retry that was answered with 200",
            received=received,
        )
    return om.judge.expect(
        "OM-RETRY-14",
        False,
        expected="the job IN_PROGRESS right after the 200",
        received=f"{', '.join(late[:3])} only later" if came else received,
        strict=False,
    )


def expect_same_effect(
    om: OpsManager, behaviour: str, group: Group, ids: Sequence[str], control: str, before: Mapping[str, Job], what: str
) -> None:
    """Retries that were accepted in some form have the effect that one in the plainest form has on the control job.

    Where that one has none, the retry itself is broken, and nothing is said about its forms.
    """
    expect_running(om, group, [control], before)
    if not om.can_look or not ids:
        return
    idle: list[str] = []

    def all_run() -> bool:
        now = om.snapshot(group, group.ids)
        idle[:] = [each for each in ids if each not in now or now[each].status == Status.FAILURE]
        return not idle or control not in now or now[control].status != Status.IN_PROGRESS

    om.settled(all_run)
    now = om.look(group, control)
    if now is not None and now.status == Status.IN_PROGRESS:
        om.judge.expect(
            behaviour,
            not idle,
            expected=f"the job IN_PROGRESS after {what}, as after a plain retry",
            received=f"{', '.join(idle[:3])} still FAILURE",
            strict=group.promised,
        )


def _has_moved(before: Job | None, now: Job) -> bool:
    return now.status != Status.FAILURE or before is None or before.listed != now.listed


def expect_found(om: OpsManager, group: Group, job_id: str, *, found: bool) -> None:
    """A job is found under the same id after a retry.

    Raises:
        Untestable: it is not, so that nothing more can be said about it.
    """
    holds = om.judge.expect(
        "OM-RETRY-13",
        found,
        expected=f"the retried job under the same id, {job_id}",
        received="not found",
        strict=group.fresh,
    )
    if not holds:
        raise Untestable("a retried job is not found under its id", because="OM-RETRY-13")


def expect_kept(
    om: OpsManager, group: Group, ids: Iterable[str], before: Mapping[str, Job], statuses: Sequence[Status]
) -> None:
    """The retried jobs are still listed, each as the same job, and no further job is."""
    if not om.claims(LIST):
        om.judge.leave_out("OM-RETRY-13")
        return
    now = om.snapshot(group)
    for job_id in ids:
        job = now.get(job_id)
        expect_found(om, group, job_id, found=job is not None)
        if job is None:
            continue
        om.judge.expect(
            "OM-RETRY-14",
            job.status in statuses,
            expected=f"the retried job in the list as {' or '.join(statuses)}",
            received=job.status,
        )
        if group.promised:
            om.judge.expect(
                "OM-RETRY-04",
                job.status in statuses,
                expected=f"the retried job in the list as {' or '.join(statuses)}",
                received=job.status,
            )
        was = before.get(job_id)
        if was is not None:
            om.judge.expect(
                "OM-RETRY-13",
                was.lasting == job.lasting,
                expected=f"the same job as before: {was.lasting}",
                received=str(job.lasting),
                strict=False,
            )
    new = [job_id for job_id in now if job_id not in before]
    om.judge.expect(
        "OM-RETRY-13", not new, expected="no further job", received=f"also {', '.join(new[:3])}", strict=False
    )


def expect_unchanged(
    om: OpsManager, behaviour: str, group: Group, before: Mapping[str, Job], what: str, *, but: Iterable[str] = ()
) -> bool:
    """Every job but those named is as it was, and none is gone; a new one is for `expect_kept` to find."""
    left_out = set(but)
    watched = [job_id for job_id in before if job_id not in left_out]
    if not watched:
        return om.judge.expect(behaviour, True, expected="no other job to look at")
    now = om.snapshot(group, watched)
    changed = [
        f"{job_id}: {before[job_id].status} became {_difference(before[job_id], now.get(job_id))}"
        for job_id in watched
        if job_id not in now or now[job_id].state != before[job_id].state
    ]
    new = [] if left_out else [job_id for job_id in now if job_id not in before]
    return om.judge.expect(
        behaviour,
        not changed and not new,
        expected=f"every {'other ' if left_out else ''}job as it was, {what}",
        received="; ".join(changed[:3]) or f"also {', '.join(new[:3])}",
        strict=group.promised,
    )


def _difference(before: Job, now: Job | None) -> str:
    if now is None:
        return "not found"
    if now.status != before.status:
        return now.status
    names = {*before.listed, *now.listed}
    return f"{now.status} with another " + ", ".join(n for n in names if before.listed.get(n) != now.listed.get(n))
