"""Pages: put together they are the whole, whatever their size."""

from collections import Counter

from retryspec.checks import Untestable, decides
from retryspec.suite.opsmanager.client import OpsManager, Query
from retryspec.suite.opsmanager.contents import split_address
from retryspec.suite.opsmanager.expectations import expect_retried, expect_running
from retryspec.suite.opsmanager.model import DEFAULT_PAGE, LARGEST_PAGE, Group, JobPlan, Page, Status
from retryspec.suite.opsmanager.shape import GET, LIST, Asked

FEW = [JobPlan(Status.FAILURE), JobPlan(Status.SUCCESS), JobPlan(Status.FAILURE)] * 3
MANY = [*[JobPlan(Status.SUCCESS)] * (LARGEST_PAGE + 16), JobPlan(Status.FAILURE)]


def pages_of(opsmanager: OpsManager, group: Group, size: int | None) -> list[Page]:
    """Every page of a list, up to the first one that is empty or past all jobs."""
    step = DEFAULT_PAGE if size is None else size
    last = -(-len(group.ids) // step)
    pages = []
    for number in range(1, last + 1):
        query: Query = {"pageNum": number} if size is None else {"pageNum": number, "itemsPerPage": size}
        pages.append(opsmanager.page(opsmanager.list(group, query), "OM-COMMON-29"))
    return pages


def expect_whole(opsmanager: OpsManager, group: Group, size: int | None) -> dict[str, object]:
    """The pages of one size are full, hold each job once, and each tells the same total; what they say of each job."""
    pages, step = pages_of(opsmanager, group, size), size or DEFAULT_PAGE
    total = len(group.ids)
    where = f"in pages of {size or 'the default size'}"
    wanted = [min(step, total - start) for start in range(0, total, step)]
    shown = [page.shown for page in pages]
    opsmanager.judge.expect(
        "OM-COMMON-29", shown == wanted, expected=f"pages with {wanted[:8]} jobs {where}", received=str(shown[:8])
    )
    seen = [job_id for page in pages for job_id in page.ids]
    repeated = [job_id for job_id, times in Counter(seen).items() if times > 1]
    missing = sorted(group.lowered - set(seen))
    opsmanager.judge.expect(
        "OM-COMMON-29",
        not repeated and set(seen) == group.lowered,
        expected=f"each of {total} jobs once {where}",
        received=f"{repeated[:3]} more than once, {missing[:3]} not at all",
    )
    failed = {job.id.lower() for page in pages for job in page.jobs if job.status == Status.FAILURE}
    opsmanager.judge.expect(
        "OM-LIST-09",
        failed == {job_id.lower() for job_id in group.failed},
        expected=f"the {len(group.failed)} failed jobs, and no others, as FAILURE {where}",
        received=f"{len(failed)} as FAILURE",
        strict=group.promised,
    )
    for behaviour in ("OM-LIST-05", "OM-COMMON-31"):
        totals = sorted({str(page.total) for page in pages})
        opsmanager.judge.expect(
            behaviour,
            totals == [str(total)],
            expected=f"a totalCount of {total} on each page {where}",
            received=", ".join(totals),
        )
    return {job.id.lower(): job.state for page in pages for job in page.jobs}


@decides("OM-COMMON-29", "OM-LIST-05", "OM-COMMON-31", "OM-COMMON-32", "OM-LIST-04", "OM-LIST-09")
def test_pages_are_the_whole(opsmanager: OpsManager) -> None:
    """Pages of 1, 2, 7 and just all hold every job once, and lead from one to the next."""
    group = opsmanager.fresh_group(FEW)

    shown = [expect_whole(opsmanager, group, size) for size in (1, 2, 7, len(FEW))]
    opsmanager.judge.expect(
        "OM-COMMON-29",
        all(each == shown[-1] for each in shown if each.keys() == shown[-1].keys()),
        expected="the same values of each job in pages of every size",
    )
    for behaviour in ("OM-COMMON-32", "OM-LIST-04"):
        opsmanager.judge.expect(behaviour, True, expected="links, which are looked at on every page")


@decides(
    "OM-COMMON-29",
    "OM-COMMON-30",
    "OM-LIST-05",
    "OM-LIST-02",
    "OM-LIST-03",
    "OM-LIST-06",
    "OM-LIST-09",
    "OM-RETRY-04",
)
def test_pages_of_a_long_list(opsmanager: OpsManager) -> None:
    """More jobs than a page holds come in pages of 100 by default, of 500 at most, and the last one can be retried."""
    group = opsmanager.fresh_group(MANY)

    expect_whole(opsmanager, group, None)
    expect_last_of_many(opsmanager, group)
    first = opsmanager.page(opsmanager.list(group))
    opsmanager.judge.expect(
        "OM-LIST-02",
        first.shown == DEFAULT_PAGE,
        expected=f"{DEFAULT_PAGE} jobs on a page without itemsPerPage",
        received=str(first.shown),
    )
    verbose = opsmanager.page(opsmanager.list(group, {"verbose": "true"}), "OM-LIST-03")
    opsmanager.judge.expect(
        "OM-LIST-02",
        verbose.shown == first.shown and set(verbose.ids) == set(first.ids),
        expected="the same page with verbose=true as without",
        received=f"{verbose.shown} jobs, or others",
    )
    answer = opsmanager.list(group, {"itemsPerPage": LARGEST_PAGE, "verbose": "true"})
    opsmanager.judge.expect(
        "OM-COMMON-30", answer.accepted, answer.exchange, expected=f"200, since {LARGEST_PAGE} is the largest size"
    )
    if answer.accepted:
        expect_whole(opsmanager, group, LARGEST_PAGE)
    for size in (LARGEST_PAGE + 1, 100_000):
        asked = Asked(group_id=group.id, size=size, sound=False, about="OM-LIST-06")
        beyond = opsmanager.send(LIST, opsmanager.list_request(group.id, {"itemsPerPage": size}), asked)
        opsmanager.judge.expect(
            "OM-LIST-06",
            beyond.status == 400 or beyond.page is not None,
            beyond.exchange,
            expected=f"400, or 200 with a list, for itemsPerPage={size}",
        )
        opsmanager.judge.expect(
            "OM-COMMON-30",
            beyond.status == 400 or (beyond.page is not None and beyond.page.shown <= LARGEST_PAGE),
            beyond.exchange,
            expected=f"400, or at most {LARGEST_PAGE} jobs, for itemsPerPage={size}",
            received=f"{beyond.status} with {beyond.page.shown if beyond.page else 'no'} jobs",
        )
    if not opsmanager.may_retry_freely():
        opsmanager.judge.leave_out("OM-RETRY-04")
        return
    oldest = group.ids[-1]
    expect_retried(opsmanager, opsmanager.retry(group, oldest), f"the job failed, one of {len(group.ids)}")
    if opsmanager.claims(GET):
        expect_running(opsmanager, group, [oldest], {})


def expect_last_of_many(opsmanager: OpsManager, group: Group) -> None:
    """The last one of many small pages holds what is left."""
    total, size = len(group.ids), 10
    answer = opsmanager.list(group, {"pageNum": -(-total // size), "itemsPerPage": size})
    page = opsmanager.page(answer, "OM-COMMON-29")
    opsmanager.judge.expect(
        "OM-COMMON-29",
        page.shown == (total % size or size) and set(page.ids) <= group.lowered,
        answer.exchange,
        expected=f"the last {total % size or size} of {total} jobs on page {-(-total // size)}",
        received=f"{page.shown} jobs, or others",
    )


@decides("OM-LIST-08", "OM-COMMON-33", "OM-LIST-05")
def test_pages_past_the_end(opsmanager: OpsManager) -> None:
    """A page after the last one is empty and tells the same total, right after it and far beyond."""
    group = opsmanager.fresh_group(FEW)

    queries: list[Query] = [
        {"pageNum": 2},
        # As a client sends it that reads until a page is empty.
        {"pageNum": 4, "itemsPerPage": 3, "includeCount": "true"},
        {"pageNum": 10, "itemsPerPage": 1, "verbose": "true"},
        {"pageNum": 999},
        {"pageNum": 12_345, "itemsPerPage": 2, "envelope": "true"},
    ]
    for query in queries:
        answer = opsmanager.list(group, query)
        page = opsmanager.page(answer, "OM-LIST-08")
        for behaviour in ("OM-LIST-08", "OM-COMMON-33"):
            opsmanager.judge.expect(
                behaviour,
                page.shown == 0,
                answer.exchange,
                expected=f"no job on a page after the last one ({query})",
                received=f"{page.shown} jobs",
            )
        for behaviour in ("OM-LIST-08", "OM-LIST-05"):
            opsmanager.judge.expect(
                behaviour,
                page.total == len(FEW),
                answer.exchange,
                expected=f"a totalCount of {len(FEW)}",
                received=str(page.total),
            )


@decides("OM-COMMON-32", "OM-LIST-04")
def test_links_lead_to_pages(opsmanager: OpsManager) -> None:
    """The links of a page in the middle should lead to itself and to the pages before and after it."""
    group = opsmanager.fresh_group(FEW)
    numbered = {n: opsmanager.page(opsmanager.list(group, {"pageNum": n, "itemsPerPage": 3})) for n in (1, 2, 3)}
    links = numbered[2].links
    if "self" not in links:
        raise Untestable("a page has no link to itself", because="OM-COMMON-32")

    for relation, number in (("self", 2), ("previous", 1), ("next", 3)):
        if relation not in links:
            continue  # that it is missing is found in every exchange
        query = split_address(links[relation]).query
        if not query.isascii() or not query.isprintable() or " " in query:
            continue  # no address that can be followed, as the schema says
        answer = opsmanager.follow(group, query)
        found = set(answer.page.ids) if answer.page is not None else set()
        opsmanager.judge.expect(
            "OM-COMMON-32",
            found == set(numbered[number].ids),
            answer.exchange,
            expected=f"page {number} where the link {relation} of page 2 leads",
            strict=False,
        )
    queries: list[Query] = [{}, {"verbose": "true"}, {"pageNum": 2, "itemsPerPage": 3, "verbose": "true"}]
    for given in queries:
        opsmanager.page(opsmanager.list(group, given))
    opsmanager.judge.expect("OM-LIST-04", True, expected="a self link, which is looked at on every page")
