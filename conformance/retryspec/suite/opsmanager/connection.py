"""A server of the Ops Manager API: digests, states, and the first call that shows whether the set-up is right."""

import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retryspec.authentication.opsmanager import REALM
from retryspec.checks import Judge, Untestable
from retryspec.documents import Document, load_document
from retryspec.exchange import Exchange, Request
from retryspec.session import RunOptions, Session
from retryspec.suite.opsmanager.client import OpsManager
from retryspec.suite.opsmanager.digest import Challenge, Digest, challenge_of
from retryspec.suite.opsmanager.model import Group, JobPlan, Status
from retryspec.suite.opsmanager.replay import replay_line
from retryspec.suite.opsmanager.requests import Sent, path_of
from retryspec.suite.opsmanager.shape import LIST
from retryspec.suite.opsmanager.smoke import make_first_call
from retryspec.suite.opsmanager.target import OpsManagerTarget, read_opsmanager_target
from retryspec.target import Table

__all__ = ["OpsManagerConnection", "connect"]

STATE = "log collection jobs"

MOST_RENEWALS = 3
"""New nonces for one request: a server that gives none that lasts has to be left alone in the end."""


def connect(table: Table, options: RunOptions) -> "OpsManagerConnection":
    """Connect to the server that the `[opsmanager]` table names."""
    return OpsManagerConnection(read_opsmanager_target(table, load_document("opsmanager")), options)


