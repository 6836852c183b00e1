"""SLS servers whose tasks run again in another way that the contract leaves open."""

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import State, Store, Task
from retryspec.reference.variations import lenient


class NewTimesStore(Store):
    """Notes when data was last received anew on a retry."""

    def rerun(self) -> str:
        """Return what a retry sets, the time of the last data included."""
        return super().rerun() + ", received = CAST(:now AS INTEGER)"


@lenient("sls A-47", says="A retry changes when data was last received.")
class DataReceivedAnew(Server):
    """Reads the logs again for each run."""

    store_type = NewTimesStore


@lenient("sls A-30", says="A running task shows the time it is expected to end.")
class FinishTimeForeseen(Server):
    """Does not show 0 while a task runs."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended or will end."""
        return task.finished
