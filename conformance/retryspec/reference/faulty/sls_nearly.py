"""SLS servers that take what is false, zero or empty for left out, and one that locks what it refuses."""

import json
from collections.abc import Sequence
from typing import ClassVar

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Store
from retryspec.reference.variations import accepted, faulty


@faulty("SLS-RETRY-02", says="The bodies false and 0 are taken for no tasks.")
class FalseBodies(Server):
    """Asks whether there is a list by its truth."""

    empty: ClassVar[tuple[str, ...]] = ("false", "0")

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Find nothing to do."""
        refusal = super().invalid_body(call, problem)
        return accepted() if call.body.strip().decode(errors="replace") in self.empty else refusal


@faulty("SLS-RETRY-02", says="An empty string as the body is taken for no tasks.")
class EmptyStringBody(FalseBodies):
    """Iterates over it."""

    empty: ClassVar[tuple[str, ...]] = ('""',)


@faulty("SLS-GET-06", says="from=0 is no bound.")
class FromZeroIsNoBound(Server):
    """Asks whether there is one by its truth."""

    def check_window_age(self, from_: int, to: int, now: float) -> None:
        """Look where there is one."""
        if from_:
            super().check_window_age(from_, to, now)


@faulty("SLS-RETRY-05", says="The ids of a list that was too long stay locked: a later retry of them does nothing.")
class LockedByRefusal(Server):
    """Locks first and looks later, and unlocks only what it has done."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.locked: set[str] = set()

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Lock what is named."""
        if problem.reason is Reason.TOO_LONG:
            self.locked.update(id_ for id_ in json.loads(call.body) if isinstance(id_, str))
        return super().invalid_body(call, problem)

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start what is not locked."""
        super().start_again(shipper, [id_ for id_ in ids if id_ not in self.locked])


@faulty("SLS-GET-10", says="Blanks around a status are cut off.")
class StatusTrimmed(Server):
    """Is kind to who types."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """List what may have been meant."""
        query = dict(call.query)
        status = query.get("status", "").strip()
        numbers = [query.get(name, "") for name in ("from", "to")]
        refusal = super().invalid_parameter(call, problem)
        if (
            problem.name != "status"
            or status not in ("running", "success", "fail")
            or not all(map(str.isdigit, numbers))
        ):
            return refusal
        offset, size = int(query.get("offset", "0")), int(query.get("size", "100"))
        return accepted(self.page(self.shipper_of(call), int(numbers[0]), int(numbers[1]), status, offset, size))


class SilentStore(Store):
    """Takes a task without a message for one that is well."""

    def may_run_again(self) -> str:
        """Return the condition with a message in it."""
        return f"({super().may_run_again()}) AND message <> ''"


@faulty("SLS-RETRY-04", says="A failed task without a message is not run again.")
class SilentFailureNotRun(Server):
    """Knows a failure by its message."""

    store_type = SilentStore
