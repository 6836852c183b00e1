"""HTTP Digest of MongoDB Ops Manager (RFC 7616, MD5 and `auth`): what a server challenges with, reads and verifies.

A request without credentials is answered 401 with a challenge. The client makes the request again, and signs:

    HA1      = MD5(public key ":" realm ":" private key)
    HA2      = MD5(METHOD ":" uri)              uri: path and query, exactly as in the request line
    response = MD5(HA1 ":" nonce ":" nc ":" cnonce ":" qop ":" HA2)
               MD5(HA1 ":" nonce ":" HA2)       without qop (RFC 2069), as old clients do

A client need not use this module: `httpx.DigestAuth`, `requests.auth.HTTPDigestAuth` and `curl --digest` do the same.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

__all__ = ["REALM", "Claim", "authorization", "challenge", "expected_response", "parse_authorization", "verify"]

REALM = "MMS Public API"

# A parameter's value: quoted, with backslashes before quotes and backslashes, or bare.
_PARAMETER = re.compile(r'\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')
_EMPTY = re.compile(r"\s*,?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an Authorization header claims, each value as it was sent; None where it was not."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str | None = None
    qop: str | None = None
    nc: str | None = None
    cnonce: str | None = None


def challenge(nonce: str, *, stale: bool = False, realm: str = REALM) -> str:
    """Return the value of WWW-Authenticate, in the one form that every known client reads (opsmanager R-12)."""
    told = "true" if stale else "false"
    return f'Digest realm="{realm}", domain="", nonce="{nonce}", algorithm=MD5, qop="auth", stale={told}'


def parse_authorization(value: str) -> Claim | None:
    """Return what an Authorization header claims, or None where it is no Digest or lacks what every Digest has.

    Parameters may come in any order, quoted or bare, with a blank after the comma or without one.
    """
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    found: dict[str, str] = {}
    at = 0
    while not _EMPTY.fullmatch(rest, at):
        match = _PARAMETER.match(rest, at)
        if match is None:
            return None
        name, quoted, bare = match.groups()
        # Of two values of one name nobody knows which the client means: the first one counts.
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare)
        at = match.end()
    try:
        return Claim(
            username=found["username"],
            realm=found["realm"],
            nonce=found["nonce"],
            uri=found["uri"],
            response=found["response"],
            algorithm=found.get("algorithm"),
            qop=found.get("qop"),
            nc=found.get("nc"),
            cnonce=found.get("cnonce"),
        )
    except KeyError:
        return None


def expected_response(private_key: str, method: str, claim: Claim) -> str:
    """Return the response that the owner of a private key makes of the other values of a claim."""
    secret = _md5(f"{claim.username}:{claim.realm}:{private_key}")
    request = _md5(f"{method}:{claim.uri}")
    if claim.qop is None:
        return _md5(f"{secret}:{claim.nonce}:{request}")
    # The count goes in as the text that was sent: some send 1, others 00000001.
    return _md5(f"{secret}:{claim.nonce}:{claim.nc or ''}:{claim.cnonce or ''}:{claim.qop}:{request}")


def verify(private_key: str, method: str, claim: Claim) -> bool:
    """Tell whether a claim's response is right; the time it takes says nothing about where it differs."""
    right = expected_response(private_key, method, claim)
    return hmac.compare_digest(right.encode(), claim.response.lower().encode(errors="replace"))


def authorization(claim: Claim) -> str:
    """Return the value of the Authorization header that makes a claim."""
    values = [
        f'username="{_quoted(claim.username)}"',
        f'realm="{_quoted(claim.realm)}"',
        f'nonce="{_quoted(claim.nonce)}"',
        f'uri="{_quoted(claim.uri)}"',
        f'response="{_quoted(claim.response)}"',
    ]
    values += [f"algorithm={claim.algorithm}"] if claim.algorithm is not None else []
    values += [f"qop={claim.qop}"] if claim.qop is not None else []
    values += [f"nc={claim.nc}"] if claim.nc is not None else []
    values += [f'cnonce="{_quoted(claim.cnonce)}"'] if claim.cnonce is not None else []
    return "Digest " + ", ".join(values)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _md5(text: str) -> str:
    try:
        data = text.encode("latin-1")  # as headers are decoded: so the bytes that were sent are what is signed
    except UnicodeEncodeError:
        data = text.encode(errors="replace")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
