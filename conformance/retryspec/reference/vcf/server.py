"""The VCF server: tokens and tasks over the generated stubs.

Everything that the contract says happens in a method of its own, so that a server that breaks or bends one statement
is this class with one method replaced (see `retryspec.reference.variations`).
"""

import logging
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import ClassVar

from pydantic import MISSING
from retryspec_models.vcf.models import Error, PageMetadata, PageOfTask, SubTask
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Problem, Reason, Refusal, Where, routes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from retryspec.reference.apis import Introduction, Setting, StateMaker
from retryspec.reference.vcf import faults, states
from retryspec.reference.vcf.admission import Admission
from retryspec.reference.vcf.description import (
    failure_of,
    kind_of,
    message_pack_of,
    moment,
    resource_of,
    steps_of,
)
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.introduction import introduction
from retryspec.reference.vcf.listing import Asked, Listing
from retryspec.reference.vcf.routing import TolerantRoute
from retryspec.reference.vcf.sample import keep_sample
from retryspec.reference.vcf.store import State, Task

__all__ = ["Server"]

_LOG = logging.getLogger("retryspec.reference.vcf")

# Title case for tasks, the one choice that every known client reads (vcf R-13).
SPELLINGS: Mapping[State, str] = {
    State.PENDING: "Pending",
    State.IN_PROGRESS: "In Progress",
    State.SUCCESSFUL: "Successful",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.COMPLETED_WITH_WARNING: "COMPLETED_WITH_WARNING",
    State.SKIPPED: "SKIPPED",
}


