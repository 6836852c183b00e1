"""Which behaviour an ill-formed Ops Manager answer speaks against, by operation, status and place in the body.

`look_at_answer` sees every exchange of a run, errors and the lists of other checks included.
What a well-formed job or page has to say besides is in `contents`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response
from retryspec.shape import Shape, ShapeProblem, Trouble, json_of
from retryspec.suite.opsmanager.asked import (
    GET,
    LIST,
    RETRY,
    Asked,
    is_int,
    is_refusal,
    is_wrapped,
    look_at_white_space,
)
from retryspec.suite.opsmanager.refusals import look_at_error

__all__ = ["GET", "LIST", "RETRY", "Asked", "look_at_answer", "look_at_error", "unwrapped"]

_SUCCESS_OF = {RETRY: "OM-RETRY-06", GET: "OM-GET-01", LIST: "OM-LIST-01"}
_FAULT_OF = {**_SUCCESS_OF, RETRY: "OM-RETRY-04"}

# What a member of a job or of a child job speaks against, and whether it fails a server.
_MEMBERS = {
    "id": "OM-JOB-01",
    "groupId": "OM-JOB-01",
    "userId": "OM-JOB-01",
    "status": "OM-JOB-02",
    "logTypes": "OM-JOB-07",
    "logCollectionType": "OM-JOB-03",
    "resourceType": "OM-JOB-04",
    "rootResourceType": "OM-JOB-04",
    "creationDate": "OM-JOB-05",
    "expirationDate": "OM-JOB-05",
    "sizeRequestedPerFileBytes": "OM-JOB-06",
    "uncompressedSizeTotalBytes": "OM-JOB-06",
    "uncompressedDiskSpaceBytes": "OM-JOB-06",
    "redacted": "OM-JOB-07",
    "childJobs": "OM-JOB-07",
    "downloadUrl": "OM-JOB-10",
    "errorMessage": "OM-JOB-11",
    "startDate": "OM-JOB-11",
    "finishDate": "OM-JOB-11",
    "links": "OM-JOB-08",
}
_REQUIRED_OF_A_JOB = ("id", "groupId", "status")
_NOTHING = (b"", b"{}", b"null")
"""Bodies without a payload."""
_SERVICE_VERSION = re.compile(r"gitHash=[^;]*;\s*versionString=\S.*")


def look_at_answer(judge: Judge, shape: Shape, operation: str, exchange: Exchange, asked: Asked) -> None:
    """Look at what has to hold for every answer: status, media type, form of the body."""
    response = exchange.response
    if response is None:
        return
    _look_at_version(judge, exchange, response)
    if response.status >= 500 and not asked.fault_expected:
        judge.expect(
            asked.about or _FAULT_OF[operation],
            False,
            exchange,
            expected="no server fault: nothing that was sent may provoke one",
        )
        return
    if response.status >= 400:
        look_at_error(judge, exchange, response, asked)
        return
    if response.status != 200:
        judge.expect(
            _SUCCESS_OF[operation],
            False,
            exchange,
            expected="200, or a documented refusal",
            strict=True,
            conclusive=True,
        )
        return
    if operation == RETRY:
        _look_at_success_of_retry(judge, exchange, response, asked)
        return
    if asked.pretty is not None:
        look_at_white_space(judge, exchange, response, pretty=asked.pretty)
    for problem in _problems(judge, shape, operation, exchange, response, asked):
        behaviour, strict = _attribute(problem, operation)
        where = "/".join(str(step) for step in problem.path)
        judge.expect(
            behaviour,
            False,
            exchange,
            expected=f"{where}: {problem.expected}" if where else problem.expected,
            received=problem.received,
            strict=strict,
            conclusive=True,
        )


def unwrapped(operation: str, body: Any, *, envelope: bool) -> Any:
    """What an answer says, without the envelope that was asked for."""
    if not envelope or not isinstance(body, dict):
        return body
    if operation == LIST:
        # The list may be in the envelope as a whole or in parts, and what it has besides results beside it (A05).
        content = body.get("content")
        beside = {name: value for name, value in body.items() if name not in ("status", "content")}
        if "results" in beside or (isinstance(content, dict) and "results" in content):
            return {**beside, **(content if isinstance(content, dict) else {})}
    return next((body[name] for name in ("content", "envelope") if name in body), body)


# Successes


def _look_at_success_of_retry(judge: Judge, exchange: Exchange, response: Response, asked: Asked) -> None:
    body = response.body.strip()
    if asked.envelope is not False:
        value = json_of(response)
        content = value.get("content", value.get("envelope")) if isinstance(value, dict) else None
        says_done = isinstance(value, dict) and is_int(value.get("status"), 200)
        says_refused = isinstance(value, dict) and is_refusal(value.get("status"))
        fits = not body or says_refused or (says_done and content in (None, {}))
        judge.expect("OM-RETRY-11", fits, exchange, expected="no body, or an envelope of nothing", conclusive=True)
        # Of an object that is no envelope of a success, as one of an error, nobody says how it looks.
        nothing = body in _NOTHING or (isinstance(value, dict) and (not says_done or content in (None, {}, [], "")))
        judge.expect("OM-RETRY-05", nothing, exchange, expected="nothing in the envelope", conclusive=True)
        return
    judge.expect(
        "OM-RETRY-05",
        not response.body,
        exchange,
        expected="no body",
        strict=body not in _NOTHING,
        conclusive=True,
    )


def _problems(
    judge: Judge, shape: Shape, operation: str, exchange: Exchange, response: Response, asked: Asked
) -> Iterator[ShapeProblem]:
    """What is wrong with the body of a list or a job, without the envelope that was asked for."""
    body = json_of(response)
    if not isinstance(body, dict):
        yield from shape.problems(LIST, response)
        return
    if asked.envelope is not False:
        if asked.envelope:
            _look_at_envelope(judge, operation, exchange, body)
        body = unwrapped(operation, body, envelope=True)
        response = replace(response, body=json.dumps(body).encode())
    else:
        wrapped = "status" in body if operation == LIST else is_wrapped(body)
        judge.expect(
            "OM-COMMON-20", not wrapped, exchange, expected="no envelope, since none was asked for", conclusive=True
        )
        if is_wrapped(body):
            return
    if operation == LIST:
        yield from shape.problems(LIST, response)
        return
    if not isinstance(body, dict) or not {"id", "groupId", "status"} & set(body):
        judge.expect("OM-GET-01", False, exchange, expected="the job itself", conclusive=True)
        return
    # The document describes an answer with one job as one of two schemas, of which the problems cannot be told.
    listed = b'{"links": [], "totalCount": 1, "results": [' + response.body + b"]}"
    for problem in shape.problems(LIST, replace(response, body=listed)):
        yield replace(problem, operation=GET)


def _look_at_envelope(judge: Judge, operation: str, exchange: Exchange, body: dict[str, Any]) -> None:
    behaviour = "OM-COMMON-22" if operation == LIST else "OM-COMMON-21"
    judge.expect(
        behaviour,
        is_int(body.get("status"), 200),
        exchange,
        expected="an integer status of 200 in the envelope",
        conclusive=True,
    )
    if operation == LIST:
        judge.expect(
            behaviour,
            isinstance(unwrapped(LIST, body, envelope=True).get("results"), list)
            if isinstance(unwrapped(LIST, body, envelope=True), dict)
            else False,
            exchange,
            expected="the list beside the status, or inside content",
            conclusive=True,
        )
        return
    judge.expect(
        behaviour,
        isinstance(body.get("content"), dict),
        exchange,
        expected="the job as the content of the envelope",
        strict=not isinstance(body.get("envelope"), dict),
        conclusive=True,
    )


def _look_at_version(judge: Judge, exchange: Exchange, response: Response) -> None:
    value = response.header("X-MongoDB-Service-Version")
    judge.expect(
        "OM-COMMON-38",
        value is None or bool(_SERVICE_VERSION.fullmatch(value.strip())),
        exchange,
        expected="X-MongoDB-Service-Version, where it is there, as `gitHash=…; versionString=…`",
        received=value,
        conclusive=True,
    )


def _attribute(problem: ShapeProblem, operation: str) -> tuple[str, bool]:
    """The behaviour that a problem speaks against, and whether it fails a server or only warns."""
    if problem.trouble is not Trouble.SCHEMA:
        if problem.trouble is Trouble.NO_BODY:
            return _SUCCESS_OF[operation], True
        return "OM-COMMON-14", problem.trouble is not Trouble.REPEATED_KEY
    path = problem.path
    if operation == LIST and (not path or path[0] != "results" or len(path) == 1):
        return "OM-COMMON-31", True
    return _attribute_member(problem, path[2:], operation)


def _attribute_member(problem: ShapeProblem, path: tuple[str | int, ...], operation: str) -> tuple[str, bool]:
    if problem.keyword == "required" and problem.argument in _REQUIRED_OF_A_JOB:
        if problem.argument == "groupId" and operation == LIST:
            return "OM-LIST-01", True
        return _MEMBERS[problem.argument], True
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return _SUCCESS_OF[operation], True
    name = names[1] if names[0] == "childJobs" and len(names) > 1 else names[0]
    if name == "logTypes" and len(path) > 1 and problem.received.startswith('"'):
        return "OM-JOB-03", False
    return _MEMBERS.get(name, "OM-COMMON-28"), True
