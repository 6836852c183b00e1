"""SLS servers whose answers lack a header, or have it in another form."""

import hashlib
import secrets
from datetime import UTC, datetime
from email.utils import formatdate

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.variations import faulty

BEIJING_SECONDS = 8 * 3600

# SLS-COMMON-11, SLS-COMMON-12: x-log-requestid


class Identified(Server):
    """Gives some answers another request id."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the request id, or take it away."""
        response = super().finish(call, response)
        id_ = self.id_for(call, response, response.headers["x-log-requestid"])
        del response.headers["x-log-requestid"]
        if id_ is not None:
            response.headers["x-log-requestid"] = id_
        return response

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the request id of an answer."""
        raise NotImplementedError


@faulty("SLS-COMMON-11", says="An error answer has no x-log-requestid.")
class RequestIdMissingOnErrors(Identified):
    """Forgets the request id where something went wrong."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return no id for an error."""
        return None if response.status_code >= 400 else id_


@faulty("SLS-COMMON-11", says="An answer 405 has no x-log-requestid.", warns=True)
class RequestIdMissingOnMethod(Identified):
    """Answers a method that it does not have before anything else."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return no id for a 405."""
        return None if response.status_code == 405 else id_


@faulty("SLS-COMMON-11", says="An answer 500 has no x-log-requestid.")
class RequestIdMissingOnFault(Identified):
    """Loses the request id together with the request."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return no id for a 500."""
        return None if response.status_code == 500 else id_


@faulty("SLS-COMMON-11", says="An answer 401 has no x-log-requestid.")
class RequestIdMissingOnUnauthorized(Identified):
    """Knows no request of strangers."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return no id for a 401."""
        return None if response.status_code == 401 else id_


@faulty("SLS-COMMON-11", says="The x-log-requestid of a retry that succeeds is empty.")
class RequestIdEmpty(Identified):
    """Sends the header without a value."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return an empty id for the 200 of a PUT."""
        return "" if call.method == "PUT" and response.status_code == 200 else id_


@faulty("SLS-COMMON-11", says="All requests have the same x-log-requestid.")
class RequestIdConstant(Identified):
    """Has one id."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the id of the example in seed 000."""
        return "5642FC2399248C8F7B0145FD"


@faulty("SLS-COMMON-11", says="Requests within one second have the same x-log-requestid.")
class RequestIdOfSecond(Identified):
    """Makes its id of the time alone."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the time, and what follows from it."""
        return id_[:8] + hashlib.md5(id_[:8].encode(), usedforsecurity=False).hexdigest()[:16].upper()


@faulty("SLS-COMMON-11", says="Equal requests have the same x-log-requestid.")
class RequestIdOfContent(Identified):
    """Makes its id of what was asked."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return what follows from method, path, query and body."""
        content = b" ".join((call.method.encode(), call.raw_path, call.raw_query, call.body))
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()[:24].upper()


@faulty("SLS-COMMON-11", says="The second of two equal errors in a row has the same x-log-requestid.")
class RequestIdOfErrorsReused(Identified):
    """Keeps error answers for a while."""

    last: tuple[tuple[str, bytes, bytes, int], str] | None = None

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the id of the answer before for an error that comes again."""
        question = (call.method, call.raw_path, call.raw_query, response.status_code)
        if response.status_code >= 400 and self.last is not None and self.last[0] == question:
            return self.last[1]
        self.last = (question, id_)
        return id_


@faulty("SLS-COMMON-12", says="The x-log-requestid is in lower case.", warns=True)
class RequestIdLowerCase(Identified):
    """Writes small digits."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the id in lower case."""
        return id_.lower()


@faulty("SLS-COMMON-12", says="The x-log-requestid of an error is a UUID.", warns=True)
class RequestIdUuid(Identified):
    """Has its ids from two makers."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return an id with hyphens for an error."""
        if response.status_code < 400:
            return id_
        whole = f"{id_}{secrets.token_hex(4).upper()}"
        return "-".join((whole[:8], whole[8:12], whole[12:16], whole[16:20], whole[20:]))


