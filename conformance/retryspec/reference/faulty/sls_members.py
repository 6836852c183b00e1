"""SLS servers whose tasks have a member that is missing, of another type, or not what it should say."""

from typing import Any

from retryspec_models.sls.stubs import Call

from retryspec.reference.faulty.sls_wire import PageWriter, TaskWriter
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import State, Task
from retryspec.reference.variations import faulty

# SLS-GET-19: six members of every task


@faulty("SLS-GET-19", says="The times of a task are texts.")
class TimesAsText(TaskWriter):
    """Writes its numbers with quotation marks."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Turn the times of a task into texts."""
        task |= {name: str(value) for name, value in task.items() if name.endswith("Time")}


@faulty("SLS-GET-19", says="A running task has null for its taskFinishTime.")
class FinishTimeNull(TaskWriter):
    """Does not know yet when it will end."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Write null while the task runs."""
        if task["taskStatus"] == "running":
            task["taskFinishTime"] = None


@faulty("SLS-GET-19", says="A running task has no taskFinishTime.")
class FinishTimeMissing(TaskWriter):
    """Leaves out what there is not."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Take the time away while the task runs."""
        if task["taskStatus"] == "running":
            del task["taskFinishTime"]


@faulty("SLS-GET-19", says="A task that has succeeded has no taskMessage.")
class MessageMissing(TaskWriter):
    """Leaves an empty text out."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Take the message away where it is empty."""
        if task["taskStatus"] == "success" and not task["taskMessage"]:
            del task["taskMessage"]


@faulty("SLS-GET-19", says="The taskCreateTime has a fraction.")
class CreateTimeFraction(TaskWriter):
    """Knows the time better than asked."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Add half a second."""
        task["taskCreateTime"] += 0.5


@faulty("SLS-GET-19", says="From the 101st task of a page on only the id is shown.")
class BriefBeyondHundred(PageWriter):
    """Spares itself the details of a long page."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Cut the tasks after the hundredth short."""
        page["tasks"] = [task if place < 100 else {"id": task["id"]} for place, task in enumerate(page["tasks"])]


@faulty("SLS-GET-19", says="The last task of a page lacks its taskLastDataReceiveTime.")
class LastTaskIncomplete(PageWriter):
    """Loses the end of what it writes."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Take a member from the last task."""
        if len(page["tasks"]) > 1:
            del page["tasks"][-1]["taskLastDataReceiveTime"]


# SLS-GET-21: the three statuses


@faulty("SLS-GET-21", "SLS-GET-09", "SLS-GET-18", says="A task shows successful or failed.")
class StatusInWordsOfTable(TaskWriter):
    """Takes the words of seed 001, Task details."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Rename two statuses."""
        task["taskStatus"] = {"success": "successful", "fail": "failed"}.get(task["taskStatus"], task["taskStatus"])


@faulty("SLS-GET-21", "SLS-GET-09", "SLS-GET-18", says="The status of a task begins with a capital.")
class StatusCapital(TaskWriter):
    """Shows what the console shows."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Write the first letter of the status large."""
        task["taskStatus"] = task["taskStatus"].capitalize()


class Retrying(Server):
    """Takes note of the tasks that run for a second time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.again: set[str] = set()

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended, and remember it where it runs again."""
        if state is State.RUNNING and task.runs:
            self.again.add(task.id)
        return super().finish_time_of(task, state)


@faulty("SLS-GET-21", "SLS-GET-18", "SLS-RETRY-04", says="A task that runs again shows retrying.")
class StatusRetrying(TaskWriter, Retrying):
    """Has a fourth status, which only a retry leads to."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Rename the status of a run that is not the first."""
        if task["taskStatus"] == "running" and task["id"] in self.again:
            task["taskStatus"] = "retrying"


# SLS-GET-22: the message


@faulty("SLS-GET-22", says="A failed task has an empty taskMessage.", warns=True)
class MessageEmpty(Server):
    """Does not say why."""

    def message_of(self, task: Task, state: State) -> str:
        """Return nothing."""
        return ""


@faulty("SLS-GET-22", says="A task that has succeeded has the taskMessage OK.", warns=True)
class MessageOk(Server):
    """Has something to say about everything."""

    def message_of(self, task: Task, state: State) -> str:
        """Return a word for what went well."""
        return super().message_of(task, state) or "OK"


