"""How answers of Ops Manager look on the wire: envelope, white space, media types and common headers."""

import json
import re
from email.utils import formatdate
from typing import Any

from pydantic import AnyUrl, ValidationError
from retryspec_models.opsmanager.stubs import Call
from starlette.responses import Response

from retryspec.reference.opsmanager.admission import Admission
from retryspec.reference.wire import json_of, with_body

__all__ = ["Presentation", "base_of", "first_value"]

MEDIA_TYPE = "application/json"
# As in the example of every page (include "api-headers/401"); the bodies are ASCII, which is the same in any charset.
MEDIA_TYPE_401 = "application/json;charset=ISO-8859-1"
SERVICE_VERSION = "gitHash=f5bd1c2a7e6d40b39c8e5a0412d7b6f3e9a8c701; versionString=7.0.4.500.20240305T1200Z"

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


class Presentation(Admission):
    """What every answer goes through last."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer in the form that was asked for, with the headers that every answer has."""
        response = self.presented(call, response)
        response.headers["Date"] = formatdate(self.now(), usegmt=True)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Strict-Transport-Security"] = "max-age=300"
        response.headers["X-MongoDB-Service-Version"] = SERVICE_VERSION
        return response

    def presented(self, call: Call, response: Response) -> Response:
        """Return an answer with its body in the form that was asked for; one without a body stays without."""
        wrapped = self.wants_envelope(call)
        if not response.body and not wrapped:
            return response
        content = self.content_of(call, response.status_code, json_of(response))
        if wrapped:
            content = self.enveloped(call, response.status_code, content)
        return with_body(response, self.written(call, content), media_type=self.media_type(response.status_code))

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, apart from envelope and white space."""
        return content

    # Envelope (opsmanager A04 to A06, R-09)

    def wants_envelope(self, call: Call) -> bool:
        """Tell whether an envelope was asked for."""
        return first_value(call, "envelope") == "true"

    def enveloped(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says in its envelope."""
        if status >= 400:
            return self.enveloped_error(status, content)
        if content is None:
            return self.enveloped_nothing(status)
        if call.operation_id == "getLogCollectionJobs":
            return self.enveloped_list(status, content)
        return self.enveloped_job(status, content)

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope."""
        return {"status": status, "content": content}

    def enveloped_list(self, status: int, content: Any) -> Any:
        """Return a list with the status beside its members."""
        return {**content, "status": status}

    def enveloped_nothing(self, status: int) -> Any:
        """Return the envelope of an answer that has no body otherwise."""
        return {"status": status, "content": None}

    def enveloped_error(self, status: int, content: Any) -> Any:
        """Return an error in its envelope; the answer keeps its status."""
        return {"status": status, "content": content}

    # White space and media type

    def written(self, call: Call, content: Any) -> bytes:
        """Return the bytes of what an answer says."""
        if self.wants_pretty(call):
            text = json.dumps(content, indent=2, separators=(",", " : "), sort_keys=self.sorts_members())
        else:
            text = json.dumps(content, separators=(",", ":"), sort_keys=self.sorts_members())
        return text.encode()

    def wants_pretty(self, call: Call) -> bool:
        """Tell whether line breaks and indentation were asked for."""
        return first_value(call, "pretty") == "true"

    def sorts_members(self) -> bool:
        """Tell whether members stand in the order of their names, as the vendor's do today (OM-COMMON-27)."""
        return True

    def media_type(self, status: int) -> str:
        """Return the media type of an answer with a body."""
        return MEDIA_TYPE_401 if status == 401 else MEDIA_TYPE


def first_value(call: Call, name: str) -> str | None:
    """Return the value of a query parameter; of a repeated one the first counts."""
    return next((value for found, value in call.query if found == name), None)


def base_of(call: Call) -> str:
    """Return scheme and host by which a client came, or a stand-in where its Host cannot stand in an address."""
    host = (call.header("host") or "").strip()
    base = f"http://{host}"
    if _HOST.fullmatch(host) is None:
        return "http://localhost"
    try:
        AnyUrl(base)
    except ValidationError:
        return "http://localhost"
    return base
