"""Who is let in: HTTP Digest, one small method for each thing that is looked at (opsmanager R-07, R-12, R-13, R-23).

A nonce is told to be stale only where everything else is right: a client answers `stale=true` with the same key pair,
so a wrong one would be sent again and again.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from retryspec_models.opsmanager.models import Error
from retryspec_models.opsmanager.stubs import Call, Refusal

from retryspec.authentication.opsmanager import REALM, Claim, challenge, parse_authorization, verify
from retryspec.reference.apis import Setting
from retryspec.reference.opsmanager import faults
from retryspec.reference.opsmanager.faults import Fault
from retryspec.reference.opsmanager.nonces import Nonces

__all__ = ["Admission"]

# Two issues of real clients say so (pull requests 1437 of mongodb-kubernetes and 60 of mongodb-forks/digest).
NONCE_SECONDS = 60

_COUNT = re.compile(r"[0-9a-fA-F]{1,16}")
_LAST_PARAMETERS = re.compile(r";[^/]*$")


class Admission:
    """The checks that come before an operation, for all operations alike.

    It is a base class rather than a collaborator so that a server with one fault is one overridden method.
    """

    def __init__(self, setting: Setting, keys: Mapping[str, str]) -> None:
        self.clock = setting.clock
        self.keys = keys
        """The private keys, by public key."""
        self.nonces = Nonces()

    def now(self) -> float:
        """Return the time by which everything is judged."""
        return self.clock()

    # Refusals

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason; the values fill in its text."""
        parameters = [str(values[name]) for name in fault.named]
        return Refusal(fault.status, self.error_body(fault, fault.text.format_map(values), parameters))

    def error_body(self, fault: Fault, text: str, parameters: list[str]) -> Error:
        """Return the body of a refusal."""
        body: dict[str, object] = {
            "detail": text,
            "error": fault.status,
            "reason": HTTPStatus(fault.status).phrase,
        }
        if fault is not faults.UNAUTHORIZED:
            body["parameters"] = parameters
        if fault.code is not None:
            body["errorCode"] = fault.code
        return Error.model_validate(body)

    def unauthorized(self, *, stale: bool = False) -> Refusal:
        """Return a 401, which always has a challenge."""
        refusal = self.refuse(faults.UNAUTHORIZED)
        refusal.headers["WWW-Authenticate"] = self.challenge(self.new_nonce(), stale=stale)
        return refusal

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return the value of WWW-Authenticate."""
        return challenge(nonce, stale=stale, realm=REALM)

    def new_nonce(self) -> str:
        """Return a nonce that nobody has been given yet."""
        return self.nonces.new(self.now())

    # Authentication

    def authenticate(self, call: Call) -> None:
        """Refuse a request that nobody known has signed."""
        claim = self.claim_of(call)
        self.check_realm(claim)
        self.check_algorithm(claim)
        self.check_count(claim)
        self.check_response(call, claim, self.private_key_of(claim))
        self.check_target(call, claim)
        self.check_nonce(claim)
        self.check_replay(claim)

    def claim_of(self, call: Call) -> Claim:
        """Return whose request this claims to be."""
        claim = parse_authorization(call.header("authorization") or "")
        if claim is None:
            raise self.unauthorized()
        return claim

    def check_realm(self, claim: Claim) -> None:
        """Refuse a digest for another realm."""
        if claim.realm != REALM:
            raise self.unauthorized()

    def check_algorithm(self, claim: Claim) -> None:
        """Refuse any algorithm but MD5, and any quality of protection but `auth` and the old one without a name."""
        if (claim.algorithm or "MD5").upper() != "MD5" or claim.qop not in (None, "auth"):
            raise self.unauthorized()

    def check_count(self, claim: Claim) -> None:
        """Refuse a count that is no hexadecimal number, or 0: the first use of a nonce is number 1."""
        if claim.qop is not None and self.count_of(claim) == 0:
            raise self.unauthorized()

    def count_of(self, claim: Claim) -> int:
        """Return which use of its nonce a claim is, or 0 where it does not say."""
        return int(claim.nc, 16) if claim.nc is not None and _COUNT.fullmatch(claim.nc) else 0

    def private_key_of(self, claim: Claim) -> str:
        """Return the private key of the public key that a request claims."""
        private_key = self.keys.get(claim.username)
        if private_key is None:
            raise self.unauthorized()
        return private_key

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that was not made with the private key, for this method."""
        if not verify(private_key, self.signed_method(call), claim):
            raise self.unauthorized()

    def signed_method(self, call: Call) -> str:
        """Return the method that a digest covers."""
        return call.method

    def check_target(self, call: Call, claim: Claim) -> None:
        """Refuse a digest that was made for another address (opsmanager R-07)."""
        target = self.target_of(call)
        path, mark, query = target.partition("?")
        # requests cuts off what follows a semicolon in the last segment before it signs.
        if claim.uri not in (target, _LAST_PARAMETERS.sub("", path) + mark + query):
            raise self.unauthorized()

    def target_of(self, call: Call) -> str:
        """Return path and query of a request as they stand in its first line."""
        query = b"?" + call.raw_query if call.raw_query else b""
        return (call.raw_path + query).decode("latin-1")

    def check_nonce(self, claim: Claim) -> None:
        """Refuse a nonce that was not given out here, or too long ago, and give another one for it."""
        age = self.nonces.age(claim.nonce, self.now())
        if age is None or age > self.nonce_seconds():
            self.nonces.drop(claim.nonce)
            raise self.unauthorized(stale=True)

    def nonce_seconds(self) -> float:
        """Return for how long a nonce is good."""
        return NONCE_SECONDS

    def check_replay(self, claim: Claim) -> None:
        """Refuse a second request with the same nonce and count; without a count a nonce is good as often as wanted."""
        if claim.qop is not None and not self.nonces.use(claim.nonce, self.count_of(claim)):
            raise self.unauthorized(stale=True)
