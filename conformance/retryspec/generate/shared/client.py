"""What every generated client does: fill in a path, send, and read the answer or the error.

    Exception
    ├── DocumentedError     the answer is an error that the document lists for the operation
    └── UnexpectedAnswer    the answer is none that the document lists, or does not keep to it

Where there is no answer at all, the exceptions of httpx pass through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    import httpx

__all__ = ["DocumentedError", "UnexpectedAnswer", "exchange", "filled", "read_answer", "read_error"]

Value = str | int | float | bool | StrEnum | Sequence[str] | Sequence[int] | None

E = TypeVar("E", bound=BaseModel | None, covariant=True)
M = TypeVar("M", bound=BaseModel)

_PARAMETER = re.compile(r"\{[^{}]+\}")


class DocumentedError(Exception, Generic[E]):
    """An error that the document lists; the client raises the subclass of the operation."""

    operation_id: ClassVar[str]
    bodies: ClassVar[Mapping[int, type[BaseModel] | None]]

    def __init__(self, error: E, response: httpx.Response) -> None:
        super().__init__(f"{self.operation_id}: {response.status_code}: {response.text[:500]}")
        self._error = error
        self.status = response.status_code
        self.response = response

    @property
    def error(self) -> E:
        """The body, as the document describes it for this status."""
        return self._error


class UnexpectedAnswer(Exception):
    """An answer that the document does not allow."""

    def __init__(self, operation_id: str, why: str, response: httpx.Response) -> None:
        super().__init__(f"{operation_id}: {response.status_code}: {why}")
        self.operation_id = operation_id
        self.status = response.status_code
        self.response = response


def filled(template: str, *values: Value) -> str:
    """A path with its parameters put in, each of them as one segment whatever characters it has."""
    pieces = _PARAMETER.split(template)
    return "".join(piece + value for piece, value in zip(pieces, [*map(_segment, values), ""], strict=True))


def exchange(
    http: httpx.Client,
    method: str,
    path: str,
    *,
    query: Sequence[tuple[str, Value]] = (),
    headers: Mapping[str, str] | None = None,
    body: BaseModel | None = None,
) -> httpx.Response:
    """The response to one request; query parameters that are None are left out."""
    pairs = [(name, text) for name, value in query for text in _texts(value)]
    encoded = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs)
    sent = dict(headers or {})
    content = None
    if body is not None:
        content = body.model_dump_json(by_alias=True).encode()
        sent["Content-Type"] = "application/json"
    return http.request(method, f"{path}?{encoded}" if pairs else path, headers=sent, content=content)


def read_answer(response: httpx.Response, operation_id: str, model: type[M]) -> M:
    """The body of a success.

    Raises:
        UnexpectedAnswer: it is not what the document says.
    """
    try:
        return model.model_validate_json(response.content, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        raise UnexpectedAnswer(operation_id, f"the body is not the documented one: {error}", response) from error


def read_error(response: httpx.Response, kind: type[DocumentedError[BaseModel | None]]) -> Exception:
    """The exception for an answer that is not the operation's success."""
    if response.status_code not in kind.bodies:
        return UnexpectedAnswer(kind.operation_id, "the document does not list this status", response)
    model = kind.bodies[response.status_code]
    if model is None:
        return kind(None, response)
    try:
        return kind(read_answer(response, kind.operation_id, model), response)
    except UnexpectedAnswer as unexpected:
        return unexpected


def _segment(value: Value) -> str:
    text = ",".join(_texts(value))
    if not text:
        raise ValueError("A path parameter is empty; the request would go to another path.")
    # "." and ".." would be taken for steps through the path.
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _texts(value: Value) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, str | int | float):
        yield _text(value)
        return
    for item in value:
        yield _text(item)


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
