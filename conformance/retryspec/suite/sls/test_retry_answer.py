"""What a retry may name, and how it is answered."""

import json
from collections.abc import Mapping

import pytest

from retryspec.checks import decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import (
    Surroundings,
    expect_accepted,
    expect_no_effect,
    expect_only_these_ran,
    expect_refused,
    expect_running,
    expect_twin,
)
from retryspec.suite.sls.model import MOST_RETRIED, TaskPlan
from retryspec.suite.sls.shape import PUT

FAILED = TaskPlan("fail")


# What fits a body that cannot be read (sls ).
BODY_CODES = ("PostBodyInvalid", "ParameterInvalid", "MissingParameter", "InvalidContentType", "PostBodyTooLarge")


def failed(many: int) -> list[TaskPlan]:
    """So many failed tasks."""
    return [FAILED] * many


@decides("SLS-RETRY-06", "SLS-RETRY-07", "SLS-RETRY-08")
def test_ten_tasks_may_be_retried(sls: Sls) -> None:
    """Ten different failed tasks in one request are accepted, and all ten run."""
    shipper = sls.shipper(failed(MOST_RETRIED + 3))
    names = shipper.ids("fail")[MOST_RETRIED + 1 : 2 : -1] + shipper.ids("fail")[:1]
    before = sls.snapshot(shipper) if sls.claims_get() else {}

    answer = sls.put(shipper, names)
    accepted = expect_accepted(sls, "SLS-RETRY-06", answer, "ten tasks are allowed")
    for behaviour in ("SLS-RETRY-07", "SLS-RETRY-08"):
        if accepted:
            sls.judge.expect(behaviour, True, expected="an empty 200")
        else:
            sls.judge.leave_out(behaviour)
    if accepted and sls.claims_get():
        expect_running(sls, "SLS-RETRY-06", shipper, names, before)
        expect_only_these_ran(sls, "SLS-RETRY-06", shipper, names, before)


@decides("SLS-RETRY-05", "SLS-RETRY-11")
def test_more_than_ten_tasks_are_refused(sls: Sls) -> None:
    """Eleven different failed tasks and more give 400 ParameterInvalid and do nothing; ten of them are accepted."""
    shipper = sls.shipper(failed(25))
    ids = shipper.ids("fail")
    around = Surroundings.of(sls, shipper)

    lists = [ids[: MOST_RETRIED + 1], ids[:MOST_RETRIED:-1][: MOST_RETRIED + 2], ids]
    lists.append(ids[:1] + [f"absent-{number}" for number in range(100)])
    lists.append(lists[0])  # which is as many the second time
    answers = [sls.put(shipper, names) for names in lists]
    for names, answer in zip(lists, answers, strict=True):
        expect_refused(sls, "SLS-RETRY-05", answer, f"{len(names)} tasks are named", codes=("ParameterInvalid",))
    expect_no_effect(sls, around, answers, "a retry of more than ten tasks")
    answer = sls.put(shipper, ids[:MOST_RETRIED])
    accepted = expect_accepted(sls, "SLS-RETRY-05", answer, "ten of the same tasks are allowed")
    if accepted and sls.claims_get():
        expect_running(sls, "SLS-RETRY-05", shipper, ids[:MOST_RETRIED], around.before(shipper))


@pytest.mark.parametrize("order", ["as in the seed", "first twice", "all the same", "ten entries"])
@decides("SLS-RETRY-10")
def test_repeated_id_is_no_error(sls: Sls, order: str) -> None:
    """An id that is named twice among at most ten entries is accepted, and everything that is named runs."""
    shipper = sls.shipper(failed(3))
    first, second, third = shipper.ids("fail")
    names = {
        "as in the seed": [first, second, second],
        "first twice": [first, first, second],
        "all the same": [first] * 2,
        "ten entries": [first, second, third] * 3 + [first],
    }[order]
    before = sls.snapshot(shipper) if sls.claims_get() else {}

    answer = sls.put(shipper, names)
    if expect_accepted(sls, "SLS-RETRY-10", answer, "an id may be repeated (sls A-41)") and sls.claims_get():
        expect_running(sls, "SLS-RETRY-10", shipper, set(names), before)
        expect_only_these_ran(sls, "SLS-RETRY-10", shipper, names, before)


def bad_bodies(task_id: str) -> Mapping[str, bytes]:
    """Bodies that are no JSON array, each with a real id where one can be in it."""
    quoted = json.dumps(task_id)
    return {
        "an object": f'{{"tasks": [{quoted}]}}'.encode(),
        "an object of ids": f"{{{quoted}: {quoted}}}".encode(),
        "an empty object": b"{}",
        "a string": quoted.encode(),
        "a number": b"1",
        "null": b"null",
        "true": b"true",
        "false": b"false",
        "zero": b"0",
        "an empty string": b'""',
        "a string with an array in it": json.dumps(f"[{quoted}]").encode(),
        "an unclosed array": f"[{quoted}".encode(),
        "an array with a comma too much": f"[{quoted},]".encode(),
        "an array and more": f"[{quoted}] x".encode(),
        "two arrays": f"[{quoted}][{quoted}]".encode(),
        "two arrays on two lines": f"[{quoted}]\n[{quoted}]\n".encode(),
        "single quotes": f"['{task_id}']".encode(),
        "no quotes": f"[{task_id}x]".encode(),
        "ids alone": f"{task_id}x, {task_id}".encode(),
        "an array with a line break in a string": f'[{quoted}, "x\ny"]'.encode(),
        "no UTF-8": b'["\xff\xfe"]',
        "a form": f"tasks={task_id}".encode(),
    }


