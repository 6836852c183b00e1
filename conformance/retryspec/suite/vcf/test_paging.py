"""Pages of the list: none is longer than asked for, and put together they are the whole."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retryspec.checks import Untestable, decides, takes_time
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import before_retry
from retryspec.suite.vcf.model import LARGEST_PAGE, Meaning, TaskPlan, moment_of

# Some have a status, and some a name, in common.
FEW = [TaskPlan(tuple(Meaning)[place % 5], label=f"number {place % 6}") for place in range(9)]
# What a list may be asked to be ordered by; the values are nobody's, so that a server may refuse them (vcf A21).
ORDERS = (
    {"orderDirection": "DESC"},
    {"orderBy": "name", "orderDirection": "ASC"},
    {"orderBy": "status", "orderDirection": "DESC"},
)
# Three pages of the largest size, and six.
MANY = [TaskPlan(Meaning.SUCCESSFUL if place % 3 else Meaning.FAILED) for place in range(205)]
VERY_MANY = [TaskPlan(Meaning.SUCCESSFUL)] * 505

MOST_REQUESTS = 40

LONG_AGO = "1000000000000"
"""Milliseconds, of a time in 2001."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A list that does not change: how it is asked for, and what it has."""

    query: dict[str, str]
    ids: frozenset[str]


def whole_of(vcf: Vcf, plans: list[TaskPlan]) -> Whole:
    """A list of just these tasks, or of all there are where names do not tell them from others."""
    batch = vcf.fresh_tasks(plans)
    # However many tasks are newer than the last one, it is found.
    before_retry(vcf, batch, batch.ids[-1:])
    query = {"taskName": batch.mark}
    # How many of them the list has is for its pages to show.
    first = vcf.page(vcf.list(query)).ids
    if first and set(first) <= set(batch.ids):
        return Whole(query, frozenset(batch.ids))
    whole = Whole({}, frozenset(vcf.walk({})))
    if not set(batch.ids) & whole.ids:
        raise Untestable("tasks that exist are not in the list", because="VCF-LIST-08")
    return whole


def expect_pages_are_the_whole(vcf: Vcf, whole: Whole, size: int | None) -> None:
    """Page by page every task comes once, and no page is longer than asked for."""
    query = whole.query if size is None else {**whole.query, "pageSize": str(size)}
    if size is not None and len(whole.ids) / size > MOST_REQUESTS:
        return
    answer = vcf.list(query)
    first = vcf.page(answer)
    if size is not None and first.shown > size:
        raise Untestable(f"a page of {first.shown} where {size} were asked for", because="VCF-LIST-06")
    seen, number = list(first.ids), 1 if first.number is None else first.number + 1
    while len(set(seen)) < len(whole.ids):
        page = vcf.list({**query, "pageNumber": str(number)}, open_=True).page
        if page is None or not page.tasks:
            break
        # Page 1 may be the first one again, where nothing said which number that has (vcf A20).
        if not (first.number is None and number == 1 and set(page.ids) == set(first.ids)):
            if set(page.ids) <= set(seen):
                seen += page.ids
                break
            seen += page.ids
        number += 1
    expect_each_once(vcf, whole, seen, f"in pages of {size or 'the default size'}")
    if size == 2:
        expect_explicit_first_page(vcf, query, first.ids, first.number)
    if size in (1, 7):
        expect_nothing_beyond(vcf, query, number)


def expect_each_once(vcf: Vcf, whole: Whole, seen: list[str], where: str) -> None:
    """The pages neither repeat nor skip a task, unless the list has changed meanwhile."""
    repeated = [task_id for task_id, times in Counter(seen).items() if times > 1]
    holds = not repeated and set(seen) == whole.ids
    if not holds and not whole.query and frozenset(vcf.walk({})) != whole.ids:
        raise Untestable("the list changed while it was read")
    vcf.judge.expect(
        "VCF-LIST-08",
        holds,
        expected=f"each of {len(whole.ids)} tasks once {where}",
        received=f"{repeated[:3]} more than once, without {sorted(whole.ids - set(seen))[:3]}, "
        f"also {sorted(set(seen) - whole.ids)[:3]}",
    )


def expect_explicit_first_page(vcf: Vcf, query: dict[str, str], ids: list[str], number: int | None) -> None:
    """The number that the first page says it has leads to the same page."""
    if number is None:
        return
    answer = vcf.list({**query, "pageNumber": str(number)})
    vcf.judge.expect(
        "VCF-LIST-08",
        answer.page is not None and set(answer.page.ids) == set(ids),
        answer.exchange,
        expected=f"the first page for pageNumber={number}, which it says it has",
        strict=False,
    )


def expect_nothing_beyond(vcf: Vcf, query: dict[str, str], number: int) -> None:
    """Beyond the last page there should be no task: a client that pages on would never come to an end."""
    answer = vcf.list({**query, "pageNumber": str(number + 1)}, open_=True)
    vcf.judge.expect(
        "VCF-LIST-08",
        answer.page is None or not answer.page.shown,
        answer.exchange,
        expected="no task beyond the last page",
        strict=False,
    )


