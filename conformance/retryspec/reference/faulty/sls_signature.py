"""SLS servers that verify a signature over something else than the request: one part may be any, or has to be odd.

A server does not know what a part was when it was signed. These try what it may have been, and let the request in if
the signature is right for one of that.
"""

from collections.abc import Iterator
from email.utils import formatdate

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import Claim, content_md5, sign, string_to_sign
from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.admission import SKEW_SECONDS
from retryspec.reference.variations import faulty

Headers = list[tuple[str, str]]
Signed = tuple[str, str, Headers]
"""Method, target and headers, as somebody may have signed them."""


class Unbound(Server):
    """Lets a request in whose signature is right for what is sent, or for another one that it takes for the same."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the requests that count as this one."""
        yield from ()

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a signature that is right for none of them."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            if not any(sign(secret, string_to_sign(*other)) == claim.signature for other in self.others(call)):
                raise

    def with_header(self, call: Call, name: str, *values: str) -> Iterator[Signed]:
        """Give the request without a header, and with each of these values for it."""
        without = [header for header in call.headers if header[0] != name]
        yield call.method, self.signed_target(call), without
        for value in values:
            yield call.method, self.signed_target(call), [*without, (name, value)]


@faulty("SLS-COMMON-05", says="A signature made for another method is accepted.")
class SignatureOfAnyMethod(Unbound):
    """Does not cover the method."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with every method."""
        for method in ("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"):
            yield method, self.signed_target(call), list(call.headers)


@faulty("SLS-COMMON-05", says="A signature made for another shipper is accepted.")
class SignatureOfAnyShipper(Unbound):
    """Does not cover the path."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with the path of every shipper."""
        with self.store.database.reading() as connection:
            names = connection.execute("SELECT logstore, name FROM sls_shipper").fetchall()
        _, mark, query = self.signed_target(call).partition("?")
        for logstore, shipper in names:
            yield call.method, f"/logstores/{logstore}/shipper/{shipper}/tasks{mark}{query}", list(call.headers)


@faulty("SLS-COMMON-05", says="A query parameter that was added after the signature is accepted.")
class SignatureWithoutLastParameter(Unbound):
    """Covers a query that somebody has lengthened."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same without one of its parameters."""
        path, _, query = self.signed_target(call).partition("?")
        pairs = query.split("&") if query else []
        for place in range(len(pairs)):
            rest = "&".join(pairs[:place] + pairs[place + 1 :])
            yield call.method, f"{path}?{rest}" if rest else path, list(call.headers)


@faulty("SLS-COMMON-05", says="Of the query a signature covers the names alone.")
class SignatureWithoutValues(Unbound):
    """Does not cover the values of the page's parameters."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with other numbers and statuses."""
        path, _, query = self.signed_target(call).partition("?")
        pairs = query.split("&") if query else []
        for place, pair in enumerate(pairs):
            name, _, value = pair.partition("=")
            for other in self.values(name, value):
                changed = "&".join([*pairs[:place], f"{name}={other}", *pairs[place + 1 :]])
                yield call.method, f"{path}?{changed}", list(call.headers)

    def values(self, name: str, value: str) -> list[str]:
        """Return what else the value of a parameter may have been."""
        if name == "status":
            return ["", "success", "running", "fail"]
        if not value.isdigit():
            return []
        near = range(max(0, int(value) - 100), int(value) + 101)
        return [str(number) for number in (*near, int(value) - 3600, int(value) + 3600)]


@faulty("SLS-COMMON-05", says="A signature made for another date is accepted.")
class SignatureOfAnyDate(Unbound):
    """Looks at the date for its age alone."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with every date that is not too old."""
        name = "date" if call.header("x-log-date") is None else "x-log-date"
        now = int(self.now())
        dates = [formatdate(moment, usegmt=True) for moment in range(now - SKEW_SECONDS, now + SKEW_SECONDS)]
        yield from self.with_header(call, name, *dates)


