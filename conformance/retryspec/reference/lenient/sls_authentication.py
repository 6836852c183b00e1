"""SLS servers that let in or turn away otherwise where the contract leaves it open (sls A-18 to A-20, R-13, R-14)."""

import re
from urllib.parse import quote

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.variations import lenient

# Java SDK, CodingUtils: what a name may look like.
LOGSTORE = re.compile("[0-9a-z][0-9a-z_-]{1,61}[0-9a-z]")
SHIPPER = re.compile("[0-9a-zA-Z][0-9a-zA-Z_-]{0,126}[0-9a-zA-Z]")


@lenient("sls A-19", says="Requests without a usable Authorization, and those of unknown users, get 403.")
class StrangersForbidden(Server):
    """Any refusal will do for these; only a wrong signature has its one answer."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, 403 for who is not known."""
        about = values.get("name") == "authorization"
        if fault is faults.KEY_UNKNOWN or (about and fault in (faults.HEADER_MISSING, faults.HEADER_INVALID)):
            fault = Fault(403, "ProjectForbidden", "You may not use this project.")
        return super().refuse(fault, **values)


@lenient("sls A-19", says="Requests without a usable Authorization, and those of unknown users, get 401 Unauthorized.")
class StrangersUnauthorized(Server):
    """Has one answer for all whom it does not know."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, 401 for who is not known."""
        about = values.get("name") == "authorization"
        if fault is faults.KEY_UNKNOWN or (about and fault in (faults.HEADER_MISSING, faults.HEADER_INVALID)):
            fault = Fault(401, "Unauthorized", "The AccessKeyId is unauthorized.")
        return super().refuse(fault, **values)


@lenient("sls A-20", says="The date of a request may be off by five minutes only.")
class DateWithinFiveMinutes(Server):
    """Is stricter than the service; two minutes are fine."""

    def skew_seconds(self) -> float:
        """Return five minutes."""
        return 300


@lenient("sls R-13", says="Content-MD5 is not compared with the body.")
class DigestNotCompared(Server):
    """Takes the signature of Content-MD5 for that of the body."""

    def check_digest(self, call: Call) -> None:
        """Let every body pass."""


@lenient("sls R-13", says="A wrong or missing Content-MD5 gets 400.")
class DigestWrongIsInvalid(Server):
    """Does not count the digest as a part of the signature."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, 400 for a digest."""
        if fault is faults.DIGEST_WRONG or values.get("name") == "content-md5":
            fault = Fault(400, "ParameterInvalid", "Content-MD5 is not that of the body.")
        return super().refuse(fault, **values)


@lenient("sls R-13", says="The signature covers the path as it is encoded in the request line.")
class SignedPathEncoded(Server):
    """Signs as the Go SDK does; it is the same for every name that needs no encoding."""

    def signed_target(self, call: Call) -> str:
        """Return path and query, the path encoded once more, since what is signed gets decoded."""
        query = b"?" + call.raw_query if call.raw_query else b""
        return quote(call.raw_path) + query.decode("latin-1")


@lenient("sls A-18", says="A body of any Content-Type is read as JSON.")
class ContentTypeIgnored(Server):
    """Knows what the body of a retry is."""

    def check_content_type(self, call: Call) -> None:
        """Take any type, and none."""


@lenient("sls A-18", says="A body without a length gets 411.")
class LengthRequired(Server):
    """Reads no chunked bodies."""

    def check_headers(self, call: Call) -> None:
        """Look at the headers, the length of a PUT first."""
        if call.method == "PUT" and call.header("content-length") is None:
            raise self.refuse(Fault(411, "MissingContentLength", "Content-Length does not exist in http header."))
        super().check_headers(call)


@lenient("sls A-56", says="A Host without a project gets 400 InvalidHost.")
class HostWithoutProjectInvalid(Server):
    """Has no project for who names none."""

    def check_project(self, call: Call) -> None:
        """Refuse a Host that names no project, and a project that does not exist."""
        if self.project_of(call) == self.default_project:
            raise self.refuse(Fault(400, "InvalidHost", "Host header is invalid."))
        super().check_project(call)


@lenient("sls A-57", says="Names that cannot exist get 400.")
class NamesImpossibleInvalid(Server):
    """Knows what a name looks like before it looks one up."""

    def check_logstore(self, call: Call) -> None:
        """Refuse names that no logstore or shipper can have, and a logstore that does not exist."""
        name = self.name_of(call)
        if not LOGSTORE.fullmatch(name.logstore) or not SHIPPER.fullmatch(name.shipper):
            raise self.refuse(faults.PARAMETER_INVALID, name="the name", detail="It has other characters than allowed.")
        super().check_logstore(call)