def expect_whole_in_order(vcf: Vcf, whole: Whole, order: dict[str, str]) -> None:
    """In an order as well the pages hold each task once, tasks that are equal in it included."""
    size = 5
    query = {**whole.query, **order, "pageSize": str(size)}
    answer = vcf.list(query, open_=True)
    first = answer.page
    # A server that does not know the order may say so; one that does not tell the page's number cannot be followed.
    # What has longer pages than were asked for is seen without an order.
    if not whole.query or first is None or first.number is None or first.shown > size:
        return
    seen, number = list(vcf.readable_page(answer).ids), first.number
    while answer.page and answer.page.shown and len(seen) < len(whole.ids):
        number += 1
        answer = vcf.list({**query, "pageNumber": str(number)}, open_=True)
        seen += vcf.readable_page(answer).ids if answer.page else []
    expect_each_once(vcf, whole, seen, f"in pages of {size} with {order}")


@decides("VCF-LIST-08", "VCF-LIST-06")
def test_pages_are_the_whole(vcf: Vcf) -> None:
    """Pages of 1, 2 and 7, one that ends with the list and a larger one show every task once."""
    whole = whole_of(vcf, FEW)

    for size in (1, 2, 7, len(whole.ids), len(whole.ids) + 1):
        if size <= LARGEST_PAGE:
            expect_pages_are_the_whole(vcf, whole, size)
    vcf.judge.expect("VCF-LIST-06", True, expected="looked at in every exchange")


@decides("VCF-LIST-08", "VCF-LIST-06")
def test_pages_of_a_long_list(vcf: Vcf) -> None:
    """More tasks than the largest page holds come in pages of 99 and of 100, and in those of the default size."""
    whole = whole_of(vcf, MANY)

    for size in (LARGEST_PAGE - 1, LARGEST_PAGE, None):
        expect_pages_are_the_whole(vcf, whole, size)
    for part in parts_of(vcf, whole):
        expect_pages_are_the_whole(vcf, part, 1 + len(part.ids) // 3)
    vcf.judge.expect("VCF-LIST-06", True, expected="looked at in every exchange")


def parts_of(vcf: Vcf, whole: Whole) -> Iterator[Whole]:
    """What a status with a time of completion, and what a type, selects of a list that its name tells from others."""
    tasks = vcf.walk(whole.query, until=whole.ids) if whole.query else {}
    if not whole.ids <= tasks.keys():
        return
    # What has succeeded stays so, whoever else is at work.
    successful = [task for task in tasks.values() if task.meaning is Meaning.SUCCESSFUL]
    spellings = {task.status for task in successful}
    if len(spellings) == 1:
        query = {**whole.query, "taskStatus": spellings.pop()}
        if all(moment_of(task.completed) for task in successful):
            query["completedAfter"] = LONG_AGO
        yield from part_of(vcf, query, frozenset(task.id for task in successful))
    by_type = rarest([task.type or "" for task in tasks.values()])
    ids = frozenset(task_id for task_id, task in tasks.items() if task.type == by_type)
    yield from part_of(vcf, {**whole.query, "taskType": by_type}, ids)


def rarest(values: Sequence[str]) -> str:
    """The value that is there least often."""
    return min(Counter(values).items(), key=lambda found: found[1])[0]


def part_of(vcf: Vcf, query: dict[str, str], ids: frozenset[str]) -> Iterator[Whole]:
    """A filtered list; that the filter selects other tasks, or none, is for its own checks to say."""
    if len(ids) > 3 and (shown := set(vcf.page(vcf.list(query)).ids)) and shown <= ids:
        yield Whole(query, ids)


@decides("VCF-LIST-08")
@takes_time
def test_pages_of_a_very_long_list(vcf: Vcf) -> None:
    """More than five hundred tasks come once each as well."""
    expect_pages_are_the_whole(vcf, whole_of(vcf, VERY_MANY), LARGEST_PAGE)


@decides("VCF-LIST-06", "VCF-LIST-08")
def test_size_and_order_of_a_list(vcf: Vcf) -> None:
    """A page is not longer than `pageSize` or `limit`, nor shorter while more follow, and keeps its order."""
    whole = whole_of(vcf, FEW)
    usual = vcf.page(vcf.list(whole.query)).shown

    for size in (1, 3, 8):
        for name in ("pageSize", "limit"):
            answer = vcf.list({**whole.query, name: str(size)})
            shown = vcf.page(answer).shown
            vcf.judge.expect(
                "VCF-LIST-06",
                min(size, usual) <= shown <= size,  # a server may have no longer pages than its usual ones
                answer.exchange,
                expected=f"{size} tasks with {name}={size}, since there are {len(whole.ids)}",
                received=str(shown),
            )
    for order in ORDERS:
        expect_whole_in_order(vcf, whole, order)
    orders = [vcf.page(vcf.list(whole.query)).ids for _ in range(3)]
    vcf.judge.expect(
        "VCF-LIST-08",
        all(order == orders[0] for order in orders),
        expected="the same order in three equal calls",
        received=f"{orders[0][:3]} and then others",
        strict=False,
    )
