"""The rule for links, which no other linter looks at: each leads somewhere, and its expressions mean something.

The grammar of expressions: OpenAPI 3.1.1, "Runtime Expressions".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retryspec.document_lints.source import METHODS, Pointer, Source, parts

__all__ = ["Call", "calls", "leads_somewhere", "links"]

_Objection = tuple[Pointer, str]

_EXPRESSION = re.compile(
    r"\$(?:url|method|statusCode"
    r"|(?P<side>request|response)\.(?:(?P<place>header|query|path)\.(?P<name>[^{}\s]+)|body(?:#(?P<pointer>(?:/[^{}\s]*)*))?))"
)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation, with the parameters of its path."""

    pointer: Pointer
    raw: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    def has(self, place: str, name: str) -> bool:
        """Whether it has a parameter of this name."""
        wanted = name.lower() if place == "header" else name
        return any(
            each.get("in") == place
            and (str(each.get("name")).lower() if place == "header" else each.get("name")) == wanted
            for each in self.parameters
        )


def links(source: Source) -> Iterator[_Objection]:
    """Links to unknown operations or parameters, and expressions that are malformed or point at nothing."""
    known = calls(source)
    seen: set[_Objection] = set()
    for call in known.values():
        for status, response in call.raw.get("responses", {}).items():
            answer = source.followed(response)
            for name, given in answer.get("links", {}).items():
                place: Pointer = (*call.pointer, "responses", status, "links", name)
                if "$ref" in given:
                    place = tuple(parts(given["$ref"]))
                for objection in _objections(source, known, call, answer, source.followed(given), place):
                    if objection not in seen:
                        seen.add(objection)
                        yield objection


def calls(source: Source) -> dict[str, Call]:
    """The operations of a document by their ids."""
    found = {}
    for path, item in source.content.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                given = [*item.get("parameters", []), *item[method].get("parameters", [])]
                parameters = tuple(source.followed(each) for each in given)
                name = str(item[method].get("operationId"))
                found[name] = Call(("paths", path, method), item[method], parameters)
    return found


def _objections(
    source: Source,
    calls: Mapping[str, Call],
    call: Call,
    answer: Mapping[str, Any],
    link: Mapping[str, Any],
    place: Pointer,
) -> Iterator[_Objection]:
    target = calls.get(str(link.get("operationId")))
    if target is None:
        yield place, f"the link leads to the operation `{link.get('operationId')}`, which the document has not"
        return
    given = link.get("parameters", {})
    for name, value in given.items():
        where, _, bare = name.rpartition(".")
        places = [where] if where in ("path", "query", "header") else ["path", "query", "header"]
        if not any(target.has(each, bare if where else name) for each in places):
            yield (*place, "parameters", name), f"`{link['operationId']}` has no parameter `{name}`"
        yield from _meaningless(source, call, answer, value, (*place, "parameters", name))
    for parameter in target.parameters:
        name = str(parameter.get("name"))
        if parameter.get("in") == "path" and not given.keys() & {name, f"path.{name}"}:
            yield place, f"the link leaves the path parameter `{name}` of `{link['operationId']}` open"
    if "requestBody" in link:
        if "requestBody" not in target.raw:
            yield (*place, "requestBody"), f"`{link['operationId']}` takes no body"
        yield from _meaningless(source, call, answer, link["requestBody"], (*place, "requestBody"))


def _meaningless(
    source: Source, call: Call, answer: Mapping[str, Any], value: object, place: Pointer
) -> Iterator[_Objection]:
    if not isinstance(value, str) or not value.startswith("$"):
        return
    found = _EXPRESSION.fullmatch(value)
    if found is None:
        yield place, f"`{value}` is no runtime expression"
    elif found["pointer"] is not None:
        body = call.raw.get("requestBody", {}) if found["side"] == "request" else answer
        schemas = [media.get("schema", {}) for media in source.followed(body).get("content", {}).values()]
        if not any(leads_somewhere(source, schema, found["pointer"]) for schema in schemas):
            yield place, f"`{value}` points at nothing that the {found['side']}'s body can have"
    elif found["side"] == "request" and not call.has(found["place"] or "", found["name"] or ""):
        if found["place"]:
            yield place, f"`{value}`: the operation has no such parameter"
    elif found["side"] == "response" and found["place"]:
        headers = {name.lower() for name in answer.get("headers", {})}
        if found["place"] != "header" or (found["name"] or "").lower() not in headers:
            yield place, f"`{value}`: the response has no such header"


def leads_somewhere(source: Source, schema: object, pointer: str) -> bool:
    """Whether a value that a schema allows can have something where a JSON pointer points."""
    found = source.followed(schema)
    step, _, rest = pointer.removeprefix("/").partition("/")
    if not step:
        return bool(found)
    branches = [branch for word in ("allOf", "anyOf", "oneOf") for branch in found.get(word, [])]
    if any(leads_somewhere(source, branch, pointer) for branch in branches):
        return True
    name = step.replace("~1", "/").replace("~0", "~")
    inner = found.get("items") if step.isdigit() and "items" in found else found.get("properties", {}).get(name)
    if inner is None:
        return False
    return not rest or leads_somewhere(source, inner, f"/{rest}")
