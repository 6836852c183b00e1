"""Ops Manager servers that let somebody in, or something happen, by a way that is seldom tried."""

import re

from retryspec_models.opsmanager.stubs import Call, Refusal

from retryspec.authentication.opsmanager import Claim, verify
from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.variations import faulty

RETRY = "retryLogCollectionJob"


def is_stranger(call: Call) -> bool:
    """Tell whether a request has no credentials at all."""
    return call.header("authorization") is None


@faulty("OM-COMMON-02", says="Pages after the first are served to anybody.")
class LaterPagesForAll(Server):
    """Has a cache before the check."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless a later page is asked for."""
        later = call.operation_id == "getLogCollectionJobs" and (first_value(call, "pageNum") or "1") not in ("0", "1")
        if not (later and is_stranger(call)):
            super().authenticate(call)


@faulty("OM-COMMON-02", "OM-RETRY-21", says="An Authorization header without a value lets in.")
class EmptyAuthorizationLetIn(Server):
    """Refuses where a header is missing or wrong, and this one is neither."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger who says nothing at all."""
        if call.header("authorization") != "":
            super().authenticate(call)


@faulty("OM-COMMON-09", "OM-RETRY-21", says="The private key as a Bearer token lets in.")
class PrivateKeyAsToken(Server):
    """Takes an API key in whichever scheme."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless the token is a private key."""
        scheme, _, token = (call.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.keys.values():
            super().authenticate(call)


@faulty("OM-COMMON-08", "OM-RETRY-21", says="A digest for GET is good for PUT as well.")
class DigestForGetPuts(Server):
    """Keeps what was computed for the first request of an address."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a digest that was made for neither method."""
        if not verify(private_key, "GET", claim):
            super().check_response(call, claim, private_key)


@faulty("OM-COMMON-39", says="Without credentials a size or a page that is no number is told 400.", warns=True)
class NumbersBeforeStranger(Server):
    """Reads the query first."""

    def admit(self, call: Call) -> None:
        """Refuse a number that is none, and then a stranger."""
        for name in ("pageNum", "itemsPerPage"):
            number = first_value(call, name)
            if number is not None and not number.isdigit():
                raise self.refuse(faults.QUERY_INVALID, name=name, detail="This is no number.")
        super().admit(call)


@faulty("OM-COMMON-03", says="The challenge is missing where an envelope was asked for.")
class EnvelopeWithoutChallenge(Server):
    """Makes the answer in an envelope anew, without the headers."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, who is not told how to come in."""
        try:
            super().authenticate(call)
        except Refusal as refusal:
            if first_value(call, "envelope") == "true":
                del refusal.headers["WWW-Authenticate"]
            raise


@faulty("OM-COMMON-05", says="There is a second challenge of the scheme Digest, with SHA-256.", warns=True)
class SecondDigestChallenge(Server):
    """Offers what is newer besides."""

    def challenge(self, nonce: str, *, stale: bool) -> str:
        """Return two challenges in one header."""
        first = super().challenge(nonce, stale=stale)
        return f"{first}, {first.replace('algorithm=MD5', 'algorithm=SHA-256')}"


@faulty("OM-COMMON-13", says="A 401 for wrong credentials has no body.", warns=True)
class WrongCredentialsWithoutBody(Server):
    """Explains itself to strangers alone."""

    def authenticate(self, call: Call) -> None:
        """Refuse whoever is not let in, one with credentials without a word."""
        try:
            super().authenticate(call)
        except Refusal as refusal:
            if not is_stranger(call):
                raise Refusal(refusal.status, None, refusal.headers) from refusal
            raise


class StartsInSpite(Server):
    """Runs a job again before it refuses the retry."""

    def start(self, call: Call) -> None:
        """Run the named job again, where there is such a job."""
        job = self.find_job(call.path_parameters["groupId"].lower(), call.path_parameters["jobId"].lower())
        if job is not None:
            self.start_again(job)


@faulty("OM-RETRY-21", says="A retry with a body by a stranger is refused with 401, and the job runs.")
class StrangersBodyStarts(StartsInSpite):
    """Has read the body, and with it done the work."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, too late for one with a body."""
        if call.operation_id == RETRY and is_stranger(call) and call.body:
            self.start(call)
        super().authenticate(call)


@faulty("OM-RETRY-21", says="A retry over a nonce that nobody gave is refused with stale=true, and the job runs.")
class StaleNonceStarts(StartsInSpite):
    """Counts on the client to come again."""

    def check_nonce(self, claim: Claim) -> None:
        """Refuse an unknown nonce, too late for a retry."""
        match = re.search(r"/groups/([0-9a-f]{24})/logCollectionJobs/([0-9a-f]{24})/retry", claim.uri)
        job = self.find_job(match[1], match[2]) if match else None
        if job is not None and self.nonces.age(claim.nonce, self.now()) is None:
            self.start_again(job)
        super().check_nonce(claim)


@faulty("OM-COMMON-06", says="The third refusal of strangers locks a job, and nobody can retry it any more.")
class StrangersLockJob(Server):
    """Counts attempts by job."""

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, and note it; refuse whoever comes for a job that is locked."""
        attempts = self.__dict__.setdefault("attempts", {})
        job_id = call.path_parameters.get("jobId", "") if call.operation_id == RETRY else ""
        if is_stranger(call) and job_id:
            attempts[job_id] = attempts.get(job_id, 0) + 1
        super().authenticate(call)
        if attempts.get(job_id, 0) > 2:
            raise self.refuse(faults.NOT_FAILED)
