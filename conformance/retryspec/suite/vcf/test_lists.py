"""The list of tasks: what a page is, what it may be asked for, and that it agrees with each task."""

import time

from retryspec.checks import decides
from retryspec.suite.vcf.client import Answer, Vcf
from retryspec.suite.vcf.model import Meaning, Task, TaskPlan
from retryspec.suite.vcf.shape import GET

MIXED = [TaskPlan(meaning) for meaning in (Meaning.FAILED, Meaning.SUCCESSFUL, Meaning.IN_PROGRESS, Meaning.CANCELLED)]

# Values that are no numbers, or lie outside the bounds that every server can be asked within (vcf A18).
ODD = {
    "pageSize": ("abc", "1.5", " ", "", "1e2", "0", "-1", "101", "1000", str(2**31), "9" * 30),
    "pageNumber": ("abc", "", "-1", str(-(2**31)), str(2**31), "9" * 30),
    "limit": ("abc", "", "0", "-1", str(2**31), "\u0661"),
    "completedAfter": ("yesterday", "", "-1", str(2**63), "9" * 30),
}


def expect_page(vcf: Vcf, behaviour: str, answer: Answer, what: str, *, strict: bool = True) -> None:
    """The answer is a page."""
    vcf.judge.expect(
        behaviour,
        answer.accepted and answer.page is not None,
        answer.exchange,
        expected=f"200 and a page, since {what}",
        strict=strict,
    )


@decides("VCF-LIST-01", "VCF-LIST-02", "VCF-LIST-03")
def test_list_is_a_page(vcf: Vcf) -> None:
    """The list is an object with tasks and numbers of the right types, whatever documented parameters it has."""
    expect_page(vcf, "VCF-LIST-01", vcf.list(), "nothing needs to be asked for")
    for name, value in (
        ("limit", "1"),
        ("limit", "50"),
        ("pageSize", "1"),
        ("pageNumber", "1"),
        ("completedAfter", "0"),
        ("completedAfter", str(int(1000 * time.time()))),
        ("completedAfter", "4102444800000"),
        ("taskStatus", "Failed"),
        ("taskType", "HOST_COMMISSION"),
        ("taskName", "Commission"),
        ("taskName", "T\u00e2che \u65e5\u5fd7 \U0001f4c8"),
        ("resourceType", "ESXI"),
        ("resourceId", vcf.unknown_id()),
        ("doLiveRefresh", "true"),
        ("doLiveRefresh", "false"),
    ):
        # The second page may be beyond the end, and before 5.1.1 there was no other.
        certain = name != "pageNumber"
        query = {name: value} if name in ("limit", "pageSize") else {name: value, "pageSize": "5"}
        expect_page(vcf, "VCF-LIST-01", vcf.list(query, open_=not certain), f"{name} is {value}", strict=certain)
    for each in ("VCF-LIST-02", "VCF-LIST-03"):
        vcf.judge.expect(each, True, expected="looked at in every exchange")


@decides("VCF-LIST-01")
def test_real_clients_can_list(vcf: Vcf) -> None:
    """A slash at the end, unknown parameters and any names of headers are taken, as real clients send them."""
    expect_page(
        vcf, "VCF-LIST-01", vcf.list(path="/v1/tasks/", open_=True), "PowerVCF asks in this way (vcf A25)", strict=False
    )
    for query in ({"page": "0", "pageSize": "100"}, {"status": "FAILED", "sort": "\u65e5"}):
        what = f"{', '.join(query)} are passed over where unknown (vcf A19)"
        expect_page(vcf, "VCF-LIST-01", vcf.list(query, open_=True), what, strict=False)
    headers = {"Authorization": None, "authorization": f"Bearer {vcf.token()}", "Accept": None}
    expect_page(vcf, "VCF-LIST-01", vcf.list(headers=headers), "names of headers have no case, and Accept is optional")
    headers = {"Accept": "*/*", "Content-Type": "application/json"}
    expect_page(vcf, "VCF-LIST-01", vcf.list(headers=headers), "the Terraform provider names a type in every request")


