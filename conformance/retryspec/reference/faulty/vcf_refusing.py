"""VCF servers that refuse a retry with another status than the contract has, or refuse it beside what it has."""

from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Refusal

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.store import State, Task

# What the servers of these modules refuse, with a code and a text of their own.
REFUSED = Fault(400, "BAD_REQUEST", "The request is not accepted.", "Send another request.")


class Restated(Server):
    """Refuses retries with other statuses."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, and change the status of a refusal."""
        try:
            super().retry_task(call, id_=id_)
        except Refusal as refusal:
            raise Refusal(self.restated(id_, refusal.status), refusal.body, refusal.headers) from refusal

    def restated(self, id_: str, status: int) -> int:
        """Return the status of a refusal in the place of another."""
        raise NotImplementedError


@faulty("VCF-RETRY-12", "VCF-RETRY-09", "VCF-STATE-03", "VCF-STATE-06", says="A retry of a running task is 423.")
class RunningIsLocked(Restated):
    """Knows a finer status."""

    def restated(self, id_: str, status: int) -> int:
        """Return 423 for the 409 of a running task."""
        task = self.store.task(id_)
        runs = task is not None and task.state(self.now()) is State.IN_PROGRESS
        return 423 if runs and status == 409 else status


@faulty("VCF-RETRY-11", "VCF-RETRY-12", says="A retry that fails unexpectedly is answered 503.")
class FaultIsUnavailable(Restated):
    """Hopes that it will pass."""

    def restated(self, id_: str, status: int) -> int:
        """Return 503 for 500."""
        return 503 if status == 500 else status


@faulty("VCF-RETRY-07", "VCF-RETRY-03", says="A retry with an id that is no UUID is answered 500.")
class MalformedIdFails(Restated):
    """Does not expect another id."""

    def restated(self, id_: str, status: int) -> int:
        """Return 500 for the 404 of an id of another length."""
        return 500 if status == 404 and len(id_) != 36 else status


@faulty("VCF-RETRY-07", says="A retry with an id that is no UUID is answered 400.", warns=True)
class MalformedIdIsBadRequest(Restated):
    """Has a form for its ids."""

    def restated(self, id_: str, status: int) -> int:
        """Return 400 for the 404 of an id of another length."""
        return 400 if status == 404 and len(id_) != 36 else status


@faulty(
    "VCF-RETRY-13",
    "VCF-RETRY-04",
    "VCF-RETRY-05",
    "VCF-AUTH-01",
    says="A retry of a failed task with a valid token is 403.",
)
class RetryForbidden(Server):
    """Has a role for it that nobody is given."""

    def retry(self, task: Task) -> None:
        """Forbid what would be done."""
        if task.state(self.now()) is State.FAILED:
            raise self.refuse(Fault(403, "FORBIDDEN", "The role does not allow it.", "Ask for another role."))
        super().retry(task)


@faulty("VCF-RETRY-07", says="A retry of an unknown task is answered 200.")
class UnknownTaskAccepted(Server):
    """Has nothing to do, and says so."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Pass over an id that names no task."""
        if self.store.task(id_) is not None or len(id_) != 36:
            super().retry_task(call, id_=id_)


@faulty("VCF-RETRY-07", "VCF-RETRY-03", says="The start of an id is enough for a retry.")
class StartOfIdIsEnough(Server):
    """Looks for what begins so."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry the task whose id begins so."""
        starts = [task.id for task in self.store.tasks() if len(id_) >= 30 and task.id.startswith(id_)]
        super().retry_task(call, id_=starts[0] if len(starts) == 1 else id_)


@faulty("VCF-GET-03", says="An unknown task is answered 410.")
class ReadUnknownGone(Server):
    """Says that what it does not know was there once."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Show a task, or refuse with another status."""
        try:
            return super().get_task(call, id_=id_)
        except Refusal as refusal:
            raise Refusal(410, refusal.body) from refusal


@faulty("VCF-GET-04", "VCF-GET-03", says="Reading an id with a quote in it is answered 500.")
class QuotedIdFails(Server):
    """Writes ids into its queries."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Show a task, or fail."""
        if "'" in id_ or "%" in id_:
            raise self.refuse(faults.INTERNAL)
        return super().get_task(call, id_=id_)
