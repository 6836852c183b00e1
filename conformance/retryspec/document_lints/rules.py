"""The rules: functions from a document to the places that they object to, by name in `RULES`."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from retryspec.document_lints.links import links
from retryspec.document_lints.source import METHODS, Node, Pointer, Source, fragment, parts
from retryspec.errors import UsageError

__all__ = ["RULES", "local_references"]

_TOP_LEVEL = ("openapi", "info", "servers", "security", "tags", "x-behaviours", "paths", "components")
_LEVELS = ("MUST", "SHOULD", "MAY")
_BEHAVIOUR_MEMBERS = {"id", "level", "says", "source", "decision", "unobservable"}
_EXTENSIONS = {
    "x-behaviours": {"document", "operation"},
    "x-source": {"info", "parameter", "header", "schema"},
}
_SCHEMA_KEYWORDS_REFUSED = {
    "example": "OpenAPI 3.1 has `examples`, a list",
    "nullable": 'OpenAPI 3.1 has `type: [..., "null"]`',
    "prefixItems": "property testers give up on it",
    "uniqueItems": "the model generator makes a set of it, which loses order and repetition",
    "if": "the model generator drops it",
}
_SCHEMA_SAYS_SOMETHING = ("type", "const", "enum", "$ref", "allOf", "anyOf", "oneOf", "not")
_PROBES: Mapping[str, Any] = {"{}": {}, "[]": [], "a string": "x", "a number": 1, "true": True, "null": None}
"""A value of each type of JSON; a schema that tells anything about its type refuses all of them but one."""
_CODE = "errorCode"
"""The member of an error body that tells the errors apart; all three vendors call it so."""


_Objection = tuple[Pointer, str]
_Given = tuple[Pointer, Any]
"""Where an example stands in its node, and its value."""
_Rule = Callable[[Source], Iterator[_Objection]]


def local_references(source: Source) -> Iterator[_Objection]:
    """References that lead out of the document, or nowhere."""
    for node in source.nodes:
        reference = node.value.get("$ref")
        if reference is None:
            continue
        if not str(reference).startswith("#/"):
            yield (*node.pointer, "$ref"), f"{reference} leads out of the document"
        elif source.resolve(reference) is None:
            yield (*node.pointer, "$ref"), f"{reference} leads nowhere"


def _order(source: Source) -> Iterator[_Objection]:
    yield from _out_of_order(source.content, _TOP_LEVEL, ())
    paths = list(source.content.get("paths", {}))
    for place, path in enumerate(paths):
        for later in paths[place + 1 :]:
            if path.startswith(f"{later}/"):
                yield ("paths", later), f"{later} comes before {path}, which lies below it"
    for node in source.of_kind("path"):
        yield from _out_of_order(node.value, METHODS, node.pointer)


def _out_of_order(found: Mapping[str, Any], wanted: Sequence[str], pointer: Pointer) -> Iterator[_Objection]:
    have = [key for key in found if key in wanted]
    right = [key for key in wanted if key in found]
    for key, instead in zip(have, right, strict=True):
        if key != instead:
            yield (*pointer, key), f"`{instead}` comes before `{key}`"
            return


def _version(source: Source) -> Iterator[_Objection]:
    if not str(source.content.get("openapi", "")).startswith("3.1."):
        yield ("openapi",), "a document is OpenAPI 3.1"
    if "jsonSchemaDialect" in source.content:
        yield ("jsonSchemaDialect",), "leave it out: one validating proxy checks no body at all when it is there"


def _names(source: Source) -> Iterator[_Objection]:
    seen: set[str] = set()
    for node in source.of_kind("operation"):
        name = str(node.value.get("operationId", ""))
        if not re.fullmatch(r"[a-z][a-zA-Z0-9]*", name):
            yield (*node.pointer, "operationId"), f"the operationId `{name}` is not camelCase"
        if name in seen:
            yield (*node.pointer, "operationId"), f"the operationId `{name}` stands twice"
        seen.add(name)
    for name in source.content.get("components", {}).get("schemas", {}):
        if not re.fullmatch(r"[A-Z][a-zA-Z0-9]*", name):
            yield ("components", "schemas", name), f"the schema name `{name}` is not PascalCase"


def _schema_keywords(source: Source) -> Iterator[_Objection]:
    for node in source.of_kind("schema"):
        for keyword in _SCHEMA_KEYWORDS_REFUSED.keys() & node.value.keys():
            yield (*node.pointer, keyword), f"no `{keyword}` in a schema: {_SCHEMA_KEYWORDS_REFUSED[keyword]}"


def _vacuous_schemas(source: Source) -> Iterator[_Objection]:
    for node in source.of_kind("schema"):
        if not any(keyword in node.value for keyword in _SCHEMA_SAYS_SOMETHING):
            yield node.pointer, "the schema says no type and so allows everything"
        elif node.value.get("type") == "array" and not node.value.get("items"):
            yield node.pointer, "the array says nothing about its items"
    for node in source.of_kind("media"):
        pointer = (*node.pointer, "schema")
        if "schema" not in node.value:
            yield node.pointer, "the body has no schema"
            continue
        kinds = [shown for shown, probe in _PROBES.items() if not _problem(source, pointer, probe)]
        if "{}" in kinds and source.followed(node.value["schema"]).get("minProperties") != 0:
            yield pointer, "the schema of the body allows {}; where the sources do, it says `minProperties: 0`"
        if len(kinds) > 1:
            yield pointer, f"the schema of the body allows values of several types: {', '.join(kinds)}"


def _examples(source: Source) -> Iterator[_Objection]:
    for node in source.of_kind("parameter", "header", "media"):
        given: list[_Given] = [(("example",), node.value["example"])] if "example" in node.value else []
        for name, example in node.value.get("examples", {}).items():
            value = source.followed(example).get("value")
            given.append((("examples", name), value))
        if not given and "content" not in node.value:
            yield node.pointer, f"the {node.kind} has no example"
        yield from _unfit(source, node, (*node.pointer, "schema"), given)
    for node in source.of_kind("schema"):
        given = [(("examples", place), value) for place, value in enumerate(node.value.get("examples", []))]
        if "default" in node.value:
            given.append((("default",), node.value["default"]))
        yield from _unfit(source, node, node.pointer, given)


def _unfit(source: Source, node: Node, schema: Pointer, given: Sequence[_Given]) -> Iterator[_Objection]:
    for place, value in given:
        problem = _problem(source, schema, value)
        if problem:
            yield (*node.pointer, *place), f"the example does not fit its schema: {problem}"


def _problem(source: Source, schema: Pointer, value: Any) -> str | None:
    """What is wrong with a value under the schema at a place of the document; None when it fits."""
    try:
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012
    except ImportError as error:
        raise UsageError("To lint a document, install pyyaml and jsonschema.") from error
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(source.content, default_specification=DRAFT202012)
    )
    validator = Draft202012Validator(
        {"$ref": f"urn:document{fragment(schema)}"},
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    wrong = next(validator.iter_errors(value), None)
    if wrong is None:
        return None
    where = "/".join(str(part) for part in wrong.absolute_path)
    return f"{wrong.message} (at {where})" if where else wrong.message


def _error_codes(source: Source) -> Iterator[_Objection]:
    for node in source.of_kind("operation"):
        for status, answer in node.value.get("responses", {}).items():
            place = (*node.pointer, "responses", status)
            media = source.followed(answer).get("content", {}).get("application/json")
            if not status.startswith(("4", "5")) or media is None:
                continue
            schema = source.followed(media.get("schema", {}))
            codes = _codes(source, schema)
            if codes is None:
                # Where the sources name no codes, the member shows some of ours.
                if "examples" not in source.followed(schema.get("properties", {}).get(_CODE, {})):
                    yield place, f"the schema of the {status} does not list the values of `{_CODE}`"
                continue
            shown = {_code_of(source.followed(example)) for example in media.get("examples", {}).values()}
            for code in sorted(codes - shown):
                yield place, f"the {status} has no named example with the code {code}"


def _codes(source: Source, schema: Mapping[str, Any]) -> set[str] | None:
    """The codes that an error schema allows; None when it does not list them."""
    schema = source.followed(schema)
    given = source.followed(schema.get("properties", {}).get(_CODE, {}))
    # A code that may be null is either an enumeration or null.
    for code in [given, *map(source.followed, given.get("anyOf", []))]:
        listed = code.get("enum", [code["const"]] if "const" in code else None)
        if listed is not None:
            return {str(value) for value in listed}
    for branch in schema.get("allOf", []):
        found = _codes(source, branch)
        if found is not None:
            return found
    return None


def _code_of(example: Mapping[str, Any]) -> str | None:
    value = example.get("value")
    return value.get(_CODE) if isinstance(value, dict) else None


def _extensions(source: Source) -> Iterator[_Objection]:
    for node in source.nodes:
        for key in node.value:
            if not key.startswith("x-"):
                continue
            if key not in _EXTENSIONS:
                yield (*node.pointer, key), f"openapi/README.md does not define `{key}`"
            elif node.kind not in _EXTENSIONS[key]:
                yield (*node.pointer, key), f"`{key}` does not belong on a {node.kind}"
    for node in source.nodes:
        given = node.value.get("x-source")
        wanted = list if node.kind == "info" else str
        if given is not None and not (isinstance(given, wanted) and given):
            yield (*node.pointer, "x-source"), f"`x-source` of a {node.kind} is a {wanted.__name__} that is not empty"


def _behaviours(source: Source) -> Iterator[_Objection]:
    seen: set[str] = set()
    prefix = None
    for node in source.of_kind("document", "operation"):
        for place, entry in enumerate(node.value.get("x-behaviours", [])):
            pointer = (*node.pointer, "x-behaviours", place)
            if not isinstance(entry, dict):
                yield pointer, "a behaviour is a mapping"
                continue
            id_ = str(entry.get("id", ""))
            prefix = prefix or id_.split("-")[0]
            if not re.fullmatch(rf"{re.escape(prefix)}(-[A-Z0-9]+)+-\d\d+[a-z]?", id_):
                yield pointer, f"the id `{id_}` is not of the form {prefix}-GROUP-01"
            if id_ in seen:
                yield pointer, f"the id {id_} stands twice"
            seen.add(id_)
            yield from ((pointer, f"{id_}: {problem}") for problem in _wrong_in_behaviour(entry, source.decisions))


def _wrong_in_behaviour(entry: Mapping[str, Any], decisions: Sequence[str]) -> Iterator[str]:
    if entry.get("level") not in _LEVELS:
        yield f"the level is one of {', '.join(_LEVELS)}"
    if not _is_one_sentence(entry.get("says")):
        yield "`says` is one sentence that ends with a full stop"
    for member in ("source", "unobservable"):
        given = entry.get(member)
        if (member == "source" or member in entry) and not (isinstance(given, str) and given.strip()):
            yield f"`{member}` is a text that is not empty"
    for member in sorted(entry.keys() - _BEHAVIOUR_MEMBERS):
        yield f"openapi/README.md defines no member `{member}`"
    cited = entry.get("decision", [])
    for decision in [cited] if isinstance(cited, str) else cited:
        if decision not in decisions:
            yield f"there is no decision {decision}"


def _is_one_sentence(text: object) -> bool:
    if not isinstance(text, str):
        return False
    without_code = re.sub(r"`[^`]*`", "code", " ".join(text.split()))
    return without_code.endswith(".") and not re.search(r"[.!?] +\S", without_code)


def _decisions(source: Source) -> Iterator[_Objection]:
    for decision, times in Counter(source.decisions).items():
        if times > 1:
            yield (), f"{source.path.with_suffix('.md').name} has the decision {decision} {times} times"


def _default_responses(source: Source) -> Iterator[_Objection]:
    for node in source.of_kind("operation"):
        if "default" in node.value.get("responses", {}):
            yield (*node.pointer, "responses", "default"), "a `default` response allows every status"


def _unused_components(source: Source) -> Iterator[_Objection]:
    components: Mapping[str, Mapping[str, Any]] = source.content.get("components", {})
    outside = {key: value for key, value in source.content.items() if key != "components"}
    used: set[tuple[str, str]] = set()
    waiting = list(_references(outside))
    while waiting:
        component = waiting.pop()
        if component in used:
            continue
        used.add(component)
        section, name = component
        waiting.extend(_references(components.get(section, {}).get(name, {})))
    for section, named in components.items():
        for name in named:
            if (section, name) not in used:
                yield ("components", section, name), f"nothing uses {section}/{name}"


def _references(value: object) -> Iterator[tuple[str, str]]:
    """The components that a part of the document refers to, security schemes by their bare names included."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    if not isinstance(value, dict):
        return
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/components/"):
        _, section, name, *_ = parts(reference)
        yield section, name
    for requirement in value.get("security", []) if isinstance(value.get("security"), list) else []:
        yield from (("securitySchemes", name) for name in requirement)
    for inner in value.values():
        yield from _references(inner)


RULES: Mapping[str, _Rule] = {
    "order": _order,
    "version": _version,
    "names": _names,
    "schema-keyword": _schema_keywords,
    "vacuous-schema": _vacuous_schemas,
    "example": _examples,
    "error-codes": _error_codes,
    "extension": _extensions,
    "behaviour": _behaviours,
    "decision": _decisions,
    "default-response": _default_responses,
    "unused-component": _unused_components,
    "link": links,
}
