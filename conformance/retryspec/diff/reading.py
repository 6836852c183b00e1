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
from retryspec.generate.source import MOST_BYTES, MOST_VALUES, parse_document

__all__ = ["Version", "canonical", "read_version"]

MOST_NESTING = 100
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
    content = _parsed(name, _bytes(name))
    if not isinstance(content, dict) or not str(content.get("openapi", "")).startswith("3.1."):
        raise UsageError(f"{name} is no OpenAPI 3.1 document.")
    _require_bounded(name, content)
    _require_shape(name, content)
    return Version(name, content)


def _bytes(name: str) -> bytes:
    file = Path(name)
    try:
        if file.is_file():
            with file.open("rb") as stream:
                return stream.read(MOST_BYTES + 1)
        if ":" in name and not name.startswith("-"):
            return _of_revision(name)
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error
    raise UsageError(f"{name}: there is no such file; a revision is given as REVISION:path.")


def _of_revision(name: str) -> bytes:
    try:
        with subprocess.Popen(
            ["git", "cat-file", "blob", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as git:
            assert git.stdout is not None
            # A blob that is too large is not read to its end; git stops when nobody listens.
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


def _parsed(name: str, raw: bytes) -> object:
    if raw[:1] != b"{" or len(raw) > MOST_BYTES:
        return parse_document(name, raw)
    try:
        # The same values as by way of YAML, in a hundredth of the time.
        found: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read as JSON: {' '.join(str(error).split())[:200]}") from error
    return found


def _require_bounded(name: str, content: Any) -> None:
    waiting, values = [(content, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        values += 1
        if depth > MOST_NESTING or values > MOST_VALUES:
            raise UsageError(f"{name} is too large or nested too deeply to be compared.")
        waiting.extend((each, depth + 1) for each in inner)


def _require_shape(name: str, content: Mapping[str, Any]) -> None:
    """Only the outlines; whatever else has the wrong type further in counts as not being there."""
    for member in ("info", "paths", "components"):
        if not isinstance(content.get(member, {}), dict):
            raise UsageError(f"{name} is no OpenAPI document: its `{member}` is no mapping.")
