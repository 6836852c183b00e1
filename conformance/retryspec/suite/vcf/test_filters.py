"""The filters of the list: only what matches is shown, and all of it."""

import random
from collections.abc import Mapping

from retryspec.checks import Untestable, decides
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import before_retry, expect_retried, expect_under_way
from retryspec.suite.vcf.model import Batch, Meaning, Task, TaskPlan, meaning_of, moment_of

MEANINGS = (
    Meaning.FAILED,
    Meaning.SUCCESSFUL,
    Meaning.IN_PROGRESS,
    Meaning.CANCELLED,
    Meaning.FAILED,
    Meaning.PENDING,
    Meaning.SUCCESSFUL,
)
MIXED = [TaskPlan(meaning) for meaning in MEANINGS]
NONE: set[str] = set()
TYPE = "taskType"
COMBINATIONS = 16


def tasks_of(vcf: Vcf, batch: Batch) -> dict[str, Task]:
    """The tasks, where the name tells them from all others, so that they can be listed alone."""
    tasks = before_retry(vcf, batch)
    if not all(batch.mark in (task.name or "") for task in tasks.values()):
        raise Untestable("needs tasks with the names that were asked for")
    found = vcf.walk({"taskName": batch.mark})
    missing = set(tasks) - set(found)
    # What the whole list does not have either is for its own checks to say.
    left_out = sorted(missing & set(vcf.listed(batch, missing))) if missing else []
    vcf.judge.expect(
        "VCF-LIST-05",
        not left_out,
        expected=f"all tasks whose name contains {batch.mark}",
        received=f"without {left_out[:3]}",
    )
    if len(found) < 2:
        raise Untestable("needs tasks that are listed by their name", because="VCF-LIST-05")
    return {task_id: task for task_id, task in tasks.items() if task_id in found}


def expect_just(
    vcf: Vcf, batch: Batch, query: dict[str, str], wanted: set[str], welcome: set[str] = NONE, *, open_: bool = False
) -> None:
    """With a filter the list has just these tasks of the batch; that others match too is looked at in every answer.

    Args:
        vcf: the server.
        batch: the tasks that the filter selects from.
        query: the filter.
        wanted: what has to be there.
        welcome: what may be there as well.
        open_: such a query may be refused.
    """
    answer = vcf.list({"taskName": batch.mark, "pageSize": "100", **query}, open_=open_)
    if open_ and answer.refused:
        return
    found = {task.id for task in vcf.page(answer).tasks}
    if not wanted <= found:
        found |= vcf.walk({"taskName": batch.mark, **query}).keys()  # a page may be shorter than was asked for
    missing, beside = sorted(wanted - found), sorted(found - wanted - welcome)
    received = (f"without {', '.join(missing[:3])}", f"also {', '.join(beside[:3])}, which does not match")
    vcf.judge.expect(
        "VCF-LIST-05",
        not missing and not beside,
        expected=f"with {query} the {len(wanted)} tasks that match, and no others",
        received="; ".join(text for text, ids in zip(received, (missing, beside), strict=True) if ids),
    )


