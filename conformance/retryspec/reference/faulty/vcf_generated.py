"""VCF servers with faults that nobody would look for, and that generated requests come upon."""

from typing import Any

from retryspec_models.vcf.stubs import Call

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults


@faulty("VCF-GET-04", "VCF-GET-03", says="An id with a letter of Latin-1 meets a fault.", slow=True)
class FaultOnLatin(Server):
    """Compares ids as bytes of another encoding."""

    def get_task(self, call: Call, *, id_: str) -> Any:
        """Break down at an id with one of the letters U+00A0 to U+00FF."""
        if any("\xa0" <= letter <= "\xff" for letter in id_):
            raise self.refuse(faults.INTERNAL)
        return super().get_task(call, id_=id_)


@faulty("VCF-LIST-04", says="A list with seven parameters meets a fault.", warns=True, slow=True)
class FaultOnManyParameters(Server):
    """Builds a query with one place too few."""

    def get_tasks(self, call: Call, **given: Any) -> Any:
        """Break down where more is asked for than anybody thought of."""
        if len(call.query) >= 7:
            raise self.refuse(faults.INTERNAL)
        return super().get_tasks(call, **given)
