"""A document as the lints see it: plain values, the line of each, and every object with what it is.

The YAML is read into plain values and a table of lines. A walk over the document, led by a small grammar of OpenAPI,
yields every node with its kind, so that a rule asks for "every schema" and is not misled by a member or an example that
happens to be called `schema`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from retryspec.errors import UsageError

__all__ = ["METHODS", "Node", "Pointer", "Source", "fragment", "parts"]

# Start, look, retry: the order in which a path item shows its methods.
METHODS = ("post", "get", "put", "patch", "delete")

_Shape = Literal["one", "list", "map"]
Pointer = tuple[str | int, ...]

_MEDIA: dict[str, tuple[_Shape, str]] = {"schema": ("one", "schema"), "examples": ("map", "example")}
_BODY: dict[str, tuple[_Shape, str]] = {"content": ("map", "media")}
_SUBSCHEMAS: dict[str, tuple[_Shape, str]] = {
    **dict.fromkeys(("properties", "patternProperties", "$defs", "dependentSchemas"), ("map", "schema")),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("list", "schema")),
    **dict.fromkeys(("items", "contains", "additionalProperties", "propertyNames", "not"), ("one", "schema")),
    **dict.fromkeys(("if", "then", "else", "unevaluatedProperties", "unevaluatedItems"), ("one", "schema")),
}
_GRAMMAR: dict[str, dict[str, tuple[_Shape, str]]] = {
    "document": {
        "info": ("one", "info"),
        "servers": ("list", "server"),
        "tags": ("list", "tag"),
        "paths": ("map", "path"),
        "components": ("one", "components"),
    },
    "info": {"contact": ("one", "contact"), "license": ("one", "license")},
    "server": {"variables": ("map", "variable")},
    "path": {"parameters": ("list", "parameter"), **dict.fromkeys(METHODS, ("one", "operation"))},
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "request"),
        "responses": ("map", "response"),
    },
    "request": _BODY,
    "response": {"headers": ("map", "header"), "links": ("map", "link"), **_BODY},
    "media": _MEDIA,
    "parameter": {**_MEDIA, **_BODY},
    "header": {**_MEDIA, **_BODY},
    "schema": _SUBSCHEMAS,
    "components": {
        "schemas": ("map", "schema"),
        "parameters": ("map", "parameter"),
        "requestBodies": ("map", "request"),
        "responses": ("map", "response"),
        "headers": ("map", "header"),
        "examples": ("map", "example"),
        "links": ("map", "link"),
        "securitySchemes": ("map", "securityScheme"),
    },
}


class Node(NamedTuple):
    """One object of the document: what it is, where it is, and what it holds."""

    kind: str
    pointer: Pointer
    value: Mapping[str, Any]


class Source:
    """One document with its lines, and what the rules ask of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Pointer, int] = {}
        self.early: list[tuple[str, Pointer, str]] = []
        """What only shows while the YAML is read: rule, place, message."""
        self.content: dict[str, Any] = _read_yaml(self)

    def line(self, pointer: Pointer) -> int:
        """The line of a place, or of the nearest place around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer[:-1]
        return self.lines.get(pointer, 1)

    @cached_property
    def nodes(self) -> list[Node]:
        """Every object of the document, outer ones first."""
        return list(_walk("document", (), self.content))

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        """The objects of some kinds that are written out here, and so are no references."""
        return (node for node in self.nodes if node.kind in kinds and not _is_reference(node))

    def resolve(self, reference: str) -> object:
        """What a local reference points at; None when it points nowhere."""
        found: Any = self.content
        for part in parts(reference):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def followed(self, value: object) -> dict[str, Any]:
        """The value itself, or what it refers to."""
        # Bounded, since references may go round in a circle.
        for _ in range(10):
            if not isinstance(value, dict) or "$ref" not in value:
                break
            value = self.resolve(value["$ref"])
        return value if isinstance(value, dict) else {}

    @cached_property
    def decisions(self) -> list[str]:
        """The ids of the headings of the document's decisions, in `<slug>.md` beside it."""
        beside = self.path.with_suffix(".md")
        text = beside.read_text(encoding="utf-8") if beside.is_file() else ""
        return re.findall(r"^### ([A-Z]+-?\d+[a-z]?):? ", text, flags=re.MULTILINE)


def _read_yaml(source: Source) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise UsageError("To lint a document, install pyyaml and jsonschema.") from error
    try:
        loader = yaml.SafeLoader(source.path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{source.path} cannot be read as YAML: {' '.join(str(error).split())}") from error

    def build(node: yaml.Node, pointer: Pointer) -> object:
        source.lines.setdefault(pointer, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*pointer, place)) for place, child in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            if node.tag.endswith(":timestamp"):
                source.early.append(("quoted-time", pointer, f"write the time as a string: '{node.value}'"))
                return str(node.value)
            scalar: object = loader.construct_object(node)
            return scalar
        built: dict[str, Any] = {}
        for key, child in node.value:
            name, inner = str(key.value), (*pointer, str(key.value))
            if name in built:
                source.early.append(("duplicate-key", inner, f"`{name}` stands twice in one mapping"))
            if pointer[-1:] == ("responses",) and not key.tag.endswith(":str"):
                source.early.append(("quoted-status", inner, f"write the status as a string: '{name}'"))
            source.lines[inner] = key.start_mark.line + 1
            built[name] = build(child, inner)
        return built

    content = None if root is None else build(root, ())
    if not isinstance(content, dict):
        raise UsageError(f"{source.path} is not an OpenAPI document: it holds no mapping.")
    return content


def _walk(kind: str, pointer: Pointer, value: object) -> Iterator[Node]:
    if not isinstance(value, dict):
        return
    yield Node(kind, pointer, value)
    for key, (shape, inner) in _GRAMMAR.get(kind, {}).items():
        below, place = value.get(key), (*pointer, key)
        if shape == "one":
            yield from _walk(inner, place, below)
        elif shape == "list" and isinstance(below, list):
            for index, child in enumerate(below):
                yield from _walk(inner, (*place, index), child)
        elif shape == "map" and isinstance(below, dict):
            for name, child in below.items():
                yield from _walk(inner, (*place, name), child)


def _is_reference(node: Node) -> bool:
    # A schema may have further keywords beside its reference, and then it is a schema of its own.
    return "$ref" in node.value and (node.kind != "schema" or len(node.value) == 1)


def parts(reference: str) -> list[str]:
    """The keys on the way that a local reference describes."""
    return [part.replace("~1", "/").replace("~0", "~") for part in reference.removeprefix("#/").split("/")]


def fragment(pointer: Pointer) -> str:
    """A place of the document as the fragment of a reference."""
    return "/".join(["#", *(quote(str(part).replace("~", "~0").replace("/", "~1")) for part in pointer)])
