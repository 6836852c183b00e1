"""SLS servers that take the request of a retry wrongly: its method, its ids, its Content-Type, its query."""

from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty

# The request


@faulty("SLS-RETRY-01", "SLS-COMMON-01", "SLS-RETRY-04", "SLS-RETRY-12", says="A PUT is answered 405.")
class PutNotAllowed(Server):
    """Does not have the operation."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse the method."""
        raise self.refuse(faults.METHOD_INVALID, value="PUT")


@faulty("SLS-RETRY-01", "SLS-COMMON-01", "SLS-RETRY-04", "SLS-RETRY-12", says="A retry of a single task is refused.")
class SingleIdRefused(Server):
    """Wants a batch."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse one id."""
        super().check_number(ids)
        if len(ids) == 1:
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="One task is too few.")


@faulty(
    "SLS-RETRY-01",
    "SLS-RETRY-04",
    says="A retry of a task whose id has other characters than hexadecimal digits is refused.",
)
class IdsHexadecimal(Server):
    """Has an idea of what an id looks like."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse an id that does not look like one."""
        super().check_number(ids)
        if not all(set(id_.lower()) <= set("0123456789abcdef-") for id_ in ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id is 32 hexadecimal digits.")


@faulty("SLS-RETRY-03", says="Content-Type application/json is refused with 415.")
class JsonTypeRefused(Server):
    """Wants to be told the encoding."""

    def check_content_type(self, call: Call) -> None:
        """Refuse a type without a charset."""
        super().check_content_type(call)
        if call.body and "charset" not in (call.header("content-type") or ""):
            raise self.refuse(Fault(415, "InvalidContentType", "Content-Type {value} is unsupported."), value="")


@faulty("SLS-RETRY-03", "SLS-COMMON-17", says="A PUT of another Content-Type ends in an internal error.")
class OtherTypeFails(Server):
    """Has a reader for JSON and none for anything else."""

    def check_content_type(self, call: Call) -> None:
        """Fail on another type."""
        try:
            super().check_content_type(call)
        except Refusal:
            raise self.refuse(faults.INTERNAL) from None


@faulty("SLS-RETRY-03", "SLS-COMMON-17", says="A PUT without Content-Type ends in an internal error.")
class MissingTypeFails(Server):
    """Does not expect a body without a type."""

    def check_content_type(self, call: Call) -> None:
        """Fail without a type."""
        if call.body and call.header("content-type") is None:
            raise self.refuse(faults.INTERNAL)
        super().check_content_type(call)


@faulty("SLS-COMMON-17", "SLS-RETRY-14", says="A PUT with a query parameter ends in an internal error.")
class QueryOfRetryFails(Server):
    """Hands the query to a method that takes none."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Fail on a query."""
        if call.raw_query:
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


@faulty("SLS-RETRY-04", "SLS-RETRY-14", says="A PUT with a query parameter is answered 200 and does nothing.")
class QueryOfRetryIsDryRun(Server):
    """Takes every parameter for one that asks for a rehearsal."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Do nothing where there is a query."""
        if not call.raw_query:
            super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


@faulty("SLS-COMMON-17", says="From the twentieth retry on every one ends in an internal error.")
class TwentyRetries(Server):
    """Runs out of something."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.retries = 0

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Fail when it has been called too often."""
        self.retries += 1
        if self.retries >= 20:
            raise self.refuse(faults.INTERNAL)
        super().start_again(shipper, ids)
