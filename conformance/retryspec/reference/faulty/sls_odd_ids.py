"""SLS servers that do not read every array of ids: unusual spellings of the array, and unusual ids."""

import json
import re
from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.variations import faulty

QUOTED = re.compile(r'"([^"\\]+)"')


class Reading(Server):
    """Does not take every array of ids."""

    def taken(self, body: str) -> list[str] | None:
        """Return the ids of a body, or None where it refuses it."""
        ids: list[str] = json.loads(body)
        return ids

    def retry_shipper_task(self, call: Call, **given: Any) -> None:
        """Retry what it has read."""
        shipper = self.shipper_of(call)
        ids = self.taken(call.body.decode(errors="surrogateescape"))
        if ids is None:
            raise self.refuse(faults.BODY_INVALID)
        self.retry(shipper, ids)


@faulty("SLS-RETRY-02", says="White space around the array is refused.")
class WhiteSpaceRefused(Reading):
    """Looks at the first character."""

    def taken(self, body: str) -> list[str] | None:
        """Refuse what does not begin with a bracket and end with one."""
        return super().taken(body) if body[0] == "[" and body[-1] == "]" else None


@faulty("SLS-RETRY-02", says="An array over several lines is refused.")
class LinesRefused(Reading):
    """Reads one line."""

    def taken(self, body: str) -> list[str] | None:
        """Refuse a second line."""
        return None if "\n" in body else super().taken(body)


@faulty("SLS-RETRY-02", "SLS-RETRY-04", says="An id in escapes is not the id it stands for.")
class EscapesKept(Reading):
    """Takes what stands in quotation marks as it stands."""

    def taken(self, body: str) -> list[str] | None:
        """Return what stands between quotation marks."""
        return re.findall(r'"((?:[^"\\]|\\.)*)"', body)


@faulty("SLS-RETRY-02", "SLS-RETRY-04", says="An array without a blank behind its commas is one id.")
class CompactMisread(Reading):
    """Splits at comma and blank, as the seed's example has it."""

    def taken(self, body: str) -> list[str] | None:
        """Split the array."""
        return [item.strip(' "\n\t') for item in body.strip(" []\n\t").split(", ")]


class OddIdFails(Server):
    """Ends in an internal error on certain ids."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether an id is too much for this server."""
        return False

    def retry_shipper_task(self, call: Call, **given: Any) -> None:
        """Fail on an odd id."""
        if any(map(self.is_odd, given["body"].root)):
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)


@faulty("SLS-COMMON-17", "SLS-RETRY-02", says="An empty id ends in an internal error.")
class EmptyIdFails(OddIdFails):
    """Looks at the first character of each."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether there is none."""
        return not id_


@faulty("SLS-COMMON-17", says="An id of more than 255 characters ends in an internal error.")
class LongIdFails(OddIdFails):
    """Has a column of a certain width."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether it is too long."""
        return len(id_) > 255


@faulty("SLS-COMMON-17", says="An id beyond ASCII ends in an internal error.")
class ForeignIdFails(OddIdFails):
    """Writes ids to a log in ASCII."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether it is beyond ASCII."""
        return not id_.isascii()


@faulty("SLS-COMMON-17", says="An id beyond the basic plane of Unicode ends in an internal error.")
class AstralIdFails(OddIdFails):
    """Keeps its texts in three bytes a character."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether four bytes are needed."""
        return any(character > "\uffff" for character in id_)


@faulty("SLS-COMMON-17", says="An id with a NUL in it ends in an internal error.")
class NulIdFails(OddIdFails):
    """Hands its texts to a database that has no NUL."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether a NUL is in it."""
        return "\0" in id_


@faulty("SLS-COMMON-17", says="An id with an apostrophe ends in an internal error.")
class QuotedIdFails(OddIdFails):
    """Builds its statements by hand."""

    def is_odd(self, id_: str) -> bool:
        """Tell whether it ends the literal."""
        return "'" in id_


@faulty("SLS-COMMON-17", says="An id with half a surrogate pair ends in an internal error.")
class SurrogateIdFails(Server):
    """Encodes what cannot be encoded."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Fail on the escape of a surrogate, where the stubs refuse it."""
        return self.refuse(faults.INTERNAL) if b"\\ud" in call.body.lower() else super().invalid_body(call, problem)

    def retry_shipper_task(self, call: Call, **given: Any) -> None:
        """Fail on the escape of a surrogate, where the stubs let it through."""
        if any("\ud800" <= character <= "\udfff" for id_ in given["body"].root for character in id_):
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)
