"""SLS servers that describe a task in another way that the contract leaves open."""

from typing import Any

from retryspec_models.sls.models import ShipperTask
from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.sls.sample import FAILURES
from retryspec.reference.sls.store import State, Task
from retryspec.reference.variations import lenient
from retryspec.reference.wire import json_of, with_json


class Redescribing(Server):
    """Changes the pages of tasks after they were made."""

    def finish(self, call: Call, response: Response) -> Response:
        """Change a page, and leave every other answer alone."""
        response = super().finish(call, response)
        answer = json_of(response)
        if not isinstance(answer, dict) or "tasks" not in answer:
            return response
        return with_json(response, self.changed(answer))

    def changed(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return another page."""
        return page


@lenient("sls A-33", says="Tasks have only the members that the seeds name.")
class MembersOfSeedsOnly(Redescribing):
    """Leaves out taskCode and taskDataLines, which are optional."""

    def changed(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return the page without the optional members."""
        for task in page["tasks"]:
            del task["taskCode"], task["taskDataLines"]
        return page


@lenient("sls A-33", says="The optional members of tasks are null.")
class MembersNull(Server):
    """Writes null where it knows nothing."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task without a code or lines."""
        return super().describe(task, now).model_copy(update={"task_code": None, "task_data_lines": None})


@lenient("sls A-33", says="The statistics and the tasks have further members, with values of every type.")
class MembersOfEveryType(Redescribing):
    """Adds members to the inner objects too, since all objects of answers are open."""

    def changed(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return the page with more in it than anybody asked for."""
        page["statistics"] |= {"pending": 0, "total": page["total"], "states": ["running", "success", "fail"]}
        for task in page["tasks"]:
            task |= {"status": None, "error": {}, "attempts": [1.5, True], "finishTime": "never", "": 0}
        return {**page, "errorCode": None, "hasMore": False, "nextToken": None}


@lenient("sls A-31", says="Messages of failed tasks are long, with line breaks and unusual characters.")
class MessageLong(Server):
    """Quotes what the bucket said, unless it was asked for another message."""

    def message_of(self, task: Task, state: State) -> str:
        """Return the message, a long one in place of those that nobody asked for."""
        message = super().message_of(task, state)
        usual = {text for _, text in FAILURES}
        return f'{message}:\r\n\t"\\u0000" \x00\x7f <é, 日志, 🪣> {"x" * 5000}' if message in usual else message


@lenient("sls A-32", says="Data was last received ten thousand seconds before the creation of a task.")
class ReceivedLongBefore(Server):
    """Shows what the example of seed 001 shows."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task with data of long ago."""
        return super().describe(task, now).model_copy(update={"task_last_data_receive_time": task.created - 10_000})


@lenient("sls A-32", says="It is not known when data was last received.")
class ReceivedNever(Server):
    """Shows 0, which is an integer that is not negative."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task without data."""
        return super().describe(task, now).model_copy(update={"task_last_data_receive_time": 0})


@lenient("sls A-32", says="Running tasks receive data all the time.")
class ReceivedAllTheTime(Server):
    """Shows that time passes on a task that runs; its state does not change by that."""

    def describe(self, task: Task, now: float) -> ShipperTask:
        """Return a task, with data of this second and more and more lines while it runs."""
        shown = super().describe(task, now)
        if self.state_of(task, now) is not State.RUNNING:
            return shown
        return shown.model_copy(update={"task_last_data_receive_time": int(now), "task_data_lines": int(now * 1000)})


@lenient("sls A-30", says="A running task shows the present as the time of its end.")
class FinishTimeIsNow(Server):
    """Shows another value from one second to the next; any one will do while the task runs."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended, or the present time."""
        return int(self.now()) if state is State.RUNNING else super().finish_time_of(task, state)


@lenient("sls A-30", says="A running task shows its creation as the time of its end.")
class FinishTimeIsCreation(Server):
    """Does not move the end before there is one."""

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended, or when it was created."""
        return task.created if state is State.RUNNING else super().finish_time_of(task, state)
