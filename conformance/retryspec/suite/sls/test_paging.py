"""`offset` and `size`: pages put together are the whole, whatever their size."""

from collections import Counter

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_accepted, expect_refused
from retryspec.suite.sls.model import (
    DEFAULT_PAGE,
    HOUR,
    LARGEST_PAGE,
    STATUSES,
    Page,
    Shipper,
    TaskPlan,
    count_statuses,
)

# Many of them created in the same second, so that an order by time alone is none.
FEW = [TaskPlan(STATUSES[place % 3 if place % 4 else 2], HOUR * (1 + place % 3)) for place in range(23)]

# More than one page of the largest size, of one status too; ten seconds and more apart, within the last 20 hours.
MANY = [
    TaskPlan(STATUSES[place % 11] if place % 11 in (0, 2) else "success", 600 + 107 * place) for place in range(640)
]


@decides("SLS-GET-17", "SLS-GET-20", "SLS-GET-09", "SLS-GET-12", "SLS-GET-16", "SLS-GET-18")
@pytest.mark.parametrize("status", [None, "success"], ids=["all", "filtered"])
def test_pages_are_the_whole(sls: Sls, status: str | None) -> None:
    """Pages of 1, 2 and 7, one that ends with the list and a larger one show every task once; the numbers stay."""
    shipper = sls.fresh_shipper(FEW)
    wanted = shipper.ids(status)

    if status is None:
        sls.judge.leave_out("SLS-GET-09")
    for size in (1, 2, 7, len(wanted), len(wanted) + 1):
        expect_pages_are_the_whole(sls, shipper, wanted, size, status)


@decides(
    "SLS-GET-17",
    "SLS-GET-20",
    "SLS-GET-09",
    "SLS-GET-11",
    "SLS-GET-12",
    "SLS-GET-13",
    "SLS-GET-16",
    "SLS-GET-18",
)
def test_pages_of_a_long_list(sls: Sls) -> None:
    """More tasks than the largest page holds come in pages of 100, 499 and 500; the default page is one of 100."""
    shipper = sls.fresh_shipper(MANY)

    expect_pages_are_the_whole(sls, shipper, shipper.ids(), DEFAULT_PAGE, None)
    for size in (2 * DEFAULT_PAGE, LARGEST_PAGE - 1, LARGEST_PAGE):
        expect_pages_are_the_whole(sls, shipper, shipper.ids(), size, None, behaviour="SLS-GET-13")
    expect_pages_are_the_whole(sls, shipper, shipper.ids("success"), LARGEST_PAGE, "success", behaviour="SLS-GET-13")
    expect_pages_are_the_whole(sls, shipper, shipper.ids(), LARGEST_PAGE, "", behaviour="SLS-GET-13")
    for status in (None, "success"):
        expect_default_page(sls, shipper, status)
    beyond = [(size, status, None) for size in (LARGEST_PAGE + 1, 1000) for status in (None, "", "success")]
    for size, status, offset in (*beyond, (1000, None, 7), (2**31 + 1, None, None), (-1, None, None), (0, None, None)):
        answer = sls.get(shipper, status=status, offset=offset, size=size)
        shown = len(answer.page.tasks) if answer.page else 0
        # Clamp or refusal is open (sls A-24); that no page is larger is looked at in every exchange.
        sls.judge.expect(
            "SLS-GET-13",
            answer.refused or (answer.accepted and shown <= LARGEST_PAGE),
            answer.exchange,
            expected=f"a refusal, or at most {LARGEST_PAGE} tasks",
        )


