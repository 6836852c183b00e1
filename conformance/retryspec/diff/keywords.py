"""Compares the keywords of one alternative of a schema with those of another: lists, bounds, sizes, texts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from retryspec.diff.change import Effect
from retryspec.diff.normal import Bound, Flat, type_of
from retryspec.diff.reading import canonical

__all__ = ["SchemaChange", "bounds", "enums", "named", "opaques", "shown", "sizes", "texts"]

_MOST_SHOWN = 60
_WIDER_FORMATS = {("int32", "int64"), ("float", "double")}


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference between two schemas, before it is known which way the value goes."""

    effect: Effect
    kind: str
    place: str
    says: str


def enums(one: Flat, other: Flat, place: str) -> Iterator[SchemaChange]:
    """What lists of values leave out, and what they let in."""
    if one.enum is None:
        yield SchemaChange(Effect.NARROWED, "enum", place, f"it is one of {_list(other.enum or ())} now")
        if any(not _allows(one, value, known=other) for value in other.enum or ()):
            yield SchemaChange(Effect.WIDENED, "enum", place, "it may have a value that was not allowed before")
        return
    if other.enum is None:
        yield SchemaChange(Effect.WIDENED, "enum", place, f"it may be other than {_list(one.enum)} now")
        if any(not _allows(other, value, known=one) for value in one.enum):
            yield SchemaChange(Effect.NARROWED, "enum", place, "a value that was listed is not allowed now")
        return
    before = {canonical(value): value for value in one.enum if _allows(one, value, known=one) is not False}
    after = {canonical(value): value for value in other.enum if _allows(other, value, known=other) is not False}
    gone = [before[text] for text in before if text not in after]
    new = [after[text] for text in after if text not in before]
    if gone:
        yield SchemaChange(Effect.NARROWED, "enum", place, f"it may no longer be {_list(gone)}")
    if new:
        yield SchemaChange(Effect.WIDENED, "enum", place, f"it may be {_list(new)} now")


def _allows(flat: Flat, value: Any, *, known: Flat) -> bool | None:
    """Whether an alternative, but for its list, allows a value of another; None where it takes a validator to tell."""
    if isinstance(value, str) and not flat.least <= len(value) <= flat.most:
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        above = value > flat.lower[0] or (value == flat.lower[0] and not flat.lower[1])
        below = value < flat.upper[0] or (value == flat.upper[0] and not flat.upper[1])
        if not (above and below) or (flat.integer and value != int(value)):
            return False
    hard = (
        flat.patterns - known.patterns
        or flat.formats - known.formats
        or flat.multiples - known.multiples
        or flat.opaque.keys() - known.opaque.keys()
        or type_of(value) in ("array", "object")
    )
    return None if hard else True


def bounds(one: Flat, other: Flat, place: str) -> Iterator[SchemaChange]:
    """Other bounds of a number, and other steps."""
    for keyword, old, new, sign in (("minimum", one.lower, other.lower, 1), ("maximum", one.upper, other.upper, -1)):
        if old != new:
            tighter = (sign * new[0], new[1]) > (sign * old[0], old[1])
            effect = Effect.NARROWED if tighter else Effect.WIDENED
            yield SchemaChange(effect, keyword, place, f"its {keyword} was {_bound(old)} and is {_bound(new)}")
    if one.multiples != other.multiples:
        narrower = all(any(_divides(old, new) for new in other.multiples) for old in one.multiples)
        wider = all(any(_divides(new, old) for old in one.multiples) for new in other.multiples)
        yield SchemaChange(
            _of(narrower, wider),
            "multipleOf",
            place,
            f"it was a multiple of {_list(sorted(one.multiples))} and is one of {_list(sorted(other.multiples))}",
        )


def _divides(divisor: float, number: float) -> bool:
    return bool(divisor) and math.isfinite(number) and number % divisor == 0


def sizes(one: Flat, other: Flat, place: str) -> Iterator[SchemaChange]:
    """Other bounds of a length or a count."""
    noun = {"string": "Length", "array": "Items", "object": "Properties"}.get(one.type, "")
    if one.least != other.least:
        effect = Effect.NARROWED if other.least > one.least else Effect.WIDENED
        yield SchemaChange(effect, f"min{noun}", place, f"its min{noun} was {one.least} and is {other.least}")
    if one.most != other.most:
        effect = Effect.NARROWED if other.most < one.most else Effect.WIDENED
        yield SchemaChange(
            effect, f"max{noun}", place, f"its max{noun} was {_size(one.most)} and is {_size(other.most)}"
        )


def texts(one: Flat, other: Flat, place: str) -> Iterator[SchemaChange]:
    """Other patterns and formats, of which only the plainest are understood."""
    if one.patterns != other.patterns:
        effect = _of(one.patterns < other.patterns, other.patterns < one.patterns)
        yield SchemaChange(
            effect,
            "pattern",
            place,
            f"its pattern was {_list(sorted(one.patterns))} and is {_list(sorted(other.patterns))}",
        )
    if one.formats != other.formats:
        names = tuple(map(str, (*one.formats, *other.formats)))
        narrower = one.formats < other.formats or names[::-1] in _WIDER_FORMATS
        wider = other.formats < one.formats or names in _WIDER_FORMATS
        yield SchemaChange(
            _of(narrower, wider),
            "format",
            place,
            f"its format was {_list(sorted(map(str, one.formats)))} and is {_list(sorted(map(str, other.formats)))}",
        )


def opaques(one: Flat, other: Flat, place: str) -> Iterator[SchemaChange]:
    """Keywords that are the same or not, and are not looked into."""
    before, after = set(one.opaque) - set(other.opaque), set(other.opaque) - set(one.opaque)
    for keyword in sorted({one.opaque[text] for text in before} | {other.opaque[text] for text in after}):
        gone = any(one.opaque[text] == keyword for text in before)
        new = any(other.opaque[text] == keyword for text in after)
        # These take what they describe away from the keywords beside them, and so can do both.
        mixed = keyword in ("patternProperties", "prefixItems", "unevaluatedProperties", "unevaluatedItems")
        effect = Effect.UNCLEAR if mixed else _of(new and not gone, gone and not new)
        yield SchemaChange(
            effect,
            keyword,
            place,
            f"its `{keyword}` {'changed' if gone and new else 'was added' if new else 'was removed'}",
        )


def _of(narrower: bool, wider: bool) -> Effect:
    if narrower == wider:
        return Effect.UNCLEAR
    return Effect.NARROWED if narrower else Effect.WIDENED


def named(flats: Sequence[Flat]) -> str:
    """What the first of some alternatives is, in words."""
    first = flats[0]
    if first.type == "null":
        return "null"
    if first.enum is not None:
        return _list(first.enum)
    return "an integer" if first.integer else f"{'an' if first.type[0] in 'ao' else 'a'} {first.type}"


def _list(values: Sequence[Any]) -> str:
    return (
        ", ".join(shown(value) for value in values[:8]) + (f" and {len(values) - 8} more" if len(values) > 8 else "")
        or "none"
    )


def shown(value: Any) -> str:
    """A value as JSON, shortened."""
    text = canonical(value)
    return f"`{text}`" if len(text) <= _MOST_SHOWN else f"`{text[:_MOST_SHOWN]}…`"


def _bound(bound: Bound) -> str:
    value, excluded = bound
    if not math.isfinite(value):
        return "not set"
    return f"above/below {value}" if excluded else f"{value}"


def _size(size: float) -> str:
    return "not set" if math.isinf(size) else str(size)
