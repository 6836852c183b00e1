"""What SLS checks expect again and again: an acceptance, a refusal for the documented reason, a state of tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retryspec.checks import NotClaimed, Untestable
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.model import Shipper, Task
from retryspec.suite.sls.shape import GET

__all__ = [
    "Surroundings",
    "expect_accepted",
    "expect_no_effect",
    "expect_only_these_ran",
    "expect_refused",
    "expect_running",
    "expect_twin",
    "expect_unchanged",
    "retried",
]


def expect_accepted(sls: Sls, behaviour: str, answer: Answer, what: str, *, strict: bool = True) -> bool:
    """The request is accepted; `what` says what is valid about it."""
    return sls.judge.expect(behaviour, answer.accepted, answer.exchange, expected=f"200, since {what}", strict=strict)


def expect_refused(
    sls: Sls,
    behaviour: str,
    answer: Answer,
    what: str,
    *,
    statuses: Sequence[int] = (400,),
    codes: Sequence[str] = (),
    strict: bool = True,
) -> bool:
    """The request is refused for the documented reason; `what` says what is wrong with it."""
    # 422 is what frameworks answer by default, and no status of this API (sls A-22).
    strict = strict or answer.status == 422
    status = " or ".join(str(status) for status in statuses)
    expected = f"{status} {' or '.join(codes)}".rstrip() + f", since {what}"
    holds = answer.status in statuses and (not codes or answer.error_code in codes)
    if not sls.judge.expect(behaviour, holds, answer.exchange, expected=expected, strict=strict):
        return False
    return sls.judge.expect(
        behaviour,
        answer.error_message != "",  # that there is one is looked at in every exchange
        answer.exchange,
        expected="an errorMessage that is not empty",
        strict=strict,
    )


def expect_twin(sls: Sls, operation: str, answer: Answer) -> None:
    """The valid twin of a refused call is accepted; where it is not, the operation itself is broken.

    Raises:
        Untestable: it is refused, so that the refusals beside it say nothing.
    """
    behaviour = "SLS-GET-01" if operation == GET else "SLS-RETRY-01"
    if not expect_accepted(sls, behaviour, answer, "the same call without the fault is valid"):
        raise Untestable("the valid twin was refused as well", because=behaviour)


def retried(sls: Sls, shipper: Shipper, ids: Sequence[str]) -> Answer:
    """The answer to a retry of failed tasks, which has to be accepted.

    Raises:
        Untestable: it is refused, so that there is no effect to look at.
    """
    answer = sls.put(shipper, ids)
    if not expect_accepted(sls, "SLS-RETRY-01", answer, "the named tasks failed"):
        raise Untestable("the retry of failed tasks was refused", because="SLS-RETRY-01")
    return answer


def expect_running(
    sls: Sls,
    behaviour: str,
    shipper: Shipper,
    ids: Iterable[str],
    before: Mapping[str, Task],
    *,
    strict: bool | None = None,
) -> bool:
    """The tasks run after a retry was answered with 200.

    With the provider's promise they have to, by the end of the settling time; later than at once is a warning.
    Without it they may be through again already, which another finishing time or message shows.
    """
    wanted = list(ids)
    waiting = list(wanted)
    unseen: set[str] = set()

    def under_way() -> bool:
        now = sls.snapshot(shipper)
        unseen.update(task_id for task_id in wanted if task_id not in now)
        waiting[:] = [
            task_id
            for task_id in wanted
            # What was out of sight may be through with a short re-run when it shows again.
            if not _ran(before.get(task_id), now.get(task_id), shipper.promised and task_id not in unseen)
        ]
        return not waiting

    if under_way():
        return sls.judge.expect(behaviour, True, expected="running")
    late = list(waiting)
    now = sls.snapshot(shipper)
    # A retried task with a new creation time may be missing from a window that ends in this very second (sls A-47).
    moved = not any(task_id in now for task_id in late)
    came = sls.settled(under_way, least=1.5 if moved else 0.0)
    if came and moved:
        return sls.judge.expect(behaviour, True, expected="running")
    what = "right after the 200" if came else "after a retry that was answered with 200"
    return sls.judge.expect(
        behaviour,
        False,
        expected=f"{', '.join(wanted[:3])} running {what}",
        received=f"{', '.join(late[:3])} running only later" if came else _statuses(sls, shipper, waiting),
        # What was out of sight until a short re-run was over may have run.
        strict=(shipper.promised if strict is None else strict) and not came and not moved,
    )


def _ran(before: Task | None, now: Task | None, promised: bool) -> bool:
    if now is None:
        return False
    if now.status == "running":
        return True
    if promised or before is None:
        return False
    return (now.status, now.finished, now.message) != (before.status, before.finished, before.message)


def _statuses(sls: Sls, shipper: Shipper, ids: Sequence[str]) -> str:
    now = sls.snapshot(shipper)
    shown = [f"{task_id} is {now[task_id].status if task_id in now else 'not listed'}" for task_id in ids[:3]]
    return ", ".join(shown) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def expect_unchanged(
    sls: Sls,
    behaviour: str,
    shipper: Shipper,
    before: Mapping[str, Task],
    what: str,
    *,
    but: Iterable[str] = (),
    strict: bool,
) -> bool:
    """Every task but those named is as it was, none is gone and none is new."""
    left_out = set(but)
    now = sls.snapshot(shipper)
    changed = [
        f"{task_id}: {_shown(before.get(task_id))} became {_shown(now.get(task_id))}"
        for task_id in {**before, **now}
        if task_id not in left_out and _state(before.get(task_id)) != _state(now.get(task_id))
    ]
    return sls.judge.expect(
        behaviour,
        not changed,
        expected=f"every {'other ' if left_out else ''}task as it was, {what}",
        received="; ".join(changed[:3]),
        strict=strict,
    )


def _state(task: Task | None) -> tuple[object, ...]:
    if task is None:
        return ()
    if task.status == "running":
        return (task.status, task.created)
    return (task.status, task.created, task.finished, task.message, task.received)


def _shown(task: Task | None) -> str:
    return "absent" if task is None else f"{task.status} (finished {task.finished})"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A shipper's tasks and those of its neighbours, as they were before a call that has to do nothing.

    Where the target has no status operation there is nothing to compare, and nothing is.
    """

    shipper: Shipper
    tasks: Mapping[Shipper, Mapping[str, Task]]

    @classmethod
    def of(cls, sls: Sls, *shippers: Shipper) -> "Surroundings":
        """Look at shippers, the first one's neighbours included."""
        home = shippers[0]
        seen = (*shippers, *home.neighbours) if sls.claims_get() else ()
        return cls(home, {shipper: sls.snapshot(shipper) for shipper in seen})

    def before(self, shipper: Shipper) -> Mapping[str, Task]:
        """The tasks of a shipper before the call.

        Raises:
            NotClaimed: there is no status operation to look at them with.
        """
        if shipper not in self.tasks:
            raise NotClaimed(f"the target does not claim {GET}, so that no effect can be seen")
        return self.tasks[shipper]


def expect_no_effect(sls: Sls, around: Surroundings, answers: Iterable[Answer], what: str) -> None:
    """Refused calls left everything as it was; what was accepted is no refusal, and not for this to judge."""
    retries = [answer for answer in answers if answer.exchange.request.method != "GET"]
    if not retries or not all(answer.refused for answer in retries):
        sls.judge.leave_out("SLS-RETRY-11")
        return
    for shipper, before in around.tasks.items():
        strict = around.shipper.promised
        expect_unchanged(sls, "SLS-RETRY-11", shipper, before, f"since {what} was refused", strict=strict)


def expect_only_these_ran(
    sls: Sls, behaviour: str, shipper: Shipper, ids: Iterable[str], before: Mapping[str, Task]
) -> bool:
    """No other task of the shipper was touched by a retry of these."""
    return expect_unchanged(
        sls, behaviour, shipper, before, "since it was not named in the retry", but=ids, strict=shipper.promised
    )