@faulty("SLS-COMMON-12", says="Now and then the x-log-requestid has a digit less.", warns=True)
class RequestIdUnpadded(Identified):
    """Writes its number without zeros in front."""

    def id_for(self, call: Call, response: Response, id_: str) -> str | None:
        """Return the id without zeros after the time."""
        return id_[:8] + id_[8:].lstrip("0")


# SLS-COMMON-13: the Date of an answer


@faulty("SLS-COMMON-13", says="No answer has a Date.")
class DateMissing(Server):
    """Does not tell the time."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the date away."""
        response = super().finish(call, response)
        del response.headers["date"]
        return response


@faulty("SLS-COMMON-13", says="An error answer has no Date.")
class DateMissingOnErrors(Server):
    """Forgets the date where something went wrong."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the date from an error."""
        response = super().finish(call, response)
        if response.status_code >= 400:
            del response.headers["date"]
        return response


class Dated(Server):
    """Writes the time of its answers in another way."""

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the date."""
        response = super().finish(call, response)
        response.headers["Date"] = self.date_of(response, self.now())
        return response

    def date_of(self, response: Response, now: float) -> str:
        """Return a time as it is written."""
        raise NotImplementedError


@faulty("SLS-COMMON-13", says="The Date of an answer is the wall clock of Beijing, labelled GMT.", warns=True)
class DateOfBeijing(Dated):
    """Mistakes its own time for that of Greenwich."""

    def date_of(self, response: Response, now: float) -> str:
        """Return a time eight hours ahead."""
        return formatdate(now + BEIJING_SECONDS, usegmt=True)


@faulty("SLS-COMMON-13", says="The Date of an answer has the form of ISO 8601.")
class DateIso(Dated):
    """Writes the time as in JSON."""

    def date_of(self, response: Response, now: float) -> str:
        """Return a time with a T and a Z."""
        return datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")


@faulty("SLS-COMMON-13", says="The Date of an answer names no GMT but another zone.")
class DateWithZone(Dated):
    """Writes the time of its region, and says so."""

    def date_of(self, response: Response, now: float) -> str:
        """Return the right time in another zone."""
        return formatdate(now + BEIJING_SECONDS, usegmt=True).replace("GMT", "+0800")


@faulty("SLS-COMMON-13", says="The Date of an error is that of 1970.", warns=True)
class DateOfErrorsZero(Dated):
    """Does not set the time of an error."""

    def date_of(self, response: Response, now: float) -> str:
        """Return the beginning of time for an error."""
        return formatdate(0 if response.status_code >= 400 else now, usegmt=True)


# SLS-GET-27: the media type of an answer


class Typed(Server):
    """Labels some answers with another media type."""

    media_type: str | None

    def finish(self, call: Call, response: Response) -> Response:
        """Replace the media type where there is a body."""
        response = super().finish(call, response)
        if response.body and self.concerns(response):
            del response.headers["content-type"]
            if self.media_type is not None:
                response.headers["content-type"] = self.media_type
        return response

    def concerns(self, response: Response) -> bool:
        """Tell whether an answer gets the other type."""
        return response.status_code == 200


@faulty("SLS-GET-27", says="A page is labelled text/html.", warns=True)
class PageAsHtml(Typed):
    """Has the default of a web framework."""

    media_type = "text/html; charset=utf-8"


@faulty("SLS-GET-27", says="A page has no Content-Type.", warns=True)
class PageWithoutType(Typed):
    """Does not say what it sends."""

    media_type = None


@faulty("SLS-GET-27", says="An error is labelled text/plain.", warns=True)
class ErrorAsText(Typed):
    """Labels an error by what a person sees."""

    media_type = "text/plain"

    def concerns(self, response: Response) -> bool:
        """Tell whether an answer is an error."""
        return response.status_code >= 400


@faulty("SLS-GET-27", says="A page is labelled application/x-protobuf.", warns=True)
class PageAsProtobuf(Typed):
    """Has the other type of the response headers for a body of JSON."""

    media_type = "application/x-protobuf"
