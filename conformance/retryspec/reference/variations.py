"""Servers that differ from the reference in one respect, each with a name.

A *faulty* one breaks the behaviours it names: the suite has to fail exactly those. A *lenient* one takes a reading that
a decision leaves open: the suite has to pass it. Each is a subclass of an API's `Server` with a decorator:

    @faulty("SLS-GET-16", says="The count is one too many on every page.")
    class CountTooHigh(Server):
        def count_of(self, page: list[Task]) -> int:
            return len(page) + 1

Its name is that of the class in kebab-case with the slug before it, `sls-count-too-high`. The modules that define them
are `faulty/<slug>*.py` and `lenient/<slug>*.py`; a new file there is found without being listed anywhere. Where to
reach in, from the plainest way to the last resort:

- a decision: override the small method of the server that takes it (its classes show them all)
- a refusal, its status, code or words: `refuse(fault, **values)`, the reasons are in `<slug>/faults.py`
- what the stubs refuse before the server is asked (a size too large, a body that is no array): override `invalid`, or
  `invalid_parameter` and `invalid_body` for SLS, and return `accepted(body)`, a 200
- values that the models do not allow: `Model.model_construct(...)` takes a number out of bounds; another type does not
  pass the serializer, so change the JSON on the wire
- the wire: `finish(call, response)` sees every answer last; `wire` has functions for status and body
- what is remembered: a subclass of the API's store, named by `store_type`
- who is let in: the methods of the API's admission (`check_signature`, `check_date`, ...)
- what only happens at once: a store that reads, waits for an instant (an event nobody sets) and then writes

Several can be combined as long as they do not replace the same method without calling `super()`.
"""

import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import TypeVar, cast

from pydantic import BaseModel
from retryspec_models.server import Refusal

from retryspec.errors import UsageError
from retryspec.reference.apis import ApiServer, server_of

__all__ = ["Kind", "Variation", "accepted", "composed", "faulty", "lenient", "variation", "variations"]

S = TypeVar("S", bound=type[ApiServer])


class Kind(StrEnum):
    """Whether a variation breaks the contract or takes what it leaves open; also the folder it stands in."""

    FAULTY = "faulty"
    LENIENT = "lenient"


@dataclass(frozen=True, slots=True)
class Variation:
    """A server that differs from the reference in one respect."""

    name: str
    slug: str
    kind: Kind
    behaviours: tuple[str, ...]
    """The ids of what it breaks; none for a lenient one."""
    decision: str | None
    """The decision whose latitude it takes; None for a faulty one."""
    says: str
    make: type[ApiServer]
    """The server's class; called with a Setting it makes the server."""
    warns: bool = False
    """A faulty one that only a warning is due to: what it breaks is a SHOULD, or open enough in the sources."""
    slow: bool = False
    """A faulty one that a quick run is too short to find out."""


# How many names an error shows of the hundreds there are.
_SHOWN = 5

# By name. Two of one name are a mistake, but one that must not keep all others from being used.
_found: dict[str, list[Variation]] = {}


def faulty(*behaviours: str, says: str, warns: bool = False, slow: bool = False) -> Callable[[S], S]:
    """Register a class as a server that breaks the behaviours of these ids.

    Args:
        behaviours: the one it is meant to break, and those that it breaks with it.
        says: what it does wrong.
        warns: only a warning is due.
        slow: a quick run is too short to find it out.
    """
    if not behaviours:
        raise ValueError("a faulty server breaks at least one behaviour")
    return _register(Kind.FAULTY, behaviours, None, says, warns=warns, slow=slow)


def lenient(decision: str, *, says: str) -> Callable[[S], S]:
    """Register a class as a server that takes the latitude of a decision, as in `sls A-17`."""
    return _register(Kind.LENIENT, (), decision, says)


def variations(slug: str | None = None, kind: Kind | None = None) -> list[Variation]:
    """Return all variations, or those of one API or kind, in the order of their names."""
    _load()
    found = [one for name in sorted(_found) for one in _found[name]]
    return [one for one in found if slug in (None, one.slug) and kind in (None, one.kind)]


def variation(name: str) -> Variation:
    """Return the variation of a name."""
    _load()
    if name not in _found:
        near = [known for known in sorted(_found) if name in known] or get_close_matches(name, _found, _SHOWN)
        hint = f"there is {', '.join(near[:_SHOWN])}" if near else "see `retryspec serve --list-faults`"
        raise UsageError(f"{name}: no faulty or lenient server of this name; {hint}")
    found, *others = _found[name]
    if others:
        modules = " and ".join(one.make.__module__ for one in _found[name])
        raise UsageError(f"{name}: two servers of this name, in {modules}; rename one")
    return found


def composed(slug: str, names: Sequence[str]) -> type[ApiServer]:
    """Return the class of an API's server with all the variations that concern it, the first one named outermost."""
    classes = [chosen.make for chosen in map(variation, names) if chosen.slug == slug]
    match classes:
        case []:
            return server_of(slug)
        case [only]:
            return only
        case _:
            return cast("type[ApiServer]", type("Server", tuple(dict.fromkeys(classes)), {}))


def accepted(body: BaseModel | None = None) -> Refusal:
    """Return a 200 from a method of which the stubs expect a refusal: how a server is laxer than they are."""
    return Refusal(200, body)


def _register(
    kind: Kind,
    behaviours: tuple[str, ...],
    decision: str | None,
    says: str,
    *,
    warns: bool = False,
    slow: bool = False,
) -> Callable[[S], S]:
    def register(server: S) -> S:
        name = f"{server.slug}-{_kebab(server.__name__)}"
        found = Variation(name, server.slug, kind, behaviours, decision, says, server, warns, slow)
        _found.setdefault(name, []).append(found)
        return server

    return register


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


@cache
def _load() -> None:
    for kind in Kind:
        package = import_module(f"retryspec.reference.{kind}")
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
