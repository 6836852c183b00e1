"""Sends generated cases and makes findings of what comes back: one for each defect, with its smallest case."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from retryspec.checks import Judge, NoAnswer, NotClaimed, Untestable
from retryspec.exchange import Exchange, ReadOnly
from retryspec.properties.cases import Case
from retryspec.properties.child import GeneratorFailed, Wanted, generated
from retryspec.properties.walks import walk
from retryspec.session import Session
from retryspec.verdicts import Finding

__all__ = ["Subject", "look_at_generated"]

SIMULTANEOUS = 8
EXAMPLES = 20
THOROUGH_EXAMPLES = 200
MOST_SECONDS = 60.0
"""For the generator; it takes about two."""

ROUNDS = 10
WALKS = 200
SHARE = 0.4
"""The part of the time left that a thorough run may spend on random requests, and of the rest on walks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an API's suite knows of generated requests.

    Attributes:
        operations: the operations to call.
        known: values that the server knows, by the part of a request they belong in, such as `path.id`.
        look: sends a case, judges what came, and returns the exchange, or None for a case that is not for this server;
            it is called from several threads.
    """

    operations: Sequence[str]
    known: Mapping[str, Sequence[str]]
    look: Callable[[Judge, Case], Exchange | None]


@dataclass(frozen=True, slots=True)
class _Seen:
    case: Case
    status: int | None
    findings: tuple[Finding, ...]


def look_at_generated(judge: Judge, session: Session, subject: Subject) -> None:
    """Send what is generated from the document, and find what speaks against the server.

    The second look of a check sends again what spoke against the server in the first, with fresh states.

    Raises:
        GeneratorFailed: nothing could be generated.
        Untestable: not one request was accepted, so that the refusals say nothing.
    """
    suspects = session.kept.pop(judge.check, None)
    if isinstance(suspects, list):
        _conclude(judge, session, _sent(judge, subject, suspects))
        return
    seen = []
    for cases in _rounds(session, subject):
        seen += _sent(judge, subject, cases)
    if session.options.depth == "thorough":
        seen += _walked(judge, session, subject)
    session.kept[judge.check] = [each.case for each in seen if each.findings]
    _conclude(judge, session, seen)
    if not any(each.status is not None and each.status < 300 for each in seen):
        raise Untestable(f"not one of {len(seen)} generated requests was accepted")


def _rounds(session: Session, subject: Subject) -> Iterable[list[Case]]:
    """The cases of the document's boundaries with some random ones, and in a thorough run many more of these."""
    options = session.options
    ends_at = _end_of(session)
    wanted = Wanted(subject.operations, tuple(subject.known), options.seed, EXAMPLES)
    yield _generated(session, wanted)
    if options.depth != "thorough":
        return
    for turn in range(1, ROUNDS):
        if time.time() > ends_at:
            return
        more = replace(wanted, seed=options.seed + 1000 * turn, examples=THOROUGH_EXAMPLES, coverage=False)
        yield _generated(session, more)


def _generated(session: Session, wanted: Wanted) -> list[Case]:
    ends_at = session.options.ends_at
    left = MOST_SECONDS if ends_at is None else min(MOST_SECONDS, ends_at - time.time())
    try:
        return generated(session.document, wanted, seconds=max(left, 0.0))
    except GeneratorFailed:
        if left < MOST_SECONDS and ends_at is not None and time.time() >= ends_at:
            raise Untestable("the time for the whole run is used up (--max-time)") from None
        raise


def _end_of(session: Session) -> float:
    """When a thorough run has to be through with one of its two parts, in Unix time."""
    left = (session.options.ends_at or time.time() + MOST_SECONDS) - time.time()
    return time.time() + SHARE * left


def _sent(judge: Judge, subject: Subject, cases: Sequence[Case]) -> list[_Seen]:
    with ThreadPoolExecutor(SIMULTANEOUS) as threads:
        return list(threads.map(lambda case: _look(judge, subject, case)[0], cases))


def _look(judge: Judge, subject: Subject, case: Case) -> tuple[_Seen, Exchange | None]:
    apart = judge.apart()
    exchange = None
    try:
        exchange = subject.look(apart, case.filled(subject.known))
    except NoAnswer as stop:
        behaviour = stop.behaviour or judge.decides[0]
        apart.expect(behaviour, False, stop.exchange, expected="a whole answer", received=stop.exchange.failure)
    except (ReadOnly, NotClaimed):
        pass  # such a case is not for this run
    status = exchange.response.status if exchange and exchange.response else None
    return _Seen(case, status, tuple(apart.findings)), exchange


def _walked(judge: Judge, session: Session, subject: Subject) -> list[_Seen]:
    """Many walks along the links of the document, side by side."""
    ends_at = _end_of(session)

    def walked(number: int) -> list[_Seen]:
        seen: list[_Seen] = []

        def send(case: Case) -> Exchange | None:
            found, exchange = _look(judge, subject, case)
            seen.append(found)
            return exchange

        if time.time() < ends_at:
            for _ in walk(session.document, subject.operations, subject.known, session.options.seed + number, send):
                pass
        return seen

    with ThreadPoolExecutor(SIMULTANEOUS) as threads:
        return [each for seen in threads.map(walked, range(WALKS)) for each in seen]


def _conclude(judge: Judge, session: Session, seen: Sequence[_Seen]) -> None:
    for each in seen:
        if each.status is not None:
            judge.reach(each.case.operation, each.status)
    groups: dict[tuple[object, ...], list[tuple[Case, Finding]]] = {}
    for each in seen:
        for finding in each.findings:
            status = finding.exchange.status if finding.exchange else None
            key = (finding.behaviour, finding.strength, each.case.operation, status)
            groups.setdefault(key, []).append((each.case, finding))
    for group in groups.values():
        case, finding = min(group, key=lambda pair: (pair[0].size, pair[0].number))
        how_many = (
            f"{len(group)} of {len(seen)} generated requests show it" if len(group) > 1 else "one generated request"
        )
        note = f"{how_many}, --seed {session.options.seed}; this one: {case.about}"
        judge.take(replace(finding, received=f"{finding.received} ({note})"))
