"""Ops Manager servers that do not refuse a retry that has to be refused, or refuse it in another way."""

import threading
from dataclasses import replace

from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.store import Job, State, Store
from retryspec.reference.variations import faulty

# How long a retry waits for another one to meet it: the gap between reading and writing of a slow storage.
GAP_SECONDS = 0.05


def pause(seconds: float = GAP_SECONDS) -> None:
    """Let other requests overtake this one."""
    threading.Event().wait(seconds)


class AnyStore(Store):
    """Runs a job again whatever it is."""

    condition = "1"

    def may_run_again(self) -> str:
        """Return a condition that more than failed jobs meet."""
        return f"({super().may_run_again()} OR {self.condition})"


class RunningAgainStore(AnyStore):
    """Starts what runs anew."""

    condition = "ends > :now"


@faulty("OM-RETRY-15", "OM-RETRY-22", "OM-RETRY-23", says="A job that runs is started anew when it is retried.")
class RunningRunAgain(Server):
    """Looks only at whether the job has succeeded."""

    store_type = RunningAgainStore


class RerunningStore(AnyStore):
    """Starts anew what was retried before and runs."""

    condition = "ends > :now AND runs > 0"


@faulty("OM-RETRY-22", "OM-RETRY-15", "OM-RETRY-23", says="A second retry starts the job anew.")
class RerunningRunAgain(Server):
    """Refuses only a first run."""

    store_type = RerunningStore


@faulty("OM-RETRY-15", "OM-RETRY-22", "OM-RETRY-23", "OM-RETRY-24", says="Every job is answered 200, few run again.")
class NotFailedUnsaid(Server):
    """Keeps to itself that it did nothing."""

    def retry(self, job: Job) -> None:
        """Run a job again where it has failed, and refuse nothing."""
        self.start_again(job)


class SucceededStore(AnyStore):
    """Starts what has succeeded, too."""

    condition = "outcome = 'SUCCESS' AND ends <= :now AND expires > :now"


@faulty("OM-RETRY-15", says="A retry of a job that has succeeded is refused, and runs it.")
class SucceededRefusedTooLate(Server):
    """Looks at the state after it has set it."""

    store_type = SucceededStore

    def retry(self, job: Job) -> None:
        """Run a job again, and refuse that where it had not failed."""
        failed = self.start_again(job) and job.outcome is State.FAILURE
        if not failed:
            raise self.refuse(faults.NOT_FAILED)


class Refusing(Server):
    """Refuses a job that has not failed in a way of its own."""

    not_failed: Fault = faults.NOT_FAILED

    def retry(self, job: Job) -> None:
        """Run a job again, or refuse that where it has not failed."""
        if not self.start_again(job):
            raise self.refuse(self.not_failed)


@faulty("OM-RETRY-15", "OM-RETRY-22", "OM-RETRY-24", warns=True, says="A job that has not failed has another code.")
class NotFailedOtherCode(Refusing):
    """Says less than it could."""

    not_failed = replace(faults.NOT_FAILED, code="INVALID_ATTRIBUTE")


class SlowStore(Store):
    """Looks at a job, and writes some time later."""

    def start_again(self, job: Job, now: float) -> bool:
        """Start a job that had failed when it was looked at."""
        found = self.job(job.group_id, job.id)
        pause()
        if found is None or found.state(now) is not State.FAILURE:
            return False
        with self.database.writing() as connection:
            connection.execute(
                f"UPDATE opsmanager_job SET {self.rerun()} WHERE {self.named()}",
                {"group": job.group_id, "id": job.id, "now": now},
            )
        return True


@faulty("OM-RETRY-23", warns=True, says="All of several simultaneous retries are accepted.")
class SimultaneousAllAccepted(Server):
    """Reads first and writes afterwards."""

    store_type = SlowStore


class Busy(Server):
    """Does something else with a retry while another one is under way."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.lock = threading.Lock()

    def meanwhile(self, job: Job) -> bool:
        """Do what is done instead of a retry."""
        return False

    def start_again(self, job: Job) -> bool:
        """Start a job again, unless another retry does just that."""
        if not self.lock.acquire(blocking=False):
            return self.meanwhile(job)
        try:
            pause()
            return super().start_again(job)
        finally:
            self.lock.release()


@faulty("OM-RETRY-23", says="A retry that comes during another one ends in an internal error.")
class OverlappingRetryFatal(Busy):
    """Finds its database locked."""

    def meanwhile(self, job: Job) -> bool:
        """Break."""
        raise self.refuse(faults.INTERNAL)


@faulty("OM-RETRY-23", says="Of several simultaneous retries none is accepted.")
class SimultaneousNoneAccepted(Server):
    """Takes each for the second one."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.waiting: list[str] = []

    def start_again(self, job: Job) -> bool:
        """Start a job again, unless another retry of it has come meanwhile."""
        self.waiting.append(job.id)
        try:
            pause()
            alone = self.waiting.count(job.id) == 1
            pause()
        finally:
            self.waiting.remove(job.id)
        return alone and super().start_again(job)


class ExpiredStore(AnyStore):
    """Runs again what has expired."""

    condition = "expires + 86400 <= :now AND ends <= :now"


@faulty("OM-RETRY-24", warns=True, says="A job that has expired is run again.")
class ExpiredRunsAgain(Server):
    """Fetches the logs anew."""

    store_type = ExpiredStore
