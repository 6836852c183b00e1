"""The path and the id in it: which task is meant, and that nothing is where there is none."""

from contextlib import suppress
from urllib.parse import quote
from uuid import UUID

from retryspec.checks import NotClaimed, Untestable, decides
from retryspec.suite.vcf.client import Answer, Headers, Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_no_effect, expect_unchanged
from retryspec.suite.vcf.model import Batch, Meaning, Task, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY
from retryspec.suite.vcf.target import CANCEL

FAILED = TaskPlan(Meaning.FAILED)
RUNNING = TaskPlan(Meaning.IN_PROGRESS)
SUCCESSFUL = TaskPlan(Meaning.SUCCESSFUL)

# Not in the form of any example, and percent-encoded where need be; never `history` or `config` (vcf R-22).
MALFORMED = (
    "absent",
    "0",
    "%20",
    "%25",
    "*",
    "%F0%9F%93%88",
    "%27%20OR%20%271%27%3D%271",
    "x" * 2000,
    "zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz",
)
# Where even the path is open: servers, and what stands before them, read these in several ways (vcf A9).
OPEN = ("a%2Fb", "a/b", "%FF", "a%3Fb", "a%0Ab", "%", "")


def expect_unknown(vcf: Vcf, behaviour: str, answer: Answer, what: str) -> None:
    """A malformed id names no task: 404 at best, no success and no fault in any case (vcf A8)."""
    expected = f"404, since {what} names no task"
    vcf.judge.expect(behaviour, answer.refused, answer.exchange, expected=expected)
    vcf.judge.expect(behaviour, answer.status == 404, answer.exchange, expected=expected, strict=False)


def malformed(known: Batch) -> list[str]:
    """The ids that are in no form of an id; 0 is one where tasks are counted."""
    return [name for name in MALFORMED if not (name.isdigit() and known.ids[0].isdigit())]


def near_ids(task_id: str, known: Batch) -> list[str]:
    """Ids that come close to a task's and are not it, percent-encoded; none is by chance that of another task."""
    near = [f"{task_id[:8]}%", f"{task_id[:-1]}_", f"{task_id}.json"]
    if not task_id.isdigit():
        # What is near to an id that is counted up is somebody else's.
        near += [task_id[:-1], task_id[1:], f"{task_id}0", f"0{task_id}"]
    with suppress(ValueError):
        # With one digit changed a UUID is nobody's; and its first part is no id, though people tell tasks apart by it.
        near.append(str(UUID(task_id))[:8])
        for bit in (0, 60, 124):
            near.append(str(UUID(int=UUID(task_id).int ^ (1 << bit))))
    return [in_path(name) for name in near if name and name not in known.ids]


def cut_off(task_id: str) -> str:
    """A task's id with more behind a NUL, percent-encoded: with that it is no task's."""
    return f"{in_path(task_id)}%00x"


def in_path(task_id: str) -> str:
    """An id as a segment of a path."""
    return quote(task_id, safe="")


def encoded(task_id: str) -> str:
    """An id whose first character is percent-encoded for no reason, in lower case."""
    return "".join(f"%{byte:02x}" for byte in task_id[0].encode()) + in_path(task_id[1:])


# What clients say that they read, and of a body that they do not send; an Error is JSON for all of them.
FORMS: tuple[Headers, ...] = ({}, {"Accept": None}, {"Accept": "*/*", "Content-Type": "application/json"})


@decides("VCF-GET-03")
def test_unknown_task_is_not_found(vcf: Vcf) -> None:
    """An id that names no task gives 404 with an Error; the same call with a known one succeeds."""
    known = vcf.some_tasks([FAILED]).ids[0]

    vcf.task(known)
    for unknown, headers in zip(vcf.unknown_ids(), FORMS, strict=True):
        answer = vcf.get(unknown, headers=headers)
        vcf.judge.expect("VCF-GET-03", answer.status == 404, answer.exchange, expected="404, since no task has this id")
    vcf.task(known)


