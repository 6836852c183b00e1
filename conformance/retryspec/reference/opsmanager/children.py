"""The child jobs of a job: each fetches one kind of log from one process.

They are not stored. The last one shares the fate of its job, and it alone runs again with a retry (opsmanager R-28);
the others succeeded in the first run, so all there is to know follows from the job and its place among them.
"""

import hashlib
from dataclasses import dataclass

from retryspec.reference.opsmanager.store import Job, State

__all__ = ["Child", "children_of"]

FIRST_SECONDS = 4
"""How long a child job takes that succeeds at once, at most."""
ERRORS = (
    "the agent lost its connection",
    "no space left on device",
    "the agent did not answer in time",
)
_OF_AGENTS = ("AUTOMATION_AGENT", "BACKUP_AGENT", "MONITORING_AGENT")


@dataclass(frozen=True, slots=True)
class Child:
    """A child job at a certain time."""

    agent_id: str
    host: str
    log_type: str
    path: str
    state: State
    started: float
    finished: float | None
    error: str | None
    bytes: int


def children_of(job: Job, now: float) -> list[Child]:
    """Return the child jobs of a job, of which the last one is what the job is."""
    last = len(job.log_types) - 1
    return [_child(job, place, log_type, now, decides=place == last) for place, log_type in enumerate(job.log_types)]


def _child(job: Job, place: int, log_type: str, now: float, *, decides: bool) -> Child:
    machine, port = f"db{place % 3 + 1}.example.net", 27017
    agent = log_type in _OF_AGENTS
    # A job that has expired says no longer how it went; its child jobs do.
    state = (State.IN_PROGRESS if job.ends > now else job.outcome) if decides else State.SUCCESS
    started = job.started if decides else job.created
    finished = job.ends if decides else job.created + 1 + place % FIRST_SECONDS
    return Child(
        agent_id=hashlib.sha256(machine.encode()).hexdigest()[:24],
        host=machine if agent else f"{machine}:{port}",
        log_type=log_type,
        path=f"{machine}/{log_type.lower()}" if agent else f"{machine}/{port}/{log_type.lower()}",
        state=state,
        started=started,
        finished=None if state is State.IN_PROGRESS else finished,
        error=ERRORS[int(job.id[-2:], 16) % len(ERRORS)] if state is State.FAILURE else None,
        bytes=4096 * (place + 3) if state is State.SUCCESS else 0,
    )
