"""VCF servers that accept retries which are due a refusal, refuse those that are due a 200, or want more than an id."""

from collections.abc import Sequence

from retryspec_models.vcf.stubs import Call, Refusal

from retryspec.reference.faulty.vcf_refusing import REFUSED
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.store import State, Store, Task

JSON = "application/json"

# VCF-RETRY-01: the method


@faulty("VCF-RETRY-01", says="POST on the path of a task is refused with 405, and retries it all the same.")
class PostRetries(Server):
    """Looks at the method when the work has been done."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Start the task, and refuse the method."""
        if call.method == "POST":
            self.store.start_again(call.path.rpartition("/")[2], self.now())
        return super().method_not_allowed(call, allow)


# VCF-RETRY-04: what a retry needs besides its id


class Choosy(Server):
    """Refuses retries of failed tasks for the form of the request."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Refuse a retry that lacks something, or has too much."""
        if self.task_of(id_).state(self.now()) is State.FAILED and not self.suits(call):
            raise self.refuse(REFUSED)
        super().retry_task(call, id_=id_)

    def suits(self, call: Call) -> bool:
        """Tell whether a request has the form that is wanted."""
        raise NotImplementedError


@faulty("VCF-RETRY-04", "VCF-RETRY-12", says="An empty body that is called JSON is refused with 400.")
class EmptyJsonRefused(Choosy):
    """Reads a body where a media type is given, as the Python package sends it."""

    def suits(self, call: Call) -> bool:
        """Tell whether there is a body, or no type of one."""
        return bool(call.body) or call.header("content-type") != JSON


@faulty("VCF-RETRY-04", "VCF-RETRY-12", says="A body {} is refused with 400.", warns=True)
class EmptyObjectRefused(Choosy):
    """Allows no body, not even the one of the Salt extension."""

    def suits(self, call: Call) -> bool:
        """Tell whether the body is another one."""
        return call.body != b"{}"


# VCF-RETRY-05: failed tasks that are not retried


class FlagNeeded(Store):
    """Retries only what says that it can be retried."""

    def may_run_again(self) -> str:
        """Return the condition with a flag that has to be there."""
        return "outcome = 'FAILED' AND ends <= :now AND retryable = 1"


@faulty("VCF-RETRY-05", says="A failed task without isRetryable is refused.")
class FlagMissingRefused(Server):
    """Takes what is not said for a no."""

    store_type = FlagNeeded


@faulty("VCF-RETRY-05", "VCF-STATE-02", "VCF-STATE-03", "VCF-STATE-06", says="A retry answers 200 and does nothing.")
class RetryDoesNothing(Server):
    """Loses what it has taken."""

    def start_again(self, task: Task) -> bool:
        """Tell whether a task has failed, and leave it."""
        return task.state(self.now()) is State.FAILED and task.retryable is not False


# VCF-RETRY-09, VCF-RETRY-14: tasks that are not failed


class SuccessfulMayRun(Store):
    """Takes a task that went well for one that failed."""

    def may_run_again(self) -> str:
        """Return the condition with another outcome."""
        return f"{super().may_run_again()} OR outcome = 'SUCCESSFUL' AND ends <= :now"


@faulty("VCF-RETRY-09", "VCF-RETRY-14", says="A task that has succeeded is retried.")
class SuccessfulRetried(Server):
    """Retries what has ended."""

    store_type = SuccessfulMayRun


class WarningMayRun(Store):
    """Takes a warning for a failure."""

    def may_run_again(self) -> str:
        """Return the condition with another outcome."""
        return f"{super().may_run_again()} OR outcome = 'COMPLETED_WITH_WARNING' AND ends <= :now"


@faulty("VCF-RETRY-09", "VCF-RETRY-14", says="A task that ended with a warning is retried.", warns=True)
class WarningRetried(Server):
    """Reads its own statuses strictly; the sources could be argued about (vcf A15)."""

    store_type = WarningMayRun


class PassingOver(Server):
    """Answers some retries with 200 and does nothing."""

    passed_over: frozenset[State]

    def start_again(self, task: Task) -> bool:
        """Pass over what needs no retry."""
        return super().start_again(task) or self.task_of(task.id).state(self.now()) in self.passed_over


@faulty("VCF-RETRY-14", "VCF-RETRY-09", says="A retry of a task that has succeeded answers 200 and does nothing.")
class SuccessfulPassedOver(PassingOver):
    """Says that all is well."""

    passed_over = frozenset({State.SUCCESSFUL})


@faulty(
    "VCF-RETRY-14",
    "VCF-RETRY-09",
    "VCF-STATE-03",
    "VCF-STATE-06",
    says="A retry of a task in progress answers 200 and does nothing.",
)
class RunningPassedOver(PassingOver):
    """Takes a repeat for the same retry, as if there were a key."""

    passed_over = frozenset({State.IN_PROGRESS})
