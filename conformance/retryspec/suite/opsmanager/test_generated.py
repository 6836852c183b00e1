"""Requests that are generated from the document, valid ones and others."""

import re
from urllib.parse import parse_qsl, unquote

from retryspec.checks import Judge, decides, in_background, takes_time
from retryspec.exchange import Exchange
from retryspec.properties.cases import Case
from retryspec.properties.run import Subject, look_at_generated
from retryspec.suite.opsmanager.asked import GET, LIST, RETRY, Asked
from retryspec.suite.opsmanager.client import OpsManager
from retryspec.suite.opsmanager.model import Group, JobPlan, Status

PLANS = [JobPlan(status) for status in (Status.FAILURE, Status.SUCCESS, Status.FAILURE, Status.IN_PROGRESS)]

SUCCEEDS = {LIST: "OM-LIST-01", GET: "OM-GET-01"}
UNKNOWN = {LIST: "OM-COMMON-34", GET: "OM-GET-04", RETRY: "OM-RETRY-18"}


@in_background
@takes_time
@decides("OM-LIST-01", "OM-GET-01")
def test_generated_requests(opsmanager: OpsManager) -> None:
    """What the document allows is accepted, other things are refused or passed over, and nothing is a server fault."""
    group, _ = opsmanager.some_job(PLANS)
    known = {"path.groupId": [group.id], "path.jobId": group.ids}
    operations = operations_of(opsmanager)

    def look(judge: Judge, case: Case) -> Exchange | None:
        return look_at(opsmanager.judged_by(judge), group, case)

    look_at_generated(opsmanager.judge, opsmanager.session, Subject(operations, known, look))
    for operation, behaviour in SUCCEEDS.items():
        if operation in operations:
            opsmanager.judge.expect(behaviour, True, expected="success, and never a fault")
        else:
            opsmanager.judge.leave_out(behaviour)


def operations_of(opsmanager: OpsManager) -> list[str]:
    """The operations to call: retries only where nobody's work is at stake."""
    wanted = [LIST, GET, RETRY] if opsmanager.may_retry_freely() else [LIST, GET]
    return [operation for operation in wanted if opsmanager.claims(operation)]


def look_at(opsmanager: OpsManager, group: Group, case: Case) -> Exchange | None:
    """Send a case and hold the answer against what the contract says of such a request."""
    path, _, query = case.target.partition("?")
    names = [unquote(part) for part in path.split("/")]
    group_id, job_id = names[2], names[4] if len(names) > 4 else ""
    exists = group_id == group.id and (case.operation == LIST or job_id in group.ids)
    given = parse_qsl(query, keep_blank_values=True)
    valid = exists and is_valid(given)
    if not valid:
        # Whether an error is wrapped as well, and then a 200, is open (opsmanager A15): sent is the rest.
        query = "&".join(pair for pair in query.split("&") if not names_envelope(pair))
        given = [pair for pair in given if pair[0] != "envelope"]
        if exists and is_valid(given):
            return None
    target = f"{path}?{query}" if query else path
    request = opsmanager.generated_request(case.method, target, case.body)
    answer = opsmanager.send(case.operation, request, asked_in(given, valid=valid, about=UNKNOWN[case.operation]))
    if valid and case.operation in SUCCEEDS:
        opsmanager.judge.expect(
            SUCCEEDS[case.operation], answer.accepted, answer.exchange, expected="200, since all of it is allowed"
        )
    if not exists and is_plain(path):
        opsmanager.judge.expect(
            UNKNOWN[case.operation], not answer.accepted, answer.exchange, expected="a refusal, since there is none"
        )
    return answer.exchange


def asked_in(given: list[tuple[str, str]], *, valid: bool, about: str) -> Asked:
    """What a generated request asks for; where it is not valid, in words of its own."""
    if not valid:
        return Asked(envelope=False, pretty=None, verbose=None, page=None, size=None, sound=False, about=about)
    words = dict(given)
    envelope, pretty, verbose = (words.get(name) == "true" for name in ("envelope", "pretty", "verbose"))
    page, size = int(words.get("pageNum", "1")), int(words.get("itemsPerPage", "100"))
    return Asked(envelope=envelope, pretty=pretty, verbose=verbose, page=page, size=size)


def names_envelope(pair: str) -> bool:
    """Whether a piece of a query asks for an envelope, or might be read so."""
    return unquote(pair.partition("=")[0]).strip().lower() == "envelope"


def is_plain(path: str) -> bool:
    """Whether every server reads the names in a path alike: whole segments of plain letters, and none in other case."""
    names = path.split("/")[2::2]
    return all(re.fullmatch(r"(?:[a-z0-9_~-]|%[2-9A-F][0-9A-F])+", name) for name in names if name != "retry") and not (
        re.search("%2[EF]|%5C|%7F", path)
    )


def is_valid(given: list[tuple[str, str]]) -> bool:
    """Whether everybody has to accept these parameters: each once, of its type and within its bounds."""
    words = dict(given)
    if len(words) < len(given) or not words.keys() <= _VALID.keys():
        return False
    return all(re.fullmatch(_VALID[name], value) for name, value in words.items())


_VALID = {
    "pageNum": "[1-9][0-9]{0,2}",
    "itemsPerPage": "[1-9][0-9]?|[1-4][0-9][0-9]|500",
    "envelope": "true|false",
    "pretty": "true|false",
    "verbose": "true|false",
}
