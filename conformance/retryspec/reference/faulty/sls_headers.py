"""SLS servers that want other request headers than the common ones."""

from typing import Any

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.faulty.sls_wire import PageWriter
from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import faulty

# SLS-COMMON-06: Date (more in sls_common_headers)


@faulty("SLS-COMMON-06", says="A PUT without x-log-date is refused, though it has a Date.")
class LogDateRequiredOfPut(Server):
    """Reads one of two headers, of one operation."""

    def check_date(self, call: Call) -> None:
        """Refuse a PUT without the other header."""
        if call.method == "PUT" and call.header("x-log-date") is None:
            raise self.refuse(faults.HEADER_MISSING, name="x-log-date")
        super().check_date(call)


@faulty("SLS-COMMON-06", says="A request with x-log-date is refused.")
class LogDateRefused(Server):
    """Does not know a header that the vendor's client sends."""

    def check_date(self, call: Call) -> None:
        """Refuse a request with the other header."""
        if call.header("x-log-date") is not None:
            raise self.refuse(faults.HEADER_INVALID, name="x-log-date")
        super().check_date(call)


# SLS-COMMON-09: no header beyond the common ones


class Demanding(Server):
    """Refuses a request that lacks a header."""

    wanted: str

    def check_headers(self, call: Call) -> None:
        """Refuse a request of the kind concerned without the header."""
        super().check_headers(call)
        if self.concerns(call) and call.header(self.wanted) is None:
            raise self.refuse(faults.HEADER_MISSING, name=self.wanted)

    def concerns(self, call: Call) -> bool:
        """Tell whether a request has to have the header."""
        return True


@faulty("SLS-COMMON-09", says="A request without x-log-bodyrawsize is refused.")
class BodyRawSizeRequired(Demanding):
    """Wants what the vendor's client always sends."""

    wanted = "x-log-bodyrawsize"


@faulty("SLS-COMMON-09", says="A PUT without x-log-bodyrawsize is refused.")
class BodyRawSizeRequiredOfPut(Demanding):
    """Wants to know how long a body is."""

    wanted = "x-log-bodyrawsize"

    def concerns(self, call: Call) -> bool:
        """Tell whether there is a body."""
        return bool(call.body)


@faulty("SLS-COMMON-09", says="A request whose x-log-bodyrawsize is not the length of the body is refused.")
class BodyRawSizeCompared(Server):
    """Does not let the Java client retry, which sends 0."""

    def check_headers(self, call: Call) -> None:
        """Refuse another number."""
        super().check_headers(call)
        if call.header("x-log-bodyrawsize") not in (None, str(len(call.body))):
            raise self.refuse(faults.HEADER_INVALID, name="x-log-bodyrawsize")


@faulty("SLS-COMMON-09", says="A GET without Content-Type is refused.")
class ContentTypeRequiredOfGet(Demanding):
    """Wants the type of a body that there is not."""

    wanted = "content-type"


@faulty("SLS-COMMON-09", says="A request without User-Agent is refused.")
class UserAgentRequired(Demanding):
    """Wants to know who asks."""

    wanted = "user-agent"


@faulty("SLS-COMMON-09", says="A request without Accept is refused.")
class AcceptRequired(Demanding):
    """Wants to know what to answer."""

    wanted = "accept"


@faulty("SLS-COMMON-09", says="A request without x-acs-security-token is refused.")
class SecurityTokenRequired(Demanding):
    """Knows temporary credentials alone."""

    wanted = "x-acs-security-token"

    def concerns(self, call: Call) -> bool:
        """Tell whether it is a retry."""
        return call.method == "PUT"


# SLS-GET-26: a Content-Type on a GET


@faulty("SLS-GET-26", says="A GET with a Content-Type is refused.", warns=True)
class ContentTypeOfGetRefused(Server):
    """Takes a type for the promise of a body."""

    def check_content_type(self, call: Call) -> None:
        """Refuse a type without a body as well."""
        super().check_content_type(call)
        if not call.body and call.header("content-type") is not None:
            raise self.refuse(faults.CONTENT_TYPE_INVALID, value=call.header("content-type"))


@faulty("SLS-GET-26", says="A GET whose Content-Type is that of the Java client is refused.", warns=True)
class ContentTypeOfGetJsonOnly(Server):
    """Looks at the type of a body that there is not."""

    def check_content_type(self, call: Call) -> None:
        """Refuse any type but JSON, body or not."""
        super().check_content_type(call)
        media_type = call.header("content-type")
        if media_type is not None and not media_type.startswith("application/json"):
            raise self.refuse(faults.CONTENT_TYPE_INVALID, value=media_type)


@faulty("SLS-GET-26", says="A GET with a Content-Type gets no tasks.", warns=True)
class ContentTypeOfGetChangesAnswer(PageWriter):
    """Reads a GET with a type in another way."""

    def rewritten(self, call: Call, response: Response) -> Response:
        """Return the page, without its tasks where there is a type."""
        if call.header("content-type") is None:
            return response
        return super().rewritten(call, response)

    def rewrite(self, call: Call, page: dict[str, Any]) -> None:
        """Empty the page."""
        page |= {"count": 0, "tasks": []}