@decides("SLS-RETRY-02", "SLS-RETRY-11", "SLS-COMMON-17")
def test_body_that_is_no_array_is_refused(sls: Sls) -> None:
    """Anything but a JSON array is refused with an error body, with 400 at best, and does nothing (sls A-17)."""
    shipper = sls.shipper(failed(1))
    around = Surroundings.of(sls, shipper)

    bodies = bad_bodies(shipper.ids("fail")[0])
    answers = [sls.put(shipper, body) for body in bodies.values()]
    for name, answer in zip(bodies, answers, strict=True):
        expected = f"a refusal with an error body, since the body is {name}"
        sls.judge.expect(
            "SLS-RETRY-02", answer.refused and answer.error_code is not None, answer.exchange, expected=expected
        )
        expect_refused(sls, "SLS-RETRY-02", answer, f"the body is {name}", codes=BODY_CODES, strict=False)
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")
    expect_no_effect(sls, around, answers, "a body that is no array")
    answer = sls.put(shipper, shipper.ids("fail"))
    expect_twin(sls, PUT, answer)


@decides("SLS-RETRY-02")
def test_any_spelling_of_the_array_is_read(sls: Sls) -> None:
    """White space and escapes are JSON's business: the array is the same with them."""
    shipper = sls.shipper(failed(5))
    first, second, third, fourth, fifth = shipper.ids("fail")
    before = sls.snapshot(shipper) if sls.claims_get() else {}
    units = second.encode("utf-16-be")
    escaped = "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

    ten_times = ",\r\n".join([json.dumps(first)] * MOST_RETRIED)
    bodies = {
        first: f"\n[\t{ten_times}{' ' * 4096}] \n".encode(),
        second: f'["{escaped}"]'.encode(),
        third: json.dumps([third], ensure_ascii=False).encode(),
        fourth: json.dumps([fourth, fifth], separators=(",", ":")).encode(),
    }
    for body in bodies.values():
        answer = sls.put(shipper, body)
        expect_accepted(sls, "SLS-RETRY-02", answer, "the body is a JSON array, however it is spelt")
    if sls.claims_get():
        expect_running(sls, "SLS-RETRY-02", shipper, [*bodies, fifth], before)


@decides("SLS-RETRY-02", "SLS-RETRY-12")
def test_letters_beyond_ascii_are_bytes(sls: Sls) -> None:
    """A body in UTF-8 is answered like the same in ASCII with escapes: length and digest are those of its bytes."""
    names = ["absent-\u65e5\u5fd7", "absent-\u00e9", "absent-\U0001f4c8"]

    answers = []
    for ascii_alone in (True, False):
        shipper = sls.shipper(failed(1))
        body = json.dumps(shipper.ids("fail") + names, ensure_ascii=ascii_alone).encode()
        answers.append(sls.put(shipper, body))
    escaped, plain = answers
    for behaviour in ("SLS-RETRY-02", "SLS-RETRY-12"):
        sls.judge.expect(
            behaviour,
            plain.status == escaped.status,
            plain.exchange,
            expected=f"{escaped.status}, as for the same array in ASCII",
        )


@decides("SLS-RETRY-02", "SLS-RETRY-04", "SLS-COMMON-17")
def test_nothing_runs_that_no_string_names(sls: Sls) -> None:
    """An absent or empty body, an empty array and items that are no strings retry nothing (sls A-43, R-07, R-08)."""
    shipper = sls.shipper(failed(3))
    before = sls.snapshot(shipper) if sls.claims_get() else {}
    quoted = json.dumps(shipper.ids("fail")[0])

    empty = [sls.put(shipper, None), sls.put(shipper, b""), sls.put(shipper, b"[]")]
    items = ("1", "null", "true", "1.5", "{}", f"[{quoted}]", f'{{"id": {quoted}}}', f"{{{quoted}: true}}", '""')
    numbers = tuple(task_id for task_id in shipper.ids("fail") if task_id.isascii() and task_id.isdigit())
    odd = [sls.put(shipper, f"[{item}]".encode()) for item in items + numbers]
    for answer in (*empty, *odd):
        sls.judge.expect(
            "SLS-RETRY-02",
            answer.accepted or answer.refused,
            answer.exchange,
            expected="400 with an error body, or 200 that does nothing",
        )
    for answer in empty[:2]:
        sls.judge.expect(
            "SLS-RETRY-02",
            answer.accepted or (answer.status in (400, 411, 415) and answer.error_code is not None),
            answer.exchange,
            expected="400 with an error body, since there is no body",
            strict=False,
        )
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")
    if sls.claims_get():
        expect_only_these_ran(sls, "SLS-RETRY-04", shipper, (), before)


