"""Ops Manager servers whose challenge is not the documented one, or whose nonces are not what clients rely on."""

import secrets

from retryspec_models.opsmanager.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.authentication.opsmanager import Claim, challenge
from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import Server
from retryspec.reference.variations import faulty

OTHER_REALM = "Ops Manager"
MOST_USES = 5


@faulty("OM-COMMON-03", says="The 401 of a retry has no challenge.")
class RetryUnchallenged(Server):
    """Challenges who reads."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return an answer without its challenge."""
        response = super().finish(call, response)
        if call.operation_id == "retryLogCollectionJob" and "www-authenticate" in response.headers:
            del response.headers["www-authenticate"]
        return response


@faulty("OM-COMMON-04", warns=True, says="The realm is another.")
class RealmOther(Server):
    """Has a realm of its own, by which digests are made as well."""

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return a challenge with another realm."""
        return challenge(nonce, stale=stale, realm=OTHER_REALM)

    def check_realm(self, claim: Claim) -> None:
        """Refuse a digest for any realm but that one."""
        if claim.realm != OTHER_REALM:
            raise self.unauthorized()


@faulty("OM-COMMON-05", warns=True, says="The challenge has a parameter that clients do not know.")
class ChallengeWithCharset(Server):
    """Says in which charset a name is to be sent."""

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return a challenge with one parameter more."""
        return super().challenge(nonce, stale=stale) + ', charset="UTF-8"'


@faulty("OM-COMMON-07", "OM-COMMON-05", warns=True, says="The challenge spells qop as op.")
class QualityMisspelled(Server):
    """Follows the printed example."""

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return the challenge as the vendor's page prints it."""
        return super().challenge(nonce, stale=stale).replace("qop=", "op=")


@faulty("OM-COMMON-10", warns=True, says="All challenges have the same nonce.")
class NonceForAll(Server):
    """Gives everybody the nonce that it began with."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.only_nonce = self.nonces.new(self.now())

    def new_nonce(self) -> str:
        """Return the one nonce there is."""
        return self.only_nonce

    def check_nonce(self, claim: Claim) -> None:
        """Refuse any other one."""
        if claim.nonce != self.only_nonce:
            raise self.unauthorized(stale=True)

    def check_replay(self, claim: Claim) -> None:
        """Refuse nothing: many clients count on the same nonce."""


@faulty("OM-COMMON-11", warns=True, says="An unknown nonce is not told to be stale.")
class StaleUnsaid(Server):
    """Lets a client think that its key pair is wrong."""

    def check_nonce(self, claim: Claim) -> None:
        """Refuse an unknown nonce like a wrong key."""
        try:
            super().check_nonce(claim)
        except Refusal:
            raise self.unauthorized() from None


@faulty("OM-COMMON-11", warns=True, says="A nonce that somebody has made up is taken.")
class NonceMadeUp(Server):
    """Does not remember what it has given out."""

    def check_nonce(self, claim: Claim) -> None:
        """Refuse nothing."""

    def check_replay(self, claim: Claim) -> None:
        """Refuse nothing."""


@faulty("OM-COMMON-11", warns=True, says="The nonce that replaces a stale one is not taken.")
class StaleReplacedByNothing(Server):
    """Forgets to remember the new nonce."""

    def unauthorized(self, *, stale: bool = False) -> Refusal:
        """Return a 401; that for a stale nonce has one that is unknown as well."""
        refusal = super().unauthorized()
        if stale:
            refusal.headers["WWW-Authenticate"] = self.challenge(secrets.token_urlsafe(24), stale=True)
        return refusal


@faulty("OM-COMMON-12", says="The nonce count is read as a decimal number, so that the tenth use is refused.")
class CountDecimal(Server):
    """Reads 0000000a as no number at all."""

    def count_of(self, claim: Claim) -> int:
        """Return the count of a claim, where it has decimal digits only."""
        return int(claim.nc) if claim.nc is not None and claim.nc.isdecimal() else 0


@faulty("OM-COMMON-12", says="A nonce is good for five uses, and the sixth is refused as if the key were wrong.")
class NonceWornOut(Server):
    """Does not say why it refuses."""

    def check_replay(self, claim: Claim) -> None:
        """Refuse the sixth use."""
        if self.count_of(claim) > MOST_USES:
            raise self.unauthorized()
        super().check_replay(claim)
