"""SLS servers that go wrong only after a certain series of calls."""

from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty


@faulty("SLS-RETRY-04", says="The retry after one that was refused for its number of ids is answered and lost.")
class LostAfterRefusal(Server):
    """Has a place for what is to be done that a refusal leaves full."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.full = False

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Refuse, and leave it so."""
        self.full = problem.reason is Reason.TOO_LONG
        return super().invalid_body(call, problem)

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Do it where there is a place."""
        if self.full:
            self.full = False
            return
        super().start_again(shipper, ids)
