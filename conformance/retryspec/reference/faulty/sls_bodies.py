"""SLS servers that read the body of a retry wrongly: what is no array of ids, and arrays in an unusual spelling."""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.variations import accepted, faulty
from retryspec.reference.wire import with_body

QUOTED = re.compile(r'"([^"\\]+)"')


def read(body: bytes) -> Any:
    """Return what a body says, or None where it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


class Laxer(Server):
    """Finds ids in bodies that are no arrays of ids."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids to run, or None where the body is refused like any other."""
        return None

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Answer 200 where the body says something after all."""
        ids = None if problem.reason is Reason.TOO_LONG else self.found(call)
        if ids is None:
            return super().invalid_body(call, problem)
        self.retry(self.shipper_of(call), ids)
        return accepted()

    def failed_ids(self, call: Call) -> list[str]:
        """Return the ids of all failed tasks, newest first."""
        now = self.now()
        tasks = self.store.tasks(self.shipper_of(call), 0, 2**62)
        return [task.id for task in tasks if self.state_of(task, now) == "fail"]


@faulty("SLS-RETRY-02", says="An object that holds an array of ids is accepted.")
class ObjectWithIds(Laxer):
    """Expects an envelope, or none."""

    def found(self, call: Call) -> list[str] | None:
        """Return the array of an object."""
        body = read(call.body)
        lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
        return [id_ for id_ in lists[0] if isinstance(id_, str)] if lists else None


@faulty("SLS-RETRY-02", says="Every object is accepted, and does nothing.")
class ObjectIgnored(Laxer):
    """Looks for ids in vain, and says that all is well."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for an object."""
        return [] if isinstance(read(call.body), dict) else None


@faulty("SLS-RETRY-02", says="An object without members is accepted.")
class EmptyObjectIgnored(Laxer):
    """Takes an empty object for an empty array, as PHP does."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for an empty object."""
        return [] if read(call.body) == {} else None


@faulty("SLS-RETRY-02", says="A JSON string is accepted as the one id.")
class StringAsId(Laxer):
    """Makes a list of what is none."""

    def found(self, call: Call) -> list[str] | None:
        """Return the string as the only id."""
        body = read(call.body)
        return [body] if isinstance(body, str) else None


@faulty("SLS-RETRY-02", says="null is accepted, and does nothing.")
class NullIgnored(Laxer):
    """Has nothing to do."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for null."""
        return [] if call.body.strip() == b"null" else None


@faulty("SLS-RETRY-02", says="null is accepted and runs all failed tasks.")
class NullMeansAll(Laxer):
    """Has no filter."""

    def found(self, call: Call) -> list[str] | None:
        """Return all ids for null."""
        return self.failed_ids(call)[:10] if call.body.strip() == b"null" else None


@faulty("SLS-RETRY-02", says="A number is accepted, and does nothing.")
class NumberIgnored(Laxer):
    """Looks for an id that it does not find."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for a number."""
        return [] if isinstance(read(call.body), int | float) else None


@faulty("SLS-RETRY-02", says="false and true are accepted, and do nothing.")
class BooleanIgnored(Laxer):
    """Has a list that is no list."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for a truth value."""
        return [] if isinstance(read(call.body), bool) else None


@faulty("SLS-RETRY-02", says="Malformed JSON is accepted, and does nothing.")
class MalformedIgnored(Laxer):
    """Reads nothing from what it cannot read."""

    def found(self, call: Call) -> list[str] | None:
        """Return no ids for what is no JSON."""
        return [] if call.body and read(call.body) is None and call.body.strip() != b"null" else None


@faulty("SLS-RETRY-02", says="An array that is cut off is accepted as far as it goes.")
class ArrayCutOff(Laxer):
    """Reads item by item."""

    def found(self, call: Call) -> list[str] | None:
        """Return what stands in quotation marks."""
        text = call.body.decode(errors="replace").strip()
        return QUOTED.findall(text) if text.startswith("[") and not text.endswith("]") else None


@faulty("SLS-RETRY-02", says="What follows the array is not looked at.")
class TextBehindArray(Laxer):
    """Stops where the array ends."""

    def found(self, call: Call) -> list[str] | None:
        """Return the array with which the body begins."""
        try:
            array, _ = json.JSONDecoder().raw_decode(call.body.decode(errors="replace"))
        except (ValueError, RecursionError):
            return None
        return array if isinstance(array, list) and all(isinstance(id_, str) for id_ in array) else None


@faulty("SLS-RETRY-02", says="An array with single quotation marks is accepted.")
class SingleQuotes(Laxer):
    """Reads the body as a literal of Python."""

    def found(self, call: Call) -> list[str] | None:
        """Return what the literal says."""
        try:
            array = ast.literal_eval(call.body.decode())
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return None
        is_ids = isinstance(array, list) and all(isinstance(id_, str) for id_ in array)
        return array if is_ids and b"'" in call.body else None


@faulty("SLS-RETRY-02", says="A comma behind the last id is accepted.")
class CommaBehindLast(Laxer):
    """Reads the JSON of configuration files."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids without the last comma."""
        text = re.sub(r",\s*\]\s*$", "]", call.body.decode(errors="replace"))
        array = read(text.encode())
        is_ids = isinstance(array, list) and all(isinstance(id_, str) for id_ in array)
        return array if is_ids and read(call.body) is None else None


@faulty("SLS-RETRY-02", says="Ids with commas between them are accepted without brackets.")
class BareIds(Laxer):
    """Reads a list as people write it."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids of a line."""
        text = call.body.decode(errors="replace").strip()
        return [id_.strip(' "') for id_ in text.split(",")] if re.match(r'["\w]', text) else None


