"""The way to a server of the VCF API: signing in, and requests with a token."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retryspec.checks import Untestable
from retryspec.documents import Document, load_document
from retryspec.exchange import Exchange, Request, Response
from retryspec.session import RunOptions, Session
from retryspec.shape import BadJson, parse_json
from retryspec.suite.vcf.replay import replay_line
from retryspec.suite.vcf.target import VcfTarget

__all__ = ["TASKS_PATH", "Headers", "Wire"]

TASKS_PATH = "/v1/tasks"
LOGIN_PATH = "/v1/tokens"
REFRESH_PATH = "/v1/tokens/access-token/refresh"

TOKEN_LASTS = 60.0
"""Seconds for which every access token is good. No source says how long one is, an example has an hour (Lifetimes)."""

MOST_READ = 64 * 1024
MOST_TOKENS = 20
"""Bytes of a body that are searched for tokens, and how many are taken for one."""

_LONG_WORD = re.compile(r"[\w.~+/=-]{16,4096}")

Headers = Mapping[str, str | None]


class Wire:
    """Gives requests for one server a token and sends them; safe to use from several threads."""

    def __init__(self, target: VcfTarget, options: RunOptions) -> None:
        self.target = target
        document = load_document("vcf")
        secrets = tuple(secret for secret in (target.password, target.token) if secret)
        public = (target.username or "", "VCF_PASSWORD", "VCF_TOKEN")
        self.session = Session(document, target.claim, options, secrets=secrets, public=public, curl=self._curl)
        self.listed_members = _listed_members(document)
        self.login: Exchange | None = None
        """How signing in went, once it was tried."""
        self._token: str | None = target.token
        self._signed_in = time.monotonic()
        self._expired: set[str] = set()
        """What was sent as Authorization with tokens of which a newer one has taken the place."""
        self._in_vain: dict[str, int] = {}
        self._lock = threading.RLock()

    def claims(self, operation: str) -> bool:
        """Whether the target says that it has an operation."""
        return operation in self.target.claim.operations

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: Headers | None = None,
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
        return self._finished(self.session.exchanger.send(request))

    def send_side_by_side(self, requests: Sequence[Request]) -> Sequence[Exchange]:
        """Send requests that do not depend on each other, as `send` does; the answers come in their order."""
        return [self._finished(exchange) for exchange in self.session.exchanger.send_side_by_side(requests)]

    def _finished(self, exchange: Exchange) -> Exchange:
        exchange = self._learned(exchange)
        again = self._with_new_token(exchange)
        return exchange if again is None else self._learned(self.session.exchanger.send(again))

    def _with_new_token(self, exchange: Exchange) -> Request | None:
        """The request with another token, where the one it had has been good for a while and is so no longer."""
        request, response = exchange.request, exchange.response
        mine = request.header("Authorization")
        if response is None or response.status != 401 or mine is None or self.target.token is not None:
            return None
        with self._lock:
            if mine == f"Bearer {self._token}" and time.monotonic() - self._signed_in >= TOKEN_LASTS:
                self._token = self.login = None
            elif mine not in self._expired:
                return None
            self._expired.add(mine)
            fresh = f"Bearer {self.token()}"
        headers = tuple((name, fresh if value == mine else value) for name, value in request.headers)
        return replace(request, headers=headers, secrets=(*request.secrets, fresh.removeprefix("Bearer ")))

    def _learned(self, exchange: Exchange) -> Exchange:
        learned = with_its_tokens(exchange)
        if learned is not exchange:
            self.session.learn_secrets(learned.request.secrets)
        return learned

    def token(self) -> str:
        """A valid access token, from the target file or from signing in once.

        Raises:
            Untestable: signing in gave none.
        """
        with self._lock:
            if self._token is None and self.login is None:
                self.login = self.send(self.login_request())
                self._token = _token_in(self.login.response)
                self._signed_in = time.monotonic()
            if self._token is not None:
                return self._token
        response = self.login.response if self.login else None
        if response is not None and 200 <= response.status < 300:
            raise Untestable("signing in gave no access token", because="VCF-AUTH-03")
        raise Untestable("signing in was refused", because="VCF-AUTH-02")

    def another_token(self) -> str:
        """A valid access token of another client, from signing in once more.

        Raises:
            Untestable: the target has no user's name, or signing in gave none.
        """
        if self.target.username is None:
            raise Untestable("needs username and password in the target file")
        token = _token_in(self.send(self.login_request()).response)
        if token is None:
            raise Untestable("signing in gave no access token", because="VCF-AUTH-03")
        return token

    def login_request(self) -> Request:
        """The request that signs the target's user in."""
        spec = {"username": self.target.username, "password": self.target.password}
        return self.request("POST", LOGIN_PATH, json.dumps(spec).encode())

    def _curl(self, request: Request, url: str) -> str:
        return replay_line(self.target, self._token, request, url, login_path=LOGIN_PATH)

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
    named: list[str] = []
    long: list[str] = []
    while waiting and len(named) < MOST_TOKENS:
        name, value = waiting.pop()
        if isinstance(value, str) and name in ("accessToken", "id"):
            named.append(value)
        elif isinstance(value, str) and len(long) < MOST_TOKENS and _LONG_WORD.search(value):
            long.append(value)
        elif isinstance(value, dict):
            waiting += list(value.items())
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
    return named + long


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
