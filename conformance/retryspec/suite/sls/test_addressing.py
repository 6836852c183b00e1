"""The path, and what it and the Host name: project, logstore, shipper."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import (
    Surroundings,
    expect_accepted,
    expect_no_effect,
    expect_refused,
    expect_running,
    expect_twin,
    expect_unchanged,
    retried,
)
from retryspec.suite.sls.model import HOUR, MOST_RETRIED, STATUSES, TaskPlan
from retryspec.suite.sls.shape import GET, PUT

FAILED = TaskPlan("fail")
# A name that ends in a short number: without its last digit it may be the name of an earlier one.
COUNTED = re.compile("(^|[^0-9A-Za-z])[A-Za-z]*[0-9]{1,6}$")
BOTH = pytest.mark.parametrize("operation", [GET, PUT])


def another_name() -> str:
    """A legal name that nobody uses."""
    return f"absent-{uuid4().hex[:12]}"


def expect_name_in_message(sls: Sls, behaviour: str, answer: Answer, name: str) -> None:
    """The message names what does not exist; the wording is the server's, so this only warns (sls A-09, A-10)."""
    sls.judge.expect(
        behaviour,
        name in (answer.error_message or ""),
        answer.exchange,
        expected=f"an errorMessage that names {name}",
        strict=False,
    )


@decides("SLS-GET-01", "SLS-COMMON-01")
def test_get_is_answered_on_the_path(sls: Sls) -> None:
    """GET on the documented path answers with a page."""
    answer = sls.get(sls.some_shipper([FAILED, TaskPlan("success")]))

    expect_accepted(sls, "SLS-GET-01", answer, "GET on the path with a window is valid")
    expect_accepted(sls, "SLS-COMMON-01", answer, "GET is on the documented path")


@decides("SLS-RETRY-01", "SLS-COMMON-01", "SLS-RETRY-07", "SLS-RETRY-08", "SLS-RETRY-12")
def test_put_is_answered_on_the_path(sls: Sls) -> None:
    """PUT of one failed id on the documented path answers 200 without a body."""
    shipper = sls.shipper([FAILED])

    answer = sls.put(shipper, shipper.ids("fail"))

    expect_accepted(sls, "SLS-RETRY-01", answer, "PUT of a failed task's id is valid")
    expect_accepted(sls, "SLS-COMMON-01", answer, "PUT is on the documented path")
    expect_accepted(sls, "SLS-RETRY-12", answer, "Content-MD5 and Content-Length are right")
    if answer.accepted:
        sls.judge.expect("SLS-RETRY-07", True, expected="200")  # another 2xx is seen in every exchange,
        sls.judge.expect("SLS-RETRY-08", True, expected="no body")  # and so is a body


@decides("SLS-RETRY-01")
def test_every_id_that_is_listed_can_be_retried(sls: Sls) -> None:
    """Whatever a failed task's id looks like, PUT of it alone answers 200."""
    shipper = sls.fresh_shipper([FAILED] * 5)

    for task_id in shipper.ids("fail"):
        answer = sls.put(shipper, [task_id])
        expect_accepted(sls, "SLS-RETRY-01", answer, f"{task_id} is a failed task's id")


@BOTH
@decides("SLS-COMMON-14", "SLS-RETRY-11")
def test_unknown_project_is_refused(sls: Sls, operation: str) -> None:
    """A project that does not exist gives 404 ProjectNotExist; the same call with the known one succeeds."""
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []

    for name in (another_name(), *[f"{shipper.project}x"] * 2):  # asking once does not bring it about
        answer = sls.call(operation, replace(shipper, project=name))
        answers.append(answer)
        what = f"there is no project {name}"
        if expect_refused(sls, "SLS-COMMON-14", answer, what, statuses=(404,), codes=("ProjectNotExist",)):
            expect_name_in_message(sls, "SLS-COMMON-14", answer, name)
    expect_no_effect(sls, around, answers, "a call to an unknown project")
    expect_twin(sls, operation, sls.call(operation, shipper))


@BOTH
@decides("SLS-COMMON-15", "SLS-COMMON-02", "SLS-RETRY-11")
def test_unknown_logstore_is_refused(sls: Sls, operation: str) -> None:
    """A logstore that does not exist gives 404 LogStoreNotExist; the same call with the known one succeeds."""
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []

    for name in (another_name(), *[f"{shipper.logstore}x"] * 2):  # asking once does not bring it about
        answer = sls.call(operation, replace(shipper, logstore=name))
        answers.append(answer)
        what = f"there is no logstore {name}"
        sls.judge.expect("SLS-COMMON-02", not answer.accepted, answer.exchange, expected=f"no success, since {what}")
        if expect_refused(sls, "SLS-COMMON-15", answer, what, statuses=(404,), codes=("LogStoreNotExist",)):
            expect_name_in_message(sls, "SLS-COMMON-15", answer, name)
    expect_no_effect(sls, around, answers, "a call to an unknown logstore")
    answer = sls.call(operation, shipper)
    expect_twin(sls, operation, answer)
    expect_accepted(sls, "SLS-COMMON-02", answer, "this logstore exists")


