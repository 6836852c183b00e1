"""Compares what schemas say without bounding a value: words, examples, defaults, marks."""

from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.diff.change import Effect
from retryspec.diff.keywords import SchemaChange, shown
from retryspec.diff.normal import Schema, sequence
from retryspec.diff.reading import Version, canonical

__all__ = ["annotations"]

_WORDS = ("title", "description", "examples", "example", "$comment", "externalDocs", "xml")
_ELSEWHERE = frozenset({
    "$ref", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "type", "enum", "const",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "format", "items", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems",
    "unevaluatedItems", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
    "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
    "contentEncoding", "contentMediaType", "contentSchema",
})  # fmt: skip
"""What bounds values, and is compared elsewhere."""


def annotations(old: Version, one: Schema, new: Version, other: Schema, place: str) -> Iterator[SchemaChange]:
    """Every difference between what two schemas say at their own level."""
    before, after = _said_by(old, one), _said_by(new, other)
    for key in dict.fromkeys((*before, *after)):
        if (key in before) == (key in after) and canonical(before.get(key)) == canonical(after.get(key)):
            continue
        keyword = key.rpartition("/")[2]
        says = _sentence(keyword, key in before, key in after, before.get(key), after.get(key))
        yield SchemaChange(_effect_of(key, keyword, before, after), keyword, place, says)


def _said_by(version: Version, schema: Schema) -> dict[str, Any]:
    """What a schema says that bounds no value, with that of what it is put together from; its own wins."""
    found: dict[str, Any] = {}
    waiting: list[tuple[Schema, str, int]] = [(schema, "", 0)]
    while waiting:
        node, prefix, depth = waiting.pop(0)
        if not isinstance(node, dict) or depth > 10 or len(found) > 500:
            continue
        for key, value in node.items():
            if key not in _ELSEWHERE:
                found.setdefault(prefix + key, value)
        if isinstance(node.get("$ref"), str):
            waiting.append((version.resolve(node["$ref"]), prefix, depth + 1))
        waiting += [(branch, prefix, depth + 1) for branch in sequence(node.get("allOf"))]
        for keyword in ("anyOf", "oneOf"):
            waiting += [
                (each, f"{prefix}{keyword}/{i}/", depth + 1) for i, each in enumerate(sequence(node.get(keyword)))
            ]
    return found


def _effect_of(key: str, keyword: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Effect:
    if keyword == "default" and key == keyword:
        if key not in one:
            return Effect.DEFAULT_ADDED
        return Effect.DEFAULT_CHANGED if key in other else Effect.DEFAULT_REMOVED
    if keyword == "deprecated":
        return Effect.MARK
    if keyword in ("default", *_WORDS) or keyword.startswith("x-"):
        return Effect.TEXT
    # readOnly, writeOnly and discriminator change what one may send; an unknown keyword may do anything.
    return Effect.UNCLEAR


def _sentence(keyword: str, before: bool, after: bool, old: Any, new: Any) -> str:
    if keyword in _WORDS:
        return f"its `{keyword}` {'changed' if before and after else 'was added' if after else 'was removed'}"
    if before and after:
        return f"its `{keyword}` was {shown(old)} and is {shown(new)}"
    return f"its `{keyword}` {shown(new)} was added" if after else f"its `{keyword}` {shown(old)} was removed"
