"""VCF servers that let in whom they should not, or not for long."""

from collections import Counter

from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.store import Token, TokenKind
from retryspec.reference.wire import with_json, with_status


class Lax(Server):
    """Lets in with what only resembles an access token that it gave."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.given: list[Token] = []

    def keep(self, *tokens: Token) -> None:
        """Remember tokens as they were given."""
        super().keep(*tokens)
        self.given += tokens

    def known_token(self, value: str) -> Token:
        """Return the token that a value resembles."""
        for token in self.given:
            if token.kind is TokenKind.ACCESS and self.alike(value, token.value):
                return token
        return super().known_token(value)

    def alike(self, value: str, token: str) -> bool:
        """Tell whether a value is good enough for a token."""
        raise NotImplementedError


@faulty("VCF-AUTH-01", says="The case of a token does not matter.")
class TokenCaseIgnored(Lax):
    """Compares as a database does."""

    def alike(self, value: str, token: str) -> bool:
        """Compare without case."""
        return value.lower() == token.lower()


@faulty("VCF-AUTH-01", says="A token that is cut short is let in.")
class TokenStartIsEnough(Lax):
    """Looks for a token that begins so."""

    def alike(self, value: str, token: str) -> bool:
        """Compare the beginning."""
        return len(value) > 20 and token.startswith(value)


@faulty("VCF-AUTH-01", says="What follows a token does not matter.")
class TokenTailIgnored(Lax):
    """Reads as much as it needs."""

    def alike(self, value: str, token: str) -> bool:
        """Compare as much as a token has."""
        return value.startswith(token)


@faulty("VCF-AUTH-01", says="The claims of a token do not matter, only its signature does.")
class ClaimsIgnored(Lax):
    """Looks up the signature."""

    def alike(self, value: str, token: str) -> bool:
        """Compare the signatures."""
        return value.count(".") == 2 and value.rpartition(".")[2] == token.rpartition(".")[2]


@faulty("VCF-AUTH-01", says="The first twenty letters of a token decide.")
class TokenStartDecides(Lax):
    """Has a short key."""

    def alike(self, value: str, token: str) -> bool:
        """Compare the first letters."""
        return value[:20] == token[:20]


@faulty("VCF-AUTH-01", says="A refresh token is let in like an access token.")
class RefreshTokenLetsIn(Server):
    """Keeps all tokens in one table."""

    def known_token(self, value: str) -> Token:
        """Return a token of either kind."""
        return self.store.token(TokenKind.REFRESH, value) or super().known_token(value)


@faulty("VCF-AUTH-01", says="A scheme that begins with Bearer will do.")
class SchemeBeginsAlike(Server):
    """Compares as many letters as it expects."""

    def token_of(self, call: Call) -> str:
        """Return what follows a scheme that begins so."""
        header = (call.header("authorization") or "").strip()
        if header.lower().startswith("bearer") and " " in header:
            return header.rpartition(" ")[2]
        return super().token_of(call)


@faulty("VCF-AUTH-01", says="The scheme of Authorization does not matter.")
class SchemeIgnored(Server):
    """Takes the last word."""

    def token_of(self, call: Call) -> str:
        """Return what follows any scheme."""
        scheme, _, token = (call.header("authorization") or "").strip().partition(" ")
        return token if scheme and token else super().token_of(call)


@faulty("VCF-AUTH-01", says="A list with a filter needs no token.")
class FilteredListIsOpen(Server):
    """Guards the list alone."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if not (call.operation_id == "getTasks" and call.query and call.header("authorization") is None):
            super().admit(call)


@faulty("VCF-AUTH-01", says="A task can be read without any Authorization.")
class ReadingIsOpen(Server):
    """Looks at a token where there is one."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if not (call.operation_id == "getTask" and call.header("authorization") is None):
            super().admit(call)


@faulty("VCF-AUTH-01", says="A retry with a body needs no token.")
class BodyLetsIn(Server):
    """Takes a body for credentials."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if not (call.operation_id == "retryTask" and call.body):
            super().admit(call)


@faulty("VCF-AUTH-01", says="Bearer without a token is let in.")
class BearerAloneLetsIn(Server):
    """Asks for a scheme alone."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if (call.header("authorization") or "").strip().lower() not in ("bearer", "bearer:"):
            super().admit(call)


@faulty("VCF-AUTH-01", says="Any user with any password is let in by Basic.")
class BasicLetsIn(Server):
    """Leaves Basic to a proxy that is not there."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if not ((call.header("authorization") or "").startswith("Basic ")):
            super().admit(call)


@faulty("VCF-AUTH-01", says="Whatever has the three parts of a token is let in.")
class AnyThreePartsLetIn(Server):
    """Reads the claims and believes them."""

    def admit(self, call: Call) -> None:
        """Let some calls in as they are."""
        if (call.header("authorization") or "").count(".") != 2:
            super().admit(call)


@faulty("VCF-AUTH-01", "VCF-AUTH-03", says="A token is good for five calls.")
class TokenWearsOut(Server):
    """Counts how often a token was used."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.uses: Counter[str] = Counter()

    def known_token(self, value: str) -> Token:
        """Refuse a token that was used too often."""
        self.uses[value] += 1
        if self.uses[value] > 5:
            raise self.refuse(faults.TOKEN_WRONG)
        return super().known_token(value)


@faulty("VCF-AUTH-01", says="After a call that was refused the next one is refused as well.")
class RefusalLingers(Server):
    """Slows down who guesses, and everybody else."""

    lingers = False

    def admit(self, call: Call) -> None:
        """Refuse the call after a refused one."""
        lingers, self.lingers = self.lingers, False
        try:
            super().admit(call)
        except Refusal:
            self.lingers = True
            raise
        if lingers and call.operation_id not in self.open_operations:
            raise self.refuse(faults.TOKEN_WRONG)


@faulty("VCF-AUTH-01", says="A list without a token is an empty page.")
class ListIsEmptyForStrangers(Server):
    """Shows everybody what is theirs."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer a stranger with nothing."""
        response = super().finish(call, response)
        if call.operation_id == "getTasks" and response.status_code == 401:
            return with_status(with_json(response, {"elements": []}), 200)
        return response


@faulty("VCF-AUTH-01", says="A retry without a token is answered 400.", warns=True)
class StrangerIsBadRequest(Server):
    """Misses a header."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer 400 in place of 401."""
        response = super().finish(call, response)
        if call.operation_id == "retryTask" and response.status_code == 401:
            return with_status(response, 400)
        return response
