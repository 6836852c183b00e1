"""Many requests at the same moment."""

from retryspec.checks import decides
from retryspec.suite.opsmanager.client import OpsManager
from retryspec.suite.opsmanager.expectations import before_retry, expect_kept, expect_running, expect_unchanged
from retryspec.suite.opsmanager.model import JobPlan, Status
from retryspec.suite.opsmanager.shape import LIST, RETRY

LONG = JobPlan(Status.FAILURE, rerun_seconds=60)
TOGETHER = 12


@decides("OM-RETRY-23", "OM-RETRY-12", "OM-RETRY-13")
def test_simultaneous_retries_of_one_job(opsmanager: OpsManager) -> None:
    """Of many retries of one job at one moment one is accepted, none is a fault, and that job alone runs."""
    group = opsmanager.fresh_group([LONG] * 3)
    named = group.ids[1]
    before = before_retry(opsmanager, group)

    request = opsmanager.retry_request(group.id, named, headers={"Authorization": None})
    answers = opsmanager.send_together([(RETRY, request)] * TOGETHER)

    accepted = [answer for answer in answers if answer.accepted]
    opsmanager.judge.expect(
        "OM-RETRY-23",
        bool(accepted) or answers[0].moved,
        answers[0].exchange,
        expected=f"a 200 for one of {TOGETHER} retries at least",
    )
    opsmanager.judge.expect(
        "OM-RETRY-23",
        len(accepted) < 2,
        accepted[-1].exchange if accepted else None,
        expected=f"a 200 for just one of {TOGETHER} retries",
        received=f"{len(accepted)}",
        strict=False,
        conclusive=True,
    )
    for answer in answers:
        opsmanager.judge.expect(
            "OM-RETRY-23",
            answer.accepted or answer.status == 400,
            answer.exchange,
            expected="400 for those that are refused",
            strict=False,
        )
    if accepted:
        expect_running(opsmanager, group, [named], before)
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since it was not named in the retry", but=[named])
    expect_kept(opsmanager, group, [named], before, list(Status))


@decides("OM-RETRY-04", "OM-RETRY-12", "OM-LIST-01")
def test_simultaneous_retries_of_different_jobs(opsmanager: OpsManager) -> None:
    """Retries of different jobs at one moment all have their effect, with lists between them that stay whole."""
    group = opsmanager.fresh_group([LONG] * 10)
    named = group.ids[:6]
    before = before_retry(opsmanager, group)

    calls = [(RETRY, opsmanager.retry_request(group.id, each, headers={"Authorization": None})) for each in named]
    if opsmanager.claims(LIST):
        calls += [(LIST, opsmanager.list_request(group.id, headers={"Authorization": None}))] * 3
    answers = opsmanager.send_together(calls)

    for answer in answers[: len(named)]:
        opsmanager.judge.expect(
            "OM-RETRY-04", answer.fine, answer.exchange, expected="200 for each of the retries of different jobs"
        )
    for answer in answers[len(named) :]:
        opsmanager.judge.expect(
            "OM-LIST-01",
            set(opsmanager.page(answer).ids) == group.lowered,
            answer.exchange,
            expected=f"all {len(before)} jobs in a list that is read while some are retried",
        )
    opsmanager.judge.expect("OM-LIST-01", True, expected="lists, where they are claimed")
    expect_running(opsmanager, group, named, before)
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, "since it was not named in a retry", but=named)
