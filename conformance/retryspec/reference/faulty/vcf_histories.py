"""VCF servers that go wrong only after a certain series of calls."""

from retryspec_models.vcf.stubs import Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import Task


@faulty("VCF-RETRY-05", says="After a refusal and a success in a row the next retry is answered and lost.")
class LostAfterRefusalAndSuccess(Server):
    """Has a queue of two that is not emptied after a refusal."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.last: list[bool] = []

    def start_again(self, task: Task) -> bool:
        """Answer as always, and forget the work."""
        if self.last == [False, True]:
            self.last = []
            return True
        done = super().start_again(task)
        self.last = [*self.last[-1:], done]
        return done


@faulty("VCF-STATE-04", "VCF-RETRY-03", says="Every third retry that is refused starts the next task that has failed.")
class RefusalStartsAnother(Server):
    """Looks for other work where there is none to do."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.refused = 0

    def retry(self, task: Task) -> None:
        """Refuse, and now and then do something else."""
        try:
            super().retry(task)
        except Refusal:
            self.refused += 1
            if self.refused % 3 == 0:
                any(self.start_again(other) for other in self.all_tasks() if other.number > task.number)
            raise
