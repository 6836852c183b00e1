"""What the stubs need of a document: its operations, with parameters, bodies and answers, every schema by a name.

Schemas that a body or a parameter has in place are lifted to the named ones first, so that each becomes a class.
"""

import builtins
import copy
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from retryspec.errors import UsageError
from retryspec.generate.source import Source

__all__ = ["Answer", "Contract", "Operation", "Parameter", "read_contract", "snake_case"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_JSON = "application/json"
_SCHEMAS = "#/components/schemas/"
_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
# What the functions of the stubs use themselves.
_TAKEN = frozenset({"self", "call", "body", "response", "models", "exchange", "filled", "read_answer", "read_error"})
_HOOKS = frozenset({"admit", "invalid", "method_not_allowed", "failed", "finish"})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path or a query."""

    name: str
    python: str
    where: str
    required: bool
    schema: Json
    """Without `$ref`, but for an enumeration, which is named by `enum`."""
    enum: str | None
    many: str | None
    """`exploded` or `commas` where the parameter is a list."""
    default: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented answer: its status and the name of the schema of its body, None without one."""

    status: int
    schema: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document."""

    id: str
    python: str
    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    fixed_headers: Mapping[str, str]
    """Header parameters that have one value only, which a client can therefore send."""
    body: str | None
    body_required: bool
    statuses: tuple[int, ...]
    """Those of a success; a server uses the first one."""
    answer: str | None
    errors: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A document as the generator sees it."""

    source: Source
    prefix: str
    """The path of the document's first server, which every path begins with."""
    operations: tuple[Operation, ...]
    schemas: Mapping[str, Any]


def read_contract(source: Source) -> Contract:
    """The operations and schemas of a document.

    Raises:
        UsageError: it uses something that the stubs cannot express, or is not shaped as OpenAPI says.
    """
    reader = _Reader(source)
    try:
        operations = tuple(reader.operations())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"{source.name} does not keep to OpenAPI 3.1 ({what}); openapi-spec-validator says where."
        ) from error
    names = [operation.python for operation in operations]
    if len(set(names)) < len(names):
        raise UsageError(f"{source.name}: two operations have the same name in Python; change an operationId.")
    servers = source.content.get("servers") or [{"url": "/"}]
    prefix = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:", "", servers[0]["url"])
    prefix = re.sub(r"^//[^/]*", "", prefix).rstrip("/")
    if "{" in prefix:
        prefix = ""  # a variable path is not known before somebody chooses a server
    return Contract(source, prefix, operations, reader.schemas)


def snake_case(name: str) -> str:
    """A name of the wire as one of Python: `taskStatus` is `task_status`, `from` is `from_`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    snake = re.sub(r"\W+", "_", spaced).strip("_").lower() or "value"
    if snake[0].isdigit():
        snake = f"value_{snake}"
    return f"{snake}_" if keyword.iskeyword(snake) or snake in dir(builtins) or snake in _TAKEN else snake


def pascal_case(name: str) -> str:
    """A name of the wire as one of a class."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W+|_", name))


