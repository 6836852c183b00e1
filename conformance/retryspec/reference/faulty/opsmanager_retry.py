"""Ops Manager servers whose retry does not do what was asked for: nothing, something else, or not for long."""

from collections.abc import Mapping, Sequence
from typing import Any

from retryspec_models.opsmanager.stubs import Call, routes
from starlette.routing import BaseRoute

from retryspec.reference.apis import StateMaker
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.store import Job, State, Store
from retryspec.reference.variations import faulty

LATE_SECONDS = 20
SOON_SECONDS = 0.16


@faulty("OM-RETRY-04", "OM-RETRY-01", "OM-RETRY-14", "OM-RETRY-22", says="A retry is answered 200 and does nothing.")
class NothingRuns(Server):
    """Queues what nobody takes from the queue."""

    def start_again(self, job: Job) -> bool:
        """Tell whether a job has failed, and leave it at that."""
        return job.state(self.now()) is State.FAILURE


@faulty(
    "OM-RETRY-01",
    "OM-RETRY-02",
    "OM-RETRY-04",
    "OM-COMMON-01",
    says="A retry is served below another version than the rest.",
)
class RetryElsewhere(Server):
    """Has moved one operation on."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the reads, and that of a retry below its own prefix."""
        return [*super().routes()[:2], *routes(self, prefix="/api/public/v2.0")[2:]]


class OnceStore(Store):
    """Runs a job a second time, and not a third time."""

    def may_run_again(self) -> str:
        """Return a condition that only a job meets that was not retried before."""
        return f"{super().may_run_again()} AND runs = 0"


@faulty("OM-RETRY-04", says="A job that fails again cannot be retried again.")
class RetryOnlyOnce(Server):
    """Counts tries."""

    store_type = OnceStore


class LostStore(Store):
    """Starts a run that fails at once."""

    def rerun(self) -> str:
        """Return what makes a run of a fifth of a second that fails."""
        return "started = :now, ends = :now + 0.2, outcome = 'FAILURE', runs = runs + 1"


@faulty("OM-RETRY-04", "OM-RETRY-14", says="A retried job runs for an instant and has then failed as before.")
class RerunLost(Server):
    """Loses its worker."""

    store_type = LostStore


class SucceedingStore(Store):
    """Says of each run that it will succeed."""

    def rerun(self) -> str:
        """Return what makes a run that succeeds."""
        return super().rerun().replace("rerun_outcome", "'SUCCESS'")


@faulty("OM-RETRY-04", "OM-RETRY-14", says="A run again that fails is shown as a success.")
class RerunSucceedsAlways(Server):
    """Does not look at how a run ended."""

    store_type = SucceedingStore


@faulty("OM-RETRY-04", "OM-RETRY-14", says="A job shows twenty seconds after the retry that it runs.")
class EffectLate(Server):
    """Reads from a copy that lags behind."""

    late_seconds: float = LATE_SECONDS

    def state_of(self, job: Job, now: float) -> State:
        """Return the state before the retry for a while."""
        late = job.runs > 0 and now < job.started + self.late_seconds
        return State.FAILURE if late else super().state_of(job, now)


@faulty("OM-RETRY-14", "OM-RETRY-04", warns=True, says="A job shows an instant after the retry that it runs.")
class EffectSoon(EffectLate):
    """Starts a job when a worker has time."""

    late_seconds = SOON_SECONDS


@faulty(
    "OM-RETRY-14", "OM-RETRY-22", warns=True, says="A retry does nothing, on a server that promises nothing about it."
)
class NothingRunsUnpromised(NothingRuns):
    """Has a provider of states that says less."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes a state, without its promise."""
        return {name: self.unpromised(make) for name, make in super().states().items()}

    def unpromised(self, make: StateMaker) -> StateMaker:
        """Return what makes a state and leaves out the promise."""

        def provide(params: Mapping[str, Any]) -> dict[str, object]:
            return {name: value for name, value in make(params).items() if name != "rerunsAsAsked"}

        return provide


@faulty("OM-RETRY-02", "OM-RETRY-04", "OM-RETRY-01", says="A retry takes the job's id for the project's as well.")
class GroupIsTheJob(Server):
    """Follows the slip of the vendor's page."""

    def group_id_of(self, call: Call) -> str:
        """Return the project; that of a retry is found by the id of the job."""
        group_id = super().group_id_of(call)
        if call.operation_id == "retryLogCollectionJob" and group_id != call.path_parameters["jobId"].lower():
            raise self.refuse(faults.GROUP_UNKNOWN, group=group_id)
        return group_id


