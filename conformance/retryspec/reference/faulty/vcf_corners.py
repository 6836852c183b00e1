"""VCF servers that go wrong with odd paths and names, or with a call that is much like one before."""

from collections import Counter
from dataclasses import replace

from retryspec_models.vcf.models import PageOfTask
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.lenient.vcf_slashes import MARK, SeesSlashes
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_body


@faulty("VCF-AUTH-01", says="A list with a slash at the end of its path needs no token.")
class SlashNeedsNoToken(SeesSlashes):
    """Guards the path as it is written in the document."""

    def admit(self, call: Call) -> None:
        """Let in who adds a slash to the list."""
        if not (call.operation_id == "getTasks" and call.header(MARK)):
            super().admit(call)


@faulty("VCF-AUTH-01", says="A task that was read once with a token is read by everybody.")
class ReadOnceIsPublic(Server):
    """Keeps answers by their paths, whoever asked."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.kept: set[bytes] = set()

    def authenticate(self, call: Call) -> None:
        """Let in who asks for what was given out before."""
        if call.operation_id == "getTask" and call.raw_path in self.kept and call.header("authorization") is None:
            return
        super().authenticate(call)
        if call.operation_id == "getTask":
            self.kept.add(call.raw_path)


@faulty("VCF-RETRY-05", says="A task whose name has characters beyond Latin-1 cannot be retried.")
class NameBeyondLatin(Server):
    """Writes names to a log of its time."""

    def start_again(self, task: Task) -> bool:
        """Start a task if its name can be written."""
        task.name.encode("latin-1")
        return super().start_again(task)


@faulty("VCF-RETRY-07", says="The second retry of an unknown id is refused with 409.")
class UnknownIsBusy(Server):
    """Takes what was asked for before for something under way."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.times: Counter[str] = Counter()

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, or refuse with another status the second time."""
        self.times[id_] += 1
        if self.times[id_] > 1 and self.store.task(id_) is None:
            raise self.refuse(faults.TASK_NOT_FAILED, id=id_, status="Pending")
        super().retry_task(call, id_=id_)


@faulty("VCF-GET-03", says="An unknown id whose retry was refused is gone, with 410.")
class RefusedIdIsGone(Server):
    """Remembers what it once refused."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.asked: set[str] = set()

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, and remember the id."""
        self.asked.add(id_)
        super().retry_task(call, id_=id_)

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Show a task, or say that it is gone."""
        if id_ in self.asked and self.store.task(id_) is None:
            raise Refusal(410, self.unknown(id_).body)
        return super().get_task(call, id_=id_)


@faulty("VCF-RETRY-07", "VCF-RETRY-03", says="What follows a dot in an id is taken for a format.")
class SuffixIsFormat(Server):
    """Takes `.json` for a wish."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry the task of what stands before the dot."""
        super().retry_task(call, id_=id_.partition(".")[0])


@faulty("VCF-RETRY-07", "VCF-RETRY-03", says="An id ends at a NUL.")
class NulEndsId(Server):
    """Hands ids to a library in C."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry the task of what stands before the NUL."""
        super().retry_task(call, id_=id_.partition("\0")[0])


@faulty("VCF-GET-04", "VCF-RETRY-03", says="An id with a line break is an internal error.")
class LineBreakIsFault(Server):
    """Puts ids into a header of the next service."""

    def task_of(self, id_: str) -> Task:
        """Return a task, unless its id breaks a line."""
        if "\n" in id_:
            raise ValueError(id_)
        return super().task_of(id_)


@faulty("VCF-RETRY-14", says="A successful task is passed over with 200 where the retry has a body.")
class BodyPassesOver(Server):
    """Takes a body for a consent."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, or do nothing."""
        if not (call.body and self.state_of(self.task_of(id_), self.now()) is State.SUCCESSFUL):
            super().retry_task(call, id_=id_)


@faulty("VCF-RETRY-11", "VCF-ERROR-01", says="The second 500 to retries of a task has no body.")
class SecondFailureIsEmpty(Server):
    """Says what went wrong only once."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.failures: Counter[str] = Counter()

    def finish(self, call: Call, response: Response) -> Response:
        """Leave out the body of later failures."""
        response = super().finish(call, response)
        if call.operation_id == "retryTask" and response.status_code == 500:
            self.failures[call.path] += 1
            return response if self.failures[call.path] == 1 else with_body(response, b"", media_type=None)
        return response


@faulty("VCF-RETRY-11", "VCF-ERROR-01", says="A 500 is a page for who accepts anything.")
class FailureIsPage(Server):
    """Has its errors shown by what stands before it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Send a page in the place of an Error."""
        response = super().finish(call, response)
        anything = call.header("accept") == "*/*"
        if call.operation_id == "retryTask" and response.status_code == 500 and anything:
            return with_body(response, b"<h1>Internal Server Error</h1>", media_type="text/html")
        return response


class KnowsOrder(Server):
    """Cuts the pages of some orders in another way."""

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page of tasks, and see to its order."""
        if asked.page_number is None or asked.page_size is None:
            return super().page(asked)
        return super().page(self.altered(asked, asked.page_number))

    def altered(self, asked: Asked, number: int) -> Asked:
        """Return what is asked for in truth."""
        return replace(asked, page_number=number)


@faulty("VCF-LIST-08", says="In falling order a later page is the one before.")
class FallingPagesRepeat(KnowsOrder):
    """Counts from the other end."""

    def altered(self, asked: Asked, number: int) -> Asked:
        """Ask for the page before."""
        falling = (asked.direction or "").upper() == "DESC"
        return replace(asked, page_number=max(0, number - 1) if falling else number)


@faulty("VCF-LIST-08", says="In the order of names a task of a name that came before is on no page.")
class NameComesOnce(Server):
    """Goes on behind the last name it showed."""

    def order(self, tasks: list[Task], asked: Asked, now: float) -> list[Task]:
        """Return the tasks in order, each name once where that is the order."""
        ordered = super().order(tasks, asked, now)
        return list({task.name: task for task in ordered}.values()) if asked.order_by == "name" else ordered
