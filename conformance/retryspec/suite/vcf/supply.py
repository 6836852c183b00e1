"""Where the tasks of VCF checks come from: the provider of states, known ids, or what the API itself lists."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

from retryspec.checks import Untestable
from retryspec.suite.vcf.model import Batch, Meaning, Task, TaskPlan
from retryspec.suite.vcf.shape import LIST
from retryspec.suite.vcf.wire import Wire

__all__ = ["Supply"]

STATE = "tasks"


class Supply:
    """The tasks of one server; none that is known or listed is given out again once its retry was accepted.

    Args:
        wire: the way to the server.
        list_tasks: lists some tasks through the API.
    """

    def __init__(self, wire: Wire, list_tasks: Callable[[], Iterable[Task]]) -> None:
        self._wire = wire
        self._list = list_tasks
        self._pools: dict[Meaning, list[str]] | None = None
        self._spent: set[str] = set()
        self._lock = threading.RLock()

    def batch(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to retry: made by the provider of states, else of the ids that the target file gives.

        Tasks that were only found in a list are retried only if that was allowed: on a live appliance it is real work.

        Raises:
            Untestable: there are none, and why.
        """
        if self._wire.session.states is not None:
            return self._set_up(plans)
        if any(plan.fault for plan in plans):
            raise Untestable("needs the provider state of a task that meets an internal error (states_url)")
        return self._known_batch(plans)

    def readable_batch(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to look at: made by the provider of states, else known ids, else those that the API lists.

        Raises:
            Untestable: there are none.
        """
        if self._wire.session.states is not None:
            return self._set_up(plans)
        with self._lock:
            pools = self._known_pools()
            if not any(pools.values()):
                pools = self._discovered()
        found = [(task_id, TaskPlan(meaning)) for meaning, ids in pools.items() for task_id in ids[: len(plans)]]
        if not found:
            raise Untestable(
                "there is no task to look at: needs states_url, tasks in the target file, or a list of some"
            )
        return Batch(tuple(task_id for task_id, _ in found), tuple(plan for _, plan in found))

    def spend(self, task_id: str) -> None:
        """Remember that a known task is no longer what it was, as after a retry."""
        with self._lock:
            self._spent.add(task_id)

    def _set_up(self, plans: Sequence[TaskPlan]) -> Batch:
        if self._wire.session.states is None:
            raise Untestable("needs provider states (states_url)")
        mark = f"check-{uuid4().hex[:12]}"
        params = {
            "tasks": [_asked_for(plan, f"{mark} {plan.label or f'number {place}'}") for place, plan in enumerate(plans)]
        }
        values = self._wire.session.states.set_up(STATE, params)
        ids: object = values.get("ids")
        readable = isinstance(ids, list) and all(isinstance(each, str) and each for each in ids)
        if not isinstance(ids, list) or not readable or len(ids) != len(plans):
            raise Untestable(f"the provider state {STATE!r} was not answered as its protocol says")
        return Batch(tuple(ids), tuple(plans), fresh=True, promised=values.get("rerunsAsAsked") is True, mark=mark)

    def _known_batch(self, plans: Sequence[TaskPlan]) -> Batch:
        if not any(self._wire.target.tasks.values()):
            self._wire.session.must_allow_retry()
        with self._lock:
            known = self._known_pools() if any(self._wire.target.tasks.values()) else self._discovered()
            pools = {meaning: iter([each for each in ids if each not in self._spent]) for meaning, ids in known.items()}
        ids = [next(pools[plan.meaning], None) for plan in plans]
        missing = sorted({plan.meaning for task_id, plan in zip(ids, plans, strict=True) if task_id is None})
        if missing:
            raise Untestable(
                f"needs more tasks that are {', '.join(missing)} and were not retried yet; "
                "give states_url, or their ids under tasks in the target file"
            )
        return Batch(tuple(task_id for task_id in ids if task_id is not None), tuple(plans))

    def _known_pools(self) -> dict[Meaning, list[str]]:
        """This process's share of the ids that the target file gives."""
        share, of = self._wire.session.options.share
        return {meaning: list(self._wire.target.tasks.get(meaning, ()))[share::of] for meaning in Meaning}

    def _discovered(self) -> dict[Meaning, list[str]]:
        if self._pools is None:
            tasks = self._list() if self._wire.claims(LIST) else ()
            share, of = self._wire.session.options.share
            self._pools = {
                meaning: [task.id for task in tasks if task.meaning is meaning][share::of] for meaning in Meaning
            }
        return self._pools


def _asked_for(plan: TaskPlan, name: str) -> dict[str, Any]:
    members = {
        "status": plan.meaning.value,
        "name": name,
        "rerunSeconds": plan.rerun_seconds,
        "rerunStatus": plan.rerun_status,
        "fault": "internal" if plan.fault else None,
    }
    return {member: value for member, value in members.items() if value is not None}
