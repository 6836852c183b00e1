"""Ops Manager servers that let in whom they should not, keep out whom they should not, or do what they refuse."""

import base64
import binascii
from dataclasses import replace

from retryspec_models.opsmanager.stubs import Call, Refusal

from retryspec.authentication.opsmanager import Claim, verify
from retryspec.reference.opsmanager import Server
from retryspec.reference.variations import faulty

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")


@faulty("OM-COMMON-02", "OM-COMMON-39", says="The list is open to strangers.")
class StrangerReadsList(Server):
    """Looks at credentials where one job is asked for."""

    def authenticate(self, call: Call) -> None:
        """Let a stranger read the list."""
        if call.operation_id != "getLogCollectionJobs" or call.header("authorization") is not None:
            super().authenticate(call)


@faulty("OM-RETRY-21", says="A retry without credentials is answered 401, and the job runs all the same.")
class StrangerRefusedTooLate(Server):
    """Does the first request of each digest client twice over."""

    def admit(self, call: Call) -> None:
        """Run the job before a stranger is refused."""
        if self.runs_early(call):
            job = self.find_job(self.group_id_of(call), self.job_id_of(call))
            if job is not None:
                self.start_again(job)
        super().admit(call)

    def runs_early(self, call: Call) -> bool:
        """Tell whether a request is one that has its effect before it is refused."""
        return call.operation_id == "retryLogCollectionJob" and call.header("authorization") is None


@faulty("OM-RETRY-21", says="A retry with a wrong private key is answered 401, and the job runs all the same.")
class WrongKeyRefusedTooLate(Server):
    """Compares the digest after it has done what was asked for."""

    def admit(self, call: Call) -> None:
        """Run the job before a wrong digest is refused."""
        try:
            super().admit(call)
        except Refusal as refusal:
            stale = "stale=true" in refusal.headers.get("WWW-Authenticate", "")
            signed = call.header("authorization") is not None and not stale
            if refusal.status == 401 and signed and call.operation_id == "retryLogCollectionJob":
                job = self.find_job(self.group_id_of(call), self.job_id_of(call))
                if job is not None:
                    self.start_again(job)
            raise


@faulty("OM-COMMON-08", "OM-RETRY-21", says="An unknown public key is let in with the private key of a known one.")
class UnknownKeyLetIn(Server):
    """Tries all private keys."""

    def private_key_of(self, claim: Claim) -> str:
        """Return some private key for whoever is unknown."""
        return self.keys.get(claim.username) or next(iter(self.keys.values()))


@faulty("OM-COMMON-08", "OM-RETRY-21", says="A digest for one method is good for every other.")
class MethodUnsigned(Server):
    """Does not tie a digest to the method."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that is right for no method at all."""
        if not any(verify(private_key, method, claim) for method in METHODS):
            raise self.unauthorized()


@faulty("OM-COMMON-08", says="A wrong digest is told that its nonce is stale, so that clients try for ever.")
class WrongKeyCalledStale(Server):
    """Has one answer for all that is wrong with a digest."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a wrong digest with a word that is for nonces."""
        if not verify(private_key, call.method, claim):
            raise self.unauthorized(stale=True)


@faulty("OM-COMMON-09", "OM-RETRY-21", says="The key pair is let in by Basic.")
class BasicLetIn(Server):
    """Takes a second scheme."""

    def authenticate(self, call: Call) -> None:
        """Let in who sends the right pair in the clear."""
        scheme, _, value = (call.header("authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                public_key, _, private_key = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise self.unauthorized() from None
            if self.keys.get(public_key) == private_key:
                return
        super().authenticate(call)


@faulty("OM-COMMON-06", says="A cnonce that ends in an equals sign, as that of curl does, is read without it.")
class CnonceCutShort(Server):
    """Splits parameters at each equals sign."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that is not right for the cnonce that was read."""
        super().check_response(call, replace(claim, cnonce=(claim.cnonce or "").rstrip("=")), private_key)


@faulty("OM-COMMON-06", says="A digest has to begin with the user's name.")
class NameHasToComeFirst(Server):
    """Takes parameters apart by their place."""

    def claim_of(self, call: Call) -> Claim:
        """Return whose request this claims to be, where that is said first."""
        claim = super().claim_of(call)
        if "username" not in (call.header("authorization") or "").partition(",")[0]:
            raise self.unauthorized()
        return claim


@faulty("OM-COMMON-42", warns=True, says="A digest for one job is good for another one of the same project.")
class LastSegmentsIgnored(Server):
    """Compares the beginning of the address only."""

    def check_target(self, call: Call, claim: Claim) -> None:
        """Refuse another project."""
        if claim.uri.split("/")[:6] != self.target_of(call).split("/")[:6]:
            super().check_target(call, claim)


@faulty("OM-COMMON-39", warns=True, says="A stranger learns which jobs exist.")
class JobBeforeCredentials(Server):
    """Looks for the job first, and only then who asks."""

    def admit(self, call: Call) -> None:
        """Refuse what does not exist before who is unknown."""
        self.check_group(call)
        if "jobId" in call.path_parameters:
            self.job_of(call)
        super().admit(call)
