"""Many clients at the same moment."""

from dataclasses import replace

from retryspec.checks import decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_only_these_ran, expect_running
from retryspec.suite.sls.model import STATUSES, TaskPlan
from retryspec.suite.sls.shape import Asked

FAILED = TaskPlan("fail")


@decides("SLS-RETRY-04", "SLS-RETRY-01", "SLS-COMMON-17")
def test_simultaneous_retries_of_one_task(sls: Sls) -> None:
    """Of many retries of one task at one moment at least one is accepted, none is a fault, and that task alone runs."""
    shipper = sls.fresh_shipper([FAILED] * 4)
    named = shipper.ids()[1:2]
    before = sls.snapshot(shipper)

    answers = sls.send_together([sls.put_request(shipper, named) for _ in range(12)])

    accepted = sum(answer.accepted for answer in answers)
    sls.judge.expect("SLS-RETRY-01", accepted > 0, answers[0].exchange, expected="a 200 for one of 12 retries at least")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")
    if accepted:
        expect_running(sls, "SLS-RETRY-04", shipper, named, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, named, before)


@decides("SLS-RETRY-04", "SLS-RETRY-01")
def test_simultaneous_retries_of_different_tasks(sls: Sls) -> None:
    """Retries of different tasks at one moment all have their effect, with reads between them that stay consistent."""
    shipper = sls.fresh_shipper([FAILED] * 18)
    named = shipper.ids()[:12]
    before = sls.snapshot(shipper)

    retries = [sls.put_request(shipper, [task_id]) for task_id in named]
    reads = [sls.get_request(shipper, sls.window()) for _ in range(6)]
    answers = sls.send_together([*retries, *reads])

    for answer in answers[: len(retries)]:
        sls.judge.expect(
            "SLS-RETRY-01", answer.accepted, answer.exchange, expected="200 for each of 12 retries of different tasks"
        )
    expect_running(sls, "SLS-RETRY-04", shipper, named, before)
    expect_only_these_ran(sls, "SLS-RETRY-04", shipper, named, before)
    after = sls.snapshot(shipper)
    # A retried task may get a new creation time, or end at once, and then be outside of a window that was just read
    # (sls A-47, rulings 5).
    moved = {
        task_id
        for task_id in named
        if task_id not in after
        or after[task_id].status != "running"
        or after[task_id].created != before[task_id].created
    }
    for answer in answers[len(retries) :]:
        listed = set(sls.page(answer).ids)
        sls.judge.expect(
            "SLS-RETRY-04",
            set(before) - moved <= listed <= set(before),
            answer.exchange,
            expected=f"all {len(before)} tasks in a list that is read while some are retried",
            received=f"{len(listed)} tasks",
        )


@decides("SLS-RETRY-04", "SLS-COMMON-03")
def test_simultaneous_retries_of_two_shippers(sls: Sls) -> None:
    """Retries in two projects at one moment each reach their own tasks."""
    here, there = sls.fresh_shipper([FAILED] * 6), sls.fresh_shipper([FAILED] * 6)
    mine, theirs = sls.snapshot(here), sls.snapshot(there)

    requests = [sls.put_request(here, [task_id]) for task_id in here.ids()[:4]]
    requests += [sls.put_request(there, [task_id]) for task_id in there.ids()[2:]]
    answers = sls.send_together(requests)

    accepted = all(answer.accepted for answer in answers)
    sls.judge.expect("SLS-RETRY-04", accepted, answers[0].exchange, expected="200 for each of 8 retries")
    expect_running(sls, "SLS-RETRY-04", here, here.ids()[:4], mine)
    expect_running(sls, "SLS-RETRY-04", there, there.ids()[2:], theirs)
    expect_only_these_ran(sls, "SLS-COMMON-03", here, here.ids()[:4], mine)
    expect_only_these_ran(sls, "SLS-COMMON-03", there, there.ids()[2:], theirs)


@decides("SLS-GET-09", "SLS-GET-12", "SLS-GET-23")
def test_simultaneous_reads_keep_apart(sls: Sls) -> None:
    """Each of many lists that are asked for at one moment is the one that was asked for."""
    shipper = sls.fresh_shipper([TaskPlan(status) for status in ("fail", "success", "running", "success")] * 3)
    before = sls.snapshot(shipper)

    # Between two tasks, far from both (sls A-06): a check that dates none has them a minute and a half apart.
    whole = sls.window()
    recent = replace(whole, start=sorted(task.created for task in shipper.tasks)[6] - 48)
    asked = [Asked(recent if size == 50 else whole, status, size=size) for status in STATUSES for size in (1, 2, 50)]
    requests = [sls.get_request(shipper, each.window or whole, status=each.status, size=each.size) for each in asked]
    for each, answer in zip(asked, sls.send_together(requests, asked), strict=True):
        page = sls.page(answer, "SLS-GET-09")
        start = each.window.start if each.window else whole.start
        wanted = [task for task in before.values() if task.status == each.status and task.created > start]
        sls.judge.expect(
            "SLS-GET-09",
            {task.status for task in page.tasks} <= {each.status},
            answer.exchange,
            expected=f"tasks with the status {each.status}",
            received=", ".join(sorted({task.status for task in page.tasks})),
        )
        sls.judge.expect(
            "SLS-GET-12",
            len(page.tasks) == min(each.size or 0, len(wanted)),
            answer.exchange,
            expected=f"{min(each.size or 0, len(wanted))} tasks, as with size={each.size} alone",
            received=str(len(page.tasks)),
            strict=len(page.tasks) > (each.size or 0),
        )


@decides("SLS-COMMON-03", "SLS-COMMON-16")
def test_simultaneous_reads_of_two_shippers(sls: Sls) -> None:
    """Lists of two shippers that are asked for at one moment hold each its own tasks, and a third does not exist."""
    both = [sls.fresh_shipper([FAILED] * 4), sls.fresh_shipper([TaskPlan("success")] * 5)]
    wanted = [shipper for _ in range(6) for shipper in both]

    window = sls.window()
    absent = [sls.get_request(replace(shipper, name="absent-s"), window) for shipper in both]
    answers = sls.send_together([*(sls.get_request(shipper, window) for shipper in wanted), *absent])
    for answer in answers[len(wanted) :]:
        sls.judge.expect(
            "SLS-COMMON-16",
            (answer.status, answer.error_code) == (400, "ShipperNotExist"),
            answer.exchange,
            expected="400 ShipperNotExist, since there is no shipper absent-s, whatever else is asked for",
            conclusive=answer.accepted,
        )
    for shipper, answer in zip(wanted, answers[: len(wanted)], strict=True):
        page = sls.page(answer, "SLS-COMMON-03")
        foreign = [task_id for task_id in page.ids if task_id not in shipper.ids()]
        sls.judge.expect(
            "SLS-COMMON-03",
            not foreign,
            answer.exchange,
            expected="the tasks of the shipper that was asked for",
            received=f"{', '.join(foreign[:3])} of another one",
            conclusive=True,
        )
