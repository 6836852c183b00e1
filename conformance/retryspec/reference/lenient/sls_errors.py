"""SLS servers that refuse the same requests in other words, or a few more that they may refuse."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from retryspec_models.sls.models import Error
from retryspec_models.sls.stubs import Call, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import accepted, lenient

# The common error codes of 2018 and 2021 where they differ from the reference's, and the same by the missing header.
OLD: Mapping[Fault, Fault] = {
    faults.CONTENT_TYPE_INVALID: Fault(415, "InvalidContentType", "Content-Type is unsupported."),
    faults.DATE_INVALID: Fault(400, "InvalidDateFormat", "Date must follow RFC822."),
    faults.DATE_TOO_FAR: Fault(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes."),
    faults.HEADER_INVALID: Fault(401, "Unauthorized", "The AccessKeyId is unauthorized."),
    faults.QUERY_MISSING: replace(faults.QUERY_MISSING, code="ParameterInvalid"),
    faults.BODY_INVALID: replace(faults.BODY_INVALID, code="ParameterInvalid"),
    faults.KEY_UNKNOWN: Fault(401, "InvalidAccessKeyId", "The access key id you provided is invalid."),
}
OLD_MISSING: Mapping[str, str] = {
    "authorization": "MissAccessKeyId",
    "x-log-date": "MissingDate",
    "x-log-apiversion": "MissingAPIVersion",
    "x-log-signaturemethod": "MissingSignatureMethod",
}

# The common error codes of 2026 where they differ from the reference's.
NEW: Mapping[Fault, Fault] = {
    faults.VERSION_INVALID: Fault(400, "ParameterInvalid", "Http extend x-log-apiversion : {value} pair is invalid."),
    faults.SIGNATURE_METHOD_INVALID: Fault(400, "ParameterInvalid", "x-log-signaturemethod: {value} pair is invalid."),
    faults.PATH_UNKNOWN: Fault(405, "InvalidMethod", "Invalid request method : {path}"),
}


@lenient("sls A-20", says="A date too far from now has the code of the older list.")
class SkewCodeOld(Server):
    """Says RequestTimeTooSkewed."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal, the one for a date in the words of 2021."""
        if fault is faults.DATE_TOO_FAR:
            fault = Fault(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")
        return super().refuse(fault, **values)


@lenient("sls R-18", says="Common errors have the codes and statuses of the older list.")
class CodesOfOldList(Server):
    """Follows the lists of 2018 and 2021 throughout."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal of the older generation."""
        if fault is faults.HEADER_MISSING:
            code = OLD_MISSING.get(str(values["name"]), "ParameterInvalid")
            return super().refuse(replace(fault, code=code), **values)
        if fault is faults.CONTENT_TYPE_INVALID and not values["value"]:
            return super().refuse(Fault(400, "MissingContentType", "Content-Type does not exist."))
        return super().refuse(OLD.get(fault, fault), **values)


@lenient("sls R-18", says="Common errors have the codes of the newer list.")
class CodesOfNewList(Server):
    """Follows the list of 2026 throughout."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal of the newer generation."""
        return super().refuse(NEW.get(fault, fault), **values)


@lenient("sls R-18", says="Where no row of the operations' tables applies, codes are the server's own.")
class CodesOfItsOwn(Server):
    """Invents codes for what only a MAY speaks of (SLS-COMMON-18); their statuses stay."""

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return a refusal with a code that is on no list."""
        free = (faults.BODY_INVALID, faults.CONTENT_TYPE_INVALID, faults.HEADER_INVALID, faults.METHOD_INVALID)
        return super().refuse(replace(fault, code="RequestRejected") if fault in free else fault, **values)


@lenient("sls A-10", says="Messages are in Chinese.")
class WordsInChinese(Server):
    """Says the same in another language, with the names in it."""

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return an error with a message in Chinese around the names."""
        names = [word for word in text.split() if word not in fault.text.split()]
        return super().error_body(fault, f"请求被拒绝：{'、'.join(names) or '无'}")


@lenient("sls A-10", says="Messages are those of 2021, with capitals and full stops.")
class WordsOfLaterPages(Server):
    """Says what later versions of the pages say."""

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return an error in other spelling."""
        return super().error_body(fault, f"{text[:1].upper()}{text[1:].rstrip('.')}.")


@lenient("sls A-09", says="Messages are long and have line breaks and markup.")
class WordsLong(Server):
    """Says all it knows, and then some."""

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return an error with a story."""
        return super().error_body(fault, f"<p>{text}</p>\r\n" + "See the manual.\n" * 500)


@lenient("sls A-09", says="Messages are only the code.")
class WordsWithoutNames(Server):
    """Does not name what does not exist; that it does is a should."""

    def error_body(self, fault: Fault, text: str) -> Error:
        """Return an error without words."""
        return super().error_body(fault, fault.code)


@lenient("sls A-21", says="Other methods get 404.")
class MethodsNotFound(Server):
    """Knows paths by method."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return that there is no such thing."""
        return self.refuse(Fault(404, "NotFound", "There is nothing that can be asked for by this method."))


@lenient("sls A-21", says="Other methods get 400.")
class MethodsBad(Server):
    """Takes the method for a parameter."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return that this is no good request."""
        return self.refuse(Fault(400, "ParameterInvalid", "The method is unsupported."))


@lenient("sls A-21", says="HEAD is answered like GET, and OPTIONS with the methods there are.")
class MethodsOfAnyServer(Server):
    """Has the two methods that HTTP gives to every resource; that others get 405 is a should."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Return an answer to HEAD and OPTIONS, and the refusal of what is left."""
        if call.method == "OPTIONS":
            return accepted()
        if call.method != "HEAD":
            return super().method_not_allowed(call, allow)
        self.admit(call)
        self.shipper_of(call)
        return accepted()


@lenient("sls A-44", says="A retry that names a task which does not exist is refused.")
class UnknownIdsRefused(Server):
    """Runs nothing unless it knows all that is named."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start tasks again if each of them exists."""
        known = {task.id for task in self.store.tasks(shipper, 0, 2**62)}
        if not known.issuperset(ids):
            raise self.unknown_ids()
        super().start_again(shipper, ids)

    def unknown_ids(self) -> Refusal:
        """Return the refusal of ids that do not exist."""
        return self.refuse(faults.PARAMETER_INVALID, name="task id", detail="There is no such task.")


@lenient("sls A-44", says="A retry that names a task which does not exist gets 404, with a code of the server's own.")
class UnknownIdsNotFound(UnknownIdsRefused):
    """Has a code that no list has; beside a 404 it is free."""

    def unknown_ids(self) -> Refusal:
        """Return that there is no such task."""
        return self.refuse(Fault(404, "TaskNotExist", "There is no such task."))
