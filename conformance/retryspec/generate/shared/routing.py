"""Routes of a server: one for each path of its document, whatever the methods, so that `Allow` is complete.

A path is matched on its bytes as received, segment by segment: an encoded slash in a name is part of the name. A method
that the document does not list, `HEAD` and `OPTIONS` included, is not allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, unquote_to_bytes

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URLPath
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from .reading import ProblemError
from .server import Call, Hooks, Problem, Reason, Refusal, Where

__all__ = ["BODY_LIMIT", "Operation", "PathRoute", "read_call", "routes_of"]

S = TypeVar("S", bound=Hooks)

BODY_LIMIT = 1024 * 1024
_DISCARDED = 32 * 1024 * 1024  # a client often reads no answer before it has sent its whole body
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_ORIGIN = re.compile(rb"https?://[^/?]*", re.IGNORECASE)
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation(Generic[S]):
    """One operation: where it is, how it answers a call, and the status of its success."""

    id: str
    method: str
    path: str
    status: int
    answer: Callable[[S, Call], BaseModel | None]


def routes_of(
    operations: Sequence[Operation[S]], server: S, *, prefix: str = "", body_limit: int = BODY_LIMIT
) -> list[BaseRoute]:
    """One route for each path, in the order of the operations."""
    by_path: dict[str, list[Operation[S]]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    return [PathRoute(prefix + path, found, server, body_limit) for path, found in by_path.items()]


class PathRoute(BaseRoute, Generic[S]):
    """All that a server answers on one path of its document."""

    def __init__(self, path: str, operations: Sequence[Operation[S]], server: S, body_limit: int) -> None:
        self.path = path
        self._operations = {operation.method: operation for operation in operations}
        self._server = server
        self._body_limit = body_limit
        self._segments = [_segment_pattern(segment) for segment in path.split("/")]
        self._names = _PARAMETER.findall(path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for the path, whatever the method."""
        values = self._values(_raw_path(scope)) if scope["type"] == "http" else None
        if values is None:
            return Match.NONE, {}
        decoded = {name: value.decode("utf-8", "replace") for name, value in values.items()}
        return Match.FULL, {"path_params": {**scope.get("path_params", {}), **decoded}}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Nothing: these routes have no names."""
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the request, answers it in a thread, and sends the answer."""
        operation = self._operations.get(scope["method"])
        values = self._values(_raw_path(scope)) or {}
        try:
            call, complete = await read_call(
                Request(scope, receive),
                operation_id=operation.id if operation else None,
                raw_path_parameters=values,
                body_limit=self._body_limit,
            )
        except ClientDisconnect:
            return
        response = await run_in_threadpool(self._answer, operation, call, complete)
        await response(scope, receive, send)

    def _values(self, raw_path: bytes) -> dict[str, bytes] | None:
        segments = raw_path.split(b"/")
        if len(segments) != len(self._segments):
            return None
        values: list[bytes] = []
        for pattern, segment in zip(self._segments, segments, strict=True):
            match = pattern.fullmatch(unquote_to_bytes(segment))
            if match is None:
                return None
            values.extend(match.groups())
        return dict(zip(self._names, values, strict=True))

    def _answer(self, operation: Operation[S] | None, call: Call, complete: bool) -> Response:
        try:
            response = self._success(operation, call, complete)
        except Refusal as refusal:
            response = _refused(refusal)
        except Exception as error:
            response = _refused(self._server.failed(call, error))
        return self._server.finish(call, response)

    def _success(self, operation: Operation[S] | None, call: Call, complete: bool) -> Response:
        if operation is None:
            allow = tuple(self._operations)
            refusal = self._server.method_not_allowed(call, allow)
            refusal.headers.setdefault("Allow", ", ".join(allow))
            raise refusal
        if not complete:
            detail = f"The body has more than {self._body_limit} bytes."
            raise self._server.invalid(call, Problem(Where.BODY, "", Reason.TOO_LARGE, detail))
        self._server.admit(call)
        try:
            answer = operation.answer(self._server, call)
        except ProblemError as error:
            raise self._server.invalid(call, error.problem) from error
        return _response(operation.status, answer, {})


async def read_call(
    request: Request,
    *,
    operation_id: str | None = None,
    raw_path_parameters: Mapping[str, bytes] | None = None,
    body_limit: int = BODY_LIMIT,
) -> tuple[Call, bool]:
    """A request as a call, and whether its body is complete: one above the limit is left out."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= body_limit:
            chunks.append(chunk)
        elif length > body_limit + _DISCARDED:
            break
    complete = length <= body_limit
    call = Call(
        operation_id=operation_id,
        method=request.method,
        raw_path=_raw_path(request.scope),
        raw_query=request.scope["query_string"],
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw),
        body=b"".join(chunks) if complete else b"",
        raw_path_parameters=dict(raw_path_parameters or {}),
    )
    return call, complete


def _segment_pattern(segment: str) -> re.Pattern[bytes]:
    literals = _PARAMETER.split(segment)[::2]
    return re.compile(b"(.+)".join(re.escape(literal.encode()) for literal in literals), re.DOTALL)


def _raw_path(scope: Scope) -> bytes:
    """The path as received, without an origin (as a proxy's client sends it) and what the application is mounted at."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    raw = _ORIGIN.sub(b"", raw, count=1) if not raw.startswith(b"/") else raw
    root = [segment for segment in scope.get("root_path", "").encode().split(b"/") if segment]
    segments = raw.split(b"/")
    if root and [unquote_to_bytes(segment) for segment in segments[1 : len(root) + 1]] == root:
        segments = [b"", *segments[len(root) + 1 :]]
    return b"/".join(segments)


def _refused(refusal: Refusal) -> Response:
    return _response(refusal.status, refusal.body, refusal.headers)


def _response(status: int, body: BaseModel | None, headers: Mapping[str, str]) -> Response:
    if body is None:
        return Response(status_code=status, headers=headers)
    content = body.model_dump_json(by_alias=True)
    return Response(content, status_code=status, media_type=_JSON, headers=headers)
