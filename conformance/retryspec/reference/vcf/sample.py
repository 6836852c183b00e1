"""Tasks as the VCF server makes them: those that a provider state asks for, and a few for a person to try."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from retryspec.reference.vcf.description import kind_of, number_of_kinds
from retryspec.reference.vcf.store import NewTask, State, Store, Task

__all__ = ["Wish", "keep_sample", "made"]

# A task that is to be pending or running stays so for an hour; asked for are ten minutes at least.
RUNNING_SECONDS = 3600
SAMPLE_SECONDS = 12 * 3600
KEPT_SECONDS = 48 * 3600

# How long the first run of a task took that has ended.
RUN_SECONDS = 391.25


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a task to be."""

    state: State
    name: str | None = None
    age: float | None = None
    """How many seconds ago it was created; if None, some minutes."""
    retryable: bool | None = True
    fault: str | None = None
    rerun_seconds: float = 30
    rerun_outcome: State = State.SUCCESSFUL


def made(wish: Wish, place: int, now: float, *, running_seconds: float = RUNNING_SECONDS) -> NewTask:
    """Return a task as it was wished for; `place` varies what nobody asked about."""
    # To the millisecond, so that what is compared is what is shown.
    created = round(now - (900 + 7.003 * place if wish.age is None else wish.age), 3)
    begins, ends = created, min(created + RUN_SECONDS, now)
    if wish.state is State.PENDING:
        begins, ends = now + running_seconds, now + 2 * running_seconds
    elif wish.state is State.IN_PROGRESS:
        ends = now + running_seconds
    under_way = wish.state in (State.PENDING, State.IN_PROGRESS)
    resource = str(uuid4())
    task = Task(
        number=0,
        id=str(uuid4()),
        name=kind_of(place).name.format(host=f"esx-{resource[:4]}") if wish.name is None else wish.name,
        kind=place % number_of_kinds(),
        outcome=State.SUCCESSFUL if under_way else wish.state,
        created=created,
        begins=begins,
        ends=ends,
        runs=0,
        retryable=wish.retryable,
        fault=wish.fault,
        resource=resource,
    )
    return NewTask(task, wish.rerun_seconds, wish.rerun_outcome)


def sample_wishes() -> Iterator[Wish]:
    """Return what a person finds: over the last day, tasks in every state."""
    minutes = 60.0
    for age in (2, 5):
        yield Wish(State.PENDING, age=age * minutes)
    for age in (9, 16):
        yield Wish(State.IN_PROGRESS, age=age * minutes)
    for age in (31, 140, 395, 780):
        yield Wish(State.FAILED, age=age * minutes)
    yield Wish(State.FAILED, age=900 * minutes, rerun_seconds=5, rerun_outcome=State.FAILED)
    yield Wish(State.FAILED, age=960 * minutes, retryable=None)
    yield Wish(State.FAILED, age=1000 * minutes, retryable=False)
    for state, ages in (
        (State.SUCCESSFUL, (55, 95, 600, 1100)),
        (State.CANCELLED, (210, 1200)),
        (State.COMPLETED_WITH_WARNING, (300, 1250)),
        (State.SKIPPED, (450, 1300)),
    ):
        for age in ages:
            yield Wish(state, age=age * minutes)


def keep_sample(store: Store, now: float) -> None:
    """See to it that there are tasks of today to try: half a day after the newest was made new ones are added."""
    if store.has_sample(now - SAMPLE_SECONDS):
        return
    tasks = [made(wish, place, now, running_seconds=2 * SAMPLE_SECONDS) for place, wish in enumerate(sample_wishes())]
    store.renew_sample(tasks, newest_before=now - SAMPLE_SECONDS, oldest=now - KEPT_SECONDS)
