"""VCF servers that go wrong on a later retry, with another task of the same name, or at the end of a re-run."""

import threading
from collections import Counter
from dataclasses import replace

from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.faulty.vcf_conflicts import changed
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Task
from retryspec.reference.wire import with_json, with_status


@faulty("VCF-RETRY-12", "VCF-RETRY-05", says="The second retry of a task is answered 204.")
class SecondRetryIs204(Server):
    """Has nothing new to say."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer 204 to a second retry."""
        response = super().finish(call, response)
        task = self.store.task(call.path_parameters.get("id", ""))
        second = call.operation_id == "retryTask" and response.status_code == 200 and task is not None and task.runs > 1
        return with_status(response, 204) if second else response


@faulty("VCF-RETRY-06", says="The 200 to the second retry of a task has a body.")
class SecondRetryHasBody(Server):
    """Has something to say now."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer a second retry with a body."""
        response = super().finish(call, response)
        task = self.store.task(call.path_parameters.get("id", ""))
        second = call.operation_id == "retryTask" and response.status_code == 200 and task is not None and task.runs > 1
        return with_json(response, {"runs": 2}) if second else response


@faulty("VCF-RETRY-03", says="The second retry of a task starts the one beside it as well.")
class SecondRetryStartsNext(Server):
    """Counts runs, and takes the count for a place."""

    def start_again(self, task: Task) -> bool:
        """Start a task, and perhaps the next one."""
        started = super().start_again(task)
        if started and task.runs:
            for other in self.store.tasks():
                if other.number == task.number + 1:
                    self.store.start_again(other.id, self.now())
        return started


@faulty("VCF-RETRY-03", says="A retry starts every failed task of the same name.")
class NamesakesRun(Server):
    """Knows tasks by their names."""

    def start_again(self, task: Task) -> bool:
        """Start all of that name."""
        started = super().start_again(task)
        for other in self.store.tasks() if started else []:
            if other.name == task.name:
                self.store.start_again(other.id, self.now())
        return started


@faulty("VCF-RETRY-05", says="A failed task is refused while one of the same name runs.")
class NamesakeInTheWay(Server):
    """Locks names."""

    def start_again(self, task: Task) -> bool:
        """Start a task unless its name is taken."""
        now = self.now()
        others = (other for other in self.store.tasks() if other.name == task.name and other.id != task.id)
        return not any(other.state(now) is State.IN_PROGRESS for other in others) and super().start_again(task)


@faulty("VCF-STATE-07", says="A task whose retry was refused once is refused when it has failed again.", warns=True)
class RefusedForever(Server):
    """Remembers its refusals."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.refused: set[str] = set()

    def start_again(self, task: Task) -> bool:
        """Start a task that was never refused."""
        started = task.id not in self.refused and super().start_again(task)
        if not started:
            self.refused.add(task.id)
        return started


@faulty("VCF-STATE-01", says="A task that was retried twice is not listed.")
class UnlistedWhenRetriedTwice(Server):
    """Archives what runs too often."""

    def all_tasks(self) -> list[Task]:
        """Return the tasks that ran once or twice."""
        return [task for task in super().all_tasks() if task.runs < 2]


@faulty("VCF-STATE-01", says="A task that failed again is not found.")
class GoneWhenFailedAgain(Server):
    """Archives what is hopeless."""

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Refuse a task that failed again."""
        task = self.task_of(id_)
        if task.runs and task.state(self.now()) is State.FAILED:
            raise self.unknown(id_)
        return super().get_task(call, id_=id_)


@faulty("VCF-STATE-02", says="A re-run that is to succeed completes with a warning.")
class RerunEndsWithWarning(Server):
    """Is content with less."""

    def start_again(self, task: Task) -> bool:
        """Start a task that will end otherwise."""
        started = super().start_again(task)
        if started:
            changed(
                self, task, "outcome = CASE outcome WHEN 'SUCCESSFUL' THEN 'COMPLETED_WITH_WARNING' ELSE outcome END"
            )
        return started


@faulty("VCF-STATE-02", says="A re-run never ends.")
class RerunNeverEnds(Server):
    """Waits for itself."""

    def start_again(self, task: Task) -> bool:
        """Start a task for an hour."""
        started = super().start_again(task)
        if started:
            changed(self, task, "ends = :now + 3600")
        return started


@faulty("VCF-STATE-02", says="Every other reading shows a task that runs again as failed.")
class EveryOtherReadingStale(Server):
    """Has two caches, one of which is old."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.readings = 0

    def state_of(self, task: Task, now: float) -> State:
        """Return the state, every other time an old one."""
        state = super().state_of(task, now)
        if not task.runs or state is not State.IN_PROGRESS:
            return state
        self.readings += 1
        return state if self.readings % 2 else State.FAILED


@faulty("VCF-STATE-05", "VCF-LIST-08", says="A retry of an unknown task is refused, and the id listed from then on.")
class UnknownIsListed(Server):
    """Writes down what it did not find."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.unknown_ids: list[str] = []

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, and remember an id that is unknown."""
        if self.store.task(id_) is None:
            self.unknown_ids.append(id_)
        super().retry_task(call, id_=id_)

    def all_tasks(self) -> list[Task]:
        """Return all tasks, and one for each id that is unknown."""
        tasks = super().all_tasks()
        return [*(replace(tasks[-1], id=each) for each in self.unknown_ids), *tasks] if tasks else []


@faulty("VCF-STATE-06", says="Of several retries at the same moment none is accepted, though the task runs.")
class NobodyAccepted(Server):
    """Sees that somebody else is there, and leaves it to him."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.at_once = Counter[str]()

    def start_again(self, task: Task) -> bool:
        """Start a task, and tell so where nobody else is there."""
        self.at_once[task.id] += 1
        threading.Event().wait(0.02)
        alone = self.at_once[task.id] < 2
        return super().start_again(task) and alone


@faulty("VCF-STATE-08", says="The second retry of a task renews its creationTimestamp.", warns=True)
class CreationRenewedLater(Server):
    """Takes a third run for another task."""

    def start_again(self, task: Task) -> bool:
        """Start a task, perhaps as if it were new."""
        started = super().start_again(task)
        if started and task.runs:
            changed(self, task, "created = created + 1")
        return started


@faulty("VCF-STATE-02", says="A retry does not show to clients with another token.")
class OthersSeeNothing(Server):
    """Keeps what it has shown to a client, until that client changes something."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.shown: dict[tuple[str | None, str], ShownTask] = {}

    def get_task(self, call: Call, *, id_: str) -> ShownTask:
        """Return what this client was shown."""
        key = call.header("authorization"), id_
        if key not in self.shown:
            self.shown[key] = super().get_task(call, id_=id_)
        return self.shown[key]

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, and show the client what became of it."""
        super().retry_task(call, id_=id_)
        self.shown = {key: task for key, task in self.shown.items() if key[0] != call.header("authorization")}