class Server(Admission, Listing):
    """A server that keeps the contract of VCF."""

    slug: ClassVar[str] = "vcf"
    prefix: ClassVar[str] = "/v1"
    default_credentials: ClassVar[Mapping[str, str]] = {"username": "admin@local", "password": "retryspec-pass"}
    open_operations: ClassVar[frozenset[str]] = frozenset({"createToken", "refreshAccessToken"})

    def __init__(self, setting: Setting) -> None:
        given = setting.credentials.of(self.slug, self.default_credentials)
        super().__init__(setting, {given["username"]: given["password"]})
        self.keys_are_default = given == self.default_credentials
        self.sample = setting.sample
        if setting.sample:
            keep_sample(self.store, self.now())

    # What the application asks for

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of all operations."""
        return [TolerantRoute(route) for route in routes(self)]

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes the one provider state."""
        return {states.NAME: lambda params: states.made_tasks(self.store, params, self.now())}

    def stray(self, request: Request) -> Response:
        """Return the answer to a path that VCF does not have."""
        path = request.scope["path"]
        call = Call(operation_id=None, method=request.method, raw_path=path.encode(errors="replace"))
        refusal = self.refuse(faults.PATH_UNKNOWN, path=path)
        body = refusal.body.model_dump_json(by_alias=True) if refusal.body else None
        return self.finish(call, Response(body, refusal.status, media_type="application/json"))

    def introduce(self, base_url: str) -> Introduction:
        """Return what a person needs to try this server."""
        if self.sample:
            keep_sample(self.store, self.now())
        return introduction(self.store, base_url, self.users, self.keys_are_default, self.now())

    @classmethod
    def target(cls, base_url: str) -> Mapping[str, str | bool]:
        """Return the table of a target file."""
        return {"base_url": base_url, **cls.default_credentials, "requires_auth": True}

    # Hooks of the stubs

    def admit(self, call: Call) -> None:
        """Let in who has a token, and everybody to the operations that give one."""
        if call.operation_id in self.open_operations:
            return
        self.authenticate(call)
        if self.sample:
            keep_sample(self.store, self.now())

    def invalid(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter or a body that cannot be decoded."""
        if problem.reason is Reason.TOO_LARGE:
            return self.refuse(faults.BODY_TOO_LARGE)
        match problem.where:
            case Where.BODY:
                return self.invalid_body(call, problem)
            case Where.PATH:
                return self.invalid_id(call, problem)
            case _:
                return self.invalid_parameter(call, problem)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a body, or the answer to an id that came without quotes (vcf R-20)."""
        answer = self.refreshed_by_bare_id(call) if call.operation_id == "refreshAccessToken" else None
        return answer or self.refuse(faults.BODY_INVALID, detail=problem.detail)

    def invalid_id(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of an id that is no text: it names no task (vcf A8, A9)."""
        return self.unknown(call.path_parameters.get("id", ""))

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a parameter of the list (vcf A18)."""
        value = dict(reversed(call.query)).get(problem.name, "")
        return self.refuse(faults.PARAMETER_INVALID, problem.name, value, name=problem.name, detail=problem.detail)

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return the refusal of a method that the path does not have; OPTIONS only asks which it has (vcf A23, A24)."""
        if call.method == "OPTIONS":
            return Refusal(204)
        return self.refuse(faults.METHOD_INVALID, call.method, method=call.method, path=call.path)

    def failed(self, call: Call, error: Exception) -> Refusal:
        """Return the answer to a request that an error of this server ended."""
        _LOG.error("%s %s failed", call.method, call.path, exc_info=error)
        return self.refuse(faults.INTERNAL)

    def finish(self, call: Call, response: Response) -> Response:
        """Give every answer the date of this server's clock."""
        response.headers["Date"] = formatdate(self.now(), usegmt=True)
        return response

    # Lookup

    def task_of(self, id_: str) -> Task:
        """Return the task of an id, or refuse the request."""
        task = self.store.task(id_)
        if task is None:
            raise self.unknown(id_)
        return task

    def unknown(self, id_: str) -> Refusal:
        """Return the refusal of an id that names no task."""
        return self.refuse(faults.TASK_UNKNOWN, id_, id=id_)

    # getTask

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Return a task as it is now."""
        return self.describe(self.task_of(id_), self.now())

    def describe(self, task: Task, now: float) -> ShownTask:
        """Return a task as it is shown."""
        state = self.state_of(task, now)
        # Not validated: what is in it is ours, and a server with a fault may well exceed the document's bounds.
        return ShownTask.model_construct(
            id=task.id,
            name=task.name,
            localizable_description_pack=message_pack_of(task),
            type=kind_of(task.kind).type,
            status=self.spelled(state),
            creation_timestamp=moment(task.created),
            completion_timestamp=self.completion_of(task, state),
            sub_tasks=self.sub_tasks_of(task, state),
            errors=self.errors_of(task, state),
            resources=[resource_of(task)],
            resolution_status=self.resolution_of(state),
            is_cancellable=self.cancellable(state),
            is_retryable=self.retryable(task, state),
        )

    def spelled(self, state: State) -> str:
        """Return how the status of a task is spelled."""
        return SPELLINGS[state]

    def completion_of(self, task: Task, state: State) -> str | MISSING:
        """Return when a task ended; nothing while it is under way."""
        return MISSING if self.under_way(state) else moment(task.ends)

    def sub_tasks_of(self, task: Task, state: State) -> list[SubTask]:
        """Return the steps of a task."""
        return steps_of(task, state)

    def errors_of(self, task: Task, state: State) -> list[Error]:
        """Return why a task failed."""
        return [failure_of(task)] if state is State.FAILED else []

    def resolution_of(self, state: State) -> str:
        """Return whether a task still needs attention (vcf R-26)."""
        return "RESOLVED" if state in (State.SUCCESSFUL, State.COMPLETED_WITH_WARNING) else "UNRESOLVED"

    def cancellable(self, state: State) -> bool:
        """Tell whether a task could be cancelled."""
        return state is State.IN_PROGRESS

    def retryable(self, task: Task, state: State) -> bool | MISSING:
        """Tell whether a task can be retried now; nothing where the flag is not known (vcf A13, A14)."""
        return MISSING if task.retryable is None else state is State.FAILED and task.retryable

    def under_way(self, state: State) -> bool:
        """Tell whether a task has not ended."""
        return state in (State.PENDING, State.IN_PROGRESS)

    # getTasks

    def get_tasks(
        self,
        call: Call,
        *,
        limit: int | None,
        task_status: str | None,
        task_type: str | None,
        resource_id: str | None,
        resource_type: str | None,
        completed_after: int | None,
        page_number: int | None,
        page_size: int | None,
        order_direction: str | None,
        order_by: str | None,
        task_name: str | None,
        do_live_refresh: bool,
    ) -> PageOfTask:
        """Return a page of the tasks that match; parameters that are not known were passed over (vcf A19)."""
        return self.page(
            Asked(
                limit=limit,
                status=task_status,
                type=task_type,
                resource_id=resource_id,
                resource_type=resource_type,
                completed_after=completed_after,
                page_number=page_number,
                page_size=page_size,
                direction=order_direction,
                order_by=order_by,
                name=task_name,
            )
        )

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page of tasks."""
        now = self.now()
        chosen = self.limited(self.order(self.select(self.all_tasks(), asked, now), asked, now), asked)
        number, size = self.page_number(asked), self.page_size(asked)
        page = self.page_of(chosen, number, size)
        return PageOfTask.model_construct(
            elements=[self.describe(task, now) for task in page],
            page_metadata=self.metadata(chosen, page, number, size),
        )

    def all_tasks(self) -> list[Task]:
        """Return every task, newest first."""
        return self.store.tasks()

    def metadata(self, chosen: list[Task], page: list[Task], number: int, size: int) -> PageMetadata:
        """Return which page this is, and how many there are."""
        return PageMetadata.model_construct(
            page_number=number,
            page_size=len(page),
            total_elements=len(chosen),
            total_pages=self.number_of_pages(chosen, size),
        )

    # retryTask

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Start a failed task again; a body is passed over (vcf A6)."""
        self.retry(self.task_of(id_))

    def retry(self, task: Task) -> None:
        """Start a task again, or refuse to."""
        self.check_health(task)
        if not self.start_again(task):
            raise self.conflict(self.task_of(task.id))

    def check_health(self, task: Task) -> None:
        """End a retry in an internal error where that was asked for, whatever the status of the task."""
        if task.fault is not None:
            raise self.refuse(faults.INTERNAL)

    def start_again(self, task: Task) -> bool:
        """Start a task again if it has failed, and tell whether it had: one transition (vcf A27)."""
        return self.store.start_again(task.id, self.now())

    def conflict(self, task: Task) -> Refusal:
        """Return the refusal of a retry of a task that is not failed, or not to be retried."""
        state = self.state_of(task, self.now())
        fault: Fault = faults.TASK_NOT_RETRYABLE if state is State.FAILED else faults.TASK_NOT_FAILED
        status = self.spelled(state)
        return self.refuse(fault, task.id, status, id=task.id, status=status)
