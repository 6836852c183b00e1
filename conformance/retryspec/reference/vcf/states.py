"""The provider state of VCF: tasks as somebody asks for them."""

from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.reference.states import StateError, bounded
from retryspec.reference.vcf.sample import Wish, made
from retryspec.reference.vcf.store import State, Store, state_named

__all__ = ["NAME", "made_tasks"]

NAME = "tasks"

KEPT_SECONDS = 3600
MOST_TASKS = 20_000
LONGEST_NAME = 10_000
LONGEST_RERUN = 86_400


def made_tasks(store: Store, params: Mapping[str, Any], now: float) -> dict[str, object]:
    """Make the tasks that the params ask for, and return their ids."""
    tasks = [made(wish, place, now) for place, wish in enumerate(_wishes(params.get("tasks")))]
    store.drop_outdated(now)
    store.add(tasks, dropped_after=now + KEPT_SECONDS)
    return {"ids": [new.task.id for new in tasks], "rerunsAsAsked": True}


def _wishes(tasks: object) -> Iterator[Wish]:
    if tasks is None:
        return
    if not isinstance(tasks, list):
        raise StateError("tasks has to be an array")
    if len(tasks) > MOST_TASKS:
        raise StateError(f"tasks may have {MOST_TASKS} entries at most")
    for place, task in enumerate(tasks):
        yield _wish(task, place)


def _wish(task: object, place: int) -> Wish:
    where = f"tasks[{place}]"
    if not isinstance(task, dict):
        raise StateError(f"{where} has to be an object")
    given = {name: value for name, value in task.items() if value is not None}
    name = given.get("name")
    if name is not None and (not isinstance(name, str) or len(name) > LONGEST_NAME):
        raise StateError(f"{where}.name has to be a text of {LONGEST_NAME} characters at most")
    if given.get("fault") not in (None, "internal"):
        raise StateError(f'{where}.fault has to be "internal"')
    outcome = _state(given.get("rerunStatus", State.SUCCESSFUL), f"{where}.rerunStatus")
    if outcome in (State.PENDING, State.IN_PROGRESS):
        raise StateError(f"{where}.rerunStatus has to be how a run ends, as SUCCESSFUL or FAILED")
    return Wish(
        state=_state(given.get("status"), f"{where}.status"),
        name=None if name is None else name.encode(errors="replace").decode(),
        # Servers before 5.1.1 do not have the flag: one in four tasks is as theirs are (vcf A14).
        retryable=None if place % 4 == 3 else True,
        fault=given.get("fault"),
        rerun_seconds=bounded(given.get("rerunSeconds", 30), f"{where}.rerunSeconds", low=0, high=LONGEST_RERUN),
        rerun_outcome=outcome,
    )


def _state(value: object, where: str) -> State:
    state = state_named(value) if isinstance(value, str) else None
    if state is None:
        raise StateError(f"{where} has to be one of {', '.join(State)}, in any spelling of the contract")
    return state
