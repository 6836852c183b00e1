"""SLS servers that let in whom they should not, or keep out whom they should let in."""

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import Claim, verify
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.admission import Admission
from retryspec.reference.sls.faults import Fault
from retryspec.reference.variations import accepted, faulty


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


# One operation only


@faulty("SLS-COMMON-05", says="The signature of a PUT is not verified.")
class SignatureCheckedOnGetOnly(Server):
    """Protects what reads and forgets what changes."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Verify a GET."""
        if call.method == "GET":
            super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-05", says="The signature of a GET is not verified.")
class SignatureCheckedOnPutOnly(Server):
    """Protects what changes and forgets what reads."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Verify a PUT."""
        if call.method != "GET":
            super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-05", says="A PUT without Authorization is let in.")
class AnonymousRetry(Server):
    """Takes a PUT for one that a gateway has seen to."""

    def authenticate(self, call: Call) -> None:
        """Let a PUT in that claims nothing."""
        if call.method != "PUT" or call.header("authorization") is not None:
            super().authenticate(call)


@faulty("SLS-COMMON-05", says="A GET without Authorization is let in.")
class AnonymousReader(Server):
    """Lets everybody read."""

    def authenticate(self, call: Call) -> None:
        """Let a GET in that claims nothing."""
        if call.method != "GET" or call.header("authorization") is not None:
            super().authenticate(call)


# The form of Authorization


@faulty("SLS-COMMON-05", says="An Authorization of another scheme is let in unseen.")
class ForeignSchemeLetIn(Server):
    """Looks at the LOG scheme and passes over the others."""

    def authenticate(self, call: Call) -> None:
        """Let in what claims nothing that this server understands."""
        if (call.header("authorization") or "LOG ").startswith("LOG"):
            super().authenticate(call)


@faulty("SLS-COMMON-05", says="An AccessKeyId with nothing after the colon is enough.")
class EmptySignatureLetIn(Server):
    """Takes an empty signature for one that needs no look."""

    def authenticate(self, call: Call) -> None:
        """Let in a known key that has signed nothing."""
        known = {f"LOG {key_id}:" for key_id in self.keys}
        if (call.header("authorization") or "").strip() not in known:
            super().authenticate(call)


@faulty("SLS-COMMON-05", says="A known AccessKeyId without colon and signature is enough.")
class KeyAloneLetIn(Server):
    """Skips the signature where there is none."""

    def authenticate(self, call: Call) -> None:
        """Let in a known key by itself."""
        known = {f"LOG {key_id}" for key_id in self.keys}
        if (call.header("authorization") or "").strip() not in known:
            super().authenticate(call)


# The AccessKeyId


@faulty("SLS-COMMON-05", says="The AccessKeyId may be any, as long as the one secret there is has signed.")
class KeyIdIgnored(Server):
    """Has one secret and verifies with it whoever it is."""

    def secret_of(self, claim: Claim) -> str:
        """Return the first secret."""
        return next(iter(self.keys.values()))


@faulty("SLS-COMMON-05", says="An AccessKeyId is known in any letter case.")
class KeyIdWithoutCase(Server):
    """Keeps its keys in a database that compares without case."""

    def secret_of(self, claim: Claim) -> str:
        """Return the secret of a key that reads the same in lower case."""
        for key_id, secret in self.keys.items():
            if key_id.lower() == claim.key_id.lower():
                return secret
        return super().secret_of(claim)


@faulty("SLS-COMMON-05", says="An AccessKeyId is known if it begins with a known one.")
class KeyIdLonger(Server):
    """Compares as far as the known key goes."""

    def secret_of(self, claim: Claim) -> str:
        """Return the secret of a key that begins what is claimed."""
        for key_id, secret in self.keys.items():
            if claim.key_id.startswith(key_id):
                return secret
        return super().secret_of(claim)


@faulty("SLS-COMMON-05", says="The requests of an unknown AccessKeyId are not verified.")
class UnknownKeyLetIn(Server):
    """Finds no secret and goes on without."""

    def authenticate(self, call: Call) -> None:
        """Refuse only those whose secret is known."""
        if self.claim_of(call).key_id in self.keys:
            super().authenticate(call)


@faulty("SLS-COMMON-05", says="An unknown AccessKeyId has an empty secret.")
class UnknownKeyHasNoSecret(Server):
    """Finds no secret and verifies without one."""

    def secret_of(self, claim: Claim) -> str:
        """Return the secret, or an empty one."""
        return self.keys.get(claim.key_id, "")


# The answer


class OtherRefusal(Server):
    """Refuses a wrong signature with another status or code."""

    instead: Fault = faults.SIGNATURE_WRONG

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, or the one instead of it."""
        return super().refuse(self.instead if fault is faults.SIGNATURE_WRONG else fault, **values)


@faulty("SLS-COMMON-05", says="A wrong signature is answered 403.")
class WrongSignatureForbidden(OtherRefusal):
    """Knows who it is and forbids."""

    instead = Fault(403, "SignatureNotMatch", "signature {value} not match")


@faulty("SLS-COMMON-05", says="A wrong signature is answered 401 Unauthorized.")
class WrongSignatureUnauthorized(OtherRefusal):
    """Has one code for all that is wrong with a claim."""

    instead = Fault(401, "Unauthorized", "denied: {value}")


@faulty("SLS-COMMON-05", says="A wrong signature on a PUT is answered 400.")
class WrongSignatureOfRetryBad(Server):
    """Takes the signature of a PUT for a parameter."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse with another status where it is a PUT."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            if call.method == "PUT":
                raise self.refuse(faults.PARAMETER_INVALID, name="signature", detail="It does not match.") from None
            raise


@faulty("SLS-COMMON-05", "SLS-COMMON-17", says="A signature that is no base64 ends in an internal error.")
class SignatureUndecodable(Server):
    """Decodes before it compares."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Fail on a signature of odd length."""
        if len(claim.signature) % 4:
            raise self.refuse(faults.INTERNAL)
        super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-05", says="A PUT whose signature is wrong is answered 200 without effect.")
class WrongSignatureSwallowed(Server):
    """Tells nobody that it refuses."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Answer a PUT that is not signed rightly as if it were done."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            raise (
                accepted() if call.method == "PUT" else self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)
            ) from None
