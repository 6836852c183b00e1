"""How a check is written and conducted.

A check is a function that names the behaviours it decides, brings a server into a state, looks, and says what
it expects:

    @decides("SLS-GET-05")
    def test_from_not_before_to_is_refused(sls: Sls) -> None:
        ...
        sls.judge.expect("SLS-GET-05", answer.status == 400, answer, expected="400 ParameterInvalid")

An expectation that does not hold becomes a finding and the check goes on, so that one run shows all there is to see.
What a check builds on may be broken already: then it stops with `Untestable`, and the rest is untested.
A behaviour passes only where at least one expectation about it was looked at.

Before a server is accused, the check is conducted once more, with fresh state.
A finding that does not show again is unstable; one that is conclusive by itself needs no second look.
"""

import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from retryspec.behaviours import Behaviour, Level
from retryspec.errors import RetryspecError
from retryspec.exchange import Exchange, ReadOnly
from retryspec.verdicts import CheckResult, ExchangeRecord, Finding, Strength, unstable

__all__ = [
    "Judge",
    "NoAnswer",
    "NotClaimed",
    "NotConcerned",
    "Untestable",
    "alone",
    "conduct",
    "decided_by",
    "decides",
    "in_background",
    "takes_time",
]

MOST_FINDINGS = 5
"""Findings kept of one check about one behaviour: more of the same helps nobody."""

MOST_DESCRIBED = 64 * 1024
MOST_RECEIVED = 240
"""Bytes of an answer that are looked at, and characters that are shown, where a finding says what came."""

Function = TypeVar("Function", bound=Callable[..., None])


class Untestable(Exception):
    """Raised by a check that cannot go on.

    Args:
        reason: what was missing.
        because: the behaviour whose breach is in the way, if it is one.
    """

    def __init__(self, reason: str, *, because: str | None = None) -> None:
        super().__init__(f"because {because}: {reason}" if because else reason)


class NotClaimed(Exception):
    """Raised instead of calling an operation that the target does not claim."""


class NotConcerned(Exception):
    """Raised by a check that turns out not to concern this server at all."""


class NoAnswer(Exception):
    """Raised when a request that needs an answer got none.

    Args:
        exchange: the request and what became of it.
        behaviour: what that speaks against; by default the check's main behaviour.
    """

    def __init__(self, exchange: Exchange, behaviour: str | None = None) -> None:
        super().__init__(exchange.failure)
        self.exchange = exchange
        self.behaviour = behaviour


def decides(*behaviours: str) -> Callable[[Function], Function]:
    """Mark a function as the check that decides these behaviours; the first is its main one."""

    def mark(function: Function) -> Function:
        function.__dict__["decides"] = behaviours
        return function

    return mark


def decided_by(function: Callable[..., object]) -> tuple[str, ...]:
    """The behaviours that a function decides; none if it is no check."""
    behaviours: tuple[str, ...] = getattr(function, "decides", ())
    return behaviours


def in_background(function: Function) -> Function:
    """Mark a check that mostly waits, so that it is started first and looked at last."""
    function.__dict__["in_background"] = True
    return function


def alone(function: Function) -> Function:
    """Mark a check of what follows from what, so that it runs before the others and none of them comes in between."""
    function.__dict__["alone"] = True
    return function


def takes_time(function: Function) -> Function:
    """Mark a check that takes seconds, so that a quick run leaves it out."""
    function.__dict__["takes_time"] = True
    return function


