"""What an SLS check holds in its hands: states to ask for, calls to make, and what came back.

Every call goes through `_seen`, which looks at the form of the answer; a check says only what is particular to it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from retryspec.checks import Judge, NoAnswer, NotClaimed, Untestable
from retryspec.exchange import Exchange, ReadOnly, Request
from retryspec.shape import json_of
from retryspec.suite.sls.answers import Answer, page_of
from retryspec.suite.sls.model import HOUR, Page, Shipper, Task, TaskPlan, Window
from retryspec.suite.sls.shape import (
    GET,
    PUT,
    Asked,
    RequestIds,
    body_of,
    look_at_answer,
    look_at_headers,
    look_at_page,
)
from retryspec.suite.sls.supply import Shippers
from retryspec.suite.sls.wire import Wire

__all__ = ["Sls"]

MOST_PAGES = 60

FAILED = TaskPlan("fail")


class Sls:
    """The SLS API of the server under test, for one look of one check."""

    def __init__(self, wire: Wire, shippers: Shippers, request_ids: RequestIds, judge: Judge) -> None:
        self._wire = wire
        self._shippers = shippers
        self._request_ids = request_ids
        self.judge = judge
        self.session = wire.session
        self.settled = wire.session.settled
        self.verifies_signatures = wire.target.verifies_signatures
        self.access_key_id = wire.target.access_key_id

    def judged_by(self, judge: Judge) -> "Sls":
        """The same server, for a part of the look that has a judge of its own."""
        return Sls(self._wire, self._shippers, self._request_ids, judge)

    # States

    def shipper(self, plans: Sequence[TaskPlan]) -> Shipper:
        """A shipper with at least these tasks to retry, wherever it comes from."""
        self._must_claim(PUT)
        self._must_not_be_read_only()
        return self._shippers.get(plans)

    def some_shipper(self, plans: Sequence[TaskPlan]) -> Shipper:
        """Any shipper, for what needs no task: with these tasks, where the provider of states makes it."""
        return self._shippers.get(plans, needed=False)

    def shipper_for(self, operation: str) -> Shipper:
        """A shipper for one valid call of an operation, which for a retry takes a failed task."""
        return self.shipper([FAILED]) if operation == PUT else self.some_shipper([FAILED])

    def fresh_shipper(self, plans: Sequence[TaskPlan]) -> Shipper:
        """A shipper with just these tasks, made for this check."""
        self._must_not_be_read_only()
        if not self._shippers.are_made:
            raise Untestable("needs provider states (states_url): a shipper with just the tasks that were asked for")
        return self._shippers.get(plans)

    def faulty_shipper(self) -> Shipper:
        """A shipper whose every request meets an internal error."""
        self._must_not_be_read_only()
        return self._shippers.get([FAILED], fault=True)

    def now(self) -> int:
        """The server's time in Unix seconds."""
        return self._wire.now()

    def window(self) -> Window:
        """A window that everybody accepts and that holds every task of a state."""
        now = self.now()
        return Window(now - 23 * HOUR, now)

    def claims(self, operation: str) -> bool:
        """Whether the target has an operation."""
        return self._wire.claims(operation)

    def claims_get(self) -> bool:
        """Whether the target has the status operation."""
        return self.claims(GET)

    def may_retry(self) -> bool:
        """Whether retries may be sent."""
        return self.claims(PUT) and not self._wire.session.options.read_only

    # Calls

    def get(
        self,
        shipper: Shipper,
        window: Window | None = None,
        *,
        status: str | None = None,
        offset: int | None = None,
        size: int | None = None,
        more: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Ask for the tasks created in a window (by default `window()`); None leaves a parameter out."""
        window = window or self.window()
        request = self.get_request(shipper, window, status=status, offset=offset, size=size, more=more, headers=headers)
        return self.seen(GET, self._send(GET, request), Asked(window, status, offset, size))

    def get_request(
        self,
        shipper: Shipper,
        window: Window,
        *,
        status: str | None = None,
        offset: int | None = None,
        size: int | None = None,
        more: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str | None] | None = None,
        **signing: Any,
    ) -> Request:
        """The request of `get`, not yet sent."""
        named = {"from": window.start, "to": window.end, "status": status, "offset": offset, "size": size}
        pairs = [(name, str(value)) for name, value in named.items() if value is not None]
        return self.raw_get_request(shipper, [*pairs, *more], headers=headers, **signing)

    def raw_get(
        self, shipper: Shipper, query: Iterable[tuple[str, str]], headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """A GET with just these query parameters, in this order."""
        request = self.raw_get_request(shipper, query, headers=headers)
        return self.seen(GET, self._send(GET, request), Asked(status="in words of its own"))

    def raw_get_request(
        self,
        shipper: Shipper,
        query: Iterable[tuple[str, str]],
        *,
        headers: Mapping[str, str | None] | None = None,
        **signing: Any,
    ) -> Request:
        """The request of `raw_get`, not yet sent."""
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
        target = f"{shipper.path}?{text}" if text else shipper.path
        return self._wire.request("GET", shipper.project, target, headers=headers, **signing)

    def put(
        self,
        shipper: Shipper,
        ids: Sequence[str] | bytes | None,
        *,
        headers: Mapping[str, str | None] | None = None,
        chunked: bool = False,
    ) -> Answer:
        """Ask for a retry of tasks; bytes are sent as they are, None sends no body."""
        request = self.put_request(shipper, ids, headers=headers, chunked=chunked)
        return self.seen(PUT, self._send(PUT, request))

    def put_request(
        self,
        shipper: Shipper,
        ids: Sequence[str] | bytes | None,
        *,
        headers: Mapping[str, str | None] | None = None,
        query: str = "",
        **signing: Any,
    ) -> Request:
        """The request of `put`, not yet sent."""
        body = ids if ids is None or isinstance(ids, bytes) else json.dumps(list(ids)).encode()
        target = shipper.path + (f"?{query}" if query else "")
        request = self._wire.request("PUT", shipper.project, target, body, headers=headers, **signing)
        return replace(request, about=() if ids is None or isinstance(ids, bytes) else tuple(ids))

    def call(
        self, operation: str, shipper: Shipper, *, headers: Mapping[str, str | None] | None = None, **signing: Any
    ) -> Answer:
        """A valid call of either operation: the status of all tasks, or a retry of the first failed one."""
        return self.send(self.call_request(operation, shipper, headers=headers, **signing))

    def call_request(
        self, operation: str, shipper: Shipper, *, headers: Mapping[str, str | None] | None = None, **signing: Any
    ) -> Request:
        """The request of `call`, not yet sent."""
        if operation == GET:
            return self.get_request(shipper, self.window(), headers=headers, **signing)
        return self.put_request(shipper, shipper.ids("fail")[:1], headers=headers, **signing)

    def send(self, request: Request, asked: Asked | None = None, *, fault_expected: bool = False) -> Answer:
        """Send a prepared request; `asked` says what a GET in it asks for."""
        operation = GET if request.method == "GET" else PUT
        # What a GET asks for in words of its own is not known here: then nothing is held against its statistics.
        asked = asked or Asked(status="in words of its own")
        return self.seen(operation, self._send(operation, request), asked, fault_expected=fault_expected)

    def generated_request(self, method: str, project: str, target: str, body: bytes | None) -> Request:
        """A signed request for a target and a body that were generated."""
        return self._wire.request(method, project, target, body)

    def signed_over(self, request: Request, text: str) -> Request:
        """A request under the signature of another string than its own."""
        return self._wire.signed_over(request, text)

    def send_other_method(self, shipper: Shipper, method: str) -> Answer:
        """Call the path with a method that the document does not have; only the headers are looked at here."""
        body = json.dumps(shipper.ids("fail")).encode()
        request = self._wire.request(method, shipper.project, shipper.path, body)
        exchange = self._wire.send(request)
        if exchange.response is None:
            raise NoAnswer(exchange)
        look_at_headers(self.judge, self._request_ids, exchange, exchange.response, strict=False)
        return Answer(exchange, exchange.response, json_of(exchange.response), None)

    def send_together(self, requests: Sequence[Request], asked: Sequence[Asked] = ()) -> list[Answer]:
        """Send all at one moment; `asked` says what each of them asks for, if they are GETs with parameters."""
        operations = [GET if request.method == "GET" else PUT for request in requests]
        for operation in set(operations):
            self._must_claim(operation)
        exchanges = self._wire.session.exchanger.send_together(requests)
        known = asked or [Asked()] * len(requests)
        return [self.seen(*each) for each in zip(operations, exchanges, known, strict=True)]

    # Reading what is there

    def page(self, answer: Answer, behaviour: str | None = None) -> Page:
        """The page of an answer that has to be one; a refusal speaks against `behaviour` (by default the main one).

        Raises:
            Untestable: it is none.
        """
        main = behaviour or self.judge.decides[0]
        if not answer.accepted:
            self.judge.expect(main, False, answer.exchange, expected="200 and a page of tasks for a valid request")
            raise Untestable("a valid GET was refused", because=main)
        if answer.page is None:
            raise Untestable("the body of a 200 is no page of tasks", because="SLS-GET-15")
        return answer.page

    def all_tasks(
        self,
        shipper: Shipper,
        window: Window | None = None,
        status: str | None = None,
        *,
        behaviour: str | None = None,
    ) -> tuple[Task, ...]:
        """Every task of a window, paged through by what was received, whatever the server's page size.

        Only what cannot be left out is sent, so that a fault of an option does not show here; where even that is
        refused, it speaks against `behaviour`, by default that a GET is answered at all.
        """
        window = window or self.window()
        tasks: dict[str, Task] = {}
        received = 0
        for _ in range(MOST_PAGES):
            answer = self.get(shipper, window, status=status, offset=received or None)
            page = self.page(answer, behaviour or "SLS-GET-01")
            tasks |= {task.id: task for task in page.tasks}
            received += len(page.tasks)
            if not page.tasks or received >= page.total:
                break
        return tuple(tasks.values())

    def snapshot(self, shipper: Shipper) -> dict[str, Task]:
        """Every task by id, as it is now."""
        return {task.id: task for task in self.all_tasks(shipper)}

    def _send(self, operation: str, request: Request) -> Exchange:
        self._must_claim(operation)
        return self._wire.send(request)

    def _must_not_be_read_only(self) -> None:
        if self._wire.session.options.read_only:
            raise ReadOnly("needs a state or a retry, and the run may only read (--read-only)")

    def _must_claim(self, operation: str) -> None:
        if not self._wire.claims(operation):
            raise NotClaimed(f"the target does not claim {operation}")

    def seen(
        self, operation: str, exchange: Exchange, asked: Asked | None = None, *, fault_expected: bool = False
    ) -> Answer:
        """Look at the form of an answer, as for every exchange of a run, and read it.

        Raises:
            NoAnswer: there is none.
        """
        if exchange.response is None:
            raise NoAnswer(exchange, body_of(operation, exchange.began))
        look_at_answer(
            self.judge,
            self._wire.session.shape,
            self._request_ids,
            operation,
            exchange,
            fault_expected=fault_expected,
        )
        if operation == PUT and 200 <= exchange.response.status < 300:
            self._shippers.spend(exchange.request.body)
        body = json_of(exchange.response)
        page = page_of(body) if operation == GET and exchange.response.status == 200 else None
        if page is not None:
            look_at_page(self.judge, exchange, asked or Asked(), page)
        return Answer(exchange, exchange.response, body, page)
