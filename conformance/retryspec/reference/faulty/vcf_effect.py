"""VCF servers on which a retry has another effect than it should: late, for a while, on others, under another id."""

from retryspec_models.vcf.models import Task as ShownTask

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Store, Task

# VCF-RETRY-03: others


class NextRunsToo(Store):
    """Finds two tasks for an id."""

    def named(self) -> str:
        """Return the condition that also finds the task that was made next."""
        return "number - (SELECT number FROM vcf_task WHERE id = :id) IN (0, 1)"

    def may_run_again(self) -> str:
        """Return the condition, which the named task has to meet first."""
        failed = f"SELECT 1 FROM vcf_task WHERE id = :id AND {super().may_run_again()}"
        return f"{super().may_run_again()} AND EXISTS ({failed})"


@faulty(
    "VCF-RETRY-03",
    "VCF-RETRY-05",
    "VCF-STATE-06",
    says="A retry also starts the task that was created next, where it has failed.",
)
class NextTaskRunsToo(Server):
    """Takes what it finds from there on."""

    store_type = NextRunsToo


class NeighbourTouched(Store):
    """Writes to the task before as well."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task, and note the time at another that has ended."""
        started = super().start_again(id_, now)
        if started:
            with self.database.writing() as connection:
                connection.execute(
                    "UPDATE vcf_task SET ends = ends + 1 WHERE ends < :now - 1 AND outcome = 'SUCCESSFUL'"
                    " AND number - (SELECT number FROM vcf_task WHERE id = :id) IN (-1, 1)",
                    {"id": id_, "now": now},
                )
        return started


@faulty("VCF-RETRY-03", says="A retry changes when the successful task beside it was completed.")
class NeighbourCompletedAnew(Server):
    """Locks more rows than it needs, and stamps them."""

    store_type = NeighbourTouched


# VCF-STATE-01: the handle


@faulty("VCF-STATE-01", "VCF-STATE-02", says="A task is not found any more when its re-run has ended.")
class GoneWhenEnded(Server):
    """Clears up what went well in the end."""

    def task_of(self, id_: str) -> Task:
        """Return a task that has not been cleared up."""
        task = super().task_of(id_)
        if task.runs and not self.under_way(self.state_of(task, self.now())):
            raise self.unknown(id_)
        return task


@faulty("VCF-STATE-01", "VCF-STATE-08", "VCF-LIST-05", says="A task is not listed while it runs again.")
class UnlistedWhileRunning(Server):
    """Lists what is at rest."""

    def all_tasks(self) -> list[Task]:
        """Return the tasks that do not run again."""
        now = self.now()
        return [task for task in super().all_tasks() if not (task.runs and self.under_way(self.state_of(task, now)))]


class CopyMade(Store):
    """Makes a second task of a retry."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task, and note the run as a task."""
        started = super().start_again(id_, now)
        if started:
            shared = "name, kind, outcome, created, begins, ends, runs, retryable, fault, resource"
            others = "rerun_seconds, rerun_outcome, sample, dropped_after"
            with self.database.writing() as connection:
                connection.execute(
                    f"INSERT OR IGNORE INTO vcf_task (id, {shared}, {others}) SELECT"
                    f" lower(hex(randomblob(4))) || '-1000-4000-8000-' || lower(hex(randomblob(6))), {shared}, {others}"
                    " FROM vcf_task WHERE id = ?",
                    (id_,),
                )
        return started


@faulty("VCF-STATE-01", says="A retry makes a second task of the same name.")
class RetryMakesCopy(Server):
    """Keeps the old id, and gives the run another."""

    store_type = CopyMade


# VCF-STATE-02: for how long, and how it ends


class Looking(Server):
    """Shows a retried task otherwise than it is."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.started: dict[str, float] = {}
        self.looks: dict[str, int] = {}

    def start_again(self, task: Task) -> bool:
        """Start a task, and remember when."""
        started = super().start_again(task)
        if started:
            self.started[task.id] = self.now()
            self.looks[task.id] = 0
        return started

    def describe(self, task: Task, now: float) -> ShownTask:
        """Show a task, and count that."""
        shown = super().describe(task, now)
        self.looks[task.id] = self.looks.get(task.id, 0) + 1
        return shown


@faulty("VCF-STATE-02", says="A task shows only on the second look that it runs.", warns=True)
class EffectOnSecondLook(Looking):
    """Answers from a cache, and renews it afterwards."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry at the first look."""
        late = task.runs > 0 and self.looks.get(task.id, 9) < 1
        return State.FAILED if late else super().state_of(task, now)


@faulty(
    "VCF-STATE-02", "VCF-RETRY-05", says="A second after the retry a task that still runs shows that it has failed."
)
class EffectLostSoon(Looking):
    """Hears nothing of its worker."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state before the retry after a second."""
        lost = task.runs > 0 and task.ends > now > self.started.get(task.id, now) + 1
        return State.FAILED if lost else super().state_of(task, now)


class FailsAgain(Store):
    """Ends each run as the one before."""

    def rerun(self) -> str:
        """Return what a retry sets, without how it ends."""
        return super().rerun().replace(", outcome = rerun_outcome", "")


@faulty("VCF-STATE-02", says="A task that is to succeed in its re-run fails again.")
class RerunFailsAgain(Server):
    """Repeats a run with what made it fail."""

    store_type = FailsAgain


class HalfAsLong(Store):
    """Ends runs early."""

    def rerun(self) -> str:
        """Return what a retry sets, with another length for runs of some seconds."""
        return super().rerun().replace("+ rerun_seconds", "+ min(rerun_seconds, 1.5)")


@faulty("VCF-STATE-02", says="A re-run ends after a second and a half.", slow=True)
class RerunEndsEarly(Server):
    """Counts a run as done when it has begun."""

    store_type = HalfAsLong


# VCF-STATE-07, VCF-STATE-08: the second retry, and what it keeps


class OnceOnly(Store):
    """Counts the runs."""

    def may_run_again(self) -> str:
        """Return the condition with a first run."""
        return f"{super().may_run_again()} AND runs < 1"


@faulty("VCF-STATE-07", says="A task is retried once, and never again.", warns=True)
class RetriedOnce(Server):
    """Gives one chance."""

    store_type = OnceOnly


class CreationRenewedStore(Store):
    """Counts a run as a creation."""

    def rerun(self) -> str:
        """Return what a retry sets, the time of creation included."""
        return super().rerun() + ", created = :now"


@faulty("VCF-STATE-08", says="A retry renews the creationTimestamp.", warns=True)
class CreationRenewed(Server):
    """Begins a task anew altogether."""

    store_type = CreationRenewedStore
