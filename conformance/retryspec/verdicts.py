"""What a check found, and what follows from it for a behaviour, an API and a run.

    finding ─▶ check result ─▶ behaviour's outcome ─▶ API's verdict ─▶ exit code

Everything here is a value or a function over values; nothing here talks to a server.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, cast

from retryspec.behaviours import Behaviour, Level

__all__ = [
    "ELSEWHERE",
    "KNOWN_DEVIATION",
    "NO_CHECK_RAN",
    "PARTLY",
    "UNOBSERVABLE",
    "BehaviourResult",
    "CheckResult",
    "ExchangeRecord",
    "Finding",
    "Outcome",
    "Strength",
    "Verdict",
    "api_verdict",
    "judge_behaviours",
    "too_few",
    "with_texts",
]

Value = TypeVar("Value")


class Outcome(StrEnum):
    """What became of a behaviour."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    UNSTABLE = "unstable"
    UNTESTED = "untested"
    SKIPPED = "skipped"
    ERROR = "error"


class Verdict(StrEnum):
    """What is said of one API of a server, or of a whole run."""

    CONFORMS = "conforms"
    BREAKS = "breaks"
    INCOMPLETE = "incomplete"


class Strength(StrEnum):
    """How far a single observation goes: it fails a server, it warns, or it is only noted."""

    STRICT = "strict"
    SHOULD = "should"
    NOTE = "note"


NO_CHECK_RAN = "no check ran"
"""The reason of a behaviour that a whole run has no check for."""

ELSEWHERE = "its checks are not in this part of the run"
"""The reason of a behaviour that a part of a run has no check for."""

KNOWN_DEVIATION = "known deviation: "
"""What the reason of a behaviour begins with whose failure the target file names."""

UNOBSERVABLE = "unobservable: "
"""What the reason of a behaviour begins with that no answer can show."""

PARTLY = " checks passed; the rest: "
"""What the reason of a behaviour holds of which some checks passed and others could not be made."""

WORST_FIRST = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.UNSTABLE,
    Outcome.WARN,
    Outcome.UNTESTED,
    Outcome.PASS,
    Outcome.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class ExchangeRecord:
    """A redacted exchange, as a report shows it."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int | None
    response_headers: tuple[tuple[str, str], ...]
    response_body: str
    seconds: float | None
    failure: str | None
    curl: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation that speaks against a server."""

    behaviour: str
    check: str
    strength: Strength
    expected: str
    received: str
    exchange: ExchangeRecord | None
    conclusive: bool = False
    """One look proves it; looking again could not take it back."""
    stable: bool = True
    """False when it did not show again in a second look."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    check: str
    decides: tuple[str, ...]
    observed: frozenset[str] = frozenset()
    """The behaviours about which at least one expectation was looked at."""
    left_out: frozenset[str] = frozenset()
    """The behaviours that this check does not concern after all, as things turned out."""
    findings: tuple[Finding, ...] = ()
    untested: str | None = None
    """Why the check could not decide what it had not yet decided."""
    skipped: str | None = None
    error: str | None = None
    unanswered: bool = False
    """It stopped because a request got no answer at all."""
    given_up: bool = False
    """It was not conducted, since the server seems to be gone."""
    reached: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """How many generated requests were answered, by operation and status."""
    changing: int = 0
    """Requests sent since the last result that can change state."""
    changed: tuple[str, ...] = ()
    """What they were about, so far as it is new."""
    requests: int = 0
    """Requests sent since the last result of the same process."""
    seconds: float = 0.0


def with_texts(value: Value, change: Callable[[str], str]) -> Value:
    """A result, or whatever is in one, with every text changed."""
    changed: Any = value
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        changed = change(value)
    elif isinstance(value, tuple):
        changed = tuple(with_texts(each, change) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(value, **{each.name: with_texts(getattr(value, each.name), change) for each in fields(value)})
    return cast("Value", changed)


@dataclass(frozen=True, slots=True)
class BehaviourResult:
    """A behaviour with its outcome."""

    behaviour: Behaviour
    outcome: Outcome
    reason: str | None = None
    checks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    partly: bool = False
    """Untested, but some of its checks passed."""
    known: bool = False
    """A deviation that the target file names: shown, but it does not fail the run."""


def judge_behaviours(
    behaviours: Mapping[str, Behaviour],
    results: Sequence[CheckResult],
    *,
    selected: Iterable[str],
    claimed: Iterable[str] | None = None,
    known: Mapping[str, str] | None = None,
) -> list[BehaviourResult]:
    """Every behaviour with the worst of what the checks found about it.

    Args:
        behaviours: the catalogue of the API.
        results: what the checks found.
        selected: the ids that the run was asked to look at.
        claimed: the operations that the target claims; None for all.
        known: deviations that the target file names, with its reason for each.
    """
    chosen = set(selected)
    judged = []
    for behaviour in behaviours.values():
        if claimed is not None and behaviour.operation not in {None, *claimed}:
            reason = f"the target does not claim {behaviour.operation}"
            judged.append(BehaviourResult(behaviour, Outcome.SKIPPED, reason))
            continue
        result = _judge(behaviour, results, behaviour.id in chosen)
        judged.append(_excused(result, (known or {}).get(behaviour.id)))
    return judged


def _judge(behaviour: Behaviour, results: Sequence[CheckResult], selected: bool) -> BehaviourResult:
    deciding = [result for result in results if behaviour.id in result.decides]
    findings = _distinct(f for result in results for f in result.findings if f.behaviour == behaviour.id)
    checks = tuple(dict.fromkeys(result.check.partition("[")[0] for result in deciding))
    if not selected and not findings:
        return BehaviourResult(behaviour, Outcome.SKIPPED, "not selected", checks)
    outcomes: list[tuple[Outcome, str | None]] = [
        (_of_finding(finding), None) for finding in findings if finding.strength is not Strength.NOTE
    ]
    outcomes += [_of_result(behaviour.id, result) for result in deciding]
    if not outcomes:
        return BehaviourResult(behaviour, Outcome.UNTESTED, _why_no_check(behaviour), checks, findings)
    worst = min((outcome for outcome, _ in outcomes), key=WORST_FIRST.index)
    reason = next((reason for outcome, reason in outcomes if outcome is worst and reason), None)
    passed = sum(outcome is Outcome.PASS for outcome, _ in outcomes)
    partly = worst is Outcome.UNTESTED and passed > 0
    if partly:
        reason = f"{passed} of {len(outcomes)}{PARTLY}{reason}"
    return BehaviourResult(behaviour, worst, reason, checks, findings, partly=partly)


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for what several checks saw alike."""
    found: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        found.setdefault((finding.expected, finding.received, finding.strength, finding.stable), finding)
    return tuple(found.values())


