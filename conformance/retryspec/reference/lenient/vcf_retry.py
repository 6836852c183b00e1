"""VCF servers that take a latitude of the retry: its form, its answer, what else it does, other methods."""

from collections.abc import Sequence
from dataclasses import replace

from retryspec_models.vcf.models import Error, SubTask
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from retryspec.reference.variations import accepted, lenient
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.description import steps_of
from retryspec.reference.vcf.routing import TolerantRoute
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_body


def is_retried(call: Call, response: Response) -> bool:
    """Tell whether an answer is the 200 of a retry."""
    return call.operation_id == "retryTask" and response.status_code == 200


@lenient("vcf A3", says="The empty 200 of a retry is sent in chunks.")
class EmptyInChunks(Server):
    """Does not know beforehand that it has nothing to say."""

    def finish(self, call: Call, response: Response) -> Response:
        """Send no chunk."""
        response = super().finish(call, response)
        if not is_retried(call, response):
            return response
        changed = StreamingResponse(iter([b""]), 200)
        changed.raw_headers = [header for header in response.raw_headers if header[0] != b"content-length"]
        return changed


@lenient("vcf A4", says="The empty 200 of a retry is called JSON.")
class EmptyIsJson(Server):
    """Has one type for all."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give the answer a type."""
        response = super().finish(call, response)
        return with_body(response, b"", media_type="application/json") if is_retried(call, response) else response


@lenient("vcf A6", says="A retry with a body that no client sends is refused with 400.")
class BodiesRefused(Server):
    """Takes no body but those that are empty."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Refuse a body, and retry the task otherwise."""
        if call.body not in (b"", b"{}"):
            raise self.refuse(faults.BODY_INVALID, detail="There is one.")
        super().retry_task(call, id_=id_)


# Other methods and spellings of the path


@lenient("vcf A23", says="A method that the path does not have is answered 501.")
class MethodNotImplemented(Server):
    """Is honest about it."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return a 501."""
        return Refusal(501, super().method_not_allowed(call, allow).body)


@lenient("vcf A24", says="HEAD and OPTIONS are refused with 405.")
class HeadRefused(Server):
    """Has the methods of the document only."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return routes that do not take HEAD."""
        return [
            TolerantRoute(route.inside, head=False) for route in super().routes() if isinstance(route, TolerantRoute)
        ]

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return a 405 for OPTIONS as well."""
        return self.refuse(faults.METHOD_INVALID, call.method, method=call.method, path=call.path)


class ListSlashOnly(TolerantRoute):
    """Takes a slash at the end of the list, as a real client sends it, and of no other path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what the inner route does, the list also with a slash."""
        return super().matches(scope) if scope.get("path") == "/v1/tasks/" else self.inside.matches(scope)


@lenient("vcf A25", says="The path of a task with a slash at its end is not found.")
class SlashNotFound(Server):
    """Does not take an id for a folder."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return routes that take few slashes."""
        return [ListSlashOnly(one.inside) for one in super().routes() if isinstance(one, TolerantRoute)]


@lenient("vcf A9", says="The id in a path is not percent-decoded.")
class IdNotDecoded(Server):
    """Takes the path as it is."""

    def admit(self, call: Call) -> None:
        """Refuse a path with an escape in its id."""
        super().admit(call)
        if "id" in call.path_parameters and b"%" in call.raw_path:
            raise self.unknown(call.path_parameters["id"])


@lenient("vcf A30", says="Whether a task exists is looked at before the token.")
class TaskBeforeToken(Server):
    """Tells strangers which tasks there are."""

    def admit(self, call: Call) -> None:
        """Look for the task, and then at the token."""
        id_ = call.path_parameters.get("id")
        if id_ is not None and len(id_) == 36 and id_.isascii() and self.store.task(id_) is None:
            raise self.unknown(id_)
        super().admit(call)


@lenient("vcf R-08", says="DELETE on the path of a task answers 200.")
class DeleteAnswersOk(Server):
    """Has the vendor's cancelTask, and nothing to cancel."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return a 200 for DELETE."""
        return accepted() if call.method == "DELETE" else super().method_not_allowed(call, allow)


# What a retry leaves open about the task


@lenient("vcf A28", says="All steps run again, not just those from the failed one on.")
class AllStepsAgain(Server):
    """Begins at the beginning."""

    def sub_tasks_of(self, task: Task, state: State) -> list[SubTask]:
        """Return the steps, those of a re-run as if none had been done."""
        if task.runs and self.under_way(state):
            return steps_of(replace(task, runs=0), State.PENDING)
        return steps_of(task, state)


@lenient("vcf R-26", says="A task keeps its errors while it runs again.")
class ErrorsKept(Server):
    """Remembers why it runs again."""

    def errors_of(self, task: Task, state: State) -> list[Error]:
        """Return the errors of a failed task, also when it runs again."""
        return super().errors_of(task, State.FAILED if task.runs and self.under_way(state) else state)
