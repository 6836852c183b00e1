"""The provider-state endpoint: `POST /_states` puts a server into a state that a check needs, and answers with its ids.

The request has the shape of a Pact provider-state change: `{"action": "setup", "state": "<name>", "params": {}}`.
"""

import json
import sqlite3
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from retryspec.reference.apis import StateMaker

__all__ = ["PATH", "StateError", "bounded", "states_route"]

PATH = "/_states"
BODY_LIMIT = 16 * 1024 * 1024


class StateError(Exception):
    """Raised when the params of a provider state are not what its description says; the text says what is wrong."""


def states_route(makers: Mapping[str, StateMaker]) -> Route:
    """Return the route that makes the given states."""

    async def change_state(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return _error(413, f"the body is longer than {BODY_LIMIT} bytes")
        return await run_in_threadpool(answer, bytes(body), makers)

    return Route(PATH, change_state, methods=["POST"])


def answer(body: bytes, makers: Mapping[str, StateMaker]) -> Response:
    """Return the answer to one request for a state."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return _error(400, "the body is not JSON")
    if not isinstance(asked, dict):
        return _error(400, "the body is no JSON object")
    if asked.get("action") != "setup":
        return _error(400, 'action has to be "setup"')
    name, params = asked.get("state"), asked.get("params")
    if not isinstance(name, str):
        return _error(400, "state has to be the name of a state")
    if not isinstance(params, dict | None):
        return _error(400, "params has to be an object")
    maker = makers.get(name)
    if maker is None:
        return _error(404, f"no state of this name; there is {', '.join(makers)}")
    try:
        return JSONResponse(maker(params or {}))
    except StateError as problem:
        return _error(400, str(problem))
    except sqlite3.Error as problem:
        return _error(500, f"the state cannot be kept: {problem}")


def bounded(value: object, where: str, *, low: float, high: float, whole: bool = False) -> float:
    """Return a number of a JSON document that lies within bounds, or say what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise StateError(f"{where} has to be {'an integer' if whole else 'a number'}")
    if not low <= value <= high:
        raise StateError(f"{where} has to lie between {low:g} and {high:g}")
    return value


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status_code=status)
