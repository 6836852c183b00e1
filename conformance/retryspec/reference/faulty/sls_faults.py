"""SLS servers that break down over what a client can send, or say otherwise than they should that they broke down."""

from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal
from starlette.responses import Response

from retryspec.reference.faulty.sls_missing import Replacing
from retryspec.reference.faulty.sls_wire import ErrorWriter
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import ShipperName
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body

# SLS-COMMON-17: faults of the server


@faulty("SLS-COMMON-17", "SLS-RETRY-13", says="A fault has the code InternalError.")
class FaultCode(Replacing):
    """Has a code of its own."""

    replaced = faults.INTERNAL
    by = Fault(500, "InternalError", "internal error")


@faulty("SLS-COMMON-17", "SLS-COMMON-19", says="A fault during a GET is answered 502.")
class FaultIsBadGateway(Replacing):
    """Has a proxy in front that knows better."""

    operations = ("getShipperStatus",)
    replaced = faults.INTERNAL
    by = Fault(502, "InternalServerError", "bad gateway")


@faulty("SLS-COMMON-17", "SLS-COMMON-19", "SLS-RETRY-13", says="A fault is answered with a text.")
class FaultAsText(ErrorWriter):
    """Lets its web framework speak for it."""

    def rewritten_error(self, call: Call, response: Response, error: dict[str, Any]) -> Response:
        """Return a text for a 500."""
        if response.status_code != 500:
            return response
        return with_body(response, b"Internal Server Error", media_type="text/plain")


@faulty("SLS-COMMON-17", "SLS-RETRY-13", says="A fault is answered 400 ParameterInvalid.")
class FaultBlamesClient(Replacing):
    """Takes every error for the client's."""

    replaced = faults.INTERNAL
    by = Fault(400, "ParameterInvalid", "the request cannot be answered")


class Breaking(Server):
    """Breaks down over some parameters that the stubs refuse."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return a refusal, a 500 for some."""
        if self.breaks(problem, dict(reversed(call.query)).get(problem.name, "")):
            return self.refuse(faults.INTERNAL)
        return super().invalid_parameter(call, problem)

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether this is too much for the server."""
        raise NotImplementedError


@faulty("SLS-COMMON-17", says="A from or to beyond 64 bits ends in a 500.")
class LongTimeBreaks(Breaking):
    """Hands a number to its database that does not fit."""

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether a time is too large."""
        return problem.name in ("from", "to") and value.isdecimal() and int(value) >= 2**63


@faulty("SLS-COMMON-17", "SLS-GET-12", says="A size that is no number ends in a 500.")
class SizeTextBreaks(Breaking):
    """Converts what it was given."""

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether a size is no number."""
        return problem.name == "size" and problem.reason is Reason.MALFORMED


@faulty("SLS-COMMON-17", "SLS-GET-11", says="A negative offset ends in a 500.")
class NegativeOffsetBreaks(Breaking):
    """Hands a number to its database that it does not take."""

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether an offset is negative."""
        return problem.name == "offset" and value.startswith("-")


@faulty("SLS-COMMON-17", says="A status that is not ASCII ends in a 500.")
class ForeignStatusBreaks(Breaking):
    """Encodes what it was given."""

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether a status has other letters."""
        return problem.name == "status" and not value.isascii()


@faulty("SLS-COMMON-17", "SLS-GET-02", "SLS-GET-03", says="A request without from and to ends in a 500.")
class NoWindowBreaks(Breaking):
    """Reads a parameter that there is not."""

    def breaks(self, problem: Problem, value: str) -> bool:
        """Tell whether a time is missing."""
        return problem.name == "from" and problem.reason is Reason.MISSING


@faulty("SLS-COMMON-17", "SLS-GET-12", says="A size of 0 ends in a 500.")
class SizeZeroBreaks(Server):
    """Divides by the size."""

    def page_of(self, tasks: list[Any], offset: int, size: int) -> list[Any]:
        """Return the page of a number."""
        number, rest = divmod(offset, size)
        return super().page_of(tasks, number * size + rest, size)


@faulty("SLS-COMMON-17", "SLS-GET-11", says="An offset beyond the end ends in a 500.")
class OffsetBeyondEndBreaks(Server):
    """Looks at the first task of a page."""

    def page_of(self, tasks: list[Any], offset: int, size: int) -> list[Any]:
        """Return the page, and make sure that it begins somewhere."""
        if offset:
            assert tasks[offset]
        return super().page_of(tasks, offset, size)


@faulty("SLS-COMMON-17", "SLS-GET-11", says="An offset beyond 64 bits ends in a 500.")
class LongOffsetBreaks(Server):
    """Hands a number to its database that does not fit."""

    def page_of(self, tasks: list[Any], offset: int, size: int) -> list[Any]:
        """Return the page, if the number can be packed."""
        return super().page_of(tasks, int.from_bytes(offset.to_bytes(8, signed=True), signed=True), size)


@faulty("SLS-COMMON-17", says="A to beyond the year 9999 ends in a 500.")
class DistantTimeBreaks(Server):
    """Turns seconds into a date."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Refuse a window of long ago, and break down over one that reaches too far."""
        super().check_window_age(from_, to, now)
        if to > 253_402_300_799:
            raise OverflowError(to)


@faulty("SLS-COMMON-17", says="A shipper without tasks in the range ends in a 500.")
class EmptyRangeBreaks(Server):
    """Looks at the newest of no tasks."""

    def order(self, tasks: list[Any]) -> list[Any]:
        """Return the tasks, and make sure that there is a newest."""
        max(task.created for task in tasks)
        return super().order(tasks)


class Naming(Server):
    """Breaks down over some names."""

    def name_of(self, call: Call) -> ShipperName:
        """Return the shipper that is named, unless the name is too much."""
        name = super().name_of(call)
        if self.breaks(name.logstore) or self.breaks(name.shipper):
            raise ValueError("unforeseen name")
        return name

    def breaks(self, name: str) -> bool:
        """Tell whether a name is too much for the server."""
        raise NotImplementedError


@faulty("SLS-COMMON-17", says="A name that is not ASCII ends in a 500.")
class ForeignNameBreaks(Naming):
    """Encodes what it was given."""

    def breaks(self, name: str) -> bool:
        """Tell whether a name has other letters."""
        return not name.isascii()


@faulty("SLS-COMMON-17", says="A name of more than 255 characters ends in a 500.")
class LongNameBreaks(Naming):
    """Makes a file name of what it was given."""

    def breaks(self, name: str) -> bool:
        """Tell whether a name is long."""
        return len(name) > 255


@faulty("SLS-COMMON-17", says="A name with a quotation mark ends in a 500.")
class QuotedNameBreaks(Naming):
    """Puts its questions to the database together from pieces of text."""

    def breaks(self, name: str) -> bool:
        """Tell whether a name has a quotation mark."""
        return "'" in name
