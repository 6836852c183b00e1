"""SLS servers that read the common headers wrongly: the date, the version, the way to sign, the digest of the body."""

import json
from email.utils import parsedate_to_datetime

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import content_md5
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.variations import faulty


def seconds_ahead(call: Call, now: float) -> float:
    """Return by how much the date of a request lies ahead of now; behind where it is negative."""
    value = call.header("x-log-date") or call.header("date") or ""
    try:
        return parsedate_to_datetime(value).timestamp() - now
    except ValueError:
        return 0


# Date


@faulty("SLS-COMMON-06", says="A clock that is a minute behind is refused.", warns=True)
class SlowClockRefused(Server):
    """Allows for no delay."""

    def check_date(self, call: Call) -> None:
        """Refuse a date that is more than 60 seconds old."""
        super().check_date(call)
        if seconds_ahead(call, self.now()) < -60:
            raise self.refuse(faults.DATE_TOO_FAR, value="", now="")


@faulty("SLS-COMMON-06", says="A clock that is half a minute ahead is refused.", warns=True)
class FastClockRefused(Server):
    """Takes no request from the future."""

    def check_date(self, call: Call) -> None:
        """Refuse a date that is more than 30 seconds ahead."""
        super().check_date(call)
        if seconds_ahead(call, self.now()) > 30:
            raise self.refuse(faults.DATE_TOO_FAR, value="", now="")


@faulty("SLS-COMMON-06", says="The clock of a PUT has to be right to the half minute.", warns=True)
class RetryClockNarrow(Server):
    """Is stricter with what changes something."""

    def check_date(self, call: Call) -> None:
        """Refuse a PUT whose date is more than 30 seconds off."""
        super().check_date(call)
        if call.method == "PUT" and abs(seconds_ahead(call, self.now())) > 30:
            raise self.refuse(faults.DATE_TOO_FAR, value="", now="")


@faulty("SLS-COMMON-06", says="A request whose date is a day old is accepted.", warns=True)
class DateOfYesterday(Server):
    """Reads the date and does not look at it."""

    def skew_seconds(self) -> float:
        """Allow for a week."""
        return 7 * 86_400


@faulty("SLS-COMMON-06", says="A PUT whose date is hours old is accepted.", warns=True)
class RetryOfYesterday(Server):
    """Looks at the age of a GET alone."""

    def check_date(self, call: Call) -> None:
        """Refuse a GET whose date is off."""
        if call.method == "GET" or not call.header("date"):
            super().check_date(call)


@faulty("SLS-COMMON-06", says="A request whose date lies hours ahead is accepted.", warns=True)
class DateOfTomorrow(Server):
    """Looks for old dates alone."""

    def check_date(self, call: Call) -> None:
        """Refuse a date that is old."""
        if seconds_ahead(call, self.now()) <= 0:
            super().check_date(call)


@faulty("SLS-COMMON-06", says="A request whose date is hours old is answered 403.", warns=True)
class StaleDateForbidden(Server):
    """Takes the age of a request for a want of rights."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, with another status where it is for the date."""
        return super().refuse(Fault(403, fault.code, fault.text) if fault is faults.DATE_TOO_FAR else fault, **values)


@faulty("SLS-COMMON-06", "SLS-COMMON-17", says="A date that cannot be read ends in an internal error.")
class DateUnreadable(Server):
    """Does not expect a date to be anything else."""

    def check_date(self, call: Call) -> None:
        """Fail where the date is no date."""
        try:
            super().check_date(call)
        except Refusal as refusal:
            if refusal.body is not None and refusal.body.model_dump()["error_code"] == faults.DATE_INVALID.code:
                raise self.refuse(faults.INTERNAL) from None
            raise


# x-log-apiversion


@faulty("SLS-COMMON-07", says="Every x-log-apiversion that begins with 0 is accepted.", warns=True)
class VersionByFirstNumber(Server):
    """Compares the first number."""

    def check_version(self, call: Call) -> None:
        """Let 0.1.0 and 0.9 pass."""
        if not self.required_header(call, "x-log-apiversion").startswith("0."):
            super().check_version(call)


@faulty("SLS-COMMON-07", says="Every x-log-apiversion up to 0.6.0 is accepted.", warns=True)
class VersionsBefore(Server):
    """Knows the versions before its own, or so it says."""

    def check_version(self, call: Call) -> None:
        """Let what sorts before 0.6.0 pass."""
        if not self.required_header(call, "x-log-apiversion") < "0.6.0":
            super().check_version(call)


