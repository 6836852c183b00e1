"""VCF servers whose filters select other tasks, alone or where two parameters meet."""

import re
from dataclasses import asdict, replace
from typing import Any

from retryspec_models.vcf.models import PageOfTask
from retryspec_models.vcf.stubs import Call

from retryspec.reference.faulty.vcf_refusing import REFUSED
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.description import kind_of
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.store import State, Task, state_named


@faulty("VCF-LIST-05", says="The failed tasks of a list are those cancelled as well.", warns=True)
class FailedWithCancelled(Server):
    """Knows good ends and others."""

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Compare what the ends have in common."""
        wanted = state_named(status)
        return self.state_of(task, now) is wanted or (
            wanted is State.FAILED and self.state_of(task, now) is State.CANCELLED
        )


@faulty("VCF-LIST-05", says="A status with a blank in it selects everything.", warns=True)
class BlankSelectsAll(Server):
    """Reads a status to its first blank."""

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Compare one word alone."""
        return " " in status or super().matches_status(task, status, now)


@faulty("VCF-LIST-05", says="taskType selects types that begin alike.", warns=True)
class TypeBeginsAlike(Server):
    """Compares the resource of a type."""

    def matches_type(self, task: Task, type_: str) -> bool:
        """Compare the first words."""
        return kind_of(task.kind).type.partition("_")[0] == type_.partition("_")[0]


@faulty("VCF-LIST-05", says="taskName is a pattern of SQL.", warns=True)
class NameIsPattern(Server):
    """Hands the text to its database."""

    def matches_name(self, task: Task, text: str) -> bool:
        """Compare as LIKE does."""
        return re.search(re.escape(text).replace("%", ".*").replace("_", "."), task.name) is not None


@faulty("VCF-LIST-05", says="taskName is a regular expression.", warns=True)
class NameIsExpression(Server):
    """Hands the text to its database."""

    def matches_name(self, task: Task, text: str) -> bool:
        """Compare as an expression does, where it is one."""
        try:
            return re.search(text, task.name) is not None
        except re.error:
            return False


@faulty("VCF-LIST-05", says="completedAfter selects tasks in progress as well.", warns=True)
class CompletedWithRunning(Server):
    """Takes no end for a late one."""

    def completed_after(self, task: Task, milliseconds: int, now: float) -> bool:
        """Count what has not ended."""
        runs = self.state_of(task, now) is State.IN_PROGRESS
        return runs or super().completed_after(task, milliseconds, now)


@faulty("VCF-LIST-05", says="completedAfter selects cancelled tasks as well.", warns=True)
class CompletedWithCancelled(Server):
    """Takes every end for a completion."""

    def completed_after(self, task: Task, milliseconds: int, now: float) -> bool:
        """Count every end."""
        return not self.under_way(self.state_of(task, now)) and round(task.ends * 1000) > milliseconds


@faulty("VCF-LIST-05", says="With a status taskType has no effect.", warns=True)
class TypeYieldsToStatus(Server):
    """Has one index for a query."""

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Leave out the type."""
        return super().matches(task, asked if asked.status is None else replace(asked, type=None), now)


@faulty("VCF-LIST-05", says="With a limit taskStatus has no effect.", warns=True)
class StatusYieldsToLimit(Server):
    """Has one index for a query."""

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Leave out the status."""
        return super().matches(task, asked if asked.limit is None else replace(asked, status=None), now)


@faulty("VCF-LIST-05", says="With an order taskType has no effect.", warns=True)
class TypeYieldsToOrder(Server):
    """Has one index for a query."""

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Leave out the type."""
        return super().matches(task, asked if asked.order_by is None else replace(asked, type=None), now)


@faulty("VCF-LIST-08", "VCF-LIST-05", says="On later pages taskStatus has no effect.")
class StatusHoldsOnce(Server):
    """Forgets what was asked for."""

    def page(self, asked: Asked) -> PageOfTask:
        """Leave out the status."""
        return super().page(replace(asked, status=None) if asked.page_number else asked)


@faulty("VCF-LIST-08", says="With a status the second page is the first one.")
class FilteredPageRepeats(Server):
    """Pages the whole alone."""

    def page(self, asked: Asked) -> PageOfTask:
        """Leave out the number."""
        return super().page(replace(asked, page_number=None) if asked.status else asked)


@faulty("VCF-LIST-08", says="With a type the second page is the first one.")
class TypedPageRepeats(Server):
    """Pages the whole alone."""

    def page(self, asked: Asked) -> PageOfTask:
        """Leave out the number."""
        return super().page(replace(asked, page_number=None) if asked.type else asked)


@faulty("VCF-LIST-06", says="With a status pageSize has no effect.", warns=True)
class SizeYieldsToStatus(Server):
    """Pages the whole alone."""

    def page(self, asked: Asked) -> PageOfTask:
        """Leave out the size."""
        return super().page(replace(asked, page_size=None) if asked.status else asked)


@faulty("VCF-LIST-01", says="A list with more than six parameters is refused.")
class ManyParametersRefused(Server):
    """Counts them."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if len(dict(call.query)) > 6:
            raise self.refuse(REFUSED)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-01", says="A list with a Content-Type is refused.")
class ListTypeRefused(Server):
    """Expects no body, and no type of one."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if call.header("content-type") is not None:
            raise self.refuse(REFUSED)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-01", says="A list without a parameter is refused.")
class BareListRefused(Server):
    """Wants to be asked for a page."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if not call.query:
            raise self.refuse(REFUSED)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-04", says="An empty taskStatus is a fault.", warns=True)
class EmptyStatusFails(Server):
    """Takes the first letter of nothing."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if values["task_status"] == "":
            raise self.refuse(faults.INTERNAL)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-04", says="A parameter that is repeated is a fault.", warns=True)
class RepeatedParameterFails(Server):
    """Expects one value."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if len(call.query) > len(dict(call.query)):
            raise self.refuse(faults.INTERNAL)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-04", says="The largest completedAfter is a fault.", warns=True)
class LateTimeFails(Server):
    """Makes a date of any number."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if (values["completed_after"] or 0) > 10**15:
            raise self.refuse(faults.INTERNAL)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-04", says="A page far beyond the end is a fault.", warns=True)
class FarPageFails(Server):
    """Multiplies in 32 bits."""

    def get_tasks(self, call: Call, **values: Any) -> Any:
        """Refuse some lists."""
        if (values["page_number"] or 0) > 10**6:
            raise self.refuse(faults.INTERNAL)
        return super().get_tasks(call, **values)


@faulty("VCF-LIST-05", says="The type of a resource is passed over where a status is asked for.", warns=True)
class ResourceTypeForgottenWithStatus(Server):
    """Has a statement for each pair of filters, and forgot this one."""

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Forget one of two."""
        return super().matches(task, replace(asked, resource_type=None) if asked.status else asked, now)


@faulty("VCF-LIST-05", says="With three filters a task that matches two of them is shown.", warns=True)
class TwoOfThree(Server):
    """Counts what matches."""

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Be content with two beside the name."""
        filters = Asked(
            status=asked.status, type=asked.type, resource_id=asked.resource_id, resource_type=asked.resource_type
        )
        given = {name: value for name, value in asdict(filters).items() if value is not None}
        if len(given) < 3:
            return super().matches(task, asked, now)
        alone = [Asked(**{name: value}, name=asked.name) for name, value in given.items()]
        return sum(super(TwoOfThree, self).matches(task, one, now) for one in alone) >= len(given) - 1
