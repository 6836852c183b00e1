"""The form of errors, and faults of the server."""

from dataclasses import replace

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import Surroundings, expect_no_effect
from retryspec.suite.sls.model import TaskPlan
from retryspec.suite.sls.shape import GET, PUT

FAILED = TaskPlan("fail")
BOTH = pytest.mark.parametrize("operation", [GET, PUT])

# Codes of the service's common list, which may come where no special one applies (sls ).
COMMON_CODES = frozenset(
    (
        "MissingContentType",
        "InvalidContentType",
        "MissingContentLength",
        "MissingBodyRawSize",
        "InvalidBodyRawSize",
        "MissingParameter",
        "InvalidCompressType",
        "ParameterInvalid",
        "MissingHost",
        "InvalidHost",
        "MissingDate",
        "InvalidDateFormat",
        "InvalidRequestTime",
        "RequestTimeTooSkewed",
        "RequestTimeExpired",
        "MissingAPIVersion",
        "InvalidAPIVersion",
        "MissingSignatureMethod",
        "InvalidSignatureMethod",
        "MissAccessKeyId",
        "PostBodyInvalid",
        "SignatureNotMatch",
        "Unauthorized",
        "InvalidAccessKeyId",
        "WriteQuotaExceed",
        "ReadQuotaExceed",
        "MetaOperationQpsLimitExceeded",
        "ProjectForbidden",
        "ProjectNotExist",
        "ProjectNotExists",
        "InvalidMethod",
        "PostBodyTooLarge",
        "InternalServerError",
        "RequestTimeout",
        "ServerBusy",
    )
)


@decides("SLS-COMMON-17", "SLS-RETRY-13")
def test_internal_error_has_its_code(sls: Sls) -> None:
    """A fault of the server gives 500 InternalServerError, with a message of the server's choosing."""
    shipper = sls.faulty_shipper()

    plain = [(operation, sls.call_request(operation, shipper)) for operation in (GET, PUT) if sls.claims(operation)]
    answers = [(operation, sls.send(request, fault_expected=True)) for operation, request in plain]
    if all(shows_nothing_wrong(operation, answer, shipper.ids()) for operation, answer in answers):
        raise Untestable("the provider of states made no internal error")
    more = {
        GET: sls.get_request(shipper, sls.window(), status="fail", size=50),
        PUT: sls.put_request(shipper, [*shipper.ids(), "absent-task"]),
    }
    answers += [(operation, sls.send(more[operation], fault_expected=True)) for operation, _ in plain]
    for operation, answer in answers:
        for behaviour in ("SLS-COMMON-17", "SLS-RETRY-13") if operation == PUT else ("SLS-COMMON-17",):
            sls.judge.expect(
                behaviour,
                answer.status == 500 and answer.error_code == "InternalServerError" and bool(answer.error_message),
                answer.exchange,
                expected="500 InternalServerError with an errorMessage, since the server met an internal error",
            )


def shows_nothing_wrong(operation: str, answer: Answer, ids: list[str]) -> bool:
    """Whether an answer is just what a healthy shipper gives."""
    if operation == PUT:
        return answer.accepted and not answer.response.body
    return answer.page is not None and set(answer.page.ids) == set(ids)


ODD_NAMES = (
    "\u65e5\u5fd7-\u00e9\u00df\U0001f4c8",
    "l" * 3000,
    "a/b",
    "..",
    " ",
    "100%",
    "'\"; --",
    "a\x00b\nc",
    "APP-LOGS",
)


@BOTH
@decides("SLS-COMMON-17", "SLS-COMMON-15", "SLS-COMMON-16")
def test_odd_names_are_no_fault(sls: Sls, operation: str) -> None:
    """A name that nobody would give is refused, with any documented status, and never meets a fault (sls A-57)."""
    shipper = sls.some_shipper([FAILED])
    request = sls.call_request(operation, shipper)

    requests = [("SLS-COMMON-15", sls.call_request(operation, replace(shipper, logstore=name))) for name in ODD_NAMES]
    requests += [("SLS-COMMON-16", sls.call_request(operation, replace(shipper, name=name))) for name in ODD_NAMES]
    for raw in ("%FF%FE", "%", "%zz", "%C3"):
        target = request.target.replace("/shipper/", f"{raw}/shipper/", 1)
        requests.append(("SLS-COMMON-15", replace(request, target=target)))
    for behaviour, odd in requests:
        answer = sls.send(odd)
        sls.judge.expect(behaviour, not answer.accepted, answer.exchange, expected="no success for an odd name")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")  # seen in every exchange