class Judge:
    """Collects what one look at a server shows; safe to use from several threads.

    Args:
        check: the identity of the check.
        decides: the behaviours it decides.
        behaviours: the catalogue of the API.
        record: makes the redacted record of an exchange.
        shown: makes a text fit to be shown that comes from an exchange.
    """

    def __init__(
        self,
        check: str,
        decides: tuple[str, ...],
        behaviours: Mapping[str, Behaviour],
        record: Callable[[Exchange], ExchangeRecord],
        shown: Callable[[str, Exchange | None], str] = lambda text, _: text,
    ) -> None:
        self.check = check
        self.decides = decides
        self.observed: set[str] = set()
        self.left_out: set[str] = set()
        self.findings: list[Finding] = []
        self.reached: dict[str, Counter[int]] = {}
        self._behaviours = behaviours
        self._record = record
        self._shown = shown
        self._lock = threading.Lock()

    def expect(
        self,
        behaviour: str,
        holds: bool,
        exchange: Exchange | None = None,
        *,
        expected: str,
        received: str | None = None,
        strict: bool = True,
        conclusive: bool = False,
    ) -> bool:
        """Look at one expectation about a behaviour and say whether it holds.

        Args:
            behaviour: the id it is about.
            holds: whether the server did as expected.
            exchange: where it shows.
            expected: what the contract asks for, in words.
            received: what came, in words; by default the answer's status and the start of its body.
            strict: False where the contract leaves room and only a warning is due.
            conclusive: True where this one look proves the breach.
        """
        with self._lock:
            self.observed.add(behaviour)
            if holds:
                return True
            if sum(finding.behaviour == behaviour for finding in self.findings) >= MOST_FINDINGS:
                return False
            self.findings.append(
                Finding(
                    behaviour=behaviour,
                    check=self.check,
                    strength=self._strength(behaviour, strict),
                    expected=self._shown(expected, exchange),
                    received=self._received(received, exchange),
                    exchange=self._record(exchange) if exchange else None,
                    conclusive=conclusive,
                )
            )
            return False

    def leave_out(self, behaviour: str) -> None:
        """Say that this check does not concern a behaviour after all, as things turned out."""
        with self._lock:
            self.left_out.add(behaviour)

    def leave_out_the_rest(self) -> None:
        """Say that what was not looked at did not come about, in a check whose course is drawn at random."""
        with self._lock:
            self.left_out |= {*self.decides} - self.observed

    def _received(self, received: str | None, exchange: Exchange | None) -> str:
        if received is not None:
            return self._shown(received, exchange)
        return self._shown(describe(exchange), exchange)[:MOST_RECEIVED]

    def apart(self) -> "Judge":
        """A judge of the same check that has seen nothing yet."""
        return Judge(self.check, self.decides, self._behaviours, self._record, self._shown)

    def take(self, finding: Finding) -> None:
        """Take over what a judge found that looked at a part."""
        with self._lock:
            self.observed.add(finding.behaviour)
            if sum(each.behaviour == finding.behaviour for each in self.findings) < MOST_FINDINGS:
                self.findings.append(finding)

    def reach(self, operation: str, status: int) -> None:
        """Count a generated request that was answered."""
        with self._lock:
            self.reached.setdefault(operation, Counter())[status] += 1

    def has_finding(self, behaviour: str) -> bool:
        """Whether something speaks against a behaviour already."""
        return any(finding.behaviour == behaviour for finding in self.findings)

    def _strength(self, behaviour: str, strict: bool) -> Strength:
        level = self._behaviours[behaviour].level
        if level is Level.MAY:
            return Strength.NOTE
        return Strength.STRICT if strict and level is Level.MUST else Strength.SHOULD


def describe(exchange: Exchange | None) -> str:
    """What came back; the body is whole, so that what is secret in it can be found before it is cut."""
    if exchange is None:
        return "nothing was sent"
    if exchange.response is None:
        return exchange.failure or "no answer"
    body = exchange.response.body[:MOST_DESCRIBED].decode("utf-8", "replace")
    return f"{exchange.response.status} {body}".rstrip() if body else f"{exchange.response.status} without a body"


def conduct(new_judge: Callable[[], Judge], check: Callable[[Judge], None]) -> CheckResult:
    """Conduct a check, and once more with fresh state where its findings ask for a second look.

    Args:
        new_judge: makes the judge of one look.
        check: the check, to be called with that judge.
    """
    first = _look(new_judge(), check)
    if first.error or all(finding.conclusive for finding in first.findings):
        return first
    second = _look(new_judge(), check)
    if second.error:
        return second
    again = {finding.behaviour for finding in second.findings}
    before = {finding.behaviour for finding in first.findings}
    if second.untested or second.skipped:
        # A second look that stopped before it came to a behaviour takes nothing back: known tasks may be used up.
        again |= before - second.observed
    kept = [f if f.conclusive or f.behaviour in again else replace(f, stable=False) for f in first.findings]
    new = [finding for finding in second.findings if finding.behaviour not in before]
    kept += [finding for finding in new if finding.conclusive]
    kept += unstable(finding for finding in new if not finding.conclusive)
    return replace(
        first,
        observed=first.observed | second.observed,
        findings=tuple(kept),
        untested=second.untested,
        skipped=second.skipped,
        unanswered=second.unanswered,
        seconds=first.seconds + second.seconds,
    )


def _look(judge: Judge, check: Callable[[Judge], None]) -> CheckResult:
    started = time.monotonic()
    untested: str | None = None
    skipped: str | None = None
    error: str | None = None
    unanswered = False
    try:
        check(judge)
    except Untestable as stop:
        untested = str(stop)
    except (NotClaimed, ReadOnly) as stop:
        skipped = str(stop)
    except NotConcerned:
        judge.left_out.update(judge.decides)
    except NoAnswer as stop:
        behaviour = stop.behaviour or judge.decides[0]
        judge.expect(behaviour, False, stop.exchange, expected="a whole answer", received=stop.exchange.failure)
        untested = f"because {behaviour}: {stop.exchange.failure}"
        unanswered = stop.exchange.began is None
    except RetryspecError as stop:
        untested = str(stop)
    except Exception:  # Whatever else goes wrong is the suite's own fault, and must be shown as such.
        error = traceback.format_exc()
    return CheckResult(
        check=judge.check,
        decides=judge.decides,
        observed=frozenset(judge.observed),
        left_out=frozenset(judge.left_out),
        findings=tuple(judge.findings),
        untested=untested,
        skipped=skipped,
        error=error,
        unanswered=unanswered,
        reached={operation: dict(statuses) for operation, statuses in judge.reached.items()},
        seconds=time.monotonic() - started,
    )
