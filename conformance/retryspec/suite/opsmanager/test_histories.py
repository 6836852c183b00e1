"""Retries, refusals and reads in any order: in the end every job is what the steps have made of it."""

import random
from dataclasses import dataclass, field

from retryspec.checks import NotConcerned, alone, decides
from retryspec.histories import take_steps
from retryspec.suite.opsmanager.client import OpsManager
from retryspec.suite.opsmanager.expectations import (
    before_retry,
    expect_not_failed_refused,
    expect_refused,
    expect_retried,
    expect_running,
    expect_unchanged,
)
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.shape import RETRY

# So long that no re-run ends while the check lasts.
LONG = 3600
STATUSES = (Status.FAILURE, Status.SUCCESS, Status.FAILURE, Status.IN_PROGRESS, Status.FAILURE)
JOBS = [JobPlan(status, rerun_seconds=LONG) for status in STATUSES * 3]
OF_EACH_KIND = 6


@dataclass(slots=True)
class History:
    """Some jobs, and what became of them so far."""

    om: OpsManager
    group: Group
    chance: random.Random
    running: list[str] = field(default_factory=list)
    spoilt: set[str] = field(default_factory=set)
    """Jobs that a request may have started which was to be refused."""

    def failed(self) -> list[str]:
        """The jobs that failed and were not retried."""
        return [job_id for job_id in self.group.failed if job_id not in {*self.running, *self.spoilt}]

    def retry(self) -> None:
        """Retry a failed job, which has to be accepted whatever came before."""
        named = self.chance.choice(self.failed())
        what = "the job failed, and nothing that came before was a retry of it"
        expect_retried(self.om, self.om.retry(self.group, named), what)
        self.running.append(named)

    def ask_for_what_did_not_fail(self) -> None:
        """Name a job that runs or succeeded."""
        named = self.chance.choice([job_id for job_id in self.group.ids if job_id not in self.failed()])
        answer = self.om.retry(self.group, named)
        expect_not_failed_refused(self.om, answer, "the job runs or succeeded, whatever came before")
        if answer.accepted:
            self.spoilt.add(named)

    def ask_without_a_right(self) -> None:
        """Name a job that could be retried, without credentials."""
        named = self.chance.choice(self.failed())
        request = self.om.with_authorization(self.om.retry_request(self.group.id, named), None)
        answer = self.om.send(RETRY, request)
        what = "there are no credentials, whatever came before"
        if not expect_refused(self.om, "OM-COMMON-02", answer, what, 401):
            self.spoilt.add(named)

    def read(self) -> None:
        """Read a job, or all of them."""
        named = self.chance.choice([*self.group.ids, None])
        if named is None:
            self.om.list(self.group)
        else:
            self.om.get(self.group, named)


@decides("OM-RETRY-04", "OM-RETRY-12", "OM-RETRY-14", "OM-RETRY-15", "OM-COMMON-02")
@alone
def test_steps_in_any_order(opsmanager: OpsManager) -> None:
    """A series of retries, of requests that are refused, and of reads, in a random order."""
    group = opsmanager.fresh_group(JOBS)
    if not group.promised or not opsmanager.can_look:
        raise NotConcerned
    chance = random.Random(opsmanager.session.options.seed)
    before = before_retry(opsmanager, group)
    history = History(opsmanager, group, chance)

    kinds = [history.retry, history.ask_for_what_did_not_fail, history.ask_without_a_right, history.read]
    take_steps(chance, kinds, each=OF_EACH_KIND, goes_on=history.failed)
    running = [job_id for job_id in history.running if job_id not in history.spoilt]
    expect_running(opsmanager, group, running, before)
    what = "since no retry that was accepted had named it"
    expect_unchanged(opsmanager, "OM-RETRY-12", group, before, what, but={*running, *history.spoilt})
    opsmanager.judge.leave_out_the_rest()
