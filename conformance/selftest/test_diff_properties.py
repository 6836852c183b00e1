"""What `retryspec diff` says of two schemas is tried on bodies: none that was allowed is refused without a word."""

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from retryspec.diff import Impact, Version
from retryspec.diff.change import Direction, Effect, impact_of
from retryspec.diff.schemas import Comparison

Schema = Any

# The draws are the same in every process, and nothing is kept between runs.
PROFILE = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NARROWING = {Effect.NARROWED, Effect.UNCLEAR, Effect.MEMBER_ADDED}
WIDENING = {Effect.WIDENED, Effect.UNCLEAR, Effect.MEMBER_REMOVED}
ROOT = {"$ref": "#/components/schemas/T"}

SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 3, -1, 1.5, "", "a", "ab", "b", "abc", "2026-01-01"])
NAMES = st.sampled_from(["a", "b", "c"])


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of some keywords."""
    return st.fixed_dictionaries({}, optional=keywords)


def of_type(name: str, keywords: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A schema of one type with some keywords."""
    return keywords.map(lambda found: {"type": name, **found})


NUMBERS = optional(
    minimum=st.integers(-1, 3),
    maximum=st.integers(-1, 3),
    exclusiveMinimum=st.integers(-1, 3),
    exclusiveMaximum=st.integers(-1, 4),
    multipleOf=st.sampled_from([1, 2, 3, 0.5]),
)
LEAVES = st.one_of(
    of_type(
        "string",
        optional(
            minLength=st.integers(0, 3),
            maxLength=st.integers(0, 3),
            pattern=st.sampled_from(["^a", "b$"]),
            format=st.just("date"),
        ),
    ),
    of_type("integer", NUMBERS),
    of_type("number", NUMBERS),
    st.sampled_from(
        [{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"type": ["integer", "array"]}]
    ),
    st.lists(SCALARS, min_size=1, max_size=3).map(lambda values: {"enum": values}),
    SCALARS.map(lambda value: {"const": value}),
    st.booleans(),
    optional(minLength=st.integers(0, 2), minimum=st.integers(0, 2), maxItems=st.integers(0, 2)),
)


def inside(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Schemas that hold others; the recursion to the root only below a member or an item."""
    below = st.one_of(inner, st.just(ROOT))
    return st.one_of(
        of_type(
            "array",
            optional(
                items=below,
                minItems=st.integers(0, 2),
                maxItems=st.integers(0, 3),
                uniqueItems=st.booleans(),
                contains=inner,
            ),
        ),
        of_type(
            "object",
            optional(
                properties=st.dictionaries(NAMES, below, max_size=3),
                required=st.lists(NAMES, unique=True, max_size=2),
                additionalProperties=inner,
                minProperties=st.integers(0, 2),
                maxProperties=st.integers(0, 3),
                propertyNames=st.just({"maxLength": 1}),
            ),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"anyOf": found}),
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"oneOf": found}),
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"allOf": found}),
        inner.map(lambda found: {"not": found}),
    )


SCHEMAS = st.recursive(LEAVES, inside, max_leaves=5)


def places(schema: Schema, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to the schemas in a schema, itself included."""
    yield way
    if not isinstance(schema, dict):
        return
    for keyword in ("items", "additionalProperties", "contains", "not"):
        if keyword in schema:
            yield from places(schema[keyword], (*way, keyword))
    for name, inner in schema.get("properties", {}).items():
        yield from places(inner, (*way, "properties", name))
    for keyword in ("anyOf", "oneOf", "allOf"):
        for index, inner in enumerate(schema.get(keyword, [])):
            yield from places(inner, (*way, keyword, index))


def at(schema: Schema, way: tuple[Any, ...]) -> Schema:
    """What is at a place."""
    return functools.reduce(lambda node, step: node[step], way, schema)


def with_at(schema: Schema, way: tuple[Any, ...], value: Schema) -> Schema:
    """The schema with one place replaced."""
    if not way:
        return value
    found = copy.deepcopy(schema)
    at(found, way[:-1])[way[-1]] = value
    return found


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """A schema, and another that differs in one place."""
    old = draw(SCHEMAS)
    way = draw(st.sampled_from(list(places(old))))
    node = at(old, way)
    if isinstance(node, dict) and node and draw(st.booleans(), label="one keyword alone"):
        keyword = draw(st.sampled_from(sorted(node)))
        others = {key: value for key, value in node.items() if key != keyword}
        fresh = draw(SCHEMAS)
        more = fresh if isinstance(fresh, dict) and draw(st.booleans(), label="and others instead") else {}
        return old, with_at(old, way, {**more, **others})
    return old, with_at(old, way, draw(SCHEMAS))


BODIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=4
)