@decides("SLS-COMMON-17")
def test_odd_queries_and_bodies_are_no_fault(sls: Sls) -> None:
    """Unknown, repeated and odd parameters, and bodies that are deep or large, never meet a fault."""
    shipper = sls.some_shipper([FAILED])
    window = sls.window()
    bounds = [("from", str(window.start)), ("to", str(window.end))]

    extras = [
        [("unknown", "1")],
        [("unknown", "")],
        [("", "1")],
        [("\u65e5", "\u5fd7\U0001f4c8")],
        [("status", "fail"), ("status", "success")],
        [("offset", "0"), ("offset", "1")],
        [("from", bounds[0][1])],
        [("size", "10"), ("x" * 2000, "y" * 2000)],
        [("status", "\x00")],
    ]
    answers = [sls.raw_get(shipper, [*bounds, *extra]) for extra in extras]
    answers += [sls.raw_get(shipper, [*extra, *bounds]) for extra in extras[:3]]
    if sls.may_retry():
        bodies = (b"[" * 2000, b"[" * 100_000, b"[" * 500 + b"]" * 500, b'["' + b"x" * 1_000_000 + b'"]', b"\x00" * 100)
        answers += [sls.put(shipper, body) for body in bodies]
    no_text = f"{shipper.path}?from={window.start}&to={window.end}&status=%FF%FE"
    answers.append(sls.send(sls.generated_request("GET", shipper.project, no_text, None)))
    for answer in answers:
        sls.judge.expect(
            "SLS-COMMON-17", answer.accepted or answer.refused, answer.exchange, expected="acceptance or a refusal"
        )


@decides("SLS-COMMON-19", "SLS-COMMON-18", "SLS-COMMON-17")
def test_every_error_has_the_error_body(sls: Sls) -> None:
    """Each kind of refusal that can be provoked has a documented status and errorCode and errorMessage as strings.

    That is looked at in every exchange of a run; this check brings about one of each kind, and no server fault.
    """
    shipper = sls.shipper([FAILED])
    window = sls.window()

    answers = [
        sls.raw_get(shipper, []),
        sls.get(shipper, replace(window, start=window.end)),
        sls.get(shipper, status="bogus"),
        sls.put(shipper, b"{"),
        sls.put(shipper, b""),
        sls.put(shipper, [f"absent-{number}" for number in range(11)]),
    ]
    for operation in (GET, PUT):
        answers += [
            sls.call(operation, replace(shipper, project="absent-p")),
            sls.call(operation, replace(shipper, name="absent-s")),
        ]
        answers += [
            sls.call(operation, shipper, headers={"Authorization": None}),
            sls.call(operation, shipper, headers={"Date": None}),
        ]
    for answer in (answer for answer in answers if answer.refused):
        special = answer.error_code in COMMON_CODES | {"LogStoreNotExist", "ShipperNotExist"}
        sls.judge.expect("SLS-COMMON-18", special, answer.exchange, expected="an errorCode of the service's lists")
    sls.judge.expect("SLS-COMMON-19", True, expected="error bodies")
    sls.judge.expect("SLS-COMMON-17", True, expected="no server fault")


@decides("SLS-COMMON-19", "SLS-COMMON-01", "SLS-RETRY-11")
def test_other_methods_are_refused(sls: Sls) -> None:
    """A method that is not documented is refused, with 405 and an error body, and does nothing (sls A-21)."""
    shipper = sls.shipper([FAILED, TaskPlan("success")])
    around = Surroundings.of(sls, shipper)
    answers = []

    for method in ("POST", "DELETE", "PATCH"):
        answer = sls.send_other_method(shipper, method)
        answers.append(answer)
        expected = f"405 with an error body, since {method} is not documented"
        sls.judge.expect("SLS-COMMON-01", not answer.accepted, answer.exchange, expected=expected, strict=False)
        sls.judge.expect(
            "SLS-COMMON-19",
            answer.status in (405, 404, 400) and answer.error_code is not None,
            answer.exchange,
            expected=expected,
            strict=False,
        )
        sls.judge.expect(
            "SLS-COMMON-17",
            answer.status < 500 or answer.status == 501,
            answer.exchange,
            expected="no server fault: nothing that was sent may provoke one",
        )
    expect_no_effect(sls, around, answers, "a method that is not documented")