@faulty("OM-RETRY-03", "OM-JOB-01", says="A retry does not find a job under the id that the list shows.")
class ListedIdUnknown(Server):
    """Shows ids in upper case, and takes them so where it reads."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return jobs with ids in upper case."""
        if status != 200 or not content:
            return content
        for job in content.get("results", [content]):
            job["id"] = job["id"].upper()
        return content

    def job_id_of(self, call: Call) -> str:
        """Return the id of a job; a retry does not know the spelling of the list."""
        job_id = call.path_parameters["jobId"]
        if call.operation_id == "retryLogCollectionJob" and job_id != job_id.lower():
            raise self.refuse(faults.JOB_UNKNOWN, group=self.group_id_of(call), job=job_id)
        return super().job_id_of(call)


class AlsoStore(Store):
    """Runs a second job again beside the one that was named."""

    def named(self) -> str:
        """Return a condition for the job and for the oldest one of its project that has failed."""
        oldest = "SELECT min(number) FROM opsmanager_job WHERE group_id = :group AND outcome = 'FAILURE' AND id <> :id"
        return f"group_id = :group AND (id = :id OR number = ({oldest}))"


@faulty("OM-RETRY-12", "OM-RETRY-04", "OM-RETRY-23", says="A retry runs a second failed job again.")
class SecondJobRunsAlso(Server):
    """Takes the rest of the queue along."""

    store_type = AlsoStore


class Beside(Server):
    """Does something to the other jobs of a project with each retry."""

    change: str
    """What is done, in SQL."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, and change others."""
        started = super().start_again(job)
        if started:
            with self.store.database.writing() as connection:
                connection.execute(self.change, {"group": job.group_id, "id": job.id})
        return started


@faulty("OM-RETRY-12", says="A retry puts off the expiration of the other jobs.")
class OthersPutOff(Beside):
    """Forgets a condition."""

    change = "UPDATE opsmanager_job SET expires = expires + 86400 WHERE group_id = :group AND id <> :id"


class RenamingStore(Store):
    """Gives a job a new id when it runs again."""

    def rerun(self) -> str:
        """Return what gives a new id as well."""
        return f"{super().rerun()}, id = lower(hex(randomblob(12)))"


@faulty(
    "OM-RETRY-13",
    "OM-RETRY-04",
    "OM-RETRY-14",
    "OM-RETRY-23",
    "OM-LIST-01",
    says="A retried job goes on under another id.",
)
class IdChanges(Server):
    """Makes a new job of an old one."""

    store_type = RenamingStore


class RecreatingStore(Store):
    """Says of a retried job that it was made just now."""

    def rerun(self) -> str:
        """Return what moves the creation as well."""
        return f"{super().rerun()}, created = :now"


@faulty("OM-RETRY-13", warns=True, says="The creationDate of a retried job is that of the retry.")
class CreationMoves(Server):
    """Makes the job anew, under the old id."""

    store_type = RecreatingStore


@faulty("OM-RETRY-13", says="A retried job is not in the list while it runs.")
class RerunUnlisted(Server):
    """Lists what has ended."""

    def listed_jobs(self, group_id: str) -> list[Job]:
        """Return the jobs that do not run again just now."""
        now = self.now()
        return [job for job in super().listed_jobs(group_id) if job.runs == 0 or job.ends <= now]


@faulty("OM-RETRY-13", warns=True, says="A retry adds a further job to the list, a copy of the one that failed.")
class CopyBeside(Server):
    """Keeps the old run as a job of its own."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, and keep it as it was under another id."""
        started = super().start_again(job)
        if started:
            columns = [
                "group_id, user_id, outcome, created, started, ends, expires, runs, resource_type, resource_name",
                "log_types, redacted, requested_bytes, fault, rerun_seconds, rerun_outcome, stored",
            ]
            copied = ", ".join(columns)
            with self.store.database.writing() as connection:
                connection.execute(
                    f"INSERT INTO opsmanager_job (id, {copied}) SELECT lower(hex(randomblob(12))), {copied} "
                    "FROM opsmanager_job WHERE group_id = ? AND id = ?",
                    (job.group_id, job.id),
                )
        return started
