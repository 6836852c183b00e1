"""The form of errors, and faults of the server."""

from dataclasses import replace

import pytest

from retryspec.checks import Untestable, decides
from retryspec.suite.sls.client import Answer, Sls
from retryspec.suite.sls.expectations import expect_unchanged
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


@BOTH
@decides("SLS-COMMON-17", "SLS-RETRY-13")
def test_internal_error_has_its_code(sls: Sls, operation: str) -> None:
    """A fault of the server gives 500 InternalServerError, with a message of the server's choosing."""
    shipper = sls.faulty_shipper()

    answer = sls.send(sls.call_request(operation, shipper), fault_expected=True)

    if answer.accepted and shows_nothing_wrong(operation, answer, shipper.ids()):
        raise Untestable("the provider of states made no internal error")
    for behaviour in ("SLS-COMMON-17", "SLS-RETRY-13")[: 2 if operation == PUT else 1]:
        sls.judge.expect(
            behaviour,
            answer.status == 500 and answer.error_code == "InternalServerError" and bool(answer.error_message),
            answer.exchange,
            expected="500 InternalServerError with an errorMessage, since the server met an internal error",
        )
    sls.judge.expect("SLS-RETRY-13", True, expected="looked at for PUT")


def shows_nothing_wrong(operation: str, answer: Answer, ids: list[str]) -> bool:
    """Whether an answer is just what a healthy shipper gives."""
    if operation == PUT:
        return not answer.response.body
    return answer.page is not None and set(answer.page.ids) == set(ids)


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
    before = sls.snapshot(shipper)

    for method in ("POST", "DELETE", "PATCH"):
        answer = sls.send_other_method(shipper, method)
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
    what = "since only undocumented methods were called"
    expect_unchanged(sls, "SLS-RETRY-11", shipper, before, what, strict=shipper.promised)
