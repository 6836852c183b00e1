"""Ops Manager servers whose provider of states promises nothing, and whose jobs then go on as they like."""

from collections.abc import Mapping
from typing import Any

from retryspec.reference.apis import StateMaker
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.store import Job, Store
from retryspec.reference.variations import lenient

DAY = 86_400


class Unpromised(Server):
    """Has a provider of states that does not say how a job runs again."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes a state, without its promise."""
        return {name: self.unpromised(make) for name, make in super().states().items()}

    def unpromised(self, make: StateMaker) -> StateMaker:
        """Return what makes a state and leaves out the promise."""

        def provide(params: Mapping[str, Any]) -> dict[str, object]:
            return {name: value for name, value in make(params).items() if name != "rerunsAsAsked"}

        return provide


class FailingStore(Store):
    """Starts runs that are over at once."""

    def rerun(self) -> str:
        """Return what makes a run that fails at once."""
        return "started = :now, ends = :now, outcome = 'FAILURE', runs = runs + 1"


@lenient("opsmanager R-01", says="Nothing is promised, and a retried job fails again at once.")
class FailsAgainAtOnce(Unpromised):
    """Has no space left on its device."""

    store_type = FailingStore


class SucceedingStore(Store):
    """Starts runs that are over at once."""

    def rerun(self) -> str:
        """Return what makes a run that succeeds at once."""
        return "started = :now, ends = :now, outcome = 'SUCCESS', runs = runs + 1"


@lenient("opsmanager R-01", says="Nothing is promised, and a retried job has succeeded at once.")
class SucceedsAtOnce(Unpromised):
    """Is quick."""

    store_type = SucceedingStore


@lenient("opsmanager R-02", says="Nothing is promised, and the service puts off what is to expire when it likes.")
class OthersPutOffByThemselves(Unpromised):
    """Keeps logs for longer when there is room for them, and looks at that now and then."""

    def start_again(self, job: Job) -> bool:
        """Run a job again, and keep the others for a day more."""
        started = super().start_again(job)
        if started:
            with self.store.database.writing() as connection:
                connection.execute(
                    "UPDATE opsmanager_job SET expires = expires + ? WHERE group_id = ? AND id <> ? AND expires > ?",
                    (DAY, job.group_id, job.id, self.now()),
                )
        return started


class ExtendingStore(Store):
    """Keeps the logs of a new run as long as those of the first."""

    def rerun(self) -> str:
        """Return what puts off the expiration as well."""
        return f"{super().rerun()}, expires = expires + {DAY}"


@lenient("opsmanager A20", says="A retry puts off the expirationDate of its job.")
class ExpirationMoves(Server):
    """Begins the thirty days anew."""

    store_type = ExtendingStore
