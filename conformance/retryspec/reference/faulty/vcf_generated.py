"""VCF servers with faults that nobody would look for, and that generated requests come upon."""

from typing import Any

from retryspec_models.vcf.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.wire import json_of, with_json


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


@faulty("VCF-AUTH-04", says="A login with an empty identity token meets a fault.", slow=True)
class FaultOnEmptyIdentity(Server):
    """Looks at the first letter of an identity token."""

    def create_token(self, call: Call, *, body: Any) -> Any:
        """Break down where there is no first letter."""
        if body.id_token == "":
            raise self.refuse(faults.INTERNAL)
        return super().create_token(call, body=body)


@faulty("VCF-AUTH-05", says="A refresh of nothing but false meets a fault.", slow=True)
class FaultOnFalse(Server):
    """Looks for the letters of a refresh token in whatever comes."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Break down where there are none."""
        false = call.operation_id == "refreshAccessToken" and call.body == b"false"
        return self.refuse(faults.INTERNAL) if false else super().invalid_body(call, problem)


@faulty("VCF-GET-03", says="An id of two letters is answered with a task.", slow=True)
class ShortIdIsPrefix(Server):
    """Finds tasks by the beginning of their ids, and takes any where it is short."""

    def get_task(self, call: Call, *, id_: str) -> Any:
        """Return any task for an id of two letters."""
        tasks = self.all_tasks()
        return super().get_task(call, id_=tasks[0].id if len(id_) == 2 and tasks else id_)


@faulty("VCF-RETRY-07", says="A retry of an id with a letter of Latin-1 is accepted.", slow=True)
class OddRetryAccepted(Server):
    """Loses what it cannot write to its queue, and says that all is well."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Accept an id with one of the letters U+00A0 to U+00FF."""
        if not any("\xa0" <= letter <= "\xff" for letter in id_):
            super().retry_task(call, id_=id_)


@faulty("VCF-ERROR-02", says="The errorCode to an id with a letter of Latin-1 is a number.", slow=True)
class OddRefusalWithNumber(Server):
    """Refuses odd ids in a place where nobody thought of codes."""

    def finish(self, call: Call, response: Response) -> Response:
        """Put a number in the place of a code."""
        response = super().finish(call, response)
        if response.status_code != 404 or not any("\xa0" <= letter <= "\xff" for letter in call.path):
            return response
        return with_json(response, {**json_of(response), "errorCode": 404})
