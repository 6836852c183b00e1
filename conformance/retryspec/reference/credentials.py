"""Who may use a reference server: the well-known default credentials, or those of a TOML file.

The file has a table for each API with the keys of a target file; a value may be `{ env = "NAME" }`, so that no secret
has to stand in it.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from retryspec.errors import UsageError

__all__ = ["Credentials", "is_loopback", "read_credentials"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials that were given, by the slug of the API and their key in a target file."""

    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def of(self, slug: str, defaults: Mapping[str, str]) -> Mapping[str, str]:
        """Return what was given for an API, whole, or its defaults."""
        given = self.given.get(slug)
        if given is None:
            return defaults
        missing = [key for key in defaults if key not in given]
        if missing:
            raise UsageError(f"credentials of {slug}: {', '.join(missing)} missing; give all of {', '.join(defaults)}")
        return {key: given[key] for key in defaults}


def read_credentials(path: Path) -> Credentials:
    """Return the credentials that a TOML file holds."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: not readable as TOML ({error}); see `retryspec serve --help`") from error
    given: dict[str, dict[str, str]] = {}
    for slug, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {slug} is no table; write the credentials of an API under [{slug}]")
        given[slug] = {key: _value(path, slug, key, value) for key, value in table.items()}
    return Credentials(given)


def is_loopback(host: str) -> bool:
    """Tell whether a server on this host is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _value(path: Path, slug: str, key: str, value: object) -> str:
    match value:
        case str() if value:
            return value
        case {"env": str(name), **rest} if not rest:
            found = os.environ.get(name)
            if not found:
                raise UsageError(f"{path}: {slug}.{key} is to come from {name}, which is not set in the environment")
            return found
        case _:
            raise UsageError(f'{path}: {slug}.{key} has to be a string or {{ env = "NAME" }}')
