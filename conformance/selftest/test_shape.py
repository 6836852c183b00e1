"""The form of answers: what is wrong with one is found whatever was sent, and told without a limit being passed."""

import json
from typing import Any

import pytest
from retryspec.documents import load_document
from retryspec.exchange import Response
from retryspec.shape import MOST_DEPTH, MOST_ERRORS, MOST_VALUES, BadJson, Shape, ShapeProblem, Trouble, parse_json

GET, PUT = "getShipperStatus", "retryShipperTask"
SHAPE = Shape(load_document("sls"))

TASK: dict[str, Any] = {
    "id": "abcdefghijk",
    "taskStatus": "success",
    "taskMessage": "",
    "taskCreateTime": 1448925013,
    "taskLastDataReceiveTime": 1448915013,
    "taskFinishTime": 1448926013,
}
PAGE: dict[str, Any] = {
    "count": 1,
    "total": 1,
    "statistics": {"running": 0, "success": 1, "fail": 0},
    "tasks": [TASK],
}


def answer(body: Any = None, *, status: int = 200, headers: dict[str, str | None] | None = None) -> Response:
    """An answer with the common headers; a body of bytes is taken as it is."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    usual = {"x-log-requestid": "0" * 24, "Date": "now", "Content-Type": "application/json", **(headers or {})}
    return Response(status, tuple((k, v) for k, v in usual.items() if v is not None), raw, 0.0)


def troubles(operation: str, response: Response) -> list[Trouble]:
    """What kinds of trouble an answer has."""
    return [problem.trouble for problem in SHAPE.problems(operation, response)]


def only_problem(operation: str, response: Response) -> ShapeProblem:
    """The one thing that is wrong with an answer."""
    problems = SHAPE.problems(operation, response)
    assert len(problems) == 1, problems
    return problems[0]


def test_documented_answers_have_no_problem() -> None:
    """A page, an empty success of a retry and an error are as they are documented."""
    error = {"errorCode": "ParameterInvalid", "errorMessage": "from is no number"}

    assert SHAPE.problems(GET, answer(PAGE)) == []
    assert SHAPE.problems(GET, answer({**PAGE, "more": 1})) == []
    assert SHAPE.problems(PUT, answer()) == []
    assert SHAPE.problems(GET, answer(error, status=400)) == []


def test_media_type_may_have_parameters_and_any_case() -> None:
    """Content-Type is compared as HTTP says."""
    assert SHAPE.problems(GET, answer(PAGE, headers={"Content-Type": "Application/JSON ; charset=UTF-8"})) == []


@pytest.mark.parametrize(
    ("response", "trouble"),
    [
        (answer(PAGE, status=299), Trouble.STATUS),
        (answer(PAGE, status=999), Trouble.STATUS),
        (answer(status=204), Trouble.STATUS),
        (answer(PAGE, headers={"Content-Type": "text/html"}), Trouble.MEDIA_TYPE),
        (answer(PAGE, headers={"Content-Type": None}), Trouble.MEDIA_TYPE),
        (answer(PAGE, headers={"x-log-requestid": None}), Trouble.HEADER),
        (answer(PAGE, headers={"x-log-requestid": " "}), Trouble.HEADER),
        (answer(), Trouble.NO_BODY),
        (answer(b"<html>"), Trouble.JSON),
        (answer(b"{"), Trouble.JSON),
        (answer(b"{}{}"), Trouble.JSON),
        (answer(b"\xff\xfe{}"), Trouble.JSON),
        (answer(b"\xef\xbb\xbf{}"), Trouble.JSON),
        (answer(json.dumps(PAGE).encode("utf-16")), Trouble.JSON),
        (answer(b'{"count": NaN}'), Trouble.JSON),
        (answer(b"[" * 200_000), Trouble.JSON),
        (answer(b'{"count": ' + b"9" * 10_000 + b"}"), Trouble.JSON),
        (answer(json.dumps(PAGE).replace("{", '{"total": 1, ', 1).encode()), Trouble.REPEATED_KEY),
        (answer({**PAGE, "count": "1"}), Trouble.SCHEMA),
        (answer({**PAGE, "count": True}), Trouble.SCHEMA),
        (answer({**PAGE, "count": 1.5}), Trouble.SCHEMA),
        (answer({**PAGE, "tasks": None}), Trouble.SCHEMA),
        (answer([]), Trouble.SCHEMA),
        (answer(7), Trouble.SCHEMA),
    ],
)
def test_each_trouble_is_told(response: Response, trouble: Trouble) -> None:
    """What is wrong with the form of a page is found, and nothing besides."""
    assert only_problem(GET, response).trouble is trouble


def test_problem_tells_its_place() -> None:
    """A value of the wrong type is told with the way to it, what is due and what came."""
    tasks = [TASK, {**TASK, "taskCreateTime": "1448925013"}]

    problem = only_problem(GET, answer({**PAGE, "tasks": tasks}))

    assert problem.path == ("tasks", 1, "taskCreateTime")
    assert "integer" in problem.expected
    assert problem.received == '"1448925013"'
    assert (problem.operation, problem.status) == (GET, 200)


@pytest.mark.parametrize("member", [*PAGE, *(f"tasks/0/{name}" for name in TASK)])
def test_every_member_is_needed(member: str) -> None:
    """A page without a member that is documented for every page is ill-formed."""
    page = json.loads(json.dumps(PAGE))
    *path, last = member.split("/")
    del (page["tasks"][0] if path else page)[last]

    problem = only_problem(GET, answer(page))

    assert problem.trouble is Trouble.SCHEMA
    assert (problem.keyword, problem.argument) == ("required", last)
    assert problem.expected == f"the member {last}"


def test_several_problems_are_all_told() -> None:
    """One problem does not hide another."""
    response = answer(b'{"errorCode": 1, "errorCode": 2}', status=400, headers={"Content-Type": "text/plain"})

    found = troubles(GET, response)

    assert {Trouble.MEDIA_TYPE, Trouble.REPEATED_KEY, Trouble.SCHEMA} <= set(found)


def test_what_is_shown_is_short() -> None:
    """However long a value is, its start is shown."""
    long = answer({**PAGE, "count": "x" * 1_000_000})
    wide = answer({**{f"member {number}": number for number in range(10_000)}, "count": 1})

    for problem in (*SHAPE.problems(GET, long), *SHAPE.problems(GET, wide)):
        assert len(problem.expected) < 300
        assert len(problem.received) < 300


def test_many_errors_are_told_up_to_a_bound() -> None:
    """A body with very many errors is told by some of them, a long one by the first, in little time and memory."""
    assert len(SHAPE.problems(GET, answer({**PAGE, "tasks": [0] * 1000}))) == MOST_ERRORS
    assert len(SHAPE.problems(GET, answer({**PAGE, "tasks": [0] * 1_000_000}))) == 1


def test_many_repeated_keys_are_found_soon() -> None:
    """An object with very many keys is looked at in the time that its length takes."""
    body = "{" + ",".join(f'"{number // 2}": 0' for number in range(100_000)) + "}"

    assert Trouble.REPEATED_KEY in troubles(GET, answer(body.encode()))


def test_lone_surrogate_is_no_obstacle() -> None:
    """Text that JSON can write and UTF-8 cannot is looked at like any other."""
    page = json.dumps({**PAGE, "tasks": [{**TASK, "id": "\ud800", "taskStatus": "\udfff"}]}).encode()

    assert Trouble.SCHEMA in troubles(GET, answer(page))


@pytest.mark.parametrize("body", [b"", b" ", b"nul", b"'a'", b"{a: 1}", b"[1,]", b"Infinity", b"-Infinity", b"\x00"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Only what every client reads alike is JSON."""
    with pytest.raises(BadJson):
        parse_json(body)


@pytest.mark.parametrize("depth", [*range(930, 1010), 100_000])
def test_depth_is_bounded_below_every_other_limit(depth: int) -> None:
    """However deep a body is, it is looked at or refused, and nothing that looks at it comes to its own end."""
    for opening, closing in (("[", "]"), ('{"a": ', "}"), ('{"tasks": [', "]}")):
        body = f"{opening * depth}1{closing * depth}".encode()

        assert troubles(GET, answer(body)) == [Trouble.JSON]


def test_usual_depth_is_read() -> None:
    """A hundred levels are more than any answer has, and are read."""
    assert parse_json(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1"])
def test_values_are_counted_before_they_are_read(value: bytes) -> None:
    """A body that would fill the memory with small values is refused by its look."""
    body = b"[" + value + (b"," + value) * MOST_VALUES + b"]"

    with pytest.raises(BadJson, match=f"more than {MOST_VALUES} values"):
        parse_json(body)


@pytest.mark.parametrize(("body", "value"), [(b" 1 ", 1), (b"null", None), (b'"\\ud83d\\ude00"', "😀"), (b"{}", {})])
def test_json_is_read(body: bytes, value: Any) -> None:
    """Any JSON text is read, not only objects."""
    assert parse_json(body) == value
