"""Compares the behaviours of two versions, as `x-behaviours` lists them (openapi/README.md)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retryspec.diff.change import CLIENTS, COMPATIBLE, EDITORIAL, SERVERS, Breaks, Change
from retryspec.diff.normal import mapping, sequence
from retryspec.diff.operations import operations_of
from retryspec.diff.reading import Version, canonical

__all__ = ["Statement", "compare_statements", "statements"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One entry of `x-behaviours`, with the operation that it belongs to."""

    entry: Mapping[str, Any]
    operation: str | None
    key: str | None
    """The operation's method and path, which stay when it is renamed."""

    @property
    def level(self) -> str:
        """Its level, as written."""
        return str(self.entry.get("level"))

    @property
    def says(self) -> str:
        """Its sentence, on one line."""
        return " ".join(str(self.entry.get("says")).split())

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions that it cites."""
        given = self.entry.get("decision")
        return (given,) if isinstance(given, str) else tuple(str(each) for each in sequence(given))

    @property
    def binds(self) -> bool:
        """Whether a server that breaks it fails: a MUST that a check can see."""
        return self.level == "MUST" and not self.entry.get("unobservable")


def statements(version: Version) -> dict[str, Statement]:
    """Every behaviour by its id."""
    raw: list[tuple[Any, str | None, str | None]] = [(version.content.get("x-behaviours"), None, None)]
    raw += [(each.get("x-behaviours"), name, key) for key, (name, each) in operations_of(version).items()]
    return {
        str(entry.get("id")): Statement(mapping(entry), name, key)
        for entries, name, key in raw
        for entry in map(mapping, sequence(entries))
    }


def compare_statements(old: Version, new: Version) -> Iterator[Change]:
    """Every difference between the behaviours of two versions."""
    before, after = statements(old), statements(new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        held = now or was
        if held is None:
            continue
        for impact, kind, says in _statement(was, now):
            operations = () if held.operation is None else (held.operation,)
            yield Change(impact, kind, f"x-behaviours {name}", f"{name} {says}", operations)


def _statement(old: Statement | None, new: Statement | None) -> Iterator[tuple[Breaks, str, str]]:
    if old is None and new is not None:
        yield SERVERS if new.binds else COMPATIBLE, "behaviour-added", f"is a new {new.level}: {new.says}"
    elif new is None and old is not None:
        # What was promised is promised no more.
        impact = CLIENTS if old.level == "MUST" else COMPATIBLE
        yield impact, "behaviour-removed", f"is gone, a {old.level}: {old.says}"
    elif old is not None and new is not None:
        yield from _changed(old, new)


def _changed(old: Statement, new: Statement) -> Iterator[tuple[Breaks, str, str]]:
    if old.level != new.level:
        impact: Breaks = COMPATIBLE
        if new.binds:
            impact = SERVERS
        elif old.level == "MUST" and new.level != "MUST":
            impact = CLIENTS
        yield impact, "behaviour-level", f"was a {old.level} and is a {new.level}"
    elif old.binds != new.binds:
        impact = SERVERS if new.binds else COMPATIBLE
        yield impact, "behaviour-unobservable", f"{'can' if new.binds else 'can no longer'} be seen by a check"
    if old.says != new.says:
        # An id never changes its meaning; whether other words do is for a reader, so a MUST counts until then.
        reworded = _bare(old.says) != _bare(new.says)
        impact = SERVERS if reworded and new.binds else COMPATIBLE if reworded else EDITORIAL
        yield impact, "behaviour-sentence", f"said: {old.says} It says: {new.says}"
    if old.key != new.key:
        impact = SERVERS if new.binds else COMPATIBLE
        where = "all operations" if new.operation is None else new.operation
        yield impact, "behaviour-operation", f"is about {where} now"
    for member in dict.fromkeys((*old.entry, *new.entry)):
        if member in ("id", "level", "says") or (member == "unobservable" and old.binds != new.binds):
            continue
        if canonical(old.entry.get(member)) != canonical(new.entry.get(member)):
            yield EDITORIAL, f"behaviour-{member}", f"has another `{member}`"


def _bare(sentence: str) -> str:
    """The words alone, without case, quotation marks and punctuation around them."""
    return " ".join(re.findall(r"[\w./-]*\w", sentence.lower()))
