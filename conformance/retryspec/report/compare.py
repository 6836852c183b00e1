"""What changed between two runs: what was mended, what broke, what is newly tested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Change", "Kind", "compared"]


class Kind(StrEnum):
    """How an outcome changed."""

    BROKEN = "broken"
    WORSE = "worse"
    MENDED = "mended"
    NEWLY_TESTED = "newly tested"
    NO_LONGER_TESTED = "no longer tested"
    OTHER = "changed"


TESTED = ("pass", "warn", "unstable", "fail")
ALARMS = ("warn", "unstable")


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
    """The behaviours whose outcome differs, the worst first; one that a report has not counts as skipped there."""
    before = dict(_outcomes(old))
    changes = [
        Change(api, behaviour, says, was, now, _kind(was, now))
        for (api, behaviour), (now, says) in _outcomes(new)
        if (was := before.get((api, behaviour), ("skipped", ""))[0]) != now
    ]
    return sorted(changes, key=lambda change: list(Kind).index(change.kind))


def _outcomes(report: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    for api in report["apis"]:
        for behaviour in api["behaviours"]:
            yield (api["api"], behaviour["id"]), (behaviour["outcome"], behaviour["says"])


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
