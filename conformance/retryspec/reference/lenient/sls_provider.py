"""SLS servers with another provider of states: it promises less, makes less, or has more beside what it makes.

The members `neighbours` and `rerunsAsAsked` of its answer are optional, and a state that is refused is one that is not
supported. Without the promise nothing is strict about how a retried task goes on (sls R-03).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from retryspec.reference.apis import Setting, StateMaker
from retryspec.reference.sls import Server
from retryspec.reference.sls.sample import Wish, made
from retryspec.reference.sls.store import NewTask, Shipper, ShipperName, State, Store, Task
from retryspec.reference.states import StateError
from retryspec.reference.variations import lenient

# What a retry sets, in SQL, where its run is over when it begins; it ends later than the one before all the same.
AT_ONCE = "ends = :now, finished = max(finished + 1, CAST(:now AS INTEGER)), runs = runs + 1"
LATE_SECONDS = 0.16


class Provider(Server):
    """Has a say in what a state is made from and what is answered."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes each state, with what comes before and after."""
        return {name: self.provider(make) for name, make in super().states().items()}

    def provider(self, make: StateMaker) -> StateMaker:
        """Return what makes a state in the way of this server."""

        def provide(params: Mapping[str, Any]) -> dict[str, object]:
            self.check_params(params)
            return self.provided(make(params))

        return provide

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Raise a StateError for what cannot be made."""

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer to what was made."""
        return answer

    def shippers_in(self, answer: Mapping[str, object]) -> Iterator[tuple[ShipperName, dict[str, object]]]:
        """Give the shippers that an answer names, each with the object that names it."""
        neighbours = cast("list[dict[str, object]]", answer["neighbours"])
        for place in (cast("dict[str, object]", answer), *neighbours):
            yield ShipperName(str(answer["project"]), str(place["logstore"]), str(place["shipper"])), place


@lenient("sls R-04", says="The provider of states names no neighbours.")
class NeighboursUnnamed(Provider):
    """Leaves out an optional member."""

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer without neighbours."""
        return {name: value for name, value in answer.items() if name != "neighbours"}


@lenient("sls R-04", says="The optional members of the provider's answer are null, and it has others besides.")
class ProviderSaysNull(Provider):
    """Says null for absent."""

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer with nulls, and with a member of its own."""
        return {"id": 7, "region": "cn-test", **answer, "neighbours": None, "rerunsAsAsked": None}


@lenient("sls R-04", says="The provider of states names one neighbour, without tasks.")
class NeighbourWithoutTasks(Provider):
    """Has a namesake in another logstore that nothing was ever shipped with."""

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer with the namesake alone, after its tasks were dropped."""
        *_, (name, namesake) = self.shippers_in(answer)
        with self.store.database.writing() as connection:
            connection.execute(
                "DELETE FROM sls_task WHERE shipper = "
                "(SELECT number FROM sls_shipper WHERE project = ? AND logstore = ? AND name = ?)",
                (name.project, name.logstore, name.shipper),
            )
        return {**answer, "neighbours": [{**namesake, "ids": []}]}


@lenient("sls A-11", says="The provider of states cannot make a shipper with an internal error.")
class ProviderWithoutFaults(Provider):
    """Refuses the param `fault`, so that what needs it is untested."""

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Refuse a fault."""
        if params.get("fault") is not None:
            raise StateError("this server has no faults to order")


@lenient("sls R-12", says="The provider of states makes at most 120 tasks at once.")
class ProviderOfFewTasks(Provider):
    """Refuses more, so that what needs them is untested."""

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Refuse many tasks."""
        if len(params.get("tasks") or ()) > 120:
            raise StateError("too many tasks")


@lenient("sls R-03", says="The provider of states promises nothing about re-runs.")
class RerunsUnpromised(Provider):
    """Lets tasks run as asked all the same."""

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer without the promise."""
        return {name: value for name, value in answer.items() if name != "rerunsAsAsked"}


@lenient("sls R-03", says="Without a promise: re-runs take ten minutes, whatever was asked for.")
class RerunsLong(RerunsUnpromised):
    """Works at its own pace."""

    class OwnStore(Store):
        """Lets each run take ten minutes."""

        def rerun(self) -> str:
            """Return a run of ten minutes that succeeds."""
            return "ends = :now + 600, finished = CAST(:now + 600 AS INTEGER), outcome = 'success', runs = runs + 1"

    store_type = OwnStore