@dataclass(slots=True)
class _Reader:
    source: Source
    schemas: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.schemas = copy.deepcopy(dict(self.source.content.get("components", {}).get("schemas", {})))

    def operations(self) -> Iterator[Operation]:
        """Every operation; a concrete path comes before one with a parameter in its place, to be matched first."""
        paths = self.source.content["paths"]
        for path in sorted(paths, key=lambda path: [segment.startswith("{") for segment in path.split("/")]):
            item = self.resolved(paths[path])
            for method in item:
                if method in _METHODS:
                    yield self.operation(path, method, item)

    def operation(self, path: str, method: str, item: Json) -> Operation:
        raw = item[method]
        if "operationId" not in raw:
            raise self.unsupported(f"{method.upper()} {path} has no operationId")
        name = str(raw["operationId"])
        given = [self.resolved(parameter) for parameter in [*item.get("parameters", []), *raw.get("parameters", [])]]
        # A later one of the same name and place replaces an earlier one.
        parameters = list({(one["in"], one["name"]): one for one in given}.values())
        in_path = re.findall(r"\{([^{}]+)\}", path)
        declared = {one["name"]: one for one in parameters if one["in"] == "path"}
        if missing := [found for found in in_path if found not in declared]:
            raise self.unsupported(f"{name}: the path parameter {missing[0]} is not declared")
        ordered = [declared[found] for found in in_path] + [one for one in parameters if one["in"] == "query"]
        python = snake_case(name)
        answers = [self.answer(name, status, answer) for status, answer in raw["responses"].items()]
        successes = [answer for answer in answers if 200 <= answer.status < 300]
        if not successes:
            raise self.unsupported(f"{name} documents no success")
        if len({success.schema for success in successes}) > 1:
            raise self.unsupported(f"{name} documents successes with different bodies")
        body = self.resolved(raw["requestBody"]) if "requestBody" in raw else None
        return Operation(
            id=name,
            python=f"{python}_" if python in _HOOKS else python,
            method=method.upper(),
            path=path,
            summary=str(raw.get("summary") or name),
            parameters=tuple(self.distinct(name, [self.parameter(name, one) for one in ordered])),
            fixed_headers={
                one["name"]: str(self.plain(one["schema"])["const"])
                for one in parameters
                if one["in"] == "header" and one.get("required") and "const" in self.plain(one.get("schema", {}))
            },
            body=self.content_schema(f"{pascal_case(name)}Body", name, body) if body else None,
            body_required=bool(body and body.get("required")),
            statuses=tuple(success.status for success in successes),
            answer=successes[0].schema,
            errors=tuple(answer for answer in answers if answer.status >= 300),
        )

    def answer(self, operation: str, status: str, raw: Json) -> Answer:
        if not status.isdigit():
            raise self.unsupported(f"{operation}: the answer {status!r}; list each status by itself")
        name = f"{pascal_case(operation)}Answer{status}"
        return Answer(int(status), self.content_schema(name, operation, self.resolved(raw)))

    def content_schema(self, lifted_name: str, operation: str, holder: Json) -> str | None:
        content = holder.get("content") or {}
        if not content:
            return None
        if _JSON not in content or "schema" not in content[_JSON]:
            raise self.unsupported(f"{operation}: a body that is not {_JSON} with a schema")
        return self.named(content[_JSON]["schema"], lifted_name)

    def named(self, schema: Json, lifted_name: str) -> str:
        """The name of a schema, under which it is lifted where it has none."""
        reference = schema.get("$ref", "") if set(schema) <= {"$ref", "default", "description"} else ""
        if reference.startswith(_SCHEMAS):
            return str(reference.removeprefix(_SCHEMAS))
        name = lifted_name
        while name in self.schemas and self.schemas[name] != schema:
            name += "_"
        self.schemas[name] = copy.deepcopy(dict(schema))
        return name

    def parameter(self, operation: str, raw: Json) -> Parameter:
        label = f"{operation}: the parameter {raw['name']}"
        if "schema" not in raw:
            raise self.unsupported(f"{label} has no schema")
        plain = self.plain(raw["schema"])
        many = None
        item = raw["schema"]
        if plain.get("type") == "array":
            if raw.get("style", "form") not in ("form", "simple"):
                raise self.unsupported(f"{label} has the style {raw['style']}")
            many = "exploded" if raw["in"] == "query" and raw.get("explode", True) else "commas"
            item = plain["items"]
        value = self.plain(item)
        lifted_name = pascal_case(operation) + pascal_case(raw["name"])
        if value.get("type") == "number" and {"exclusiveMinimum", "exclusiveMaximum"} & set(value):
            raise self.unsupported(f"{label} is a number with an exclusive bound")
        enum = self.named(self.without_default(item), lifted_name) if "enum" in value else None
        if value.get("type") not in ("string", "integer", "number", "boolean"):
            raise self.unsupported(f"{label} is neither a string, a number nor a boolean, nor a list of these")
        if enum and value["type"] != "string":
            raise self.unsupported(f"{label} is an enumeration of something other than strings")
        return Parameter(
            name=raw["name"],
            python=snake_case(raw["name"]),
            where=raw["in"],
            required=bool(raw.get("required")),
            schema=_with_bounds(value),
            enum=enum,
            many=many,
            default=plain.get("default"),
        )

    def distinct(self, operation: str, parameters: list[Parameter]) -> list[Parameter]:
        names = [parameter.python for parameter in parameters]
        if len(set(names)) < len(names):
            raise self.unsupported(f"{operation}: two parameters have the same name in Python")
        return parameters

    def plain(self, schema: Json) -> Json:
        """A schema with its reference followed and what stands beside the reference laid over it, and null left out."""
        found = {**self.resolved(schema), **{name: value for name, value in schema.items() if name != "$ref"}}
        if isinstance(found.get("type"), list):
            kinds = [kind for kind in found["type"] if kind != "null"]
            found["type"] = kinds[0] if len(kinds) == 1 else kinds
        return found

    def resolved(self, raw: Json) -> Json:
        """What stands at the end of a chain of references."""
        followed: list[str] = []
        while "$ref" in raw:
            if raw["$ref"] in followed:
                raise self.unsupported(f"the reference {raw['$ref']} leads back to itself")
            followed.append(raw["$ref"])
            raw = self.target(raw["$ref"])
        return raw

    def target(self, reference: str) -> Json:
        if not reference.startswith("#/"):
            raise self.unsupported(f"the reference {reference} leaves the document")
        node: Any = self.source.content
        for part in reference.removeprefix("#/").split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or part not in node:
                raise self.unsupported(f"the reference {reference} points at nothing")
            node = node[part]
        found: Json = node
        return found

    def unsupported(self, what: str) -> UsageError:
        return UsageError(f"{self.source.name}: no stubs can be made: {what}.")

    @staticmethod
    def without_default(schema: Json) -> Json:
        return {name: value for name, value in schema.items() if not (name == "default" and "$ref" in schema)}


def _with_bounds(schema: Json) -> Json:
    """The schema of an integer with all its bounds inclusive; `int32` and `int64` are bounds too."""
    if schema.get("type") != "integer":
        return schema
    low, high = _BOUNDS.get(schema.get("format", ""), (None, None))
    lows = [low, schema.get("minimum"), _moved(schema.get("exclusiveMinimum"), 1)]
    highs = [high, schema.get("maximum"), _moved(schema.get("exclusiveMaximum"), -1)]
    bounds = {
        "minimum": max((bound for bound in lows if bound is not None), default=None),
        "maximum": min((bound for bound in highs if bound is not None), default=None),
    }
    others = {name: value for name, value in schema.items() if name not in bounds}
    return {**others, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _moved(bound: int | None, step: int) -> int | None:
    return None if bound is None else bound + step
