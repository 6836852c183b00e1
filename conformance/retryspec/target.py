"""The target file: which servers are checked, how to sign in, and where their states come from.

A TOML file with one table per API. Any string may be written `{ env = "NAME" }`.
Each API reads its own table through a `Table`, which says clearly what is missing, of the wrong type or unknown.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from retryspec.errors import UsageError
from retryspec.outside import read_outside

__all__ = ["Claim", "Table", "read_claim", "read_target_file"]

MAX_TARGET_FILE = 1024 * 1024

MOST_DOTS = 100
"""In a line: a key of a hundred thousand parts would take hours to be read."""

MOST_OF_A_KEY = 60
"""Characters of a key that are shown."""


class Table:
    """One table of a target file; every key that is read is ticked off, so that the rest can be named."""

    def __init__(self, name: str, values: Mapping[str, Any], *, file: str, text: str = "") -> None:
        self.name = name
        self._values = values
        self._file = file
        self._text = text
        self._read: set[str] = set()
        self._in_clear: list[str] = []
        self.from_environment: set[str] = set()
        """The values that came from the environment, which is where secrets are kept."""

    def text(self, key: str) -> str | None:
        """A string, or None where the key is absent."""
        return self._as_text(key, self._take(key))

    def required(self, key: str) -> str:
        """A string that has to be there."""
        value = self.text(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def required_secret(self, key: str) -> str:
        """A secret that has to be there."""
        value = self.secret(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def secret(self, key: str) -> str | None:
        """A string that nobody else may see, or None where the key is absent."""
        value = self.text(key)
        if value is not None and isinstance(self._values[key], str):
            self._in_clear.append(key)
        return value

    def hold_in_clear(self, keys: Iterable[str]) -> None:
        """Remember those of the keys of a table whose values are secrets that stand there in clear."""
        for key in keys:
            inner, _, name = key.partition(".")
            if isinstance(self._values[inner].get(name), str):
                self._in_clear.append(key)

    @property
    def warning(self) -> str | None:
        """What is unwise about how secrets are kept here: in clear, perhaps where others can read them."""
        if not self._in_clear:
            return None
        named = ", ".join(self._in_clear)
        first = f"{self._file}{self._line(self._in_clear[0])}: [{self.name}] {named} stands there in clear"
        readable = ", and others can read the file" if _others_can_read(Path(self._file)) else ""
        return f'{first}{readable}; better is {{ env = "NAME" }}.'

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "has to be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings, or None where the key is absent."""
        value = self._take(key)
        return None if value is None else self._as_texts(key, value)

    def text_map(self, key: str) -> dict[str, str]:
        """A table of strings."""
        return {name: self._as_text(f"{key}.{name}", value) or "" for name, value in self._as_table(key).items()}

    def texts_map(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of strings."""
        return {name: self._as_texts(f"{key}.{name}", value) for name, value in self._as_table(key).items()}

    def finish(self) -> None:
        """Say so when a key was not read by anybody: it is unknown, perhaps misspelt.

        Raises:
            UsageError: a key is unknown.
        """
        for key in self._values:
            if key not in self._read:
                raise self.wrong(key, f"is not a key of this table; known are: {', '.join(sorted(self._read))}")

    def wrong(self, key: str, what: str) -> UsageError:
        """The error that names file, line, table and key."""
        shown = key if len(key) <= MOST_OF_A_KEY else f"{key[:MOST_OF_A_KEY]}..."
        return UsageError(f"{self._file}{self._line(key)}: [{self.name}] {shown} {what}.")

    def _take(self, key: str) -> Any:
        self._read.add(key)
        return self._values.get(key)

    def _as_table(self, key: str) -> Mapping[str, Any]:
        value = self._take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(key, "has to be a table")
        return value

    def _as_texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.wrong(key, "has to be a list of strings")
        return tuple(self._as_text(key, entry) or "" for entry in value)

    def _as_text(self, key: str, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if not isinstance(value, dict) or set(value) != {"env"} or not isinstance(value["env"], str):
            raise self.wrong(key, 'has to be a string or { env = "NAME" }')
        found = os.environ.get(value["env"])
        if found is None:
            raise self.wrong(key, f"asks for the environment variable {value['env']}, which is not set")
        self.from_environment.add(found)
        return found

    def _line(self, key: str) -> str:
        """Where a key stands: its own line, or that of the table that it is."""
        if len(key) > MOST_OF_A_KEY:
            return ""
        first = re.escape(key.partition(".")[0])
        own = re.compile(rf"\s*[\"']?{first}[\"']?\s*[=.]")
        tables = re.compile(rf"\s*\[\s*{re.escape(self.name)}\s*\.\s*[\"']?{first}[\"']?\s*[.\]]")
        inside = False
        for number, line in enumerate(self._text.splitlines(), 1):
            if (inside and own.match(line)) or tables.match(line):
                return f":{number}"
            if line.startswith("["):
                inside = bool(re.match(rf"\[\s*{re.escape(self.name)}\s*\]", line))
        return ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What every API's table says alike: where the server is and what it claims to do."""

    base_url: str
    origin: SplitResult
    base_path: str
    states_url: str | None
    operations: frozenset[str]
    known: Mapping[str, str]
    verify_tls: bool
    headers: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    """Values among the headers and in the address of the states that must not be shown."""


def read_claim(table: Table, *, operations: frozenset[str]) -> Claim:
    """The common part of a table; `operations` are those of the document.

    Raises:
        UsageError: a value is missing or wrong.
    """
    base_url = table.required("base_url")
    claimed = table.texts("operations")
    unknown = sorted(set(claimed or ()) - operations)
    if unknown:
        raise table.wrong("operations", f"names {unknown[0]!r}; the document has: {', '.join(sorted(operations))}")
    if claimed == ():
        raise table.wrong("operations", "is empty: nothing would be checked")
    states_url, in_query = table.text("states_url"), ""
    if states_url is not None:
        in_query = _split(table, "states_url", states_url).query
    origin = _split(table, "base_url", base_url)
    if origin.query or origin.fragment:
        raise table.wrong("base_url", "has to end with its path, without a query or a fragment")
    headers = table.text_map("headers")
    table.hold_in_clear(f"headers.{name}" for name in headers if _SECRET_NAME.search(name))
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise table.wrong(f"headers.{name}", "cannot be written as an HTTP header")
    return Claim(
        base_url=base_url,
        origin=origin,
        base_path=origin.path.rstrip("/"),
        states_url=states_url,
        operations=frozenset(claimed) if claimed is not None else operations,
        known=table.text_map("known"),
        verify_tls=table.flag("verify_tls", True),
        headers=headers,
        secrets=(
            *(v for name, v in headers.items() if v in table.from_environment or _SECRET_NAME.search(name)),
            *(
                v
                for name, v in parse_qsl(in_query)
                if states_url in table.from_environment or _SECRET_NAME.search(name)
            ),
        ),
    )


_SECRET_NAME = re.compile(r"(?i)auth|cookie|key|token|secret|passw|session|credential")
"""In the name of a header or a parameter whose value is likely a secret."""


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([!-~\x80-\xff]([ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?")


def _split(table: Table, key: str, url: str) -> SplitResult:
    if not re.fullmatch(r"[!-~]*", url):
        raise table.wrong(key, "has to be written in ASCII without blanks: percent-encoded, the host in punycode")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise table.wrong(key, f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise table.wrong(key, f"has to be an http or https URL with a host, not {url!r}")
    if port == 0:
        raise table.wrong(key, "has the port 0, where nobody listens")
    if "@" in parts.netloc:
        raise table.wrong(key, "has a user or a password before the host, which no API here asks for; leave them out")
    return parts


def _others_can_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def read_target_file(path: Path) -> dict[str, Table]:
    """The tables of a target file by slug.

    Raises:
        UsageError: the file cannot be read or is not TOML.
    """
    if path.is_fifo() or path.is_char_device():
        raise UsageError(f"{path}: the target file is read more than once, so it cannot be a pipe or a device.")
    raw = read_outside(path, "target file", MAX_TARGET_FILE)
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
        for number, line in enumerate(text.split("\n"), 1):
            if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
                raise UsageError(f"{path}:{number}: there are more than {MOST_DOTS} dots in this line; break it up.")
        content = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{path}: the target file is not TOML that can be read: it is nested too deeply.") from None
    except ValueError as error:
        raise UsageError(f"{path}: the target file is not TOML: {error}.") from None
    for name, values in content.items():
        if not isinstance(values, dict):
            raise UsageError(f"{path}: {name} stands outside a table; every key belongs under [sls] or another API.")
    return {name: Table(name, values, file=str(path), text=text) for name, values in content.items()}