class OpsManagerConnection:
    """One server of the Ops Manager API, shared by the checks of a process."""

    def __init__(self, target: OpsManagerTarget, options: RunOptions) -> None:
        self.target = target
        document = load_document("opsmanager")
        self.session = Session(
            document,
            target.claim,
            options,
            secrets=(target.private_key,),
            public=(target.public_key, "OM_PRIVATE_KEY"),
            curl=self._curl,
        )
        self.listed_members = _listed_members(document)
        # A nonce for each thread: so the counts of each go out in their order.
        self._nonces = threading.local()
        self._pools: dict[Status, list[str]] | None = None
        self._spent: set[str] = set()
        self._promised: set[str] = set()
        self._untouched: set[str] = set()
        """Jobs that were promised to be failed, and for which no retry has been sent yet."""
        self._md5 = False
        """Whether the server is one that names another algorithm than MD5, and takes MD5."""
        self._lock = threading.Lock()

    def handle(self, judge: Judge) -> OpsManager:
        """What a check is given."""
        return OpsManager(self, judge)

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        return operation in self.target.claim.operations

    # Requests

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
    ) -> Request:
        """A request with a digest, unless `headers` have an Authorization of their own or, with None, none.

        Args:
            method: the method.
            path: what follows the base URL, percent-encoded, with its query.
            body: the body, if there is one.
            headers: headers to add or, with None, to leave out.
        """
        changed = {name.lower() for name in headers or {}}
        given = {"Host": self.target.claim.origin.netloc, "Accept": "application/json"}
        given |= dict(self.target.claim.headers)
        sent = {name: value for name, value in given.items() if name.lower() not in changed}
        sent |= {name: value for name, value in (headers or {}).items() if value is not None}
        request = Request(method, self.target.claim.base_path + path, tuple(sent.items()), body)
        if "authorization" in changed:
            own = tuple(value for name, value in sent.items() if name.lower() == "authorization")
            return replace(request, secrets=tuple(word for value in own for word in _responses_in(value)))
        return self._signed(request)

    def digest(self, request: Request, challenge: Challenge, count: int = 1) -> Digest:
        """The right answer to a challenge for a request, to be written or to be tampered with."""
        made = Digest.answering(
            challenge,
            count,
            username=self.target.public_key,
            private_key=self.target.private_key,
            method=request.method,
            uri=request.target,
        )
        return replace(made, algorithm="MD5") if self._md5 else made

    def with_authorization(self, request: Request, value: str | None) -> Request:
        """A request with another Authorization, or with none."""
        headers = tuple((name, kept) for name, kept in request.headers if name.lower() != "authorization")
        if value is not None:
            headers = (*headers, ("Authorization", value))
        return replace(request, headers=headers, secrets=_responses_in(value or ""))

    def _signed(self, request: Request) -> Request:
        known = self._challenge()
        self._nonces.count += 1
        value = self.digest(request, known, self._nonces.count).header()
        self._nonces.made.add(value)
        return self.with_authorization(request, value)

    def written(self, request: Request, written: Callable[[Digest], str]) -> Request:
        """A request with the next right digest of this thread, written in a way of its own."""
        known = self._challenge()
        self._nonces.count += 1
        return self.with_authorization(request, written(self.digest(request, known, self._nonces.count)))

    def _challenge(self) -> Challenge:
        """The challenge whose nonce this thread uses, asked for when there is none yet."""
        known: Challenge | None = self._nonces.__dict__.get("challenge")
        if known is None:
            known = self.new_challenge() or self._made_up()
            self._take(known)
        return known

    def new_challenge(self) -> Challenge | None:
        """A challenge that nobody has answered yet, where the server gives one to a reading without credentials."""
        home = self.target.group_id or "0" * 24
        for path in (path_of(home), path_of(home, "0" * 24)):
            found = challenge_of(
                self.send(self.request("GET", path, headers={"Authorization": None})).exchange.response
            )
            if found is not None:
                return found
        return None

    def _made_up(self) -> Challenge:
        # Whoever gives no challenge to a stranger may still call this nonce stale, and give another one for it.
        values = {"realm": REALM, "nonce": secrets.token_urlsafe(24), "algorithm": "MD5", "qop": "auth"}
        return Challenge("digest", tuple(values.items()))

    def _take(self, challenge: Challenge) -> None:
        self._nonces.challenge, self._nonces.count = challenge, 0
        self._nonces.__dict__.setdefault("made", set())

    def send(self, request: Request) -> Sent:
        """Send one request, and once more with the new nonce where its digest was one that may have been used up."""
        value = request.header("Authorization")
        made: set[str] = self._nonces.__dict__.setdefault("made", set())
        own = value in made
        made.discard(value or "")
        exchange = self.session.exchanger.send(request)
        refused: Exchange | None = None
        for _ in range(MOST_RENEWALS if own else 0):
            response = exchange.response
            found = challenge_of(response) if response is not None and response.status == 401 else None
            if found is None:
                break
            reused = self._nonces.count > 1
            self._take(found)
            other = not found.stale and not reused and not self._md5 and _is_of_another_algorithm(found)
            if not found.stale and not reused and not other:
                break
            if not found.stale and reused:
                refused = exchange
            self._md5 = self._md5 or other
            request = self._signed(request)
            made.discard(request.header("Authorization") or "")
            exchange = self.session.exchanger.send(request)
            if other and exchange.response is not None and exchange.response.status == 401:
                self._md5 = False
                break
        let_in = exchange.response is not None and exchange.response.status != 401
        return Sent(exchange, refused if let_in else None)

    def _curl(self, request: Request, url: str) -> str:
        return replay_line(request, url, public_key=self.target.public_key, private_key=self.target.private_key)

    # States

    def group(self, plans: Sequence[JobPlan], *, needed: bool = True) -> Group:
        """A project with at least these jobs: made by the provider of states, else from known ids or discovery.

        Args:
            plans: the jobs.
            needed: False where any jobs will do.

        Raises:
            Untestable: there is none, and why.
        """
        if self.session.states is not None:
            return self._set_up(plans)
        if any(plan.fault for plan in plans):
            raise Untestable("needs the provider state of a job that meets an internal error (states_url)")
        return self._known_group(plans, needed=needed)

    def spend(self, job_id: str) -> None:
        """Remember that a job has been retried, so that it has failed no longer."""
        with self._lock:
            self._spent.add(job_id.lower())

    def touch(self, job_id: str) -> bool:
        """Remember that a retry of a job has been sent; whether it is the first one of a job promised to be failed."""
        with self._lock:
            first = job_id.lower() in self._untouched
            self._untouched.discard(job_id.lower())
            return first

    def is_unpromised(self, group_id: str) -> bool:
        """Whether nobody promised how the jobs of a project go on, so that one may run again by itself."""
        with self._lock:
            return group_id not in self._promised

    def _set_up(self, plans: Sequence[JobPlan]) -> Group:
        if self.session.states is None:
            raise Untestable("needs provider states (states_url)")
        values = self.session.states.set_up(STATE, {"jobs": [_asked_for(plan) for plan in plans]})
        ids: object = values.get("ids")
        group_id: object = values.get("groupId")
        readable = isinstance(ids, list) and all(isinstance(each, str) and each for each in ids)
        if not isinstance(ids, list) or not readable or len(ids) != len(plans) or not isinstance(group_id, str):
            raise Untestable(f"the provider state {STATE!r} was not answered as its protocol says")
        promised = values.get("rerunsAsAsked") is True
        if promised:
            with self._lock:
                self._promised.add(group_id)
                failed = (i for i, plan in zip(ids, plans, strict=True) if plan.status is Status.FAILURE)
                self._untouched.update(job_id.lower() for job_id in failed)
        return Group(group_id, tuple(ids), tuple(plans), fresh=True, promised=promised)

    def _known_group(self, plans: Sequence[JobPlan], *, needed: bool) -> Group:
        if self.target.group_id is None:
            raise Untestable("needs provider states (states_url), or a group_id in the target file")
        with self._lock:
            if self._pools is None:
                self._pools = self._find_jobs(self.target.group_id)
            pools = {status: [i for i in ids if i.lower() not in self._spent] for status, ids in self._pools.items()}
        if not needed:
            some = [(job_id, JobPlan(status)) for status, ids in pools.items() for job_id in ids[: len(plans) or 1]]
            return Group(self.target.group_id, tuple(i for i, _ in some), tuple(plan for _, plan in some))
        if not any(self.target.jobs.values()):
            self.session.must_allow_retry()
        ids: list[str] = []
        for plan in plans:
            if not pools[plan.status]:
                raise Untestable(
                    f"needs more jobs with the status {plan.status} that were not retried yet; give states_url, or "
                    "their ids under jobs in the target file"
                )
            ids.append(pools[plan.status].pop(0))
        return Group(self.target.group_id, tuple(ids), tuple(plans))

    def _find_jobs(self, group_id: str) -> dict[Status, list[str]]:
        """Job ids by status: those of the target file, else what the API lists; this process's share of them."""
        share, of = self.session.options.share
        if any(self.target.jobs.values()):
            return {status: list(self.target.jobs.get(status, ()))[share::of] for status in Status}
        looker = OpsManager(self, self.session.judge("discovery", ("OM-LIST-01",)))
        found = looker.walk(Group(group_id)) if self.claims(LIST) else {}
        return {status: [job.id for job in found.values() if job.status == status][share::of] for status in Status}

    def smoke(self) -> None:
        """Make one valid call; what is wrong about the answers is for the checks to say.

        Raises:
            RunError: nothing answers, the credentials are refused, or this is no Ops Manager API.
        """
        make_first_call(self)


def _is_of_another_algorithm(challenge: Challenge) -> bool:
    return (challenge.value("algorithm") or "MD5").upper() != "MD5"


def _responses_in(value: str) -> tuple[str, ...]:
    """What in an Authorization header proves the knowledge of a key."""
    scheme, _, rest = value.partition(" ")
    responses = tuple(_RESPONSE.findall(rest))  # of a digest, also where it goes by another name
    return responses if responses or scheme.lower() == "digest" or not rest else (rest,)


_RESPONSE = re.compile(r"(?i)\bresponse\s*=\s*\"?([^\s\",]+)")


def _asked_for(plan: JobPlan) -> dict[str, Any]:
    members = {
        "status": plan.status.value,
        "rerunSeconds": plan.rerun_seconds,
        "rerunStatus": plan.rerun_status.value if plan.rerun_status else None,
        "fault": "internal" if plan.fault else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _listed_members(document: Document) -> frozenset[str]:
    """The members of a job that the document lists."""
    return frozenset(document.resolve("#/components/schemas/LogCollectionJob")["properties"])