@st.composite
def bodies_of(draw: st.DrawFn, schema: Schema, root: Schema, depth: int = 0) -> Any:
    """A body that fits a schema more often than chance would have it."""
    if not isinstance(schema, dict) or depth > 3 or draw(st.integers(0, 9)) == 0:
        return draw(BODIES)
    if schema == ROOT:
        return draw(bodies_of(root, root, depth + 1))
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return draw(bodies_of(draw(st.sampled_from(schema[keyword])), root, depth + 1))
    if "enum" in schema or "const" in schema:
        return draw(st.sampled_from(schema.get("enum", [schema.get("const")])))
    kind = schema.get("type")
    if kind == "array":
        return draw(st.lists(bodies_of(schema.get("items", True), root, depth + 1), max_size=3))
    if kind == "object":
        known = schema.get("properties", {})
        names = draw(st.lists(NAMES, unique=True, max_size=3)) + schema.get("required", [])
        rest = schema.get("additionalProperties", True)
        return {name: draw(bodies_of(known.get(name, rest), root, depth + 1)) for name in names}
    return draw(SCALARS)


def validator_of(schema: Schema) -> Callable[[Any], bool]:
    """Whether a body fits a schema."""
    document = {**ROOT, "components": {"schemas": {"T": schema}}}
    return jsonschema_rs.Draft202012Validator(document, validate_formats=True).is_valid


def version_of(schema: Schema) -> Version:
    """A document with one schema."""
    return Version("a document", {"openapi": "3.1.1", "components": {"schemas": {"T": schema}}})


def effects_between(old: Schema, new: Schema) -> set[Effect]:
    """What the comparison says a change does."""
    return {change.effect for change in Comparison(version_of(old), version_of(new)).schemas(ROOT, ROOT, "#")}


@PROFILE
@given(data=st.data(), pair=pairs())
def test_no_refused_body_goes_untold(data: st.DataObject, pair: tuple[Schema, Schema]) -> None:
    """A body that one of two schemas allows and the other refuses is one that the comparison speaks of."""
    old, new = pair
    effects = effects_between(old, new)
    was, now = validator_of(old), validator_of(new)

    for schema in (old, new, old, new):
        body = data.draw(bodies_of(schema, schema), label="body")
        before, after = was(body), now(body)
        event(f"allowed before: {before}, after: {after}")
        if before and not after:
            assert effects & NARROWING, (effects, body)
        if after and not before:
            assert effects & WIDENING, (effects, body)


DROPPED = {
    *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "uniqueItems", "required", "maxProperties", "propertyNames", "not", "enum", "const", "type"),
}
"""Keywords that only take values away."""
ENTANGLED = {"not", "contains", "oneOf"}
"""Keywords in which looser may be tighter."""


def is_entangled(schema: Schema) -> bool:
    """Whether the comparison errs on the safe side: several of a oneOf fit, or it comes back in another keyword."""
    return any("oneOf" in way or (at(schema, way) == ROOT and ENTANGLED & set(way)) for way in places(schema))


@st.composite
def loosened(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """A schema, and one that allows all that it allows, by a rule that is known to."""
    old = draw(SCHEMAS.filter(lambda schema: not is_entangled(schema)))
    ways = [way for way in places(old) if not ENTANGLED & set(way)]
    way = draw(st.sampled_from(ways))
    node = at(old, way)
    if not isinstance(node, dict) or node == ROOT:
        return old, with_at(old, way, True)
    rules: list[Schema] = [{"anyOf": [node, draw(LEAVES)]}, True]
    rules += [{key: node[key] for key in node if key != dropped} for dropped in sorted(DROPPED & node.keys())]
    if "enum" in node:
        rules.append({**node, "enum": [*node["enum"], draw(SCALARS)]})
    for keyword in ("minLength", "minimum", "minItems"):
        if keyword in node:
            rules.append({**node, keyword: node[keyword] - 1})
    return old, with_at(old, way, draw(st.sampled_from(rules)))


@PROFILE
@given(pair=loosened())
def test_looser_schema_breaks_no_client_that_sends(pair: tuple[Schema, Schema]) -> None:
    """A request that may be more than before breaks no client, and an answer that may be less breaks none either."""
    old, new = pair

    there, back = effects_between(old, new), effects_between(new, old)

    event(f"loosened: {sorted(effect.name for effect in there)}")
    # A member that is no longer told of is a loss, though any value of it is allowed.
    there, back = there - {Effect.MEMBER_REMOVED}, back - {Effect.MEMBER_ADDED}
    assert Impact.CLIENTS not in {each for effect in there for each in impact_of(effect, Direction.REQUEST)}
    assert Impact.SERVERS not in {each for effect in there for each in impact_of(effect, Direction.RESPONSE)}
    assert Impact.SERVERS not in {each for effect in back for each in impact_of(effect, Direction.REQUEST)}
    assert Impact.CLIENTS not in {each for effect in back for each in impact_of(effect, Direction.RESPONSE)}


@PROFILE
@given(
    schema=SCHEMAS.filter(lambda schema: not is_entangled(schema)),
    words=st.sampled_from(["description", "title", "$comment", "x-note"]),
    data=st.data(),
)
def test_words_break_nobody(schema: Schema, words: str, data: st.DataObject) -> None:
    """Words added anywhere are editorial."""
    ways = [way for way in places(schema) if isinstance(at(schema, way), dict) and not ENTANGLED & set(way)]
    if not ways:
        return
    way = data.draw(st.sampled_from(ways), label="place")
    new = with_at(schema, way, {**at(schema, way), words: "New."})

    effects = effects_between(schema, new)

    assert effects <= {Effect.TEXT}