@faulty("SLS-COMMON-07", says="An x-log-apiversion that is not 0.6.0 is answered 401.", warns=True)
class VersionUnauthorized(Server):
    """Looks at the version where it looks at the key."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, with another status where it is for the version."""
        return super().refuse(
            Fault(401, fault.code, fault.text) if fault is faults.VERSION_INVALID else fault, **values
        )


@faulty("SLS-COMMON-07", "SLS-COMMON-17", says="An x-log-apiversion with letters ends in an internal error.")
class VersionNotNumeric(Server):
    """Takes a version apart into numbers."""

    def check_version(self, call: Call) -> None:
        """Fail on a version that has other things in it."""
        value = self.required_header(call, "x-log-apiversion")
        if not value.replace(".", "").isdigit():
            raise self.refuse(faults.INTERNAL)
        super().check_version(call)


# x-log-signaturemethod


@faulty("SLS-COMMON-08", says="A GET may have any x-log-signaturemethod.", warns=True)
class SignatureMethodOfReadingUnchecked(Server):
    """Looks at the way to sign of a PUT."""

    def check_signature_method(self, call: Call) -> None:
        """Let every way of a GET pass."""
        if call.method != "GET":
            super().check_signature_method(call)


@faulty("SLS-COMMON-08", says="Every x-log-signaturemethod that begins with hmac- is accepted.", warns=True)
class SignatureMethodByFamily(Server):
    """Verifies with SHA-1 whatever hash is named."""

    def check_signature_method(self, call: Call) -> None:
        """Let hmac-sha256 and hmac-md5 pass."""
        if not self.required_header(call, "x-log-signaturemethod").startswith("hmac-"):
            super().check_signature_method(call)


@faulty("SLS-COMMON-08", says="An x-log-signaturemethod that is not hmac-sha1 is answered 401.", warns=True)
class SignatureMethodUnauthorized(Server):
    """Looks at the way to sign where it looks at the signature."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, with another status where it is for the way to sign."""
        other = Fault(401, "SignatureNotMatch", fault.text)
        return super().refuse(other if fault is faults.SIGNATURE_METHOD_INVALID else fault, **values)


# Content-MD5 and Content-Length of a PUT


class DigestOfSomethingElse(Server):
    """Compares Content-MD5 with the digest of something that is not quite the body."""

    def digested(self, body: bytes) -> bytes:
        """Return what the digest is taken of."""
        return body

    def check_digest(self, call: Call) -> None:
        """Refuse a body whose digest is that of the body."""
        if call.body and call.header("content-md5") != content_md5(self.digested(call.body)):
            raise self.refuse(faults.DIGEST_WRONG)
        super().check_digest(call)


@faulty("SLS-RETRY-12", "SLS-RETRY-02", says="The digest is taken of the array as the server would have written it.")
class DigestOfArrayRewritten(DigestOfSomethingElse):
    """Decodes the body and encodes it anew before it looks at the digest."""

    def digested(self, body: bytes) -> bytes:
        """Return the array with a blank after each comma."""
        try:
            return json.dumps(json.loads(body)).encode()
        except ValueError:
            return body


@faulty("SLS-RETRY-02", "SLS-RETRY-12", says="The digest is taken of the body without the white space around it.")
class DigestOfBodyStripped(DigestOfSomethingElse):
    """Tidies up before it looks at the digest."""

    def digested(self, body: bytes) -> bytes:
        """Return the body without what is around it."""
        return body.strip()


@faulty("SLS-RETRY-12", "SLS-RETRY-02", says="The digest is taken of the characters of the body that are ASCII.")
class DigestOfAscii(DigestOfSomethingElse):
    """Makes a text of the body before it looks at the digest."""

    def digested(self, body: bytes) -> bytes:
        """Return the body without what is not ASCII."""
        return body.decode(errors="replace").encode("ascii", errors="replace")


@faulty(
    "SLS-RETRY-12",
    "SLS-COMMON-01",
    "SLS-RETRY-01",
    "SLS-RETRY-04",
    says="A Content-MD5 has to be base64, as RFC 1864 says.",
)
class DigestInBase64(Server):
    """Follows the standard instead of the vendor."""

    def check_digest(self, call: Call) -> None:
        """Refuse a digest that is hexadecimal."""
        if call.body and not (call.header("content-md5") or "").endswith("=="):
            raise self.refuse(faults.DIGEST_WRONG)


@faulty("SLS-RETRY-12", "SLS-RETRY-02", says="Content-Length is compared with the number of characters of the body.")
class LengthInCharacters(Server):
    """Counts what it has decoded."""

    def check_digest(self, call: Call) -> None:
        """Refuse a body that has fewer characters than bytes."""
        super().check_digest(call)
        if call.method == "PUT" and len(call.body.decode(errors="replace")) != len(call.body):
            raise self.refuse(faults.BODY_INVALID)
