"""How the parameters and the body of a call become typed values, or a problem.

A parameter given twice counts with its first value, and parameters that the document does not know are ignored.
Numbers are plain decimal digits: no blanks, underscores, plus signs or fractions of an integer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, overload

from pydantic import BaseModel, ValidationError

from .server import Call, Problem, Reason, Where

__all__ = ["Given", "ProblemError", "boolean", "choice", "integer", "listed", "number", "text"]

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)
M = TypeVar("M", bound=BaseModel)

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LONGEST_INTEGER = 300  # digits; Python itself refuses to convert some thousands of them

_REASONS = {
    "json_invalid": Reason.MALFORMED,
    "missing": Reason.MISSING,
    "enum": Reason.NOT_ALLOWED,
    "literal_error": Reason.NOT_ALLOWED,
    "extra_forbidden": Reason.NOT_ALLOWED,
    "int_from_float": Reason.WRONG_TYPE,
    "greater_than": Reason.OUT_OF_RANGE,
    "greater_than_equal": Reason.OUT_OF_RANGE,
    "less_than": Reason.OUT_OF_RANGE,
    "less_than_equal": Reason.OUT_OF_RANGE,
    "multiple_of": Reason.OUT_OF_RANGE,
    "too_short": Reason.TOO_SHORT,
    "string_too_short": Reason.TOO_SHORT,
    "too_long": Reason.TOO_LONG,
    "string_too_long": Reason.TOO_LONG,
}


class ProblemError(Exception):
    """Raised where a part of a call cannot be decoded."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _UnreadableError(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Given:
    """The parts of one call, decoded one by one as they are asked for."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._query: dict[bytes, list[bytes]] = {}
        for name, value in call.raw_query_pairs:
            self._query.setdefault(name, []).append(value)

    def path(self, name: str, read: Callable[[str], T]) -> T:
        """The value of a path parameter."""
        return _value(Where.PATH, name, self._call.raw_path_parameters[name], read)

    @overload
    def query(self, name: str, read: Callable[[str], T]) -> T: ...
    @overload
    def query(self, name: str, read: Callable[[str], T], *, default: D) -> T | D: ...
    def query(self, name: str, read: Callable[[str], T], **optional: D) -> T | D:
        """The first value of a query parameter, or its default; one without a default is required."""
        values = self._query.get(name.encode())
        if values:
            return _value(Where.QUERY, name, values[0], read)
        if "default" in optional:
            return optional["default"]
        raise _missing(name)

    @overload
    def queries(self, name: str, read: Callable[[str], T]) -> list[T]: ...
    @overload
    def queries(self, name: str, read: Callable[[str], T], *, default: D) -> list[T] | D: ...
    def queries(self, name: str, read: Callable[[str], T], **optional: D) -> list[T] | D:
        """All values of a query parameter that may be given several times."""
        values = self._query.get(name.encode())
        if values:
            return [_value(Where.QUERY, name, value, read) for value in values]
        if "default" in optional:
            return optional["default"]
        raise _missing(name)

    def body(self, model: type[M]) -> M:
        """The body, which is required."""
        if not self._call.body:
            raise ProblemError(Problem(Where.BODY, "", Reason.MISSING, "The request has no body."))
        try:
            return model.model_validate_json(self._call.body, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            raise ProblemError(_body_problem(error)) from error

    def optional_body(self, model: type[M]) -> M | None:
        """The body, or None where there is none."""
        return self.body(model) if self._call.body else None


def text(*, minimum: int = 0, maximum: int | None = None, pattern: str | None = None) -> Callable[[str], str]:
    """Reads a string with a length between the bounds, in characters."""

    def read(value: str) -> str:
        if len(value) < minimum:
            raise _UnreadableError(Reason.TOO_SHORT, f"It has {len(value)} characters; at least {minimum} are needed.")
        if maximum is not None and len(value) > maximum:
            raise _UnreadableError(Reason.TOO_LONG, f"It has {len(value)} characters; at most {maximum} are allowed.")
        if pattern is not None and not re.search(pattern, value):
            raise _UnreadableError(Reason.MALFORMED, f"It does not match {pattern}.")
        return value

    return read


def integer(*, minimum: int | None = None, maximum: int | None = None) -> Callable[[str], int]:
    """Reads an integer between the bounds."""

    def read(value: str) -> int:
        if not _INTEGER.fullmatch(value):
            raise _UnreadableError(Reason.MALFORMED, "It is not an integer.")
        if len(value) > _LONGEST_INTEGER:
            raise _UnreadableError(Reason.OUT_OF_RANGE, f"It has more than {_LONGEST_INTEGER} digits.")
        return _bounded(int(value), minimum, maximum)

    return read


def number(*, minimum: float | None = None, maximum: float | None = None) -> Callable[[str], float]:
    """Reads a decimal number between the bounds."""

    def read(value: str) -> float:
        if not _NUMBER.fullmatch(value):
            raise _UnreadableError(Reason.MALFORMED, "It is not a number.")
        found = float(value)
        if math.isinf(found):
            raise _UnreadableError(Reason.OUT_OF_RANGE, "It is too large for a number.")
        return _bounded(found, minimum, maximum)

    return read


def boolean(value: str) -> bool:
    """Reads `true` or `false`."""
    if value not in ("true", "false"):
        raise _UnreadableError(Reason.MALFORMED, "It is neither true nor false.")
    return value == "true"


def choice(values: type[E]) -> Callable[[str], E]:
    """Reads one of the values of an enumeration."""

    def read(value: str) -> E:
        try:
            return values(value)
        except ValueError as error:
            allowed = ", ".join(repr(member.value) for member in values)
            raise _UnreadableError(Reason.NOT_ALLOWED, f"It is none of {allowed}.") from error

    return read


def listed(read: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Reads several values that stand in one parameter with commas between them."""
    return lambda value: [read(piece) for piece in value.split(",")]


N = TypeVar("N", int, float)


def _bounded(value: N, minimum: N | None, maximum: N | None) -> N:
    if minimum is not None and value < minimum:
        raise _UnreadableError(Reason.OUT_OF_RANGE, f"It is less than {minimum}.")
    if maximum is not None and value > maximum:
        raise _UnreadableError(Reason.OUT_OF_RANGE, f"It is more than {maximum}.")
    return value


def _value(where: Where, name: str, raw: bytes, read: Callable[[str], T]) -> T:
    try:
        return read(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ProblemError(Problem(where, name, Reason.MALFORMED, "It is not UTF-8.")) from error
    except _UnreadableError as error:
        raise ProblemError(Problem(where, name, error.reason, error.detail)) from error


def _missing(name: str) -> ProblemError:
    return ProblemError(Problem(Where.QUERY, name, Reason.MISSING, "It is required."))


def _body_problem(error: ValidationError) -> Problem:
    """The first thing that is wrong with a body."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    otherwise = Reason.WRONG_TYPE if first["type"].endswith("_type") else Reason.MALFORMED
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in first["loc"])
    return Problem(Where.BODY, pointer, _REASONS.get(first["type"], otherwise), first["msg"])
