"""A server of the VCF API: signing in, states, and the first call that shows whether the set-up is right."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from retryspec.checks import Judge, Untestable
from retryspec.documents import Document, load_document
from retryspec.errors import RunError
from retryspec.exchange import Exchange, Request, Response
from retryspec.session import RunOptions, Session
from retryspec.shape import BadJson, parse_json
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.replay import replay_line
from retryspec.suite.vcf.shape import GET, LIST, RETRY
from retryspec.suite.vcf.target import VcfTarget, read_vcf_target
from retryspec.target import Table

__all__ = ["LOGIN_PATH", "REFRESH_PATH", "VcfConnection", "connect"]

STATE = "tasks"
TASKS_PATH = "/v1/tasks"
LOGIN_PATH = "/v1/tokens"
REFRESH_PATH = "/v1/tokens/access-token/refresh"

MOST_READ = 64 * 1024
MOST_TOKENS = 20
"""Bytes of a body that are searched for tokens, and how many are taken for one."""

_LONG_WORD = re.compile(r"[\w.~+/=-]{16,4096}")


def connect(table: Table, options: RunOptions) -> "VcfConnection":
    """Connect to the server that the `[vcf]` table names."""
    return VcfConnection(read_vcf_target(table, load_document("vcf")), options)


class VcfConnection:
    """One server of the VCF API, shared by the checks of a process."""

    def __init__(self, target: VcfTarget, options: RunOptions) -> None:
        self.target = target
        document = load_document("vcf")
        secrets = tuple(secret for secret in (target.password, target.token) if secret)
        self.session = Session(document, target.claim, options, secrets=secrets, curl=self._curl)
        self.listed_members = _listed_members(document)
        self._token: str | None = target.token
        self._login: Exchange | None = None
        self._pools: dict[Meaning, list[str]] | None = None
        self._spent: set[str] = set()
        self._in_vain: dict[str, int] = {}
        self._lock = threading.RLock()

    def handle(self, judge: Judge) -> Vcf:
        """What a check is given."""
        return Vcf(self, judge)

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        return operation in self.target.claim.operations

    # Over the wire

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Request:
        """A request with a valid access token, unless it is one for tokens.

        Args:
            method: the method.
            path: what follows the base URL, percent-encoded.
            body: the body, if there is one.
            headers: headers to add or, with None, to leave out.
            secrets: what else must not be shown.
        """
        signs_in = path in (LOGIN_PATH, REFRESH_PATH)
        changed = {name.lower() for name in headers or {}}
        given = {"Host": self.target.claim.origin.netloc, "Accept": "application/json"}
        if signs_in:
            given["Content-Type"] = "application/json"
        elif "authorization" not in changed:
            given["Authorization"] = f"Bearer {self.token()}"
        given |= dict(self.target.claim.headers)
        sent = {name: value for name, value in given.items() if name.lower() not in changed}
        sent |= {name: value for name, value in (headers or {}).items() if value is not None}
        known = (*secrets, self._token) if self._token else secrets
        target = self.target.claim.base_path + path
        return Request(method, target, tuple(sent.items()), body, signs_in=signs_in, secrets=known)

    def send(self, request: Request) -> Exchange:
        """Send one request; the tokens of its answer are secrets from then on."""
        exchange = with_its_tokens(self.session.exchanger.send(request))
        if exchange.request is not request:
            self.session.learn_secrets(exchange.request.secrets)
        return exchange

    def token(self) -> str:
        """A valid access token, from the target file or from signing in once.

        Raises:
            Untestable: signing in gave none.
        """
        with self._lock:
            if self._token is None and self._login is None:
                self._login = self.send(self.login_request())
                self._token = _token_in(self._login.response)
            if self._token is not None:
                return self._token
        response = self._login.response if self._login else None
        if response is not None and 200 <= response.status < 300:
            raise Untestable("signing in gave no access token", because="VCF-AUTH-03")
        raise Untestable("signing in was refused", because="VCF-AUTH-02")

    def login_request(self) -> Request:
        """The request that signs the target's user in."""
        spec = {"username": self.target.username, "password": self.target.password}
        return self.request("POST", LOGIN_PATH, json.dumps(spec).encode())

    def _curl(self, request: Request, url: str) -> str:
        return replay_line(self.target, self._token, request, url, login_path=LOGIN_PATH)

    # States

    def batch(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to retry: made by the provider of states, else of the ids that the target file gives.

        Tasks that were only found in a list are retried only if that was allowed: on a live appliance it is real work.

        Raises:
            Untestable: there are none, and why.
        """
        if self.session.states is not None:
            return self._set_up(plans)
        if any(plan.fault for plan in plans):
            raise Untestable("needs the provider state of a task that meets an internal error (states_url)")
        return self._known_batch(plans)

    def readable_batch(self, plans: Sequence[TaskPlan]) -> Batch:
        """Tasks to look at: made by the provider of states, else known ids, else those that the API lists.

        Raises:
            Untestable: there are none.
        """
        if self.session.states is not None:
            return self._set_up(plans)
        with self._lock:
            pools = self._known_pools()
            if not any(pools.values()):
                pools = self._discovered()
        found = [(task_id, TaskPlan(meaning)) for meaning, ids in pools.items() for task_id in ids[: len(plans)]]
        if not found:
            raise Untestable(
                "there is no task to look at: needs states_url, tasks in the target file, or a list of some"
            )
        return Batch(tuple(task_id for task_id, _ in found), tuple(plan for _, plan in found))

    def settled(self, what: str, holds: Callable[[], bool]) -> bool:
        """Look until something holds, for the settling time; once only where waiting for it has been in vain twice.

        A server on which a retry never shows would otherwise be waited for in each check.
        """
        with self._lock:
            hopeless = self._in_vain.get(what, 0) > 1
        came = holds() if hopeless else self.session.settled(holds)
        if not came:
            with self._lock:
                self._in_vain[what] = self._in_vain.get(what, 0) + 1
        return came

    def spend(self, task_id: str) -> None:
        """Remember that a known task is no longer what it was, as after a retry."""
        with self._lock:
            self._spent.add(task_id)

    def _set_up(self, plans: Sequence[TaskPlan]) -> Batch:
        if self.session.states is None:
            raise Untestable("needs provider states (states_url)")
        mark = f"check-{uuid4().hex[:12]}"
        params = {"tasks": [_asked_for(plan, f"{mark} number {place}") for place, plan in enumerate(plans)]}
        values = self.session.states.set_up(STATE, params)
        ids: object = values.get("ids")
        readable = isinstance(ids, list) and all(isinstance(each, str) and each for each in ids)
        if not isinstance(ids, list) or not readable or len(ids) != len(plans):
            raise Untestable(f"the provider state {STATE!r} was not answered as its protocol says")
        return Batch(tuple(ids), tuple(plans), fresh=True, promised=values.get("rerunsAsAsked") is True, mark=mark)

    def _known_batch(self, plans: Sequence[TaskPlan]) -> Batch:
        if not any(self.target.tasks.values()):
            self.session.must_allow_retry()
        with self._lock:
            known = self._known_pools() if any(self.target.tasks.values()) else self._discovered()
            pools = {meaning: iter([each for each in ids if each not in self._spent]) for meaning, ids in known.items()}
        ids = [next(pools[plan.meaning], None) for plan in plans]
        missing = sorted({plan.meaning for task_id, plan in zip(ids, plans, strict=True) if task_id is None})
        if missing:
            raise Untestable(
                f"needs more tasks that are {', '.join(missing)} and were not retried yet; "
                "give states_url, or their ids under tasks in the target file"
            )
        return Batch(tuple(task_id for task_id in ids if task_id is not None), tuple(plans))

    def _known_pools(self) -> dict[Meaning, list[str]]:
        """This process's share of the ids that the target file gives."""
        share, of = self.session.options.share
        return {meaning: list(self.target.tasks.get(meaning, ()))[share::of] for meaning in Meaning}

    def _discovered(self) -> dict[Meaning, list[str]]:
        if self._pools is None:
            looker = Vcf(self, self.session.judge("discovery", ("VCF-LIST-01",)))
            listed = looker.list().page if self.claims(LIST) else None
            tasks = listed.tasks if listed else ()
            share, of = self.session.options.share
            self._pools = {
                meaning: [task.id for task in tasks if task.meaning is meaning][share::of] for meaning in Meaning
            }
        return self._pools

    # Smoke

    def smoke(self) -> None:
        """Sign in and make one valid call; what is wrong about the answers is for the checks to say.

        Raises:
            RunError: nothing answers, the credentials are refused, or this is no VCF API.
        """
        self._smoke_login()
        if self.session.states is not None:
            self._smoke_batch()
        exchanges = []
        for request in self._smoke_requests():
            exchange = self.send(request)
            if exchange.response is not None and 200 <= exchange.response.status < 300:
                return
            exchanges.append(exchange)
            if exchange.response is None:
                break
        if exchanges:
            raise RunError(self._what_is_wrong(exchanges[0]))

    def _smoke_login(self) -> None:
        try:
            self.token()
        except Untestable:
            response = self._login.response if self._login else None
            if response is not None and 200 <= response.status < 300:
                return  # without a token in it, which the checks of signing in will find
            if self._login is not None:
                raise RunError(self._what_is_wrong(self._login, signing_in=True)) from None

    def _smoke_requests(self) -> Iterator[Request]:
        """Valid calls, one after the other until one succeeds."""
        try:
            self.token()
        except Untestable:
            return
        if self.claims(LIST):
            yield self.request("GET", TASKS_PATH)
        batch = self._smoke_batch()
        known = (*batch.ids, *(task_id for ids in self.target.tasks.values() for task_id in ids[:1]))
        if self.claims(GET):
            yield from (self.request("GET", f"{TASKS_PATH}/{task_id}") for task_id in known)
        if self.claims(RETRY) and not self.claims(GET) and not self.session.options.read_only and batch.ids:
            self.spend(batch.ids[0])
            yield self.request("PATCH", f"{TASKS_PATH}/{batch.ids[0]}", b"")

    def _smoke_batch(self) -> Batch:
        try:
            return self.batch([TaskPlan(Meaning.FAILED)])
        except Untestable as problem:
            if self.session.states is not None:
                raise RunError(f"vcf: {self.target.claim.states_url}: {problem}.") from None
            return Batch((), ())

    def _what_is_wrong(self, exchange: Exchange, *, signing_in: bool = False) -> str:
        url, response = self.target.claim.base_url, exchange.response
        if response is None:
            return f"vcf: {url} gives no answer: {exchange.failure}. Is the server running, and base_url right?"
        shown = self.session.shown(response.body[:200].decode("utf-8", "replace"), exchange)
        if response.status in (401, 403) or (signing_in and response.status == 400):
            keys = "token" if self.target.token else "username and password"
            return f"vcf: {url} refuses the credentials ({response.status} {shown}). See {keys} in the target file."
        call = "a login" if signing_in else "a valid call"
        return (
            f"vcf: {url} does not answer {call} with success but with {response.status} {shown}. "
            "See base_url in the target file."
        )


def with_its_tokens(exchange: Exchange) -> Exchange:
    """An exchange, with the tokens that its answer gives among the secrets."""
    request, response = exchange.request, exchange.response
    if not request.signs_in or response is None or response.status >= 300:
        return exchange
    return replace(exchange, request=replace(request, secrets=(*request.secrets, *_texts_in(response.body))))


def _texts_in(body: bytes) -> list[str]:
    """The strings of a body that may be tokens, wherever they stand: the long ones, if nothing better is known."""
    try:
        waiting = [("", parse_json(body))]
    except BadJson:
        return _LONG_WORD.findall(body[:MOST_READ].decode("utf-8", "replace"))[:MOST_TOKENS]
    found: list[str] = []
    while waiting and len(found) < MOST_TOKENS:
        name, value = waiting.pop()
        if isinstance(value, str) and (name in ("accessToken", "id") or _LONG_WORD.search(value)):
            found.append(value)
        elif isinstance(value, dict):
            waiting += list(value.items())
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
    return found


def _token_in(response: Response | None) -> str | None:
    """The access token of an answer to a login, where it has one that can be sent."""
    if response is None or not 200 <= response.status < 300:
        return None
    try:
        body = parse_json(response.body)
    except BadJson:
        return None
    token = body.get("accessToken") if isinstance(body, dict) else None
    usable = isinstance(token, str) and token.isascii() and token.isprintable() and token.strip() == token
    return token if usable and token else None


def _listed_members(document: Document) -> frozenset[str]:
    """The names of all members that the document lists of any object."""
    schemas: Mapping[str, Any] = document.content["components"]["schemas"]
    return frozenset(name for schema in schemas.values() for name in schema.get("properties", {}))


def _asked_for(plan: TaskPlan, name: str) -> dict[str, Any]:
    members = {
        "status": plan.meaning.value,
        "name": name,
        "rerunSeconds": plan.rerun_seconds,
        "rerunStatus": plan.rerun_status,
        "fault": "internal" if plan.fault else None,
    }
    return {member: value for member, value in members.items() if value is not None}
