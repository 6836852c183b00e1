"""SLS servers that take a retry in another way that the contract leaves open, or run tasks again otherwise."""

import json
from collections.abc import Sequence
from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper, State, Store, Task
from retryspec.reference.variations import accepted, lenient


class NewTimesStore(Store):
    """Notes when data was last received anew on a retry."""

    def rerun(self) -> str:
        """Return what a retry sets, the time of the last data included."""
        return super().rerun() + ", received = CAST(:now AS INTEGER)"


class CreationRenewedStore(Store):
    """Counts a re-run as a new creation of the same task."""

    def rerun(self) -> str:
        """Return what a retry sets, the time of creation included."""
        return super().rerun() + ", created = CAST(:now AS INTEGER)"


class AnyEndedStore(Store):
    """Starts every task that has ended."""

    def may_run_again(self) -> str:
        """Return that a task has ended."""
        return "ends <= :now"


@lenient("sls A-47", says="A retry changes when data was last received.")
class DataReceivedAnew(Server):
    """Reads the logs again for each run."""

    store_type = NewTimesStore


@lenient("sls A-47", says="A retry changes the time of creation.")
class CreationRenewed(Server):
    """Keeps the id and counts the new run as a new creation; nothing is strict about the times."""

    store_type = CreationRenewedStore


@lenient("sls A-30", says="A running task shows the time it is expected to end.")
class FinishTimeForeseen(Server):
    """Does not show 0 while a task runs."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended or will end."""
        return task.finished


class RunningRenewedStore(CreationRenewedStore):
    """Starts what runs anew as well, and counts that as a new creation."""

    def may_run_again(self) -> str:
        """Return that a task has failed or runs."""
        return "(ends > :now OR outcome = 'fail')"


@lenient("sls A-48", says="A task that runs begins anew when it is named, and counts as created then.")
class RunningRenewed(Server):
    """Stays running in any case; nothing is strict about the times."""

    store_type = RunningRenewedStore


@lenient("sls A-45", says="A task that has succeeded runs again when it is named.")
class SucceededRunAgain(Server):
    """Takes whatever has ended, as a test of the .NET SDK expects; that a success stays one is a should."""

    store_type = AnyEndedStore


class ChoosyRetry(Server):
    """Refuses a retry for what it names; then nothing runs."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again if all that is named is right."""
        now = self.now()
        states = {task.id: self.state_of(task, now) for task in self.store.tasks(shipper, 0, 2**62)}
        if not all(self.is_right(states.get(id_)) for id_ in ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="task id", detail="It is not one of a failed task.")
        super().start_again(shipper, ids)

    def is_right(self, state: State | None) -> bool:
        """Tell whether a task of a state may be named, or, for None, one that does not exist."""
        return True


@lenient("sls A-45", says="A retry that names a task which has not failed is refused, as is one of unknown tasks.")
class OnlyFailedTaken(ChoosyRetry):
    """Takes the words at their strictest: failed tasks or nothing."""

    def is_right(self, state: State | None) -> bool:
        """Tell whether a task has failed."""
        return state is State.FAIL


@lenient("sls A-45", says="A retry that names a task which has succeeded is refused.")
class SucceededRefused(ChoosyRetry):
    """Passes over running and unknown tasks, but not over these."""

    def is_right(self, state: State | None) -> bool:
        """Tell whether a task has not succeeded."""
        return state is not State.SUCCESS


@lenient("sls A-48", says="A retry of a task that runs is refused.")
class RunningRefused(ChoosyRetry):
    """Says so when a task is under way already; of simultaneous retries one is taken."""

    def is_right(self, state: State | None) -> bool:
        """Tell whether a task does not run."""
        return state is not State.RUNNING


@lenient("sls A-43", says="An empty array is refused.")
class EmptyArrayRefused(Server):
    """Wants something to do."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse no ids, and too many."""
        if not ids:
            raise self.refuse(faults.BODY_INVALID)
        super().check_number(ids)


class LaxBody(Server):
    """Takes bodies that the reference refuses."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return a success where the body is one that this server takes."""
        shipper = self.shipper_of(call)
        ids = self.ids_in(call, problem)
        if ids is None:
            return super().invalid_body(call, problem)
        self.retry(shipper, ids)
        return accepted()

    def ids_in(self, call: Call, problem: Problem) -> list[str] | None:
        """Return the ids that a body is taken for, or None where it is refused."""
        return None


@lenient("sls A-42", says="Ten different ids are allowed, however often they stand there.")
class DistinctIdsCounted(LaxBody):
    """Counts ids rather than entries."""

    def ids_in(self, call: Call, problem: Problem) -> list[str] | None:
        """Return the different ids of a list that has too many entries."""
        entries = _array(call.body) if problem.reason is Reason.TOO_LONG else None
        if entries is None or not all(isinstance(entry, str) for entry in entries):
            return None
        return list(dict.fromkeys(entries))


@lenient("sls A-17", says="Items that are no strings are passed over, and the others run.")
class NonStringsPassedOver(LaxBody):
    """Runs what is named by a string."""

    def ids_in(self, call: Call, problem: Problem) -> list[str] | None:
        """Return the strings of an array."""
        entries = _array(call.body) if problem.reason is Reason.WRONG_TYPE else None
        return None if entries is None else [entry for entry in entries if isinstance(entry, str)]


@lenient("sls A-17", says="An array with items that are no strings gets 200, and nothing runs.")
class NonStringsDoNothing(LaxBody):
    """Takes an array that names anything but strings for one that names nothing."""

    def ids_in(self, call: Call, problem: Problem) -> list[str] | None:
        """Return nothing for an array."""
        return [] if problem.reason is Reason.WRONG_TYPE and _array(call.body) is not None else None


@lenient("sls R-08", says="A PUT without a body gets 200, and nothing runs.")
class BodyAbsentTaken(LaxBody):
    """Does nothing where nothing is named."""

    def ids_in(self, call: Call, problem: Problem) -> list[str] | None:
        """Return nothing for no body."""
        return [] if problem.reason is Reason.MISSING else None


@lenient("sls A-17", says="A body that is no array gets 415.")
class BodyIsOfOtherType(Server):
    """Counts the shape of a body as its type: a 4xx with an error body, though 400 is a should."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, 415 for a body."""
        if fault is faults.BODY_INVALID:
            fault = Fault(415, "InvalidContentType", "The request body is no JSON array.")
        return super().refuse(fault, **values)


def _array(body: bytes) -> list[Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None