@decides("VCF-GET-03", "VCF-GET-04")
def test_malformed_id_is_not_found(vcf: Vcf) -> None:
    """An id that is none gives 404, perhaps 400, and never a success or a fault (vcf A8, A9)."""
    batch = vcf.some_tasks([FAILED])

    for name in (*malformed(batch), *near_ids(batch.ids[0], batch)):
        expect_unknown(vcf, "VCF-GET-03", vcf.odd(GET, name), f"{name[:60]!r}")
    for name in OPEN:
        if name:
            vcf.odd(GET, name, open_=True)
    answer = vcf.odd(GET, cut_off(batch.ids[0]), open_=True)
    what = "no success, since what stands behind a NUL belongs to an id"
    vcf.judge.expect("VCF-GET-03", not answer.accepted, answer.exchange, expected=what)
    vcf.judge.expect("VCF-GET-04", True, expected="no server fault")
    vcf.task(batch.ids[0])


@decides("VCF-GET-01", "VCF-GET-04")
def test_odd_spellings_of_an_id(vcf: Vcf) -> None:
    """An id percent-encoded, in other case or with a slash behind gives that task or none (vcf A9, A25)."""
    task_id = vcf.some_tasks([FAILED]).ids[0]
    shown = str(vcf.task(task_id).raw.get("id"))

    segment = in_path(task_id)
    for name in (encoded(task_id), in_path(task_id.swapcase()), f"{segment}/", f"{segment}%20"):
        answer = vcf.odd(GET, name, open_=True)
        vcf.judge.expect(
            "VCF-GET-01",
            answer.refused or answer.task is None or answer.task.id.lower() in (task_id.lower(), shown.lower()),
            answer.exchange,
            expected=f"that task or none for {name}",
        )
    vcf.judge.expect("VCF-GET-04", True, expected="no server fault")


@decides("VCF-RETRY-07", "VCF-RETRY-08", "VCF-RETRY-12", "VCF-STATE-05", "VCF-STATE-04", "VCF-GET-03")
def test_retry_of_unknown_task_is_refused(vcf: Vcf) -> None:
    """A retry with an id that names no task gives 404 with an Error, creates none and changes none, time and again."""
    batch, before = bystanders(vcf)

    answers = []
    first, *others = vcf.unknown_ids()
    for unknown, headers in zip((first, first, *others), ({}, *FORMS), strict=True):
        answers.append(vcf.retry(unknown, headers=headers))
        vcf.judge.expect(
            "VCF-RETRY-07", answers[-1].status == 404, answers[-1].exchange, expected="404, since no task has this id"
        )
        # The first one is looked for once it was tried twice.
        if len(answers) > 1:
            expect_absent(vcf, unknown, strict=batch is not None and batch.promised)
    answers.append(vcf.retry(first, b"{}", headers=FORMS[-1], open_=True))
    expected = "404, since no task has this id, whatever the body is"
    vcf.judge.expect(
        "VCF-RETRY-07", answers[-1].status == 404, answers[-1].exchange, expected=expected, strict=answers[-1].accepted
    )
    for each in ("VCF-RETRY-08", "VCF-RETRY-12", "VCF-GET-03"):
        vcf.judge.expect(each, True, expected="looked at in every exchange")
    if batch is not None:
        expect_no_effect(vcf, batch, before, answers, "a retry of an unknown task")
    else:
        vcf.judge.expect("VCF-STATE-04", True, expected="no task to look at")


def bystanders(vcf: Vcf) -> tuple[Batch | None, dict[str, Task]]:
    """A few tasks that no call is about, where they can be had."""
    try:
        batch = vcf.tasks([FAILED, SUCCESSFUL])
    except Untestable:
        return None, {}
    return batch, before_retry(vcf, batch)


def expect_absent(vcf: Vcf, task_id: str, *, strict: bool) -> None:
    """An id that was refused as unknown is unknown afterwards, and not listed."""
    if vcf.claims(GET):
        answer = vcf.get(task_id)
        vcf.judge.expect(
            "VCF-STATE-05",
            not answer.accepted,
            answer.exchange,
            expected="no task of that id after a retry that was refused with 404",
            strict=strict,
        )
        expected = "404, since a retry of an id that names no task does not change that"
        vcf.judge.expect("VCF-GET-03", answer.status == 404 or answer.accepted, answer.exchange, expected=expected)
    if vcf.claims(LIST):
        page = vcf.list().page
        listed = page is not None and task_id in page.ids
        vcf.judge.expect("VCF-STATE-05", not listed, expected=f"no task {task_id} listed", strict=strict)
    elif not vcf.claims(GET):
        raise Untestable(f"needs {GET} or a list to see what became of the id")


