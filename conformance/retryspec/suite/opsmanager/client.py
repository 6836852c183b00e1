"""What an Ops Manager check holds in its hands: states to ask for, calls to make, and what came back.

Every call goes through `seen`, which looks at the form of the answer; a check says only what is particular to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from retryspec.checks import Judge, NoAnswer, NotClaimed, Untestable
from retryspec.exchange import Exchange, ReadOnly, Request, Response
from retryspec.suite.opsmanager.contents import look_at_job, look_at_numbers, look_at_page
from retryspec.suite.opsmanager.digest import Challenge, Digest, challenge_of
from retryspec.suite.opsmanager.model import DEFAULT_PAGE, Group, Job, JobPlan, Page, Status
from retryspec.suite.opsmanager.shape import GET, LIST, RETRY, Asked, json_of, look_at_answer, look_at_error, unwrapped

if TYPE_CHECKING:
    from retryspec.suite.opsmanager.connection import OpsManagerConnection, Sent

__all__ = ["Answer", "Headers", "OpsManager", "Query"]

MOST_PAGES = 120
DEEPEST = 100
"""Levels of a body that are read."""

UNSIGNED: Mapping[str, str | None] = {"Authorization": None}

Headers = Mapping[str, str | None]
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as far as it can be."""

    exchange: Exchange
    response: Response
    body: Any
    """The JSON value of the body; None where there is none."""
    job: Job | None = None
    """The job, where it is one."""
    page: Page | None = None
    """The page, where it is one."""
    moved: bool = False
    """A refused retry of a job that has not failed any longer, by itself, as a job may of which nothing is promised."""

    @property
    def fine(self) -> bool:
        """Whether it is a success, or a refusal for which the server cannot be blamed."""
        return self.accepted or self.moved

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def accepted(self) -> bool:
        """Whether it is a success; that the status is just 200 is looked at in every exchange."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it is a refusal."""
        return 400 <= self.status < 500

    @property
    def error_code(self) -> str | None:
        """`errorCode` of an error body."""
        code = self.body.get("errorCode") if isinstance(self.body, dict) else None
        return code if isinstance(code, str) else None


