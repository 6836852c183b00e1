"""The calls that a VCF check can make.

Every call goes through `seen`, which looks at the form of the answer; a check says only what is particular to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from retryspec.checks import Judge, NoAnswer, NotClaimed
from retryspec.exchange import Exchange, ReadOnly, Request
from retryspec.shape import json_of
from retryspec.suite.vcf.answers import Answer
from retryspec.suite.vcf.contents import look_at_page, look_at_task
from retryspec.suite.vcf.model import Page, Task
from retryspec.suite.vcf.shape import GET, LIST, LOGIN, REFRESH, RETRY, Asked, look_at_answer
from retryspec.suite.vcf.supply import Supply
from retryspec.suite.vcf.wire import Headers, Wire

__all__ = ["Calls"]


class Calls:
    """Sends the requests of one look of one check."""

    def __init__(self, wire: Wire, supply: Supply, judge: Judge) -> None:
        self.wire = wire
        self.supply = supply
        self.judge = judge
        self.session = wire.session
        self.settled = wire.settled
        self.target = wire.target
        self.token = wire.token
        self.claims = wire.claims
        self.spend = supply.spend

    def get(self, task_id: str, *, headers: Headers | None = None, query: str = "") -> Answer:
        """Ask for one task."""
        return self.send(GET, self.get_request(task_id, headers=headers, query=query), Asked(task_id))

    def get_request(self, task_id: str, *, headers: Headers | None = None, query: str = "") -> Request:
        """The request of `get`, not yet sent."""
        return self.wire.request("GET", _path(task_id, query), headers=headers)

    def retry(
        self,
        task_id: str,
        body: bytes | None = b"",
        *,
        headers: Headers | None = None,
        query: str = "",
        open_: bool = False,
    ) -> Answer:
        """Ask for a retry of a task; by default in the form of the Go client, with a Content-Length of 0."""
        request = self.retry_request(task_id, body, headers=headers, query=query)
        return self.send(RETRY, request, Asked(task_id, open=open_))

    def retry_request(
        self, task_id: str, body: bytes | None = b"", headers: Headers | None = None, *, query: str = ""
    ) -> Request:
        """The request of `retry`, not yet sent."""
        request = self.wire.request("PATCH", _path(task_id, query), body, headers=headers)
        return replace(request, about=(task_id,))

    def odd(self, operation: str, segment: str, *, open_: bool = False) -> Answer:
        """Call getTask or retryTask with this raw text in place of the id; `open_` where even the path is open."""
        method, body = ("GET", None) if operation == GET else ("PATCH", b"")
        request = self.wire.request(method, f"/v1/tasks/{segment}", body)
        return self.send(operation, request, Asked(sound=False, open=open_))

    def list(
        self,
        query: Mapping[str, str] | None = None,
        *,
        headers: Headers | None = None,
        sound: bool = True,
        path: str = "/v1/tasks",
        open_: bool = False,
    ) -> Answer:
        """Ask for a page of tasks.

        Args:
            query: the parameters.
            headers: headers to add or, with None, to leave out.
            sound: every value is one that the document allows.
            path: another spelling of the path.
            open_: the document does not say that it is accepted, so a refusal is for the check to judge.
        """
        request = self.list_request(query, headers=headers, path=path)
        return self.send(LIST, request, Asked(sound=sound, open=open_, query=query or {}))

    def list_request(
        self, query: Mapping[str, str] | None = None, *, headers: Headers | None = None, path: str = "/v1/tasks"
    ) -> Request:
        """The request of `list`, not yet sent."""
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in (query or {}).items())
        return self.wire.request("GET", f"{path}?{text}" if text else path, headers=headers)

    def call_request(self, operation: str, task_id: str, *, headers: Headers | None = None) -> Request:
        """A valid call of one of the three operations on tasks."""
        if operation == LIST:
            return self.list_request({"pageSize": "1"}, headers=headers)
        return (self.get_request if operation == GET else self.retry_request)(task_id, headers=headers)

    def login(self, spec: Mapping[str, Any] | bytes, *, headers: Headers | None = None, sound: bool = True) -> Answer:
        """Sign in; bytes are sent as they are."""
        return self.send(LOGIN, self.login_request(spec, headers=headers), Asked(sound=sound))

    def login_request(self, spec: Mapping[str, Any] | bytes, *, headers: Headers | None = None) -> Request:
        """The request of `login`, not yet sent."""
        body = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
        return self.wire.request("POST", "/v1/tokens", body, headers=headers)

    def refresh(
        self,
        refresh_id: str | bytes,
        *,
        headers: Headers | None = None,
        sound: bool = True,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """Ask for a new access token; bytes are sent as they are."""
        body = refresh_id if isinstance(refresh_id, bytes) else json.dumps(refresh_id).encode()
        request = self.wire.request(
            "PATCH", "/v1/tokens/access-token/refresh", body, headers=headers, secrets=tuple(secrets)
        )
        return self.send(REFRESH, request, Asked(sound=sound))

    def generated_request(self, method: str, target: str, body: bytes | None) -> Request:
        """A request with a token for a target and a body that were generated."""
        return self.wire.request(method, target, body)

    def send(self, operation: str, request: Request, asked: Asked | None = None) -> Answer:
        """Send a prepared request of an operation."""
        self._must_claim(operation)
        return self.seen(operation, self.wire.send(request), asked or Asked())

    def send_each(self, operation: str, requests: Sequence[Request], asked: Sequence[Asked]) -> Sequence[Answer]:
        """Send prepared requests of an operation that do not depend on each other; the answers come in their order."""
        self._must_claim(operation)
        exchanges = self.wire.send_side_by_side(requests)
        return [self.seen(operation, exchange, each) for exchange, each in zip(exchanges, asked, strict=True)]

    def send_other(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Send what the document does not have."""
        self._must_not_be_read_only()
        exchange = self.wire.send(self.wire.request(method, path, body))
        if exchange.response is None:
            raise NoAnswer(exchange)
        return Answer(exchange, exchange.response, json_of(exchange.response))

    def send_together(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Send retries and readings of tasks all at one moment."""
        operations = [_operation_of(request) for request in requests]
        for operation in set(operations):
            self._must_claim(operation)
        exchanges = self.wire.session.exchanger.send_together(requests)
        return [
            # A body may be what a retry is refused for (vcf A6).
            self.seen(
                operation,
                exchange,
                Asked(_task_in(exchange.request)) if operation == GET else Asked(open=bool(exchange.request.body)),
            )
            for operation, exchange in zip(operations, exchanges, strict=True)
        ]

    def _must_not_be_read_only(self) -> None:
        if self.wire.session.options.read_only:
            raise ReadOnly("needs a state or a retry, and the run may only read (--read-only)")

    def _must_claim(self, operation: str) -> None:
        if not self.claims(operation):
            raise NotClaimed(f"the target does not claim {operation}")

    def seen(self, operation: str, exchange: Exchange, asked: Asked) -> Answer:
        """Look at the form of an answer, as for every exchange of a run, and read it.

        Raises:
            NoAnswer: there is none.
        """
        response = exchange.response
        if response is None:
            raise NoAnswer(exchange)
        look_at_answer(self.judge, self.wire.session.shape, operation, exchange, asked)
        body = json_of(response)
        if operation == RETRY and 200 <= response.status < 300:
            self.spend(_task_in(exchange.request))
        if not isinstance(body, dict) or response.status != 200:
            return Answer(exchange, response, body)
        if operation == GET:
            look_at_task(self.judge, exchange, body, asked)
            # An answer with another id has been noted; what else it says is taken to be of the task asked for.
            named = body if asked.task_id is None else {**body, "id": asked.task_id}
            return Answer(exchange, response, body, task=Task.read(named, self.wire.listed_members))
        page = Page.read(body, self.wire.listed_members) if operation == LIST else None
        if page is not None:
            look_at_page(self.judge, exchange, body, page, asked)
        return Answer(exchange, response, body, page=page)


def _path(task_id: str, query: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}" + (f"?{query}" if query else "")


def _operation_of(request: Request) -> str:
    if request.method == "PATCH":
        return RETRY
    return LIST if request.target.partition("?")[0].endswith("/v1/tasks") else GET


def _task_in(request: Request) -> str:
    """The id in the path of a request."""
    return unquote(request.target.partition("?")[0].rstrip("/").rpartition("/")[2])
