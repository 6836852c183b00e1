"""One statement of a contract: a behaviour with its id, its level and its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Behaviour", "Level", "read_behaviours"]


class Level(StrEnum):
    """What a broken statement does to a server: it fails it, it warns, or it is only noted."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A statement about what a server does, as an entry of `x-behaviours` gives it."""

    id: str
    level: Level
    says: str
    source: str
    operation: str | None
    """The operationId it stands beside; None for what all operations share."""
    decision: tuple[str, ...]
    unobservable: str | None


def read_behaviours(entries: list[Mapping[str, Any]], operation: str | None) -> list[Behaviour]:
    """The behaviours of one `x-behaviours` list, in its order."""
    return [
        Behaviour(
            id=entry["id"],
            level=Level(entry["level"]),
            says=" ".join(entry["says"].split()),
            source=" ".join(entry["source"].split()),
            operation=operation,
            decision=_as_tuple(entry.get("decision")),
            unobservable=entry.get("unobservable"),
        )
        for entry in entries
    ]


def _as_tuple(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
