"""SLS servers with faults that nobody would look for, and that generated requests come upon."""

from typing import Any

from retryspec_models.sls.stubs import Call

from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import faulty


@faulty("SLS-COMMON-17", "SLS-GET-13", says="A size of 499 meets a fault.")
class FaultBesideLargestPage(Server):
    """Counts one too far in a buffer that holds the largest page."""

    def get_shipper_status(self, call: Call, **given: Any) -> Any:
        """Break down just below the largest page."""
        if given["size"] == 499:
            raise self.refuse(faults.INTERNAL)
        return super().get_shipper_status(call, **given)


@faulty("SLS-COMMON-17", says="A retry of an id with a letter of Latin-1 meets a fault.")
class FaultOnLatin(Server):
    """Writes ids to a log that cannot hold all of them."""

    def retry_shipper_task(self, call: Call, **given: Any) -> Any:
        """Break down at an id with one of the letters U+00A0 to U+00FF."""
        if any("\xa0" <= letter <= "\xff" for each in given["body"] or () for letter in str(each)):
            raise self.refuse(faults.INTERNAL)
        return super().retry_shipper_task(call, **given)
