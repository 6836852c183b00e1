"""SLS servers whose answer to a retry is wrong: the limit of ten, repeated ids, the status, the body, the 500."""

import json
from collections import Counter
from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.faults import Fault
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import accepted, faulty
from retryspec.reference.wire import json_of, with_body, with_json, with_status

# The request


@faulty("SLS-RETRY-01", says="A PUT is answered 405.")
class PutNotAllowed(Server):
    """Does not have the operation."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse the method."""
        raise self.refuse(faults.METHOD_INVALID, value="PUT")


@faulty("SLS-RETRY-01", says="A retry of a single task is refused.")
class SingleIdRefused(Server):
    """Wants a batch."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse one id."""
        super().check_number(ids)
        if len(ids) == 1:
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="One task is too few.")


@faulty("SLS-RETRY-01", says="A retry of a task whose id has other characters than hexadecimal digits is refused.")
class IdsHexadecimal(Server):
    """Has an idea of what an id looks like."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse an id that does not look like one."""
        super().check_number(ids)
        if not all(set(id_.lower()) <= set("0123456789abcdef-") for id_ in ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id is 32 hexadecimal digits.")


@faulty("SLS-RETRY-03", says="Content-Type application/json is refused with 415.")
class JsonTypeRefused(Server):
    """Wants to be told the encoding."""

    def check_content_type(self, call: Call) -> None:
        """Refuse a type without a charset."""
        super().check_content_type(call)
        if call.body and "charset" not in (call.header("content-type") or ""):
            raise self.refuse(Fault(415, "InvalidContentType", "Content-Type {value} is unsupported."), value="")


@faulty("SLS-RETRY-03", "SLS-COMMON-17", says="A PUT of another Content-Type ends in an internal error.")
class OtherTypeFails(Server):
    """Has a reader for JSON and none for anything else."""

    def check_content_type(self, call: Call) -> None:
        """Fail on another type."""
        try:
            super().check_content_type(call)
        except Refusal:
            raise self.refuse(faults.INTERNAL) from None


@faulty("SLS-RETRY-03", "SLS-COMMON-17", says="A PUT without Content-Type ends in an internal error.")
class MissingTypeFails(Server):
    """Does not expect a body without a type."""

    def check_content_type(self, call: Call) -> None:
        """Fail without a type."""
        if call.body and call.header("content-type") is None:
            raise self.refuse(faults.INTERNAL)
        super().check_content_type(call)


@faulty("SLS-RETRY-14", says="A PUT with a query parameter is refused.")
class QueryOfRetryRefused(Server):
    """Knows all parameters of the operation: none."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Refuse a query."""
        if call.raw_query:
            raise self.refuse(faults.PARAMETER_INVALID, name="query", detail="There are no parameters.")
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


@faulty("SLS-RETRY-14", "SLS-COMMON-17", says="A PUT with a query parameter ends in an internal error.")
class QueryOfRetryFails(Server):
    """Hands the query to a method that takes none."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Fail on a query."""
        if call.raw_query:
            raise self.refuse(faults.INTERNAL)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


@faulty("SLS-RETRY-14", says="A PUT with a query parameter is answered 200 and does nothing.")
class QueryOfRetryIsDryRun(Server):
    """Takes every parameter for one that asks for a rehearsal."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Do nothing where there is a query."""
        if not call.raw_query:
            super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


# The limit of ten


class Limited(Server):
    """Has another rule for how many ids are too many."""

    def too_many(self, number: int) -> bool:
        """Tell whether so many ids are too many."""
        return number > 10

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse too many ids."""
        if self.too_many(len(ids)):
            raise self.refuse(faults.TOO_MANY_TASKS)

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Let more than ten ids through to the rule, which the stubs refuse."""
        if problem.reason is not Reason.TOO_LONG:
            return super().invalid_body(call, problem)
        self.retry(self.shipper_of(call), named(call))
        return accepted()


def named(call: Call) -> list[str]:
    """Return the ids of a body that is right but for their number."""
    found: list[str] = json.loads(call.body)
    return found


@faulty("SLS-RETRY-05", says="Any number of tasks may be named.")
class NumberUnlimited(Limited):
    """Runs whatever is named."""

    def too_many(self, number: int) -> bool:
        """Take every number."""
        return False


@faulty("SLS-RETRY-05", says="Eleven tasks may be named, twelve may not.")
class ElevenAllowed(Limited):
    """Counts from 0."""

    def too_many(self, number: int) -> bool:
        """Take eleven."""
        return number > 11


@faulty("SLS-RETRY-05", says="Eleven tasks are refused, a hundred are accepted.")
class HundredAllowed(Limited):
    """Compares with eleven instead of ten, and for the wrong thing."""

    def too_many(self, number: int) -> bool:
        """Refuse eleven to 99."""
        return 10 < number < 100


@faulty("SLS-RETRY-05", says="Of more than ten tasks the first ten run, and the answer is 200.")
class FirstTenRun(Limited):
    """Gives what it can."""

    def too_many(self, number: int) -> bool:
        """Take every number."""
        return False

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start the first ten."""
        super().start_again(shipper, ids[:10])


@faulty("SLS-RETRY-05", says="Only failed tasks count towards the ten.")
class FailedCounted(Limited):
    """Looks at what it would have to do."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse too many failed tasks."""
        now = self.now()
        failed = {task.id for task in self.store.tasks(shipper, 0, 2**62) if self.state_of(task, now) == "fail"}
        super().retry(shipper, [id_ for id_ in ids if id_ in failed])


@faulty("SLS-RETRY-05", says="Only ids that exist count towards the ten.")
class KnownCounted(Limited):
    """Passes over unknown ids before it counts."""

    def retry(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Refuse too many known tasks."""
        known = {task.id for task in self.store.tasks(shipper, 0, 2**62)}
        super().retry(shipper, [id_ for id_ in ids if id_ in known])


class OtherLimitAnswer(Server):
    """Refuses eleven tasks in another way."""

    instead: Fault = faults.TOO_MANY_TASKS

    def refuse(self, fault: Fault, **values: object) -> Refusal:
        """Return the refusal, another one where there are too many tasks."""
        return super().refuse(self.instead if fault is faults.TOO_MANY_TASKS else fault, **values)


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 400 PostBodyInvalid.")
class ElevenBodyInvalid(OtherLimitAnswer):
    """Leaves the limit to a schema."""

    instead = faults.BODY_INVALID


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 413.")
class ElevenTooLarge(OtherLimitAnswer):
    """Takes the number for a size."""

    instead = Fault(413, "ParameterInvalid", "Each time allows 10 task retries only")


@faulty("SLS-RETRY-05", says="Eleven tasks are answered 400 with a code in another spelling.")
class ElevenInvalidParameter(OtherLimitAnswer):
    """Says InvalidParameter."""

    instead = Fault(400, "InvalidParameter", "Each time allows 10 task retries only")


@faulty("SLS-RETRY-05", "SLS-COMMON-17", says="Eleven tasks end in an internal error.")
class ElevenFails(OtherLimitAnswer):
    """Writes past the end."""

    instead = faults.INTERNAL


@faulty("SLS-RETRY-06", says="Ten tasks are refused.")
class TenRefused(Server):
    """Takes fewer than ten."""

    def check_number(self, ids: Sequence[str]) -> None:
        """Refuse ten."""
        if len(ids) >= 10:
            raise self.refuse(faults.TOO_MANY_TASKS)


@faulty("SLS-RETRY-06", says="Of ten tasks nine run.")
class TenthLeftOut(Server):
    """Stops one too early."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start nine."""
        super().start_again(shipper, ids[:9])


@faulty("SLS-RETRY-06", says="Of ten tasks five run.")
class FiveAtATime(Server):
    """Works in batches and does one."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start five."""
        super().start_again(shipper, ids[:5])


@faulty("SLS-RETRY-06", says="A body of more than 256 bytes is refused as too large.")
class BodyBounded(Server):
    """Takes ids for short."""

    def retry_shipper_task(self, call: Call, **given: object) -> None:
        """Refuse a long body."""
        if len(call.body) > 256:
            raise self.refuse(faults.TOO_LARGE, limit=256)
        super().retry_shipper_task(call, **given)  # type: ignore[arg-type]


# Repeated ids


class Repeating(Server):
    """Has a way of its own with ids that stand more than once."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Return the ids to start."""
        return ids

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Start what is left."""
        super().start_again(shipper, self.repeated(shipper, ids, Counter(ids)))


@faulty("SLS-RETRY-10", says="A repeated id is refused.")
class RepeatedRefused(Repeating):
    """Wants a set."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what is no set."""
        if len(counts) < len(ids):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands twice.")
        return ids


@faulty("SLS-RETRY-10", says="A repeated id is refused where it stands apart from the first.")
class RepeatedApartRefused(Repeating):
    """Drops what equals its neighbour, and takes that for all."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what still stands twice."""
        kept = [id_ for place, id_ in enumerate(ids) if place == 0 or ids[place - 1] != id_]
        if len(counts) < len(kept):
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands twice.")
        return kept


@faulty("SLS-RETRY-10", says="An id that stands three times is refused, twice is fine.")
class ThriceRefused(Repeating):
    """Was tried with the vendor's example."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what stands three times."""
        if max(counts.values(), default=0) > 2:
            raise self.refuse(faults.PARAMETER_INVALID, name="body", detail="An id stands three times.")
        return ids


@faulty("SLS-RETRY-10", "SLS-COMMON-17", says="A repeated id ends in an internal error.")
class RepeatedFails(Repeating):
    """Stores every entry under its id."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Fail on a key that is there."""
        if len(counts) < len(ids):
            raise self.refuse(faults.INTERNAL)
        return ids


@faulty("SLS-RETRY-10", "SLS-RETRY-04", says="A task whose id stands twice does not run.")
class RepeatedCancelled(Repeating):
    """Starts it and stops it."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Leave out what stands an even number of times."""
        return [id_ for id_ in ids if counts[id_] % 2]


@faulty("SLS-RETRY-10", "SLS-RETRY-04", says="Behind a repeated id nothing runs.")
class RepeatedEndsList(Repeating):
    """Stops at an id that it has done."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Return the ids up to the first that was there before."""
        for place, id_ in enumerate(ids):
            if id_ in ids[:place]:
                return ids[:place]
        return ids


@faulty("SLS-RETRY-10", says="Ten entries are refused where they are fewer ids.")
class RepeatedCountTwice(Repeating):
    """Counts each repetition once more."""

    def repeated(self, shipper: Shipper, ids: Sequence[str], counts: Counter[str]) -> Sequence[str]:
        """Refuse what is more than ten by that count."""
        if 2 * len(ids) - len(counts) > 10:
            raise self.refuse(faults.TOO_MANY_TASKS)
        return ids


@faulty("SLS-RETRY-10", says="A task whose id stands twice runs a second time as soon as it has ended.")
class RepeatedRunsTwice(Repeating):
    """Queues every entry."""

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Add to the run of a task one more for each repetition."""
        super().start_again(shipper, ids)
        with self.store.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET ends = ends + ?2 * max(rerun_seconds, 1) "
                "WHERE shipper = ?3 AND id = ?1 AND runs > 0",
                [(id_, count - 1, shipper.number) for id_, count in Counter(ids).items() if count > 1],
            )


# The status and the body of a success


class Answering(Server):
    """Answers a retry that was done in a way of its own."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Return the answer to a retry that was done."""
        return response

    def finish(self, call: Call, response: Response) -> Response:
        """Change the answer to a retry that was done."""
        response = super().finish(call, response)
        if call.operation_id != "retryShipperTask" or response.status_code != 200:
            return response
        return self.answered(call, named(call), response)


@faulty("SLS-RETRY-07", says="A retry of more than one task is answered 202.")
class SeveralAccepted(Answering):
    """Does the rest later."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 202 where there is a rest."""
        return with_status(response, 202) if len(ids) > 1 else response


@faulty("SLS-RETRY-07", says="A retry is answered 201.")
class RunCreated(Answering):
    """Makes a run and says so."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 201."""
        return with_status(response, 201)


@faulty("SLS-RETRY-07", says="A retry is answered 204.")
class NoContent(Answering):
    """Has nothing to say."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 204."""
        response = with_status(response, 204)
        del response.headers["content-length"]
        return response


@faulty("SLS-RETRY-07", says="A retry of ten tasks is answered 204.")
class NoContentForTen(NoContent):
    """Has nothing to say about a full batch."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 204 to ten ids."""
        return super().answered(call, ids, response) if len(ids) == 10 else response


@faulty("SLS-RETRY-07", says="A retry with a repeated id is answered 207.")
class RepeatedMultiStatus(Answering):
    """Has two answers for one task."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say 207 where an id stands twice."""
        return with_status(response, 207) if len(set(ids)) < len(ids) else response


@faulty("SLS-RETRY-08", says="The answer to a retry says OK.")
class RetryOk(Answering):
    """Is polite."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say so."""
        return with_body(response, b"OK", media_type="text/plain")


@faulty("SLS-RETRY-08", says="The answer to a retry is an object with the number of tasks.")
class RetryCounted(Answering):
    """Tells how many."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say how many."""
        return with_json(response, {"count": len(ids)})


@faulty("SLS-RETRY-08", says="The answer to a retry of ten tasks names them.")
class TenNamed(Answering):
    """Repeats what it was asked for."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Name ten tasks."""
        return with_json(response, ids) if len(ids) == 10 else response


@faulty("SLS-RETRY-08", says="The answer to a retry with a repeated id says which.")
class RepeatedNamed(Answering):
    """Warns."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Name what stands twice."""
        twice = [id_ for id_, count in Counter(ids).items() if count > 1]
        return with_json(response, {"repeated": twice}) if twice else response


@faulty("SLS-RETRY-08", says="The answer to a retry is an empty object.")
class RetryEmptyObject(Answering):
    """Answers everything in JSON."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say nothing in JSON."""
        return with_json(response, {})


@faulty("SLS-RETRY-08", says="The answer to a retry is null.")
class RetryNull(Answering):
    """Writes down that it has nothing to return."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say null."""
        return with_json(response, None)


@faulty("SLS-RETRY-08", says="The answer to a retry is an empty line.")
class RetryNewline(Answering):
    """Prints."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say nothing, and a line's end."""
        return with_body(response, b"\n", media_type="text/plain")


@faulty("SLS-RETRY-08", says="The answer to a retry is the error body without an error.")
class RetryErrorlessError(Answering):
    """Has one model for all answers of a PUT."""

    def answered(self, call: Call, ids: list[str], response: Response) -> Response:
        """Say that nothing is wrong."""
        return with_json(response, {"errorCode": "", "errorMessage": ""})


# The 500


class Failing(Server):
    """Answers an internal error of a retry in a way of its own."""

    def broken(self, response: Response) -> Response:
        """Return the answer to a retry that failed."""
        return response

    def finish(self, call: Call, response: Response) -> Response:
        """Change the answer to a retry that failed."""
        response = super().finish(call, response)
        wrong = call.operation_id == "retryShipperTask" and response.status_code == 500
        return self.broken(response) if wrong else response


@faulty("SLS-RETRY-13", says="A 500 of a retry has the errorCode InternalError.")
class RetryFailsInternalError(Failing):
    """Spells the code differently."""

    def broken(self, response: Response) -> Response:
        """Say InternalError."""
        return with_json(response, json_of(response) | {"errorCode": "InternalError"})


@faulty("SLS-RETRY-13", "SLS-COMMON-19", says="A 500 of a retry has no body.")
class RetryFailsSilently(Failing):
    """Breaks down whole."""

    def broken(self, response: Response) -> Response:
        """Say nothing."""
        return with_body(response, b"", media_type=None)


@faulty("SLS-RETRY-13", "SLS-COMMON-19", says="A 500 of a retry is a page for people.")
class RetryFailsInHtml(Failing):
    """Lets a proxy speak."""

    def broken(self, response: Response) -> Response:
        """Say it in HTML."""
        return with_body(response, b"<h1>Internal Server Error</h1>", media_type="text/html")


@faulty("SLS-RETRY-13", "SLS-COMMON-19", says="A 500 of a retry has a message that is null.")
class RetryFailsWithoutWords(Failing):
    """Has no text for an unknown error."""

    def broken(self, response: Response) -> Response:
        """Say null."""
        return with_json(response, json_of(response) | {"errorMessage": None})


@faulty("SLS-RETRY-13", says="An internal error of a retry is answered 400.")
class RetryFailureBlamed(Failing):
    """Says that the client is at fault."""

    def broken(self, response: Response) -> Response:
        """Say 400."""
        return with_status(response, 400)


@faulty("SLS-RETRY-13", says="An internal error of a retry is answered 200.")
class RetryFailureHidden(Failing):
    """Says that nothing is wrong."""

    def broken(self, response: Response) -> Response:
        """Say 200."""
        return with_body(with_status(response, 200), b"", media_type=None)


@faulty("SLS-COMMON-17", says="From the twentieth retry on every one ends in an internal error.")
class TwentyRetries(Server):
    """Runs out of something."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.retries = 0

    def start_again(self, shipper: Shipper, ids: Sequence[str]) -> None:
        """Fail when it has been called too often."""
        self.retries += 1
        if self.retries >= 20:
            raise self.refuse(faults.INTERNAL)
        super().start_again(shipper, ids)
