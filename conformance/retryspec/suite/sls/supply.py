"""Where the shippers of SLS checks come from: the provider of states, known ids, or what the API itself lists."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from retryspec.checks import Untestable
from retryspec.shape import BadJson, parse_json
from retryspec.suite.sls.model import STATUSES, Shipper, Task, TaskPlan
from retryspec.suite.sls.wire import Wire

__all__ = ["Shippers"]

STATE = "a shipper with tasks"

# Tasks that a check does not date itself lie this far apart (seconds), the youngest this old.
SPACING = 97
YOUNGEST = 10 * 60


class Shippers:
    """The shippers of one server; no task is given out again once its retry was accepted.

    Args:
        wire: the way to the server.
        list_tasks: lists the tasks of a shipper through the API.
    """

    def __init__(self, wire: Wire, list_tasks: Callable[[Shipper], Iterable[Task]]) -> None:
        self._wire = wire
        self._list = list_tasks
        self._pools: dict[str, list[str]] | None = None
        self._spent: set[str] = set()
        self._lock = threading.Lock()

    @property
    def are_made(self) -> bool:
        """Whether there is a provider of states, so that a shipper has just the tasks that were asked for."""
        return self._wire.session.states is not None

    def get(self, plans: Sequence[TaskPlan], *, fault: bool = False, needed: bool = True) -> Shipper:
        """A shipper with at least these tasks: made by the provider of states, else from known ids or discovery.

        Args:
            plans: the tasks.
            fault: a shipper whose every request meets an internal error.
            needed: False where any shipper will do and the tasks are only welcome.

        Raises:
            Untestable: there is none, and why.
        """
        if self._wire.session.states is not None:
            return self._set_up(plans, fault=fault)
        if fault:
            raise Untestable("needs the provider state of a shipper that meets an internal error (states_url)")
        return self._known_shipper(plans if needed else ())

    def spend(self, body: bytes | None) -> None:
        """Remember that the tasks of an accepted retry have failed no longer."""
        try:
            named = parse_json(body or b"")
        except BadJson:
            return
        with self._lock:
            self._spent |= {name for name in named if isinstance(name, str)} if isinstance(named, list) else set()

    def _set_up(self, plans: Sequence[TaskPlan], *, fault: bool) -> Shipper:
        if self._wire.session.states is None:
            raise Untestable("needs provider states (states_url)")
        now = self._wire.now()
        dated = [
            (plan, now - (plan.age if plan.age is not None else YOUNGEST + SPACING * place))
            for place, plan in enumerate(plans)
        ]
        params: dict[str, Any] = {"tasks": [_asked_for(plan, created) for plan, created in dated]}
        if fault:
            params["fault"] = "internal"
        values = self._wire.session.states.set_up(STATE, params)
        ids: object = values.get("ids")
        names: object = [values.get(name) for name in ("project", "logstore", "shipper")]
        if not _are_texts(ids) or len(ids) != len(plans) or not _are_texts(names):
            raise Untestable(f"the provider state {STATE!r} was not answered as its protocol says")
        project, logstore, shipper = names
        tasks = tuple(
            Task(task_id, plan.status, plan.message or "", created, 0, 0)
            for task_id, (plan, created) in zip(ids, dated, strict=True)
        )
        return Shipper(
            project=project,
            logstore=logstore,
            name=shipper,
            tasks=tasks,
            plans=tuple(plans),
            fresh=True,
            promised=values.get("rerunsAsAsked") is True,
            neighbours=_neighbours(project, values.get("neighbours")),
        )

    def _known_shipper(self, plans: Sequence[TaskPlan]) -> Shipper:
        target = self._wire.target
        if not (target.project and target.logstore and target.shipper):
            raise Untestable("needs provider states (states_url), or project, logstore and shipper in the target file")
        home = Shipper(target.project, target.logstore, target.shipper)
        if plans and not any(target.tasks.values()):
            self._wire.session.must_allow_retry()
        tasks: list[Task] = []
        for status in STATUSES:
            wanted = sum(plan.status == status for plan in plans)
            usable = [task_id for task_id in self._pool(home, status) if task_id not in self._spent] if wanted else []
            if len(usable) < wanted:
                raise Untestable(
                    f"needs tasks with the status {status} that were not retried yet: {wanted}; known or discovered "
                    f"are {len(usable)} (provider states would make them)"
                )
            tasks += [Task(task_id, status, "", 0, 0, 0) for task_id in usable[:wanted]]
        return replace(home, tasks=tuple(tasks), plans=tuple(plans))

    def _pool(self, home: Shipper, status: str) -> list[str]:
        with self._lock:
            if self._pools is None:
                self._pools = self._find_tasks(home)
            return self._pools[status]

    def _find_tasks(self, home: Shipper) -> dict[str, list[str]]:
        """Task ids by status: those of the target file, else what the API lists; this process's share of them.

        A known task that is listed with another status is no longer what the file says, as after an earlier run.
        """
        share, of = self._wire.session.options.share
        listed = tuple(self._list(home)) if self._wire.claims("getShipperStatus") else ()
        known = self._wire.target.tasks
        if not any(known.values()):
            return {status: [t.id for t in listed if t.status == status][share::of] for status in STATUSES}
        now = {task.id: task.status for task in listed}
        return {
            status: [name for name in known.get(status, ())[share::of] if now.get(name, status) == status]
            for status in STATUSES
        }


def _asked_for(plan: TaskPlan, created: int) -> dict[str, Any]:
    members = {
        "status": plan.status,
        "createTime": created,
        "message": plan.message,
        "rerunSeconds": plan.rerun_seconds,
        "rerunStatus": plan.rerun_status,
    }
    return {name: value for name, value in members.items() if value is not None}


def _neighbours(project: str, raw: Any) -> tuple[Shipper, ...]:
    if not isinstance(raw, list):
        return ()
    return tuple(
        Shipper(project, entry["logstore"], entry["shipper"], fresh=True)
        for entry in raw
        if isinstance(entry, dict) and _are_texts([entry.get("logstore"), entry.get("shipper")])
    )


def _are_texts(values: object) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)
