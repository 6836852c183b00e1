"""Changes to an answer after it was made: what a server with a fault on the wire does in its `finish`."""

import json
from typing import Any

from starlette.responses import Response

__all__ = ["json_of", "with_body", "with_json", "with_status"]


def json_of(response: Response) -> Any:
    """Return what the body of an answer says, or None where it is empty."""
    return json.loads(bytes(response.body)) if response.body else None


def with_json(response: Response, value: object) -> Response:
    """Return the answer with another JSON body."""
    return with_body(response, json.dumps(value, ensure_ascii=False).encode(), media_type="application/json")


def with_body(response: Response, body: bytes, *, media_type: str | None) -> Response:
    """Return the answer with another body; the headers that describe it follow, the others stay."""
    changed = Response(body, status_code=response.status_code, media_type=media_type)
    described = {b"content-length", b"content-type"}
    changed.raw_headers += [header for header in response.raw_headers if header[0] not in described]
    return changed


def with_status(response: Response, status: int) -> Response:
    """Return the answer with another status."""
    changed = Response(bytes(response.body), status_code=status)
    changed.raw_headers = list(response.raw_headers)
    return changed
