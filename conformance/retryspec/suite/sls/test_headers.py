"""The common headers of requests and answers."""

from dataclasses import replace
from email.utils import formatdate
from uuid import uuid4

import pytest

from retryspec.checks import decides
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import Surroundings, expect_accepted, expect_no_effect, expect_refused
from retryspec.suite.sls.model import TaskPlan
from retryspec.suite.sls.shape import GET, PUT

FAILED = TaskPlan("fail")
BOTH = pytest.mark.parametrize("operation", [GET, PUT])


@BOTH
@decides("SLS-COMMON-09", "SLS-GET-26")
def test_only_the_common_headers_are_needed(sls: Sls, operation: str) -> None:
    """A request with the documented headers alone is accepted, and so is one whose optional ones say something else."""
    alone: dict[str, str | None] = {"Accept": None, "Accept-Encoding": None, "x-log-bodyrawsize": None}

    answer = sls.call(operation, sls.shipper_for(operation), headers=alone)
    expect_accepted(sls, "SLS-COMMON-09", answer, "nothing but the common headers is needed (sls A-54)")
    answer = sls.call(operation, sls.shipper_for(operation), headers={"x-log-bodyrawsize": "0"})
    expect_accepted(sls, "SLS-COMMON-09", answer, "x-log-bodyrawsize need not be the body's length (sls A-54)")
    if operation == GET:
        # As the vendor's own client sends it (sheet, 7.1).
        answer = sls.call(operation, sls.shipper_for(operation), headers={"Content-Length": "0"})
        expect_accepted(sls, "SLS-GET-26", answer, "a GET of no bytes may say so", strict=False)
    else:
        sls.judge.leave_out("SLS-GET-26")
    further: dict[str, str | None] = {"User-Agent": "a-client/1.0", "X-Unknown": "1", "Accept": "application/json"}
    answer = sls.call(operation, sls.shipper_for(operation), headers=further)
    expect_accepted(sls, "SLS-COMMON-09", answer, "further headers mean nothing here")


@BOTH
@decides("SLS-COMMON-06", "SLS-RETRY-11")
def test_date_is_taken_in_its_documented_form(sls: Sls, operation: str) -> None:
    """Date in GMT is accepted, with and without x-log-date beside it; an absent or unreadable one is refused."""
    answer = sls.call(operation, sls.shipper_for(operation))
    expect_accepted(sls, "SLS-COMMON-06", answer, "Date has the documented form")
    dated = {"x-log-date": formatdate(sls.now(), usegmt=True)}
    answer = sls.call(operation, sls.shipper_for(operation), headers=dated)
    expect_accepted(sls, "SLS-COMMON-06", answer, "x-log-date may stand beside Date (sls A-55)")
    dated["Date"] = formatdate(sls.now() - 40, usegmt=True)
    answer = sls.call(operation, sls.shipper_for(operation), headers=dated)
    expect_accepted(sls, "SLS-COMMON-06", answer, "x-log-date counts where Date is another", strict=False)

    if not sls.verifies_signatures:
        sls.judge.expect("SLS-RETRY-11", True, expected="nothing refused: who does not verify has no use for the date")
        return
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []
    for value, what in ((None, "there is no Date"), ("yesterday at noon", "Date is unreadable")):
        answers.append(sls.call(operation, shipper, headers={"Date": value}))
        expect_refused(sls, "SLS-COMMON-06", answers[-1], what, statuses=(400, 401), strict=False)
    expect_no_effect(sls, around, answers, "a request without a readable Date")


