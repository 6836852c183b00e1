"""Stubs from a contract: the expressions of each operation, put into the template."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from retryspec.errors import UsageError
from retryspec.generate.contract import Contract, Operation, Parameter, pascal_case
from retryspec.generate.models import Models

if TYPE_CHECKING:
    import jinja2

__all__ = ["docstring_of", "export_order", "render_stubs"]

_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_READERS = {"string": "text", "integer": "integer", "number": "number"}
_BOUNDS = {
    "string": {"minLength": "minimum", "maxLength": "maximum", "pattern": "pattern"},
    "integer": {"minimum": "minimum", "maximum": "maximum"},
    "number": {"minimum": "minimum", "maximum": "maximum"},
}
_READER_NAMES = ("boolean", "choice", "integer", "listed", "number", "text")
_LONGEST_SUMMARY = 90
_LINE = 120
_EXPORTED = (
    "Call",
    "Client",
    "DocumentedError",
    "Problem",
    "Reason",
    "Refusal",
    "Server",
    "UnexpectedAnswer",
    "Where",
    "routes",
)


@dataclass(frozen=True, slots=True)
class _Argument:
    """A parameter in Python: how a server gets it, and how a client gives it."""

    wire: str
    python: str
    where: str
    server_type: str
    client_type: str
    read: str
    required: bool
    many: str | None

    @property
    def client_value(self) -> str:
        return f'{self.python} and ",".join(map(str, {self.python}))' if self.many == "commas" else self.python


@dataclass(frozen=True, slots=True)
class _Stub:
    """An operation in Python."""

    id: str
    python: str
    error_class: str
    error_alias: str
    method: str
    path: str
    sentence: str
    arguments: tuple[_Argument, ...]
    headers: Mapping[str, str]
    body: str | None
    body_required: bool
    statuses: tuple[int, ...]
    answer: str | None
    errors: tuple[tuple[int, str], ...]

    @property
    def status(self) -> int:
        return self.statuses[0]

    @property
    def is_no_success(self) -> str:
        return f"not in {self.statuses}" if len(self.statuses) > 1 else f"!= {self.status}"

    @property
    def result(self) -> str:
        return self.answer or "None"

    @property
    def in_path(self) -> list[_Argument]:
        return [argument for argument in self.arguments if argument.where == "path"]

    @property
    def in_query(self) -> list[_Argument]:
        return [argument for argument in self.arguments if argument.where == "query"]

    @property
    def in_call_order(self) -> list[tuple[str, str]]:
        """What a client is given, what is required first."""
        required = [(one.python, one.client_type) for one in self.arguments if one.required]
        optional = [(one.python, f"{one.client_type} | None = None") for one in self.arguments if not one.required]
        if self.body and self.body_required:
            return [*required, ("body", self.body), *optional]
        return [*required, *optional, *([("body", f"{self.body} | None = None")] if self.body else [])]


def render_stubs(contract: Contract, models: Models, *, shared: str) -> str:
    """The text of `stubs.py`; `shared` is where the shared modules are: `.` beside it, `..` one package up."""
    stubs = [_stub(contract, operation, models) for operation in contract.operations]
    template = _environment().get_template("stubs.py.jinja")
    return template.render(
        slug=contract.source.slug,
        title=docstring_of(contract.source.title).removesuffix("."),
        prefix=_literal(contract.prefix),
        shared=shared,
        stubs=stubs,
        client_names=_client_names(stubs),
        reading_names=_reading_names(stubs),
        exported=sorted([*_EXPORTED, *(stub.error_class for stub in stubs)], key=export_order),
        uses_models=bool(models.classes),
    )


def _client_names(stubs: Sequence[_Stub]) -> list[str]:
    """What the stubs take from the shared client module, and no more."""
    names = ["DocumentedError", "UnexpectedAnswer", "exchange"]
    if any(stub.in_path for stub in stubs):
        names.append("filled")
    if any(stub.answer for stub in stubs):
        names.append("read_answer")
    return [*names, "read_error"]


def _reading_names(stubs: Sequence[_Stub]) -> list[str]:
    """What the stubs take from the shared reading module, and no more."""
    if not any(stub.arguments or stub.body for stub in stubs):
        return []
    reads = "\n".join(argument.read for stub in stubs for argument in stub.arguments)
    return ["Given", *(name for name in _READER_NAMES if re.search(rf"\b{name}\(|\b{name}[,)]", reads))]


def _stub(contract: Contract, operation: Operation, models: Models) -> _Stub:
    def class_of(schema: str | None) -> str | None:
        if schema is None:
            return None
        if schema not in models.by_schema:
            raise UsageError(f"{contract.source.name}: the schema {schema} has no class of its own; it can be no body.")
        return f"models.{models.by_schema[schema]}"

    errors = tuple((answer.status, class_of(answer.schema) or "None") for answer in operation.errors)
    error_class = f"{pascal_case(operation.id)}Error"
    return _Stub(
        id=operation.id,
        python=operation.python,
        error_class=error_class,
        error_alias=_alias(f"_{error_class}", {name for _, name in errors}),
        method=operation.method,
        path=operation.path,
        sentence=docstring_of(operation.summary),
        arguments=tuple(_argument(parameter, class_of(parameter.enum)) for parameter in operation.parameters),
        headers={name: _literal(value) for name, value in operation.fixed_headers.items()},
        body=class_of(operation.body),
        body_required=operation.body_required,
        statuses=operation.statuses,
        answer=class_of(operation.answer),
        errors=errors,
    )


def _argument(parameter: Parameter, enum: str | None) -> _Argument:
    one = enum or _TYPES[parameter.schema["type"]]
    whole = f"list[{one}]" if parameter.many else one
    read = _reader(parameter, enum)
    default = ""
    if not parameter.required:
        default = f", default={_default(parameter, enum)}"
    method = "queries" if parameter.many == "exploded" else parameter.where
    return _Argument(
        wire=parameter.name,
        python=parameter.python,
        where=parameter.where,
        server_type=whole if parameter.required or parameter.default is not None else f"{whole} | None",
        client_type=whole,
        read=f"given.{method}({_literal(parameter.name)}, {read}{default})",
        required=parameter.required,
        many=parameter.many,
    )


def _reader(parameter: Parameter, enum: str | None) -> str:
    kind = parameter.schema["type"]
    if enum:
        read = f"choice({enum})"
    elif kind == "boolean":
        read = "boolean"
    else:
        schema = parameter.schema
        bounds = [f"{ours}={_literal(schema[theirs])}" for theirs, ours in _BOUNDS[kind].items() if theirs in schema]
        read = f"{_READERS[kind]}({', '.join(bounds)})"
    return f"listed({read})" if parameter.many == "commas" else read


def _default(parameter: Parameter, enum: str | None) -> str:
    def one(value: object) -> str:
        return f"{enum}({_literal(value)})" if enum else _literal(value)

    if isinstance(parameter.default, list):
        return f"[{', '.join(map(one, parameter.default))}]"
    return "None" if parameter.default is None else one(parameter.default)


def _alias(name: str, members: set[str]) -> str:
    """A type alias of one line, or of one line for each member where that is too long."""
    ordered = sorted(members, key=lambda member: (member == "None", _natural(member))) or ["None"]
    line = f"{name}: TypeAlias = {' | '.join(ordered)}"
    return line if len(line) <= _LINE else f"{name}: TypeAlias = (\n    " + "\n    | ".join(ordered) + "\n)"


def export_order(name: str) -> tuple[int, list[str | int]]:
    """The place of a name in `__all__`, as linters want it: constants, classes, the rest; 9 before 10."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), _natural(name)


def _natural(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)]


def _literal(value: object) -> str:
    """A value of JSON as Python writes it, with the quotes that formatters prefer."""
    if not isinstance(value, str):
        return repr(value)
    text = repr(value)
    return text if '"' in value or text[0] == '"' else f'"{text[1:-1]}"'


def docstring_of(text: str) -> str:
    """A phrase of the document as the one line of a docstring."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")
    if len(line) > _LONGEST_SUMMARY:
        line = line[:_LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(",;:. ") + " ..."
    line = line[:1].upper() + line[1:]
    return line if line.endswith((".", "!", "?")) else f"{line}."


@cache
def _environment() -> "jinja2.Environment":
    try:
        import jinja2
    except ImportError as error:
        raise UsageError("Generating needs Jinja2: install retryspec[generate].") from error

    return jinja2.Environment(
        loader=jinja2.PackageLoader("retryspec.generate", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
