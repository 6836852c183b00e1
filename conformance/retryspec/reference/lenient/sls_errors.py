"""SLS servers that refuse the same requests in other words, or a few more that they may refuse."""

from collections.abc import Sequence

from retryspec_models.sls.stubs import Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import lenient


@lenient("sls A-20", says="A date too far from now has the code of the older list.")
class SkewCodeOld(Server):
    """Says RequestTimeTooSkewed."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, the one for a date in the words of 2021."""
        if fault is faults.DATE_TOO_FAR:
            fault = Fault(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")
        return super().refuse(fault, **values)


@lenient("sls A-44", says="A retry that names a task which does not exist is refused.")
class UnknownIdsRefused(Server):
    """Runs nothing unless it knows all that is named."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again if each of them exists."""
        known = {task.id for task in self.store.tasks(shipper, 0, 2**62)}
        if not known.issuperset(ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="task id", detail="There is no such task.")
        super().start_again(shipper, ids)