@BOTH
@decides("SLS-COMMON-16", "SLS-RETRY-11")
def test_unknown_shipper_is_refused(sls: Sls, operation: str) -> None:
    """A shipper that does not exist gives 400 ShipperNotExist; the same call with the known one succeeds."""
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []

    for name in (another_name(), *[f"{shipper.name}x"] * 2):  # asking once does not bring it about
        answer = sls.call(operation, replace(shipper, name=name))
        answers.append(answer)
        if expect_refused(sls, "SLS-COMMON-16", answer, f"there is no shipper {name}", codes=("ShipperNotExist",)):
            expect_name_in_message(sls, "SLS-COMMON-16", answer, name)
    expect_no_effect(sls, around, answers, "a call to an unknown shipper")
    expect_twin(sls, operation, sls.call(operation, shipper))


@BOTH
@decides("SLS-COMMON-15", "SLS-COMMON-16")
def test_names_of_another_project_are_unknown(sls: Sls, operation: str) -> None:
    """What exists in another project only does not exist in this one."""
    here, there = sls.fresh_shipper([FAILED]), sls.fresh_shipper([FAILED])

    if here.logstore != there.logstore:
        answer = sls.call(operation, replace(here, logstore=there.logstore))
        what = "that logstore is another project's"
        expect_refused(sls, "SLS-COMMON-15", answer, what, statuses=(404,), codes=("LogStoreNotExist",))
    else:
        sls.judge.expect("SLS-COMMON-15", True, expected="the two states share the logstore's name")
    if here.name != there.name:
        answer = sls.call(operation, replace(here, name=there.name))
        expect_refused(sls, "SLS-COMMON-16", answer, "that shipper is another project's", codes=("ShipperNotExist",))
    else:
        sls.judge.expect("SLS-COMMON-16", True, expected="the two states share the shipper's name")


@decides("SLS-COMMON-16", "SLS-COMMON-15", "SLS-COMMON-14")
def test_part_of_a_name_is_no_name(sls: Sls) -> None:
    """Neither a part of a name nor a pattern for it is the name; whether letter case or a blank counts is open."""
    shipper = sls.fresh_shipper([FAILED])
    taken = {name for each in (shipper, *shipper.neighbours) for name in (each.name, each.logstore)}

    # A part may be no legal name, and is refused as such then (sls A-57): that it is refused is what counts.
    parts = [
        ("SLS-COMMON-16", replace(shipper, name=name))
        for name in (shipper.name[:-1], shipper.name[:1], shipper.name[1:], "%", "_" * len(shipper.name))
    ]
    parts += [
        ("SLS-COMMON-15", replace(shipper, logstore=name))
        for name in (shipper.logstore[:-1], shipper.logstore[1:], "%")
    ]
    for behaviour, other in parts:
        if {other.name, other.logstore} - taken and other.name and other.logstore:
            answer = sls.get(other)
            expected = f"a refusal, since {other.logstore}/{other.name} is only a part of a name, or a pattern"
            sls.judge.expect(behaviour, answer.refused, answer.exchange, expected=expected)
    project = shipper.project[:-1]
    if project[-1:].isalnum() and not COUNTED.search(shipper.project):
        answer = sls.get(replace(shipper, project=project))
        what = f"{project} is only a part of a project's name"
        expect_refused(sls, "SLS-COMMON-14", answer, what, statuses=(404,), codes=("ProjectNotExist",))
    else:
        sls.judge.expect("SLS-COMMON-14", True, expected="what is left of it may be a project's name too")
    if shipper.name.swapcase() not in taken:
        answer = sls.get(replace(shipper, name=shipper.name.swapcase()))
        expected = "a refusal, since the name has other letters"
        sls.judge.expect("SLS-COMMON-16", answer.refused, answer.exchange, expected=expected, strict=False)
    answer = sls.get(replace(shipper, name=f"{shipper.name} "))
    expected = "a refusal, since the name has a blank more"
    sls.judge.expect("SLS-COMMON-16", answer.refused, answer.exchange, expected=expected, strict=False)


