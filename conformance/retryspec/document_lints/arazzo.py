"""The rules for Arazzo documents: each step calls an operation that there is, with what is known by then.

Redocly's linter looks at their shape. What it passes over is looked at here: operations, parameters and members that
the OpenAPI document does not have, path parameters left open, and expressions that speak of a step still to come.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from retryspec.document_lints.links import Call, calls, leads_somewhere
from retryspec.document_lints.source import Pointer, Source
from retryspec.errors import UsageError

__all__ = ["arazzo"]

_Objection = tuple[Pointer, str]

_EXPRESSION = re.compile(r"\$[A-Za-z][A-Za-z0-9_.-]*(?:#(?:/[A-Za-z0-9_~.-]+)*)?")
_KNOWN = re.compile(
    r"\$(?:url|method|statusCode|inputs\.(?P<input>[\w-]+)|steps\.(?P<step>[\w-]+)\.outputs\.(?P<output>[\w-]+)"
    r"|response\.(?:header\.(?P<header>[\w-]+)|body(?:#(?P<pointer>(?:/[^\s#]*)?))?)"
    r"|request\.(?:header|query|path|body)[^\s]*)"
)


def arazzo(source: Source) -> Iterator[_Objection]:
    """Whatever a workflow says that the OpenAPI documents beside it, or its own earlier steps, do not bear out."""
    described: dict[str, tuple[Source, Call]] = {}
    for place, given in enumerate(source.content.get("sourceDescriptions", [])):
        beside = source.path.parent / str(given.get("url"))
        try:
            document = Source(beside)
        except UsageError as error:
            yield ("sourceDescriptions", place, "url"), str(error)
            continue
        described |= {name: (document, call) for name, call in calls(document).items()}
    seen: set[str] = set()
    for place, workflow in enumerate(source.content.get("workflows", [])):
        name = str(workflow.get("workflowId"))
        if name in seen:
            yield ("workflows", place), f"the workflow `{name}` stands twice"
        seen.add(name)
        yield from _workflow(described, workflow, ("workflows", place))


def _workflow(
    described: Mapping[str, tuple[Source, Call]], workflow: Mapping[str, Any], place: Pointer
) -> Iterator[_Objection]:
    inputs = set(workflow.get("inputs", {}).get("properties", {}))
    earlier: dict[str, set[str]] = {}
    shared = workflow.get("parameters", [])
    for index, step in enumerate(workflow.get("steps", [])):
        here: Pointer = (*place, "steps", index)
        name = str(step.get("stepId"))
        if name in earlier:
            yield here, f"the step `{name}` stands twice"
        found = described.get(str(step.get("operationId")))
        if found is None:
            yield here, f"the step `{name}` calls `{step.get('operationId')}`, which no document has"
        else:
            yield from _call(*found, [*shared, *step.get("parameters", [])], step, here)
        for where, expression in _expressions({"parameters": shared, **step}, here):
            objection = _expression(found, expression, inputs, earlier)
            if objection:
                yield where, objection
        earlier[name] = set(step.get("outputs", {}))
    for where, expression in _expressions(workflow.get("outputs", {}), (*place, "outputs")):
        objection = _expression(None, expression, inputs, earlier)
        if objection:
            yield where, objection


def _call(
    document: Source, call: Call, parameters: list[Mapping[str, Any]], step: Mapping[str, Any], place: Pointer
) -> Iterator[_Objection]:
    name = step["operationId"]
    for given in parameters:
        where, what = str(given.get("in")), str(given.get("name"))
        # Credentials are told of as security, not as a parameter.
        if not call.has(where, what) and not (where == "header" and what.lower() == "authorization"):
            yield place, f"`{name}` has no {where} parameter `{what}`"
    for parameter in call.parameters:
        required = parameter.get("required") or parameter.get("in") == "path"
        if required and not any(
            (given.get("in"), given.get("name")) == (parameter.get("in"), parameter.get("name")) for given in parameters
        ):
            yield place, f"the {parameter.get('in')} parameter `{parameter.get('name')}` of `{name}` is left open"
    body = document.followed(call.raw.get("requestBody", {}))
    if "requestBody" in step and not body:
        yield (*place, "requestBody"), f"`{name}` takes no body"
    if body.get("required") and "requestBody" not in step:
        yield place, f"the body of `{name}` is left out"


def _expressions(value: Any, place: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Every expression in a part of a document, those in a condition or a text among others included."""
    if isinstance(value, str):
        yield from ((place, found) for found in _EXPRESSION.findall(value))
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        # What a regular expression says of the end of a text is no expression.
        if not (key == "condition" and isinstance(value, dict) and value.get("type") == "regex"):
            yield from _expressions(each, (*place, key))


def _expression(
    found: tuple[Source, Call] | None, expression: str, inputs: set[str], earlier: Mapping[str, set[str]]
) -> str | None:
    known = _KNOWN.fullmatch(expression.rstrip("."))
    if known is None:
        return f"`{expression}` is no runtime expression"
    if known["input"] is not None and known["input"] not in inputs:
        return f"`{expression}`: the workflow has no such input"
    if known["step"] is not None and known["step"] not in earlier:
        return f"`{expression}`: there is no such step before this one"
    if known["step"] is not None and known["output"] not in earlier[known["step"]]:
        return f"`{expression}`: the step has no such output"
    if known["pointer"] and found is not None and not _is_answered(*found, known["pointer"]):
        return f"`{expression}` points at nothing that an answer's body can have"
    return None


def _is_answered(document: Source, call: Call, pointer: str) -> bool:
    answers = [document.followed(answer) for answer in call.raw.get("responses", {}).values()]
    schemas = [media.get("schema", {}) for answer in answers for media in answer.get("content", {}).values()]
    return any(leads_somewhere(document, schema, pointer) for schema in schemas)
