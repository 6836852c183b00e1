"""Reads one version of a document, from a file or a git revision, without trusting it.

A document to compare may come from anybody. It is bounded in size, nesting and values before anything walks over it,
and its references stay inside it, so that nothing is fetched.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from retryspec.errors import UsageError

__all__ = ["MOST_BYTES", "Version", "canonical", "read_version"]

MOST_BYTES = 4 * 1024 * 1024
MOST_NESTING = 100
MOST_VALUES = 300_000
MOST_WORK = 100_000_000
"""How many characters one comparison may write out of a version, which bounds its time."""
_GIT_SECONDS = 20


class Version:
    """One version of a document: its content, and what its references point at."""

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self.name = name
        self.content = content
        self._work_left = MOST_WORK
        for reference in self._references:
            self.resolve(reference)

    @cached_property
    def _references(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(references(self.content)))

    def resolve(self, reference: str) -> Any:
        """What a reference points at.

        Raises:
            UsageError: it leads out of the document, or nowhere.
        """
        if not reference.startswith("#/"):
            raise UsageError(f"{self.name}: the reference {reference} leads out of the document; bundle it first.")
        node: Any = self.content
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isascii() and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                raise UsageError(f"{self.name}: the reference {reference} leads nowhere.")
        return node

    def follow(self, node: Any, place: str) -> tuple[Mapping[str, Any], str]:
        """An object, or what it refers to, with its place."""
        for _ in range(MOST_NESTING):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return (node if isinstance(node, dict) else {}), place
            place = node["$ref"]
            node = self.resolve(place)
        raise UsageError(f"{self.name}: the references at {place} go round in a circle.")

    def closure(self, node: Any) -> str:
        """A text that two parts of documents share when they are the same, all that they refer to included."""
        texts = {"": self.text(node)}
        waiting = list(references(node))
        while waiting:
            reference = waiting.pop()
            if reference not in texts:
                found = self.resolve(reference)
                texts[reference] = self.text(found)
                waiting.extend(references(found))
        return canonical(texts)

    def text(self, node: Any) -> str:
        """The canonical text of a part, counted against what one comparison may cost."""
        text = canonical(node)
        self.spend(len(text))
        return text

    def spend(self, characters: int) -> None:
        """Count some work.

        Raises:
            UsageError: the document is so intricate that comparing it would not end in reasonable time.
        """
        self._work_left -= characters
        if self._work_left < 0:
            raise UsageError(f"{self.name}: its schemas are too large or too intricate to compare.")


def references(node: Any) -> Iterator[str]:
    """Every reference in a part of a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def canonical(value: Any) -> str:
    """A text that is the same for equal JSON values, whatever the order of their members."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def read_version(name: str) -> Version:
    """The document that a name stands for: a file, or `REVISION:path` as git takes it.

    Raises:
        UsageError: there is no such file or revision, or it is no OpenAPI 3.1 document, or too large to compare.
    """
    text = _text(name)
    content = _parsed(name, text)
    if not isinstance(content, dict) or not str(content.get("openapi", "")).startswith("3.1."):
        raise UsageError(f"{name} is no OpenAPI 3.1 document.")
    _require_bounded(name, content)
    _require_shape(name, content)
    return Version(name, content)


def _text(name: str) -> str:
    file = Path(name)
    try:
        if file.is_file():
            with file.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
        elif ":" in name and not name.startswith("-"):
            content = _of_revision(name)
        else:
            raise UsageError(f"{name}: there is no such file; a revision is given as REVISION:path.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{name} is larger than {MOST_BYTES} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not written in UTF-8.") from error


def _of_revision(name: str) -> bytes:
    try:
        with subprocess.Popen(
            ["git", "cat-file", "blob", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as git:
            # A blob that is too large is not read to its end; git stops when nobody listens.
            assert git.stdout is not None
            content = git.stdout.read(MOST_BYTES + 1)
            git.stdout.close()
            code = git.wait(_GIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{name}: git gave no answer within {_GIT_SECONDS} s.") from error
    except FileNotFoundError as error:
        raise UsageError(f"{name}: git is needed to read a revision, and is not here.") from error
    if code != 0 and len(content) <= MOST_BYTES:
        raise UsageError(f"{name}: there is no such file, and git knows no such file in that revision.")
    return content


def _parsed(name: str, text: str) -> Any:
    try:
        if text.lstrip()[:1] == "{":
            return json.loads(text)
        return _yaml(name, text)
    except RecursionError as error:
        raise UsageError(f"{name} is nested too deeply.") from error
    except ValueError as error:
        raise UsageError(f"{name} cannot be read as JSON or YAML: {' '.join(str(error).split())[:200]}") from error


def _yaml(name: str, text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise UsageError("To read YAML, install pyyaml; JSON needs nothing.") from error

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Reads times as the texts they are written as."""

        yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own way
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in base.yaml_implicit_resolvers.items()
        }

    try:
        depth = 0
        for values, event in enumerate(yaml.parse(text, Loader=Loader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            # A few aliases make a document of any size.
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise UsageError(f"{name}, line {line}: YAML aliases are not read; write it out.")
            if depth > MOST_NESTING or values > 2 * MOST_VALUES:
                raise UsageError(f"{name} is too large or nested too deeply.")
        return _with_texts_as_keys(yaml.load(text, Loader=Loader))  # derives from SafeLoader
    except yaml.YAMLError as error:
        raise UsageError(f"{name} cannot be read as YAML: {' '.join(str(error).split())[:200]}") from error


def _with_texts_as_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_texts_as_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_texts_as_keys(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _require_bounded(name: str, content: Any) -> None:
    waiting, values = [(content, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        values += 1 + len(inner)
        if depth > MOST_NESTING or values > MOST_VALUES:
            raise UsageError(f"{name} is too large or nested too deeply.")
        waiting.extend((each, depth + 1) for each in inner)


def _require_shape(name: str, content: Mapping[str, Any]) -> None:
    """Only the outlines; whatever else has the wrong type further in counts as not being there."""
    for member in ("info", "paths", "components"):
        if not isinstance(content.get(member, {}), dict):
            raise UsageError(f"{name} is no OpenAPI document: its `{member}` is no mapping.")
