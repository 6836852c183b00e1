"""VCF servers in whose tasks a step, a stage or a resource lacks something, or whose flags and statuses are off."""

from typing import Any

from retryspec.reference.faulty.vcf_members import stages
from retryspec.reference.faulty.vcf_tasks import Showing
from retryspec.reference.variations import faulty


@faulty("VCF-TASK-03", says="A step that is not needed has no description.")
class IdleStepHasNoDescription(Showing):
    """Describes what is done."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with less in some steps."""
        for step in task["subTasks"]:
            if step["status"] == "NOT_APPLICABLE":
                del step["description"]
        return task


@faulty("VCF-TASK-03", says="The description of a pending step is null.")
class PendingDescriptionIsNull(Showing):
    """Describes what has begun."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with null in pending steps."""
        for step in task["subTasks"]:
            step["description"] = None if step["status"] == "PENDING" else step["description"]
        return task


@faulty("VCF-TASK-03", says="The failed stage has no status.")
class FailedStageHasNoStatus(Showing):
    """Leaves that to its errors."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task without the status of its failed stage."""
        for stage in stages(task):
            if stage["errors"]:
                del stage["status"]
        return task


@faulty("VCF-TASK-03", says="A resource of a step has no type.")
class StepResourceHasNoType(Showing):
    """Has told it once."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with less in its steps."""
        for step in task["subTasks"]:
            for resource in step["resources"]:
                del resource["type"]
        return task


@faulty("VCF-TASK-03", says="The localizable text has no messageKey.")
class PackHasNoKey(Showing):
    """Has only texts."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with less in its text."""
        del task["localizableDescriptionPack"]["messageKey"]
        return task


@faulty("VCF-TASK-04", says="The resolutionStatus of a skipped task is in lower case.", warns=True)
class ResolutionInLowerCase(Showing):
    """Spells it as it likes."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a skipped one with another spelling."""
        return {**task, "resolutionStatus": "unresolved"} if task["status"] == "SKIPPED" else task


@faulty("VCF-TASK-05", says="isRetryable is true on a cancelled task.", warns=True)
class CancelledIsRetryable(Showing):
    """Would like to have it done."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a cancelled one with the flag."""
        return {**task, "isRetryable": True} if task["status"] == "Cancelled" else task


@faulty("VCF-TASK-05", says="isCancellable is true on a pending task.", warns=True)
class PendingIsCancellable(Showing):
    """Could still leave it."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a pending one with the flag."""
        return {**task, "isCancellable": True} if task["status"] == "Pending" else task


@faulty("VCF-TASK-06", says="A task that failed again has no error anywhere.", warns=True)
class SecondFailureUnexplained(Showing):
    """Explains itself once."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, one that failed again without errors."""
        known = self.store.task(task["id"])
        if known is not None and known.runs:
            task["errors"] = []
            for part in (*task["subTasks"], *stages(task)):
                part["errors"] = []
        return task


@faulty("VCF-TASK-STATUS-02", says="Cancelled is spelt with one l.", warns=True)
class StatusIsCanceled(Showing):
    """Spells as its programmers do."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a cancelled one with another spelling."""
        return {**task, "status": "Canceled"} if task["status"] == "Cancelled" else task