def _excused(result: BehaviourResult, why: str | None) -> BehaviourResult:
    if why is None:
        return result
    if result.outcome is Outcome.PASS:
        return replace(result, reason=f"listed as a known deviation ({why}), but it passes: the entry is stale")
    if result.outcome is Outcome.FAIL:
        return replace(result, reason=f"{KNOWN_DEVIATION}{why}", known=True)
    return result


def _why_no_check(behaviour: Behaviour) -> str:
    if behaviour.unobservable:
        return f"{UNOBSERVABLE}{behaviour.unobservable}"
    return NO_CHECK_RAN


def _of_finding(finding: Finding) -> Outcome:
    if not finding.stable:
        return Outcome.UNSTABLE
    return Outcome.FAIL if finding.strength is Strength.STRICT else Outcome.WARN


def _of_result(behaviour: str, result: CheckResult) -> tuple[Outcome, str | None]:
    if result.error:
        return Outcome.ERROR, result.error
    if result.skipped:
        return Outcome.SKIPPED, result.skipped
    if result.untested:
        return Outcome.UNTESTED, result.untested
    if behaviour in result.left_out - result.observed:
        return Outcome.SKIPPED, "it turned out not to concern this server"
    if behaviour not in result.observed:
        return Outcome.UNTESTED, "the check came to no observation"
    return Outcome.PASS, None


def api_verdict(results: Sequence[BehaviourResult], *, finished: bool, whole: bool = True) -> Verdict:
    """The verdict on one API: a broken MUST breaks; too little tested is incomplete, never green.

    A run that looked at less than a quarter of the selected and claimed MUSTs says nothing about the rest.
    A part of a run is asked only whether it looked at anything: how much that is shows when the parts are together.
    """
    outcomes = [result.outcome for result in results]
    if any(result.outcome is Outcome.FAIL and not result.known for result in results):
        return Verdict.BREAKS
    if not finished or Outcome.ERROR in outcomes:
        return Verdict.INCOMPLETE
    wanted = [r for r in results if r.outcome is not Outcome.SKIPPED and not r.behaviour.unobservable]
    tested = [r for r in wanted if r.partly or r.outcome is not Outcome.UNTESTED]
    if not tested or (whole and too_few(len(_musts(tested)), len(_musts(wanted)))):
        return Verdict.INCOMPLETE
    return Verdict.CONFORMS


def too_few(tested: int, wanted: int) -> bool:
    """Whether so many tested MUSTs of so many say nothing about the rest."""
    return 4 * tested < wanted


def _musts(results: Iterable[BehaviourResult]) -> list[BehaviourResult]:
    return [result for result in results if result.behaviour.level is Level.MUST]


def unstable(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same findings, marked as not having shown again."""
    return tuple(replace(finding, stable=False) for finding in findings)
