"""A server of the SLS API, shared by the checks of a process."""

from retryspec.checks import Judge
from retryspec.documents import load_document
from retryspec.session import RunOptions
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.model import Shipper, Task
from retryspec.suite.sls.shape import RequestIds
from retryspec.suite.sls.smoke import smoke
from retryspec.suite.sls.supply import Shippers
from retryspec.suite.sls.target import SlsTarget, read_sls_target
from retryspec.suite.sls.wire import Wire
from retryspec.target import Table

__all__ = ["SlsConnection", "connect"]


def connect(table: Table, options: RunOptions) -> "SlsConnection":
    """Connect to the server that the `[sls]` table names."""
    return SlsConnection(read_sls_target(table, load_document("sls")), options)


class SlsConnection:
    """One server of the SLS API."""

    def __init__(self, target: SlsTarget, options: RunOptions) -> None:
        self.wire = Wire(target, options)
        self.session = self.wire.session
        self.shippers = Shippers(self.wire, self._discover)
        self._request_ids = RequestIds()

    def handle(self, judge: Judge) -> Sls:
        """What a check is given."""
        return Sls(self.wire, self.shippers, self._request_ids, judge)

    def smoke(self) -> None:
        """Make one valid call, in the form that the vendor's own clients send.

        Raises:
            RunError: nothing answers, the credentials are refused, or this is no SLS API.
        """
        smoke(self.wire, self.shippers)

    def _discover(self, shipper: Shipper) -> tuple[Task, ...]:
        return self.handle(self.session.judge("discovery", ("SLS-GET-01",))).all_tasks(shipper)