def expect_pages_are_the_whole(
    sls: Sls, shipper: Shipper, wanted: list[str], size: int, status: str | None, *, behaviour: str = "SLS-GET-12"
) -> None:
    """Page on by what was received: every task comes once, and total and statistics are the same on every page."""
    counts = count_statuses(shipper.tasks)
    seen: list[str] = []
    first: Page | None = None
    while True:
        answer = sls.get(shipper, status=status, offset=len(seen), size=size)
        page = sls.page(answer, behaviour)
        first = first or page
        seen += page.ids
        expect_same_numbers(sls, answer, first, page, idle=shipper.promised)
        left = len(wanted) - len(seen)
        if left > 0:
            sls.judge.expect(
                behaviour,
                len(page.tasks) == size,
                answer.exchange,
                expected=f"{size} tasks, since {left} more follow (sls R-12)",
                received=str(len(page.tasks)),
                strict=False,
            )
        if not page.tasks or left <= 0:
            break
    if not status:
        sls.judge.expect(
            "SLS-GET-17",
            first.total == len(wanted),
            expected=f"a total of {len(wanted)} with pages of {size}",
            received=str(first.total),
        )
        sls.judge.expect(
            "SLS-GET-18",
            dict(first.statistics) == counts,
            expected=f"statistics of {counts}",
            received=str(dict(first.statistics)),
            strict=shipper.promised,
        )
    sls.judge.expect(
        "SLS-GET-20",
        len(set(seen)) == len(seen),
        expected=f"no task twice in pages of {size}",
        received=f"{[i for i, times in Counter(seen).items() if times > 1][:3]} more than once",
    )
    sls.judge.expect(
        "SLS-GET-09" if status else "SLS-GET-17",
        set(seen) == set(wanted),
        expected=f"all {len(wanted)} tasks in pages of {size}",
        received=f"without {sorted(set(wanted) - set(seen))[:3]}, also {sorted(set(seen) - set(wanted))[:3]}",
    )


def expect_same_numbers(sls: Sls, answer: Answer, first: Page, page: Page, *, idle: bool) -> None:
    """Neither `offset` nor `size` changes what `total` and `statistics` count, as long as no task moves (sls A-49)."""
    beyond = not page.tasks
    sls.judge.expect(
        "SLS-GET-17",
        page.total == first.total,
        answer.exchange,
        expected=f"the same total on every page: {first.total}",
        received=str(page.total),
        strict=not beyond,
    )
    sls.judge.expect(
        "SLS-GET-18",
        page.statistics == first.statistics,
        answer.exchange,
        expected=f"the same statistics on every page: {dict(first.statistics)}",
        received=str(dict(page.statistics)),
        strict=idle and not beyond,
    )


def expect_default_page(sls: Sls, shipper: Shipper, status: str | None) -> None:
    """Without `size` the page is that of size=100, and the one after it goes on where it ends."""
    answer = sls.get(shipper, status=status)
    default = sls.page(answer, "SLS-GET-12")
    hundred = sls.page(sls.get(shipper, status=status, size=DEFAULT_PAGE), "SLS-GET-12")
    whole = sls.page(sls.get(shipper, status=status, size=LARGEST_PAGE), "SLS-GET-12").ids
    # Where the order changes from call to call only the numbers can be compared.
    stable = whole[: len(hundred.ids)] == hundred.ids
    same = set(default.ids) == set(hundred.ids) or not stable
    sls.judge.expect(
        "SLS-GET-12",
        same and len(default.ids) == len(hundred.ids),
        answer.exchange,
        expected=f"without size the page of size={DEFAULT_PAGE}, with {len(hundred.ids)} tasks",
        received=f"{len(default.ids)} tasks",
    )
    expect_same_numbers(sls, answer, hundred, default, idle=shipper.promised)
    answer = sls.get(shipper, status=status, offset=len(default.ids))
    second = sls.page(answer, "SLS-GET-12")
    sls.judge.expect(
        "SLS-GET-12",
        len(second.ids) == len(hundred.ids),
        answer.exchange,
        expected=f"a second default page with {len(hundred.ids)} tasks",
        received=f"{len(second.ids)} tasks",
    )
    following = whole[len(default.ids) :][: len(second.ids)]
    sls.judge.expect(
        "SLS-GET-11",
        not stable or second.ids[: len(following)] == following,
        answer.exchange,
        expected=f"the list without its first {len(default.ids)} tasks, from {following[:1]} on",
        received=f"from {second.ids[:1]} on",
    )


