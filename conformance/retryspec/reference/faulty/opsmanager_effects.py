"""Ops Manager servers whose retries, or refusals of them, do something else, more, or in some cases nothing."""

from typing import ClassVar

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.store import Job, State, Store
from retryspec.reference.variations import faulty

MANY = 20
MOST_RUNNING = 10

RERUN = "started = :now, ends = :now + rerun_seconds, outcome = rerun_outcome, runs = runs + 1"


class AfterwardsStore(Store):
    """Does something more after each retry that started a job."""

    afterwards: ClassVar[str]
    """The statement, in SQL; the project is `:group`, the job `:id`."""

    def start_again(self, job: Job, now: float) -> bool:
        """Start a job again where it has failed, and do that."""
        started = super().start_again(job, now)
        if started:
            with self.database.writing() as connection:
                connection.execute(self.afterwards, {"group": job.group_id, "id": job.id, "now": now})
        return started


class StopsOthersStore(AfterwardsStore):
    """Ends what runs besides."""

    afterwards = "UPDATE opsmanager_job SET ends = :now WHERE group_id = :group AND id <> :id AND ends > :now"


@faulty("OM-RETRY-12", "OM-RETRY-04", "OM-RETRY-14", "OM-RETRY-15", says="A retry ends the other jobs that run.")
class OthersEnded(Server):
    """Runs one job at a time."""

    store_type = StopsOthersStore


class MovesOthersStore(AfterwardsStore):
    """Keeps the others for a minute longer."""

    afterwards = "UPDATE opsmanager_job SET expires = expires + 60 WHERE group_id = :group AND id <> :id"


@faulty("OM-RETRY-12", "OM-RETRY-15", says="A retry moves the expirationDate of the other jobs.")
class OthersKeptLonger(Server):
    """Keeps a project while somebody works with it."""

    store_type = MovesOthersStore


class InsteadStore(Store):
    """Does something to a job whose retry is refused."""

    instead: ClassVar[str]

    def start_again(self, job: Job, now: float) -> bool:
        """Start a job again where it has failed, or do that."""
        started = super().start_again(job, now)
        if not started:
            with self.database.writing() as connection:
                connection.execute(self.instead, {"group": job.group_id, "id": job.id, "now": now})
        return started


class FailsStore(InsteadStore):
    """Takes the result of a job from it."""

    instead = "UPDATE opsmanager_job SET outcome = 'FAILURE' WHERE group_id = :group AND id = :id AND ends <= :now"


@faulty("OM-RETRY-15", "OM-RETRY-12", says="A job that has succeeded has failed after its retry was refused.")
class RefusalFails(Server):
    """Notes the refusal in the wrong place."""

    store_type = FailsStore


class EndsStore(InsteadStore):
    """Ends what runs."""

    instead = "UPDATE opsmanager_job SET ends = :now WHERE group_id = :group AND id = :id AND ends > :now"


@faulty("OM-RETRY-15", "OM-RETRY-04", "OM-RETRY-12", says="A job that runs has ended after its retry was refused.")
class RefusalEnds(Server):
    """Stops what is in the way."""

    store_type = EndsStore


class BesideStore(InsteadStore):
    """Starts the others."""

    instead = "UPDATE opsmanager_job SET ends = :now + 60 WHERE group_id = :group AND id <> :id AND outcome = 'FAILURE'"


@faulty("OM-RETRY-15", "OM-RETRY-12", "OM-RETRY-04", says="A refused retry runs the failed jobs of the project.")
class RefusalRunsOthers(Server):
    """Takes another one instead."""

    store_type = BesideStore


class TwiceStore(Store):
    """Has no more than two retries of a job."""

    def may_run_again(self) -> str:
        """Return the condition, with the number of runs."""
        return f"{super().may_run_again()} AND runs < 2"


@faulty("OM-RETRY-04", says="The third retry of a job that fails each time is refused.", slow=True)
class TwiceAtMost(Server):
    """Gives up."""

    store_type = TwiceStore


class ShortStore(Store):
    """Lets no run last longer than a second and a half."""

    def rerun(self) -> str:
        """Return what a retry sets, with an earlier end."""
        return RERUN.replace("rerun_seconds", "min(1.5, rerun_seconds)")


@faulty("OM-RETRY-04", "OM-RETRY-14", "OM-RETRY-15", says="A re-run ends before its time.", slow=True)
class RerunCutShort(Server):
    """Has other work to do."""

    store_type = ShortStore


class LaterMovesStore(Store):
    """Creates a job anew when it is retried once more."""

    def rerun(self) -> str:
        """Return what a retry sets, from the second on with the date of creation."""
        return f"{RERUN}, created = CASE runs WHEN 0 THEN created ELSE :now END"


@faulty("OM-RETRY-13", says="The second retry of a job moves its creationDate.", warns=True)
class CreationMovesLater(Server):
    """Makes a new job of one that failed twice."""

    store_type = LaterMovesStore


class Idle(Server):
    """Accepts certain retries and does nothing."""

    def retry(self, job: Job) -> None:
        """Run a job again, or do nothing."""
        if not self.is_passed_over(job, self.store.jobs(job.group_id)):
            super().retry(job)

    def is_passed_over(self, job: Job, jobs: list[Job]) -> bool:
        """Tell whether nothing is done for a job, given all of its project."""
        return False


@faulty("OM-RETRY-04", says="In a project of many jobs a retry of the oldest one does nothing.")
class OldestOfManyIdle(Idle):
    """Looks at the newest jobs only."""

    def is_passed_over(self, job: Job, jobs: list[Job]) -> bool:
        """Tell whether it is the last one of many."""
        return len(jobs) > MANY and job.id == jobs[-1].id


@faulty("OM-RETRY-04", says="A retry does nothing when ten jobs of the project run.")
class EleventhIdle(Idle):
    """Has ten places."""

    def is_passed_over(self, job: Job, jobs: list[Job]) -> bool:
        """Tell whether there is no place."""
        running = [each for each in jobs if each.state(self.now()) is State.IN_PROGRESS]
        return len(running) >= MOST_RUNNING and job.state(self.now()) is State.FAILURE


@faulty(
    "OM-RETRY-04", "OM-COMMON-15", "OM-COMMON-25", "OM-RETRY-08", says="A retry of the job of a cluster does nothing."
)
class ClusterIdle(Idle):
    """Knows processes and replica sets."""

    def is_passed_over(self, job: Job, jobs: list[Job]) -> bool:
        """Tell whether it is one of a cluster."""
        return job.resource_type == "cluster" and job.state(self.now()) is State.FAILURE
