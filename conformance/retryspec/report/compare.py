"""What changed between two runs: what was mended, what broke, what is newly tested or is no longer looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retryspec.verdicts import KNOWN_DEVIATION

__all__ = ["Change", "Kind", "compared"]


class Kind(StrEnum):
    """How an outcome changed."""

    BROKEN = "broken"
    WORSE = "worse"
    MENDED = "mended"
    NEWLY_TESTED = "newly tested"
    NO_LONGER_TESTED = "no longer tested"
    OTHER = "changed"


KNOWN = "fail, known"
"""A failure that the target file names, which fails no run."""

ABSENT = "absent"
TESTED = ("pass", "warn", "unstable", KNOWN, "fail")
ALARMS = ("warn", "unstable", KNOWN)


@dataclass(frozen=True, slots=True)
class Change:
    """A behaviour whose outcome changed."""

    api: str
    behaviour: str
    says: str
    before: str
    after: str
    kind: Kind


def compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The behaviours whose outcome differs, the worst first; some may be absent from one of the reports."""
    before, after = dict(_outcomes(old)), dict(_outcomes(new))
    changes = []
    for api, behaviour in dict.fromkeys([*after, *before]):
        was, says_then = before.get((api, behaviour), (ABSENT, ""))
        now, says = after.get((api, behaviour), (ABSENT, says_then))
        if was != now:
            changes.append(Change(api, behaviour, says, was, now, _kind(was, now)))
    return sorted(changes, key=lambda change: list(Kind).index(change.kind))


def _outcomes(report: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for api in report["apis"]:
        for behaviour in api["behaviours"]:
            known = behaviour["outcome"] == "fail" and str(behaviour["reason"]).startswith(KNOWN_DEVIATION)
            yield (api["api"], behaviour["id"]), (KNOWN if known else behaviour["outcome"], behaviour["says"])


def _kind(before: str, after: str) -> Kind:
    if after == "fail":
        return Kind.BROKEN
    if after not in TESTED:
        return Kind.NO_LONGER_TESTED if before in TESTED else Kind.OTHER
    if before == "fail" or (before in ALARMS and after == "pass"):
        return Kind.MENDED
    if before not in TESTED:
        return Kind.NEWLY_TESTED
    return Kind.WORSE if after in ALARMS and before == "pass" else Kind.OTHER
