"""What a VCF check holds in its hands: states to ask for, calls to make, and what came back.

Every call goes through `seen`, which looks at the form of the answer; a check says only what is particular to it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from uuid import uuid4

from retryspec.checks import Judge, NoAnswer, NotClaimed, Untestable
from retryspec.exchange import Exchange, ReadOnly, Request, Response
from retryspec.shape import BadJson, parse_json
from retryspec.suite.vcf.contents import look_at_page, look_at_task
from retryspec.suite.vcf.model import Batch, Page, Task, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, LOGIN, REFRESH, RETRY, Asked, look_at_answer

if TYPE_CHECKING:
    from retryspec.suite.vcf.connection import VcfConnection

__all__ = ["Answer", "Headers", "Vcf"]

MOST_PAGES = 120
DEEPEST = 100
"""Levels of a body that are read; an answer of more than that is no task that anybody can use."""

Headers = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as far as it can be."""

    exchange: Exchange
    response: Response
    body: Any
    """The JSON value of the body; None where there is none."""
    task: Task | None = None
    """The task, where it is one."""
    page: Page | None = None
    """The page, where it is one."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def accepted(self) -> bool:
        """Whether it is a success; that the status is the documented one is looked at in every exchange."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it is a refusal."""
        return 400 <= self.status < 500


