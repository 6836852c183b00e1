"""What the application asks of the server of each API, and how such a server is found by its slug."""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from retryspec.errors import UsageError
from retryspec.reference.clock import Clock, system_clock
from retryspec.reference.credentials import Credentials
from retryspec.reference.database import Database

__all__ = ["ApiServer", "Introduction", "LiveTask", "Setting", "StateMaker", "api_slugs", "server_of"]

StateMaker = Callable[[Mapping[str, Any]], dict[str, object]]
"""Makes what a provider state asks for, from its params, and returns the values of the answer."""

# Folders beside those of the APIs.
_NO_APIS = {"faulty", "lenient"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the server of an API is built from."""

    database: Database
    clock: Clock = system_clock
    credentials: Credentials = field(default_factory=Credentials)
    sample: bool = True
    """Whether there are a few tasks of the server's own, for a person to try things with."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What else an API can be told, by names of its own."""


@dataclass(frozen=True, slots=True)
class LiveTask:
    """A task, job or whatever an API retries, as the front page shows it."""

    id: str
    state: str
    about: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the front page says about one API: facts as (label, text), and commands as (what it does, command)."""

    slug: str
    title: str
    facts: Sequence[tuple[str, str]]
    tasks: Sequence[LiveTask]
    """What there is to try things with, newest first."""
    commands: Sequence[tuple[str, str]]


class ApiServer(Protocol):
    """The server of one API; its class is `Server` in `retryspec.reference.<slug>`, and it is made from a Setting."""

    slug: ClassVar[str]
    prefix: ClassVar[str]
    """How the paths of the API begin; unknown paths below it are answered by `stray`."""
    default_credentials: ClassVar[Mapping[str, str]]
    keys_are_default: bool
    """Whether the well-known credentials are good for it."""

    def __init__(self, setting: Setting) -> None:
        """Create the tables of the API."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the API's operations."""
        ...

    def states(self) -> Mapping[str, StateMaker]:
        """Return what makes each provider state of the API, by its name."""
        ...

    def stray(self, request: Request) -> Response:
        """Return the answer to a path that the API does not have."""
        ...

    def introduce(self, base_url: str) -> Introduction:
        """Return what a person needs to try the API at this address."""
        ...

    @classmethod
    def target(cls, base_url: str) -> Mapping[str, str | bool]:
        """Return the API's table of a target file for a server at this address with the default credentials."""
        ...


def api_slugs() -> list[str]:
    """Return the slugs of all APIs that there is a reference server for."""
    from retryspec import reference

    return sorted(
        found.name for found in pkgutil.iter_modules(reference.__path__) if found.ispkg and found.name not in _NO_APIS
    )


def server_of(slug: str) -> type[ApiServer]:
    """Return the class of an API's server."""
    if slug not in api_slugs():
        raise UsageError(f"{slug}: no such API; there is {', '.join(api_slugs())}")
    found: type[ApiServer] = import_module(f"retryspec.reference.{slug}").Server
    return found
