"""Ops Manager servers whose answers come in another of the ways that HTTP and the contract leave open."""

import gzip
import itertools
from typing import Any

from retryspec_models.opsmanager.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.children import Child
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import lenient
from retryspec.reference.wire import with_body

MINUTES = 120
TOKEN_MALFORMED = Fault(400, "INVALID_ATTRIBUTE", "The token is malformed.")
BODY_UNWANTED = Fault(400, "INVALID_JSON", "A retry has no body.")


class Sending(Server):
    """Sends answers in its own way."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer as this server sends it."""
        return self.sent(call, super().finish(call, response))

    def sent(self, call: Call, response: Response) -> Response:
        """Return an answer as this server sends it."""
        return response


@lenient("opsmanager R-19", says="Bodies are compressed where a client takes that.")
class Compressed(Sending):
    """Saves bytes."""

    def sent(self, call: Call, response: Response) -> Response:
        """Return an answer with its body compressed."""
        if not response.body or "gzip" not in (call.header("accept-encoding") or ""):
            return response
        media_type = response.headers.get("Content-Type")
        response = with_body(response, gzip.compress(bytes(response.body)), media_type=media_type)
        response.headers["Content-Encoding"] = "gzip"
        return response


@lenient("opsmanager R-19", says="Each answer closes its connection, and has none of the headers that may be left out.")
class ClosingAndBare(Sending):
    """Says as little as it can."""

    def sent(self, call: Call, response: Response) -> Response:
        """Return an answer with few headers."""
        for name in ("Date", "Vary", "Strict-Transport-Security", "X-MongoDB-Service-Version"):
            del response.headers[name]
        response.headers["Connection"] = "close"
        return response


@lenient("opsmanager A14", says="The media type is written in capitals, with a quoted charset.")
class MediaTypeQuoted(Sending):
    """Quotes."""

    def sent(self, call: Call, response: Response) -> Response:
        """Return an answer with its media type in another spelling."""
        if response.body:
            response.headers["Content-Type"] = 'Application/JSON; charset="UTF-8"'
        return response


@lenient("opsmanager R-08", says="A 401 is a page, as of a proxy.")
class UnauthorizedInPage(Sending):
    """Lets a proxy look at credentials."""

    def sent(self, call: Call, response: Response) -> Response:
        """Return an answer; a 401 as a page."""
        page = response.status_code == 401
        return with_body(response, b"<h1>401</h1>", media_type="text/html") if page else response


@lenient("opsmanager R-28", says="The clock is two minutes fast.")
class ClockFast(Server):
    """Is ahead."""

    def now(self) -> float:
        """Return the time."""
        return super().now() + MINUTES


@lenient("opsmanager R-28", says="The clock is two minutes slow.")
class ClockSlow(Server):
    """Is behind."""

    def now(self) -> float:
        """Return the time."""
        return super().now() - MINUTES


@lenient("opsmanager R-25", says="Another scheme than Digest is refused with 400 where it is Bearer.")
class BearerMalformed(Server):
    """Knows what a token looks like."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, and one with a token as malformed."""
        if (call.header("authorization") or "").lower().startswith("bearer"):
            raise self.refuse(TOKEN_MALFORMED)
        super().authenticate(call)


@lenient("opsmanager A06", says="The envelope of a retry has a status and nothing else.")
class NothingButStatus(Server):
    """Has no content."""

    def enveloped_nothing(self, status: int) -> Any:
        """Return the envelope."""
        return {"status": status}


@lenient("opsmanager R-09", says="With envelope=true an error is in a member of its own.")
class ErrorsWrappedOtherwise(Server):
    """Wraps errors as it likes."""

    def enveloped_error(self, status: int, content: Any) -> Any:
        """Return an error in its envelope."""
        return {"status": status, "errors": [content]}


@lenient("opsmanager A10", says="A retry with a body is refused with 400.")
class BodyMalformed(Server):
    """Wants none."""

    def retry_log_collection_job(self, call: Call, *, group_id: str, job_id: str, pretty: bool, envelope: bool) -> None:
        """Run a job again where it has failed."""
        if call.body:
            raise self.refuse(BODY_UNWANTED)
        super().retry_log_collection_job(call, group_id=group_id, job_id=job_id, pretty=pretty, envelope=envelope)


@lenient("opsmanager R-28", says="The child jobs of a job that runs get on while it is looked at, and its size grows.")
class RunningGetsOn(Server):
    """Shows how far it is."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.looks = itertools.count(1)

    def total_bytes_of(self, job: Job, now: float) -> int:
        """Return how many bytes have been collected."""
        running = job.state(now) is State.IN_PROGRESS
        return next(self.looks) if running else super().total_bytes_of(job, now)

    def children_of(self, job: Job, now: float) -> list[Child]:
        """Return the child jobs, those of a job that runs in turn from either end."""
        children = super().children_of(job, now)
        return children[:: -1 if next(self.looks) % 2 else 1]


@lenient("opsmanager R-06", says="Jobs are listed by how they went, and then by id from behind.")
class OrderOfItsOwn(Server):
    """Sorts as nobody would."""

    def order(self, jobs: list[Job]) -> list[Job]:
        """Return the jobs in the order of all pages."""
        return sorted(jobs, key=lambda job: (job.created % 7, job.id[::-1]))


@lenient("opsmanager R-26", says="A method that a path does not have is refused before credentials are looked at.")
class MethodBeforeCredentials(Server):
    """Knows its paths first."""

    def method_not_allowed(self, call: Call, allow: Any) -> Refusal:
        """Return the refusal of a method."""
        return self.refuse(faults.METHOD_INVALID, method=call.method)
