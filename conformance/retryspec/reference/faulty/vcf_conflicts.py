"""VCF servers that refuse retries of certain tasks otherwise, or change something when they do."""

from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_body, with_json, with_status


def changed(server: Server, task: Task, setting: str) -> None:
    """Change the row of a task."""
    with server.store.database.writing() as connection:
        values = {"id": task.id, "now": server.now()}
        connection.execute(f"UPDATE vcf_task SET {setting} WHERE id = :id", values)


class Disputed(Server):
    """Answers a retry of a task that is not failed in another way."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace a 409."""
        response = super().finish(call, response)
        if call.operation_id != "retryTask" or response.status_code != 409:
            return response
        task = self.store.task(call.path_parameters["id"])
        return response if task is None else self.disputed(call, response, task)

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return what stands in the place of a 409."""
        raise NotImplementedError

    def is_in(self, task: Task, state: State) -> bool:
        """Tell whether a task is in a state."""
        return self.state_of(task, self.now()) is state


@faulty("VCF-RETRY-09", "VCF-RETRY-12", says="A retry of a pending task is 400.")
class PendingIsBadRequest(Disputed):
    """Has nothing to retry yet."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if self.is_in(task, State.PENDING):
            return with_status(response, 400)
        return response


@faulty("VCF-RETRY-09", says="A retry of a cancelled task is 404.")
class CancelledNotFound(Disputed):
    """Forgets what is over."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if self.is_in(task, State.CANCELLED):
            return with_status(response, 404)
        return response


@faulty("VCF-RETRY-12", "VCF-RETRY-09", says="A retry of a skipped task is 400.")
class SkippedIsBadRequest(Disputed):
    """Has nothing to retry."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if self.is_in(task, State.SKIPPED):
            return with_status(response, 400)
        return response


@faulty("VCF-RETRY-14", "VCF-RETRY-09", says="A retry of a task that a retry has mended is passed over with 200.")
class MendedPassedOver(Disputed):
    """Says that all is well."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if task.runs and self.is_in(task, State.SUCCESSFUL):
            return with_status(with_body(response, b"", media_type=None), 200)
        return response


@faulty("VCF-STATE-03", "VCF-RETRY-12", says="A retry of a task that runs again is 422.")
class RunningAgainIs422(Disputed):
    """Knows a finer status."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if task.runs and self.is_in(task, State.IN_PROGRESS):
            return with_status(response, 422)
        return response


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 of a cancelled task has no body.")
class CancelledSaysNothing(Disputed):
    """Has no text for it."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if self.is_in(task, State.CANCELLED):
            return with_body(response, b"", media_type="application/json")
        return response


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 of a pending task is a page.")
class PendingIsPage(Disputed):
    """Leaves it to the proxy."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if self.is_in(task, State.PENDING):
            return with_body(response, b"<p>Conflict</p>", media_type="text/html")
        return response


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 of a task that runs again is a text.")
class RunningAgainIsText(Disputed):
    """Says it in a word."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if task.runs and self.is_in(task, State.IN_PROGRESS):
            return with_json(response, "Task can not be retried")
        return response


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 is a page for who does not ask for JSON.")
class ConflictIsPageForBrowsers(Disputed):
    """Answers as a servlet does."""

    def disputed(self, call: Call, response: Response, task: Task) -> Response:
        """Return another answer in some cases."""
        if "json" not in (call.header("accept") or ""):
            return with_body(response, b"<p>Conflict</p>", media_type="text/html")
        return response


class Disturbing(Server):
    """Changes something when it refuses a retry."""

    def conflict(self, task: Task) -> Refusal:
        """Return the refusal, after what should not happen."""
        refusal = super().conflict(task)
        self.refused(task, self.now())
        return refusal

    def refused(self, task: Task, now: float) -> None:
        """Do what a refusal should not do."""
        raise NotImplementedError


@faulty("VCF-STATE-04", says="A refused retry of a cancelled task renames it.")
class RefusalRenames(Disturbing):
    """Counts what was tried."""

    def refused(self, task: Task, now: float) -> None:
        """Change something."""
        if task.state(now) is State.CANCELLED:
            changed(self, task, "name = name || ' (refused)'")


@faulty("VCF-STATE-04", "VCF-RETRY-09", "VCF-RETRY-14", says="A refused retry of a skipped task lets it fail.")
class RefusalFails(Disturbing):
    """Takes it for a failure now."""

    def refused(self, task: Task, now: float) -> None:
        """Change something."""
        if task.state(now) is State.SKIPPED:
            changed(self, task, "outcome = 'FAILED'")


@faulty("VCF-STATE-04", says="A refused retry of a running task ends it a moment later.")
class RefusalEndsRun(Disturbing):
    """Stops what is in the way."""

    def refused(self, task: Task, now: float) -> None:
        """Change something."""
        if task.state(now) is State.IN_PROGRESS and not task.runs:
            changed(self, task, "ends = :now + 0.01")


@faulty("VCF-STATE-04", "VCF-STATE-02", says="A refused retry of a task that runs again lets it run an hour longer.")
class RefusalProlongs(Disturbing):
    """Gives it more time."""

    def refused(self, task: Task, now: float) -> None:
        """Change something."""
        if task.state(now) is State.IN_PROGRESS and task.runs:
            changed(self, task, "ends = ends + 3600")


@faulty("VCF-RETRY-03", says="A retry that meets an internal error starts the task beside it.")
class FaultStartsNext(Server):
    """Goes on with the next one."""

    def check_health(self, task: Task) -> None:
        """Start the next task before the end."""
        if task.fault is not None:
            for other in self.store.tasks():
                if other.number == task.number + 1:
                    self.store.start_again(other.id, self.now())
        super().check_health(task)