@faulty("SLS-GET-22", says="A failed task has the taskMessage fail, whatever went wrong.", warns=True)
class MessageSaysNothing(Server):
    """Repeats the status."""

    def message_of(self, task: Task, state: State) -> str:
        """Return the status in place of a reason."""
        return "fail" if state is State.FAIL else super().message_of(task, state)


@faulty("SLS-GET-22", says="A taskMessage ends after 16 characters.", warns=True)
class MessageCut(Server):
    """Has a narrow column for messages."""

    def message_of(self, task: Task, state: State) -> str:
        """Return the beginning of the message."""
        return super().message_of(task, state)[:16]


@faulty("SLS-GET-22", says="A failed task shows the message of the task that failed before it.")
class MessageOfNeighbour(PageWriter):
    """Is off by one among its messages."""

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Move the messages of failed tasks by one."""
        failed = [task for task in page["tasks"] if task["taskStatus"] == "fail"]
        messages = [task["taskMessage"] for task in failed]
        for task, message in zip(failed, messages[1:] + messages[:1], strict=True):
            task["taskMessage"] = message


@faulty("SLS-GET-22", says="A task that runs again keeps the message of its failure.", warns=True)
class MessageStays(Server):
    """Never takes a message back."""

    def message_of(self, task: Task, state: State) -> str:
        """Return the message, whatever the state."""
        return task.message


# SLS-GET-20: the id


@faulty("SLS-GET-20", says="A running task has an empty id.")
class IdOfRunningEmpty(TaskWriter):
    """Gives an id at the end."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Take the id away while the task runs."""
        if task["taskStatus"] == "running":
            task["id"] = ""


@faulty("SLS-GET-20", "SLS-GET-17", "SLS-GET-18", says="A task is listed twice when it runs.")
class RunningListedTwice(Server):
    """Finds running tasks in two places and joins what it found."""

    def in_window(self, shipper: Any, from_: int, to: int) -> list[Task]:
        """Return the tasks, those that run once more at the end."""
        tasks = super().in_window(shipper, from_, to)
        return tasks + [task for task in tasks if self.state_of(task, self.now()) is State.RUNNING]


# SLS-GET-24: when data was last received


@faulty("SLS-GET-24", "SLS-GET-19", says="A failed task has a taskLastDataReceiveTime of -1.")
class ReceiveTimeNegative(TaskWriter):
    """Has a number for what it does not know."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Write -1 for a task that has failed."""
        if task["taskStatus"] == "fail":
            task["taskLastDataReceiveTime"] = -1


@faulty("SLS-GET-24", says="The taskLastDataReceiveTime is in milliseconds.", warns=True)
class ReceiveTimeMilliseconds(TaskWriter):
    """Has the unit of another service for one of the times."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Multiply the time."""
        task["taskLastDataReceiveTime"] *= 1000


@faulty("SLS-GET-28", says="The taskLastDataReceiveTime is another one in every answer.")
class ReceiveTimeIsNow(TaskWriter):
    """Takes each request for data."""

    def rewrite_task(self, task: dict[str, Any]) -> None:
        """Write a time that is never the same."""
        self.ticks = getattr(self, "ticks", int(self.now())) + 1
        task["taskLastDataReceiveTime"] = self.ticks


# SLS-GET-25: the end


@faulty("SLS-GET-25", says="The taskFinishTime of a failed task is 0.", warns=True)
class FinishTimeOfFailedZero(Server):
    """Knows an end for what went well alone."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task succeeded."""
        return super().finish_time_of(task, state) if state is State.SUCCESS else 0


@faulty("SLS-GET-25", says="The taskFinishTime is how many seconds the task took.", warns=True)
class FinishTimeIsDuration(Server):
    """Says how long instead of when."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return a duration."""
        finished = super().finish_time_of(task, state)
        return finished and finished - task.created


@faulty("SLS-GET-25", says="The taskFinishTime is in milliseconds.", warns=True)
class FinishTimeMilliseconds(Server):
    """Has the unit of another service for one of the times."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return the end, multiplied."""
        return super().finish_time_of(task, state) * 1000


@faulty("SLS-GET-25", "SLS-GET-19", says="The taskFinishTime of a running task is -1.")
class FinishTimeNegative(Server):
    """Has a number for what there is not yet."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return -1 while the task runs."""
        return -1 if state is State.RUNNING else super().finish_time_of(task, state)
