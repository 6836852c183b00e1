"""VCF servers that fail at certain ids or names, or change something when they are read."""

import threading
from uuid import UUID

from retryspec_models.vcf.models import PageOfTask
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.faulty.vcf_conflicts import changed
from retryspec.reference.faulty.vcf_refusing import REFUSED
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_body


def version_of(id_: str) -> int | None:
    """Return the version of a UUID that is written as the examples are."""
    try:
        value = UUID(id_)
    except ValueError:
        return None
    return value.version if str(value) == id_.lower() else None


@faulty("VCF-RETRY-07", "VCF-RETRY-12", says="A retry of an unknown id in upper case is 400.")
class UpperCaseIsBadRequest(Server):
    """Looks at ids before it looks for tasks."""

    def admit(self, call: Call) -> None:
        """Refuse some ids."""
        super().admit(call)
        id_ = call.path_parameters.get("id", "")
        if call.operation_id == "retryTask" and version_of(id_) and id_ != id_.lower():
            raise self.refuse(REFUSED)


@faulty("VCF-RETRY-07", "VCF-RETRY-12", says="A retry of a UUID that is not random is 400.")
class OtherVersionIsBadRequest(Server):
    """Looks at ids before it looks for tasks."""

    def admit(self, call: Call) -> None:
        """Refuse some ids."""
        super().admit(call)
        id_ = call.path_parameters.get("id", "")
        if call.operation_id == "retryTask" and version_of(id_) not in (None, 4):
            raise self.refuse(REFUSED)


@faulty("VCF-GET-03", says="An unknown id in upper case is 400.")
class ReadUpperCaseIsBadRequest(Server):
    """Looks at ids before it looks for tasks."""

    def admit(self, call: Call) -> None:
        """Refuse some ids."""
        super().admit(call)
        id_ = call.path_parameters.get("id", "")
        if call.operation_id == "getTask" and version_of(id_) and id_ != id_.lower():
            raise self.refuse(REFUSED)


@faulty("VCF-GET-04", "VCF-GET-03", says="An id of the length of a UUID that is none is a fault.")
class LettersBeyondFFail(Server):
    """Looks at the length alone."""

    def admit(self, call: Call) -> None:
        """Refuse some ids."""
        super().admit(call)
        id_ = call.path_parameters.get("id", "")
        if call.operation_id == "getTask" and len(id_) == 36 and set(id_.lower()) - set("0123456789abcdef-"):
            raise self.refuse(faults.INTERNAL)


@faulty("VCF-RETRY-07", "VCF-GET-03", "VCF-RETRY-03", says="The last digit of an id does not matter.")
class LastDigitIgnored(Server):
    """Has a column that is one too short."""

    def task_of(self, id_: str) -> Task:
        """Return a task whose id begins so."""
        for task in self.store.tasks() if len(id_) == 36 else []:
            if task.id[:-1] == id_[:-1]:
                return task
        return super().task_of(id_)


@faulty("VCF-RETRY-08", "VCF-ERROR-01", says="The 404 of a retry is a page for who does not ask for JSON.")
class UnknownIsPageForBrowsers(Server):
    """Answers as a servlet does."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer with a page."""
        response = super().finish(call, response)
        asks = "json" in (call.header("accept") or "")
        if call.operation_id != "retryTask" or response.status_code != 404 or asks:
            return response
        return with_body(response, b"<p>Not found</p>", media_type="text/html")


@faulty(
    "VCF-GET-02", "VCF-LIST-01", "VCF-GET-04", says="A task whose name has more than 255 characters cannot be shown."
)
class LongNameFails(Server):
    """Has a column that is too short."""

    def describe(self, task: Task, now: float) -> ShownTask:
        """Return a task, or fail."""
        if len(task.name) > 255:
            raise ValueError("the name is too long")
        return super().describe(task, now)


@faulty("VCF-GET-02", "VCF-LIST-01", "VCF-GET-04", says="A task whose name is beyond Latin-1 cannot be shown.")
class WideNameFails(Server):
    """Writes in one byte for each character."""

    def describe(self, task: Task, now: float) -> ShownTask:
        """Return a task, or fail."""
        task.name.encode("latin-1")
        return super().describe(task, now)


@faulty("VCF-GET-02", "VCF-LIST-01", says="A quote in a name breaks the JSON.")
class QuoteBreaksJson(Server):
    """Writes JSON by hand."""

    def finish(self, call: Call, response: Response) -> Response:
        """Leave out what escapes a quote."""
        response = super().finish(call, response)
        if call.operation_id not in ("getTask", "getTasks"):
            return response
        return with_body(response, bytes(response.body).replace(b'\\"', b'"'), media_type="application/json")


@faulty("VCF-GET-05", says="A list changes when the skipped tasks in it were completed.")
class ListMovesEnds(Server):
    """Writes down what it has shown."""

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page, and change what is in it."""
        page = super().page(asked)
        for task in self.store.tasks():
            if task.outcome is State.SKIPPED:
                changed(self, task, "ends = ends - 0.001")
        return page


@faulty("VCF-GET-05", says="Reading a failed task lets it fail anew.")
class ReadingFailsAnew(Server):
    """Looks whether it still fails."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Return a task, and count a run."""
        task = self.task_of(id_)
        if task.state(self.now()) is State.FAILED:
            changed(self, task, "runs = runs + 1")
        return super().get_task(call, id_=id_)


@faulty("VCF-GET-05", "VCF-GET-02", says="Of two readings at the same moment one gets the task of the other.")
class ReadingsMixedUp(Server):
    """Keeps the id of a request where others write theirs."""

    last = ""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Return the task that was asked for last."""
        self.last = id_
        threading.Event().wait(0.005)
        return super().get_task(call, id_=self.last)
