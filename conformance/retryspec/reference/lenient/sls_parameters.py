"""SLS servers that read query parameters more freely than the reference, or refuse more of them."""

import re
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import urlencode

from retryspec_models.reading import Given, ProblemError, choice, integer
from retryspec_models.sls.models import StatusFilter
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import accepted, lenient

LATEST = 2**63 - 1
PARAMETERS = ("from", "to", "status", "offset", "size")


class Rereading(Server):
    """Reads a query again with another value of the parameter that had a problem."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the answer to the query that is meant, or the refusal where nothing else can be meant."""
        meant = self.meant(problem, dict(reversed(call.query)).get(problem.name, ""))
        if meant is None:
            return super().invalid_parameter(call, problem)
        query = urlencode({**dict(reversed(call.query)), problem.name: meant})
        return self.answer(replace(call, raw_query=query.encode()))

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return what a value is taken for, or None where it is refused."""
        return None

    def answer(self, call: Call) -> Refusal:
        """Return the answer to a GET whose query was mended; it may have a further problem."""
        given = Given(call)
        try:
            from_, to = (given.query(name, integer(minimum=0, maximum=LATEST)) for name in ("from", "to"))
            status = given.query("status", choice(StatusFilter), default=StatusFilter(""))
            offset = given.query("offset", integer(minimum=0), default=0)
            size = given.query("size", integer(minimum=0, maximum=500), default=100)
        except ProblemError as error:
            return self.invalid(call, error.problem)
        names = self.name_of(call)
        return accepted(
            self.get_shipper_status(
                call,
                logstore_name=names.logstore,
                shipper_name=names.shipper,
                from_=from_,
                to=to,
                status=status,
                offset=offset,
                size=size,
            )
        )


@lenient("sls A-24", says="A size above 500 gets the default page.")
class SizeTooLargeIsDefault(Rereading):
    """Gives a hundred tasks where more than 500 are asked for, which is at most 500."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return the default for a size that is too large."""
        too_large = problem.name == "size" and problem.reason is Reason.OUT_OF_RANGE and not value.startswith("-")
        return "100" if too_large else None


@lenient("sls A-25", says="A negative size means as many as possible.")
class SizeNegativeIsMost(Rereading):
    """Takes -1 as the SDKs do in their own arguments, and keeps to 500."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return the maximum for a negative size."""
        return "500" if problem.name == "size" and re.fullmatch("-[0-9]+", value) else None


@lenient("sls A-27", says="A negative offset is taken as 0.")
class OffsetNegativeIsZero(Rereading):
    """Begins at the beginning."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return 0 for a negative offset."""
        return "0" if problem.name == "offset" and re.fullmatch("-[0-9]+", value) else None


@lenient("sls A-16", says="A `to` of more than 64 bits is taken for the end of time.")
class NumbersHuge(Rereading):
    """Counts further than 64 bits; twenty digits are an integer all the same."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return the latest time for one that is later still."""
        return str(LATEST) if problem.name == "to" and re.fullmatch("[0-9]{19,}", value) else None


@lenient("sls A-16", says="A page is chosen by default where offset or size are no numbers.")
class NumbersIgnored(Rereading):
    """Passes over what it cannot read; that this gets 400 is a should."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return the default of a page's parameter."""
        return {"offset": "0", "size": "100"}.get(problem.name) if problem.reason is Reason.MALFORMED else None


@lenient("sls A-23", says="A status may be asked for in any letter case.")
class StatusInAnyCase(Rereading):
    """Takes FAIL for fail."""

    def meant(self, problem: Problem, value: str) -> str | None:
        """Return a status in lower case."""
        known = value != value.lower() and value.lower() in list(StatusFilter)
        return value.lower() if problem.name == "status" and known else None


@lenient("sls A-15", says="A query without from or to is refused as ParameterInvalid.")
class MissingIsInvalid(Server):
    """Has one code for what is wrong with a query."""

    def invalid_parameter(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal, one of an invalid parameter where it is missing."""
        return super().invalid_parameter(call, replace(problem, reason=Reason.MALFORMED))


class Choosy(Server):
    """Looks through the names of the query's parameters, after it has let a request in."""

    def admit(self, call: Call) -> None:
        """Let in as ever, and then refuse names that are not wanted."""
        super().admit(call)
        unwanted = self.unwanted(call, [name for name, _ in call.query])
        if unwanted:
            raise self.refuse(faults.PARAMETER_INVALID, name=min(unwanted), detail="It is not wanted.")

    def unwanted(self, call: Call, names: list[str]) -> Collection[str]:
        """Return the names that are not wanted."""
        return ()


@lenient("sls R-13", says="A PUT with query parameters is refused.")
class QueryWithRetryRefused(Choosy):
    """Is strict about an operation that has none; that it takes no notice of them is a MAY (SLS-RETRY-14)."""

    def unwanted(self, call: Call, names: list[str]) -> Collection[str]:
        """Return every name of a PUT."""
        return names if call.method == "PUT" else ()


@lenient("sls R-13", says="A GET with a parameter that is not documented is refused.")
class QueryUnknownRefused(Choosy):
    """Is strict about names that nobody documents."""

    def unwanted(self, call: Call, names: list[str]) -> Collection[str]:
        """Return the names that a GET does not have."""
        return set(names).difference(PARAMETERS) if call.method == "GET" else ()


@lenient("sls R-13", says="A GET in which a parameter stands twice is refused.")
class QueryRepeatedRefused(Choosy):
    """Does not choose between two values, about which nobody says anything."""

    def unwanted(self, call: Call, names: list[str]) -> Collection[str]:
        """Return the names that stand more than once."""
        return {name for name in names if names.count(name) > 1}
