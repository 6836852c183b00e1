"""Ops Manager servers that trust or keep what they saw once, or go wrong with one unusual name."""

from dataclasses import replace
from typing import Any

from retryspec_models.opsmanager.stubs import Call

from retryspec.authentication.opsmanager import Claim, verify
from retryspec.reference.apis import Setting
from retryspec.reference.faulty.opsmanager_second_looks import OtherProjects
from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job, State
from retryspec.reference.variations import faulty

LIST, GET, RETRY = "getLogCollectionJobs", "getLogCollectionJob", "retryLogCollectionJob"


@faulty("OM-COMMON-02", says="What somebody with credentials has read is shown to whoever asks for the same.")
class KeptForAll(Server):
    """Stands behind a cache that does not look at credentials."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.kept: set[tuple[bytes, bytes]] = set()

    def authenticate(self, call: Call) -> None:
        """Refuse a stranger, unless somebody else has asked for that before."""
        address = (call.raw_path, call.raw_query)
        if call.method == "GET" and call.header("authorization") is None and address in self.kept:
            return
        super().authenticate(call)
        self.kept.add(address)


@faulty("OM-COMMON-08", says="A digest over a nonce that was used before is not compared.")
class UsedNonceTrusted(Server):
    """Takes a nonce for a session."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a wrong digest, the first time that its nonce is used."""
        known = self.nonces.age(claim.nonce, self.now()) is not None
        if not known or self.count_of(claim) < 2:
            super().check_response(call, claim, private_key)


@faulty("OM-COMMON-08", says="An empty private key is good for a list.")
class EmptyKeyLists(Server):
    """Has one reader who may see everything, and no key for that."""

    def check_response(self, call: Call, claim: Claim, private_key: str) -> None:
        """Refuse a wrong digest, but of a list one that was made with no key."""
        if call.operation_id != LIST or not verify("", call.method, claim):
            super().check_response(call, claim, private_key)


@faulty("OM-COMMON-06", says="A digest is refused where the query has a comma, at which the header is cut.")
class CommasNotQuoted(Server):
    """Cuts the header at each comma, in quotes as well."""

    def claim_of(self, call: Call) -> Claim:
        """Return whose request this claims to be, unless the address is cut."""
        claim = super().claim_of(call)
        if "," in claim.uri.partition("?")[2]:
            raise self.unauthorized()
        return claim


class FirstForm(Server):
    """Keeps a job as it was when it was first shown in some form."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.first: dict[str, Any] = {}


@faulty("OM-COMMON-21", says="In an envelope a job is for ever as it was when it was first shown in one.")
class FirstEnvelopeKept(FirstForm):
    """Makes an envelope once."""

    def enveloped_job(self, status: int, content: Any) -> Any:
        """Return a job in its envelope, or the envelope of last time."""
        return super().enveloped_job(status, self.first.setdefault(content["id"], content))


@faulty("OM-COMMON-23", says="With pretty=true a job is for ever as it was when it was first shown so.")
class FirstPrettyKept(FirstForm):
    """Indents a job once."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return a job as it is, or with `pretty` as it was last time."""
        if call.operation_id == GET and status == 200 and first_value(call, "pretty") == "true":
            return self.first.setdefault(f"{content['id']} {call.raw_query.decode()}", content)
        return content


@faulty("OM-RETRY-18", says="A retry of a job whose id is no UTF-8 ends in an internal error.")
class BytesNotDecodedByRetry(Server):
    """Decodes the id by itself before it retries."""

    def job_id_of(self, call: Call) -> str:
        """Return the id of the job that a request addresses; for a retry, decoded strictly."""
        if call.operation_id == RETRY:
            call.raw_path_parameters["jobId"].decode()
        return super().job_id_of(call)


@faulty("OM-RETRY-17", says="A retry through a project without failed jobs is answered 404, and runs the other's job.")
class RunsForIdleProject(OtherProjects):
    """Looks further where it has nothing of its own to run."""

    def find_job(self, group_id: str, job_id: str) -> Job | None:
        """Return the job of this id in this project, and run one of another project where none has failed here."""
        found, other = super().find_job(group_id, job_id), self.elsewhere(job_id)
        idle = State.FAILURE not in {job.state(self.now()) for job in self.store.jobs(group_id)}
        if found is None and other is not None and idle:
            self.start_again(other)
        return found


@faulty("OM-COMMON-08", says="A public key is known in any letter case.", warns=True)
class PublicKeyInAnyCase(Server):
    """Takes it for the name of a person."""

    def private_key_of(self, claim: Claim) -> str:
        """Return the private key of the public key that a request claims, in whatever case."""
        return super().private_key_of(replace(claim, username=claim.username.lower()))


@faulty("OM-COMMON-11", says="An unknown public key with an unknown nonce is told stale=true.", warns=True)
class NonceBeforeKey(Server):
    """Looks at the nonce first."""

    def private_key_of(self, claim: Claim) -> str:
        """Return the private key of a public key, after a look at the nonce."""
        self.check_nonce(claim)
        return super().private_key_of(claim)


@faulty("OM-COMMON-23", says="With pretty=true an error has no errorCode.")
class PrettyWithoutCode(Server):
    """Has a template of its own for whoever reads with the eye."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, of an error with `pretty` without its code."""
        if status == 404 and first_value(call, "pretty") == "true":
            return {name: value for name, value in content.items() if name != "errorCode"}
        return content


@faulty("OM-COMMON-31", says="With pretty=true totalCount has a fraction.")
class PrettyTotalWithFraction(Server):
    """Formats numbers for whoever reads with the eye."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, of a list with `pretty` with another number."""
        if status == 200 and call.operation_id == LIST and first_value(call, "pretty") == "true":
            return {**content, "totalCount": float(content["totalCount"])}
        return content


@faulty("OM-GET-06", says="With pageNum=2 a job with its child jobs shows none of them.", warns=True)
class SecondPageOfChildren(Server):
    """Has pages of child jobs."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says, of a job in full the page that was asked for."""
        in_full = status == 200 and call.operation_id == GET and "childJobs" in content
        if in_full and first_value(call, "pageNum") == "2":
            return {**content, "childJobs": []}
        return content


@faulty("OM-GET-04", "OM-RETRY-18", says="A quote in the id of a job ends in an internal error.")
class QuotesInStatement(Server):
    """Writes ids into a statement."""

    def job_id_of(self, call: Call) -> str:
        """Return the id of the job that a request addresses, where a statement can hold it."""
        if "'" in call.path_parameters["jobId"]:
            raise ValueError("unclosed string in statement")
        return super().job_id_of(call)


@faulty("OM-COMMON-02", says="A digest whose count is no number, or which has none, is an internal error.")
class CountsAlwaysNumbers(Server):
    """Reads the count before it looks whether there is one."""

    def count_of(self, claim: Claim) -> int:
        """Return the count."""
        return int(claim.nc or "none", 16)


@faulty("OM-COMMON-09", says="The right digest is good under the name of a scheme that only begins as Digest does.")
class SchemeByItsBeginning(Server):
    """Does not look where the name ends."""

    def claim_of(self, call: Call) -> Claim:
        """Return whose request this claims to be."""
        scheme, _, rest = (call.header("authorization") or "").partition(" ")
        if not scheme.lower().startswith("digest"):
            return super().claim_of(call)
        others = tuple((name, value) for name, value in call.headers if name != "authorization")
        return super().claim_of(replace(call, headers=(*others, ("authorization", f"Digest {rest}"))))
