"""One task as getTask shows it: its members, its statuses, and that reading it changes nothing."""

from urllib.parse import quote

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_retried
from retryspec.suite.vcf.model import ENDED, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY

FAILED = TaskPlan(Meaning.FAILED)
USUAL = (Meaning.FAILED, Meaning.SUCCESSFUL, Meaning.IN_PROGRESS, Meaning.PENDING, Meaning.CANCELLED)
RARE = (Meaning.COMPLETED_WITH_WARNING, Meaning.SKIPPED)


@pytest.mark.parametrize("meanings", [USUAL, RARE], ids=["usual", "rare"])
@decides(
    "VCF-GET-02",
    "VCF-GET-05",
    "VCF-TASK-01",
    "VCF-TASK-02",
    "VCF-TASK-03",
    "VCF-TASK-04",
    "VCF-TASK-05",
    "VCF-TASK-06",
    "VCF-TASK-STATUS-01",
    "VCF-TASK-STATUS-02",
    "VCF-TASK-STATUS-03",
)
def test_tasks_of_every_status_are_shown(vcf: Vcf, meanings: tuple[Meaning, ...]) -> None:
    """A task that exists is shown with 200, in the status in which it was made, with all that a task has to have.

    The members are looked at in every exchange of a run; this check brings about a task of each status.
    """
    batch = vcf.fresh_tasks([TaskPlan(meaning) for meaning in meanings])

    shown = {task_id: vcf.task(task_id) for task_id in batch.ids}

    before_retry(vcf, batch)
    for each in ("TASK-01", "TASK-02", "TASK-03", "TASK-04", "TASK-05", "TASK-06"):
        vcf.judge.expect(f"VCF-{each}", bool(shown), expected="tasks to look at")
    for each in ("STATUS-01", "STATUS-02", "STATUS-03"):
        vcf.judge.expect(f"VCF-TASK-{each}", bool(shown), expected="tasks to look at")
    vcf.judge.expect("VCF-GET-05", bool(shown), expected="tasks to look at")


@decides(
    "VCF-GET-02", "VCF-TASK-01", "VCF-TASK-02", "VCF-TASK-03", "VCF-TASK-STATUS-01", "VCF-TASK-STATUS-02", "VCF-TASK-04"
)
def test_tasks_that_exist_are_shown(vcf: Vcf) -> None:
    """Tasks that are known or listed are shown with 200, and with all that a task has to have."""
    batch = vcf.some_tasks([FAILED])

    for task_id in batch.ids[:5]:
        vcf.task(task_id)
    for each in ("TASK-01", "TASK-02", "TASK-03", "TASK-04", "TASK-STATUS-01", "TASK-STATUS-02"):
        vcf.judge.expect(f"VCF-{each}", bool(batch.ids), expected="tasks to look at")


@decides("VCF-GET-01")
def test_get_needs_nothing_but_the_id(vcf: Vcf) -> None:
    """A task is shown without any header but the token, and whatever else stands in the request."""
    task_id = vcf.some_tasks([FAILED]).ids[0]

    for headers in ({"Accept": None}, {"Accept": "*/*"}, {"Content-Type": "application/json"}):
        answer = vcf.get(task_id, headers=headers)
        vcf.judge.expect(
            "VCF-GET-01", answer.accepted, answer.exchange, expected=f"200 with the headers changed by {headers}"
        )
    for headers, query in (({"X-Unknown": "1", "User-Agent": "a-client/1.0"}, ""), ({}, "unknown=1&unknown=%C3%A9")):
        answer = vcf.get(task_id, headers=headers, query=query)
        expected = f"200, since {query or 'a further header'} means nothing here"
        vcf.judge.expect("VCF-GET-01", answer.accepted, answer.exchange, expected=expected, strict=not query)


