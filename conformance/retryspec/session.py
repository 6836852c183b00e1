"""One API of a run, as one process sees it: the document, the way over the wire, what may be shown of it.

Each API's suite is a package `retryspec.suite.<slug>` with a function `connect(table, options) -> Connection`;
everything that is not particular to an API is here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from retryspec.checks import Judge, Untestable
from retryspec.documents import Document
from retryspec.exchange import Exchange, Exchanger, Request
from retryspec.pace import pace_of
from retryspec.redaction import Redactor, memory_of
from retryspec.shape import Shape
from retryspec.states import ProviderStates
from retryspec.target import Claim, Table
from retryspec.verdicts import ExchangeRecord

__all__ = ["Connection", "RunOptions", "Session", "connect"]

MOST_SHOWN = 64 * 1024
"""Characters of a body that go into a report."""

MOST_HEADERS = 200
"""Headers of an answer that go into a report."""

MOST_QUOTED = 200
"""Characters of a body that go into a sentence."""

MARGIN = 16 * 1024
"""Characters beyond these that are looked at, so that no secret is cut before it is found."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What holds for a whole run.

    `timeout` is for one exchange and `settle` for a state to show, in seconds; `ends_at` is Unix time.
    """

    timeout: float = 10.0
    settle: float = 5.0
    ends_at: float | None = None
    read_only: bool = False
    allow_retry: bool = False
    """Whether tasks may be retried that nobody named, but that the API itself lists."""
    rate: float | None = None
    """The most requests of this process in a second."""
    seed: int = 1
    depth: str = "standard"
    share: tuple[int, int] = (0, 1)
    """Which of how many processes this is: known ids are divided between them."""


class Session:
    """What the checks of one API share: one server, one document, one exchange layer."""

    def __init__(
        self,
        document: Document,
        claim: Claim,
        options: RunOptions,
        *,
        secrets: tuple[str, ...],
        public: tuple[str, ...] = (),
        curl: Callable[[Request, str], str],
    ) -> None:
        self.document = document
        self.claim = claim
        self.options = options
        self.shape = Shape(document)
        self.kept: dict[str, object] = {}
        """What the first look of a check keeps for its second, by check."""
        self._memory = memory_of(claim.base_url)
        self._redactor = Redactor((*secrets, *claim.secrets), self._memory, public=public)
        self.exchanger = self._exchanger(claim.base_url)
        self.states = self._provider_states()
        self._curl = curl
        self._recorded: tuple[Exchange, ExchangeRecord] | None = None
        """The last exchange that was recorded."""

    def close(self) -> None:
        """Close every connection."""
        self.exchanger.close()
        if self.states is not None:
            self.states.close()

    def judge(self, check: str, decides: tuple[str, ...]) -> Judge:
        """The judge of one look at this server."""
        return Judge(check, decides, self.document.behaviours, self.record, self.shown)

    def shown(self, text: str, exchange: Exchange | None = None) -> str:
        """A text as it may be shown: secrets replaced, also those of an exchange and its Authorization, and cut."""
        request = exchange.request if exchange else None
        sent = [value for name, value in request.headers if name.lower() == "authorization"] if request else []
        return self._shown(text, request.secrets if request else (), whole=sent)

    def start_of_body(self, exchange: Exchange) -> str:
        """The first characters of an answer's body, as they may be shown; cut once the secrets are out."""
        body = exchange.response.body if exchange.response else b""
        return self.shown(body[:MARGIN].decode("utf-8", "replace"), exchange)[:MOST_QUOTED]

    def _shown(self, text: str, secrets: Iterable[str], *, whole: Iterable[str] = ()) -> str:
        # A lone surrogate is valid in a JSON escape and in no UTF-8 file.
        clean = text[: MOST_SHOWN + MARGIN].encode("utf-8", "replace").decode("utf-8")
        found = self._redactor.text(clean, secrets, whole=whole)
        return found[: min(MOST_SHOWN, len(found) - MARGIN)] if len(text) > MOST_SHOWN + MARGIN else found[:MOST_SHOWN]

    def learn_secrets(self, secrets: Iterable[str]) -> None:
        """Keep further values out of everything that is shown, such as a token that the server has given."""
        self._memory.add(secrets)

    def learned_secrets(self) -> list[str]:
        """What must not be shown and came up in this process, such as the signatures that it made."""
        return self._memory.remembered()

    def record(self, exchange: Exchange) -> ExchangeRecord:
        """An exchange as it may be shown: secrets replaced, bodies cut."""
        # Most findings are about the exchange that the one before was about.
        last = self._recorded
        if last is None or last[0] is not exchange:
            last = self._recorded = (exchange, self._record(exchange))
        return last[1]

    def _record(self, exchange: Exchange) -> ExchangeRecord:
        request, response = exchange.request, exchange.response
        url = f"{self.claim.origin.scheme}://{self.claim.origin.netloc.rpartition('@')[2]}{request.target}"
        received = response.headers if response else ()
        body = response.body[: 4 * (MOST_SHOWN + MARGIN) + 4] if response else b""

        def shown(text: str) -> str:
            return self.shown(text, exchange)

        def sent(text: str) -> str:
            # What a request says beside its secrets is what one has to know about it.
            return self._shown(text, request.secrets)

        return ExchangeRecord(
            method=request.method,
            url=sent(url),
            request_headers=tuple((sent(name), sent(value)) for name, value in request.headers),
            request_body=sent((request.body or b"").decode("utf-8", "replace")),
            status=response.status if response else None,
            response_headers=tuple((shown(name), shown(value)) for name, value in received[:MOST_HEADERS]),
            response_body=shown(body.decode("utf-8", "replace")),
            seconds=round(response.seconds, 4) if response else None,
            failure=shown(exchange.failure) if exchange.failure else None,
            curl=sent(self._curl(request, url)),
        )

    def must_allow_retry(self) -> None:
        """Say that what the API lists may be retried: nobody named it, and it may be somebody's work.

        Raises:
            Untestable: it may not.
        """
        if not self.options.allow_retry:
            raise Untestable(
                "needs tasks to retry: give states_url, or ids in the target file, or --allow-retry for what is listed"
            )

    def settled(self, holds: Callable[[], bool], *, least: float = 0.0) -> bool:
        """Look until something holds, for the settling time at the longest, or for `least` seconds if that is more."""
        deadline = time.monotonic() + max(self.options.settle, least)
        pause = 0.01
        while not holds():
            if time.monotonic() + pause > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
        return True

    def _exchanger(self, url: str) -> Exchanger:
        ends_at = self.options.ends_at
        return Exchanger(
            urlsplit(url),
            timeout=self.options.timeout,
            ends_at=None if ends_at is None else time.monotonic() + ends_at - time.time(),
            verify_tls=self.claim.verify_tls,
            read_only=self.options.read_only,
            pace=pace_of(self.options.rate) if self.options.rate else None,
            memory=self._memory,
        )

    def _provider_states(self) -> ProviderStates | None:
        # To set up a state is to change something, so a run that may only read has to do without.
        if self.claim.states_url is None or self.options.read_only:
            return None
        return ProviderStates(self.claim.states_url, self._exchanger(self.claim.states_url))


class Connection(Protocol):
    """One API's suite, connected to a server."""

    session: Session

    def handle(self, judge: Judge) -> Any:
        """What a check of this API is given."""

    def smoke(self) -> None:
        """One valid call: reachable, credentials accepted, base path right.

        Raises:
            RunError: the set-up is wrong, so that a run would say nothing about the server.
        """


def connect(table: Table, options: RunOptions) -> Connection:
    """Connect an API's suite to the server that a target's table names.

    Raises:
        UsageError: the table is wrong, or no API has that slug.
    """
    connection: Connection = import_module(f"retryspec.suite.{table.name}").connect(table, options)
    return connection


def suite_folder(slug: str) -> Path:
    """Where the checks of an API are."""
    return Path(__file__).parent / "suite" / slug