@decides("VCF-LIST-05")
def test_filters_select_what_matches(vcf: Vcf) -> None:
    """Name, status, type and resource each select just the tasks that match, alone and together."""
    batch = vcf.fresh_tasks(MIXED)
    tasks = tasks_of(vcf, batch)
    one = list(tasks.values())[len(tasks) // 2]

    expect_just(vcf, batch, {}, set(tasks))
    expect_just(vcf, batch, {"taskName": one.name or ""}, {one.id})
    for status in {task.status for task in tasks.values()}:
        vcf.list({"taskStatus": status, "limit": "20"})
        expect_just(vcf, batch, {"taskStatus": status}, *of_status(tasks, status))
    rules = [(TYPE, kind, of_type(tasks, kind)) for kind in {task.type for task in tasks.values()} if kind]
    for resource_id, kind in one.resources[:1]:
        with_it = {i for i, task in tasks.items() if resource_id in [found for found, _ in task.resources]}
        of_kind = {i for i, task in tasks.items() if kind in [found for _, found in task.resources]}
        rules += [("resourceId", resource_id, with_it), ("resourceType", kind, of_kind)]
    for name, value, wanted in rules:
        if name != TYPE or value == one.type:
            vcf.list({name: value, "pageSize": "20"})
        expect_just(vcf, batch, {name: value}, wanted)
    # What only begins like the value of a task is no task's, unless it is the whole value of another one.
    cut_type = max((task.type or "" for task in tasks.values()), key=len)[:-1] or f"ABSENT_{batch.mark}"
    cut_id = next((resource_id for resource_id, _ in one.resources), f"absent-{batch.mark}")[:-1] or "absent"
    expect_just(vcf, batch, {TYPE: cut_type}, of_type(tasks, cut_type))
    expect_just(vcf, batch, {"resourceId": cut_id}, {i for i, task in tasks.items() if cut_id in dict(task.resources)})
    expect_both(vcf, batch, tasks)


def of_status(tasks: Mapping[str, Task], status: str) -> tuple[set[str], set[str]]:
    """The tasks with just this status, and those with another spelling of it (vcf R-13)."""
    same = {task_id for task_id, task in tasks.items() if task.status == status}
    return same, {i for i, task in tasks.items() if task.meaning is not None and task.meaning is meaning_of(status)}


def of_type(tasks: Mapping[str, Task], kind: str) -> set[str]:
    """The tasks of a type."""
    return {task_id for task_id, task in tasks.items() if task.type == kind}


def expect_both(vcf: Vcf, batch: Batch, tasks: Mapping[str, Task]) -> None:
    """A status and a type together select what has both, with an order or without."""
    for one in tasks.values():
        same, alike = of_status(tasks, one.status)
        kin = of_type(tasks, one.type or "")
        if same & kin < same and alike & kin < kin:
            query = {"taskStatus": one.status, TYPE: one.type or ""}
            expect_just(vcf, batch, query, same & kin, alike & kin)
            expect_just(vcf, batch, {**query, "orderBy": "creationTimestamp"}, same & kin, alike & kin, open_=True)
            return


@decides("VCF-LIST-05")
def test_all_parameters_together(vcf: Vcf) -> None:
    """All filters, a page and its size are asked for at once, as the clients of the vendor may."""
    batch = vcf.fresh_tasks(MIXED)
    tasks = tasks_of(vcf, batch)
    # The more a task tells of itself, the more filters there are.
    one = max(tasks.values(), key=lambda task: (bool(task.type), len(task.resources)))
    known = filters_of(tasks, one)
    number = vcf.page(vcf.list({"taskName": batch.mark})).number
    query = {name: value for name, value, _, _ in known}
    query |= {"doLiveRefresh": "false"} | ({} if number is None else {"pageNumber": str(number)})

    wanted, welcome = (set(tasks).intersection(*(each[place] for each in known)) for place in (2, 3))
    expect_just(vcf, batch, query, wanted, welcome)


@decides("VCF-LIST-05")
def test_filters_hold_together(vcf: Vcf) -> None:
    """Any filters together, in any order and in pages of any size, select just the tasks that match them all."""
    batch = vcf.fresh_tasks([*MIXED, *MIXED])
    tasks = tasks_of(vcf, batch)
    chance = random.Random(vcf.session.options.seed)

    for one in chance.choices(list(tasks.values()), k=COMBINATIONS):
        # The values are those of one task, or one of them is another's.
        known = filters_of(tasks, one) + filters_of(tasks, chance.choice(list(tasks.values())))
        chosen = {name: (value, sets) for name, value, *sets in chance.sample(known, min(3, len(known)))}
        wanted, welcome = (set(tasks).intersection(*(sets[place] for _, sets in chosen.values())) for place in range(2))
        query = {name: value for name, (value, _) in chosen.items()}
        expect_just(vcf, batch, query, wanted, welcome)
        if len(welcome) > 1:
            expect_inside(vcf, batch, {**query, "pageSize": "1"}, welcome)


def filters_of(tasks: Mapping[str, Task], one: Task) -> list[tuple[str, str, set[str], set[str]]]:
    """Every filter that selects a task: its name and value, what it has to select, and what it may as well."""
    found = [("taskStatus", one.status, *of_status(tasks, one.status))]
    if one.type:
        kin = of_type(tasks, one.type)
        found.append((TYPE, one.type, kin, kin))
    for resource_id, kind in one.resources[:1]:
        with_it = {i for i, task in tasks.items() if resource_id in [found_id for found_id, _ in task.resources]}
        of_kind = {i for i, task in tasks.items() if kind in [found_kind for _, found_kind in task.resources]}
        found += [("resourceId", resource_id, with_it, with_it), ("resourceType", kind, of_kind, of_kind)]
    return found


def expect_inside(vcf: Vcf, batch: Batch, query: dict[str, str], welcome: set[str]) -> None:
    """A page that is too short for all of them shows no task that does not match."""
    answer = vcf.list({"taskName": batch.mark, **query})
    shown = {task.id for task in vcf.page(answer).tasks}
    vcf.judge.expect(
        "VCF-LIST-05",
        shown <= welcome,
        answer.exchange,
        expected=f"no task that does not match {query}",
        received=f"also {sorted(shown - welcome)[:3]}",
    )


@decides("VCF-LIST-05")
def test_a_name_is_text(vcf: Vcf) -> None:
    """What stands for any characters elsewhere stands for itself in `taskName`: the name has to contain the text."""
    batch = vcf.fresh_tasks(MIXED[:2])
    tasks_of(vcf, batch)

    for name in (f"{batch.mark[:-1]}_", f"{batch.mark[:3]}%{batch.mark[-3:]}", f"{batch.mark[:3]}.*{batch.mark[-3:]}"):
        answer = vcf.list({"taskName": name, "pageSize": "20"}, open_=True)
        shown = [] if answer.refused else [task.id for task in vcf.page(answer).tasks if task.id in batch.ids]
        vcf.judge.expect(
            "VCF-LIST-05",
            not shown,
            answer.exchange,
            expected=f"no task whose name does not contain {name!r}",
            received=", ".join(shown[:3]),
        )


@decides("VCF-LIST-05")
def test_spellings_of_a_status_select_no_other(vcf: Vcf) -> None:
    """Whether another spelling of a status selects the same tasks is open, but it selects no other (vcf R-13)."""
    batch = vcf.fresh_tasks([TaskPlan(meaning) for meaning in Meaning])
    shown = {task.status for task in tasks_of(vcf, batch).values()}

    for status in {"FAILED", "Failed", "IN_PROGRESS", "In Progress", *shown}:
        answer = vcf.list({"taskName": batch.mark, "taskStatus": status}, open_=True)
        # A value is refused at most where it is not the server's own.
        if status in shown or not answer.refused:
            vcf.page(answer)
    vcf.judge.expect("VCF-LIST-05", True, expected="looked at in every exchange")


@decides("VCF-LIST-05")
def test_completed_after_selects_what_ended_later(vcf: Vcf) -> None:
    """`completedAfter` selects the tasks that succeeded or failed after that time, and no others."""
    batch = vcf.fresh_tasks(MIXED)
    tasks = tasks_of(vcf, batch)
    ended = {
        task_id: int(1000 * moment.timestamp())
        for task_id, task in tasks.items()
        if task.meaning in (Meaning.FAILED, Meaning.SUCCESSFUL) and (moment := moment_of(task.completed)) is not None
    }
    if len(ended) < sum(task.meaning in (Meaning.FAILED, Meaning.SUCCESSFUL) for task in tasks.values()) or not ended:
        raise Untestable("needs ended tasks that say when they were completed")

    times = sorted(set(ended.values()))
    # A time may be shown to the second only, and then the true one lies up to a second later.
    margin = 1002 if all(time % 1000 == 0 for time in times) else 2
    for after in {times[0] - 2000, *(time + margin for time in times), times[-1] + 2000}:
        # What ended about then is not looked at, for servers that count whole seconds.
        if all(abs(time - after) > 1500 or time + margin == after for time in times):
            expect_just(vcf, batch, {"completedAfter": str(after)}, {i for i, time in ended.items() if time > after})
    vcf.judge.expect("VCF-LIST-05", bool(ended), expected="tasks that have ended")


@decides("VCF-LIST-05")
def test_filter_follows_a_retry(vcf: Vcf) -> None:
    """A task that is retried moves from the failed ones to those under way in a filtered list as well."""
    batch = vcf.fresh_tasks([TaskPlan(Meaning.FAILED)] * 3)
    tasks = tasks_of(vcf, batch)
    named = next(iter(tasks))
    failed = tasks[named].status

    expect_retried(vcf, batch, vcf.retry(named), tasks, named, "the task failed")
    if not expect_under_way(vcf, batch, [named], tasks):
        raise Untestable("the retry had no effect", because="VCF-RETRY-05")
    listed = vcf.walk({"taskName": batch.mark})
    for status in {failed, *(task.status for task in listed.values())}:
        expect_just(vcf, batch, {"taskStatus": status}, *of_status(listed, status))
