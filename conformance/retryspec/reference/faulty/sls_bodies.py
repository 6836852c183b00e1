"""SLS servers that take a body for a list of ids which is none."""

import ast
import json
import re
from typing import Any

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server
from retryspec.reference.variations import accepted, faulty

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


@faulty("SLS-RETRY-02", says="A string that holds an array of ids is accepted.")
class ArrayInString(Laxer):
    """Decodes twice what a gateway encodes twice."""

    def found(self, call: Call) -> list[str] | None:
        """Return the array that a string holds."""
        body = read(call.body)
        array = read(body.encode(errors="replace")) if isinstance(body, str) else None
        return array if isinstance(array, list) and all(isinstance(id_, str) for id_ in array) else None


@faulty("SLS-RETRY-02", says="Arrays on lines of their own are accepted.")
class ArrayOnEachLine(Laxer):
    """Reads JSON by lines."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids of all lines."""
        arrays = [read(line) for line in call.body.splitlines()]
        ids = [id_ for array in arrays if isinstance(array, list) for id_ in array]
        whole = len(arrays) > 1 and all(isinstance(array, list) for array in arrays)
        return ids if whole and all(isinstance(id_, str) for id_ in ids) else None


@faulty(
    "SLS-RETRY-02",
    says="Ids with commas or white space between them are accepted without brackets and quotation marks.",
)
class PlainIds(Laxer):
    """Splits what it takes for words."""

    def found(self, call: Call) -> list[str] | None:
        """Return the words of a text without quotation marks."""
        text = call.body.decode(errors="replace").strip()
        is_plain = re.fullmatch(r"[\w.-]+([\s,]+[\w.-]+)*", text) is not None
        return re.split(r"[\s,]+", text) if is_plain and read(call.body) is None and text != "null" else None


@faulty("SLS-RETRY-02", says="A line break within a string is accepted.")
class LineBreakInString(Laxer):
    """Reads JSON without looking at control characters."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids, with whatever is in them."""
        try:
            body = json.loads(call.body, strict=False)
        except (ValueError, RecursionError):
            return None
        is_ids = isinstance(body, list) and all(isinstance(id_, str) for id_ in body)
        return body if is_ids and read(call.body) is None else None


# Items that are no strings


@faulty("SLS-RETRY-04", "SLS-RETRY-02", says="A number in the array runs the task at that place of the list.")
class NumbersArePlaces(Laxer):
    """Takes a number for an index."""

    def found(self, call: Call) -> list[str] | None:
        """Return the ids at the places of an array of numbers."""
        body = read(call.body)
        if not isinstance(body, list) or not body or not all(type(item) is int for item in body):
            return None
        failed = self.failed_ids(call)
        return [failed[place % len(failed)] for place in body] if failed else []


@faulty("SLS-RETRY-04", "SLS-RETRY-02", says="A null in the array runs all failed tasks.")
class NullItemMeansAll(Laxer):
    """Has no condition where there is no id."""

    def found(self, call: Call) -> list[str] | None:
        """Return all ids where null is among them."""
        body = read(call.body)
        return self.failed_ids(call)[:10] if isinstance(body, list) and None in body else None


@faulty("SLS-RETRY-04", "SLS-RETRY-02", says="A PUT without a body runs all failed tasks.")
class NoBodyMeansAll(Laxer):
    """Takes nothing for no restriction."""

    def found(self, call: Call) -> list[str] | None:
        """Return all ids where there is no body."""
        return None if call.body else self.failed_ids(call)[:10]


@faulty("SLS-RETRY-04", "SLS-RETRY-02", says="An empty array runs all failed tasks.")
class EmptyArrayMeansAll(Laxer):
    """Leaves out the condition where nothing is named."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Run everything where nothing is named."""
        if read(call.body) == []:
            self.start_again(self.shipper_of(call), self.failed_ids(call))
        else:
            super().retry_shipper_task(call, **given)  # type: ignore[arg-type]  # handed on as it came