@decides("SLS-COMMON-16", "SLS-COMMON-03")
def test_shipper_of_another_logstore_is_unknown(sls: Sls) -> None:
    """A shipper's name says nothing in a logstore that has none of that name."""
    shipper = sls.fresh_shipper([FAILED])
    homes = {(each.logstore, each.name) for each in (shipper, *shipper.neighbours)}
    crossed = [
        replace(each, logstore=other.logstore)
        for each in (shipper, *shipper.neighbours)
        for other in shipper.neighbours
        if (other.logstore, each.name) not in homes
    ]
    if not crossed:
        raise Untestable("needs neighbours in the answer of the provider state, in another logstore too")

    before = {each: sls.snapshot(each) for each in (shipper, *shipper.neighbours)}
    everything = [task for tasks in before.values() for task in tasks.values()]
    named = [task.id for tasks in before.values() for task in list(tasks.values())[:3] if task.status == "fail"]
    for each in crossed:
        answer = sls.get(each)
        for one in (answer, sls.put(each, named[:MOST_RETRIED])) if sls.may_retry() else (answer,):
            # Whether there is one of this name after all is for the list to say; a refusal has but one reason.
            sls.judge.expect(
                "SLS-COMMON-16",
                (one.status, one.error_code) == (400, "ShipperNotExist"),
                one.exchange,
                expected=f"400 ShipperNotExist, if {each.logstore} has no shipper {each.name}",
                strict=answer.refused and one.refused,
            )
        shown = set(answer.page.tasks) if answer.page else set()
        for behaviour in ("SLS-COMMON-16", "SLS-COMMON-03"):
            sls.judge.expect(
                behaviour,
                not shown & set(everything),
                answer.exchange,
                expected=f"no task of another logstore for the shipper {each.name} of {each.logstore}",
            )
    for each, tasks in before.items():
        what = "since the retries named shippers of other logstores"
        expect_unchanged(sls, "SLS-COMMON-03", each, tasks, what, strict=shipper.promised)


@BOTH
@decides("SLS-COMMON-20")
def test_the_three_absences_are_told_apart(sls: Sls, operation: str) -> None:
    """Unknown project, logstore and shipper have three different error codes; which of two wins is open (sls A-13)."""
    shipper = sls.shipper_for(operation)
    absent = another_name()

    answers = [
        sls.call(operation, replace(shipper, project=absent)),
        sls.call(operation, replace(shipper, logstore=absent)),
        sls.call(operation, replace(shipper, name=absent)),
    ]
    codes = [answer.error_code for answer in answers]
    sls.judge.expect(
        "SLS-COMMON-20",
        None not in codes and len(set(codes)) == len(codes),
        answers[-1].exchange,
        expected="three different error codes",
        received=", ".join(str(code) for code in codes),
    )
    both = sls.call(operation, replace(shipper, project=absent, logstore=absent, name=absent))
    sls.judge.expect("SLS-COMMON-20", both.refused, both.exchange, expected="a refusal where nothing exists")


@decides("SLS-COMMON-03", "SLS-COMMON-04")
def test_lists_of_namesakes_are_independent(sls: Sls) -> None:
    """Shippers of one name in other logstores and projects, and other shippers here, have tasks of their own."""
    shipper = sls.fresh_shipper([TaskPlan("fail", 2 * HOUR), TaskPlan("success", 3 * HOUR), TaskPlan("fail", 4 * HOUR)])
    other = sls.fresh_shipper([TaskPlan("fail", 5 * HOUR)])

    for behaviour, each in (("SLS-COMMON-03", shipper), ("SLS-COMMON-04", other)):
        shown = {task.id for task in sls.all_tasks(each)}
        sls.judge.expect(
            behaviour,
            shown == set(each.ids()),
            expected="just the tasks of this shipper",
            received=f"also {sorted(shown - set(each.ids()))[:3]}, without {sorted(set(each.ids()) - shown)[:3]}",
        )
    if not shipper.neighbours:
        raise Untestable("needs neighbours in the answer of the provider state")
    own = set(sls.all_tasks(shipper))
    for status in STATUSES:  # a filter may look elsewhere than the whole list does
        own |= set(sls.all_tasks(shipper, status=status, behaviour="SLS-GET-09"))
    for neighbour in shipper.neighbours:
        # Ids may be unique within a shipper alone: what is shared is a task with the same id and the same times.
        shared = own & set(sls.all_tasks(neighbour))
        sls.judge.expect(
            "SLS-COMMON-03",
            not shared,
            expected=f"tasks of its own for {neighbour.logstore}/{neighbour.name}",
            received=f"{sorted(task.id for task in shared)[:3]}, which are those of {shipper.logstore}/{shipper.name}",
        )