class Vcf:
    """The VCF API of the server under test, for one look of one check."""

    def __init__(self, connection: "VcfConnection", judge: Judge) -> None:
        self._connection = connection
        self.judge = judge
        self.session = connection.session
        self.settled = connection.settled
        self.target = connection.target
        self.token = connection.token
        self.claims = connection.claims
        self.spend = connection.spend

    @property
    def has_states(self) -> bool:
        """Whether the server is one that makes states, so that nobody's work or account is at stake."""
        return self._connection.session.states is not None

    @property
    def can_look(self) -> bool:
        """Whether there is an operation that shows tasks."""
        return self.claims(GET) or self.claims(LIST)

    def judged_by(self, judge: Judge) -> "Vcf":
        """The same server, for a part of the look that has a judge of its own."""
        return Vcf(self._connection, judge)

    # States

    def tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to retry, wherever they come from."""
        self._must_claim(RETRY)
        self._must_not_be_read_only()
        return self._connection.batch(plans)

    def fresh_tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks that were made for this check."""
        self._must_not_be_read_only()
        if not self.has_states:
            raise Untestable("needs provider states (states_url): tasks that nobody else touches")
        return self._connection.batch(plans)

    def some_tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to look at, wherever they come from: just these, where the provider of states makes them."""
        return self._connection.readable_batch(plans)

    # Calls

    def get(self, task_id: str, *, headers: Headers | None = None, query: str = "") -> Answer:
        """Ask for one task."""
        return self.send(GET, self.get_request(task_id, headers=headers, query=query), Asked(task_id))

    def get_request(self, task_id: str, *, headers: Headers | None = None, query: str = "") -> Request:
        """The request of `get`, not yet sent."""
        return self._connection.request("GET", _path(task_id, query), headers=headers)

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
        self, task_id: str, body: bytes | None = b"", *, headers: Headers | None = None, query: str = ""
    ) -> Request:
        """The request of `retry`, not yet sent."""
        request = self._connection.request("PATCH", _path(task_id, query), body, headers=headers)
        return replace(request, about=(task_id,))

    def odd(self, operation: str, segment: str, *, headers: Headers | None = None) -> Answer:
        """Call getTask or retryTask with this raw text in place of the id."""
        method, body = ("GET", None) if operation == GET else ("PATCH", b"")
        request = self._connection.request(method, f"/v1/tasks/{segment}", body, headers=headers)
        return self.send(operation, request, Asked(sound=False))

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
        return self._connection.request("GET", f"{path}?{text}" if text else path, headers=headers)

    def call_request(self, operation: str, task_id: str, *, headers: Headers | None = None) -> Request:
        """A valid call of one of the three operations on tasks."""
        if operation == LIST:
            return self.list_request({"pageSize": "1"}, headers=headers)
        return (self.get_request if operation == GET else self.retry_request)(task_id, headers=headers)

    def login(self, spec: Mapping[str, Any] | bytes, *, headers: Headers | None = None, sound: bool = True) -> Answer:
        """Sign in; bytes are sent as they are."""
        body = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
        request = self._connection.request("POST", "/v1/tokens", body, headers=headers)
        return self.send(LOGIN, request, Asked(sound=sound))

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
        request = self._connection.request(
            "PATCH", "/v1/tokens/access-token/refresh", body, headers=headers, secrets=tuple(secrets)
        )
        return self.send(REFRESH, request, Asked(sound=sound))

    def generated_request(self, method: str, target: str, body: bytes | None) -> Request:
        """A request with a token for a target and a body that were generated."""
        return self._connection.request(method, target, body)

    def send(self, operation: str, request: Request, asked: Asked | None = None) -> Answer:
        """Send a prepared request of an operation."""
        self._must_claim(operation)
        return self.seen(operation, self._connection.send(request), asked or Asked())

    def send_other(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Send what the document does not have."""
        self._must_not_be_read_only()
        exchange = self._connection.send(self._connection.request(method, path, body))
        if exchange.response is None:
            raise NoAnswer(exchange)
        return Answer(exchange, exchange.response, _json_or_none(exchange.response))

    def send_together(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Send retries and readings of tasks all at one moment."""
        operations = [_operation_of(request) for request in requests]
        for operation in set(operations):
            self._must_claim(operation)
        exchanges = self._connection.session.exchanger.send_together(requests)
        return [self.seen(op, exchange, Asked()) for op, exchange in zip(operations, exchanges, strict=True)]

    # Reading what is there

    def task(self, task_id: str) -> Task:
        """A task that exists, as getTask shows it.

        Raises:
            Untestable: it is not shown, which speaks against getTask.
        """
        return self._must_be_task(self.get(task_id), task_id)

    def snapshot(self, batch: Batch, ids: Iterable[str] | None = None) -> dict[str, Task]:
        """The tasks of a batch by id, as they are now; one that is not found is absent."""
        wanted = tuple(batch.ids if ids is None else ids)
        if not self.claims(GET):
            listed = self.listed(batch, wanted)
            return {task_id: listed[task_id] for task_id in wanted if task_id in listed}
        shown = {}
        for task_id in wanted:
            answer = self.get(task_id)
            if answer.status != 404:
                shown[task_id] = self._must_be_task(answer, task_id)
        return shown

    def listed(self, batch: Batch, wanted: Iterable[str]) -> dict[str, Task]:
        """The tasks of a list that has all that are wanted, or else all there are, by id."""
        ids = frozenset(wanted)
        if batch.mark:
            found = self.walk({"taskName": batch.mark}, until=ids)
            if ids <= found.keys():
                return found
        return self.walk({}, until=ids)

    def walk(self, query: Mapping[str, str], until: frozenset[str] | None = None) -> dict[str, Task]:
        """Every task of a list, page by page of whatever size, or until all of some are found.

        The first page is asked for without a number, since where they begin is not stated (vcf A20).
        """
        page = self.page(self.list(query))
        tasks = {task.id: task for task in page.tasks}
        number = 1 if page.number is None else page.number + 1
        for _ in range(MOST_PAGES):
            if not page.tasks or (until is not None and until <= tasks.keys()):
                break
            answer = self.list({**query, "pageNumber": str(number)}, open_=True)
            if answer.page is None or not answer.accepted:
                break
            new = {task.id: task for task in answer.page.tasks if task.id not in tasks}
            # Page 1 may be the first one again, where nothing said which number that has.
            if not new and not (page.number is None and number == 1):
                break
            tasks |= new
            number += 1
        else:
            raise Untestable(f"the list has more than {MOST_PAGES} pages, which nobody reads to the end")
        return tasks

    def page(self, answer: Answer) -> Page:
        """The page of an answer that has to be one.

        Raises:
            Untestable: it is none, which speaks against getTasks.
        """
        self.judge.expect(
            "VCF-LIST-01", answer.accepted, answer.exchange, expected="200 and a page of tasks for a valid request"
        )
        return self.readable_page(answer)

    def readable_page(self, answer: Answer) -> Page:
        """The page of an answer.

        Raises:
            Untestable: it is none, or has something else than tasks, which is looked at in every exchange.
        """
        if answer.page is None:
            raise Untestable("there is no page of tasks for a valid request", because="VCF-LIST-01")
        elements = answer.body.get("elements")
        if elements is not None and not isinstance(elements, list):
            raise Untestable("the elements of a page are no array", because="VCF-LIST-02")
        if answer.page.shown > len(answer.page.tasks):
            are_objects = all(isinstance(each, dict) for each in elements or ())
            broken = "VCF-TASK-01" if are_objects else "VCF-LIST-02"
            raise Untestable("the list has elements that are no tasks", because=broken)
        return answer.page

    def unknown_id(self) -> str:
        """An id in the usual form that names no task."""
        return str(uuid4())

    def _must_be_task(self, answer: Answer, task_id: str) -> Task:
        self.judge.expect(
            "VCF-GET-02", answer.accepted, answer.exchange, expected=f"200, since the task {task_id} exists"
        )
        if not answer.accepted:
            raise Untestable("a task that exists is not shown", because="VCF-GET-02")
        if answer.task is None:
            raise Untestable("the body of a 200 is no task", because="VCF-TASK-01")
        return answer.task

    def _must_not_be_read_only(self) -> None:
        if self._connection.session.options.read_only:
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
        connection = self._connection
        look_at_answer(self.judge, connection.session.shape, operation, exchange, asked)
        body = _json_or_none(response)
        if operation == RETRY and 200 <= response.status < 300:
            connection.spend(unquote(exchange.request.target.partition("?")[0].rstrip("/").rpartition("/")[2]))
        if not isinstance(body, dict) or response.status != 200:
            return Answer(exchange, response, body)
        if operation == GET:
            look_at_task(self.judge, exchange, body, asked)
            # An answer with another id has been noted; what else it says is taken to be of the task asked for.
            named = body if asked.task_id is None else {**body, "id": asked.task_id}
            return Answer(exchange, response, body, task=Task.read(named, connection.listed_members))
        page = Page.read(body, connection.listed_members) if operation == LIST else None
        if page is not None:
            look_at_page(self.judge, exchange, body, page, asked)
        return Answer(exchange, response, body, page=page)


def _path(task_id: str, query: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}" + (f"?{query}" if query else "")


def _operation_of(request: Request) -> str:
    if request.method == "PATCH":
        return RETRY
    return LIST if request.target.partition("?")[0].endswith("/v1/tasks") else GET


def _json_or_none(response: Response) -> Any:
    try:
        body = parse_json(response.body) if response.body else None
    except BadJson:
        return None
    return None if _is_too_deep(body) else body


def _is_too_deep(body: Any) -> bool:
    level = [body]
    for _ in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
