"""Which behaviour an ill-formed VCF answer speaks against, by the operation, the status and the place in the body.

`look_at_answer` sees every exchange of a run, errors and the lists of other checks included.
What a well-formed task or page has to say besides is in `contents`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response
from retryspec.shape import BadJson, Shape, ShapeProblem, Trouble, parse_json

__all__ = ["GET", "LIST", "LOGIN", "REFRESH", "RETRY", "Asked", "look_at_answer"]

RETRY = "retryTask"
GET = "getTask"
LIST = "getTasks"
LOGIN = "createToken"
REFRESH = "refreshAccessToken"

_TOKENS = (LOGIN, REFRESH)

# What says how an operation succeeds; and, where it stands apart, with which body.
_SUCCESS_OF = {
    RETRY: "VCF-RETRY-05",
    GET: "VCF-GET-02",
    LIST: "VCF-LIST-01",
    LOGIN: "VCF-AUTH-04",
    REFRESH: "VCF-AUTH-05",
}
_BODY_OF = {**_SUCCESS_OF, LOGIN: "VCF-AUTH-03"}

# What says of an operation's refusal that its body is an Error, beside the behaviour that says it of all.
_REFUSAL_OF = {
    (RETRY, 404): "VCF-RETRY-08",
    (RETRY, 409): "VCF-RETRY-10",
    (RETRY, 500): "VCF-RETRY-11",
    (GET, 404): "VCF-GET-03",
    (GET, 500): "VCF-GET-04",
    (LIST, 400): "VCF-LIST-04",
    (LIST, 500): "VCF-LIST-04",
    (LOGIN, 400): "VCF-AUTH-04",
    (LOGIN, 401): "VCF-AUTH-04",
    (REFRESH, 400): "VCF-AUTH-05",
    (REFRESH, 401): "VCF-AUTH-05",
    (REFRESH, 404): "VCF-AUTH-05",
}

_ERROR_MEMBERS = {
    "errorCode": "VCF-ERROR-02",
    "errorType": "VCF-ERROR-03",
    "arguments": "VCF-ERROR-04",
    "context": "VCF-ERROR-05",
    "message": "VCF-ERROR-06",
    "remediationMessage": "VCF-ERROR-07",
    "causes": "VCF-ERROR-08",
    "nestedErrors": "VCF-ERROR-10",
    "referenceToken": "VCF-ERROR-11",
}

# What the objects in a task are, by the member that holds them, and what each of them has to have.
_KINDS = {
    "subTasks": "SubTask",
    "stages": "Stage",
    "resources": "Resource",
    "localizableDescriptionPack": "MessagePack",
    "errors": "Error",
    "nestedErrors": "Error",
    "causes": "ErrorCause",
    "documentationLink": "DocumentationLink",
}
_REQUIRED: Mapping[str, frozenset[str]] = {
    "Task": frozenset({"id", "name", "status", "creationTimestamp"}),
    "SubTask": frozenset({"name", "description", "status", "creationTimestamp"}),
    "Stage": frozenset({"name", "type", "description", "status", "creationTimestamp"}),
    "Resource": frozenset({"resourceId", "type"}),
    "MessagePack": frozenset({"messageKey"}),
}

NO_ERROR = (Trouble.NO_BODY, Trouble.JSON)

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asked for, as far as its answer can be held against it."""

    task_id: str | None = None
    """The id, where it is one as it was given."""
    sound: bool = True
    """Whether everything in it is valid, so that each undocumented status is a fault."""
    fault_expected: bool = False
    open: bool = False
    """Whether the check alone says how it may be refused, as where it has no valid token."""
    query: Mapping[str, str] = field(default_factory=dict)


