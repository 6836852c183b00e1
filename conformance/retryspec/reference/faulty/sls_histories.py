"""SLS servers that go wrong only after a certain series of calls."""

from collections.abc import Sequence

from retryspec_models.sls.stubs import Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty


@faulty("SLS-RETRY-04", says="The retry after one that was refused for its number of ids is answered and lost.")
class LostAfterRefusal(Server):
    """Has a place for what is to be done that a refusal leaves full."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.full = 0

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse, and leave it so."""
        try:
            super().check_number(ids)
        except Refusal:
            self.full += 1
            raise

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Do it where there is a place."""
        if self.full % 2:
            self.full = 0
            return
        super().start_again(shipper, ids)
