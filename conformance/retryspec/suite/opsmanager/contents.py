"""What a well-formed job or page has to say besides its form, whatever check asked for it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response
from retryspec.suite.opsmanager.model import DEFAULT_PAGE, LARGEST_PAGE, Job, Page, Status, moment_of
from retryspec.suite.opsmanager.shape import Asked

__all__ = ["children_of", "comparable", "look_at_job", "look_at_numbers", "look_at_page", "split_address"]

Expect = Callable[[str, bool, str, str, bool], None]

EXPECTED = (
    "userId",
    "creationDate",
    "expirationDate",
    "resourceType",
    "resourceName",
    "logTypes",
    "redacted",
    "sizeRequestedPerFileBytes",
    "uncompressedSizeTotalBytes",
    "downloadUrl",
)
"""What a job always has a value for (opsmanager R-20)."""

CHILD_MEMBERS = (
    "errorMessage",
    "startDate",
    "finishDate",
    "hostName",
    "logCollectionType",
    "path",
    "status",
    "uncompressedDiskSpaceBytes",
)
"""What the contract has for a child job."""

_NUMBERS = re.compile(
    rb'"(sizeRequestedPerFileBytes|uncompressedSizeTotalBytes|uncompressedDiskSpaceBytes)"\s*:\s*(-?[0-9][0-9.eE+-]*)'
)
LARGEST_NUMBER = 2**63 - 1


def split_address(text: str) -> SplitResult:
    """The parts of an address, which are all empty where it is none."""
    try:
        return urlsplit(text)
    except ValueError:
        return SplitResult("", "", "", "", "")


def children_of(job: Job | None) -> list[str]:
    """What the contract has members for in the child jobs of a job, in any order."""
    shown = job.raw.get("childJobs") if job is not None else None
    known = [
        {name: child[name] for name in CHILD_MEMBERS if child.get(name) is not None}
        for child in (shown if isinstance(shown, list) else [])
        if isinstance(child, dict)
    ]
    return sorted(json.dumps(child, sort_keys=True) for child in known)


def comparable(body: object) -> object:
    """A body without its links, which repeat the query, and with its child jobs in one order: none is promised."""
    if not isinstance(body, dict):
        return body
    kept = {name: value for name, value in body.items() if name != "links"}
    children = kept.get("childJobs")
    if isinstance(children, list):
        kept["childJobs"] = sorted(children, key=lambda child: json.dumps(child, sort_keys=True))
    return kept


def _expecting(judge: Judge, exchange: Exchange) -> Expect:
    def expect(behaviour: str, holds: bool, expected: str, received: str, strict: bool) -> None:
        judge.expect(behaviour, holds, exchange, expected=expected, received=received, strict=strict, conclusive=True)

    return expect


def look_at_numbers(judge: Judge, exchange: Exchange, response: Response) -> None:
    """Look at how numbers of bytes are written: one client reads no fraction and no exponent."""
    for name, digits in _NUMBERS.findall(response.body):
        whole = re.fullmatch(rb"-?[0-9]+", digits) is not None
        judge.expect(
            "OM-JOB-06",
            whole and abs(int(digits)) <= LARGEST_NUMBER,
            exchange,
            expected=f"{name.decode()} as a 64-bit integer without fraction and exponent",
            received=digits.decode()[:40],
            conclusive=True,
        )


def look_at_job(judge: Judge, exchange: Exchange, raw: Mapping[str, Any], asked: Asked, *, listed: bool) -> None:
    """Look at a job, in the list or by itself."""
    expect = _expecting(judge, exchange)
    own = "OM-LIST-01" if listed else "OM-GET-01"
    job_id, group_id = raw.get("id"), raw.get("groupId")
    if isinstance(group_id, str) and asked.group_id is not None:
        same = group_id.lower() == asked.group_id.lower()
        expect(own, same, f"the groupId {asked.group_id} of the path", group_id, True)
    if isinstance(job_id, str) and asked.job_id is not None and not listed:
        expect(own, job_id.lower() == asked.job_id.lower(), f"the id {asked.job_id} of the path", job_id, True)
    ids = [value for name in ("id", "groupId", "userId") if isinstance(value := raw.get(name), str)]
    expect("OM-JOB-01", all(value == value.lower() for value in ids), "ids in lower case", ", ".join(ids), False)
    missing = [name for name in EXPECTED if raw.get(name) is None]
    expect("OM-COMMON-28", not missing, "every member that a job has a value for", f"no {', '.join(missing)}", False)
    _look_at_children(expect, raw, asked, "OM-LIST-03" if listed else "OM-GET-02")
    _look_at_dates(expect, raw)
    _look_at_address(expect, raw)


def _look_at_children(expect: Expect, raw: Mapping[str, Any], asked: Asked, behaviour: str) -> None:
    children = raw.get("childJobs")
    if asked.verbose is True:
        expect(behaviour, isinstance(children, list), "the array childJobs with verbose=true", str(children), True)
        for child in children if isinstance(children, list) else ():
            over = isinstance(child, dict) and child.get("status") in (Status.SUCCESS, Status.FAILURE)
            ended = not over or "finishDate" not in child or child["finishDate"] is not None
            expect("OM-JOB-11", ended, "the finishDate of a child job that is over", str(child)[:200], False)
            clean = not over or child["status"] != Status.SUCCESS or not child.get("errorMessage")
            expect("OM-JOB-11", clean, "no errorMessage of a child job that succeeded", str(child)[:200], False)
    elif asked.verbose is False:
        empty = "childJobs" in raw and not children
        expect(behaviour, "childJobs" not in raw, "no childJobs without verbose=true", str(children)[:100], not empty)


def _look_at_dates(expect: Expect, raw: Mapping[str, Any]) -> None:
    for name, value in _dates(raw):
        if not isinstance(value, str):
            continue  # its type is looked at by the schema
        moment = moment_of(value)
        expect("OM-COMMON-26", moment is not None, f"{name} as ISO 8601 with a time zone", value[:60], True)
        expect("OM-COMMON-26", moment is None or value.endswith("Z"), f"{name} in UTC, written Z", value[:60], False)


def _dates(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("creationDate", "expirationDate"):
        yield name, raw.get(name)
    children = raw.get("childJobs")
    for child in children if isinstance(children, list) else ():
        for name in ("startDate", "finishDate"):
            yield name, child.get(name) if isinstance(child, dict) else None


def _look_at_address(expect: Expect, raw: Mapping[str, Any]) -> None:
    address, job_id = raw.get("downloadUrl"), raw.get("id")
    if isinstance(address, str):
        parts = split_address(address)
        ends = parts.path.lower().endswith(f"/logcollectionjobs/{str(job_id).lower()}/download")
        absolute = parts.scheme in ("http", "https") and bool(parts.netloc)
        expect("OM-JOB-10", ends and absolute, "an absolute address of this job's download", address[:200], False)
    expect("OM-JOB-10", "url" not in raw, "downloadUrl, and no url", str(raw.get("url"))[:100], False)


def look_at_page(judge: Judge, exchange: Exchange, page: Page, asked: Asked) -> None:
    """Look at what has to hold for every page."""
    expect = _expecting(judge, exchange)
    ids = page.ids
    expect("OM-COMMON-29", len(set(ids)) == len(ids), "each job once in a page", "one more than once", True)
    expect("OM-COMMON-30", page.shown <= LARGEST_PAGE, f"at most {LARGEST_PAGE} jobs", str(page.shown), False)
    size = asked.size if asked.sound else None
    if size is not None:
        limit = "OM-COMMON-29" if size <= LARGEST_PAGE else "OM-COMMON-30"
        expect(limit, page.shown <= size, f"at most {size} jobs", str(page.shown), True)
    expect("OM-COMMON-31", page.total is not None, "totalCount as an integer without a fraction", "none", True)
    if page.total is not None:
        expect("OM-COMMON-31", page.total >= page.shown, "a totalCount of all", f"{page.total} of {page.shown}", True)
    expect("OM-COMMON-32", "self" in page.links, "a link self", f"only {', '.join(page.links) or 'none'}", True)
    if not asked.sound or asked.page is None or size is None or page.total is None:
        return
    first, more = asked.page == 1, asked.page * size < page.total
    beyond = not page.shown and not first
    if not beyond:
        before = "previous" in page.links
        expect("OM-COMMON-32", before is not first, "previous on all but the first", str(before), False)
        expect("OM-COMMON-32", ("next" in page.links) is more, "next on all but the last", str(more), False)
    _look_at_self(expect, page.links.get("self"), asked)


def _look_at_self(expect: Expect, address: str | None, asked: Asked) -> None:
    if address is None:
        return
    query = dict(parse_qsl(split_address(address).query, keep_blank_values=True))
    wanted = {"pageNum": str(asked.page), "itemsPerPage": str(asked.size or DEFAULT_PAGE)}
    wanted |= {"verbose": "true"} if asked.verbose else {}
    given = {name: query.get(name) for name in wanted}
    expect("OM-LIST-04", given == wanted, f"a self link with {wanted}", address[:300], False)
