"""Who is let in: authentication and the common headers of SLS, one small method for each thing that is looked at.

The order is that of sls A-13: first who it is, then the headers, then the project and the logstore; the operations go
on with the parameters, the shipper and the body.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address

from retryspec_models.sls.models import Error
from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import (
    API_VERSION,
    SIGNATURE_METHOD,
    Claim,
    content_md5,
    parse_authorization,
    verify,
)
from retryspec.reference.apis import Setting
from retryspec.reference.sls import faults
from retryspec.reference.sls.faults import Fault

__all__ = ["Admission"]

SKEW_SECONDS = 15 * 60


class Admission:
    """The checks that come before an operation, for both operations alike.

    It is a base class rather than a collaborator so that a server with one fault is one overridden method.
    """

    def __init__(self, setting: Setting, keys: Mapping[str, str]) -> None:
        self.clock = setting.clock
        self.default_project = setting.options.get("default_project", "demo")
        self.keys = keys
        """The secrets, by AccessKeyId."""

    def now(self) -> float:
        """Return the time by which everything is judged."""
        return self.clock()

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal for a reason; the values fill in its text."""
        return Refusal(fault.status, self.error_body(fault, fault.text.format_map(values)))

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return the body of a refusal."""
        return Error.model_validate({"errorCode": fault.code, "errorMessage": text})

    # Authentication (sls)

    def authenticate(self, call: Call) -> None:
        """Refuse a request that nobody known has signed."""
        claim = self.claim_of(call)
        secret = self.secret_of(claim)
        self.check_date(call)
        self.check_signature(call, claim, secret)
        self.check_digest(call)

    def claim_of(self, call: Call) -> Claim:
        """Return whose request this claims to be."""
        value = call.header("authorization")
        if value is None:
            raise self.refuse(faults.HEADER_MISSING, name="authorization")
        claim = parse_authorization(value)
        if claim is None:
            raise self.refuse(faults.HEADER_INVALID, name="authorization")
        return claim

    def secret_of(self, claim: Claim) -> str:
        """Return the secret of the AccessKeyId that a request claims."""
        secret = self.keys.get(claim.key_id)
        if secret is None:
            raise self.refuse(faults.KEY_UNKNOWN, value=claim.key_id)
        return secret

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a signature that is not the one of this request."""
        if not verify(secret, claim.signature, call.method, self.signed_target(call), call.headers):
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)

    def signed_target(self, call: Call) -> str:
        """Return path and query of a request as its signature covers them."""
        query = b"?" + call.raw_query if call.raw_query else b""
        return (call.raw_path + query).decode("latin-1")

    def check_digest(self, call: Call) -> None:
        """Refuse a body that the signature does not cover, since that happens through Content-MD5 alone.

        Without a body the header says nothing; the example of seed 001 has one on a GET.
        """
        if not call.body:
            return
        digest = call.header("content-md5")
        if digest is None:
            raise self.refuse(faults.HEADER_MISSING, name="content-md5")
        if digest.strip().upper() != content_md5(call.body):
            raise self.refuse(faults.DIGEST_WRONG)

    def check_date(self, call: Call) -> None:
        """Refuse a request without a date, with one that cannot be read, or with one too far from now."""
        value = call.header("x-log-date") or call.header("date")
        if not value:
            raise self.refuse(faults.HEADER_MISSING, name="x-log-date")
        sent = _moment(value)
        if sent is None:
            raise self.refuse(faults.DATE_INVALID, value=value)
        now = self.now()
        if abs(now - sent) > self.skew_seconds():
            raise self.refuse(faults.DATE_TOO_FAR, value=value, now=formatdate(now, usegmt=True))

    def skew_seconds(self) -> float:
        """Return how far the date of a request may lie from now, before or behind."""
        return SKEW_SECONDS

    # Common headers (seeds 000 and 001, Request syntax)

    def check_headers(self, call: Call) -> None:
        """Refuse common headers that are missing or say what is not supported."""
        self.check_version(call)
        self.check_signature_method(call)
        self.check_content_type(call)

    def check_version(self, call: Call) -> None:
        """Refuse any version of the API but 0.6.0."""
        value = self.required_header(call, "x-log-apiversion")
        if value != API_VERSION:
            raise self.refuse(faults.VERSION_INVALID, value=value)

    def check_signature_method(self, call: Call) -> None:
        """Refuse any way to sign but hmac-sha1."""
        value = self.required_header(call, "x-log-signaturemethod")
        if value != SIGNATURE_METHOD:
            raise self.refuse(faults.SIGNATURE_METHOD_INVALID, value=value)

    def check_content_type(self, call: Call) -> None:
        """Refuse a body that is declared as anything but JSON; without a body no type matters."""
        media_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
        if call.body and media_type != "application/json":
            raise self.refuse(faults.CONTENT_TYPE_INVALID, value=media_type)

    def required_header(self, call: Call, name: str) -> str:
        """Return the value of a header that has to be there."""
        value = call.header(name)
        if value is None:
            raise self.refuse(faults.HEADER_MISSING, name=name)
        return value.strip()

    # The project (sls A-56)

    def project_of(self, call: Call) -> str:
        """Return the project that a request addresses: the first label of its Host."""
        return project_in(call.header("host") or "") or self.default_project


@lru_cache(maxsize=1024)
def project_in(host: str) -> str | None:
    """Return the first label of a Host, or None where it is an address or a lone name and so holds no project."""
    name = re.sub(r":[0-9]*$", "", host.strip()).rstrip(".").lower()
    if name.startswith("[") or "." not in name:
        return None
    try:
        ip_address(name)
    except ValueError:
        return name.partition(".")[0]
    return None


def _moment(value: str) -> float | None:
    """Return the time that a date header says, or None where it follows no form of RFC 822 or names no zone."""
    try:
        moment = parsedate_to_datetime(value)
        return None if moment.tzinfo is None else moment.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
