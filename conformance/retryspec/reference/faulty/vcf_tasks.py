"""VCF servers that show a task wrongly: members, types, statuses, flags, and what reading does."""

from collections.abc import Callable
from typing import Any

from pydantic import MISSING
from retryspec_models.vcf.models import Error
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.faulty.vcf_refusing import REFUSED
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Store, Task
from retryspec.reference.wire import json_of, with_body, with_json

GET = "getTask"


class Showing(Server):
    """Shows tasks otherwise on the wire, each alone and in lists."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the tasks of an answer."""
        response = super().finish(call, response)
        if response.status_code != 200 or call.operation_id not in (GET, "getTasks"):
            return response
        body = json_of(response)
        if call.operation_id == GET:
            return with_json(response, self.shown(body))
        return with_json(response, {**body, "elements": [self.shown(task) for task in body["elements"]]})

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task as it is shown."""
        raise NotImplementedError

    def in_first_step(self, task: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Return a task with a change in its first step."""
        first, *others = task["subTasks"]
        return {**task, "subTasks": [change(first), *others]}


# VCF-TASK-01 to VCF-TASK-03: members and their types


@faulty("VCF-TASK-01", says="A task has no creationTimestamp.")
class CreationMissing(Showing):
    """Does not know when it was asked."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task without it."""
        return {name: value for name, value in task.items() if name != "creationTimestamp"}


@faulty("VCF-TASK-01", says="A failed task has no type, at which the Terraform provider fails.", warns=True)
class TypeMissing(Showing):
    """Tells the type of what went well."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a failed one without its type."""
        if task["status"] != "Failed":
            return task
        return {name: value for name, value in task.items() if name != "type"}


@faulty("VCF-TASK-02", says="Steps that have not begun are null in subTasks.")
class StepsNull(Showing):
    """Has places for them, as the example page of 4.4.0 shows them."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with null for pending steps."""
        steps = [None if step["status"] == "PENDING" else step for step in task["subTasks"]]
        return {**task, "subTasks": steps}


@faulty("VCF-TASK-03", says="A sub-task has no description, at which the Terraform provider fails.")
class DescriptionMissing(Showing):
    """Lets the name speak."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with less in its first step."""
        return self.in_first_step(task, lambda step: {n: v for n, v in step.items() if n != "description"})


# VCF-TASK-04 to VCF-TASK-06, VCF-TASK-STATUS-01, VCF-TASK-STATUS-02


@faulty("VCF-TASK-04", says="The resolutionStatus of a task under way is OPEN.", warns=True)
class ResolutionOpen(Server):
    """Has a third value."""

    def resolution_of(self, state: State) -> str:
        """Return the third value."""
        return "OPEN" if self.under_way(state) else super().resolution_of(state)


@faulty("VCF-TASK-05", says="isRetryable stays true while a task runs again.", warns=True)
class FlagStays(Server):
    """Says what a task is in general, and not now."""

    def retryable(self, task: Task, state: State) -> bool | MISSING:
        """Return the flag as it is stored."""
        return MISSING if task.retryable is None else task.retryable


@faulty("VCF-TASK-06", says="A failed task has no error anywhere.", warns=True)
class FailureUnexplained(Showing):
    """Keeps its reasons to itself."""

    def errors_of(self, task: Task, state: State) -> list[Error]:
        """Return no error."""
        return []

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task without steps, which would have errors."""
        return {name: value for name, value in task.items() if name != "subTasks"}


@faulty("VCF-TASK-STATUS-01", says="The status of a pending task is empty.")
class StatusEmpty(Server):
    """Has no word for what has not begun."""

    def spelled(self, state: State) -> str:
        """Return no word."""
        return "" if state is State.PENDING else super().spelled(state)


@faulty("VCF-TASK-STATUS-02", says="A pending task is QUEUED.", warns=True)
class StatusQueued(Server):
    """Has a word of its own, which a client of the service expects."""

    def spelled(self, state: State) -> str:
        """Return the word."""
        return "QUEUED" if state is State.PENDING else super().spelled(state)


# VCF-GET-01, VCF-GET-02, VCF-GET-05


@faulty("VCF-GET-01", says="Reading a task without an Accept header is refused.")
class ReadNeedsAccept(Server):
    """Does not know what to send otherwise."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Show a task to who says how."""
        if call.header("accept") is None:
            raise self.refuse(REFUSED)
        return super().get_task(call, id_=id_)


@faulty("VCF-GET-02", says="A task is sent without a Content-Type, at which the Go client sees none.")
class TaskWithoutType(Server):
    """Leaves it to the client."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the type away from a task."""
        response = super().finish(call, response)
        if call.operation_id != GET or response.status_code != 200:
            return response
        return with_body(response, bytes(response.body), media_type=None)


@faulty("VCF-GET-05", says="The id of a task that is read is in upper case.")
class IdShouted(Server):
    """Has a form of its own for ids."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Show a task under its id in another case."""
        return super().get_task(call, id_=id_).model_copy(update={"id": id_.upper()})


class CreatedByLook(Store):
    """Notes when somebody looks at a task."""

    def task(self, id_: str) -> Task | None:
        """Return a task, and move its end."""
        found = super().task(id_)
        if found is not None and found.outcome is State.SUCCESSFUL:
            with self.database.writing() as connection:
                connection.execute("UPDATE vcf_task SET ends = ends + 0.001 WHERE id = ? AND runs = 0", (id_,))
        return found


@faulty("VCF-GET-05", "VCF-STATE-04", "VCF-RETRY-03", says="Reading a task moves when it was completed.")
class ReadingMovesEnd(Server):
    """Writes the time of the last look where another time belongs."""

    store_type = CreatedByLook
