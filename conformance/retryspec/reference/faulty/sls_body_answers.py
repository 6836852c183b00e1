"""SLS servers that refuse a body in the wrong way, or break down over it."""

import json
import re
from collections.abc import Callable
from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.variations import faulty
from retryspec.reference.wire import with_body

QUOTED = re.compile(r'"([^"\\]+)"')


def read(body: bytes) -> Any:
    """Return what a body says, or None where it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


class OtherBodyAnswer(Server):
    """Refuses a body in another way."""

    instead: Fault = faults.BODY_INVALID
    when: Callable[[bytes], bool] = staticmethod(lambda _: True)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return the other refusal where it applies."""
        if problem.reason is Reason.TOO_LONG or not self.when(call.body):
            return super().invalid_body(call, problem)
        return self.refuse(self.instead)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="Malformed JSON ends in an internal error.")
class MalformedFails(OtherBodyAnswer):
    """Does not catch what its reader raises."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: bool(body) and read(body) is None)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A body that is no UTF-8 ends in an internal error.")
class UndecodableFails(OtherBodyAnswer):
    """Decodes before it reads."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: b"\xef\xbf\xbd" in body.decode(errors="replace").encode())


@faulty("SLS-COMMON-17", "SLS-RETRY-02", says="A body of many brackets ends in an internal error.")
class NestingFails(OtherBodyAnswer):
    """Reads by recursion."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: body.count(b"[") > 50)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="An object as the body ends in an internal error.")
class ObjectFails(OtherBodyAnswer):
    """Counts what cannot be counted."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: isinstance(read(body), dict))


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="A body that is no array is answered 422.")
class BodyUnprocessable(OtherBodyAnswer):
    """Leaves it to a framework."""

    instead = Fault(422, "PostBodyInvalid", "The request body is not valid.")


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="A body that is no array is answered 409.", warns=True)
class BodyConflict(OtherBodyAnswer):
    """Knows many statuses."""

    instead = Fault(409, "PostBodyInvalid", "The request body is not valid.")


@faulty("SLS-RETRY-02", says="A body that is no array is answered 404.", warns=True)
class BodyNotFound(OtherBodyAnswer):
    """Finds no task of that name."""

    instead = Fault(404, "ParameterInvalid", "There is no such task.")


@faulty("SLS-RETRY-02", says="A body that is no array is answered 400 ShipperNotExist.", warns=True)
class BodyShipperNotExist(OtherBodyAnswer):
    """Says the wrong thing."""

    instead = Fault(400, "ShipperNotExist", "shipper does not exist")


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="The answer to malformed JSON has no body.")
class MalformedRefusedSilently(Server):
    """Lets the reader answer."""

    def finish(self, call: Call, response: Any) -> Any:
        """Take the body from the answer to a body."""
        response = super().finish(call, response)
        malformed = call.method == "PUT" and call.body and read(call.body) is None
        return with_body(response, b"", media_type=None) if malformed and response.status_code == 400 else response


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A number in the array ends in an internal error.")
class NumberItemFails(Server):
    """Calls a method of strings."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Fail on an array with a number in it."""
        body = read(call.body)
        if isinstance(body, list) and any(isinstance(item, int | float) for item in body):
            return self.refuse(faults.INTERNAL)
        return super().invalid_body(call, problem)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A PUT without a body ends in an internal error.")
class NoBodyFails(Server):
    """Expects something to read."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Fail where there is no body."""
        return super().invalid_body(call, problem) if call.body else self.refuse(faults.INTERNAL)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="An empty array ends in an internal error.")
class EmptyArrayFails(Server):
    """Looks at the first of none."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Fail where nothing is named."""
        if read(call.body) == []:
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]