@faulty("SLS-COMMON-05", says="An x-log header that was added or changed after the signature is accepted.")
class SignatureWithoutLogHeaders(Unbound):
    """Does not cover the headers of SLS."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same without one of them, and with other sizes of the body."""
        for name in {name for name, _ in call.headers if name.startswith("x-log-")}:
            yield from self.with_header(call, name)
        yield from self.with_header(call, "x-log-bodyrawsize", *map(str, range(2000)))


@faulty("SLS-COMMON-05", says="An x-acs header that was added after the signature is accepted.")
class SignatureWithoutToken(Unbound):
    """Does not cover the security token."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same without any x-acs header."""
        yield (
            call.method,
            self.signed_target(call),
            [header for header in call.headers if not header[0].startswith("x-acs-")],
        )


@faulty("SLS-COMMON-05", says="A request with a security token is not verified.")
class TokenTrusted(Server):
    """Leaves who comes with a token to somebody else."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Verify who has no token."""
        if call.header("x-acs-security-token") is None:
            super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-05", says="A signature made for another Content-Type is accepted.")
class SignatureOfAnyType(Unbound):
    """Does not cover the type of the body."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with other types."""
        types = ("application/json", "application/json; charset=utf-8", "text/plain", "application/x-protobuf")
        yield from self.with_header(call, "content-type", *types, "application/xml", "application/octet-stream")


@faulty("SLS-COMMON-05", says="A signature made for another body is accepted if the Content-MD5 goes with the new one.")
class SignatureOfAnyBody(Unbound):
    """Computes the digest and does not cover it."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.digests = {content_md5(body) for body in (b"", b"[]", b"{}", b"null")}

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same with the digest of another body: one that was seen, or one that names a single task."""
        shipper = self.store.shipper(self.name_of(call))
        tasks = self.store.tasks(shipper, 0, 2**62) if shipper else []
        bodies = [text for task in tasks for text in (f'["{task.id}"]', f'[ "{task.id}" ]')]
        yield from self.with_header(call, "content-md5", *self.digests, *map(content_md5, map(str.encode, bodies)))

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Remember the digest of what is let in."""
        super().check_signature(call, claim, secret)
        self.digests.add(call.header("content-md5") or "")


# What has to be signed in an odd way


@faulty("SLS-COMMON-05", says="A parameter with an empty value is left out before the signature is verified.")
class EmptyParameterUnsigned(Server):
    """Verifies what a web framework hands it, which has no empty values."""

    def signed_target(self, call: Call) -> str:
        """Return path and query without the empty values."""
        path, mark, query = super().signed_target(call).partition("?")
        kept = "&".join(pair for pair in query.split("&") if not pair.endswith("="))
        return path + mark + kept


@faulty("SLS-COMMON-05", says="The parameters are signed in the order of the query, unless they are in that of names.")
class QueryOrderKept(Server):
    """Refuses the right signature of some orders."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a query whose first parameter is not `from`, as the vendor's example has it."""
        if call.raw_query and not call.raw_query.startswith(b"from="):
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)
        super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-05", says="The values of the query are verified as they are encoded.")
class QueryVerifiedEncoded(Server):
    """Refuses what was signed decoded, as it should be."""

    def signed_target(self, call: Call) -> str:
        """Return path and query such that decoding leaves the encoded values."""
        path, mark, query = super().signed_target(call).partition("?")
        return path + mark + query.replace("%", "%25")


@faulty("SLS-COMMON-06", "SLS-COMMON-05", says="x-log-date is signed like the other x-log headers.")
class LogDateSigned(Server):
    """Covers a header that is not among those covered."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a request with x-log-date, whose signature leaves it out."""
        if call.header("x-log-date") is not None:
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)
        super().check_signature(call, claim, secret)


@faulty("SLS-COMMON-06", "SLS-COMMON-05", says="Date is verified even where there is x-log-date.", warns=True)
class LogDateUnsigned(Server):
    """Does not let x-log-date stand in for Date."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Refuse a signature that is not right for Date."""
        headers = [header for header in call.headers if header[0] != "x-log-date"]
        if sign(secret, string_to_sign(call.method, self.signed_target(call), headers)) != claim.signature:
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)
