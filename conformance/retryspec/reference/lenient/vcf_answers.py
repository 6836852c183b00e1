"""VCF servers that take a latitude of the form of answers: tasks, errors, headers."""

import re
from typing import Any

from retryspec_models.vcf.models import Error
from retryspec_models.vcf.models import Task as ShownTask
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.store import Task
from retryspec.reference.wire import json_of, with_body, with_json

JSON = "application/json"


@lenient("vcf A5", says="The Content-Type of answers names a charset.")
class CharsetNamed(Server):
    """Says what JSON is written in."""

    def finish(self, call: Call, response: Response) -> Response:
        """Name the charset."""
        response = super().finish(call, response)
        if "Content-Type" in response.headers:
            response.headers["Content-Type"] = "Application/JSON;charset=UTF-8"
        return response


@lenient("vcf A29", says="Times have no fraction, and an offset in the place of Z.")
class TimesWithOffset(Server):
    """Writes RFC 3339 in another form."""

    def finish(self, call: Call, response: Response) -> Response:
        """Write all times anew."""
        response = super().finish(call, response)
        if response.status_code != 200 or call.operation_id not in ("getTask", "getTasks"):
            return response
        body = re.sub(rb'(T\d\d:\d\d:\d\d)\.\d{3}Z"', rb'\1+00:00"', bytes(response.body))
        return with_body(response, body, media_type=JSON)


@lenient("vcf R-14", says="A task has nothing but what it has to have, its type and its errors.")
class TaskIsShort(Server):
    """Leaves out what is optional."""

    def describe(self, task: Task, now: float) -> ShownTask:
        """Return a task with few members."""
        shown = super().describe(task, now)
        return ShownTask.model_construct(
            id=shown.id,
            name=shown.name,
            type=shown.type,
            status=shown.status,
            creation_timestamp=shown.creation_timestamp,
            errors=shown.errors,
        )


class Decorated(Server):
    """Changes the JSON objects of answers."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the body of an answer."""
        response = super().finish(call, response)
        if not response.body or not isinstance(json_of(response), dict):
            return response
        return with_json(response, self.decorated(json_of(response)))

    def decorated(self, value: Any) -> Any:
        """Return a value with what is added to each object in it."""
        if isinstance(value, list):
            return [self.decorated(entry) for entry in value]
        if isinstance(value, dict):
            return self.added({n: v if n == "context" else self.decorated(v) for n, v in value.items()})
        return value

    def added(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an object with what is added to it."""
        raise NotImplementedError


@lenient("vcf R-16", says="Every object has a member that no document has, and members come in another order.")
class FurtherMembers(Decorated):
    """Says more than it has to."""

    def added(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an object with a member more."""
        return {"x": {"y": [1, None]}, **dict(reversed(value.items()))}


@lenient("vcf R-17", says="Resources are of the type HOST, and what is not begun is SKIPPED.")
class ValuesOfOtherLists(Decorated):
    """Has values that are in no list, as the vendor's own example has."""

    def added(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an object with other values."""
        if "resourceId" in value:
            return {**value, "type": "HOST"}
        return {**value, "status": "SKIPPED"} if value.get("status") == "NOT_APPLICABLE" else value


@lenient("vcf R-11", says="An Error has nothing but a message and a reference token.")
class ErrorIsShort(Server):
    """Leaves out what is optional."""

    def error_body(self, fault: Fault, text: str, remedy: str, arguments: tuple[str, ...]) -> Error:
        """Return an Error with two members."""
        return Error(message=text, reference_token=self.reference_token())


@lenient("vcf R-12", says="All errors have one code, one message and one reference token.")
class ErrorsAlike(Server):
    """Tells nothing to machines, nor to people."""

    def error_body(self, fault: Fault, text: str, remedy: str, arguments: tuple[str, ...]) -> Error:
        """Return the one Error."""
        return Error(error_code="VCF_ERROR", message="Erreur \u2013 \u9519\u8bef", reference_token="000000")


@lenient("vcf A16", says="A request without a valid token is refused with 403.")
class RefusedWithForbidden(Server):
    """Does not tell strangers from those who may not."""

    def refuse(self, fault: Fault, *arguments: str, **values: object) -> Refusal:
        """Return a refusal, one of a token with another status."""
        if fault in (faults.TOKEN_MISSING, faults.TOKEN_WRONG):
            fault = Fault(403, "FORBIDDEN", fault.text, fault.remedy)
        return super().refuse(fault, *arguments, **values)
