"""The SLS server: both LogShipper operations over the generated stubs.

Everything that the contract says happens in a method of its own, so that a server that breaks or bends one statement
is this class with one method replaced (see `retryspec.reference.variations`).
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import ClassVar

from retryspec_models.sls.models import (
    RetryTaskIds,
    ShipperTask,
    ShipperTaskPage,
    ShipperTaskStatistics,
    StatusFilter,
    TaskStatus,
)
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal, Where, routes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from retryspec.reference.apis import Introduction, Setting, StateMaker
from retryspec.reference.sls import faults, states
from retryspec.reference.sls.admission import Admission
from retryspec.reference.sls.introduction import introduction
from retryspec.reference.sls.sample import SAMPLE, keep_sample
from retryspec.reference.sls.store import Shipper, ShipperName, State, Store, Task

__all__ = ["Server"]

_LOG = logging.getLogger("retryspec.reference.sls")

WINDOW_SECONDS = 48 * 3600
MOST_RETRIES = 10


class Server(Admission):
    """A server that keeps the contract of SLS."""

    slug: ClassVar[str] = "sls"
    prefix: ClassVar[str] = "/logstores"
    default_credentials: ClassVar[Mapping[str, str]] = {
        "access_key_id": "retryspec-id",
        "access_key_secret": "retryspec-secret",
    }
    store_type: ClassVar[type[Store]] = Store

    def __init__(self, setting: Setting) -> None:
        given = setting.credentials.of(self.slug, self.default_credentials)
        super().__init__(setting, {given["access_key_id"]: given["access_key_secret"]})
        self.keys_are_default = given == self.default_credentials
        self.store = self.store_type(setting.database)
        self.sample = setting.sample
        if setting.sample:
            keep_sample(self.store, self.now())

    # What the application asks for

    def routes(self) -> Sequence[BaseRoute]:
        """Return the route of both operations."""
        return routes(self)

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes the one provider state."""
        return {states.NAME: lambda params: states.shipper_with_tasks(self.store, params, self.now())}

    def stray(self, request: Request) -> Response:
        """Return the answer to a path that SLS does not have."""
        path = request.scope["path"]
        call = Call(operation_id=None, method=request.method, raw_path=path.encode(errors="replace"))
        refusal = self.refuse(faults.PATH_UNKNOWN, path=path)
        body = refusal.body.model_dump_json(by_alias=True) if refusal.body else None
        return self.finish(call, Response(body, refusal.status, media_type="application/json"))

    def introduce(self, base_url: str) -> Introduction:
        """Return what a person needs to try this server."""
        if self.sample:
            keep_sample(self.store, self.now())
        return introduction(self.store, base_url, self.keys, self.keys_are_default, self.now())

    @classmethod
    def target(cls, base_url: str) -> Mapping[str, str]:
        """Return the table of a target file."""
        return {"base_url": base_url, "endpoint": "sls.test", **cls.default_credentials}

    # Hooks of the stubs

    def admit(self, call: Call) -> None:
        """Let in who is known, with headers that are right, to a project and a logstore that exist."""
        self.authenticate(call)
        self.check_headers(call)
        if self.sample and self.project_of(call) == SAMPLE.project:
            keep_sample(self.store, self.now())
        self.check_project(call)
        self.check_logstore(call)
        self.check_health(call)

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter or a body that cannot be decoded."""
        if problem.reason is Reason.TOO_LARGE:
            return self.refuse(faults.TOO_LARGE, limit="1048576")
        if problem.where is Where.BODY:
            return self.invalid_body(call, problem)
        return self.invalid_parameter(call, problem)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a body: the shipper is looked for first (sls A-13)."""
        self.shipper_of(call)
        if problem.reason is Reason.TOO_LONG:
            return self.refuse(faults.TOO_MANY_TASKS)
        return self.refuse(faults.BODY_INVALID)

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter (sls A-15, A-16)."""
        if problem.reason is Reason.MISSING:
            return self.refuse(faults.QUERY_MISSING, name=problem.name)
        if problem.name == "status":
            return self.refuse(faults.STATUS_UNKNOWN)
        return self.refuse(faults.PARAMETER_INVALID, name=problem.name, detail=problem.detail)

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method that the path does not have (sls A-21)."""
        return self.refuse(faults.METHOD_INVALID, value=f"{call.method} {call.path}")

    def failed(self, call: Call, error: Exception) -> Refusal:
        """Return the answer to a request that an error of this server ended."""
        _LOG.error("%s %s failed", call.method, call.path, exc_info=error)
        return self.refuse(faults.INTERNAL)

    def finish(self, call: Call, response: Response) -> Response:
        """Give every answer its request id and the date of this server's clock."""
        response.headers["x-log-requestid"] = self.request_id()
        response.headers["Date"] = formatdate(self.now(), usegmt=True)
        return response

    def request_id(self) -> str:
        """Return a new request id: 24 upper-case hexadecimal digits, the first 8 the time (seed 000, Example)."""
        return f"{int(self.now()) & 0xFFFFFFFF:08X}{secrets.token_hex(8).upper()}"

    # Names

    def name_of(self, call: Call) -> ShipperName:
        """Return the shipper that a request addresses."""
        parameters = call.path_parameters
        return ShipperName(self.project_of(call), parameters.get("logstoreName", ""), parameters.get("shipperName", ""))

    def check_project(self, call: Call) -> None:
        """Refuse a project that does not exist."""
        name = self.name_of(call)
        if not self.store.has_project(name.project):
            raise self.refuse(faults.PROJECT_UNKNOWN, name=name.project)

    def check_logstore(self, call: Call) -> None:
        """Refuse a logstore that does not exist in its project."""
        name = self.name_of(call)
        if not self.store.has_logstore(name.project, name.logstore):
            raise self.refuse(faults.LOGSTORE_UNKNOWN, name=name.logstore)

    def check_health(self, call: Call) -> None:
        """End a request in an internal error where that was asked for."""
        shipper = self.store.shipper(self.name_of(call))
        if shipper is not None and shipper.fault is not None:
            raise self.refuse(faults.INTERNAL)

    def shipper_of(self, call: Call) -> Shipper:
        """Return the shipper that a request addresses, or refuse the request."""
        name = self.name_of(call)
        shipper = self.store.shipper(name)
        if shipper is None:
            raise self.refuse(faults.SHIPPER_UNKNOWN, name=name.shipper)
        return shipper

    # getShipperStatus

    def get_shipper_status(
        self,
        call: Call,
        *,
        logstore_name: str,
        shipper_name: str,
        from_: int,
        to: int,
        status: StatusFilter,
        offset: int,
        size: int,
    ) -> ShipperTaskPage:
        """Return a page of the tasks that were created in [from, to)."""
        self.check_window(from_, to, self.now())
        self.check_page(offset, size)
        return self.page(self.shipper_of(call), from_, to, status.value, offset, size)

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Return a page of the tasks of a shipper."""
        now = self.now()
        tasks = self.order(self.in_window(shipper, from_, to))
        chosen = self.select(tasks, status, now)
        page = self.page_of(chosen, offset, size)
        # Not validated: what is in it is ours, and a server with a fault may well exceed the document's bounds.
        return ShipperTaskPage.model_construct(
            count=self.count_of(page),
            total=self.total_of(tasks, chosen, page),
            statistics=self.statistics_of(tasks, chosen, page, now),
            tasks=[self.describe(task, now) for task in page],
        )

    def check_window(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that is empty or begins too long ago."""
        self.check_window_order(from_, to)
        self.check_window_age(from_, to, now)

    def check_window_order(self, from_: int, to: int) -> None:
        """Refuse a window that ends where it begins, or before (sls A-04)."""
        if from_ >= to:
            raise self.refuse(faults.WINDOW_EMPTY)

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window that begins more than 48 hours ago, whenever it ends (sls A-01, A-02)."""
        if from_ < int(now) - WINDOW_SECONDS:
            raise self.refuse(faults.WINDOW_TOO_OLD)

    def check_page(self, offset: int, size: int) -> None:
        """Refuse a page that cannot be had; the stubs have seen to the bounds of the document."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were created in [from, to) (sls A-05, A-06)."""
        return self.store.tasks(shipper, from_, to)

    def order(self, tasks: list[Task]) -> list[Task]:
        """Return the tasks in the order of all pages: as stored, newest first, then by id (sls A-37)."""
        return tasks

    def select(self, tasks: list[Task], status: str, now: float) -> list[Task]:
        """Return the tasks of a status; an empty one means all (sls A-39)."""
        return tasks if status == "" else [task for task in tasks if self.state_of(task, now) == status]

    def page_of(self, tasks: list[Task], offset: int, size: int) -> list[Task]:
        """Return the page; beyond the end it is empty (sls A-26)."""
        return tasks[offset : offset + size]

    def count_of(self, page: list[Task]) -> int:
        """Return how many tasks are returned."""
        return len(page)

    def total_of(self, tasks: list[Task], chosen: list[Task], page: list[Task]) -> int:
        """Return how many tasks there are in the range, after the status filter (sls A-28)."""
        return len(chosen)

    def statistics_of(
        self, tasks: list[Task], chosen: list[Task], page: list[Task], now: float
    ) -> ShipperTaskStatistics:
        """Return how many tasks of each status there are in the range, before the status filter (sls A-29)."""
        states_ = [self.state_of(task, now) for task in tasks]
        return ShipperTaskStatistics.model_construct(
            running=states_.count(State.RUNNING),
            success=states_.count(State.SUCCESS),
            fail=states_.count(State.FAIL),
        )

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task as it is shown; taskCode and taskDataLines are for the Java client (sls A-33)."""
        state = self.state_of(task, now)
        return ShipperTask.model_construct(
            id=task.id,
            task_status=TaskStatus(state.value),
            task_message=self.message_of(task, state),
            task_create_time=task.created,
            task_last_data_receive_time=task.received,
            task_finish_time=self.finish_time_of(task, state),
            task_code=task.code if state is State.FAIL else "",
            task_data_lines=task.lines,
        )

    def state_of(self, task: Task, now: float) -> State:
        """Return the state in which a task is shown."""
        return task.state(now)

    def message_of(self, task: Task, state: State) -> str:
        """Return the message of a task: that of its failure, or what it was made with (sls A-31, A-47)."""
        return task.message if state is State.FAIL or task.runs == 0 else ""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended; 0 while it runs (sls A-30)."""
        return 0 if state is State.RUNNING else task.finished

    # retryShipperTask

    def retry_shipper_task(self, call: Call, *, logstore_name: str, shipper_name: str, body: RetryTaskIds) -> None:
        """Start the named tasks again where they have failed; ids of others change nothing (sls A-44 to A-46)."""
        shipper = self.shipper_of(call)
        self.retry(shipper, list(body.root))

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again, unless they are too many."""
        self.check_number(ids)
        self.start_again(shipper, ids)

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse more than ten entries, repeated ones included (sls A-42)."""
        if len(ids) > MOST_RETRIES:
            raise self.refuse(faults.TOO_MANY_TASKS)

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again: one transition, all at once."""
        self.store.start_again(shipper, ids, self.now())
