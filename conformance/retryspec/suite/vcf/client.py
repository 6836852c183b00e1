"""What a VCF check holds in its hands: states to ask for, calls to make, and what is there."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4, uuid5

from retryspec.checks import Judge, Untestable
from retryspec.suite.vcf.answers import Answer
from retryspec.suite.vcf.calls import Calls
from retryspec.suite.vcf.model import Batch, Page, Task, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, RETRY, Asked
from retryspec.suite.vcf.wire import Headers

__all__ = ["Answer", "Headers", "Vcf"]

MOST_PAGES = 120


class Vcf(Calls):
    """The VCF API of the server under test, for one look of one check."""

    @property
    def has_states(self) -> bool:
        """Whether the server is one that makes states, so that nobody's work or account is at stake."""
        return self.session.states is not None

    @property
    def can_look(self) -> bool:
        """Whether there is an operation that shows tasks."""
        return self.claims(GET) or self.claims(LIST)

    def judged_by(self, judge: Judge) -> "Vcf":
        """The same server, for a part of the look that has a judge of its own."""
        return Vcf(self.wire, self.supply, judge)

    # States

    def tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to retry, wherever they come from."""
        self._must_claim(RETRY)
        self._must_not_be_read_only()
        return self.supply.batch(plans)

    def fresh_tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks that were made for this check."""
        self._must_not_be_read_only()
        if not self.has_states:
            raise Untestable("needs provider states (states_url): tasks that nobody else touches")
        return self.supply.batch(plans)

    def some_tasks(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to look at, wherever they come from: just these, where the provider of states makes them."""
        return self.supply.readable_batch(plans)

    # Reading what is there

    def task(self, task_id: str) -> Task:
        """A task that exists, as getTask shows it.

        Raises:
            Untestable: it is not shown, which speaks against getTask.
        """
        return self._must_be_task(self.get(task_id), task_id)

    def snapshot(self, batch: Batch, ids: Iterable[str] | None = None) -> dict[str, Task]:
        """The tasks of a batch by id, as they are now; one that is not found is absent."""
        wanted = tuple(batch.ids if ids is None else ids)
        if not self.claims(GET):
            listed = self.listed(batch, wanted)
            return {task_id: listed[task_id] for task_id in wanted if task_id in listed}
        requests = [self.get_request(task_id) for task_id in wanted]
        answers = self.send_each(GET, requests, [Asked(task_id) for task_id in wanted])
        found = [(task_id, answer) for task_id, answer in zip(wanted, answers, strict=True) if answer.status != 404]
        return {task_id: self._must_be_task(answer, task_id) for task_id, answer in found}

    def listed(self, batch: Batch, wanted: Iterable[str]) -> dict[str, Task]:
        """The tasks of a list that has all that are wanted, or else all there are, by id."""
        ids = frozenset(wanted)
        if batch.mark:
            found = self.walk({"taskName": batch.mark}, until=ids)
            if ids <= found.keys():
                return found
        return self.walk({}, until=ids)

    def walk(self, query: Mapping[str, str], until: frozenset[str] | None = None) -> dict[str, Task]:
        """Every task of a list, page by page of whatever size, or until all of some are found.

        The first page is asked for without a number, since where they begin is not stated (vcf A20).
        """
        page = self.page(self.list(query))
        tasks = {task.id: task for task in page.tasks}
        number = 1 if page.number is None else page.number + 1
        for _ in range(MOST_PAGES):
            if not page.tasks or (until is not None and until <= tasks.keys()):
                break
            answer = self.list({**query, "pageNumber": str(number)}, open_=True)
            if answer.page is None or not answer.accepted:
                break
            new = {task.id: task for task in answer.page.tasks if task.id not in tasks}
            # Page 1 may be the first one again, where nothing said which number that has.
            if not new and not (page.number is None and number == 1):
                break
            tasks |= new
            number += 1
        else:
            raise Untestable(f"the list has more than {MOST_PAGES} pages, which nobody reads to the end")
        return tasks

    def page(self, answer: Answer) -> Page:
        """The page of an answer that has to be one.

        Raises:
            Untestable: it is none, which speaks against getTasks.
        """
        self.judge.expect(
            "VCF-LIST-01", answer.accepted, answer.exchange, expected="200 and a page of tasks for a valid request"
        )
        return self.readable_page(answer)

    def readable_page(self, answer: Answer) -> Page:
        """The page of an answer.

        Raises:
            Untestable: it is none, or has something else than tasks, which is looked at in every exchange.
        """
        if answer.page is None:
            raise Untestable("there is no page of tasks for a valid request", because="VCF-LIST-01")
        elements = answer.body.get("elements")
        if elements is not None and not isinstance(elements, list):
            raise Untestable("the elements of a page are no array", because="VCF-LIST-02")
        if answer.page.shown > len(answer.page.tasks):
            are_objects = all(isinstance(each, dict) for each in elements or ())
            broken = "VCF-TASK-01" if are_objects else "VCF-LIST-02"
            raise Untestable("the list has elements that are no tasks", because=broken)
        return answer.page

    def unknown_id(self) -> str:
        """An id in the usual form that names no task."""
        return str(uuid4())

    def unknown_ids(self) -> Sequence[str]:
        """Ids in the usual form that name no task: a random one, one of another version in upper case, and zeros."""
        return str(uuid4()), str(uuid5(uuid4(), "task")).upper(), str(UUID(int=0))

    def _must_be_task(self, answer: Answer, task_id: str) -> Task:
        self.judge.expect(
            "VCF-GET-02", answer.accepted, answer.exchange, expected=f"200, since the task {task_id} exists"
        )
        if not answer.accepted:
            raise Untestable("a task that exists is not shown", because="VCF-GET-02")
        if answer.task is None:
            raise Untestable("the body of a 200 is no task", because="VCF-TASK-01")
        return answer.task
