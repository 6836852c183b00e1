"""VCF servers that go wrong only in a combination: of two calls, or of a call with a moment or a second part."""

import threading
from collections import Counter

from retryspec_models.vcf.models import AccessToken
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.faulty.vcf_conflicts import changed
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_body, with_json, with_status


@faulty(
    "VCF-AUTH-04", "VCF-AUTH-05", "VCF-ERROR-01", says="A refusal to sign in is a page for who does not ask for JSON."
)
class SignInErrorPage(Server):
    """Shows people its pages."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer a refused login or refresh with a page."""
        response = super().finish(call, response)
        refused = call.operation_id in self.open_operations and response.status_code >= 400
        asks = "json" in (call.header("accept") or "")
        return with_body(response, b"<h1>Refused</h1>", media_type="text/html") if refused and not asks else response


@faulty("VCF-AUTH-05", says="A refreshed access token reads, and retries nothing.")
class RefreshedTokenReadsOnly(Server):
    """Gives refreshed tokens fewer rights, which it looks at once it has found the task."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.readers: set[str] = set()

    def refreshed(self, value: str) -> AccessToken:
        """Remember the token that is given."""
        token = super().refreshed(value)
        self.readers.add(token.root)
        return token

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task for who signed in."""
        task = self.task_of(id_)
        if (call.header("authorization") or "").removeprefix("Bearer ") in self.readers:
            raise self.refuse(Fault(403, "FORBIDDEN", "The role does not allow it.", "Ask for another role."))
        self.retry(task)


@faulty("VCF-AUTH-05", says="The id of a refresh token is what stands between the quotes.")
class RefreshIdIsCutOut(Server):
    """Does without a parser."""

    def finish(self, call: Call, response: Response) -> Response:
        """Refuse an id that is not written out."""
        escaped = call.operation_id == "refreshAccessToken" and b"\\" in call.body
        if escaped and response.status_code == 200:
            refusal = self.refuse(faults.REFRESH_TOKEN_UNKNOWN)
            body = refusal.body.model_dump(by_alias=True, mode="json") if refusal.body else {}
            response = with_status(with_json(response, body), refusal.status)
        return super().finish(call, response)


@faulty("VCF-GET-02", says="Tasks beyond the two hundred newest are listed, and not found.")
class OldTasksNotFound(Server):
    """Looks for a task where the list begins."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Return a task that is new enough."""
        task = self.task_of(id_)
        newer = sum(other.created > task.created for other in self.store.tasks())
        if newer > 200:
            raise self.unknown(id_)
        return super().get_task(call, id_=id_)


@faulty("VCF-RETRY-05", says="A task with a brace in its name cannot be retried.")
class BraceInName(Server):
    """Fills names in where they stand."""

    def start_again(self, task: Task) -> bool:
        """Start a task, and say so."""
        f"{task.name} runs".format()
        return super().start_again(task)


@faulty("VCF-STATE-04", says="A refused retry of a task that a retry has mended lets it fail.")
class MendedIsBroken(Server):
    """Puts a task back to where its last retry began, and only then looks."""

    def conflict(self, task: Task) -> Refusal:
        """Refuse, with an effect."""
        refusal = super().conflict(task)
        if task.runs and task.state(self.now()) is State.SUCCESSFUL:
            changed(self, task, "outcome = 'FAILED'")
        return refusal


