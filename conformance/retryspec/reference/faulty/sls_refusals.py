"""SLS servers that refuse a request and do what it asks for all the same, or a part of it."""

import re
from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal
from starlette.requests import Request
from starlette.responses import Response

from retryspec.authentication.sls import Claim
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty

QUOTED = re.compile(rb'"([^"\\]+)"')


class Rash(Server):
    """Starts first and looks later."""

    def start_named(self, call: Call, most: int = 100) -> None:
        """Start whatever a PUT names, if there is a shipper."""
        shipper = self.store.shipper(self.name_of(call))
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        if call.method == "PUT" and shipper is not None and ids:
            self.start_again(shipper, ids[:most])


@faulty("SLS-RETRY-11", says="A retry whose signature is wrong is refused and done.")
class WrongSignatureRuns(Rash):
    """Answers what another part has found, later."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="Of a retry whose signature is wrong the first task runs before the refusal.")
class WrongSignatureRunsFirst(Rash):
    """Is stopped on its way."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Start the first that is named before the refusal."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            self.start_named(call, 1)
            raise


@faulty("SLS-RETRY-11", says="A retry of an unknown AccessKeyId is refused and done.")
class UnknownKeyRuns(Rash):
    """Looks for the key when all is done."""

    def authenticate(self, call: Call) -> None:
        """Start what is named before the refusal of a key."""
        if call.header("authorization") and self.claim_of(call).key_id not in self.keys:
            self.start_named(call)
        super().authenticate(call)


@faulty("SLS-RETRY-11", says="A retry without Authorization is refused and done.")
class AnonymousRuns(Rash):
    """Asks who it was."""

    def authenticate(self, call: Call) -> None:
        """Start what is named before the refusal."""
        if call.header("authorization") is None:
            self.start_named(call)
        super().authenticate(call)


