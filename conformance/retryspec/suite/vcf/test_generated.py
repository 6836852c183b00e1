"""Requests that are generated from the document, valid ones and others."""

import json
import re
from urllib.parse import parse_qsl, unquote

from retryspec.checks import Judge, decides, in_background, takes_time
from retryspec.exchange import Exchange
from retryspec.properties.cases import Case
from retryspec.properties.run import Subject, look_at_generated
from retryspec.suite.vcf.client import Vcf
from retryspec.suite.vcf.model import Batch, Meaning, TaskPlan
from retryspec.suite.vcf.shape import GET, LIST, LOGIN, REFRESH, RETRY, Asked

PLANS = [TaskPlan(meaning) for meaning in (Meaning.FAILED, Meaning.SUCCESSFUL, Meaning.FAILED, Meaning.IN_PROGRESS)]


@in_background
@takes_time
@decides("VCF-GET-04", "VCF-LIST-04")
def test_generated_requests(vcf: Vcf) -> None:
    """What the document allows is accepted, other things are refused or passed over, and nothing is a server fault."""
    batch = vcf.some_tasks(PLANS)
    known = {"path.id": batch.ids}

    def look(judge: Judge, case: Case) -> Exchange | None:
        return look_at(vcf.judged_by(judge), batch, case)

    look_at_generated(vcf.judge, vcf.session, Subject(operations_of(vcf), known, look))
    for behaviour in ("VCF-GET-04", "VCF-LIST-04"):
        vcf.judge.expect(behaviour, True, expected="no server fault")


def operations_of(vcf: Vcf) -> list[str]:
    """The operations to call: what changes something only where nobody's work or account is at stake."""
    wanted = [GET, LIST]
    if vcf.has_states:
        wanted += [RETRY, LOGIN, REFRESH]
    return [operation for operation in wanted if vcf.claims(operation)]


def look_at(vcf: Vcf, batch: Batch, case: Case) -> Exchange | None:
    """Send a case and hold the answer against what the contract says of such a request."""
    if case.operation == LOGIN and names_the_user(vcf, case.body):
        return None  # wrong passwords can lock a user out, and right ones are for the checks
    path, _, query = case.target.partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    task_id = unquote(path.rpartition("/")[2])
    exists = case.operation in (GET, RETRY) and task_id in batch.ids
    valid = case.operation == LIST and is_valid(query)
    request = vcf.generated_request(case.method, case.target, case.body)
    expected = Asked(task_id if exists else None, sound=exists or valid, query=asked if valid else {})
    answer = vcf.send(case.operation, request, expected)
    if case.operation == LIST:
        if valid:
            vcf.judge.expect(
                "VCF-LIST-01", answer.accepted, answer.exchange, expected="200, since all of it is allowed"
            )
    elif case.operation == GET and exists:
        vcf.judge.expect("VCF-GET-02", answer.accepted, answer.exchange, expected="200, since the task exists")
    elif case.operation in (GET, RETRY) and not exists and is_plain(path):
        behaviour = "VCF-GET-03" if case.operation == GET else "VCF-RETRY-07"
        vcf.judge.expect(
            behaviour, not answer.accepted, answer.exchange, expected="a refusal, since no task has this id"
        )
    elif case.operation in (LOGIN, REFRESH):
        behaviour = "VCF-AUTH-04" if case.operation == LOGIN else "VCF-AUTH-05"
        vcf.judge.expect(behaviour, not answer.accepted, answer.exchange, expected="a refusal, since nobody has these")
    return answer.exchange


def names_the_user(vcf: Vcf, body: bytes | None) -> bool:
    """Whether a generated login names the user of the target."""
    return bool(vcf.target.username) and json.dumps(vcf.target.username).encode() in (body or b"")


def is_plain(path: str) -> bool:
    """Whether what stands in place of an id is read alike by every server: one segment, and no other route."""
    name = path.rpartition("/")[2]
    return bool(re.fullmatch(r"(?:[A-Za-z0-9_~-]|%[2-9A-F][0-9A-F])+", name)) and not re.search("%2[EF]|%5C|%7F", name)


def is_valid(query: str) -> bool:
    """Whether everybody has to accept the parameters of a list (vcf A18): each once and within bounds."""
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs) or not given.keys() <= _VALID.keys():
        return False
    return all(re.fullmatch(_VALID[name], value) for name, value in given.items())


_VALID = {
    "limit": "[1-9][0-9]?|100",
    "pageSize": "[1-9][0-9]?|100",
    "completedAfter": "[1-9][0-9]{12}",
    "doLiveRefresh": "true|false",
}