@lenient("sls R-03", says="Without a promise: re-runs succeed at once.")
class RerunsEndAtOnce(RerunsUnpromised):
    """Is done before anybody can look."""

    class OwnStore(Store):
        """Lets each run end at once."""

        def rerun(self) -> str:
            """Return a run that has succeeded already."""
            return f"{AT_ONCE}, outcome = 'success'"

    store_type = OwnStore


@lenient("sls A-05", says="Without a promise: re-runs succeed at once, and what ended after a window is not in it.")
class EndedLaterNotListed(RerunsEndAtOnce):
    """Shows what had ended by the end of the window."""

    def in_window(self, shipper: Shipper, from_: int, to: int) -> list[Task]:
        """Return the tasks that were created in the window and had not ended after it."""
        return [task for task in super().in_window(shipper, from_, to) if task.finished <= to]


@lenient("sls R-03", says="Without a promise: re-runs fail again at once.")
class RerunsFailAtOnce(RerunsUnpromised):
    """Meets the same trouble again; a later end is all that tells of it."""

    class OwnStore(Store):
        """Lets each run fail at once."""

        def rerun(self) -> str:
            """Return a run that has failed already."""
            return f"{AT_ONCE}, outcome = 'fail'"

    store_type = OwnStore


class Late(Provider):
    """Shows a re-run a sixth of a second after the 200."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.shown_from: dict[tuple[int, str], float] = {}

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again, and note for those that have failed when it will show."""
        now = self.now()
        for task in self.store.tasks(shipper, 0, 2**62):
            if task.id in ids and task.state(now) is State.FAIL:
                self.shown_from[task.runs, task.id] = now + LATE_SECONDS
        super().start_again(shipper, ids)

    def state_of(self, task: Task, now: float) -> State:
        """Return the state of a task, that before the retry as long as this does not show."""
        late = now < self.shown_from.get((task.runs - 1, task.id), 0)
        return State.FAIL if late else super().state_of(task, now)


@lenient("sls R-03", says="Re-runs show late, but within the settling time.")
class RerunsShowLate(Late):
    """Hands tasks to a queue; late is a should where there is a promise."""


@lenient("sls R-03", says="Without a promise: re-runs show late.")
class RerunsShowLateUnpromised(Late, RerunsUnpromised):
    """Hands tasks to a queue and promises nothing."""


@lenient("sls A-49", says="Without a promise: the service runs failed tasks again by itself.")
class RetriesByItself(RerunsUnpromised):
    """Retries every third task once, soon after it was made; it runs for a moment and fails again."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.retried_at: dict[str, float] = {}

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Note which tasks of what was made will be retried, and when."""
        at = self.now() + 0.1
        for _, place in self.shippers_in(answer):
            self.retried_at |= dict.fromkeys(cast("list[str]", place["ids"])[::3], at)
        return super().provided(answer)

    def state_of(self, task: Task, now: float) -> State:
        """Return the state of a task: running for a quarter of a second from the service's own retry on."""
        state, at = super().state_of(task, now), self.retried_at.get(task.id)
        by_itself = state is State.FAIL and task.runs == 0 and at is not None and at <= now < at + 0.25
        return State.RUNNING if by_itself else state

    def finish_time_of(self, task: Task, state: State) -> int:
        """Return when a task ended, the second time where the service retried it."""
        ended, at = super().finish_time_of(task, state), self.retried_at.get(task.id)
        again = state is State.FAIL and task.runs == 0 and at is not None and self.now() >= at
        return ended + 1 if again else ended


@lenient("sls R-13", says="There are ten thousand tasks of four hundred other shippers, some beside each new one.")
class MuchBesides(Provider):
    """Has been in use for a while."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        for number in range(400):
            name = ShipperName(f"p-{number // 20}", f"logs-{number // 4}", f"shipper-{number % 4}")
            self.store.add_shipper(name, self.further_tasks(25))

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Put more shippers with tasks into the same project and logstore."""
        for number in range(10):
            name = ShipperName(str(answer["project"]), str(answer["logstore"]), f"{answer['shipper']}-{number}")
            self.store.add_shipper(name, self.further_tasks(120))
        return answer

    def further_tasks(self, number: int) -> list[NewTask]:
        """Return tasks of the last day in every state."""
        now, states = self.now(), list(State)
        return [made(Wish(states[place % 3], int(now) - 30 - place * 600), place, now) for place in range(number)]
