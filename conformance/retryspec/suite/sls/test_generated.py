"""Requests that are generated from the document, valid ones and others."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from retryspec.checks import Judge, decides, in_background, takes_time
from retryspec.exchange import Exchange
from retryspec.properties.cases import Case
from retryspec.properties.run import Subject, look_at_generated
from retryspec.shape import BadJson, parse_json
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_accepted, expect_refused
from retryspec.suite.sls.model import HOUR, LARGEST_PAGE, STATUSES, Shipper, TaskPlan
from retryspec.suite.sls.shape import GET, PUT, Asked

PLANS = [TaskPlan(status) for status in ("fail", "success", "fail", "running", "fail", "fail")]


@in_background
@takes_time
@decides("SLS-COMMON-17")
def test_generated_requests(sls: Sls) -> None:
    """Whatever the document allows is accepted, and what it does not allow is refused or passed over, never a fault."""
    shipper = sls.some_shipper(PLANS)
    now = sls.now()
    known = {
        "path.logstoreName": [shipper.logstore],
        "path.shipperName": [shipper.name],
        "query.from": [str(now - 23 * HOUR), str(now - HOUR)],
        "query.to": [str(now - 60)],
        "body": shipper.ids() or ["absent-task"],
    }

    def look(judge: Judge, case: Case) -> Exchange:
        return look_at(sls.judged_by(judge), shipper, case, now)

    look_at_generated(sls.judge, sls.session, Subject(operations_of(sls), known, look))
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


def operations_of(sls: Sls) -> list[str]:
    """The operations to call."""
    return [operation for operation in (GET, PUT) if sls.claims(operation) and (operation == GET or sls.may_retry())]


def look_at(sls: Sls, shipper: Shipper, case: Case, now: int) -> Exchange:
    """Send a case and hold the answer against what the contract says of such a request."""
    request = sls.generated_request(case.method, shipper.project, case.target, case.body)
    answer = sls.send(request, Asked(status="in words of its own"))
    sls.judge.expect(
        "SLS-COMMON-17", answer.accepted or answer.refused, answer.exchange, expected="acceptance or a refusal"
    )
    path, _, query = case.target.partition("?")
    if unquote(path) != unquote(shipper.path):
        behaviour = "SLS-COMMON-16" if unquote(path).startswith(f"/logstores/{shipper.logstore}/") else "SLS-COMMON-15"
        sls.judge.expect(behaviour, not answer.accepted, answer.exchange, expected="no success for another name")
        return answer.exchange
    if case.operation == PUT:
        if is_no_array(case.body):
            expected = "a refusal, since the body is no array"
            sls.judge.expect("SLS-RETRY-02", answer.refused, answer.exchange, expected=expected)
        return answer.exchange
    asked = parse_qsl(query, keep_blank_values=True)
    for behaviour, name in (("SLS-GET-02", "from"), ("SLS-GET-03", "to")):
        if name not in dict(asked):
            expect_refused(sls, behaviour, answer, f"there is no {name}")
            return answer.exchange
    if is_valid(asked, now):
        expect_accepted(sls, "SLS-GET-01", answer, "every parameter is one that the document allows")
    elif is_valid([pair for pair in asked if pair[0] != "status"], now) and is_no_status(asked):
        expect_refused(sls, "SLS-GET-10", answer, "this is no status", codes=("ParameterInvalid",))
    return answer.exchange


def is_no_array(body: bytes | None) -> bool:
    """Whether a body is anything but a JSON array; what no body at all means is open (sls A-17)."""
    if not body:
        return False
    try:
        value: Any = parse_json(body)
    except BadJson:
        return True
    return not isinstance(value, list)


def is_valid(query: list[tuple[str, str]], now: int) -> bool:
    """Whether everybody has to accept these parameters: each once, of its type, and a window of the last day."""
    given = dict(query)
    if len(given) < len(query) or not given.keys() <= {"from", "to", "status", "offset", "size"}:
        return False
    numbers = [given[name] for name in ("from", "to", "offset", "size") if name in given]
    if not all(re.fullmatch("0|[1-9][0-9]{0,9}", number) for number in numbers):
        return False
    return (
        now - 24 * HOUR < int(given["from"]) < int(given["to"]) <= now
        and given.get("status", "") in ("", *STATUSES)
        and given.get("offset", "0") == "0"  # what lies beyond the end may be refused (sls A-26)
        and 1 <= int(given.get("size", "1")) <= LARGEST_PAGE
    )


def is_no_status(query: list[tuple[str, str]]) -> bool:
    """Whether the status is plainly none: one word in ASCII letters that is not close to any."""
    values = [value for name, value in query if name == "status"]
    return len(values) == 1 and bool(re.fullmatch("[A-Za-z0-9.]{1,40}", values[0])) and not _is_close(values[0])


def _is_close(value: str) -> bool:
    # Letter case is open, and two other words are told apart by a warning alone (sls A-23).
    return value.lower() in (*STATUSES, "successful", "failed")
