"""SLS servers that have another limit than ten tasks, or keep it in another way."""

from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.faulty.sls_retry_answer import named
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.server import MOST_RETRIES
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import accepted, faulty

# The request


class Limited(Server):
    """Has another rule for how many ids are too many."""

    def too_many(self, number: int) -> bool:
        """Tell whether so many ids are too many."""
        return number > 10

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse too many ids."""
        if self.too_many(len(ids)):
            raise self.refuse(faults.TOO_MANY_TASKS)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Let more than ten ids through to the rule, which the stubs refuse."""
        if problem.reason is not Reason.TOO_LONG:
            return super().invalid_body(call, problem)
        self.retry(self.shipper_of(call), named(call))
        return accepted()


@faulty("SLS-RETRY-05", says="Any number of tasks may be named.")
class NumberUnlimited(Limited):
    """Runs whatever is named."""

    def too_many(self, number: int) -> bool:
        """Take every number."""
        return False


@faulty("SLS-RETRY-05", says="Eleven tasks may be named, twelve may not.")
class ElevenAllowed(Limited):
    """Counts from 0."""

    def too_many(self, number: int) -> bool:
        """Take eleven."""
        return number > 11


@faulty("SLS-RETRY-05", says="Eleven tasks are refused, a hundred are accepted.")
class HundredAllowed(Limited):
    """Compares with eleven instead of ten, and for the wrong thing."""

    def too_many(self, number: int) -> bool:
        """Refuse eleven to 99."""
        return 10 < number < 100


@faulty("SLS-RETRY-05", says="Of more than ten tasks the first ten run, and the answer is 200.")
class FirstTenRun(Limited):
    """Gives what it can."""

    def too_many(self, number: int) -> bool:
        """Take every number."""
        return False

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start the first ten."""
        super().start_again(shipper, ids[:10])


@faulty("SLS-RETRY-05", says="Only failed tasks count towards the ten.")
class FailedCounted(Limited):
    """Looks at what it would have to do."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse too many failed tasks."""
        now = self.now()
        failed = {task.id for task in self.store.tasks(shipper, 0, 2**62) if self.state_of(task, now) == "fail"}
        super().retry(shipper, [id_ for id_ in ids if id_ in failed])


@faulty("SLS-RETRY-05", says="Only ids that exist count towards the ten.")
class KnownCounted(Limited):
    """Passes over unknown ids before it counts."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse too many known tasks."""
        known = {task.id for task in self.store.tasks(shipper, 0, 2**62)}
        super().retry(shipper, [id_ for id_ in ids if id_ in known])


class OtherLimitAnswer(Server):
    """Refuses eleven tasks in another way."""

    instead: Fault = faults.TOO_MANY_TASKS

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, another one where there are too many tasks."""
        return super().refuse(self.instead if fault is faults.TOO_MANY_TASKS else fault, **values)


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 400 PostBodyInvalid.")
class ElevenBodyInvalid(OtherLimitAnswer):
    """Leaves the limit to a schema."""

    instead = faults.BODY_INVALID


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 413.")
class ElevenTooLarge(OtherLimitAnswer):
    """Takes the number for a size."""

    instead = Fault(413, "ParameterInvalid", "Each time allows 10 task retries only")


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 400 with a code in another spelling.")
class ElevenInvalidParameter(OtherLimitAnswer):
    """Says InvalidParameter."""

    instead = Fault(400, "InvalidParameter", "Each time allows 10 task retries only")


@faulty("SLS-RETRY-05", "SLS-COMMON-17", says="Eleven tasks end in an internal error.")
class ElevenFails(OtherLimitAnswer):
    """Writes past the end."""

    instead = faults.INTERNAL


@faulty("SLS-RETRY-06", says="Ten tasks are refused.")
class TenRefused(Server):
    """Takes fewer than ten."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse ten."""
        if len(ids) >= 10:
            raise self.refuse(faults.TOO_MANY_TASKS)


@faulty("SLS-RETRY-06", says="Of ten tasks nine run.")
class TenthLeftOut(Server):
    """Stops one too early."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start nine."""
        super().start_again(shipper, ids[:9])


@faulty("SLS-RETRY-06", says="Of ten tasks five run.")
class FiveAtATime(Server):
    """Works in batches and does one."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start five."""
        super().start_again(shipper, ids[:5])


@faulty("SLS-RETRY-06", says="A body of more than 256 bytes is refused as too large.")
class BodyBounded(Server):
    """Takes ids for short."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Refuse a long body."""
        if len(call.body) > 256:
            raise self.refuse(faults.TOO_LARGE, limit=256)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]  # handed on as it came


@faulty("SLS-RETRY-02", says="Ten entries are too many where the body has more than 600 bytes, white space included.")
class TenEntriesBounded(Server):
    """Guesses the number of ids from the length of the body."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Refuse ten entries that take much room."""
        if len(named(call)) == MOST_RETRIES and len(call.body) > 600:
            raise self.refuse(faults.TOO_MANY_TASKS)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]  # handed on as it came
