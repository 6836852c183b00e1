"""A schema in a form that can be compared: for each JSON type, the alternatives that it allows.

`anyOf`, `oneOf`, `allOf`, `type: [...]`, `const`, `nullable` by way of a type, and references are ways to spell the
same thing, and documents change from one spelling to another. An alternative (`Flat`) knows one type and the keywords
that matter to it; what is inside an array or an object stays as it is written until it is compared itself, which is
what ends recursion.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from retryspec.diff.reading import Version, canonical
from retryspec.errors import UsageError

__all__ = ["TYPES", "Bound", "Flat", "Schema", "alternatives", "exclusive_unions", "mapping", "sequence", "type_of"]

TYPES = ("null", "boolean", "number", "string", "array", "object")
MOST_ALTERNATIVES = 64
_MOST_NESTING = 50
_COST = 1_000
"""What working out one schema counts, in characters written."""

Schema = Any
"""A schema as written: a mapping or a truth value."""

Bound = tuple[float, bool]
"""A bound of a number, and whether the bound itself is left out."""

_SIZES = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_OPAQUE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "string": (("contentEncoding", "contentMediaType", "contentSchema"),),
    "array": (("contains", "minContains", "maxContains"), ("prefixItems",), ("unevaluatedItems",)),
    "object": (
        ("patternProperties",),
        ("propertyNames",),
        ("dependentRequired",),
        ("dependentSchemas",),
        ("unevaluatedProperties",),
    ),
}
_ALL = {"null": 1, "boolean": 2}
"""How many values a type has, of those that have few: a list of them all says nothing."""
_OPAQUE_EVERYWHERE = (("not",), ("if", "then", "else"))


@dataclass(frozen=True, slots=True)
class Flat:
    """One alternative: the values of one JSON type that some keywords allow."""

    type: str
    enum: tuple[Any, ...] | None = None
    integer: bool = False
    lower: Bound = (-math.inf, False)
    upper: Bound = (math.inf, False)
    multiples: frozenset[float] = frozenset()
    least: float = 0
    most: float = math.inf
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    items: Schema = True
    unique: bool = False
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    additional: Schema = True
    opaque: Mapping[str, str] = field(default_factory=dict)
    """What is compared as a whole: keywords by the texts of them and their values."""


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping; else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value where it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def type_of(value: Any) -> str:
    """The JSON type of a value, with integers among the numbers."""
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def alternatives(version: Version, schema: Schema) -> list[Flat]:
    """The alternatives of a schema; none where it allows nothing.

    Raises:
        UsageError: it has too many of them, or its references go round in a circle.
    """
    return list(_alternatives(version, schema, 0))


def _alternatives(version: Version, schema: Schema, depth: int) -> list[Flat]:
    if depth > _MOST_NESTING:
        raise UsageError(f"{version.name}: a schema is nested too deeply, or refers to itself with nothing between.")
    version.spend(_COST)
    if schema is False:
        return []
    if not isinstance(schema, dict):
        return [Flat(each) for each in TYPES]
    found = list(_own(version, schema))
    parts = [*sequence(schema.get("allOf"))]
    if isinstance(schema.get("$ref"), str):
        parts.append(version.resolve(schema["$ref"]))
    for part in parts:
        found = _both(version, found, _alternatives(version, part, depth + 1))
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if isinstance(branches, list):
            either: list[Flat] = []
            for branch in branches:
                new = [one for one in _alternatives(version, branch, depth + 1) if one not in either]
                either = _bounded(version, [*either, *new])
            found = _both(version, found, either)
    return found


def _own(version: Version, schema: Mapping[str, Any]) -> Iterator[Flat]:
    given = schema.get("type")
    types = {given} if isinstance(given, str) else {each for each in sequence(given) if isinstance(each, str)} or None
    enum = schema["enum"] if isinstance(schema.get("enum"), list) else None
    if "const" in schema:
        enum = [value for value in ([schema["const"]] if enum is None else enum) if _same(value, schema["const"])]
    for kind in TYPES:
        integer = kind == "number" and types is not None and "number" not in types
        if types is not None and kind not in types and not (integer and "integer" in types):
            continue
        values = None if enum is None else tuple(value for value in enum if type_of(value) == kind)
        if values == ():
            continue
        if values is not None and len({canonical(value) for value in values}) == _ALL.get(kind):
            values = None
        yield _flat(version, schema, kind, values, integer)


def _flat(version: Version, schema: Mapping[str, Any], kind: str, enum: tuple[Any, ...] | None, integer: bool) -> Flat:
    least, most = _SIZES.get(kind, ("", ""))
    return Flat(
        type=kind,
        enum=enum,
        integer=integer,
        lower=_bound(schema, "minimum", integer) if kind == "number" else (-math.inf, False),
        upper=_bound(schema, "maximum", integer) if kind == "number" else (math.inf, False),
        multiples=_texts(_number(schema, "multipleOf") if kind == "number" else None),
        least=_number(schema, least) or 0,
        most=math.inf if (found := _number(schema, most)) is None else found,
        patterns=_texts(schema.get("pattern") if kind == "string" else None),
        # Several formats belong to numbers, the others to strings.
        formats=_texts(schema.get("format") if kind in ("string", "number") else None),
        items=schema.get("items", True) if kind == "array" else True,
        unique=kind == "array" and schema.get("uniqueItems") is True,
        properties=mapping(schema.get("properties")) if kind == "object" else {},
        required=frozenset(str(name) for name in sequence(schema.get("required"))) if kind == "object" else frozenset(),
        additional=schema.get("additionalProperties", True) if kind == "object" else True,
        opaque=_opaque(version, schema, kind),
    )


def _number(schema: Mapping[str, Any], keyword: str) -> float | None:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _texts(value: Any) -> frozenset[Any]:
    return frozenset() if value is None or isinstance(value, list | dict) else frozenset({value})


def _bound(schema: Mapping[str, Any], keyword: str, integer: bool) -> Bound:
    upper = keyword == "maximum"
    end = math.inf if upper else -math.inf
    closed = _number(schema, keyword)
    open_ = _number(schema, f"exclusive{keyword.capitalize()}")
    bounds: list[Bound] = [(end if closed is None else closed, False), (end if open_ is None else open_, True)]
    value, excluded = _tighter(*bounds, upper=upper) if open_ is not None else bounds[0]
    if integer and math.isfinite(value):
        whole = math.floor(value) if upper else math.ceil(value)
        if excluded and whole == value:
            whole += -1 if upper else 1
        return whole, False
    return value, excluded


def _tighter(one: Bound, other: Bound, *, upper: bool) -> Bound:
    if one[0] == other[0]:
        return one[0], one[1] or other[1]
    return min(one, other) if upper else max(one, other)


def _opaque(version: Version, schema: Mapping[str, Any], kind: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for keywords in (*_OPAQUE.get(kind, ()), *_OPAQUE_EVERYWHERE):
        given = {keyword: schema[keyword] for keyword in keywords if keyword in schema}
        # Words within them make a difference here, which errs on the safe side.
        if keywords[0] in given:
            found[f"{keywords[0]} {version.closure(given)}"] = keywords[0]
    return found


def _both(version: Version, ones: list[Flat], others: list[Flat]) -> list[Flat]:
    met = [_met(one, other) for one in ones for other in others if one.type == other.type]
    return _bounded(version, [each for each in met if each is not None])


def _bounded(version: Version, flats: list[Flat]) -> list[Flat]:
    if len(flats) > MOST_ALTERNATIVES:
        raise UsageError(f"{version.name}: a schema has more than {MOST_ALTERNATIVES} alternatives.")
    return flats


def _met(one: Flat, other: Flat) -> Flat | None:
    """What both allow; None where that is nothing."""
    enum = one.enum if other.enum is None else other.enum
    if one.enum is not None and other.enum is not None:
        enum = tuple(value for value in one.enum if any(_same(value, each) for each in other.enum))
    if enum == ():
        return None
    return Flat(
        type=one.type,
        enum=enum,
        integer=one.integer or other.integer,
        lower=_tighter(one.lower, other.lower, upper=False),
        upper=_tighter(one.upper, other.upper, upper=True),
        multiples=one.multiples | other.multiples,
        least=max(one.least, other.least),
        most=min(one.most, other.most),
        patterns=one.patterns | other.patterns,
        formats=one.formats | other.formats,
        items=_all(one.items, other.items),
        unique=one.unique or other.unique,
        properties={
            name: _all(one.properties.get(name, one.additional), other.properties.get(name, other.additional))
            for name in (*one.properties, *(each for each in other.properties if each not in one.properties))
        },
        required=one.required | other.required,
        additional=_all(one.additional, other.additional),
        opaque={**one.opaque, **other.opaque},
    )


def _all(one: Schema, other: Schema) -> Schema:
    if one is False or other is False:
        return False
    if one is True or one == {}:
        return other
    return one if other is True or other == {} or one == other else {"allOf": [one, other]}


def _same(one: Any, other: Any) -> bool:
    return canonical(one) == canonical(other) or (type_of(one) == type_of(other) == "number" and bool(one == other))


def exclusive_unions(version: Version, schema: Schema) -> Iterator[str]:
    """The texts of the `oneOf` at a schema's own level of which several alternatives might fit a value, which is wrong.

    All others are the same as an `anyOf`, as which `alternatives` takes them.
    """
    for branches in _one_ofs(version, schema):
        if not _is_plain_union(version, branches):
            yield version.closure(branches)


def _one_ofs(version: Version, schema: Schema) -> Iterator[list[Schema]]:
    """Every `oneOf` that a schema is put together from, at its own level."""
    waiting, seen = [schema], set[str]()
    while waiting:
        node = mapping(waiting.pop())
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            waiting.append(version.resolve(reference))
        for keyword in ("allOf", "anyOf", "oneOf"):
            waiting.extend(sequence(node.get(keyword)))
        if isinstance(node.get("oneOf"), list):
            yield node["oneOf"]


def _is_plain_union(version: Version, branches: list[Schema]) -> bool:
    """Whether at most one alternative of a `oneOf` can be right, so that it is the same as an `anyOf`."""
    flats = [alternatives(version, branch) for branch in branches]
    return all(
        _apart(version, one, other)
        for i, ones in enumerate(flats)
        for others in flats[i + 1 :]
        for one in ones
        for other in others
    )


def _apart(version: Version, one: Flat, other: Flat) -> bool:
    """Whether no value fits two alternatives, as far as types and listed values tell."""
    if one.type != other.type:
        return True
    if one.enum is not None and other.enum is not None:
        return not {canonical(value) for value in one.enum} & {canonical(value) for value in other.enum}
    for name in one.required & other.required & one.properties.keys() & other.properties.keys():
        ones = alternatives(version, one.properties[name])
        others = alternatives(version, other.properties[name])
        told = [flat.enum for flat in (*ones, *others)]
        if all(enum is not None for enum in told) and all(
            not {canonical(v) for v in a.enum or ()} & {canonical(v) for v in b.enum or ()}
            for a in ones
            for b in others
        ):
            return True
    return False