class Queue(Server):
    """Starts some tasks a moment after they were asked for."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.due: dict[str, float] = {}

    def admit(self, call: Call) -> None:
        """Start what is due."""
        for id_, due in list(self.due.items()):
            task = self.store.task(id_)
            if task is not None and due < self.now():
                self.due.pop(id_, None)
                changed(self, task, "begins = :now, ends = :now + 600")
        super().admit(call)


@faulty("VCF-STATE-04", says="A refused retry of a successful task runs a moment later.")
class RefusedRunsLater(Queue):
    """Refuses what stands in its queue already."""

    def conflict(self, task: Task) -> Refusal:
        """Refuse, and let it stand in the queue."""
        if task.state(self.now()) is State.SUCCESSFUL and not task.runs:
            self.due[task.id] = self.now() + 0.7
        return super().conflict(task)


@faulty("VCF-RETRY-03", says="A retry without a token is refused, and runs a moment later.")
class WithoutTokenRunsLater(Queue):
    """Looks at the token beside the queue."""

    def authenticate(self, call: Call) -> None:
        """Refuse, and let it stand in the queue."""
        try:
            super().authenticate(call)
        except Refusal:
            if call.operation_id == "retryTask":
                self.due[call.path_parameters.get("id", "")] = self.now() + 0.7
            raise


@faulty("VCF-STATE-06", says="Of the retries of two clients at the same moment both are accepted.")
class LockPerClient(Server):
    """Has a lock for each token."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.locks: dict[str, threading.Lock] = {}

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task that no other call of this client retries."""
        with self.locks.setdefault(call.header("authorization") or "", threading.Lock()):
            task = self.task_of(id_)
            failed = task.state(self.now()) is State.FAILED
            threading.Event().wait(0.02)
            try:
                self.retry(task)
            except Refusal as refusal:
                if not failed or refusal.status != 409:
                    raise


@faulty("VCF-RETRY-09", says="Of the retries of a successful task at the same moment some are 500.")
class RefusalsCollide(Server):
    """Writes each refusal down, one at a time."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.at_once = Counter[str]()

    def conflict(self, task: Task) -> Refusal:
        """Refuse, unless somebody else is refused."""
        if task.state(self.now()) is not State.SUCCESSFUL:
            return super().conflict(task)
        self.at_once[task.id] += 1
        threading.Event().wait(0.02)
        refusal = super().conflict(task) if self.at_once[task.id] < 2 else self.refuse(faults.INTERNAL)
        self.at_once[task.id] -= 1
        return refusal


@faulty("VCF-LIST-08", says="With completedAfter the second page is the first one.")
class CompletedPageStays(Server):
    """Counts pages in another query."""

    def page_number(self, asked: Asked) -> int:
        """Return the number of the page, or of the first one."""
        return self.first_page if asked.completed_after is not None else super().page_number(asked)


@faulty("VCF-LIST-08", says="Each page of an order by status sorts equal tasks in another way.")
class StatusOrderIsLoose(Server):
    """Leaves to each query how equal ones are sorted."""

    def order(self, tasks: list[Task], asked: Asked, now: float) -> list[Task]:
        """Sort tasks, equal ones as they come."""
        odd = asked.order_by == "status" and (asked.page_number or 0) % 2 == 1
        return super().order(tasks[::-1] if odd else tasks, asked, now)


@faulty("VCF-AUTH-01", says="A task with a query behind it needs no token.")
class QueryNeedsNoToken(Server):
    """Guards the addresses that it knows."""

    def authenticate(self, call: Call) -> None:
        """Let in who adds a query to a task."""
        if call.operation_id == "getTasks" or not call.raw_query:
            super().authenticate(call)


@faulty("VCF-AUTH-01", says="The list without parameters needs no token.")
class WholeListNeedsNoToken(Server):
    """Takes it for a front page."""

    def authenticate(self, call: Call) -> None:
        """Let in who asks for nothing in particular."""
        if call.operation_id != "getTasks" or call.raw_query:
            super().authenticate(call)


@faulty("VCF-RETRY-05", "VCF-STATE-02", says="A retry with a query is answered 200 and does nothing.")
class QueryIsTriedOut(Server):
    """Takes it for a trial."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, or only look at it."""
        task = self.task_of(id_)
        if not (call.raw_query and task.state(self.now()) is State.FAILED):
            self.retry(task)


@faulty("VCF-AUTH-02", "VCF-AUTH-04", says="Of two logins at the same moment one meets a fault.")
class LoginsCollide(Server):
    """Has one session to write."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.at_once = 0

    def check_password(self, username: str, password: str) -> None:
        """Let in a user while nobody else signs in."""
        super().check_password(username, password)
        self.at_once += 1
        threading.Event().wait(0.02)
        collide = self.at_once > 1
        self.at_once -= 1
        if collide:
            raise self.refuse(faults.INTERNAL)


@faulty("VCF-STATE-07", says="A task is retried three times and not a fourth time.", warns=True, slow=True)
class ThreeRetriesAtMost(Server):
    """Gives up."""

    def start_again(self, task: Task) -> bool:
        """Start a task that was retried twice at most."""
        return task.runs < 3 and super().start_again(task)