class OpsManager:
    """The Ops Manager API of the server under test, for one look of one check."""

    def __init__(self, connection: "OpsManagerConnection", judge: Judge) -> None:
        self._connection = connection
        self.judge = judge
        self.session = connection.session
        self.settled = connection.session.settled
        self.claims = connection.claims
        self.public_key = connection.target.public_key
        self.private_key = connection.target.private_key

    @property
    def can_look(self) -> bool:
        """Whether there is an operation that shows jobs."""
        return self.claims(GET) or self.claims(LIST)

    def judged_by(self, judge: Judge) -> "OpsManager":
        """The same server, for a part of the look that has a judge of its own."""
        return OpsManager(self._connection, judge)

    def may_retry_freely(self) -> bool:
        """Whether retries may be sent and nobody's work is at stake."""
        return self.session.states is not None and self.claims(RETRY)

    # States

    def group(self, plans: Sequence[JobPlan]) -> Group:
        """A project with at least these jobs to retry, wherever it comes from."""
        self._must_claim(RETRY)
        self._must_not_be_read_only()
        return self._connection.group(plans)

    def fresh_group(self, plans: Sequence[JobPlan]) -> Group:
        """A project with just these jobs, made for this check."""
        self._must_not_be_read_only()
        if self._connection.session.states is None:
            raise Untestable("needs provider states (states_url): a project with just the jobs that were asked for")
        return self._connection.group(plans)

    def some_group(self, plans: Sequence[JobPlan]) -> Group:
        """A project to look at: with just these jobs, where the provider of states makes them."""
        return self._connection.group(plans, needed=False)

    def some_job(self, plans: Sequence[JobPlan]) -> tuple[Group, str]:
        """A job to look at.

        Raises:
            Untestable: there is none.
        """
        group = self.some_group(plans)
        if not group.ids:
            raise Untestable("there is no job to look at: needs states_url, or jobs in the target's project")
        return group, group.ids[0]

    def unknown_id(self) -> str:
        """An id in the right form that names nothing."""
        return token_hex(12)

    # Requests

    def list_request(self, group_id: str, query: Query | None = None, *, headers: Headers | None = None) -> Request:
        """A request for a page of the jobs of a project."""
        return self._connection.request("GET", _path(group_id, query=query), headers=headers)

    def get_request(
        self, group_id: str, job_id: str, query: Query | None = None, *, headers: Headers | None = None
    ) -> Request:
        """A request for one job."""
        return self._connection.request("GET", _path(group_id, job_id, query=query), headers=headers)

    def retry_request(
        self,
        group_id: str,
        job_id: str,
        query: Query | None = None,
        body: bytes | None = b"",
        *,
        headers: Headers | None = None,
    ) -> Request:
        """A request for a retry; by default with a Content-Length of 0, as most clients send it."""
        path = _path(group_id, job_id, "retry", query=query)
        return replace(self._connection.request("PUT", path, body, headers=headers), about=(job_id,))

    def call_request(
        self, operation: str, group_id: str, job_id: str, query: Query | None = None, *, headers: Headers | None = None
    ) -> Request:
        """A request of one of the three operations."""
        if operation == LIST:
            return self.list_request(group_id, query, headers=headers)
        return (self.get_request if operation == GET else self.retry_request)(group_id, job_id, query, headers=headers)

    def generated_request(self, method: str, target: str, body: bytes | None) -> Request:
        """A request for a target and a body that were generated."""
        return self._connection.request(method, target, body if method == "GET" else body or b"")

    def new_challenge(self) -> Challenge:
        """A challenge that nobody has answered yet.

        Raises:
            Untestable: the server gives none.
        """
        found = self._connection.new_challenge()
        if found is None:
            raise Untestable("a request without credentials is given no challenge", because="OM-COMMON-03")
        return found

    def digest(self, request: Request, challenge: Challenge, count: int = 1) -> Digest:
        """The right answer to a challenge for a request, to be written or tampered with."""
        return self._connection.digest(request, challenge, count)

    def with_authorization(self, request: Request, value: str | None) -> Request:
        """A request with another Authorization, or with none."""
        return self._connection.with_authorization(request, value)

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
        asked = _asked(query, group_id=group.id)
        return self.send(LIST, self.list_request(group.id, query, headers=headers), asked)

    def follow(self, group: Group, query: str) -> Answer:
        """Ask for the page that the query of a link names."""
        request = self._connection.request("GET", f"{_path(group.id)}?{query}")
        return self.send(LIST, request, Asked(group_id=group.id, pretty=None, verbose=None, sound=False))

    def get(self, group: Group, job_id: str, query: Query | None = None, *, headers: Headers | None = None) -> Answer:
        """Ask for one job."""
        asked = _asked(query, group_id=group.id, job_id=job_id)
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
        asked = replace(_asked(query, group_id=group.id, job_id=job_id), about=about, fault_expected=fault_expected)
        return self.send(RETRY, self.retry_request(group.id, job_id, query, body, headers=headers), asked)

    def odd(self, operation: str, group_id: str, job_id: str, query: Query | None = None, *, about: str) -> Answer:
        """Call an operation with these raw texts in place of the ids; `about` is what a fault speaks against."""
        asked = replace(_asked(query), sound=False, about=about, verbose=None)
        return self.send(operation, self.call_request(operation, group_id, job_id, query), asked)

    def send(self, operation: str, request: Request, asked: Asked | None = None) -> Answer:
        """Send a prepared request of an operation."""
        self._must_claim(operation)
        return self.seen(operation, self._sent(request), asked or Asked())

    def send_other(self, method: str, group_id: str, job_id: str = "", last: str = "") -> Answer:
        """Call a path with a method that the document does not have."""
        if method not in ("HEAD", "OPTIONS", "TRACE"):
            self._must_not_be_read_only()
        body = b"" if method in ("POST", "PATCH", "PUT", "DELETE") else None
        exchange = self._sent(self._connection.request(method, _path(group_id, job_id, last), body))
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
        answers = []
        for (operation, request), exchange in zip(calls, exchanges, strict=True):
            answer = self.seen(operation, exchange, asked)
            found = challenge_of(answer.response) if answer.status == 401 else None
            if found is not None and found.stale:
                again = self.with_authorization(request, self.digest(request, found).header())
                answer = self.send(operation, again, asked)
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

    def seen(self, operation: str, exchange: Exchange, asked: Asked) -> Answer:
        """Look at the form of an answer, as for every exchange of a run, and read it.

        Raises:
            NoAnswer: there is none.
        """
        response, connection = exchange.response, self._connection
        if response is None:
            raise NoAnswer(exchange, asked.about)
        if operation == RETRY and 200 <= response.status < 300:
            connection.spend(exchange.request.target.partition("?")[0].split("/")[-2])
        look_at_answer(self.judge, connection.session.shape, operation, exchange, asked)
        body = json_of(response)
        body = None if _is_too_deep(body) else body
        if response.status != 200 or operation == RETRY:
            moved = operation == RETRY and response.status in (400, 409) and self._has_moved(exchange.request.target)
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

    def _has_moved(self, target: str) -> bool:
        """Whether the job of a retry, of which nothing is promised, is not failed at this moment."""
        parts = target.partition("?")[0].split("/")
        if len(parts) < 5 or not self._connection.is_unpromised(parts[-4]):
            return False
        group_id, job_id = parts[-4], parts[-2]
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

    def _must_not_be_read_only(self) -> None:
        if self._connection.session.options.read_only:
            raise ReadOnly("needs a state or a retry, and the run may only read (--read-only)")

    def _must_claim(self, operation: str) -> None:
        if not self.claims(operation):
            raise NotClaimed(f"the target does not claim {operation}")


def _path(group_id: str, job_id: str = "", last: str = "", *, query: Query | None = None) -> str:
    path = f"/groups/{group_id}/logCollectionJobs" + (f"/{job_id}" if job_id else "") + (f"/{last}" if last else "")
    text = "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in (query or {}).items())
    return f"{path}?{text}" if text else path


def _asked(query: Query | None, *, group_id: str | None = None, job_id: str | None = None) -> Asked:
    given = {name: str(value) for name, value in (query or {}).items()}
    return Asked(
        group_id=group_id,
        job_id=job_id,
        envelope=_flag(given.get("envelope", "false")),
        pretty=_flag(given.get("pretty", "false")),
        verbose=_flag(given.get("verbose", "false")),
        page=_number(given.get("pageNum", "1")),
        size=_number(given.get("itemsPerPage", str(DEFAULT_PAGE))),
    )


def _flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _is_too_deep(body: Any) -> bool:
    level = [body]
    for _ in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