@decides("SLS-GET-11")
@pytest.mark.parametrize("status", [None, "success"], ids=["all", "filtered"])
def test_offset_leaves_out_the_first(sls: Sls, status: str | None) -> None:
    """`offset` k leaves out the first k tasks, 0 and none leave out nothing; the order should stay (sls A-37)."""
    shipper = sls.fresh_shipper(FEW)
    whole = [task.id for task in sls.all_tasks(shipper, status=status)]
    again = [task.id for task in sls.all_tasks(shipper, status=status)]
    if not whole:
        raise Untestable("no task to leave out is listed", because="SLS-GET-09")

    stable = sls.judge.expect(
        "SLS-GET-11",
        whole == again,
        expected="the same order in two equal calls",
        received=f"{whole[:3]} and then {again[:3]}",
        strict=False,
    )
    for offset in (0, 1, 2, len(whole) // 2, len(whole) - 1):
        answer = sls.get(shipper, status=status, offset=offset)
        shown = sls.page(answer).ids
        sls.judge.expect(
            "SLS-GET-11",
            bool(shown) and (not stable or shown == whole[offset : offset + len(shown)]),
            answer.exchange,
            expected=f"the list without its first {offset} tasks, from {whole[offset]} on",
            received=f"{len(shown)} from {shown[0] if shown else 'nothing'} on",
        )


@decides("SLS-GET-17", "SLS-GET-11", "SLS-COMMON-17")
def test_offset_beyond_the_end(sls: Sls) -> None:
    """At and beyond the end there should be an empty page with the same total (sls A-26)."""
    shipper = sls.fresh_shipper(FEW)
    total = sls.page(sls.get(shipper)).total

    for offset in (total, total + 1, total + 1000, 2**31 + 1):
        answer = sls.get(shipper, offset=offset)
        sls.judge.expect(
            "SLS-GET-11",
            answer.page is not None and not answer.page.tasks,
            answer.exchange,
            expected=f"200 and no task at offset {offset} of {total}",
            strict=False,
        )
        if answer.page is not None:
            sls.judge.expect(
                "SLS-GET-11",
                not answer.page.tasks,
                answer.exchange,
                expected=f"no task at offset {offset} of {total}",
                strict=offset >= total,
            )
            sls.judge.expect(
                "SLS-GET-17",
                answer.page.total == total,
                answer.exchange,
                expected=f"a total of {total} beyond the end too",
                received=str(answer.page.total),
                strict=False,
            )
    sls.judge.expect("SLS-GET-17", True, expected="the total beyond the end")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


@pytest.mark.parametrize(
    ("behaviour", "name"), [("SLS-GET-11", "offset"), ("SLS-GET-12", "size")], ids=["offset", "size"]
)
@decides("SLS-GET-11", "SLS-GET-12", "SLS-COMMON-17")
def test_odd_numbers_are_no_fault(sls: Sls, behaviour: str, name: str) -> None:
    """What is no integer should be refused; other odd numbers are open, but never a fault (sls A-16, A-25, A-27)."""
    shipper = sls.some_shipper([TaskPlan("fail")])
    window = sls.window()
    bounds = [("from", str(window.start)), ("to", str(window.end))]

    for value in ("abc", "1.5", "7.5", " ", "1e2", "0x10", "ten", "\u0661"):
        answer = sls.raw_get(shipper, [*bounds, (name, value)])
        expect_refused(sls, behaviour, answer, f"{name} is {value!r}", strict=False)
    for value in ("0", "-1", "-500", str(-(2**31)), str(2**31), str(2**63), "9" * 20, "9" * 400, ""):
        answer = sls.raw_get(shipper, [*bounds, (name, value)])
        sls.judge.expect(
            behaviour,
            answer.accepted or answer.refused,
            answer.exchange,
            expected=f"a page or a refusal for {name}={value[:30]}",
        )
    company = [("size", "0"), ("offset", "1"), ("status", "fail")]
    answer = sls.raw_get(shipper, [*bounds, *company] if name == "size" else [*company[::-1], *bounds[::-1]])
    expected = "a page or a refusal for size=0 with an offset and a status"
    sls.judge.expect(behaviour, answer.accepted or answer.refused, answer.exchange, expected=expected)
    expect_accepted(sls, behaviour, sls.get(shipper, offset=0, size=1), "offset and size are integers")
    sls.judge.leave_out("SLS-GET-12" if behaviour == "SLS-GET-11" else "SLS-GET-11")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")
