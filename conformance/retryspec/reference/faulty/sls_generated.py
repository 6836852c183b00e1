"""SLS servers with faults that nobody would look for, and that generated requests come upon."""

from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import accepted, faulty
from retryspec.reference.wire import json_of, with_json


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
        if any("\xa0" <= letter <= "\xff" for each in given["body"].root for letter in each):
            raise self.refuse(faults.INTERNAL)
        return super().retry_shipper_task(call, **given)


@faulty("SLS-COMMON-17", says="A parameter whose name begins with x- meets a fault.", slow=True)
class FaultOnHeaderLikeName(Server):
    """Takes such a parameter for one of the headers, which are elsewhere."""

    def get_shipper_status(self, call: Call, **given: Any) -> Any:
        """Break down at such a name."""
        if any(name.startswith("x-") for name, _ in call.query):
            raise self.refuse(faults.INTERNAL)
        return super().get_shipper_status(call, **given)


@faulty("SLS-COMMON-17", says="A window that begins next to the largest number meets a fault.", slow=True)
class FaultBesideLargestNumber(Server):
    """Adds to a number what it has no room for."""

    def check_window(self, from_: int, to: int, now: float) -> None:
        """Break down where an hour more is too much for 64 bits."""
        if from_ == 2**63 - 2:
            raise self.refuse(faults.INTERNAL)
        super().check_window(from_, to, now)


@faulty("SLS-COMMON-17", says="A logstore of one digit meets a fault.", slow=True)
class FaultOnDigit(Server):
    """Takes a digit for an index."""

    def check_logstore(self, call: Call) -> None:
        """Break down where there is nothing of this index."""
        name = call.path_parameters.get("logstoreName", "")
        if len(name) == 1 and name.isdecimal():
            raise self.refuse(faults.INTERNAL)
        super().check_logstore(call)


@faulty("SLS-RETRY-02", says="A retry whose body is false or 0 is accepted.", slow=True)
class FalsyBodyAccepted(Server):
    """Tells nothing from what counts as nothing in its language."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Accept a body that is not true."""
        return accepted() if call.body.strip() in (b"false", b"0") else super().invalid_body(call, problem)


@faulty("SLS-GET-10", says="The status AAA counts as none.", slow=True)
class HiddenStatusAccepted(Server):
    """Has a name for all tasks that is in no document."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Accept this status, with a page of nothing."""
        if problem.name != "status" or ("status", "AAA") not in call.query:
            return super().invalid_parameter(call, problem)
        return accepted(self.page(self.shipper_of(call), 0, 1, "", 0, 1))


@faulty("SLS-COMMON-19", says="The refusal of AAA in place of a number has no errorMessage.", slow=True)
class WordRefusedWithoutMessage(Server):
    """Refuses odd parameters in a place where nobody thought of the form."""

    def finish(self, call: Call, response: Response) -> Response:
        """Leave the message out."""
        response = super().finish(call, response)
        if response.status_code != 400 or not any(value == "AAA" for _, value in call.query):
            return response
        return with_json(response, {"errorCode": json_of(response)["errorCode"]})


@faulty("SLS-GET-01", says="A page of 100 running tasks is refused.", slow=True)
class PageOfRunningRefused(Server):
    """Has never been asked for as many by name."""

    def get_shipper_status(self, call: Call, **given: Any) -> Any:
        """Refuse what is allowed."""
        if given["status"].value == "running" and ("size", "100") in call.query:
            raise self.refuse(faults.PARAMETER_INVALID, name="status", detail="It does not go with the others.")
        return super().get_shipper_status(call, **given)
