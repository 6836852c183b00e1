"""SLS servers that let in whom they should not."""

from retryspec_models.sls.stubs import Call

from retryspec.authentication.sls import Claim, verify
from retryspec.reference.sls import Server
from retryspec.reference.sls.admission import Admission
from retryspec.reference.variations import faulty


@faulty("SLS-COMMON-05", says="A signature is accepted whatever it says.")
class SignatureIgnored(Server):
    """Looks at the AccessKeyId alone."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Let every signature pass."""


@faulty("SLS-COMMON-05", says="A signature made for other query parameters is accepted as well.")
class SignatureWithoutQuery(Server):
    """Verifies a request, or one of the same path without its query."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Let a signature pass that leaves the query out."""
        path = call.raw_path.decode("latin-1")
        if not verify(secret, claim.signature, call.method, path, call.headers):
            Admission.check_signature(self, call, claim, secret)
