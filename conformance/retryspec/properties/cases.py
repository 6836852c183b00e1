"""A request that was generated from a document, before the values of a running server are put into it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["Case", "marker", "names_in"]

_MARKER = re.compile(r"known\.([\w-]+(?:\.[\w-]+)*)\.known")


@dataclass(frozen=True, slots=True)
class Case:
    """A generated request.

    Where a value belongs that only the server under test knows, such as the id of a task, stands a `marker`.
    """

    number: int
    operation: str
    method: str
    target: str
    """Path below the base URL and query, percent-encoded."""
    body: bytes | None
    media_type: str | None
    valid: bool
    """Whether the schemas of the document allow all of it."""
    phase: str
    about: str
    """What is particular to it, in words."""

    def filled(self, known: Mapping[str, Sequence[str]]) -> "Case":
        """The case with known values in place of the markers; which of several is a matter of its number."""

        def in_url(found: re.Match[str]) -> str:
            return quote(self._value(known, found[1]), safe="")

        position = self.number

        def in_body(found: re.Match[str]) -> str:
            nonlocal position
            values = known[found[1]]
            position += 1
            return values[position % len(values)]

        body = self.body
        if body is not None and b"known." in body:
            body = _MARKER.sub(in_body, body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        return Case(
            self.number,
            self.operation,
            self.method,
            _MARKER.sub(in_url, self.target),
            body,
            self.media_type,
            self.valid,
            self.phase,
            self.about,
        )

    @property
    def size(self) -> int:
        """How long it is, in characters of the target and bytes of the body: the smallest failing case is shown."""
        return len(self.target) + len(self.body or b"")

    def _value(self, known: Mapping[str, Sequence[str]], name: str) -> str:
        values = known[name]
        return values[self.number % len(values)]


def marker(name: str) -> str:
    """What stands in place of a known value, such as `path.id`."""
    return f"known.{name}.known"


def names_in(text: str) -> list[str]:
    """The names of the markers in a text."""
    return _MARKER.findall(text)
