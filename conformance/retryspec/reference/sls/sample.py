"""Tasks as the SLS server makes them: those that a provider state asks for, and a few for a person to try."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from retryspec.reference.sls.store import NewTask, ShipperName, State, Store, Task

__all__ = ["SAMPLE", "Wish", "keep_sample", "made", "neighbour_wishes"]

SAMPLE = ShipperName("demo", "app-logs", "to-oss")

# A task that is to be running runs for an hour; asked for are ten minutes at least.
RUNNING_SECONDS = 3600
SAMPLE_SECONDS = 12 * 3600

# What a failed task says when nobody asked for other words (user guide "Ship logs to OSS": codes of failed tasks).
FAILURES = (
    ("UnAuthorized", "AccessDenied: the bucket acl does not allow to put an object"),
    ("ConfigNotExist", "the configuration of the shipper has been deleted"),
    ("InvalidOssBucket", "the OSS bucket does not exist"),
    ("InternalServerError", "the shipping ended by an internal error"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a task to be."""

    state: State
    created: int
    message: str | None = None
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESS


def made(wish: Wish, place: int, now: float, *, running_seconds: float = RUNNING_SECONDS) -> NewTask:
    """Return a task as it was wished for; `place` varies what nobody asked about."""
    running = wish.state is State.RUNNING
    code, words = FAILURES[place % len(FAILURES)] if State.FAIL in (wish.state, wish.rerun_outcome) else ("", "")
    message = words if wish.message is None and wish.state is State.FAIL else wish.message or ""
    task = Task(
        id=_new_id(place),
        outcome=State.SUCCESS if running else wish.state,
        # Long over, so that a clock that is set back a little does not let it run again.
        ends=now + running_seconds if running else min(now, wish.created),
        message=message,
        code=code,
        created=wish.created,
        received=max(0, wish.created - 17 - place % 40),
        # A task that has ended did so by now, unless it was asked for with a creation time ahead.
        finished=max(wish.created, min(wish.created + 30 + place % 90, int(now))),
        lines=0 if wish.state is State.FAIL else 1000 + 37 * place,
        runs=0,
    )
    return NewTask(task, wish.rerun_seconds, wish.rerun_outcome)


def neighbour_wishes(now: float) -> Iterator[Wish]:
    """Return what a shipper beside the one that was asked for holds: failed tasks, and one of each other state."""
    for minutes, state in (
        (4, State.FAIL),
        (7, State.SUCCESS),
        (11, State.FAIL),
        (16, State.RUNNING),
        (22, State.FAIL),
    ):
        yield Wish(state, int(now) - 60 * minutes)


def sample_wishes(now: float) -> Iterator[Wish]:
    """Return what the sample shipper holds: over the last day, tasks in every state."""
    for minutes in (3, 8):
        yield Wish(State.RUNNING, int(now) - 60 * minutes)
    for minutes in (25, 140, 395, 780):
        yield Wish(State.FAIL, int(now) - 60 * minutes)
    yield Wish(State.FAIL, int(now) - 60 * 1000, rerun_seconds=5, rerun_outcome=State.FAIL)
    for minutes in (55, 95, 250, 600, 1100, 1400):
        yield Wish(State.SUCCESS, int(now) - 60 * minutes)


def keep_sample(store: Store, now: float) -> None:
    """See to it that the sample shipper has tasks that a request of today finds.

    A server may run for weeks, and tasks older than 48 hours cannot be asked for: half a day after the newest was made,
    the next request finds new ones.
    """
    if store.has_newer(SAMPLE, int(now) - SAMPLE_SECONDS):
        return
    tasks = [
        made(wish, place, now, running_seconds=2 * SAMPLE_SECONDS) for place, wish in enumerate(sample_wishes(now))
    ]
    store.renew(SAMPLE, tasks, newest_before=int(now) - SAMPLE_SECONDS, oldest=int(now) - 48 * 3600)


def _new_id(place: int) -> str:
    # Ids are opaque (sls A-59). Most look as those of the service do, some do not, lest a client rely on it.
    match place % 5:
        case 1:
            return str(uuid4()).upper()
        case 3:
            return f"Task_{secrets.token_hex(6)}-{place}.{secrets.token_hex(2).upper()}"
        case _:
            return secrets.token_hex(16)
