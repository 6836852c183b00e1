"""What a server is handed and what it hands back, whatever its document: calls, problems, refusals.

The order of one call:

    admit(call)              who is it, and is the call well-formed as a whole: before anything is decoded
    invalid(call, problem)   only when a parameter or the body cannot be decoded
    the operation            typed parameters and body
    failed(call, error)      only when any of these raised anything but a `Refusal`
    finish(call, response)   for every answer, refusals and internal errors included

A method that the document does not list for the path goes to `method_not_allowed` and to `finish`, without `admit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["Call", "Hooks", "Problem", "Reason", "Refusal", "Where"]


class Where(StrEnum):
    """The part of a request that a problem is in."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    BODY = "body"


class Reason(StrEnum):
    """What is wrong with a part of a request."""

    MISSING = "missing"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_ALLOWED = "not_allowed"
    """Not one of the values, or of the members, that the document lists."""
    TOO_LARGE = "too_large"
    """The body has more bytes than the server reads."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter or a body that cannot be decoded."""

    where: Where
    name: str
    """The parameter's name as in the document; in a body a JSON pointer, empty for the whole body."""
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it was received; nothing in it has been checked against the document."""

    operation_id: str | None
    """None where the document has no such operation."""
    method: str
    raw_path: bytes
    raw_query: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case, values as sent, in the order received."""
    body: bytes = b""
    raw_path_parameters: Mapping[str, bytes] = field(default_factory=dict)
    """Percent-decoded, since a segment's bytes need not be text."""

    @property
    def path(self) -> str:
        """The decoded path; bytes that are not UTF-8 show as U+FFFD."""
        return _text(unquote_to_bytes(self.raw_path))

    @property
    def path_parameters(self) -> dict[str, str]:
        """The decoded path parameters by the document's names; bytes that are not UTF-8 show as U+FFFD."""
        return {name: _text(value) for name, value in self.raw_path_parameters.items()}

    @property
    def raw_query_pairs(self) -> list[tuple[bytes, bytes]]:
        """The percent-decoded query in the order received; a name without `=` has an empty value."""
        pieces = [piece.replace(b"+", b" ").partition(b"=") for piece in self.raw_query.split(b"&") if piece]
        return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pieces]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query in the order received; bytes that are not UTF-8 show as U+FFFD."""
        return [(_text(name), _text(value)) for name, value in self.raw_query_pairs]

    def header(self, name: str) -> str | None:
        """The first value of a header, in whatever case its name is asked for; None where it was not sent."""
        wanted = name.lower()
        return next((value for found, value in self.headers if found == wanted), None)


class Refusal(Exception):
    """An answer other than success, raised by any method of a server."""

    def __init__(self, status: int, body: BaseModel | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class Hooks(Protocol):
    """What every server has besides its operations."""

    def admit(self, call: Call, /) -> None:
        """Raises a `Refusal` for a call that is not let in, before anything of it is decoded."""
        ...

    def invalid(self, call: Call, problem: Problem, /) -> Refusal:
        """Gives the answer to a call with a parameter or a body that cannot be decoded."""
        ...

    def method_not_allowed(self, call: Call, allow: Sequence[str], /) -> Refusal:
        """Gives the answer to a method that the path does not have; `Allow` is added to it."""
        ...

    def failed(self, call: Call, error: Exception, /) -> Refusal:
        """Gives the answer to a call that an unforeseen error ended."""
        ...

    def finish(self, call: Call, response: Response, /) -> Response:
        """Gives what is sent in place of a response: the last word on every answer."""
        ...


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
