"""Looks at the form of an answer, as the document describes it: status, media type, headers, body.

Every exchange of a run comes through here, errors included, so that no check has to look again.
What is found is neutral; each API's suite says which behaviour a problem speaks against (`suite/<slug>/shape.py`).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import quote

import jsonschema_rs

from retryspec.documents import Document, DocumentedAnswer
from retryspec.exchange import Response

__all__ = ["BadJson", "Shape", "ShapeProblem", "Trouble", "json_of", "parse_json"]

MOST_ERRORS = 20
"""Errors told of one body."""

MOST_DEPTH = 100
"""Levels of a body; what looks at values level by level has none to spare for a thousand."""

MOST_VALUES = 500_000
"""Values of a body; ten thousand tasks have a fifth of that, and a million objects fill half a gigabyte."""

LONG_BODY = 128 * 1024
"""Bytes of a body from which on its first error has to do: the validator finds all before it tells any."""


class Trouble(StrEnum):
    """What kind of thing is wrong with the form of an answer."""

    STATUS = "status"
    MEDIA_TYPE = "media type"
    HEADER = "header"
    NO_BODY = "no body"
    UNEXPECTED_BODY = "unexpected body"
    JSON = "JSON"
    REPEATED_KEY = "repeated key"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class ShapeProblem:
    """One thing that is wrong with the form of an answer."""

    trouble: Trouble
    operation: str
    status: int
    path: tuple[str | int, ...]
    """Where in the body, or the name of the header."""
    expected: str
    received: str
    keyword: str = ""
    """The word of JSON Schema that the body breaks, such as `required`."""
    argument: Any = None
    """What stands beside that word, such as the name of the member that is missing."""


class BadJson(ValueError):
    """Raised when a body is not JSON that every client reads alike."""


def parse_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, with NaN, Infinity and unreadably long or deep values refused.

    Raises:
        BadJson: it is none.
    """
    opened = body.count(b"[") + body.count(b"{")
    if opened + body.count(b",") > MOST_VALUES:
        raise BadJson(f"more than {MOST_VALUES} values")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError:
        raise BadJson("nested too deeply") from None
    except ValueError as error:
        raise BadJson(str(error)) from None
    if opened > MOST_DEPTH and _is_deep(value):
        raise BadJson(f"nested more than {MOST_DEPTH} levels deep")
    return value


def json_of(response: Response) -> Any:
    """The JSON value of a body; None where there is none that can be read."""
    try:
        return parse_json(response.body) if response.body else None
    except BadJson:
        return None


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_DEPTH + 1):
        # What holds nothing is left out at once: a page of hundreds of tasks is mostly numbers and texts.
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not a JSON number")


class Shape:
    """The form of one API's answers; validators are compiled when first needed."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def problems(self, operation: str, response: Response) -> list[ShapeProblem]:
        """Everything that is wrong with the form of an answer of an operation."""
        documented = self._document.operations[operation].answers
        answer = documented.get(response.status)
        if answer is None:
            listed = ", ".join(str(status) for status in documented)
            problem = ShapeProblem(
                Trouble.STATUS, operation, response.status, (), f"one of {listed}", str(response.status)
            )
            return [problem]
        found = [
            ShapeProblem(Trouble.HEADER, operation, response.status, (name,), f"a header {name}", "none")
            for name in answer.required_headers
            if not (response.header(name) or "").strip()
        ]
        return found + self._body_problems(operation, answer, response)

    def _body_problems(self, operation: str, answer: DocumentedAnswer, response: Response) -> list[ShapeProblem]:
        def problem(trouble: Trouble, expected: str, received: str, path: tuple[str | int, ...] = ()) -> ShapeProblem:
            return ShapeProblem(trouble, operation, response.status, path, expected, received)

        if answer.schema_pointer is None:
            if not response.body:
                return []
            return [problem(Trouble.UNEXPECTED_BODY, "no body", _shown(response.body))]
        if not response.body:
            return [problem(Trouble.NO_BODY, "a JSON body", "none")]
        found = []
        media_type = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            found.append(problem(Trouble.MEDIA_TYPE, "Content-Type: application/json", media_type or "no Content-Type"))
        try:
            body = parse_json(response.body)
        except BadJson as error:
            return [*found, problem(Trouble.JSON, "a JSON body", f"{error}: {_shown(response.body)}")]
        if repeated := _repeated_key(response.body):
            found.append(problem(Trouble.REPEATED_KEY, "each key once in an object", f"{repeated!r} twice"))
        try:
            for broken in islice(self._schema_errors(answer.schema_pointer, body, len(response.body)), MOST_ERRORS):
                path = tuple(broken.instance_path)
                one = problem(Trouble.SCHEMA, _wanted(broken), _shown_value(body, path), path)
                found.append(replace(one, keyword=broken.kind.name, argument=broken.kind.value))
        except (ValueError, RecursionError) as error:
            found.append(problem(Trouble.SCHEMA, f"a body that can be validated ({error})", _shown(response.body)))
        return found

    def _schema_errors(self, pointer: str, body: Any, length: int) -> Iterator[jsonschema_rs.ValidationError]:
        validator = self._validators.get(pointer)
        if validator is None:
            # A JSON pointer in a URI fragment: the braces of a path template have to be escaped.
            schema = {**self._document.content, "$ref": f"#{quote(pointer.removeprefix('#'), safe='/~')}"}
            validator = self._validators[pointer] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        return _first_error(validator, body) if length > LONG_BODY else validator.iter_errors(body)


_WANTED = {
    "required": "the member {}",
    "additionalProperties": "no member {}",
    "unevaluatedProperties": "no member {}",
    "type": "{}",
    "enum": "one of {}",
    "const": "{}",
    "format": "a text of the format {}",
    "pattern": "a text that matches {}",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "minProperties": "at least {} members",
}
"""What a keyword asks for, in words that read well after "expected"."""


def _wanted(error: jsonschema_rs.ValidationError) -> str:
    form, argument = _WANTED.get(error.kind.name), error.kind.value
    if form is None:
        return error.message[:200]
    several = " or ".join(map(_word, argument)) if isinstance(argument, list) else _word(argument)
    return form.format(several)[:200]


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first_error(validator: jsonschema_rs.Draft202012Validator, body: Any) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        validator.validate(body)
    except jsonschema_rs.ValidationError as error:
        yield error


def _repeated_key(body: bytes) -> str | None:
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs) and not repeated:
            repeated.append(next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1))

    json.loads(body, object_pairs_hook=note)
    return repeated[0] if repeated else None


def _shown(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace")


def _shown_value(body: Any, path: tuple[str | int, ...]) -> str:
    for step in path:
        body = body[step]
    if isinstance(body, Mapping) and len(body) > 8:
        return f"an object with {', '.join(list(body)[:8])} …"
    return json.dumps(body, ensure_ascii=False)[:200]
