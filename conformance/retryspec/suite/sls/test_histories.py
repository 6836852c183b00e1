"""Retries, refusals and reads in any order: after each step every task is what the steps so far have made of it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retryspec.checks import NotConcerned, alone, decides
from retryspec.histories import take_steps
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_running, expect_unchanged, retried
from retryspec.suite.sls.model import HOUR, MOST_RETRIED, Shipper, Task, TaskPlan

# So long that no re-run ends while the check lasts.
LONG = 3600
STATUSES = ("fail", "fail", "success", "fail", "running")
TASKS = [
    TaskPlan(status, HOUR * (1 + place % 7) + place, rerun_seconds=LONG, rerun_status=("success", "fail")[place % 2])
    for place, status in enumerate(STATUSES * 5)
]
OF_EACH_KIND = 4


@dataclass(slots=True)
class History:
    """A shipper, and which of its tasks have not been retried yet."""

    sls: Sls
    shipper: Shipper
    chance: random.Random
    failed: list[str]
    wrong: int = 0
    """How many requests were wrong so far."""
    named: set[str] = field(default_factory=set)
    """What was named in any retry so far."""

    def some_failed(self) -> list[str]:
        """A few tasks that failed and were not retried."""
        return self.chance.sample(self.failed, min(len(self.failed), self.chance.randint(1, 3)))

    def retry(self) -> None:
        """Retry a few; they run, and no other task is touched."""
        named = self.some_failed()
        before = self.sls.snapshot(self.shipper)
        retried(self.sls, self.shipper, named + named[: self.chance.randint(0, 1)])
        expect_running(self.sls, "SLS-RETRY-04", self.shipper, named, before)
        self.failed = [task_id for task_id in self.failed if task_id not in named]
        self.expect_unchanged("SLS-RETRY-04", before, "since it was not named in the retry", but=named)

    def ask_for_what_did_not_fail(self) -> None:
        """Name a task that runs or succeeded, or none at all: accepted or refused, and nothing happens (sls A-45)."""
        others = [task_id for task_id in self.shipper.ids() if task_id not in self.failed]
        named = self.chance.choice([[self.chance.choice(others)], ["absent-task"]])
        before = self.sls.snapshot(self.shipper)
        answer = self.sls.put(self.shipper, named)
        behaviour = "SLS-RETRY-11" if answer.refused else "SLS-RETRY-09"
        # What becomes of the named one is looked at where it is alone.
        self.expect_unchanged(behaviour, before, "since no other task was named", but=named)

    def ask_wrongly(self) -> None:
        """Name tasks that could be retried in a request that has to be refused: nothing happens."""
        named = self.some_failed()
        too_many = (named * (MOST_RETRIED + 1))[: MOST_RETRIED + 1]
        requests = {
            "too many ids": self.sls.put_request(self.shipper, too_many),
            "a body that is no array": self.sls.put_request(self.shipper, f'{{"ids": "{named[0]}"}}'.encode()),
        }
        if self.sls.verifies_signatures:
            requests["a wrong secret"] = self.sls.put_request(self.shipper, named, secret="not-the-secret-of-this-key")
        what = list(requests)[self.wrong % len(requests)]
        self.wrong += 1
        before = self.sls.snapshot(self.shipper)
        answer = self.sls.send(requests[what])
        if not answer.refused:
            # That it is refused is for others to say; these tasks may run now.
            self.failed = [task_id for task_id in self.failed if task_id not in named]
            return
        self.expect_unchanged("SLS-RETRY-11", before, f"since {what} was refused")

    def read(self) -> None:
        """Ask for a page of some kind: nothing happens (sls SLS-GET-28)."""
        before = self.sls.snapshot(self.shipper)
        status = self.chance.choice([None, "", "running", "success", "fail"])
        self.sls.get(self.shipper, status=status, size=self.chance.choice([None, 1, 7]))
        self.expect_unchanged("SLS-GET-28", before, "since it was only read")

    def expect_unchanged(
        self, behaviour: str, before: Mapping[str, Task], what: str, *, but: Sequence[str] = ()
    ) -> None:
        """Every task is as it was before the step, but for those named in it."""
        self.named.update(but)
        # With a new creation time a retried task may be out of sight for the rest of that second (sls A-47).
        unseen = self.named - before.keys()
        expect_unchanged(self.sls, behaviour, self.shipper, before, what, but=[*but, *unseen], strict=True)


@decides("SLS-RETRY-04", "SLS-RETRY-09", "SLS-RETRY-11", "SLS-GET-28")
@alone
def test_steps_in_any_order(sls: Sls) -> None:
    """A series of retries, of requests that are refused or concern no failed task, and of reads, in a random order."""
    shipper = sls.fresh_shipper(TASKS)
    if not shipper.promised:
        raise NotConcerned
    chance = random.Random(sls.session.options.seed)
    history = History(sls, shipper, chance, shipper.ids("fail"))

    kinds = [history.retry, history.ask_wrongly, history.ask_for_what_did_not_fail, history.read]
    take_steps(chance, kinds, each=OF_EACH_KIND, goes_on=lambda: history.failed)
    sls.judge.leave_out_the_rest()