@decides("SLS-RETRY-03", "SLS-RETRY-11", "SLS-COMMON-17")
def test_content_type_of_a_retry(sls: Sls) -> None:
    """`application/json` is accepted, with a charset too at best; the rest is open, but no fault (sls A-18)."""
    answer = sls.put(sls.shipper(failed(1)), ["absent-1"], headers={"Content-Type": "application/json"})
    sls.judge.expect(
        "SLS-RETRY-03", answer.status != 415, answer.exchange, expected="anything but 415 for application/json"
    )
    shipper = sls.shipper(failed(1))
    answer = sls.put(shipper, shipper.ids("fail"), headers={"Content-Type": "application/json"})
    expect_accepted(sls, "SLS-RETRY-03", answer, "the body is declared as application/json")
    shipper = sls.shipper(failed(1))
    answer = sls.put(shipper, shipper.ids("fail"), headers={"Content-Type": "application/json; charset=utf-8"})
    expect_accepted(sls, "SLS-RETRY-03", answer, "a charset does not change the media type", strict=False)
    for other in ("text/plain", "application/x-protobuf", "nonsense", None):
        shipper = sls.shipper(failed(1))
        around = Surroundings.of(sls, shipper)
        answer = sls.put(shipper, shipper.ids("fail"), headers={"Content-Type": other})
        expect_no_effect(sls, around, [answer], f"a body declared as {other}")
        sls.judge.expect(
            "SLS-RETRY-03",
            answer.accepted or answer.refused,
            answer.exchange,
            expected=f"acceptance or a refusal for Content-Type {other}",
        )
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


@decides("SLS-RETRY-07", "SLS-RETRY-08", "SLS-RETRY-01")
def test_every_success_is_an_empty_200(sls: Sls) -> None:
    """Whatever is retried, success is 200 without a body; that is looked at in every exchange of a run."""
    shipper = sls.shipper(failed(4))
    ids = shipper.ids("fail")

    for names in (ids[:1], ids[1:3], [ids[3], ids[3]]):
        if expect_accepted(sls, "SLS-RETRY-01", sls.put(shipper, names), "failed tasks are named"):
            sls.judge.expect("SLS-RETRY-07", True, expected="200")
            sls.judge.expect("SLS-RETRY-08", True, expected="no body")


@decides("SLS-RETRY-14", "SLS-RETRY-04", "SLS-COMMON-17")
def test_query_of_a_retry_means_nothing(sls: Sls) -> None:
    """Query parameters of a retry are nobody's business: the named task runs, or the call is refused."""
    shipper = sls.shipper(failed(4))
    ids = shipper.ids("fail")
    before = sls.snapshot(shipper) if sls.claims_get() else {}

    queries = ("unknown=1", "from=1&to=2&status=success&size=0", "unknown", "unknown=%E6%97%A5%00")
    for task_id, query in zip(ids, queries, strict=True):
        answer = sls.send(sls.put_request(shipper, [task_id], query=query))
        sls.judge.expect("SLS-RETRY-14", answer.accepted, answer.exchange, expected=f"200 with the query {query}")
        if answer.accepted and sls.claims_get():
            expect_running(sls, "SLS-RETRY-04", shipper, [task_id], before)
    sls.judge.expect("SLS-RETRY-04", True, expected="what was accepted runs")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


@decides("SLS-COMMON-17", "SLS-RETRY-04")
def test_odd_retries_are_no_fault(sls: Sls) -> None:
    """A wrong Content-MD5, a chunked body and huge or strange ids are open, but never a fault."""
    shipper = sls.shipper(failed(2))
    first, second = shipper.ids("fail")
    before = sls.snapshot(shipper) if sls.claims_get() else {}

    strange = ["\u0000", "\u65e5\u5fd7", "\U0001f4c8", "' OR '1'='1", "%", "*", "../..", '"', "\\"]
    odd = [
        sls.put(shipper, [first], headers={"Content-MD5": "0" * 32}),
        sls.put(shipper, [second], chunked=True),
        sls.put(shipper, ["x" * 20_000]),
        sls.put(shipper, strange),
        *(sls.put(shipper, [task_id]) for task_id in strange),
        sls.put(shipper, b'["\\ud800"]'),
        sls.put(sls.shipper([]), ["absent-task"]),
    ]
    for answer in odd:
        sls.judge.expect(
            "SLS-COMMON-17", answer.accepted or answer.refused, answer.exchange, expected="acceptance or a refusal"
        )
    if sls.claims_get():
        expect_only_these_ran(sls, "SLS-RETRY-04", shipper, shipper.ids("fail"), before)
        accepted = [task_id for task_id, answer in ((first, odd[0]), (second, odd[1])) if answer.accepted]
        expect_running(sls, "SLS-RETRY-04", shipper, accepted, before)
    else:
        sls.judge.expect("SLS-RETRY-04", True, expected="nothing to look at without the status operation")
