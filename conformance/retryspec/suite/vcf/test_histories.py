"""Retries, refusals and reads in any order: in the end every task is what the steps have made of it."""

import random
from dataclasses import dataclass, field

from retryspec.checks import NotConcerned, alone, decides
from retryspec.histories import take_steps
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.expectations import (
    before_retry,
    expect_not_failed_refused,
    expect_retried,
    expect_unchanged,
    expect_under_way,
)
from retryspec.suite.vcf.model import Batch, Meaning, Task, TaskPlan

# So long that no re-run ends while the check lasts.
LONG = 3600
MEANINGS = (Meaning.FAILED, Meaning.SUCCESSFUL, Meaning.FAILED, Meaning.IN_PROGRESS, Meaning.FAILED, Meaning.CANCELLED)
TASKS = [TaskPlan(meaning, rerun_seconds=LONG) for meaning in MEANINGS * 2]
OF_EACH_KIND = 5


@dataclass(slots=True)
class History:
    """Some tasks, and what became of them so far."""

    vcf: Vcf
    batch: Batch
    chance: random.Random
    before: dict[str, Task]
    running: list[str] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)
    """Tasks that a request may have started which was to be refused."""

    def failed(self) -> list[str]:
        """The tasks that failed and were not retried."""
        return [task_id for task_id in self.batch.failed if task_id not in {*self.running, *self.spoilt}]

    def retry(self) -> None:
        """Retry a failed task, which has to be accepted whatever came before."""
        named = self.chance.choice(self.failed())
        what = "the task failed, and nothing that came before was a retry of it"
        expect_retried(self.vcf, self.batch, self.vcf.retry(named), self.before, named, what)
        self.running.append(named)

    def ask_for_what_did_not_fail(self) -> None:
        """Name a task that runs or ended otherwise."""
        named = self.chance.choice([task_id for task_id in self.batch.ids if task_id not in self.failed()])
        answer = self.vcf.retry(named, open_=True)
        what = "the task runs or ended otherwise, whatever came before"
        expect_not_failed_refused(self.vcf, answer, what, strict=True)
        if answer.accepted:
            self.spoilt.add(named)

    def ask_without_a_right(self) -> None:
        """Name a task that could be retried, without a token or with none that was given."""
        named = self.chance.choice(self.failed())
        authorization = self.chance.choice([None, "Bearer not-a-token-that-was-given"])
        answer = self.vcf.retry(named, headers={"Authorization": authorization}, open_=True)
        self.vcf.judge.expect(
            "VCF-AUTH-01",
            answer.refused,
            answer.exchange,
            expected="401, since there is no token that was given, whatever came before",
            strict=self.vcf.target.requires_auth,
        )
        if answer.accepted:
            self.spoilt.add(named)

    def read(self) -> None:
        """Read a task."""
        self.vcf.get(self.chance.choice(self.batch.ids))


@decides("VCF-RETRY-05", "VCF-STATE-02", "VCF-STATE-04", "VCF-STATE-01", "VCF-RETRY-09", "VCF-RETRY-14", "VCF-AUTH-01")
@alone
def test_steps_in_any_order(vcf: Vcf) -> None:
    """A series of retries, of requests that are refused, and of reads, in a random order."""
    batch = vcf.fresh_tasks(TASKS)
    if not batch.promised or not vcf.can_look or not vcf.claims("getTask"):
        raise NotConcerned
    chance = random.Random(vcf.session.options.seed)
    history = History(vcf, batch, chance, before_retry(vcf, batch))

    kinds = [history.retry, history.ask_for_what_did_not_fail, history.ask_without_a_right, history.read]
    take_steps(chance, kinds, each=OF_EACH_KIND, goes_on=history.failed)
    running = [task_id for task_id in history.running if task_id not in history.spoilt]
    expect_under_way(vcf, batch, running, history.before)
    others = {*running, *history.spoilt}
    what = "since no retry that was accepted had named it"
    expect_unchanged(vcf, "VCF-STATE-04", batch, history.before, what, but=others)
    vcf.judge.leave_out_the_rest()
