"""The parameter `status`: which tasks it lets through, and which values there are."""

from dataclasses import replace

from retryspec.checks import decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_accepted, expect_refused, expect_twin
from retryspec.suite.sls.model import DEFAULT_PAGE, HOUR, STATUSES, Shipper, TaskPlan, Window, count_statuses
from retryspec.suite.sls.shape import GET, Asked

# One of the failed tasks does not say why: that it failed does not hang on it.
MIXED = [
    *(TaskPlan(status) for status in ("fail", "success", "running", "fail", "success")),
    TaskPlan("fail", message=""),
    *(TaskPlan(status) for status in ("running", "success", "fail")),
]


def ids_of(sls: Sls, shipper: Shipper, status: str | None) -> set[str]:
    """The ids that a filter lets through."""
    return {task.id for task in sls.all_tasks(shipper, status=status)}


@decides("SLS-GET-08")
def test_no_filter_shows_every_status(sls: Sls) -> None:
    """Without `status`, and with an empty one, the tasks of all three statuses are shown."""
    shipper = sls.fresh_shipper(MIXED)

    expect_twin(sls, GET, sls.get(shipper))
    if not expect_accepted(sls, "SLS-GET-08", sls.get(shipper, status=""), "status may be empty (sls A-39)"):
        return
    lists = {name: ids_of(sls, shipper, status) for name, status in (("absent", None), ("empty", ""))}
    page = sls.page(sls.get(shipper, status="", offset=0, size=DEFAULT_PAGE))
    if len(page.tasks) >= page.total:  # a page may be shorter than it was asked for (sls R-12)
        lists["empty beside offset and size"] = set(page.ids)
    for name, shown in lists.items():
        sls.judge.expect(
            "SLS-GET-08",
            shown == set(shipper.ids()),
            expected=f"the tasks of every status with status {name}",
            received=f"without {sorted(set(shipper.ids()) - shown)[:3]}, also {sorted(shown - set(shipper.ids()))[:3]}",
        )


@decides("SLS-GET-09")
def test_filter_shows_one_status(sls: Sls) -> None:
    """Each filter shows just the tasks of its status, in the whole list, in pages and in a narrower window."""
    shipper = sls.fresh_shipper(MIXED)
    middle = sorted(task.created for task in shipper.tasks)[4]
    recent = Window(middle - 3, sls.now())

    for status in STATUSES:
        before = sls.snapshot(shipper)
        whole = ids_of(sls, shipper, status)
        later = {task.id for task in sls.all_tasks(shipper, recent, status)}
        paged: set[str] = set()
        for offset in range(len(shipper.ids(status))):
            paged |= set(sls.page(sls.get(shipper, status=status, offset=offset, size=1)).ids)
        escaped = sls.get_request(shipper, sls.window(), status=status)
        letter = f"%{ord(status[0]):02x}"  # the same value in the query, and under the signature, in another spelling
        escaped = replace(escaped, target=escaped.target.replace(f"status={status[0]}", f"status={letter}"))
        spelt = set(sls.page(sls.send(escaped, Asked(status=status))).ids)
        after = sls.snapshot(shipper)
        # A task may move by itself meanwhile (sls A-49): it has to show only if it had the status before and after.
        ever = {i for tasks in (before, after) for i, task in tasks.items() if task.status == status}
        always = {i for i in ever if i in before and i in after and before[i].status == after[i].status}
        young = {i for i in ever if (before.get(i) or after[i]).created >= middle}
        expect_between(sls, status, always, whole, ever, "in the whole window")
        expect_between(sls, status, always, paged, ever, "page by page")
        expect_between(sls, status, always, spelt, ever, f"with the first letter as {letter}")
        expect_between(sls, status, always & young, later, young, "in a narrower window")


def expect_between(sls: Sls, status: str, least: set[str], shown: set[str], most: set[str], where: str) -> None:
    """What is shown with a filter has the status, and nothing that has it is left out."""
    sls.judge.expect(
        "SLS-GET-09",
        least <= shown <= most,
        expected=f"just the tasks with the status {status} {where}",
        received=f"without {sorted(least - shown)[:3]}, also {sorted(shown - most)[:3]}",
    )


@decides("SLS-GET-09")
def test_filter_holds_on_a_known_shipper(sls: Sls) -> None:
    """Each filter is accepted, and what it shows has that status."""
    shipper = sls.some_shipper(MIXED)

    for status in STATUSES:
        expect_accepted(sls, "SLS-GET-09", sls.get(shipper, status=status), f"{status} is a status")


@decides("SLS-GET-10")
def test_unknown_status_is_refused(sls: Sls) -> None:
    """Any other value gives 400 ParameterInvalid; `successful` and `failed` should (sls A-23)."""
    shipper = sls.some_shipper([TaskPlan("fail")])

    for value in (
        "bogus",
        "succes",
        "failure",
        "run",
        "pending",
        "running,fail",
        "all",
        "0",
        "null",
        "success ",
        "*",
        "%",
        "success1",
        "success" * 40,
    ):
        for offset, size in ((None, None), (1, 1)):
            answer = sls.get(shipper, status=value, offset=offset, size=size)
            expect_refused(sls, "SLS-GET-10", answer, f"{value!r} is no status", codes=("ParameterInvalid",))
    for value in ("successful", "failed"):
        answer = sls.get(shipper, status=value)
        expect_refused(sls, "SLS-GET-10", answer, f"{value!r} is no status", codes=("ParameterInvalid",), strict=False)
    for value in STATUSES:
        expect_accepted(sls, "SLS-GET-09", sls.get(shipper, status=value), f"{value!r} is a status")


@decides("SLS-GET-21")
def test_statuses_are_spelt_as_documented(sls: Sls) -> None:
    """Every task shows the status that it was made with: running, success or fail."""
    shipper = sls.fresh_shipper(MIXED)

    shown = sls.snapshot(shipper)
    wrong = [task for task in shipper.tasks if task.id in shown and shown[task.id].status != task.status]
    sls.judge.expect(
        "SLS-GET-21",
        not wrong,
        expected=f"{wrong[0].status} for task {wrong[0].id}" if wrong else "the right statuses",
        received=shown[wrong[0].id].status if wrong else None,
        strict=shipper.promised,
    )


@decides("SLS-GET-18", "SLS-GET-17")
def test_numbers_with_a_filter(sls: Sls) -> None:
    """With a filter, `total` and `statistics` count either what matches it or the whole range (sls A-28, A-29)."""
    shipper = sls.fresh_shipper([*MIXED, TaskPlan("fail", 20 * HOUR)])
    counts = count_statuses(shipper.tasks)

    for status in STATUSES:
        answer = sls.get(shipper, status=status, size=2)
        page = sls.page(answer)
        totals = {counts[status], len(shipper.tasks)}
        sls.judge.expect(
            "SLS-GET-17",
            page.total in totals,
            answer.exchange,
            expected=f"a total of {counts[status]}, or of {len(shipper.tasks)} for the whole range",
            received=str(page.total),
            strict=shipper.promised,
        )
        filtered = {name: number if name == status else 0 for name, number in counts.items()}
        sls.judge.expect(
            "SLS-GET-18",
            dict(page.statistics) in (counts, filtered),
            answer.exchange,
            expected=f"{counts}, or {filtered} for what matches",
            received=str(dict(page.statistics)),
            strict=shipper.promised,
        )
