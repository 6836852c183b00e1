"""VCF servers that take a latitude of tokens: other statuses, other refusals, other forms of a token."""

import secrets

from retryspec_models.vcf.models import TokenCreationSpec, TokenPair
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.faults import Fault
from retryspec.reference.vcf.store import Token, TokenKind
from retryspec.reference.wire import json_of, with_json


@lenient("vcf R-18", says="Tokens are short texts, and come with more about them.")
class TokensOpaque(Server):
    """Has tokens that say nothing."""

    def new_access_token(self, username: str) -> Token:
        """Return a token of a few letters."""
        return Token(secrets.token_urlsafe(12), TokenKind.ACCESS, username, self.now() + self.access_seconds())

    def finish(self, call: Call, response: Response) -> Response:
        """Tell more about the tokens."""
        response = super().finish(call, response)
        if call.operation_id != "createToken" or response.status_code != 201:
            return response
        return with_json(response, {"expiresIn": 3600, **json_of(response)})


@lenient("vcf R-20", says="An unknown refresh token is refused with 400.")
class RefreshRefusedAsBadRequest(Server):
    """Calls it a bad request."""

    def refuse(self, fault: Fault, *arguments: str, **values: object) -> Refusal:
        """Return a refusal, that of a refresh token with another status."""
        if fault is faults.REFRESH_TOKEN_UNKNOWN:
            fault = Fault(400, fault.code, fault.text, fault.remedy)
        return super().refuse(fault, *arguments, **values)


@lenient("vcf R-20", says="An unknown refresh token is refused with 401, and one without quotes with 400.")
class RefreshNeedsQuotes(Server):
    """Takes JSON only."""

    def refreshed_by_bare_id(self, call: Call) -> Refusal | None:
        """Return that there is no such id."""
        return None

    def refuse(self, fault: Fault, *arguments: str, **values: object) -> Refusal:
        """Return a refusal, that of a refresh token with another status."""
        if fault is faults.REFRESH_TOKEN_UNKNOWN:
            fault = faults.REFRESH_TOKEN_EXPIRED
        return super().refuse(fault, *arguments, **values)


@lenient("vcf R-24", says="A login that is not called JSON is refused with 415.")
class LoginNeedsJson(Server):
    """Takes JSON only."""

    def create_token(self, call: Call, *, body: TokenCreationSpec) -> TokenPair:
        """Refuse another type."""
        if not (call.header("content-type") or "").startswith("application/json"):
            raise self.refuse(Fault(415, "UNSUPPORTED_TYPE", "The body is not called JSON.", "Send JSON."))
        return super().create_token(call, body=body)
