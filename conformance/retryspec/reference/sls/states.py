"""The provider state of SLS: a shipper with the tasks that somebody asks for, in a project of its own."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.reference.sls.sample import Wish, made, neighbour_wishes
from retryspec.reference.sls.store import NewTask, ShipperName, State, Store
from retryspec.reference.states import StateError, bounded

__all__ = ["NAME", "shipper_with_tasks"]

NAME = "a shipper with tasks"

KEPT_SECONDS = 3600
MOST_TASKS = 20_000
LONGEST_MESSAGE = 10_000
LATEST_TIME = 253_402_300_799  # the end of the year 9999
LONGEST_RERUN = 86_400

# The contract's spellings, and those of the table in seed 001, Request parameters (sls A-23).
STATES = {
    "running": State.RUNNING,
    "success": State.SUCCESS,
    "successful": State.SUCCESS,
    "fail": State.FAIL,
    "failed": State.FAIL,
}


def shipper_with_tasks(store: Store, params: Mapping[str, Any], now: float) -> dict[str, object]:
    """Make a shipper with the tasks that the params ask for, and two neighbours; return their names and ids."""
    fault = params.get("fault")
    if fault not in (None, "internal"):
        raise StateError('fault has to be "internal"')
    wishes = list(_wishes(params.get("tasks"), now))
    mark = secrets.token_hex(6)
    name = ShipperName(f"p-{mark}", f"logs_{mark[:4]}-a", f"Shipper_{mark[4:8]}-1")
    beside = ShipperName(name.project, name.logstore, f"Shipper_{mark[4:8]}-2")
    namesake = ShipperName(name.project, f"logs_{mark[:4]}-b", name.shipper)

    store.drop_outdated(now)
    ids = _add(store, name, [made(wish, place, now) for place, wish in enumerate(wishes)], now, fault=fault)
    neighbours = [
        {
            "logstore": neighbour.logstore,
            "shipper": neighbour.shipper,
            "ids": _add(
                store, neighbour, [made(wish, place, now) for place, wish in enumerate(neighbour_wishes(now))], now
            ),
        }
        for neighbour in (beside, namesake)
    ]
    return {
        "project": name.project,
        "logstore": name.logstore,
        "shipper": name.shipper,
        "ids": ids,
        "rerunsAsAsked": True,
        "neighbours": neighbours,
    }


def _add(store: Store, name: ShipperName, tasks: list[NewTask], now: float, *, fault: str | None = None) -> list[str]:
    store.add_shipper(name, tasks, fault=fault, dropped_after=now + KEPT_SECONDS)
    return [new.task.id for new in tasks]


def _wishes(tasks: object, now: float) -> Iterator[Wish]:
    if tasks is None:
        return
    if not isinstance(tasks, list):
        raise StateError("tasks has to be an array")
    if len(tasks) > MOST_TASKS:
        raise StateError(f"tasks may have {MOST_TASKS} entries at most")
    for place, task in enumerate(tasks):
        yield _wish(task, f"tasks[{place}]", now)


def _wish(task: object, where: str, now: float) -> Wish:
    if not isinstance(task, dict):
        raise StateError(f"{where} has to be an object")
    given = {name: value for name, value in task.items() if value is not None}
    created = bounded(
        given.get("createTime", int(now) - 60), f"{where}.createTime", low=0, high=LATEST_TIME, whole=True
    )
    message = given.get("message")
    if message is not None and (not isinstance(message, str) or len(message) > LONGEST_MESSAGE):
        raise StateError(f"{where}.message has to be a text of {LONGEST_MESSAGE} characters at most")
    rerun_outcome = _state(given.get("rerunStatus", State.SUCCESS), f"{where}.rerunStatus")
    if rerun_outcome is State.RUNNING:
        raise StateError(f"{where}.rerunStatus has to be how a run ends: success or fail")
    return Wish(
        state=_state(given.get("status"), f"{where}.status"),
        created=int(created),
        message=None if message is None else message.encode(errors="replace").decode(),
        rerun_seconds=bounded(given.get("rerunSeconds", 30), f"{where}.rerunSeconds", low=0, high=LONGEST_RERUN),
        rerun_outcome=rerun_outcome,
    )


def _state(value: object, where: str) -> State:
    state = STATES.get(value.lower()) if isinstance(value, str) else None
    if state is None:
        raise StateError(f"{where} has to be running, success or fail")
    return state
