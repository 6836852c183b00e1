"""What a difference between two versions of a contract is, and whom it breaks.

A client was written to the old version and meets a server of the new one; a server kept the old version and is judged
by the new one. So narrowing what a request may be breaks clients, and widening what an answer may be breaks them too;
the reverse of either breaks servers: an implementation that passed now fails.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Breaks", "Change", "Direction", "Effect", "Impact", "impact_of", "joined"]


class Impact(StrEnum):
    """Whom a change concerns, the worst first."""

    CLIENTS = "breaks-clients"
    SERVERS = "breaks-servers"
    COMPATIBLE = "compatible"
    EDITORIAL = "editorial"


Breaks = frozenset[Impact]
"""The sides that a change breaks; empty where it breaks nobody."""

CLIENTS: Breaks = frozenset({Impact.CLIENTS})
SERVERS: Breaks = frozenset({Impact.SERVERS})
EITHER: Breaks = CLIENTS | SERVERS
COMPATIBLE: Breaks = frozenset({Impact.COMPATIBLE})
EDITORIAL: Breaks = frozenset({Impact.EDITORIAL})


class Direction(StrEnum):
    """Which way a value goes."""

    REQUEST = "request"
    RESPONSE = "response"


class Effect(StrEnum):
    """What a change does to the values that a schema allows, or to what is said about them."""

    NARROWED = "narrowed"
    WIDENED = "widened"
    UNCLEAR = "narrowed and widened, or not understood"
    MEMBER_ADDED = "an optional member is told of that could be there before"
    MEMBER_REMOVED = "a member is no longer told of, and may still be there"
    DEFAULT_ADDED = "a default is told of"
    DEFAULT_REMOVED = "a default is no longer told of"
    DEFAULT_CHANGED = "another default"
    MARK = "a mark without force, such as deprecated"
    TEXT = "words and examples"


_IMPACT: dict[Effect, tuple[Breaks, Breaks]] = {
    # In a request, in a response.
    Effect.NARROWED: (CLIENTS, SERVERS),
    Effect.WIDENED: (SERVERS, CLIENTS),
    Effect.UNCLEAR: (EITHER, EITHER),
    # A server has to heed the new member; a client that never heard of it passes over it in an answer.
    Effect.MEMBER_ADDED: (SERVERS, COMPATIBLE),
    # Nobody heeds it any more, or nobody promises it.
    Effect.MEMBER_REMOVED: (CLIENTS, CLIENTS),
    Effect.DEFAULT_ADDED: (SERVERS, EDITORIAL),
    Effect.DEFAULT_REMOVED: (CLIENTS, EDITORIAL),
    Effect.DEFAULT_CHANGED: (EITHER, EDITORIAL),
    Effect.MARK: (COMPATIBLE, COMPATIBLE),
    Effect.TEXT: (EDITORIAL, EDITORIAL),
}


def impact_of(effect: Effect, direction: Direction) -> Breaks:
    """Whom an effect concerns when the value goes one way."""
    request, response = _IMPACT[effect]
    return request if direction is Direction.REQUEST else response


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what it is, where it stands in the document, and whom it breaks."""

    impact: Breaks
    kind: str
    """A short name for changes of its sort, such as `enum` or `parameter-added`."""
    place: str
    """The place in the new document, or in the old one for what is gone, as a JSON pointer."""
    says: str
    operations: tuple[str, ...] = ()
    """The operations that it reaches; empty for what concerns the document as a whole."""

    @property
    def worst(self) -> Impact:
        """The first impact in the order of `Impact`."""
        return next(each for each in Impact if each in self.impact)

    @property
    def is_break(self) -> bool:
        """Whether it breaks a side."""
        return bool(self.impact & EITHER)


def joined(changes: Iterable[Change]) -> list[Change]:
    """The changes, each once, though a component may be reached from several operations and in both directions."""
    found: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        key = (change.place, change.kind, change.says)
        known = found.get(key, change)
        impact = _worst(known.impact | change.impact)
        operations = tuple(dict.fromkeys((*known.operations, *change.operations)))
        found[key] = Change(impact, change.kind, change.place, change.says, operations)
    order = list(Impact)
    return sorted(
        found.values(), key=lambda change: (order.index(change.worst), change.place, change.kind, change.says)
    )


def _worst(impact: Breaks) -> Breaks:
    broken = impact & EITHER
    if broken:
        return broken
    return COMPATIBLE if Impact.COMPATIBLE in impact else EDITORIAL


def worst_of(changes: Sequence[Change]) -> Impact:
    """The worst impact among some changes."""
    return min((change.worst for change in changes), key=list(Impact).index, default=Impact.EDITORIAL)
