"""What a list of tasks holds: filters, order and pages, one small method for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from retryspec.reference.vcf.description import kind_of, resource_of
from retryspec.reference.vcf.store import State, Task, state_named

__all__ = ["Asked", "Listing"]

LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a list; None where one was not given."""

    limit: int | None = None
    status: str | None = None
    type: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    completed_after: int | None = None
    page_number: int | None = None
    page_size: int | None = None
    direction: str | None = None
    order_by: str | None = None
    name: str | None = None


class Listing:
    """The choices of `getTasks`, apart from where tasks come from and how they are shown."""

    first_page: ClassVar[int] = 0
    """The number of the first page (vcf A20)."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state in which a task is shown."""
        return task.state(now)

    # Filters

    def select(self, tasks: list[Task], asked: Asked, now: float) -> list[Task]:
        """Return the tasks that match every filter that is given."""
        return [task for task in tasks if self.matches(task, asked, now)]

    def matches(self, task: Task, asked: Asked, now: float) -> bool:
        """Tell whether a task matches every filter that is given."""
        return (
            (asked.status is None or self.matches_status(task, asked.status, now))
            and (asked.type is None or self.matches_type(task, asked.type))
            and (asked.resource_id is None or self.matches_resource_id(task, asked.resource_id))
            and (asked.resource_type is None or self.matches_resource_type(task, asked.resource_type))
            and (asked.completed_after is None or self.completed_after(task, asked.completed_after, now))
            and (asked.name is None or self.matches_name(task, asked.name))
        )

    def matches_status(self, task: Task, status: str, now: float) -> bool:
        """Tell whether a task has a status, by what it means (vcf R-13)."""
        return self.state_of(task, now) is state_named(status)

    def matches_type(self, task: Task, type_: str) -> bool:
        """Tell whether a task is of a type."""
        return kind_of(task.kind).type == type_

    def matches_resource_id(self, task: Task, resource_id: str) -> bool:
        """Tell whether a task works on the resource of an id."""
        return task.resource == resource_id

    def matches_resource_type(self, task: Task, resource_type: str) -> bool:
        """Tell whether a task works on a resource of a type."""
        return resource_of(task).type == resource_type

    def matches_name(self, task: Task, text: str) -> bool:
        """Tell whether the name of a task contains a text."""
        return text in task.name

    def completed_after(self, task: Task, milliseconds: int, now: float) -> bool:
        """Tell whether a task succeeded or failed after a time; others do not count as completed."""
        ended = self.state_of(task, now) in (State.SUCCESSFUL, State.FAILED)
        return ended and round(task.ends * 1000) > milliseconds

    # Order

    def order(self, tasks: list[Task], asked: Asked, now: float) -> list[Task]:
        """Return the tasks, which come newest first, in the order asked for; one that is not known is passed over.

        The values are ours, since no source lists any (vcf A21, A22).
        """
        key = self.order_key(asked.order_by, now)
        if key is not None:
            tasks = sorted(tasks, key=key)
        return tasks[::-1] if self.is_reversed(asked, key) else tasks

    def order_key(self, name: str | None, now: float) -> Callable[[Task], str] | None:
        """Return what tasks are sorted by, or None for the order of creation."""
        match name:
            case "name":
                return lambda task: task.name
            case "status":
                return lambda task: self.state_of(task, now)
            case _:
                return None

    def is_reversed(self, asked: Asked, key: Callable[[Task], str] | None) -> bool:
        """Tell whether the direction is the other one: rising for the creation, falling for the rest."""
        direction = (asked.direction or "").upper()
        return direction == ("ASC" if key is None else "DESC")

    # Pages

    def limited(self, tasks: list[Task], asked: Asked) -> list[Task]:
        """Return as many tasks as the limit allows."""
        return tasks if asked.limit is None else tasks[: asked.limit]

    def page_number(self, asked: Asked) -> int:
        """Return the number of the page that is asked for."""
        return self.first_page if asked.page_number is None else asked.page_number

    def page_size(self, asked: Asked) -> int:
        """Return how many tasks a page has; the stubs have seen to the bounds of the document."""
        return LARGEST_PAGE if asked.page_size is None else asked.page_size

    def page_of(self, tasks: list[Task], number: int, size: int) -> list[Task]:
        """Return a page; beyond the end, and before the beginning, it is empty."""
        offset = (number - self.first_page) * size
        return tasks[offset : offset + size] if offset >= 0 else []

    def number_of_pages(self, tasks: list[Task], size: int) -> int:
        """Return how many pages there are."""
        return -(-len(tasks) // size)
