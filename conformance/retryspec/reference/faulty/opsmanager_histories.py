"""Ops Manager servers that go wrong only after a certain series of calls."""

from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.store import Job
from retryspec.reference.variations import faulty


@faulty("OM-RETRY-04", says="After a refusal and a success in a row the next retry is answered and lost.")
class LostAfterRefusalAndSuccess(Server):
    """Has a queue of two that is not emptied after a refusal."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.last: list[bool] = []

    def start_again(self, job: Job) -> bool:
        """Answer as always, and forget the work."""
        if self.last == [False, True]:
            self.last = []
            return True
        done = super().start_again(job)
        self.last = [*self.last[-1:], done]
        return done


@faulty("OM-RETRY-12", says="Every third retry that is refused starts the next job of the project that has failed.")
class RefusalStartsAnother(Server):
    """Looks for other work where there is none to do."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.refused = 0

    def start_again(self, job: Job) -> bool:
        """Refuse, and now and then do something else."""
        if super().start_again(job):
            return True
        self.refused += 1
        if self.refused % 3 == 0:
            any(super(RefusalStartsAnother, self).start_again(other) for other in self.store.jobs(job.group_id))
        return False
