"""Who is let in: tokens that are given for a password and asked for on every task, each step a small method.

The order is that of vcf A30: first the token, then the task, then its status.
"""

import base64
import hmac
import json
import logging
import re
import secrets
import string
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from retryspec_models.vcf.models import (
    AccessToken,
    Error,
    ErrorCause,
    RefreshToken,
    RefreshTokenId,
    TokenCreationSpec,
    TokenPair,
)
from retryspec_models.vcf.stubs import Call, Refusal

from retryspec.reference.apis import Setting
from retryspec.reference.vcf import faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.store import Store, Token, TokenKind

__all__ = ["Admission"]

_LOG = logging.getLogger("retryspec.reference.vcf")

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 24 * 3600
_BARE_ID = re.compile(rb"\s*([A-Za-z0-9._~-]+)\s*")


class Admission:
    """The tokens, and the refusals that all operations share.

    It is a base class rather than a collaborator so that a server with one fault is one overridden method.
    """

    store_type: ClassVar[type[Store]] = Store

    def __init__(self, setting: Setting, users: Mapping[str, str]) -> None:
        self.clock = setting.clock
        self.users = users
        """The passwords, by user name."""
        self.store = self.store_type(setting.database)
        self._secret = secrets.token_bytes(32)

    def now(self) -> float:
        """Return the time by which everything is judged, to the millisecond that is shown."""
        return round(self.clock(), 3)

    # Refusals

    def refuse(self, fault: Fault, *arguments: str, **values: object) -> Refusal:
        """Return the refusal for a reason; the values fill in its text, the arguments are told to programs."""
        body = self.error_body(fault, fault.text.format_map(values), fault.remedy.format_map(values), arguments)
        return Refusal(fault.status, body, self.error_headers(fault))

    def error_headers(self, fault: Fault) -> Mapping[str, str]:
        """Return the headers of a refusal."""
        return {"WWW-Authenticate": "Bearer"} if fault.code == "Unauthorized" else {}

    def error_body(self, fault: Fault, text: str, remedy: str, arguments: tuple[str, ...]) -> Error:
        """Return the body of a refusal; its reference token stands in the log as well."""
        token = self.reference_token()
        _LOG.info("%s %s: %s", token, fault.code, text)
        body = Error(
            error_code=fault.code,
            error_type="ERROR",
            arguments=list(arguments),
            message=text,
            remediation_message=remedy,
            reference_token=token,
        )
        return self.with_causes(body) if fault.status >= 500 else body

    def with_causes(self, body: Error) -> Error:
        """Return an internal error with what led to it: a composite one, three deep."""
        body.context = {"component": "tasks"}
        body.causes = [ErrorCause(type="java.lang.IllegalStateException", message="The store of tasks is closed")]
        innermost = Error(error_code="CONNECTION_REFUSED", error_type="ERROR", message="The connection was refused.")
        body.nested_errors = [
            Error(
                error_code="STORE_UNAVAILABLE",
                error_type="ERROR",
                message="The store of tasks cannot be reached.",
                nested_errors=[innermost],
            )
        ]
        return body

    def reference_token(self) -> str:
        """Return a new reference token: six upper-case letters and digits."""
        return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(6))

    # Access tokens

    def authenticate(self, call: Call) -> None:
        """Refuse a request without a valid access token (vcf A16, R-09)."""
        value = self.token_of(call)
        token = self.known_token(value)
        self.check_token_end(token)
        self.check_user(token)

    def token_of(self, call: Call) -> str:
        """Return the access token that a request carries."""
        header = call.header("authorization")
        if header is None:
            raise self.refuse(faults.TOKEN_MISSING)
        scheme, _, token = header.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.refuse(faults.TOKEN_MISSING)
        return token.strip()

    def known_token(self, value: str) -> Token:
        """Return an access token that this server gave."""
        token = self.store.token(TokenKind.ACCESS, value)
        if token is None:
            raise self.refuse(faults.TOKEN_WRONG)
        return token

    def check_token_end(self, token: Token) -> None:
        """Refuse an access token that has ended."""
        if token.ends <= self.now():
            raise self.refuse(faults.TOKEN_WRONG)

    def check_user(self, token: Token) -> None:
        """Refuse the token of somebody who is no user any more."""
        if token.username not in self.users:
            raise self.refuse(faults.TOKEN_WRONG)

    # createToken

    def create_token(self, call: Call, *, body: TokenCreationSpec) -> TokenPair:
        """Return the tokens of a user who gives the right password."""
        username = self.signed_in(body)
        access = self.new_access_token(username)
        refresh = self.new_refresh_token(username)
        self.keep(access, refresh)
        return TokenPair(access_token=access.value, refresh_token=RefreshToken(id=refresh.value))

    def signed_in(self, body: TokenCreationSpec) -> str:
        """Return the name of the user who signs in; keys and identity tokens are nobody's here (vcf R-18)."""
        username, password = body.username, body.password
        if not isinstance(username, str) or not isinstance(password, str):
            offers_other = isinstance(body.api_key, str) or isinstance(body.id_token, str)
            raise self.refuse(faults.CREDENTIALS_WRONG if offers_other else faults.CREDENTIALS_MISSING)
        self.check_password(username, password)
        return username

    def check_password(self, username: str, password: str) -> None:
        """Refuse a user who is unknown, or a password that is not the user's (vcf R-10)."""
        known = self.users.get(username, "")
        same = hmac.compare_digest(known.encode(), password.encode(errors="replace"))
        if not (known and same):
            raise self.refuse(faults.CREDENTIALS_WRONG)

    def new_access_token(self, username: str) -> Token:
        """Return a new access token; it looks like those of the product, and means nothing to this server."""
        now = self.now()
        ends = now + self.access_seconds()
        claims = {
            "sub": username,
            "iss": "vcf-auth",
            "aud": "sddc-services",
            "iat": int(now),
            "exp": int(ends),
            "jti": uuid4().hex,
        }
        signed = ".".join(_url64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
        signature = _url64(hmac.digest(self._secret, signed.encode(), "sha256"))
        return Token(f"{signed}.{signature}", TokenKind.ACCESS, username, ends)

    def new_refresh_token(self, username: str) -> Token:
        """Return a new refresh token."""
        return Token(str(uuid4()), TokenKind.REFRESH, username, self.now() + self.refresh_seconds())

    def access_seconds(self) -> float:
        """Return how long an access token is good for."""
        return ACCESS_SECONDS

    def refresh_seconds(self) -> float:
        """Return how long a refresh token is good for."""
        return REFRESH_SECONDS

    def keep(self, *tokens: Token) -> None:
        """Remember tokens; those that ended long ago are forgotten."""
        self.store.keep_tokens(tokens, forget_before=self.now() - REFRESH_SECONDS)

    # refreshAccessToken

    def refresh_access_token(self, call: Call, *, body: RefreshTokenId) -> AccessToken:
        """Return a new access token for a refresh token, which can be used again (vcf R-20)."""
        return self.refreshed(body.root)

    def refreshed(self, value: str) -> AccessToken:
        """Return a new access token for the id of a refresh token."""
        access = self.new_access_token(self.refresh_token(value).username)
        self.keep(access)
        return AccessToken(access.value)

    def refresh_token(self, value: str) -> Token:
        """Return a refresh token that is good."""
        token = self.store.token(TokenKind.REFRESH, value) if _storable(value) else None
        if token is None or token.username not in self.users:
            raise self.refuse(faults.REFRESH_TOKEN_UNKNOWN)
        if token.ends <= self.now():
            raise self.refuse(faults.REFRESH_TOKEN_EXPIRED)
        return token

    def refreshed_by_bare_id(self, call: Call) -> Refusal | None:
        """Return the answer to an id that was sent without quotes, as PowerVCF does, or None where it is none."""
        bare = _BARE_ID.fullmatch(call.body)
        if bare is None:
            return None
        try:
            return Refusal(200, self.refreshed(bare[1].decode("ascii")))
        except Refusal as refusal:
            return refusal


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