def look_at_answer(judge: Judge, shape: Shape, operation: str, exchange: Exchange, asked: Asked) -> None:
    """Look at what has to hold for every answer: status, media type, form of the body."""
    response = exchange.response
    if response is None:
        return
    if response.status >= 500 and not asked.fault_expected:
        _expect_no_fault(judge, operation, exchange, asked)
    for problem in _problems(shape, operation, response):
        where = "/".join(str(step) for step in problem.path)
        for behaviour, strict in _attribute(problem, response, asked):
            judge.expect(
                behaviour,
                False,
                exchange,
                expected=_expected(problem, where),
                received=problem.received,
                strict=strict,
                conclusive=response.status < 500,
            )
    if response.status >= 400:
        _expect_useful_error(judge, exchange, response)
    elif operation == RETRY and response.status == 200:
        _expect_no_strange_type(judge, exchange, response)


def _expect_no_fault(judge: Judge, operation: str, exchange: Exchange, asked: Asked) -> None:
    # A retry has no such rule of its own: each check says what is due, and a 500 never is.
    behaviour = {GET: "VCF-GET-04", LIST: "VCF-LIST-04", LOGIN: "VCF-AUTH-04", REFRESH: "VCF-AUTH-05"}.get(operation)
    if behaviour is not None:
        expected = "no server fault: nothing that was sent may provoke one"
        judge.expect(behaviour, False, exchange, expected=expected, strict=operation != LIST or asked.sound)


def _problems(shape: Shape, operation: str, response: Response) -> Iterator[ShapeProblem]:
    for problem in shape.problems(operation, response):
        yield problem
        if problem.trouble is Trouble.STATUS and response.status >= 400:
            # An Error is due with a status that is in no list as well; each operation documents its 500.
            for further in shape.problems(operation, replace(response, status=500)):
                yield replace(further, status=response.status)


def _expected(problem: ShapeProblem, where: str) -> str:
    if problem.operation == RETRY and problem.trouble is Trouble.STATUS and problem.status < 300:
        return f"{problem.expected} (known clients would live with another success, vcf A1)"
    return f"{where}: {problem.expected}" if where else problem.expected


def _attribute(problem: ShapeProblem, response: Response, asked: Asked) -> list[tuple[str, bool]]:
    """The behaviours that a problem speaks against, each with whether it fails a server or only warns."""
    if problem.trouble is Trouble.STATUS:
        return _attribute_status(problem, asked)
    if problem.status >= 400:
        return _attribute_error(problem, asked)
    if problem.operation == RETRY:
        return [("VCF-RETRY-06", response.body.strip() not in (b"", b"{}", b"null"))]
    body = _BODY_OF[problem.operation]
    if problem.trouble is not Trouble.SCHEMA:
        return [(body, problem.trouble is not Trouble.REPEATED_KEY)]
    if problem.operation == GET:
        return [_attribute_task(problem, problem.path) if problem.path or _is_required(problem) else (body, True)]
    if problem.operation == LIST:
        return [_attribute_page(problem)]
    return [(body, True)]


def _attribute_status(problem: ShapeProblem, asked: Asked) -> list[tuple[str, bool]]:
    operation, success = problem.operation, _SUCCESS_OF[problem.operation]
    # Where the way is open, it may as well lead elsewhere, as a path with a slash too many does in many servers.
    if asked.open and problem.status >= 300:
        return []
    if problem.status < 300:
        return [(success, True), ("VCF-RETRY-12", True)] if operation == RETRY else [(success, True)]
    if operation == RETRY:
        return [("VCF-RETRY-12", True)] if asked.sound else []
    if operation == LIST:
        return [("VCF-LIST-01", True)] if asked.sound else [("VCF-LIST-04", False)]
    if problem.status < 400:
        return [(success, True)]
    # What a task or a token that is not there is answered with is for the checks to say.
    return [(success, False)] if operation in _TOKENS and asked.sound else []


