"""VCF servers that behave as a busy service does: nothing is promised, others are at work, tasks come and go."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from retryspec_models.vcf.models import PageOfTask

from retryspec.reference.apis import Setting, StateMaker
from retryspec.reference.states import StateError
from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, states
from retryspec.reference.vcf.listing import Asked
from retryspec.reference.vcf.sample import Wish, made
from retryspec.reference.vcf.store import NewTask, State, Store, Task

ONE_RESOURCE = "5b3c1a52-7f0e-4a1d-9c1e-2f6d8b0a4c11"


class Unpromising(Server):
    """Makes tasks without a promise about their re-runs."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return a maker of tasks that promises nothing."""
        make = super().states()[states.NAME]
        return {states.NAME: lambda params: {"ids": make(params)["ids"]}}


class EndsAtOnce(Store):
    """Has re-runs that take no time."""

    def rerun(self) -> str:
        """Return what a retry sets, in SQL."""
        return "begins = :now, ends = max(:now, ends + 0.001), outcome = 'SUCCESSFUL', runs = runs + 1"


class FailsAtOnce(Store):
    """Has re-runs that fail at once."""

    def rerun(self) -> str:
        """Return what a retry sets, in SQL."""
        return "begins = :now, ends = max(:now, ends + 0.001), outcome = 'FAILED', runs = runs + 1"


class MovesOthers(Store):
    """Has other tasks that are retried by themselves."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task, and let another one have run."""
        started = super().start_again(id_, now)
        if started:
            with self.database.writing() as connection:
                connection.execute(
                    "UPDATE vcf_task SET outcome = 'SUCCESSFUL', runs = runs + 1, ends = :now WHERE outcome = 'FAILED' "
                    "AND ends <= :now AND number = (SELECT number FROM vcf_task WHERE id = :id) + 1",
                    {"id": id_, "now": now},
                )
        return started


@lenient("vcf R-02", says="A re-run is over at once, and nothing else was promised.")
class RerunsEndAtOnce(Unpromising):
    """Has little to do."""

    store_type = EndsAtOnce


@lenient("vcf R-02", says="A re-run fails at once, and nothing else was promised.")
class RerunsFailAtOnce(Unpromising):
    """Has not got better."""

    store_type = FailsAtOnce


@lenient("vcf R-04", says="Other tasks change by themselves, and nothing else was promised.")
class OthersMove(Unpromising):
    """Has more than one client."""

    store_type = MovesOthers


@lenient("vcf R-02", says="A retried task is pending until it has ended.")
class PendingUntilEnd(Server):
    """Has no name for what runs again."""

    def state_of(self, task: Task, now: float) -> State:
        """Return the state, pending for a re-run."""
        state = super().state_of(task, now)
        return State.PENDING if task.runs and state is State.IN_PROGRESS else state


@lenient("vcf R-07", says="Somebody makes a task each time a list is read.")
class ListGrows(Server):
    """Has more than one client."""

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page, and make a task."""
        page = super().page(asked)
        self.store.add([made(Wish(State.SUCCESSFUL, age=1), 1, self.now())])
        return page


@lenient("vcf R-22", says="An old task is cleaned up each time a list is read.")
class OldTasksGo(Server):
    """Keeps tasks for some days."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.store.add([made(Wish(State.SUCCESSFUL, age=900_000 + place), place, self.now()) for place in range(100)])

    def page(self, asked: Asked) -> PageOfTask:
        """Return a page, and drop the oldest task."""
        page = super().page(asked)
        with self.store.database.writing() as connection:
            connection.execute(
                "DELETE FROM vcf_task WHERE number = (SELECT min(number) FROM vcf_task WHERE created < ?)",
                (self.now() - 800_000,),
            )
        return page


@lenient("vcf A22", says="There are a thousand tasks of others.")
class ThousandTasks(Server):
    """Has been at work for a while."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        some = (State.SUCCESSFUL, State.FAILED, State.IN_PROGRESS)
        self.store.add([made(Wish(some[place % 3], age=9000 + place), place, self.now()) for place in range(1000)])


class OfOneKindStore(Store):
    """Knows one kind of task and one resource."""

    def add(self, tasks: Iterable[NewTask], *, sample: bool = False, dropped_after: float | None = None) -> None:
        """Store new tasks, all of that kind and about that resource."""
        alike = [replace(new, task=replace(new.task, kind=0, resource=ONE_RESOURCE)) for new in tasks]
        super().add(alike, sample=sample, dropped_after=dropped_after)


@lenient("vcf R-23", says="All tasks are of one type and about one resource.")
class OfOneKind(Server):
    """Manages one host, so that only name and status tell tasks apart."""

    store_type = OfOneKindStore


@lenient("vcf A18", says="A page has three tasks at most.")
class PagesAreTiny(Server):
    """Takes far less than it is asked for."""

    def page_size(self, asked: Asked) -> int:
        """Return a size within a limit."""
        return min(3, super().page_size(asked))


@lenient("vcf A18", says="A page has twenty tasks at most.")
class PagesAreSmall(Server):
    """Takes less than it is asked for."""

    def page_size(self, asked: Asked) -> int:
        """Return a size within a limit."""
        return min(20, super().page_size(asked))


@lenient("vcf R-23", says="The provider of states makes plain tasks only: no names, no faults, five at a time.")
class StatesArePlain(Server):
    """Has a simple test bed."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return a maker of what it can make."""
        make = super().states()[states.NAME]

        def plain(params: Mapping[str, Any]) -> dict[str, object]:
            tasks = params.get("tasks", [])
            if len(tasks) > 5 or any("fault" in task for task in tasks):
                raise StateError("there are five tasks at most, and no faults")
            return make({"tasks": [{name: task[name] for name in task if name != "name"} for task in tasks]})

        return {states.NAME: plain}
