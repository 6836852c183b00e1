"""Ops Manager servers that look at credentials nearly everywhere, or at nearly all of them."""

from typing import ClassVar

from retryspec_models.opsmanager.stubs import Call, Refusal

from retryspec.authentication.opsmanager import Claim, expected_response, verify
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import faulty


@faulty("OM-COMMON-02", says="A job with its child jobs is shown to whoever asks.")
class VerboseForAll(Server):
    """Guards the short form."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless a single job is asked for in full."""
        if call.operation_id != "getLogCollectionJob" or first_value(call, "verbose") != "true":
            super().authenticate(call)


class AnyScheme(Server):
    """Lets in whoever comes with another scheme."""

    scheme: ClassVar[str]
    operations: ClassVar[tuple[str, ...]] = ("getLogCollectionJobs", "getLogCollectionJob", "retryLogCollectionJob")

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless the scheme is that one."""
        given = (call.header("authorization") or "").lower().startswith(self.scheme)
        if not given or call.operation_id not in self.operations:
            super().authenticate(call)


@faulty("OM-COMMON-09", "OM-RETRY-21", says="Whoever comes with Bearer is let in.")
class BearerLetIn(AnyScheme):
    """Leaves tokens to something else."""

    scheme = "bearer"


@faulty("OM-COMMON-09", says="Whoever comes with Basic may look at a job.")
class BasicLooks(AnyScheme):
    """Is strict with what changes something."""

    scheme = "basic"
    operations = ("getLogCollectionJob",)


@faulty("OM-COMMON-08", "OM-RETRY-21", says="An unknown public key is let in with an empty private key.")
class UnknownKeyEmpty(Server):
    """Has an empty private key for whom it does not know."""

    def private_key_of(self, claim: Claim) -> str:
        """Return the private key of a public key, or an empty one."""
        return self.keys.get(claim.username, "")


@faulty("OM-COMMON-08", "OM-RETRY-21", says="An empty private key lets in.")
class EmptyKeyLetIn(Server):
    """Takes two keys for right."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that was made with neither."""
        if not verify("", call.method, claim):
            super().check_response(call, claim, private_key)


class PartCompared(Server):
    """Compares a part of a digest."""

    compared: ClassVar[slice]

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest of which that part is wrong."""
        right = expected_response(private_key, call.method, claim)
        if claim.response[self.compared] != right[self.compared]:
            raise self.unauthorized()


@faulty("OM-COMMON-08", "OM-RETRY-21", says="The last digit of a digest is not compared.")
class LastDigitUncompared(PartCompared):
    """Counts to 31."""

    compared = slice(0, 31)


@faulty("OM-COMMON-08", "OM-RETRY-21", says="The first digit of a digest is not compared.")
class FirstDigitUncompared(PartCompared):
    """Counts from one."""

    compared = slice(1, None)


@faulty("OM-COMMON-08", says="An unknown public key is told that its nonce is stale.")
class UnknownKeyStale(Server):
    """Sends whom it does not know round and round."""

    def private_key_of(self, claim: Claim) -> str:
        """Return the private key of a public key, or ask again."""
        if claim.username not in self.keys:
            raise self.unauthorized(stale=True)
        return super().private_key_of(claim)


@faulty("OM-COMMON-12", says="A nonce is good for nine uses, and is then refused as wrong.")
class NineUses(Server):
    """Has one digit for it."""

    def check_count(self, claim: Claim) -> None:
        """Refuse a count of more than one digit."""
        super().check_count(claim)
        if self.count_of(claim) > 9:
            raise self.unauthorized()


@faulty("OM-COMMON-06", says="A digest without an algorithm is refused.")
class AlgorithmNeeded(Server):
    """Has no default."""

    def check_algorithm(self, claim: Claim) -> None:
        """Refuse any algorithm but MD5, and none."""
        super().check_algorithm(claim)
        if claim.algorithm is None:
            raise self.unauthorized()


@faulty("OM-COMMON-06", says="A digest with a long cnonce is refused.")
class LongCnonceRefused(Server):
    """Has 32 characters for it."""

    def check_count(self, claim: Claim) -> None:
        """Refuse a cnonce that is too long."""
        super().check_count(claim)
        if len(claim.cnonce or "") > 32:
            raise self.unauthorized()


@faulty("OM-COMMON-39", warns=True, says="A list is refused with 400 for its pageNum before credentials are looked at.")
class PageBeforeCredentials(Server):
    """Reads the query first."""

    def authenticate(self, call: Call) -> None:
        """Refuse a page that there is not, then a stranger."""
        if call.operation_id == "getLogCollectionJobs" and first_value(call, "pageNum") == "0":
            raise self.refuse(faults.QUERY_INVALID, name="pageNum", detail="It is too small.")
        super().authenticate(call)


@faulty("OM-RETRY-21", says="A retry with Basic is refused with 401, and runs the job.")
class BasicRefusedTooLate(Server):
    """Looks at the scheme last."""

    def admit(self, call: Call) -> None:
        """Refuse a stranger; one with another scheme after the retry."""
        try:
            super().admit(call)
        except Refusal as refusal:
            basic = (call.header("authorization") or "").lower().startswith("basic")
            if basic and refusal.status == 401 and call.operation_id == "retryLogCollectionJob":
                self.start_again(self.job_of(call))
            raise
