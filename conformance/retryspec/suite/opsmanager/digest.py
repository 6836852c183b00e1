"""HTTP Digest on the client's side: challenges are read, and requests signed, rightly or wrongly on purpose.

This is written anew, and not the module that the reference server verifies with, so that one does not hide a slip of
the other.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from retryspec.exchange import Response

__all__ = ["Challenge", "Digest", "challenge_of", "challenges_in"]

_PARAMETER = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",]*))")
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9._-]*)(?=[\s,]|$)")
_SEPARATOR = re.compile(r"[\s,]*")
_TIDY = re.compile(r"Digest [A-Za-z]+=(?:\"[^\"]*\"|[^\s\",]+)(?:, [A-Za-z]+=(?:\"[^\"]*\"|[^\s\",]+))*")

MOST_CHALLENGES = 100
"""Challenges of a header that are looked at."""

_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge of a WWW-Authenticate header."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""
    tidy: bool = True
    """Whether its parameters are separated by a comma and a space."""

    def value(self, name: str) -> str | None:
        """The first value of a parameter."""
        return next((value for key, value in self.parameters if key == name), None)

    @property
    def stale(self) -> bool:
        """Whether it says that the nonce was the only thing wrong."""
        return (self.value("stale") or "").lower() == "true"


def challenges_in(values: Iterable[str]) -> list[Challenge]:
    """The challenges of all WWW-Authenticate headers of an answer, in their order."""
    found: list[Challenge] = []
    for value in values:
        read = list(islice(_read(value), MOST_CHALLENGES))
        # Beside another challenge in the same header, who can say which comma separates what.
        tidy = len(read) != 1 or bool(_TIDY.fullmatch(value.strip()))
        found += [Challenge(scheme, tuple(parameters), tidy) for scheme, parameters in read]
    return found


def _read(value: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The schemes of a header, in lower case, with their parameters."""
    scheme, parameters, at = "", list[tuple[str, str]](), 0
    while (at := _end(_SEPARATOR, value, at)) < len(value):
        parameter = _PARAMETER.match(value, at)
        if parameter and scheme:
            name, quoted, bare = parameter.groups()
            parameters.append((name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare))
            at = parameter.end()
        elif begin := _SCHEME.match(value, at):
            if scheme:
                yield scheme, parameters
            scheme, parameters, at = begin[1].lower(), [], begin.end()
        else:
            at = (value.find(",", at) + 1) or len(value)
    if scheme:
        yield scheme, parameters


def challenge_of(response: Response | None) -> Challenge | None:
    """The Digest challenge of an answer that can be answered, if there is one."""
    if response is None:
        return None
    values = [value for name, value in response.headers if name.lower() == "www-authenticate"]
    return next((c for c in challenges_in(values) if c.scheme == "digest" and c.value("nonce")), None)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


@dataclass(frozen=True, slots=True)
class Digest:
    """What an Authorization header says; the response is computed from the rest when it is written."""

    username: str
    private_key: str
    method: str
    uri: str
    realm: str
    nonce: str
    count: str = "00000001"
    cnonce: str = ""
    qop: str | None = "auth"
    algorithm: str | None = "MD5"

    @classmethod
    def answering(
        cls, challenge: Challenge, count: int, *, username: str, private_key: str, method: str, uri: str
    ) -> "Digest":
        """The right answer to a challenge, in the strongest form that it offers."""
        offered = challenge.value("qop")
        algorithm = challenge.value("algorithm")
        return cls(
            username,
            private_key,
            method,
            uri,
            realm=challenge.value("realm") or "",
            nonce=challenge.value("nonce") or "",
            count=f"{count:08x}",
            cnonce=secrets.token_hex(8),
            qop=None if offered is None else "auth",
            algorithm=None if algorithm is None else algorithm,
        )

    def response(self) -> str:
        """What proves the knowledge of the private key."""
        key = self._hash(f"{self.username}:{self.realm}:{self.private_key}")
        request = self._hash(f"{self.method}:{self.uri}")
        if self.qop is None:
            return self._hash(f"{key}:{self.nonce}:{request}")
        return self._hash(f"{key}:{self.nonce}:{self.count}:{self.cnonce}:{self.qop}:{request}")

    def _hash(self, text: str) -> str:
        algorithm = _HASHES.get((self.algorithm or "MD5").upper(), "md5")
        return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()

    def header(self, *, response: str | None = None, quoted: Sequence[str] = (), separator: str = ", ") -> str:
        """The value of the header.

        Args:
            response: another response than the right one.
            quoted: further parameters to put into quotes, as some clients do.
            separator: what stands between the parameters.
        """
        values = {
            "username": self.username,
            "realm": self.realm,
            "nonce": self.nonce,
            "uri": self.uri,
            "response": self.response() if response is None else response,
        }
        always = set(values)
        if self.algorithm is not None:
            values["algorithm"] = self.algorithm
        if self.qop is not None:
            values |= {"qop": self.qop, "nc": self.count, "cnonce": self.cnonce}
        always.add("cnonce")
        written = [
            f'{name}="{_escaped(value)}"' if name in always or name in quoted else f"{name}={value}"
            for name, value in values.items()
        ]
        return "Digest " + separator.join(written)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