@faulty("SLS-RETRY-11", says="A retry whose date is too old is refused and done.")
class StaleRetryRuns(Rash):
    """Looks at the date when all is done."""

    def check_date(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_date(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry with another x-log-apiversion is refused and done.")
class WrongVersionRuns(Rash):
    """Looks at the version when all is done."""

    def check_version(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_version(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry with another x-log-signaturemethod is refused and done.")
class WrongSignatureMethodRuns(Rash):
    """Looks at the way to sign when all is done."""

    def check_signature_method(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_signature_method(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry of another Content-Type is refused and done.")
class WrongTypeRuns(Rash):
    """Looks at the type when all is done."""

    def check_content_type(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_content_type(call)
        except Refusal:
            self.start_named(call)
            raise


# Too many


class Overfull(Rash):
    """Starts some of too many tasks before it refuses them."""

    def some(self, ids: list[str]) -> list[str]:
        """Return those that it starts."""
        return ids

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Start some of too many."""
        if problem.reason is Reason.TOO_LONG:
            ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
            self.start_again(self.shipper_of(call), self.some(ids))
        return super().invalid_body(call, problem)


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and run.")
class ElevenRun(Overfull):
    """Counts when all is done."""


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and the first ten run.")
class TenOfElevenRun(Overfull):
    """Notices the eleventh when it comes to it."""

    def some(self, ids: list[str]) -> list[str]:
        """Return ten."""
        return ids[:10]


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and the last one runs.")
class LastOfElevenRuns(Overfull):
    """Has a rest left over."""

    def some(self, ids: list[str]) -> list[str]:
        """Return what is beyond ten."""
        return ids[10:]


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and one in the middle runs.")
class MiddleOfElevenRuns(Overfull):
    """Has one in hand."""

    def some(self, ids: list[str]) -> list[str]:
        """Return the sixth."""
        return ids[5:6]


@faulty("SLS-RETRY-11", says="Eleven tasks are refused; twelve and more are refused and run.")
class TwelveRun(Overfull):
    """Takes the limit for an exact number."""

    def some(self, ids: list[str]) -> list[str]:
        """Return more than eleven."""
        return ids if len(ids) > 11 else []


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and their messages are gone.")
class ElevenCleared(Overfull):
    """Makes ready what it then does not start."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Clear the messages of too many."""
        if problem.reason is Reason.TOO_LONG:
            shipper = self.shipper_of(call)
            ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
            with self.store.database.writing() as connection:
                connection.executemany(
                    "UPDATE sls_task SET message = '' WHERE shipper = ? AND id = ?",
                    [(shipper.number, id_) for id_ in ids],
                )
        return Server.invalid_body(self, call, problem)


# Bodies


class BodyRash(Rash):
    """Starts what a body names before it refuses the body."""

    def applies(self, body: bytes) -> bool:
        """Tell whether this body is one of those."""
        return True

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Start what is named before the refusal."""
        if problem.reason is not Reason.TOO_LONG and self.applies(call.body.strip()):
            self.start_named(call, 10)
        return super().invalid_body(call, problem)


@faulty("SLS-RETRY-11", says="A body that is malformed is refused, and what could be read of it runs.")
class MalformedRuns(BodyRash):
    """Reads and starts item by item."""

    def applies(self, body: bytes) -> bool:
        """Tell whether it begins as an array and does not end as one."""
        return body.startswith(b"[") and not body.endswith(b"]")


@faulty("SLS-RETRY-11", says="An object is refused, and the tasks that it names run.")
class ObjectRuns(BodyRash):
    """Finds ids anywhere."""

    def applies(self, body: bytes) -> bool:
        """Tell whether it is an object."""
        return body.startswith(b"{")


@faulty("SLS-RETRY-11", says="A JSON string is refused, and the task of that id runs.")
class StringRuns(BodyRash):
    """Finds an id."""

    def applies(self, body: bytes) -> bool:
        """Tell whether it is a string."""
        return body.startswith(b'"')


@faulty("SLS-RETRY-11", says="An array with an item that is no string is refused, and the other items run.")
class MixedItemsRun(BodyRash):
    """Stops at the item."""

    def applies(self, body: bytes) -> bool:
        """Tell whether it is an array."""
        return body.startswith(b"[") and body.endswith(b"]")


@faulty("SLS-RETRY-11", says="A retry that names an unknown task is refused, and the tasks before that one run.")
class UnknownRefusedHalfway(Server):
    """Starts one after the other, without a transaction."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks until one is unknown."""
        known = {task.id for task in self.store.tasks(shipper, 0, 2**62)}
        for id_ in ids:
            if id_ not in known:
                raise self.refuse(faults.PARAMETER_INVALID, name="task id", detail="There is no such task.")
            super().start_again(shipper, [id_])


@faulty("SLS-RETRY-11", says="A retry that names a successful task is refused, and the failed ones run.")
class SuccessRefusedHalfway(Server):
    """Starts what it can and then complains."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start the failed tasks, and refuse the rest."""
        now = self.now()
        failed = {task.id for task in self.store.tasks(shipper, 0, 2**62) if self.state_of(task, now) == "fail"}
        super().start_again(shipper, [id_ for id_ in ids if id_ in failed])
        if not failed.issuperset(ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="task id", detail="Not a failed task.")


# Other methods


@faulty("SLS-RETRY-11", says="A POST is answered 405 and retries.")
class PostRuns(Rash):
    """Has a second route that answers and does."""

    method = "POST"

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Start what is named before the refusal."""
        shipper = self.store.shipper(self.name_of(call))
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        if call.method == self.method and shipper is not None:
            self.start_again(shipper, ids[:10])
        return super().method_not_allowed(call, allow)


@faulty("SLS-RETRY-11", says="A PATCH is answered 405 and retries.")
class PatchRuns(PostRuns):
    """Has a second route that answers and does."""

    method = "PATCH"


@faulty("SLS-RETRY-11", says="A DELETE is answered 405 and drops the failed tasks.")
class DeleteDrops(Server):
    """Has a route that it does not admit to."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Drop what has failed before the refusal."""
        shipper = self.store.shipper(self.name_of(call))
        if call.method == "DELETE" and shipper is not None:
            with self.store.database.writing() as connection:
                connection.execute(
                    "DELETE FROM sls_task WHERE shipper = ? AND outcome = 'fail' AND ends <= ?",
                    (shipper.number, self.now()),
                )
        return super().method_not_allowed(call, allow)


# Wrong names


class Misled(Rash):
    """Refuses a name that it does not know, and starts the tasks wherever they are."""

    def start_anywhere(self, call: Call) -> None:
        """Start whatever a PUT names in all shippers."""
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        with self.store.database.reading() as connection:
            numbers = connection.execute(
                f"SELECT DISTINCT shipper FROM sls_task WHERE id IN ({', '.join('?' * len(ids))})", ids
            )
            shippers = [Shipper(number, self.name_of(call), None) for (number,) in numbers.fetchall()]
        for shipper in shippers if call.method == "PUT" else ():
            self.start_again(shipper, ids[:10])


@faulty("SLS-RETRY-11", says="A retry in an unknown project is refused, and the tasks of that id run in another.")
class UnknownProjectRuns(Misled):
    """Looks for the project when all is done."""

    def check_project(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_project(call)
        except Refusal:
            self.start_anywhere(call)
            raise


@faulty("SLS-RETRY-11", says="A retry in an unknown logstore is refused, and the tasks of that id run in another.")
class UnknownLogstoreRuns(Misled):
    """Looks for the logstore when all is done."""

    def check_logstore(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_logstore(call)
        except Refusal:
            self.start_anywhere(call)
            raise


@faulty("SLS-RETRY-11", says="A retry in an unknown shipper is refused, and the tasks of that id run in another.")
class UnknownShipperRuns(Misled):
    """Looks for the shipper when all is done."""

    def shipper_of(self, call: Call) -> Shipper:
        """Start what is named before the refusal."""
        try:
            return super().shipper_of(call)
        except Refusal:
            self.start_anywhere(call)
            raise


@faulty("SLS-RETRY-11", says="A PUT on a path with one segment more is answered 404 and retries.")
class LongerPathRuns(Server):
    """Routes by the beginning of a path."""

    def stray(self, request: Request) -> Response:
        """Start the newest failed task of the shipper that the path begins with."""
        parts = request.url.path.strip("/").split("/")
        if request.method == "PUT" and parts[0] == "logstores" and len(parts) > 5:
            host = request.headers.get("host", "").partition(".")[0]
            with self.store.database.reading() as connection:
                row = connection.execute(
                    "SELECT number FROM sls_shipper WHERE project = ? AND logstore = ? AND name = ?",
                    (host, parts[1], parts[3]),
                ).fetchone()
            if row is not None:
                with self.store.database.writing() as connection:
                    connection.execute(
                        "UPDATE sls_task SET ends = ? WHERE shipper = ? AND outcome = 'fail'",
                        (self.now() + 60, row[0]),
                    )
        return super().stray(request)


@faulty("SLS-RETRY-11", says="Eleven tasks are refused, and failed tasks of the shipper beside run.")
class ElevenRunsNeighbour(Server):
    """Has the right limit and the wrong shipper."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Start all of another shipper."""
        if problem.reason is Reason.TOO_LONG:
            shipper = self.shipper_of(call)
            with self.store.database.writing() as connection:
                connection.execute(
                    "UPDATE sls_task SET ends = ? WHERE outcome = 'fail' AND shipper IN "
                    "(SELECT number FROM sls_shipper WHERE project = ? AND number <> ?)",
                    (self.now() + 60, shipper.name.project, shipper.number),
                )
        return super().invalid_body(call, problem)
