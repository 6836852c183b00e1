"""Signature V1 of Alibaba Cloud SLS (hmac-sha1): for a client that signs and for a server that verifies.

What is signed is one string, built from the request as it goes over the wire (page "Request signatures",
https://www.alibabacloud.com/help/en/sls/developer-reference/request-signatures):

    METHOD
    value of Content-MD5, or nothing
    value of Content-Type, or nothing
    x-log-date if the request has it, else Date
    name:value of every x-log-* and x-acs-* header but x-log-date, sorted by name, one a line
    decoded path, and "?" with the decoded parameters sorted by name, if there are any

The host, and with it the project, is not signed, and the body only through its Content-MD5: who verifies a request
has to compute that digest itself.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    import httpx  # SlsAuth needs it at run time only in the hands of somebody who has it

__all__ = [
    "API_VERSION",
    "SIGNATURE_METHOD",
    "Claim",
    "SlsAuth",
    "authorization",
    "content_md5",
    "parse_authorization",
    "sign",
    "signed_headers",
    "string_to_sign",
    "verify",
]

API_VERSION = "0.6.0"
SIGNATURE_METHOD = "hmac-sha1"

# Bytes that are no UTF-8 have to survive decoding: they are signed as they came.
_UNDECODABLE = "surrogateescape"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header claims: whose request it is, and the signature that shows it."""

    key_id: str
    signature: str


def string_to_sign(method: str, target: str, headers: Iterable[tuple[str, str]]) -> str:
    """Return the string that the signature of a request covers.

    Args:
        method: The method, in upper case.
        target: Path and query as in the request line, percent-encoded.
        headers: Every header of the request; of a repeated one the first counts.
    """
    first: dict[str, str] = {}
    for name, value in headers:
        first.setdefault(name.lower(), value.strip())
    # Sorted by the name alone: with the value taken in, "x-log-a:" would come after "x-log-a-b:".
    covered = sorted(name for name in first if name.startswith(("x-log-", "x-acs-")) and name != "x-log-date")
    date = first.get("x-log-date") or first.get("date", "")
    lines = [method, first.get("content-md5", ""), first.get("content-type", ""), date]
    lines += [f"{name}:{first[name]}" for name in covered]
    return "\n".join([*lines, _canonical_resource(target)])


def _canonical_resource(target: str) -> str:
    """Return the decoded path and the decoded query parameters in the order of their names."""
    path, _, query = target.partition("?")
    decoded = unquote(path, errors=_UNDECODABLE)
    pairs = parse_qsl(query, keep_blank_values=True, errors=_UNDECODABLE)
    if not pairs:
        return decoded
    pairs.sort(key=lambda pair: pair[0])
    return decoded + "?" + "&".join(f"{name}={value}" for name, value in pairs)


def sign(secret: str, text: str) -> str:
    """Return the signature of a string to sign: the base64 of its HMAC-SHA1."""
    digest = hmac.new(secret.encode(), text.encode(errors=_UNDECODABLE), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def authorization(key_id: str, signature: str) -> str:
    """Return the value of the Authorization header."""
    return f"LOG {key_id}:{signature}"


def parse_authorization(value: str) -> Claim | None:
    """Return what an Authorization header claims, or None where it has not the form `LOG <AccessKeyId>:<Signature>`."""
    scheme, _, rest = value.strip().partition(" ")
    key_id, colon, signature = rest.strip().rpartition(":")
    if scheme != "LOG" or not (key_id and colon and signature):
        return None
    return Claim(key_id, signature)


def content_md5(body: bytes) -> str:
    """Return the Content-MD5 of a body as SLS wants it: upper-case hexadecimal, not base64 as in RFC 1864."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest().upper()


def verify(secret: str, signature: str, method: str, target: str, headers: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a signature is the one of this request; the time it takes says nothing about where it differs."""
    right = sign(secret, string_to_sign(method, target, headers))
    return hmac.compare_digest(right.encode(), signature.encode(errors=_UNDECODABLE))


def signed_headers(
    method: str,
    target: str,
    body: bytes = b"",
    *,
    key_id: str,
    secret: str,
    date: str | None = None,
    content_type: str | None = None,
    token: str | None = None,
    extra: Iterable[tuple[str, str]] = (),
) -> dict[str, str]:
    """Return the headers that make a request a signed one; Host and Content-Length are the sender's business.

    Args:
        method: The method, in upper case.
        target: Path and query as they will stand in the request line, percent-encoded.
        body: The body as it will be sent.
        key_id: The AccessKeyId.
        secret: The AccessKeySecret, which is not sent.
        date: The value of Date; now, if None.
        content_type: The Content-Type; `application/json` for a body, else none, if None.
        token: The security token of temporary credentials.
        extra: Further headers; one of a name that is set here takes its place, before the signature is made.
    """
    headers = {
        "Date": date or formatdate(usegmt=True),
        "x-log-apiversion": API_VERSION,
        "x-log-signaturemethod": SIGNATURE_METHOD,
        "x-log-bodyrawsize": str(len(body)),
    }
    if body:
        headers["Content-MD5"] = content_md5(body)
        headers["Content-Type"] = "application/json"
    if content_type is not None:
        headers["Content-Type"] = content_type
    if token is not None:
        headers["x-acs-security-token"] = token
    for name, value in extra:
        for taken in [present for present in headers if present.lower() == name.lower()]:
            del headers[taken]
        headers[name] = value
    signature = sign(secret, string_to_sign(method, target, headers.items()))
    return {**headers, "Authorization": authorization(key_id, signature)}


@dataclass(frozen=True, slots=True)
class SlsAuth:
    """Signs the requests of an httpx client: `httpx.Client(auth=SlsAuth(key_id, secret))`.

    It is a callable of the kind that httpx takes for `auth`, not a subclass of `httpx.Auth`: so this module needs no
    httpx. Headers that the request has already, a Date for example, are signed as they are.
    """

    key_id: str
    secret: str = field(repr=False)
    token: str | None = None

    def __call__(self, request: "httpx.Request") -> "httpx.Request":
        """Return the request with the headers that sign it."""
        own = [(name, value) for name, value in request.headers.items() if _matters(name)]
        request.headers.update(
            signed_headers(
                request.method,
                request.url.raw_path.decode("ascii"),
                request.read(),
                key_id=self.key_id,
                secret=self.secret,
                token=self.token,
                extra=own,
            )
        )
        return request


def _matters(name: str) -> bool:
    return name in {"date", "content-md5", "content-type"} or name.startswith(("x-log-", "x-acs-"))
