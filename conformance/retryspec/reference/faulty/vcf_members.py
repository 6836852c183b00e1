"""VCF servers in whose tasks one member, somewhere, is missing, null or of another type."""

from collections.abc import Iterator
from typing import Any

from retryspec.reference.faulty.vcf_tasks import Showing
from retryspec.reference.variations import faulty


def stages(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the stages of all steps."""
    for step in task["subTasks"]:
        yield from step["stages"]


@faulty("VCF-TASK-01", says="A skipped task has no name.")
class SkippedHasNoName(Showing):
    """Names what is done."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a skipped one without its name."""
        if task["status"] == "SKIPPED":
            del task["name"]
        return task


@faulty("VCF-TASK-01", says="A pending task has no creationTimestamp.")
class PendingHasNoTime(Showing):
    """Takes creation for the beginning."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a pending one without its time."""
        if task["status"] == "Pending":
            del task["creationTimestamp"]
        return task


@faulty("VCF-TASK-01", says="The name of a cancelled task is null.")
class CancelledNameIsNull(Showing):
    """Forgets what is over."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a cancelled one without a name."""
        return {**task, "name": None} if task["status"] == "Cancelled" else task


@faulty("VCF-TASK-01", "VCF-STATE-08", says="A task whose re-run has ended has no creationTimestamp.")
class RerunLosesTime(Showing):
    """Keeps one time alone."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, one that has run twice without its time."""
        known = self.store.task(task["id"])
        if known is not None and known.runs and "completionTimestamp" in task:
            del task["creationTimestamp"]
        return task


@faulty("VCF-TASK-02", says="A task that runs again has false for a completionTimestamp.")
class RerunCompletionIsFalse(Showing):
    """Tells that it has not ended."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, one that runs again with false."""
        known = self.store.task(task["id"])
        if known is not None and known.runs:
            task.setdefault("completionTimestamp", False)
        return task


@faulty("VCF-TASK-02", says="completionTimestamp is null while there is none.", warns=True)
class CompletionIsNull(Showing):
    """Has each member in each answer."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with null for what is not there."""
        task.setdefault("completionTimestamp", None)
        return task


@faulty("VCF-TASK-02", says="The completionTimestamp of a cancelled task is a number.")
class CancelledTimeIsNumber(Showing):
    """Took it from another service."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a cancelled one with a number."""
        return {**task, "completionTimestamp": 1561032198890} if task["status"] == "Cancelled" else task


@faulty("VCF-TASK-02", says="The errors of a task that has none hold a null.")
class NoErrorIsNull(Showing):
    """Has a place for one."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with null for no error."""
        return {**task, "errors": task["errors"] or [None]}


@faulty("VCF-TASK-02", says="The errors of a task that has none are an object.")
class NoErrorsAreObject(Showing):
    """Does not tell arrays from objects where there is nothing in them."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with an object for no errors."""
        return {**task, "errors": task["errors"] or {}}


@faulty("VCF-TASK-02", says="The context of an error in a task has a number as a value.")
class FailureContextHasNumber(Showing):
    """Tells where it was by number."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, one with errors with a number in them."""
        for error in task["errors"]:
            error["context"] = {"line": 3}
        return task


@faulty("VCF-TASK-02", says="The arguments of an error in a stage are a text.")
class StageArgumentsAreText(Showing):
    """Joins them."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with texts in its stages."""
        for stage in stages(task):
            for error in stage["errors"]:
                error["arguments"] = ", ".join(error["arguments"])
        return task


@faulty("VCF-TASK-02", says="The errors of a failed stage are a text.")
class StageErrorsAreText(Showing):
    """Says what happened in a word."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with a text in its failed stage."""
        for stage in stages(task):
            stage["errors"] = "failed" if stage["errors"] else []
        return task


@faulty("VCF-TASK-02", says="The stages of a pending step are an object.")
class StagesAreObject(Showing):
    """Does not know them yet."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with objects for stages."""
        for step in task["subTasks"]:
            step["stages"] = {} if step["status"] == "PENDING" else step["stages"]
        return task


@faulty("VCF-TASK-02", says="The sans of a resource of a step are a text.")
class SansAreText(Showing):
    """Writes them in one line."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with texts in its steps."""
        for step in task["subTasks"]:
            for resource in step["resources"]:
                resource["sans"] = ",".join(resource["sans"])
        return task


@faulty("VCF-TASK-02", says="The resources of a cancelled task hold a null.")
class ReleasedIsNull(Showing):
    """Has let go of one."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task, a cancelled one with null in its resources."""
        return {**task, "resources": [None]} if task["status"] == "Cancelled" else task


@faulty("VCF-TASK-02", says="The arguments of the localizable text hold a number.")
class PackHasNumber(Showing):
    """Counts what it does."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with a number in its text."""
        task["localizableDescriptionPack"]["arguments"].append(1)
        return task


@faulty("VCF-TASK-02", says="isCancellable is 1 for true.")
class FlagIsOne(Showing):
    """Sends what the database holds."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with numbers for the flag."""
        return {**task, "isCancellable": 1} if task["isCancellable"] else task


@faulty("VCF-TASK-02", says="The status of a sub-task of a sub-task of a step is a number.")
class DeepStatusIsNumber(Showing):
    """Spells statuses at the top alone."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with steps three deep."""
        first = task["subTasks"][0]
        inner = {**first, "subTasks": [{**first, "status": 2}]}
        task["subTasks"][0] = {**first, "subTasks": [inner]}
        return task


@faulty("VCF-TASK-02", says="The url of a documentationLink is a number.")
class LinkIsNumber(Showing):
    """Numbers its pages."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with a link in its first step."""
        return self.in_first_step(task, lambda step: {**step, "documentationLink": {"url": 3, "label": "More"}})


@faulty("VCF-TASK-02", says="The creationTimestamp has no T and no zone.", warns=True)
class TimeIsLocal(Showing):
    """Writes times as its database does."""

    def shown(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return a task with a time of another form."""
        return {**task, "creationTimestamp": task["creationTimestamp"].replace("T", " ").rstrip("Z")}
