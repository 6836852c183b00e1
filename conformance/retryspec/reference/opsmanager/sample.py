"""Jobs as the Ops Manager server makes them: those that a provider state asks for, and a few for a person to try."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from retryspec.reference.opsmanager.store import MARKED_SECONDS, Job, NewJob, State, Store

__all__ = ["SAMPLE_GROUP", "Wish", "keep_sample", "made", "new_id"]

SAMPLE_GROUP = "5f8f8c7d1d5e4a1b2c3d4e5f"
USER = "5f8f8c7d1d5e4a1b2c3d4e01"

DAY = 24 * 3600
# Real replies show jobs that expire after 30 days (OM-JOB-09).
KEPT_SECONDS = 30 * DAY
# A job that is to be running runs for an hour; asked for are ten minutes at least.
RUNNING_SECONDS = 3600
SAMPLE_SECONDS = 12 * 3600

RESOURCES = (("replicaset", "rs0"), ("cluster", "shop"), ("process", "db1.example.net:27017"))
LOG_TYPES = (
    ("MONGODB", "FTDC"),
    ("AUTOMATION_AGENT", "MONITORING_AGENT", "BACKUP_AGENT"),
    ("FTDC", "MONGODB", "AUTOMATION_AGENT"),
    ("MONGODB",),
)
# A real reply has the last of these (pull request 21 of go-client-mongodb-ops-manager).
SIZES = (1_000_000, 10_000_000_000, 10**18)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a job to be."""

    state: State
    age: float = 60
    """How many seconds ago it was created; one that is to expire is older by itself."""
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESS
    fault: str | None = None


def new_id() -> str:
    """Return an id as the service has them: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def made(group_id: str, wish: Wish, place: int, now: float, *, running_seconds: float = RUNNING_SECONDS) -> NewJob:
    """Return a job as it was wished for; `place` varies what nobody asked about."""
    running = wish.state is State.IN_PROGRESS
    created = now - wish.age - _expired_seconds(wish.state)
    resource_type, resource_name = RESOURCES[place % len(RESOURCES)]
    job = Job(
        group_id=group_id,
        id=new_id(),
        user_id=USER,
        outcome=State.FAILURE if wish.state is State.FAILURE else State.SUCCESS,
        created=created,
        started=created,
        # Long over, so that a clock that is set back a little does not let it run again.
        ends=now + running_seconds if running else created + min(9, wish.age / 2),
        expires=created + KEPT_SECONDS,
        runs=0,
        resource_type=resource_type,
        resource_name=resource_name,
        log_types=LOG_TYPES[place % len(LOG_TYPES)],
        redacted=place % 2 == 1,
        requested_bytes=SIZES[place % len(SIZES)],
        fault=wish.fault,
    )
    return NewJob(job, wish.rerun_seconds, wish.rerun_outcome)


def sample_wishes() -> Iterator[Wish]:
    """Return what the sample project holds: jobs in every state."""
    for minutes in (3, 8):
        yield Wish(State.IN_PROGRESS, 60 * minutes)
    for minutes in (25, 140, 395):
        yield Wish(State.FAILURE, 60 * minutes)
    yield Wish(State.FAILURE, 60 * 700, rerun_seconds=5, rerun_outcome=State.FAILURE)
    for minutes in (55, 250, 1100):
        yield Wish(State.SUCCESS, 60 * minutes)
    for state in (State.MARKED_FOR_EXPIRY, State.EXPIRED):
        for minutes in (5, 35):
            yield Wish(state, 60 * minutes)


def keep_sample(store: Store, now: float) -> None:
    """See to it that the sample project has jobs in every state, also on a server that has run for days."""
    if store.was_stored_after(SAMPLE_GROUP, now - SAMPLE_SECONDS):
        return
    jobs = [
        made(SAMPLE_GROUP, wish, place, now, running_seconds=2 * SAMPLE_SECONDS)
        for place, wish in enumerate(sample_wishes())
    ]
    store.renew(SAMPLE_GROUP, jobs, now, newest_before=now - SAMPLE_SECONDS, oldest=now - 4 * SAMPLE_SECONDS)


def _expired_seconds(state: State) -> float:
    match state:
        case State.MARKED_FOR_EXPIRY:
            return KEPT_SECONDS
        case State.EXPIRED:
            return KEPT_SECONDS + MARKED_SECONDS
        case _:
            return 0
