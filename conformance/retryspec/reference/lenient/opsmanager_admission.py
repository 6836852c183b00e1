"""Ops Manager servers that let in, or are asked for, in another of the ways that the contract leaves open."""

from collections.abc import Sequence
from dataclasses import replace

from retryspec_models.opsmanager.stubs import Call, Refusal, routes
from starlette.responses import Response
from starlette.routing import BaseRoute

from retryspec.authentication.opsmanager import REALM, Claim
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.variations import lenient

TARGET_OTHER = Fault(400, "INVALID_ATTRIBUTE", "The digest is one for another address.")


@lenient("opsmanager R-07", says="A digest for another address is refused with 400.")
class TargetBad(Server):
    """Follows RFC 7616 to the letter."""

    def check_target(self, call: Call, claim: Claim) -> None:
        """Refuse a digest for another address as a bad request."""
        try:
            super().check_target(call, claim)
        except Refusal:
            raise self.refuse(TARGET_OTHER) from None


@lenient("opsmanager R-12", says="A second header challenges for Basic.")
class BasicBeside(Server):
    """Has a proxy that offers what it does not take."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return a 401 with a challenge more."""
        response = super().finish(call, response)
        if response.status_code == 401:
            response.headers.append("WWW-Authenticate", f'Basic realm="{REALM}"')
        return response


@lenient("opsmanager R-12", says="The header of the challenge has another one after it.")
class BearerAfter(Server):
    """Offers what Cloud Manager takes."""

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return two challenges in one."""
        return super().challenge(nonce, stale=stale) + f', Bearer realm="{REALM}"'


@lenient("opsmanager R-13", says="A count may be used twice.")
class ReplayTaken(Server):
    """Does not keep counts."""

    def check_replay(self, claim: Claim) -> None:
        """Refuse nothing."""


@lenient("opsmanager R-13", says="A nonce is good for three seconds.")
class NonceBrief(Server):
    """Is in a hurry."""

    def nonce_seconds(self) -> float:
        """Return for how long a nonce is good."""
        return 3


@lenient("opsmanager R-17", says="The path is found without its prefix as well.")
class PathWithoutPrefix(Server):
    """Is mounted twice."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, also without their prefix."""
        return [*super().routes(), *routes(self, prefix="")]


@lenient("opsmanager R-13", says="A nonce has commas, blanks and equals signs in its quotes, and is long.")
class NonceLikeParameters(Server):
    """Writes what it knows into a nonce."""

    def new_nonce(self) -> str:
        """Return a nonce that reads like a list of parameters."""
        return f"{super().new_nonce()}, realm=none, at={self.now():040.3f}"

    def check_nonce(self, claim: Claim) -> None:
        """Refuse a nonce by what it begins with."""
        super().check_nonce(_shortened(claim))

    def check_replay(self, claim: Claim) -> None:
        """Refuse a count that was used with it before."""
        super().check_replay(_shortened(claim))


def _shortened(claim: Claim) -> Claim:
    return replace(claim, nonce=claim.nonce.partition(",")[0])
