"""A server of the VCF API, shared by the checks of a process."""

from retryspec.checks import Judge
from retryspec.documents import load_document
from retryspec.session import RunOptions
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.model import Task
from retryspec.suite.vcf.smoke import smoke
from retryspec.suite.vcf.supply import Supply
from retryspec.suite.vcf.target import VcfTarget, read_vcf_target
from retryspec.suite.vcf.wire import Wire
from retryspec.target import Table

__all__ = ["VcfConnection", "connect"]


def connect(table: Table, options: RunOptions) -> "VcfConnection":
    """Connect to the server that the `[vcf]` table names."""
    return VcfConnection(read_vcf_target(table, load_document("vcf")), options)


class VcfConnection:
    """One server of the VCF API."""

    def __init__(self, target: VcfTarget, options: RunOptions) -> None:
        self.wire = Wire(target, options)
        self.session = self.wire.session
        self.supply = Supply(self.wire, self._discover)

    def handle(self, judge: Judge) -> Vcf:
        """What a check is given."""
        return Vcf(self.wire, self.supply, judge)

    def smoke(self) -> None:
        """Sign in and make one valid call; what is wrong about the answers is for the checks to say.

        Raises:
            RunError: nothing answers, the credentials are refused, or this is no VCF API.
        """
        smoke(self.wire, self.supply)

    def _discover(self) -> tuple[Task, ...]:
        listed = self.handle(self.session.judge("discovery", ("VCF-LIST-01",))).list().page
        return listed.tasks if listed else ()