# Items that are no strings


@faulty("SLS-RETRY-02", says="A number in the array runs the task that stands at that place of the list.")
class NumbersArePlaces(Laxer):
    """Takes a number for an index."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids at the places of an array of numbers."""
        body = read(call.body)
        if not isinstance(body, list) or not body or not all(type(item) is int for item in body):
            return None
        failed = self.failed_ids(call)
        return [failed[place % len(failed)] for place in body] if failed else []


@faulty("SLS-RETRY-02", says="A null in the array runs all failed tasks.")
class NullItemMeansAll(Laxer):
    """Has no condition where there is no id."""

    def found(self, call: Call) -> list[str] | None:
        """Return all ids where null is among them."""
        body = read(call.body)
        return self.failed_ids(call)[:10] if isinstance(body, list) and None in body else None


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A number in the array ends in an internal error.")
class NumberItemFails(Server):
    """Calls a method of strings."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Fail on an array with a number in it."""
        body = read(call.body)
        if isinstance(body, list) and any(isinstance(item, int | float) for item in body):
            return self.refuse(faults.INTERNAL)
        return super().invalid_body(call, problem)


# Nothing named


@faulty("SLS-RETRY-02", "SLS-RETRY-04", says="A PUT without a body runs all failed tasks.")
class NoBodyMeansAll(Laxer):
    """Takes nothing for no restriction."""

    def found(self, call: Call) -> list[str] | None:
        """Return all ids where there is no body."""
        return None if call.body else self.failed_ids(call)[:10]


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A PUT without a body ends in an internal error.")
class NoBodyFails(Server):
    """Expects something to read."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Fail where there is no body."""
        return super().invalid_body(call, problem) if call.body else self.refuse(faults.INTERNAL)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="An empty array ends in an internal error.")
class EmptyArrayFails(Server):
    """Looks at the first of none."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Fail where nothing is named."""
        if read(call.body) == []:
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


@faulty("SLS-RETRY-04", "SLS-RETRY-02", says="An empty array runs all failed tasks.")
class EmptyArrayMeansAll(Laxer):
    """Leaves out the condition where nothing is named."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Run everything where nothing is named."""
        if read(call.body) == []:
            self.start_again(self.shipper_of(call), self.failed_ids(call))
        else:
            super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


# The refusal


class OtherBodyAnswer(Server):
    """Refuses a body in another way."""

    instead: Fault = faults.BODY_INVALID
    when: Callable[[bytes], bool] = staticmethod(lambda _: True)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return the other refusal where it applies."""
        if problem.reason is Reason.TOO_LONG or not self.when(call.body):
            return super().invalid_body(call, problem)
        return self.refuse(self.instead)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="Malformed JSON ends in an internal error.")
class MalformedFails(OtherBodyAnswer):
    """Does not catch what its reader raises."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: bool(body) and read(body) is None)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A body that is no UTF-8 ends in an internal error.")
class UndecodableFails(OtherBodyAnswer):
    """Decodes before it reads."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: b"\xef\xbf\xbd" in body.decode(errors="replace").encode())


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="A body of many brackets ends in an internal error.")
class NestingFails(OtherBodyAnswer):
    """Reads by recursion."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: body.count(b"[") > 50)


@faulty("SLS-RETRY-02", "SLS-COMMON-17", says="An object as the body ends in an internal error.")
class ObjectFails(OtherBodyAnswer):
    """Counts what cannot be counted."""

    instead = faults.INTERNAL
    when = staticmethod(lambda body: isinstance(read(body), dict))


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="A body that is no array is answered 422.")
class BodyUnprocessable(OtherBodyAnswer):
    """Leaves it to a framework."""

    instead = Fault(422, "PostBodyInvalid", "The request body is not valid.")


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="A body that is no array is answered 409.")
class BodyConflict(OtherBodyAnswer):
    """Knows many statuses."""

    instead = Fault(409, "PostBodyInvalid", "The request body is not valid.")


@faulty("SLS-RETRY-02", says="A body that is no array is answered 404.")
class BodyNotFound(OtherBodyAnswer):
    """Finds no task of that name."""

    instead = Fault(404, "ParameterInvalid", "There is no such task.")


@faulty("SLS-RETRY-02", says="A body that is no array is answered 400 ShipperNotExist.")
class BodyShipperNotExist(OtherBodyAnswer):
    """Says the wrong thing."""

    instead = Fault(400, "ShipperNotExist", "shipper does not exist")


@faulty("SLS-RETRY-02", "SLS-COMMON-19", says="The answer to malformed JSON has no body.")
class MalformedRefusedSilently(Server):
    """Lets the reader answer."""

    def finish(self, call: Call, response: Any) -> Any:
        """Take the body from the answer to a body."""
        response = super().finish(call, response)
        malformed = call.method == "PUT" and call.body and read(call.body) is None
        return with_body(response, b"", media_type=None) if malformed and response.status_code == 400 else response


# Arrays in an unusual spelling, and unusual ids


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


@faulty("SLS-RETRY-02", "SLS-RETRY-04", says="The ids before one that is empty do not run.")
class EmptyIdStartsOver(Reading):
    """Begins a new list at an empty id."""

    def taken(self, body: str) -> list[str] | None:
        """Return the ids behind the last empty one."""
        ids = super().taken(body) or []
        return ids[len(ids) - ids[::-1].index("") :] if "" in ids else ids


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


@faulty("SLS-COMMON-17", says="An empty id ends in an internal error.")
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