@BOTH
@decides("SLS-COMMON-06", "SLS-RETRY-11")
def test_date_may_be_some_minutes_off(sls: Sls, operation: str) -> None:
    """A Date within 15 minutes of the server's clock is taken, one that is hours off is refused (sls A-20)."""
    for minutes in (-10, 10):
        headers = {"Date": formatdate(sls.now() + 60 * minutes, usegmt=True)}
        answer = sls.call(operation, sls.shipper_for(operation), headers=headers)
        expect_accepted(sls, "SLS-COMMON-06", answer, f"Date is {minutes} minutes off", strict=False)
    if not sls.verifies_signatures:
        sls.judge.expect("SLS-RETRY-11", True, expected="nothing refused: who does not verify has no use for the date")
        return
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []
    for minutes in (-120, -20, 20, 120):
        headers = {"Date": formatdate(sls.now() + 60 * minutes, usegmt=True)}
        answers.append(sls.call(operation, shipper, headers=headers))
        what = f"Date is {minutes} minutes off"
        expect_refused(sls, "SLS-COMMON-06", answers[-1], what, strict=False)
    expect_no_effect(sls, around, answers, "a request of another time")


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "header"),
    [("SLS-COMMON-07", "x-log-apiversion"), ("SLS-COMMON-08", "x-log-signaturemethod")],
    ids=["apiversion", "signaturemethod"],
)
@decides("SLS-COMMON-07", "SLS-COMMON-08", "SLS-RETRY-11")
def test_version_and_method_are_looked_at(sls: Sls, operation: str, behaviour: str, header: str) -> None:
    """The documented value is accepted, whatever the case of the header's name; none or another is refused."""
    answer = sls.call(operation, sls.shipper_for(operation))
    for each in ("SLS-COMMON-07", "SLS-COMMON-08"):
        expect_accepted(sls, each, answer, "x-log-apiversion and x-log-signaturemethod are right")
    shouted = {header.upper(): "0.6.0" if header == "x-log-apiversion" else "hmac-sha1"}
    answer = sls.call(operation, sls.shipper_for(operation), headers=shouted)
    expect_accepted(sls, behaviour, answer, "a header's name has no case (RFC 9110, 5.1)")

    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    answers = []
    others = (
        ("9.9.9", "0.5.0", "0.4.0", "0.6", "0.6.0.1", "0.6.x") if header == "x-log-apiversion" else ("hmac-md4", "HMAC")
    )
    for value in (None, *others):
        answers.append(sls.call(operation, shipper, headers={header: value}))
        expect_refused(sls, behaviour, answers[-1], f"{header} is {value or 'absent'}", strict=False)
    expect_no_effect(sls, around, answers, f"a request with another {header}")


@decides("SLS-COMMON-11", "SLS-COMMON-12", "SLS-COMMON-13")
def test_every_answer_has_the_common_headers(sls: Sls) -> None:
    """Successes and refusals of both operations carry x-log-requestid and Date.

    What they must look like is looked at in every exchange of a run; this check brings about one of each kind.
    """
    shipper = sls.shipper([FAILED])
    window = sls.window()

    answers = [
        sls.get(shipper),
        sls.get(shipper, replace(window, start=window.end)),
        sls.raw_get(shipper, []),
        sls.put(shipper, b"{"),
        sls.put(shipper, [f"absent-{number}" for number in range(11)]),
    ]
    for operation in (GET, PUT):
        absences = (
            replace(shipper, project="absent-p"),
            replace(shipper, logstore="absent-l"),
            replace(shipper, name="absent-s"),
        )
        answers += [sls.call(operation, absent) for absent in absences]
        answers.append(sls.call(operation, shipper, headers={"Authorization": None}))
    answers += [sls.send_other_method(shipper, method) for method in ("POST", "DELETE")]
    own = f"5642FC23{uuid4().hex[:16].upper()}"
    echoed = sls.get(shipper, headers={"x-log-requestid": own})
    sls.judge.expect(
        "SLS-COMMON-11",
        echoed.response.header("x-log-requestid") != own,
        echoed.exchange,
        expected="a request id that the server made, not the one that the client sent",
        received=own,
    )
    answers.append(sls.put(shipper, shipper.ids("fail")))
    for behaviour in ("SLS-COMMON-11", "SLS-COMMON-12", "SLS-COMMON-13"):
        sls.judge.expect(behaviour, bool(answers), expected="answers of every kind")
