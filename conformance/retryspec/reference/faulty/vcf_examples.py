"""VCF servers with a fault, one for each way to make them: on the wire, in the store, in a decision, in a race."""

import threading

from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Store
from retryspec.reference.wire import with_body


@faulty("VCF-RETRY-06", says="The 200 of a retry has the task as its body.")
class RetryAnswersTask(Server):
    """Shows what it has started."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give the 200 of a retry a body."""
        response = super().finish(call, response)
        if call.operation_id != "retryTask" or response.status_code != 200:
            return response
        task = self.describe(self.task_of(call.path_parameters["id"]), self.now())
        return with_body(response, task.model_dump_json(by_alias=True).encode(), media_type="application/json")


class CancelledMayRun(Store):
    """Takes a cancelled task for one that failed."""

    def may_run_again(self) -> str:
        """Return the condition with another outcome."""
        return f"{super().may_run_again()} OR outcome = 'CANCELLED' AND ends <= :now"


@faulty("VCF-RETRY-09", "VCF-RETRY-14", says="A cancelled task is retried.")
class CancelledRetried(Server):
    """Retries whatever did not end well."""

    store_type = CancelledMayRun


@faulty("VCF-TASK-STATUS-03", says="The status of a task is in upper case.", warns=True)
class StatusUpperCase(Server):
    """Spells all statuses as those of sub-tasks."""

    def spelled(self, state: State) -> str:
        """Return the one spelling that every status has."""
        return state.value


class LookThenWrite(Store):
    """Looks whether a task has failed, and starts it a moment later whatever has happened meanwhile."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task again in two steps."""
        condition = f"{self.named()} AND ({self.may_run_again()})"
        values = {"id": id_, "now": now}
        with self.database.reading() as connection:
            found = connection.execute(f"SELECT 1 FROM vcf_task WHERE {condition}", values).fetchone()
        if found is None:
            return False
        threading.Event().wait(0.05)  # for others that look at the same moment
        with self.database.writing() as connection:
            connection.execute(f"UPDATE vcf_task SET {self.rerun()} WHERE {self.named()}", values)
        return True


@faulty("VCF-STATE-06", says="Of several retries at the same moment each is accepted.")
class SimultaneousRetriesAccepted(Server):
    """Does not look and write in one step."""

    store_type = LookThenWrite
