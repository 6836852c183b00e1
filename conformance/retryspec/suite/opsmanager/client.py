"""What an Ops Manager check holds in its hands: states to ask for, calls to make, and what came back.

Every call goes through `seen`, which looks at the form of the answer; a check says only what is particular to it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from retryspec.checks import Judge, NoAnswer, Untestable
from retryspec.exchange import Exchange, Request
from retryspec.shape import json_of
from retryspec.suite.opsmanager.answers import Answer
from retryspec.suite.opsmanager.contents import look_at_job, look_at_numbers, look_at_page
from retryspec.suite.opsmanager.digest import Digest, challenge_of
from retryspec.suite.opsmanager.model import Group, Job, Page, Status
from retryspec.suite.opsmanager.requests import Headers, Query, Requests, Sent, asked_in, job_of, path_of
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY, Asked, look_at_answer, look_at_error, unwrapped

__all__ = ["Answer", "Headers", "OpsManager", "Query"]

MOST_PAGES = 120


class OpsManager(Requests):
    """The Ops Manager API of the server under test, for one look of one check."""

    def judged_by(self, judge: Judge) -> "OpsManager":
        """The same server, for a part of the look that has a judge of its own."""
        return OpsManager(self._connection, judge)

    # Calls

    def send_written(self, operation: str, request: Request, written: Callable[[Digest], str]) -> Answer:
        """Send a request under a right digest that is written in a way of its own; once more if its nonce was stale."""
        answer = self.send(operation, self._connection.written(request, written), Asked(pretty=None, verbose=None))
        found = challenge_of(answer.response) if answer.status == 401 else None
        if found is None or not found.stale:
            return answer
        again = self.with_authorization(request, written(self.digest(request, found)))
        return self.send(operation, again, Asked(pretty=None, verbose=None))

    def list(self, group: Group, query: Query | None = None, *, headers: Headers | None = None) -> Answer:
        """Ask for a page of the jobs of a project."""
        asked = asked_in(query, group_id=group.id)
        return self.send(LIST, self.list_request(group.id, query, headers=headers), asked)

    def follow(self, group: Group, query: str, *, about: str | None = None) -> Answer:
        """Ask for the page that a query names as it stands, as that of a link does."""
        request = self._connection.request("GET", f"{path_of(group.id)}?{query}")
        return self.send(LIST, request, Asked(group_id=group.id, pretty=None, verbose=None, sound=False, about=about))

    def get(self, group: Group, job_id: str, query: Query | None = None, *, headers: Headers | None = None) -> Answer:
        """Ask for one job."""
        asked = asked_in(query, group_id=group.id, job_id=job_id)
        return self.send(GET, self.get_request(group.id, job_id, query, headers=headers), asked)

    def retry(
        self,
        group: Group,
        job_id: str,
        query: Query | None = None,
        body: bytes | None = b"",
        *,
        headers: Headers | None = None,
        about: str | None = None,
        fault_expected: bool = False,
    ) -> Answer:
        """Ask for a retry."""
        asked = replace(asked_in(query, group_id=group.id, job_id=job_id), about=about, fault_expected=fault_expected)
        return self.send(RETRY, self.retry_request(group.id, job_id, query, body, headers=headers), asked)

    def odd(self, operation: str, group_id: str, job_id: str, query: Query | None = None, *, about: str) -> Answer:
        """Call an operation with these raw texts in place of the ids; `about` is what a fault speaks against."""
        asked = replace(asked_in(query), sound=False, about=about, verbose=None)
        return self.send(operation, self.call_request(operation, group_id, job_id, query), asked)

    def send(self, operation: str, request: Request, asked: Asked | None = None) -> Answer:
        """Send a prepared request of an operation."""
        self._must_claim(operation)
        return self.seen(operation, self._sent(request), asked or Asked())

    def send_enveloped(self, request: Request, asked: Asked) -> Answer:
        """Send a request for an envelope that is to be refused; nobody says how the error in one looks."""
        exchange = self._sent(request)
        if exchange.response is None:
            raise NoAnswer(exchange, asked.about)
        if exchange.response.status == 401:
            look_at_error(self.judge, exchange, exchange.response, replace(asked, envelope=None))
        return Answer(exchange, exchange.response, json_of(exchange.response))

    def send_other(self, method: str, group_id: str, job_id: str = "", last: str = "") -> Answer:
        """Call a path with a method that the document does not have."""
        if method not in ("HEAD", "OPTIONS", "TRACE"):
            self._must_not_be_read_only()
        body = b"" if method in ("POST", "PATCH", "PUT", "DELETE") else None
        exchange = self._sent(self._connection.request(method, path_of(group_id, job_id, last), body))
        if exchange.response is None:
            raise NoAnswer(exchange)
        if 400 <= exchange.response.status < 500:
            look_at_error(self.judge, exchange, exchange.response, Asked(sound=False))
        return Answer(exchange, exchange.response, json_of(exchange.response))

    def send_together(self, calls: Sequence[tuple[str, Request]]) -> Sequence[Answer]:
        """Send calls of operations, not yet signed, all at one moment, over one nonce.

        Which of them comes in first nobody can say. One whose nonce was told to be stale for that is sent again, alone.
        """
        for operation in {operation for operation, _ in calls}:
            self._must_claim(operation)
        challenge = self.new_challenge()
        signed = [
            self.with_authorization(request, self.digest(request, challenge, count).header())
            for count, (_, request) in enumerate(calls, 1)
        ]
        exchanges = self._connection.session.exchanger.send_together(signed)
        asked = Asked(about=self.judge.decides[0])
        named = Counter(job_of(request.target) for operation, request in calls if operation == RETRY)
        alone = {job_id for job_id, times in named.items() if self._connection.touch(job_id) and times == 1}
        answers = []
        for (operation, request), exchange in zip(calls, exchanges, strict=True):
            answer = self.seen(operation, exchange, asked, first=job_of(request.target) in alone)
            found = challenge_of(answer.response) if answer.status == 401 else None
            if found is not None:
                again = self.with_authorization(request, self.digest(request, found).header())
                refused, answer = answer, self.send(operation, again, asked)
                self.judge.expect(
                    "OM-COMMON-12",
                    found.stale or answer.status == 401,
                    refused.exchange,
                    expected="success or stale=true for each simultaneous use of a nonce, since a new one lets in",
                    conclusive=True,
                )
            answers.append(answer)
        return answers

    # Reading what is there

    def job(self, group: Group, job_id: str, query: Query | None = None) -> Job:
        """A job that exists, as it is shown by itself.

        Raises:
            Untestable: it is not shown.
        """
        answer = self.get(group, job_id, query)
        self.judge.expect("OM-GET-01", answer.accepted, answer.exchange, expected=f"200, since the job {job_id} exists")
        if not answer.accepted:
            raise Untestable("a job that exists is not shown", because="OM-GET-01")
        if answer.job is None:
            raise Untestable("the body of a 200 is no job", because="OM-GET-01")
        return answer.job

    def page(self, answer: Answer, behaviour: str = "OM-LIST-01") -> Page:
        """The page of an answer that has to be one.

        Raises:
            Untestable: it is none.
        """
        holds = self.judge.expect(
            behaviour, answer.accepted, answer.exchange, expected="200 and a page of jobs for a valid request"
        )
        if not holds:
            raise Untestable("a valid request for a list was refused", because=behaviour)
        if answer.page is None:
            self.judge.expect("OM-COMMON-31", False, answer.exchange, expected="a page of jobs", conclusive=True)
            raise Untestable("the body of a 200 is no page of jobs", because="OM-COMMON-31")
        return answer.page

    def walk(self, group: Group) -> dict[str, Job]:
        """Every job of a project by id, page by page of whatever size; only what cannot be left out is sent."""
        jobs: dict[str, Job] = {}
        # A list may spell an id in another letter case than whoever gave it to us.
        names = {job_id.lower(): job_id for job_id in group.ids}
        for number in range(1, MOST_PAGES):
            page = self.page(self.list(group, {"pageNum": number} if number > 1 else None))
            named = {names.get(job.id.lower(), job.id): job for job in page.jobs}
            new = {name: job for name, job in named.items() if name not in jobs}
            jobs |= new
            if not new or (page.total is not None and len(jobs) >= page.total):
                return jobs
        raise Untestable(f"the list has more than {MOST_PAGES} pages, which nobody reads to the end")

    def snapshot(self, group: Group, ids: Iterable[str] | None = None) -> dict[str, Job]:
        """The jobs of a project by id, as they are now: all of them from the list, else those that are named."""
        if self.claims(LIST):
            return self.walk(group)
        shown = {}
        for job_id in group.ids if ids is None else ids:
            answer = self.get(group, job_id)
            if answer.job is not None:
                shown[job_id] = answer.job
        return shown

    def look(self, group: Group, job_id: str) -> Job | None:
        """One job as it is now, by the shortest way; None where it is not found."""
        if not self.claims(GET):
            return self.snapshot(group).get(job_id)
        answer = self.get(group, job_id)
        return None if answer.status == 404 else answer.job or self.job(group, job_id)

    def seen(self, operation: str, exchange: Exchange, asked: Asked, *, first: bool | None = None) -> Answer:
        """Look at the form of an answer, as for every exchange of a run, and read it.

        Args:
            operation: the operation.
            exchange: the exchange.
            asked: what was asked for.
            first: whether it is the first retry of a job that was promised to be failed; None to find out.

        Raises:
            NoAnswer: there is none.
        """
        response, connection = exchange.response, self._connection
        if operation == RETRY and first is None:
            # One that may be refused for what is particular to it says nothing about the retries of others.
            first = connection.touch(job_of(exchange.request.target)) and asked.about is None
        if response is None:
            raise NoAnswer(exchange, asked.about)
        if operation == RETRY and 200 <= response.status < 300:
            connection.spend(job_of(exchange.request.target))
        look_at_answer(self.judge, connection.session.shape, operation, exchange, asked)
        body = json_of(response)
        if response.status != 200 or operation == RETRY:
            refused = operation == RETRY and response.status in (400, 409)
            moved = refused and self._has_moved(exchange, first=bool(first))
            return Answer(exchange, response, body, moved=moved)
        inner = unwrapped(operation, body, envelope=asked.envelope is not False)
        look_at_numbers(self.judge, exchange, response)
        if operation == GET:
            job = Job.read(inner, connection.listed_members)
            if job is not None:
                look_at_job(self.judge, exchange, job.raw, asked, listed=False)
            return Answer(exchange, response, body, job=job)
        page = Page.read(inner, connection.listed_members)
        if page is not None:
            look_at_page(self.judge, exchange, page, asked)
            for job in page.jobs:
                look_at_job(self.judge, exchange, job.raw, asked, listed=True)
        return Answer(exchange, response, body, page=page)

    def _has_moved(self, exchange: Exchange, *, first: bool) -> bool:
        """Whether the job of a refused retry is not failed now, and not because of an earlier retry of it."""
        parts = exchange.request.target.partition("?")[0].split("/")
        if len(parts) < 5:
            return False
        group_id, job_id = parts[-4], parts[-2]
        if self._connection.is_unpromised(group_id):
            return self._is_shown_otherwise(group_id, job_id)
        if not first or not self._is_shown_otherwise(group_id, job_id):
            return False
        self.judge.expect(
            "OM-RETRY-12", False, exchange, expected="the job still FAILURE, since no retry has named it before"
        )
        return True

    def _is_shown_otherwise(self, group_id: str, job_id: str) -> bool:
        """Whether a job is shown, and not as failed."""
        asked = Asked(pretty=None, verbose=None, sound=False)
        shown: Sequence[Job]
        if self.claims(GET):
            job = self.send(GET, self.get_request(group_id, job_id), asked).job
            shown = (job,) if job is not None else ()
        elif self.claims(LIST):
            page = self.send(LIST, self.list_request(group_id), asked).page
            shown = page.jobs if page is not None else ()
        else:
            return False
        return any(job.id.lower() == job_id.lower() and job.status != Status.FAILURE for job in shown)

    def _sent(self, request: Request) -> Exchange:
        sent: Sent = self._connection.send(request)
        if sent.reuse_refused is not None:
            self.judge.expect(
                "OM-COMMON-12",
                False,
                sent.reuse_refused,
                expected="success or stale=true for a further use of a nonce, since a new one lets in",
                conclusive=True,
            )
        return sent.exchange
