"""The contract documents, as the suite reads them: behaviours, operations, and what each answer has to look like.

The file read is the `openapi.json` that `make generate` puts into `retryspec_models`, so that a checkout and an
installed wheel read the same one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from retryspec.behaviours import Behaviour, read_behaviours
from retryspec.errors import UsageError

__all__ = ["Document", "DocumentedAnswer", "Link", "Operation", "load_document", "slugs"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MODELS = "retryspec_models"


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """One response of an operation: where its JSON schema is, and the headers it must carry."""

    status: int
    schema_pointer: str | None
    """JSON pointer of the schema of its `application/json` body; None where no body is documented."""
    required_headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A way from an answer of an operation to a call of another: expressions for the parameters and the body of it."""

    operation: str
    parameters: Mapping[str, str]
    body: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its id, method, path template, documented answers by status, and where these lead."""

    id: str
    method: str
    path: str
    answers: Mapping[int, DocumentedAnswer]
    links: Mapping[int, tuple[Link, ...]]
    takes_body: bool


class Document:
    """One API's contract."""

    def __init__(self, slug: str, content: Mapping[str, Any]) -> None:
        self.slug = slug
        self.content = content

    @property
    def title(self) -> str:
        """The name of the API, as the document gives it."""
        title: str = self.content["info"]["title"]
        return title

    @cached_property
    def behaviours(self) -> dict[str, Behaviour]:
        """Every behaviour by id: those that all operations share first, then operation by operation."""
        found = read_behaviours(self.content.get("x-behaviours", []), None)
        for _, _, operation in self._raw_operations():
            found += read_behaviours(operation.get("x-behaviours", []), operation["operationId"])
        return {behaviour.id: behaviour for behaviour in found}

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """Every operation by its operationId."""
        return {
            raw["operationId"]: Operation(
                id=raw["operationId"],
                method=method.upper(),
                path=path,
                answers={
                    int(status): self._answer(
                        int(status), answer, self._pointer("paths", path, method, "responses", status)
                    )
                    for status, answer in raw["responses"].items()
                },
                links={int(status): self._links(answer) for status, answer in raw["responses"].items()},
                takes_body="requestBody" in raw,
            )
            for path, method, raw in self._raw_operations()
        }

    def _raw_operations(self) -> list[tuple[str, str, Mapping[str, Any]]]:
        return [
            (path, method, item[method])
            for path, item in self.content["paths"].items()
            for method in item
            if method in _METHODS
        ]

    def _answer(self, status: int, raw: Mapping[str, Any], pointer: str) -> DocumentedAnswer:
        if "$ref" in raw:
            pointer, raw = raw["$ref"], self.resolve(raw["$ref"])
        headers = {name: self._dereferenced(header) for name, header in raw.get("headers", {}).items()}
        return DocumentedAnswer(
            status=status,
            schema_pointer=f"{pointer}/content/application~1json/schema" if "content" in raw else None,
            required_headers=tuple(name for name, header in headers.items() if header.get("required")),
        )

    def _links(self, answer: Mapping[str, Any]) -> tuple[Link, ...]:
        found = [self._dereferenced(raw) for raw in self._dereferenced(answer).get("links", {}).values()]
        return tuple(Link(raw["operationId"], raw.get("parameters", {}), raw.get("requestBody")) for raw in found)

    def _dereferenced(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.resolve(raw["$ref"]) if "$ref" in raw else raw

    def resolve(self, pointer: str) -> Mapping[str, Any]:
        """What a local reference such as `#/components/schemas/Error` points at."""
        node: Any = self.content
        for part in pointer.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        found: Mapping[str, Any] = node
        return found

    @staticmethod
    def _pointer(*parts: str) -> str:
        return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


@cache
def slugs() -> tuple[str, ...]:
    """The slug of every API that has a document, in alphabetical order."""
    folders = files(_MODELS).iterdir()
    return tuple(sorted(folder.name for folder in folders if folder.is_dir() and (folder / "openapi.json").is_file()))


@cache
def load_document(slug: str) -> Document:
    """The document of one API.

    Raises:
        UsageError: no API has that slug.
    """
    if slug not in slugs():
        raise UsageError(f"There is no API {slug!r}; retryspec knows: {', '.join(slugs())}.")
    return Document(slug, json.loads((files(_MODELS) / slug / "openapi.json").read_text(encoding="utf-8")))
