"""Everything a GET can be asked for, together: what each parameter says holds whatever the others say."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, product

from retryspec.checks import decides
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.model import HOUR, STATUSES, Task, TaskPlan, Window
from retryspec.suite.sls.shape import Asked

# Half an hour apart and more, so that a bound between two tasks is far from both (sls A-06).
TASKS = [TaskPlan(STATUSES[place * 2 % 3], 20 * HOUR - place * 5000) for place in range(14)]

ASKED = 48


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of one GET."""

    window: Window
    status: str | None
    offset: int | None
    size: int | None

    def pairs(self) -> list[tuple[str, str]]:
        """The query, in the order in which the document has the parameters."""
        named = {
            "from": self.window.start,
            "to": self.window.end,
            "status": self.status,
            "offset": self.offset,
            "size": self.size,
        }
        return [(name, str(value)) for name, value in named.items() if value is not None]


@decides("SLS-GET-04", "SLS-GET-09", "SLS-GET-11", "SLS-GET-12", "SLS-GET-17", "SLS-GET-18")
def test_parameters_hold_together(sls: Sls) -> None:
    """Window, filter, offset and size in any order and company: a page has what all of them say."""
    shipper = sls.fresh_shipper(TASKS)
    chance = random.Random(sls.session.options.seed)
    before = sls.snapshot(shipper)
    now = sls.now()

    answers: list[tuple[Question, Answer]] = []
    for question in questions(chance, sorted(task.created for task in before.values()), now):
        query = question.pairs()
        chance.shuffle(query)
        asked = Asked(question.window, question.status, question.offset, question.size)
        answers.append((question, sls.send(sls.raw_get_request(shipper, query), asked)))
    after = sls.snapshot(shipper)
    for question, answer in answers:
        expect_what_was_asked_for(sls, question, Known(before, after, now, shipper.promised), answer)


def questions(chance: random.Random, created: list[int], now: int) -> list[Question]:
    """Questions in which any values of any parameters may meet."""
    bounds = [created[0] - HOUR, *((early + late) // 2 for early, late in pairwise(created)), now]
    windows = [Window(start, end) for place, start in enumerate(bounds) for end in bounds[place + 3 :]]
    options = list(product((None, "", *STATUSES), (None, 0, 1, 2, 5), (None, 1, 2, 4, 100)))
    chosen = zip(chance.choices(windows, k=ASKED), chance.sample(options, ASKED), strict=True)
    return [Question(window, *option) for window, option in chosen]


@dataclass(frozen=True, slots=True)
class Known:
    """The tasks before and after all questions: one may move by itself meanwhile (sls A-49)."""

    before: Mapping[str, Task]
    after: Mapping[str, Task]
    now: int
    promised: bool

    def inside(self, window: Window) -> set[str]:
        """The tasks that were created in a window."""
        return {task.id for task in self.before.values() if window.start < task.created < window.end}

    def may_match(self, window: Window, status: str | None) -> set[str]:
        """Those of them that had the status before or after."""
        return {one for one in self.inside(window) if not status or status in self._statuses(one)}

    def must_match(self, window: Window, status: str | None) -> set[str]:
        """Those that had it before and after, but for one that finished after the window, which is open (sls A-05)."""
        found = set()
        for one in self.may_match(window, status):
            task, statuses = self.before[one], self._statuses(one)
            over = window.end >= self.now if task.status == "running" else task.finished < window.end
            if over and (not status or statuses == {status}):
                found.add(one)
        return found

    def _statuses(self, task_id: str) -> set[str]:
        return {tasks[task_id].status for tasks in (self.before, self.after) if task_id in tasks}


def expect_what_was_asked_for(sls: Sls, question: Question, known: Known, answer: Answer) -> None:
    """The page holds nothing but tasks of the window and the status, and as many of them as it has to."""
    window, status, offset = question.window, question.status, question.offset or 0
    inside, possible = known.inside(window), known.may_match(window, status)
    certain = known.must_match(window, status)
    if answer.refused and offset >= max(1, len(certain)):
        # At and beyond the end a refusal is none of ours to judge (sls A-26).
        return
    page = sls.page(answer, "SLS-GET-04")
    shown = set(page.ids)
    sls.judge.expect(
        "SLS-GET-04",
        shown <= inside,
        answer.exchange,
        expected=f"no task created outside of {window.start} to {window.end}",
        received=f"also {sorted(shown - inside)[:3]}",
    )
    sls.judge.expect(
        "SLS-GET-09",
        shown & inside <= possible,
        answer.exchange,
        expected=f"just tasks with the status {status}",
        received=f"also {sorted(shown & inside - possible)[:3]}",
    )
    size = question.size or 100
    least, most = (min(size, max(0, len(some) - offset)) for some in (certain, possible))
    narrowing = "SLS-GET-12" if question.size else "SLS-GET-11" if question.offset else None
    sls.judge.expect(
        narrowing or ("SLS-GET-09" if status else "SLS-GET-04"),
        least <= len(page.tasks) <= most,
        answer.exchange,
        expected=f"{least}{f' to {most}' if most > least else ''} of the {len(possible)} tasks that match",
        received=str(len(page.tasks)),
        # A page may be shorter than it was asked for, as long as it is none without tasks (sls R-12).
        strict=len(page.tasks) > most or not page.tasks,
    )
    if page.tasks:
        expect_numbers_of_what_was_asked_for(sls, question, known, page.statistics, answer)
    if page.tasks and possible == certain and inside == known.must_match(window, None):
        # What the total counts is open, the filter or the whole range, but nothing else (sls A-28).
        sls.judge.expect(
            "SLS-GET-17",
            page.total in (len(possible), len(inside)),
            answer.exchange,
            expected=f"a total of {len(possible)} that match, or of {len(inside)} in the window",
            received=str(page.total),
            strict=known.before == known.after,
        )


def expect_numbers_of_what_was_asked_for(
    sls: Sls, question: Question, known: Known, statistics: Mapping[str, int], answer: Answer
) -> None:
    """The statistics count the tasks of the window, or with a filter what matches it (sls A-29)."""
    window, status = question.window, question.status
    bounds = {one: (len(known.must_match(window, one)), len(known.may_match(window, one))) for one in STATUSES}
    fits = {one: least <= statistics[one] <= most for one, (least, most) in bounds.items()}
    filtered = {one: fits[one] if one == status else statistics[one] == 0 for one in STATUSES}
    said = ", ".join(
        f"{least} to {most} {one}" if most > least else f"{most} {one}" for one, (least, most) in bounds.items()
    )
    sls.judge.expect(
        "SLS-GET-18",
        all(fits.values()) or (bool(status) and all(filtered.values())),
        answer.exchange,
        expected=f"statistics of {said} in the window"
        + (f", or of the tasks with the status {status}" if status else ""),
        received=str(dict(statistics)),
        strict=known.promised and known.before == known.after,
    )
