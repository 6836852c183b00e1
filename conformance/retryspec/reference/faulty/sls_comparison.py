"""SLS servers that compare a signature in part, without case, or not again."""

from retryspec_models.sls.stubs import Call

from retryspec.authentication.sls import Claim, sign, string_to_sign
from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import faulty


class Comparing(Server):
    """Compares signatures in a way of its own."""

    def same(self, right: str, given: str) -> bool:
        """Tell whether two signatures count as the same."""
        return right == given

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a signature that does not count as the right one."""
        right = sign(secret, string_to_sign(call.method, self.signed_target(call), call.headers))
        if not self.same(right, claim.signature):
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)


@faulty("SLS-COMMON-05", says="Only the first eight characters of a signature are compared.")
class SignatureComparedAtStart(Comparing):
    """Trusts the beginning."""

    def same(self, right: str, given: str) -> bool:
        """Compare eight characters."""
        return right[:8] == given[:8]


@faulty("SLS-COMMON-05", says="The first character of a signature is not compared.")
class SignatureComparedFromSecond(Comparing):
    """Counts from 1."""

    def same(self, right: str, given: str) -> bool:
        """Compare all characters but the first."""
        return right[1:] == given[1:]


@faulty("SLS-COMMON-05", says="The last eight characters of a signature are not compared.")
class SignatureEndIgnored(Comparing):
    """Stores signatures in a column that is too short."""

    def same(self, right: str, given: str) -> bool:
        """Compare what fits."""
        return right[:-8] == given[:-8]


@faulty("SLS-COMMON-05", says="A signature is compared without regard to letter case.")
class SignatureWithoutCase(Comparing):
    """Compares as its database does."""

    def same(self, right: str, given: str) -> bool:
        """Compare in lower case."""
        return right.lower() == given.lower()


@faulty("SLS-COMMON-05", says="A signature with something after it is accepted.")
class SignatureWithTail(Comparing):
    """Compares as many characters as it expects."""

    def same(self, right: str, given: str) -> bool:
        """Compare the beginning."""
        return given.startswith(right)


@faulty("SLS-COMMON-05", says="The beginning of a signature is enough.")
class SignatureCutShort(Comparing):
    """Compares as many characters as it was given."""

    def same(self, right: str, given: str) -> bool:
        """Compare what is there."""
        return right.startswith(given)


# Memory


class Forgiving(Server):
    """Remembers what it has found right."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.right: set[str] = set()

    def remembered(self, call: Call, claim: Claim) -> str:
        """Return what is remembered of a request whose signature was right."""
        return claim.signature

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse what is neither right nor remembered."""
        if self.remembered(call, claim) not in self.right:
            super().check_signature(call, claim, secret)
        self.right.add(self.remembered(call, claim))


@faulty("SLS-COMMON-05", says="A signature that was right once is right for every request.")
class SignatureCached(Forgiving):
    """Keeps the verdict on a signature, and forgets what it signed."""


@faulty("SLS-COMMON-05", says="Once an AccessKeyId has signed rightly, its signatures are not verified any more.")
class KeyTrustedLater(Forgiving):
    """Keeps the verdict on a key."""

    def remembered(self, call: Call, claim: Claim) -> str:
        """Return the key."""
        return claim.key_id