@decides("VCF-RETRY-07", "VCF-RETRY-03", "VCF-STATE-04")
def test_retry_of_malformed_id_is_refused(vcf: Vcf) -> None:
    """A retry with an id that is none, however near it comes to a task's, is refused and retries nothing."""
    batch = vcf.tasks([FAILED, FAILED])
    before = before_retry(vcf, batch)

    answers = []
    for name in (*malformed(batch), *near_ids(batch.ids[0], batch)):
        answers.append(vcf.odd(RETRY, name))
        expect_unknown(vcf, "VCF-RETRY-07", answers[-1], f"{name[:60]!r}")
    expect_no_effect(vcf, batch, before, answers, "a retry with a malformed id")
    for name in OPEN:
        answer = vcf.odd(RETRY, name, open_=True)
        vcf.judge.expect(
            "VCF-RETRY-03",
            answer.status < 500 or answer.status == 501,
            answer.exchange,
            expected=f"no server fault for the id {name!r}",
        )
    answer = vcf.odd(RETRY, cut_off(batch.ids[0]), open_=True)
    what = "a refusal, since what stands behind a NUL belongs to an id"
    vcf.judge.expect("VCF-RETRY-07", answer.refused, answer.exchange, expected=what)
    expect_unchanged(vcf, "VCF-RETRY-03", batch, before, "since no path named it")


@decides("VCF-RETRY-03")
def test_odd_spellings_of_an_id_retry_that_task_or_none(vcf: Vcf) -> None:
    """A percent-encoded id, one in other case and a slash behind are open: that task runs, or none (vcf A9, A25)."""
    batch = vcf.fresh_tasks([FAILED] * 4)
    before = before_retry(vcf, batch)
    first, cased, slashed, other = batch.ids

    for name in (encoded(first), in_path(cased.swapcase()), f"{in_path(slashed)}/"):
        answer = vcf.odd(RETRY, name, open_=True)
        vcf.judge.expect(
            "VCF-RETRY-03",
            answer.status < 500,
            answer.exchange,
            expected=f"acceptance, a refusal or another path for {name}",
        )
    what = "since no path came near it"
    expect_unchanged(vcf, "VCF-RETRY-03", batch, {other: before[other]} if before else {}, what)


@decides("VCF-RETRY-01")
def test_other_methods_retry_nothing(vcf: Vcf) -> None:
    """A method that is not documented is refused, and does not retry a task (vcf A23); PATCH on the list does not."""
    batch = vcf.fresh_tasks([FAILED, RUNNING])
    before = before_retry(vcf, batch)
    task_id = batch.ids[0]
    path_of_it = f"/v1/tasks/{in_path(task_id)}"

    for method, path in (
        ("POST", path_of_it),
        ("PUT", path_of_it),
        ("PATCH", "/v1/tasks"),
        ("POST", f"{path_of_it}/retry"),
    ):
        answer = vcf.send_other(method, path, b"")
        vcf.judge.expect(
            "VCF-RETRY-01",
            answer.status < 500 or answer.status == 501,
            answer.exchange,
            expected=f"no server fault for {method}",
        )
        vcf.judge.expect(
            "VCF-RETRY-01",
            answer.status in (400, 404, 405, 501),
            answer.exchange,
            expected=f"405, since {method} on {path} is not documented",
            strict=False,
        )
    expect_unchanged(vcf, "VCF-RETRY-01", batch, before, "since only undocumented methods were called")
    answer = vcf.retry(task_id)
    vcf.judge.expect(
        "VCF-RETRY-01",
        answer.status not in (404, 405, 501),
        answer.exchange,
        expected="an answer of the retry to PATCH on the path of a task that exists",
    )


@decides("VCF-RETRY-01")
def test_cancelling_is_no_retry(vcf: Vcf) -> None:
    """Where the target claims the vendor's cancelTask, whatever it answers is right but a fault (vcf R-08)."""
    if not vcf.claims(CANCEL):
        raise NotClaimed(f"the target does not claim {CANCEL}")
    batch = vcf.fresh_tasks([RUNNING, SUCCESSFUL, FAILED])

    for task_id in (*batch.ids, vcf.unknown_id()):
        answer = vcf.send_other("DELETE", f"/v1/tasks/{in_path(task_id)}")
        vcf.judge.expect(
            "VCF-RETRY-01", answer.status < 500, answer.exchange, expected="no server fault for DELETE", strict=False
        )