@decides("SLS-COMMON-04")
def test_host_names_the_project(sls: Sls) -> None:
    """The same path under another project's Host neither shows nor retries the first project's tasks."""
    shipper = sls.fresh_shipper([TaskPlan("fail", 2 * HOUR), TaskPlan("fail", 3 * HOUR)])
    other = sls.fresh_shipper([TaskPlan("fail", 4 * HOUR)])
    misplaced = replace(shipper, project=other.project)
    before = sls.snapshot(shipper)

    answer = sls.get(misplaced)
    shown = set(answer.page.tasks) if answer.page else set()
    sls.judge.expect(
        "SLS-COMMON-04",
        not shown & set(before.values()),
        answer.exchange,
        expected=f"no task of project {shipper.project} under the Host of {other.project}",
    )
    sls.put(misplaced, shipper.ids("fail"))
    sls.put(other, [task_id for task_id in shipper.ids("fail") if task_id not in other.ids()])
    what = "since the retry named another project"
    expect_unchanged(sls, "SLS-COMMON-04", shipper, before, what, strict=shipper.promised)


@decides("SLS-COMMON-03", "SLS-RETRY-04")
def test_retry_reaches_no_neighbour(sls: Sls) -> None:
    """A retry through one shipper, even of a neighbour's task ids, leaves every neighbour's tasks alone."""
    shipper = sls.fresh_shipper([FAILED, FAILED])
    before = {neighbour: sls.snapshot(neighbour) for neighbour in shipper.neighbours}
    before = {neighbour: tasks for neighbour, tasks in before.items() if tasks}
    if not before:
        raise Untestable("needs neighbours with tasks in the answer of the provider state")
    mine = sls.snapshot(shipper)

    retried(sls, shipper, shipper.ids("fail")[:1])
    for neighbour, tasks in before.items():
        what = "since it belongs to another shipper"
        expect_unchanged(sls, "SLS-COMMON-03", neighbour, tasks, what, strict=shipper.promised)
        foreign = [task.id for task in tasks.values() if task.status == "fail" and task.id not in mine][:2]
        if not foreign:
            continue
        sls.put(shipper, foreign)
        expect_unchanged(sls, "SLS-COMMON-03", neighbour, tasks, what, strict=shipper.promised)
        sls.put(shipper, [*shipper.ids("fail")[:1], *foreign])
        expect_unchanged(sls, "SLS-COMMON-03", neighbour, tasks, what, strict=shipper.promised)
    what = "since it was never named"
    expect_unchanged(sls, "SLS-RETRY-04", shipper, mine, what, but=shipper.ids("fail")[:1], strict=shipper.promised)


@decides("SLS-COMMON-03")
def test_neighbours_can_be_retried_themselves(sls: Sls) -> None:
    """A failed task of a namesake in another logstore is retried through that one's own path."""
    shipper = sls.fresh_shipper([FAILED])
    before = {neighbour: sls.snapshot(neighbour) for neighbour in shipper.neighbours}
    failed = {each: [t.id for t in tasks.values() if t.status == "fail"][:1] for each, tasks in before.items()}
    if not any(failed.values()):
        raise Untestable("needs neighbours with failed tasks in the answer of the provider state")
    mine = sls.snapshot(shipper)

    for neighbour, ids in failed.items():
        if ids:
            retried(sls, neighbour, ids)
            expect_running(sls, "SLS-COMMON-03", neighbour, ids, before[neighbour], strict=shipper.promised)
    what = "since only neighbours were retried"
    expect_unchanged(sls, "SLS-COMMON-03", shipper, mine, what, strict=shipper.promised)


@decides("SLS-COMMON-02", "SLS-COMMON-03")
def test_an_escaped_letter_is_the_same_letter(sls: Sls) -> None:
    """A name is the same with a letter percent-encoded, as URIs have it; that should be so here (RFC 3986, 2.3)."""
    shipper = sls.some_shipper([FAILED])
    request = sls.call_request(GET, shipper)

    for behaviour, before, name in (
        ("SLS-COMMON-02", "/logstores/", shipper.logstore),
        ("SLS-COMMON-03", "/shipper/", shipper.name),
    ):
        letter = name[:1]
        escaped = f"%{ord(letter):02X}" if letter.isascii() and letter.isalnum() else letter
        answer = sls.send(replace(request, target=request.target.replace(before + letter, before + escaped, 1)))
        # How escaped paths are signed is open, and with it a refusal of the signature.
        sls.judge.expect(
            behaviour,
            answer.accepted or answer.status == 401,
            answer.exchange,
            expected="the same one under an escaped spelling of its name",
            strict=False,
        )
