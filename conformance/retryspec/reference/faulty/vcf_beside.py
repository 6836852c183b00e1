"""VCF servers whose retry touches a task beside the one it names, and whose re-runs end in another way."""

from collections.abc import Mapping

from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Store, Task
from retryspec.reference.wire import json_of, with_json


class Editable(Store):
    """A store in which other tasks can be changed as well."""

    def edit(self, change: str, values: Mapping[str, object]) -> None:
        """Change some tasks; what is changed is SQL."""
        with self.database.writing() as connection:
            connection.execute(f"UPDATE vcf_task SET {change}", values)


class Meddling(Server):
    """Does something else after a retry."""

    store_type = Editable
    store: Editable

    change = ""
    """What is set, and where: `:place` is that of the task that was retried, `:id` its id."""

    def start_again(self, task: Task) -> bool:
        """Start a task, and meddle."""
        started = super().start_again(task)
        if started:
            values = {"place": task.number, "id": task.id, "now": self.now()}
            self.store.edit(self.change, {name: values[name] for name in values if f":{name}" in self.change})
        return started


@faulty("VCF-RETRY-03", says="A cancelled task beside the one that is retried runs as well.")
class CancelledBesideRuns(Meddling):
    """Takes a batch for one piece of work."""

    change = "ends = :now + 900 WHERE outcome = 'CANCELLED' AND ends <= :now AND number = :place + 1"


@faulty("VCF-RETRY-03", says="A pending task beside the one that is retried is created anew.")
class PendingBesideIsRenewed(Meddling):
    """Puts what waits into the queue again."""

    change = "created = created + 1 WHERE begins > :now AND abs(number - :place) = 1"


@faulty("VCF-STATE-02", says="A re-run that is to be cancelled ends as failed.", slow=True)
class CancelledRerunFails(Meddling):
    """Knows two ends."""

    change = "outcome = 'FAILED' WHERE outcome = 'CANCELLED' AND id = :id"


@faulty("VCF-RETRY-09", "VCF-RETRY-14", says="A task whose re-run was cancelled can be retried.", slow=True)
class CancelledRerunIsRetried(Server):
    """Remembers that it failed once."""

    class Lax(Store):
        """Starts more than what has failed."""

        def may_run_again(self) -> str:
            """Return a condition that what was retried before and cancelled meets as well."""
            return f"({super().may_run_again()}) OR (outcome = 'CANCELLED' AND ends <= :now AND runs > 0)"

    store_type = Lax


@faulty("VCF-STATE-01", says="A task whose re-run was cancelled is not found.", slow=True)
class CancelledRerunIsGone(Server):
    """Clears away what was given up."""

    def task_of(self, id_: str) -> Task:
        """Return a task unless it was given up."""
        task = super().task_of(id_)
        if task.runs and self.state_of(task, self.now()) is State.CANCELLED:
            raise self.unknown(id_)
        return task


@faulty("VCF-STATE-08", says="The list shows a task that was retried under another name.", warns=True)
class ListRenamesRetried(Server):
    """Marks in the list what was retried."""

    def finish(self, call: Call, response: Response) -> Response:
        """Change names in the list."""
        response = super().finish(call, response)
        if call.operation_id != "getTasks" or response.status_code != 200:
            return response
        page = json_of(response)
        for shown in page["elements"]:
            task = self.store.task(shown["id"])
            if task is not None and task.runs:
                shown["name"] += " (retry)"
        return with_json(response, page)


@faulty("VCF-RETRY-05", says="A retry that was refused for its token locks the task.")
class RefusedTokenLocks(Server):
    """Takes the lock before it looks at the token."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.locked: set[str] = set()

    def admit(self, call: Call) -> None:
        """Lock a task, and free it once the caller is let in."""
        id_ = call.path_parameters.get("id", "")
        takes = call.operation_id == "retryTask" and id_ not in self.locked
        if takes:
            self.locked.add(id_)
        super().admit(call)
        if takes:
            self.locked.discard(id_)

    def start_again(self, task: Task) -> bool:
        """Start a task that nobody has locked."""
        return task.id not in self.locked and super().start_again(task)
