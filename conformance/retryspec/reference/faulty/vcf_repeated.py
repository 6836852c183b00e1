"""VCF servers that take a second retry of a task that runs again, one after the other or at the same moment."""

import threading

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.store import Store, Task


class RunningMayRun(Store):
    """Starts a run while one is under way."""

    def may_run_again(self) -> str:
        """Return the condition with tasks that run again."""
        return f"{super().may_run_again()} OR runs > 0 AND ends > :now"


@faulty("VCF-STATE-03", "VCF-STATE-06", says="A second retry while a task runs again begins the run anew.")
class SecondRetryRestarts(Server):
    """Counts a task that was retried as failed until it has ended."""

    store_type = RunningMayRun


class JustStartedMayRun(Store):
    """Starts a run twice within half a second."""

    def may_run_again(self) -> str:
        """Return the condition with tasks that have only just begun to run again."""
        return f"{super().may_run_again()} OR runs > 0 AND ends > :now AND begins > :now - 0.5"


@faulty("VCF-STATE-03", "VCF-STATE-06", says="A second retry within half a second is accepted.")
class RepeatAccepted(Server):
    """Takes a repeat for the same call."""

    store_type = JustStartedMayRun


@faulty("VCF-STATE-06", says="Of several retries at the same moment all but one are answered 500.")
class SimultaneousRetriesFail(Server):
    """Ends in a lock of its own."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.at_work: set[str] = set()
        self.lock = threading.Lock()

    def start_again(self, task: Task) -> bool:
        """Start a task that nobody else is starting."""
        with self.lock:
            busy = task.id in self.at_work
            self.at_work.add(task.id)
        if busy:
            raise self.refuse(faults.INTERNAL)
        try:
            threading.Event().wait(0.05)  # for others that come at the same moment
            return super().start_again(task)
        finally:
            with self.lock:
                self.at_work.discard(task.id)
