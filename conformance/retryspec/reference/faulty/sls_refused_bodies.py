"""SLS servers that refuse a body or its ids, and do what it asks for all the same, or a part of it."""

import re
from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty

QUOTED = re.compile(rb'"([^"\\]+)"')


class Overfull(Server):
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


class BodyRash(Server):
    """Starts what a body names before it refuses the body."""

    def applies(self, body: bytes) -> bool:
        """Tell whether this body is one of those."""
        return True

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Start what is named before the refusal."""
        if problem.reason is not Reason.TOO_LONG and self.applies(call.body.strip()):
            ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
            self.start_again(self.shipper_of(call), ids[:10])
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
