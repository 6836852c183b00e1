"""The provider state of Ops Manager: log collection jobs that somebody asks for, in a project of their own."""

from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.reference.opsmanager.sample import Wish, made, new_id
from retryspec.reference.opsmanager.store import State, Store
from retryspec.reference.states import StateError, bounded

__all__ = ["NAME", "log_collection_jobs"]

NAME = "log collection jobs"

KEPT_SECONDS = 3600
MOST_JOBS = 20_000
LONGEST_RERUN = 86_400
# Jobs are created one after the other, the oldest half an hour ago.
OLDEST_SECONDS = 1800


def log_collection_jobs(store: Store, params: Mapping[str, Any], now: float) -> dict[str, object]:
    """Make a project with the jobs that the params ask for; return its id and theirs."""
    wishes = list(_wishes(params.get("jobs")))
    group_id = new_id()
    jobs = [made(group_id, wish, place, now) for place, wish in enumerate(wishes)]
    store.drop_outdated(now)
    store.add_group(group_id, jobs, now, dropped_after=now + KEPT_SECONDS)
    return {"groupId": group_id, "ids": [new.job.id for new in jobs], "rerunsAsAsked": True}


def _wishes(jobs: object) -> Iterator[Wish]:
    if jobs is None:
        return
    if not isinstance(jobs, list):
        raise StateError("jobs has to be an array")
    if len(jobs) > MOST_JOBS:
        raise StateError(f"jobs may have {MOST_JOBS} entries at most")
    for place, job in enumerate(jobs):
        yield _wish(job, place)


def _wish(job: object, place: int) -> Wish:
    where = f"jobs[{place}]"
    if not isinstance(job, dict):
        raise StateError(f"{where} has to be an object")
    given = {name: value for name, value in job.items() if value is not None}
    fault = given.get("fault")
    if fault not in (None, "internal"):
        raise StateError(f'{where}.fault has to be "internal"')
    rerun_outcome = _state(given.get("rerunStatus", State.SUCCESS), f"{where}.rerunStatus")
    if rerun_outcome not in (State.SUCCESS, State.FAILURE):
        raise StateError(f"{where}.rerunStatus has to be how a run ends: SUCCESS or FAILURE")
    return Wish(
        state=_state(given.get("status"), f"{where}.status"),
        age=60 + place % OLDEST_SECONDS,
        rerun_seconds=bounded(given.get("rerunSeconds", 30), f"{where}.rerunSeconds", low=0, high=LONGEST_RERUN),
        rerun_outcome=rerun_outcome,
        fault=fault,
    )


def _state(value: object, where: str) -> State:
    try:
        return State(value.upper() if isinstance(value, str) else "")
    except ValueError as error:
        raise StateError(f"{where} has to be one of {', '.join(State)}") from error