@decides("VCF-GET-05")
def test_reading_changes_nothing(vcf: Vcf) -> None:
    """Tasks that have ended stay as they are, and one that runs goes on, however often and however they are read."""
    batch = vcf.some_tasks([TaskPlan(meaning) for meaning in Meaning])
    first = vcf.snapshot(batch, batch.ids[: len(Meaning)])

    for task_id in list(first)[:3]:
        vcf.get(task_id)
    if vcf.claims(LIST):
        vcf.list()
        # These tasks are to be on the page, where the server makes them.
        these = {"taskName": batch.mark} if batch.mark else {}
        vcf.list({**these, "taskStatus": "Failed", "pageSize": "5"})
        vcf.list({**these, "doLiveRefresh": "true", "pageSize": "20"}, open_=True)
    last = vcf.snapshot(batch, first)
    for task_id, before in first.items():
        now = last.get(task_id)
        if now is None:
            vcf.judge.expect("VCF-GET-05", False, expected=f"{task_id} still there", strict=batch.fresh)
            continue
        ended = before.meaning in ENDED
        vcf.judge.expect(
            "VCF-GET-05",
            now.state == before.state or (not ended and now.lasting == before.lasting),
            expected=f"{task_id} as it was: {before.whole[:300]}",
            received=now.whole[:300],
            # Somebody else may retry a failed task that was not made for this check.
            strict=batch.fresh or (ended and before.meaning is not Meaning.FAILED),
        )
        vcf.judge.expect(
            "VCF-GET-05",
            ended or now.state == before.state,
            expected=f"{task_id} still under way",
            received=now.status,
            strict=batch.promised and before.meaning is Meaning.IN_PROGRESS,
        )


# What a name may hold: quotes, what only JSON or HTML makes something of, characters beyond ASCII and beyond 16 bits.
NAMES = ("\"quoted\" 'twice' \\ / <b>&amp; 100 % {0}", "T\u00e2che \u65e5\u5fd7 \U0001f4c8 \u202e", "long " + "x" * 300)


@decides("VCF-GET-02", "VCF-LIST-01", "VCF-RETRY-05", "VCF-RETRY-10")
def test_names_of_every_kind_are_shown(vcf: Vcf) -> None:
    """A task is shown, listed, retried and refused whatever its name is, where the provider of states takes the name.

    A refusal may quote the name, and is an Error for all that.
    """
    batch = vcf.fresh_tasks([TaskPlan(Meaning.FAILED, label=name) for name in NAMES])

    shown = vcf.snapshot(batch)
    vcf.judge.expect(
        "VCF-GET-02", len(shown) == len(batch.ids), expected="each task, whatever its name", received=str(len(shown))
    )
    if vcf.claims(LIST):
        answer = vcf.list({"pageSize": "100", "taskName": batch.mark})
        expected = "200 and a page, whatever the tasks' names"
        vcf.judge.expect("VCF-LIST-01", answer.page is not None, answer.exchange, expected=expected)
        names = {task.id: task.name for task in answer.page.tasks} if answer.page else {}
        for task_id, task in shown.items():
            vcf.judge.expect(
                "VCF-LIST-01",
                names.get(task_id, task.name) == task.name,
                answer.exchange,
                expected=f"the name of the task {task_id} as getTask shows it",
                received=f"{names.get(task_id)!r}"[:100],
                strict=False,
            )
    for task_id, name in zip(batch.ids, NAMES, strict=True):
        if vcf.claims(RETRY):
            expect_retried(vcf, batch, vcf.retry(task_id), shown, task_id, f"the task failed, whose name is {name!r}")
            vcf.retry(task_id)
    vcf.judge.expect("VCF-RETRY-10", True, expected="an Error, which is looked at in every exchange")
    vcf.judge.expect("VCF-RETRY-05", True, expected="looked at where tasks can be retried")


@decides("VCF-GET-05")
def test_head_and_options_change_nothing(vcf: Vcf) -> None:
    """HEAD and OPTIONS are open, but they change no task (vcf A24)."""
    batch = vcf.fresh_tasks([FAILED, TaskPlan(Meaning.SUCCESSFUL)])
    before = before_retry(vcf, batch)
    if not before:
        raise Untestable(f"needs {GET} or a list to see what became of the tasks")

    for method in ("HEAD", "OPTIONS"):
        answer = vcf.send_other(method, f"/v1/tasks/{quote(batch.ids[0], safe='')}")
        vcf.judge.expect(
            "VCF-GET-05",
            answer.status < 500 or answer.status == 501,
            answer.exchange,
            expected="no server fault",
            strict=False,
        )
    now = vcf.snapshot(batch)
    vcf.judge.expect(
        "VCF-GET-05",
        all(task_id in now and now[task_id].state == task.state for task_id, task in before.items()),
        expected="both tasks as they were after HEAD and OPTIONS",
        received=", ".join(f"{task.id}: {task.status}" for task in now.values()),
    )


@decides("VCF-TASK-05")
def test_flags_follow_the_status(vcf: Vcf) -> None:
    """A task that is retried is failed no longer, so isRetryable is true no longer; that is seen in every exchange."""
    batch = vcf.tasks([FAILED])
    before_retry(vcf, batch)

    vcf.retry(batch.ids[0])
    vcf.get(batch.ids[0])
    vcf.judge.expect("VCF-TASK-05", True, expected="isRetryable true on failed tasks alone")
