"""Compares two schemas: what the new one no longer allows, what it allows besides, and what it says differently."""

from collections.abc import Iterator, Sequence

from retryspec.diff.annotations import annotations
from retryspec.diff.change import Effect
from retryspec.diff.keywords import SchemaChange, bounds, enums, named, opaques, sizes, texts
from retryspec.diff.normal import TYPES, Flat, Schema, alternatives, exclusive_unions, mapping
from retryspec.diff.reading import Version, canonical
from retryspec.errors import UsageError

__all__ = ["Comparison"]

MOST_PAIRS = 20_000
_MOST_NESTING = 60

_NARROWING = frozenset({Effect.NARROWED, Effect.UNCLEAR, Effect.MEMBER_ADDED})
_WIDENING = frozenset({Effect.WIDENED, Effect.UNCLEAR, Effect.MEMBER_REMOVED})


class Comparison:
    """Compares schemas of two versions of a document, each pair of places once, so that recursion ends."""

    def __init__(self, old: Version, new: Version) -> None:
        self.old = old
        self.new = new
        self._left = MOST_PAIRS
        self._same: dict[tuple[str, str], bool] = {}

    def schemas(self, old: Schema, new: Schema, place: str) -> list[SchemaChange]:
        """Every difference between two schemas and what is inside them."""
        return list(dict.fromkeys(self._schemas(old, new, place, frozenset())))

    def _schemas(self, old: Schema, new: Schema, place: str, above: frozenset[tuple[str, str]]) -> list[SchemaChange]:
        pair = (canonical(old), canonical(new))
        if pair in above or self._are_same(old, new, pair):
            return []
        self._left -= 1
        if self._left < 0 or len(above) > _MOST_NESTING:
            raise UsageError(f"{self.new.name}: its schemas are too large or too intricate to compare.")
        above |= {pair}
        place = _place(new, place)
        found = list(annotations(self.old, old, self.new, new, place))
        if list(exclusive_unions(self.old, old)) != list(exclusive_unions(self.new, new)):
            says = "the alternatives of which just one may fit have changed"
            found.append(SchemaChange(Effect.UNCLEAR, "oneOf", place, says))
        for kind in TYPES:
            ones = [flat for flat in alternatives(self.old, old) if flat.type == kind]
            others = [flat for flat in alternatives(self.new, new) if flat.type == kind]
            found += self._unions(ones, others, place, above)
        return found

    def _are_same(self, old: Schema, new: Schema, pair: tuple[str, str]) -> bool:
        if pair not in self._same:
            self._same[pair] = self.old.closure(old) == self.new.closure(new)
        return self._same[pair]

    def _unions(
        self, ones: list[Flat], others: list[Flat], place: str, above: frozenset[tuple[str, str]]
    ) -> Iterator[SchemaChange]:
        if len(ones) == len(others) == 1:
            yield from self._flats(ones[0], others[0], place, above)
            return
        if not ones and others:
            yield SchemaChange(Effect.WIDENED, "type", place, f"it may be {named(others)}")
            return
        if ones and not others:
            yield SchemaChange(Effect.NARROWED, "type", place, f"it may no longer be {named(ones)}")
            return
        pairs = {
            (i, j): list(self._flats(one, other, place, above))
            for i, one in enumerate(ones)
            for j, other in enumerate(others)
        }
        # Words that changed in an alternative are told for the pair that agrees otherwise.
        for changes in pairs.values():
            if not _has(changes, _NARROWING | _WIDENING):
                yield from changes
        rows, columns = range(len(ones)), range(len(others))
        lost = [i for i in rows if all(_has(pairs[i, j], _NARROWING) for j in columns)]
        gained = [j for j in columns if all(_has(pairs[i, j], _WIDENING) for i in rows)]
        old_alone = [i for i in rows if all(_has(pairs[i, j], _NARROWING | _WIDENING) for j in columns)]
        new_alone = [j for j in columns if all(_has(pairs[i, j], _NARROWING | _WIDENING) for i in rows)]
        if (lost or gained) and len(old_alone) == len(new_alone) == 1:
            yield from pairs[old_alone[0], new_alone[0]]
            return
        if lost:
            says = f"{len(lost)} of its alternatives that are {named(ones)} are not allowed as before"
            yield SchemaChange(Effect.NARROWED, "alternative", place, says)
        if gained:
            says = f"{len(gained)} of its alternatives that are {named(others)} were not allowed before"
            yield SchemaChange(Effect.WIDENED, "alternative", place, says)

    def _flats(self, one: Flat, other: Flat, place: str, above: frozenset[tuple[str, str]]) -> Iterator[SchemaChange]:
        if one.enum is not None or other.enum is not None:
            yield from enums(one, other, place)
            # What an enumeration leaves to say is what no comparison of its values sees.
            if one.enum is not None and other.enum is not None:
                yield from texts(one, other, place)
                yield from opaques(one, other, place)
            if one.type not in ("array", "object"):
                return
        if one.integer != other.integer:
            effect, says = (Effect.WIDENED, "any number") if one.integer else (Effect.NARROWED, "an integer")
            yield SchemaChange(effect, "type", place, f"it is {says} now")
        yield from bounds(one, other, place)
        yield from sizes(one, other, place)
        yield from texts(one, other, place)
        yield from opaques(one, other, place)
        if one.unique != other.unique:
            effect, says = (Effect.WIDENED, "may repeat") if one.unique else (Effect.NARROWED, "may not repeat")
            yield SchemaChange(effect, "uniqueItems", place, f"its items {says}")
        yield from self._schemas(one.items, other.items, f"{place}/items", above)
        yield from self._objects(one, other, place, above)

    def _objects(self, one: Flat, other: Flat, place: str, above: frozenset[tuple[str, str]]) -> Iterator[SchemaChange]:
        for name in sorted(other.required - one.required):
            yield SchemaChange(Effect.NARROWED, "required", place, f"the member `{name}` is required")
        for name in sorted(one.required - other.required):
            yield SchemaChange(Effect.WIDENED, "required", place, f"the member `{name}` is no longer required")
        for name in dict.fromkeys((*one.properties, *other.properties)):
            inner = f"{place}/properties/{name.replace('~', '~0').replace('/', '~1')}"
            if name in one.properties and name in other.properties:
                yield from self._schemas(one.properties[name], other.properties[name], inner, above)
            elif name in other.properties:
                yield from self._member(name, one.additional, other.properties[name], inner, above, added=True)
            else:
                yield from self._member(name, one.properties[name], other.additional, inner, above, added=False)
        yield from self._schemas(one.additional, other.additional, f"{place}/additionalProperties", above)
        entangled = {"patternProperties", "unevaluatedProperties"} & {*one.opaque.values(), *other.opaque.values()}
        if entangled and (one.properties.keys() != other.properties.keys() or one.additional != other.additional):
            says = f"which members `{min(entangled)}` reaches has changed"
            yield SchemaChange(Effect.UNCLEAR, min(entangled), place, says)

    def _member(
        self, name: str, old: Schema, new: Schema, place: str, above: frozenset[tuple[str, str]], *, added: bool
    ) -> Iterator[SchemaChange]:
        """A member that only one side tells of; the other allows it, forbids it, or bounds it with all others."""
        told, rest = (new, old) if added else (old, new)
        narrowed, widened = (Effect.NARROWED, Effect.WIDENED) if added else (Effect.WIDENED, Effect.NARROWED)
        member, no_longer = f"the member `{name}` is", "" if added else "no longer "
        if told is False:
            # A member that is forbidden is not one that is told of.
            if rest is not False:
                yield SchemaChange(narrowed, "property", place, f"{member} {no_longer}forbidden")
            return
        if rest is False:
            yield SchemaChange(widened, "property", place, f"{member} {no_longer}allowed")
        elif rest is not True and rest != {}:
            yield from self._schemas(old, new, place, above)
        if not added or rest is not False:
            effect = Effect.MEMBER_ADDED if added else Effect.MEMBER_REMOVED
            yield SchemaChange(effect, "property", place, f"{member} {no_longer}told of")


def _has(changes: Sequence[SchemaChange], effects: frozenset[Effect]) -> bool:
    return any(change.effect in effects for change in changes)


def _place(schema: Schema, place: str) -> str:
    """The component itself where the schema is nothing but a reference to one."""
    reference = mapping(schema).get("$ref")
    return reference if isinstance(reference, str) and len(schema) == 1 else place