def _attribute_error(problem: ShapeProblem, asked: Asked) -> list[tuple[str, bool]]:
    if asked.open and not asked.sound and problem.operation in (GET, RETRY) and problem.status in (400, 404, 405):
        return []  # the path itself is open, so that it may lead to what is no part of the API (vcf A9)
    # Proxies and filters answer 401 and 403 before the service, and no source has them for tasks (vcf A16); nor has one
    # the 400 that a path which is open may meet there (vcf A8, A9).
    strict = asked.sound or problem.status in (400, 404, 409, 500)
    if problem.status in (401, 403):
        strict = problem.operation in _TOKENS
    elif not asked.sound and problem.operation in (GET, RETRY) and (asked.open or problem.status == 400):
        strict = False
    own = _REFUSAL_OF.get((problem.operation, problem.status))
    if problem.trouble is Trouble.MEDIA_TYPE:
        return [(own or "VCF-ERROR-01", strict)]
    if problem.trouble in NO_ERROR or (problem.trouble is Trouble.SCHEMA and not problem.path):
        return [("VCF-ERROR-01", strict), *([(own, strict)] if own else [])]
    if problem.trouble is not Trouble.SCHEMA:
        return [("VCF-ERROR-01", False)]
    member = _ERROR_MEMBERS.get(str(problem.path[0]), "VCF-ERROR-01")
    if member == "VCF-ERROR-08" and len(problem.path) > 2:
        member = "VCF-ERROR-09"
    return [(member, strict and not _is_null_member(problem))]


def _attribute_page(problem: ShapeProblem) -> tuple[str, bool]:
    path = problem.path
    if not path:
        return "VCF-LIST-01", True
    if path[0] == "pageMetadata":
        return "VCF-LIST-03", not _is_null_member(problem)
    if path[0] != "elements":
        return "VCF-LIST-01", True
    if len(path) > 2 or (len(path) == 2 and _is_required(problem)):
        return _attribute_task(problem, path[2:])
    return "VCF-LIST-02", not _is_null_member(problem)


def _attribute_task(problem: ShapeProblem, path: Steps) -> tuple[str, bool]:
    """The behaviour of a problem at this place in a task."""
    if _is_required(problem):
        return ("VCF-TASK-03" if path else "VCF-TASK-01"), True
    if path == ("status",):
        return "VCF-TASK-STATUS-01", True
    if _is_null_member(problem):
        # A required member that is null says as little as one that is absent (vcf R-15).
        if path[-1] not in _REQUIRED.get(_kind_of(path[:-1]), ()):
            return "VCF-TASK-02", False
        return ("VCF-TASK-03" if path[:-1] else "VCF-TASK-01"), True
    return "VCF-TASK-02", True


def _kind_of(path: Steps) -> str:
    kind = "Task"
    for step in path:
        kind = _KINDS.get(step, "") if isinstance(step, str) else kind
    return kind


def _is_required(problem: ShapeProblem) -> bool:
    return problem.keyword == "required"


def _is_null_member(problem: ShapeProblem) -> bool:
    """Whether it is a member that is null, and should rather be absent (vcf R-15)."""
    return problem.received == "null" and bool(problem.path) and isinstance(problem.path[-1], str)


def _expect_useful_error(judge: Judge, exchange: Exchange, response: Response) -> None:
    """Two members should be there: one client crashes without the first, and support asks for the second."""
    try:
        body = parse_json(response.body)
    except BadJson:
        return
    if not isinstance(body, dict):
        return
    for behaviour, member in (("VCF-ERROR-06", "message"), ("VCF-ERROR-11", "referenceToken")):
        judge.expect(
            behaviour,
            bool(body.get(member)),
            exchange,
            expected=f"a {member} in the Error (vcf R-11)",
            strict=False,
            conclusive=True,
        )


def _expect_no_strange_type(judge: Judge, exchange: Exchange, response: Response) -> None:
    media_type = response.header("Content-Type") or ""
    judge.expect(
        "VCF-RETRY-06",
        not media_type or "json" in media_type.lower(),
        exchange,
        expected="no Content-Type, or JSON: the vendor's Python package refuses every other one (vcf A4)",
        received=media_type[:100],
        strict=False,
        conclusive=True,
    )