@decides("VCF-LIST-02", "VCF-LIST-05")
def test_list_without_a_match_is_empty(vcf: Vcf) -> None:
    """When no task matches, the answer is a page without one."""
    for name in ("taskName", "resourceId", "taskType"):
        answer = vcf.list({name: f"absent-{vcf.unknown_id()}"})
        expected = "200 and a page without a task, since a list may be empty"
        vcf.judge.expect("VCF-LIST-02", answer.accepted, answer.exchange, expected=expected)
        if not answer.accepted:
            continue
        shown = vcf.readable_page(answer).shown
        vcf.judge.expect(
            "VCF-LIST-05",
            shown == 0,
            answer.exchange,
            expected=f"no task, since no {name} matches",
            received=str(shown),
        )


@decides("VCF-LIST-04")
def test_odd_values_are_no_fault(vcf: Vcf) -> None:
    """A value that is not allowed gives 400 with an Error, or a page, and should not be a fault (vcf A18)."""
    batch = vcf.some_tasks([TaskPlan(Meaning.FAILED), TaskPlan(Meaning.SUCCESSFUL)])
    few = {"taskName": batch.mark} if batch.mark else {}

    for name, values in ODD.items():
        for value in values:
            expect_open(vcf, {**few, name: value})
    for query in (
        {"taskStatus": "bogus"},
        {"taskStatus": ""},
        {"completedAfter": str(2**63 - 1)},
        {"pageNumber": str(2**31 - 1), "pageSize": "100"},
        {"taskStatus": "%"},
        {"taskName": "' OR '1'='1"},
        {"taskName": "x" * 3000},
        {"taskName": "\x00"},
        {"resourceId": ""},
        {"orderBy": "creationTimestamp", "orderDirection": "DESC"},
        {"orderBy": "name; drop", "orderDirection": "sideways"},
        {"doLiveRefresh": "maybe"},
        {"limit": "3", "pageSize": "2"},
    ):
        expect_open(vcf, {**few, **query})
    for text in ("pageSize=5&pageSize=5", "taskStatus=Failed&taskStatus=Failed", "pageSize", "&&=&"):
        expect_open(vcf, {}, f"/v1/tasks?{text}")
    vcf.page(vcf.list({"pageSize": "10"}))


def expect_open(vcf: Vcf, query: dict[str, str], path: str = "/v1/tasks") -> None:
    """Either answer of the two is given."""
    answer = vcf.list(query, sound=False, path=path)
    vcf.judge.expect(
        "VCF-LIST-04",
        answer.accepted or answer.status == 400,
        answer.exchange,
        expected=f"400 with an Error, or a page, for {query or path}"[:200],
        strict=False,
    )


@decides("VCF-LIST-07", "VCF-LIST-08")
def test_listed_tasks_are_found(vcf: Vcf) -> None:
    """Each task of a list is found by its id, and is shown there as it is listed."""
    batch = vcf.some_tasks(MIXED)
    listed = vcf.listed(batch, batch.ids) if batch.fresh else {task.id: task for task in vcf.page(vcf.list()).tasks}
    others = [task_id for task_id in listed if task_id not in batch.ids]
    wanted = [*(batch.ids if batch.fresh else ()), *others[: 3 if batch.fresh else 6]]

    for task_id in wanted:
        task = listed.get(task_id)
        vcf.judge.expect(
            "VCF-LIST-08",
            task is not None,
            expected=f"the task {task_id}, which exists, on some page of the list",
            received="no such task",
            strict=batch.fresh,
        )
        if task is None or not vcf.claims(GET):
            continue
        answer = vcf.get(task_id)
        found = answer.task
        vcf.judge.expect(
            "VCF-LIST-07", found is not None, answer.exchange, expected=f"the task {task_id}, which is listed"
        )
        vcf.judge.expect(
            "VCF-LIST-07",
            found is None or (agree(found, task) and (found.meaning == task.meaning or task_id not in batch.ids)),
            answer.exchange,
            expected=f"the task as it is listed: {task.status} {task.lasting}",
            received=f"{found.status} {found.lasting}" if found else None,
        )
    vcf.judge.expect("VCF-LIST-07", True, expected="looked at where tasks can be read")


def agree(one: Task, other: Task) -> bool:
    """Whether two readings of a task say the same of it, as far as both say it."""
    pairs = zip(one.lasting, other.lasting, strict=True)
    return all(mine == theirs for mine, theirs in pairs if mine is not None and theirs is not None)
