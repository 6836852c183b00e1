"""The states and the requests of an Ops Manager check, and what it takes to send them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Protocol
from urllib.parse import quote

from retryspec.checks import Judge, NotClaimed, Untestable
from retryspec.exchange import Exchange, ReadOnly, Request
from retryspec.session import Session
from retryspec.suite.opsmanager.asked import GET, LIST, RETRY, Asked
from retryspec.suite.opsmanager.digest import Challenge, Digest
from retryspec.suite.opsmanager.model import DEFAULT_PAGE, Group, JobPlan
from retryspec.suite.opsmanager.target import OpsManagerTarget

__all__ = ["Connection", "Headers", "Query", "Requests", "Sent", "asked_in", "job_of", "path_of"]

UNSIGNED: Mapping[str, str | None] = {"Authorization": None}

Headers = Mapping[str, str | None]
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a request."""

    exchange: Exchange
    reuse_refused: Exchange | None = None
    """An earlier attempt, over a nonce that was in use and was then refused without being called stale."""


class Connection(Protocol):
    """A server under test, as the checks need it."""

    session: Session
    target: OpsManagerTarget
    listed_members: frozenset[str]

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        ...

    def group(self, plans: Sequence[JobPlan], *, needed: bool = True) -> Group:
        """A project with these jobs."""
        ...

    def request(self, method: str, path: str, body: bytes | None = None, *, headers: Headers | None = None) -> Request:
        """A request with a digest, unless `headers` have an Authorization of their own or none."""
        ...

    def digest(self, request: Request, challenge: Challenge, count: int = 1) -> Digest:
        """The right answer to a challenge for a request."""
        ...

    def with_authorization(self, request: Request, value: str | None) -> Request:
        """A request with another Authorization, or with none."""
        ...

    def written(self, request: Request, written: Callable[[Digest], str]) -> Request:
        """A request with the next right digest, written in a way of its own."""
        ...

    def new_challenge(self) -> Challenge | None:
        """A challenge that nobody has answered yet."""
        ...

    def send(self, request: Request) -> Sent:
        """Send one request."""
        ...

    def spend(self, job_id: str) -> None:
        """Remember that a job has been retried."""
        ...

    def touch(self, job_id: str) -> bool:
        """Remember that a retry of a job has been sent; whether it is the first one of a job promised to be failed."""
        ...

    def is_unpromised(self, group_id: str) -> bool:
        """Whether nobody promised how the jobs of a project go on."""
        ...


class Requests:
    """What can be asked of the server under test: states, and requests that are ready to be sent."""

    def __init__(self, connection: Connection, judge: Judge) -> None:
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
        return self._connection.request("GET", path_of(group_id, query=query), headers=headers)

    def get_request(
        self, group_id: str, job_id: str, query: Query | None = None, *, headers: Headers | None = None
    ) -> Request:
        """A request for one job."""
        return self._connection.request("GET", path_of(group_id, job_id, query=query), headers=headers)

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
        path = path_of(group_id, job_id, "retry", query=query)
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

    def _must_not_be_read_only(self) -> None:
        if self._connection.session.options.read_only:
            raise ReadOnly("needs a state or a retry, and the run may only read (--read-only)")

    def _must_claim(self, operation: str) -> None:
        if not self.claims(operation):
            raise NotClaimed(f"the target does not claim {operation}")


def path_of(group_id: str, job_id: str = "", last: str = "", *, query: Query | None = None) -> str:
    """The path of a project's jobs, of one of them or of what can be done with it, with a query."""
    path = f"/groups/{group_id}/logCollectionJobs" + (f"/{job_id}" if job_id else "") + (f"/{last}" if last else "")
    text = "&".join(f"{quote(name, safe='')}={quote(str(value), safe='')}" for name, value in (query or {}).items())
    return f"{path}?{text}" if text else path


def job_of(target: str) -> str:
    """The id of the job that the target of a retry names; nothing for another target."""
    parts = target.partition("?")[0].split("/")
    return parts[-2] if len(parts) > 1 else ""


def asked_in(query: Query | None, *, group_id: str | None = None, job_id: str | None = None) -> Asked:
    """What a query asks for."""
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
