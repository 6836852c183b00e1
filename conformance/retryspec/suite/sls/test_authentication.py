"""Signatures: a request that is not signed by the key it names, over just what is sent, is refused and does nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from retryspec.authentication.sls import content_md5
from retryspec.checks import Untestable, decides
from retryspec.exchange import Request
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import expect_accepted, expect_no_effect, expect_refused
from retryspec.suite.sls.model import Shipper, Task, TaskPlan
from retryspec.suite.sls.shape import GET, PUT

FAILED = TaskPlan("fail")
BOTH = pytest.mark.parametrize("operation", [GET, PUT])

Change = Callable[[Request], Request]


def header(name: str, change: Callable[[str], str]) -> Change:
    """Another value of a header."""

    def changed(request: Request) -> Request:
        headers = tuple((key, change(value) if key.lower() == name else value) for key, value in request.headers)
        return replace(request, headers=headers)

    return changed


def target(old: str, new: str) -> Change:
    """Another path or query."""
    return lambda request: replace(request, target=request.target.replace(old, new, 1))


def signature(change: Callable[[str], str]) -> Change:
    """Another signature."""

    def changed(value: str) -> str:
        front, colon, last = value.rpartition(":")
        return f"{front}{colon}{change(last)}"

    return header("authorization", changed)


def other_character(at: int) -> Callable[[str], str]:
    """Another base64 character at a place."""
    return lambda text: text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def another_second(date: str) -> str:
    """A Date that is some seconds off."""
    seconds = date[-6:-4]
    return f"{date[:-6]}{(int(seconds) + 7) % 60:02}{date[-4:]}"


# What the signature was made over, where that is something else than what is sent.
COVERED_BY_BOTH = {
    "method": lambda request: replace(request, method="PUT" if request.method == "GET" else "GET"),
    "path": target("/tasks", "x/tasks"),
    "logstore": target("/logstores/", "/logstores/x"),
    "date": header("date", another_second),
    "x-log header": header("x-log-bodyrawsize", lambda value: f"{value}0"),
}
COVERED: dict[str, dict[str, Change]] = {
    GET: {
        **COVERED_BY_BOTH,
        "value of a parameter": target("size=50", "size=51"),
        "no parameter": lambda request: replace(request, target=request.target.partition("?")[0]),
        "one parameter less": target("&size=50", ""),
    },
    PUT: {
        **COVERED_BY_BOTH,
        "body": header("content-md5", lambda _: content_md5(b"[]")),
        "content type": header("content-type", lambda _: "text/plain"),
    },
}
ALTERED = {
    "first character": signature(other_character(0)),
    "middle character": signature(other_character(13)),
    "late character": signature(other_character(25)),
    "letter case": signature(str.swapcase),
}


def valid(sls: Sls, operation: str, shipper: Shipper) -> Request:
    """A rightly signed call."""
    if operation == GET:
        return sls.get_request(shipper, sls.window(), size=50)
    return sls.put_request(shipper, shipper.ids("fail")[:1])


def must_verify(sls: Sls) -> None:
    """Stop where the target says that the server does not verify signatures."""
    if not sls.verifies_signatures:
        raise Untestable("the target says verifies_signatures = false")


def before_of(sls: Sls, shipper: Shipper) -> dict[str, Task] | None:
    """The tasks as they are, where the target can show them."""
    return sls.snapshot(shipper) if sls.claims_get() else None


def expect_still(sls: Sls, shipper: Shipper, before: dict[str, Task] | None, what: str) -> None:
    """The refused calls had no effect, as far as the target can show it."""
    if before is not None:
        expect_no_effect(sls, shipper, before, what)


@BOTH
@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_signature_over_something_else_is_refused(sls: Sls, operation: str) -> None:
    """A right key's signature over other bytes than those sent gives 401 SignatureNotMatch and has no effect."""
    must_verify(sls)
    shipper = sls.shipper_for(operation)
    before = before_of(sls, shipper)
    right = valid(sls, operation, shipper)

    for name, change in COVERED[operation].items():
        answer = sls.send(sls.signed_as(right, change(right)))
        what = f"the signature was made over another {name}"
        expect_refused(sls, "SLS-COMMON-05", answer, what, statuses=(401,), codes=("SignatureNotMatch",))
    expect_still(sls, shipper, before, "a request signed over something else")
    expect_accepted(sls, "SLS-COMMON-05", sls.send(right), "the same request is rightly signed")


@BOTH
@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_altered_signature_is_refused(sls: Sls, operation: str) -> None:
    """A signature that differs in one character, or was made with another secret, gives 401 SignatureNotMatch."""
    must_verify(sls)
    shipper = sls.shipper_for(operation)
    before = before_of(sls, shipper)
    right = valid(sls, operation, shipper)

    wrong = {name: change(right) for name, change in ALTERED.items()}
    wrong["secret"] = sls.call_request(operation, shipper, secret="not-the-secret-of-this-key")
    for name, request in wrong.items():
        what = f"the signature is another one ({name})"
        answer = sls.send(request)
        expect_refused(sls, "SLS-COMMON-05", answer, what, statuses=(401,), codes=("SignatureNotMatch",))
    expect_still(sls, shipper, before, "a wrongly signed request")
    expect_accepted(sls, "SLS-COMMON-05", sls.send(right), "the same request is rightly signed")


UNUSABLE = {
    "absent": None,
    "empty": "",
    "scheme alone": "LOG",
    "no signature": "LOG {id}",
    "empty signature": "LOG {id}:",
    "no key": "LOG :c2lnbmF0dXJlc2lnbmF0dXJlc2k9",
    "a colon alone": "LOG :",
    "Basic": "Basic cmV0cnlzcGVjOnJldHJ5c3BlYw==",
    "Bearer": "Bearer retryspec",
    "a short signature": "LOG {id}:AAAA",
    "no base64": "LOG {id}:*** not base64 ***",
}


@BOTH
@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_unusable_authorization_is_refused(sls: Sls, operation: str) -> None:
    """Without Authorization, with an unusable one or with nobody's key, any refusal is right and success is not."""
    must_verify(sls)
    shipper = sls.shipper_for(operation)
    before = before_of(sls, shipper)

    answers = {
        name: sls.call(operation, shipper, headers={"Authorization": form and form.replace("{id}", sls.access_key_id)})
        for name, form in UNUSABLE.items()
    }
    answers["nobody's key id"] = sls.call(operation, shipper, key_id="nobodys-key-id")
    for name, answer in answers.items():
        expected = f"a refusal, since Authorization is unusable: {name} (sls A-19)"
        sls.judge.expect("SLS-COMMON-05", answer.refused, answer.exchange, expected=expected)
    expect_still(sls, shipper, before, "a request without a usable Authorization")
    expect_accepted(sls, "SLS-COMMON-05", sls.call(operation, shipper), "the same request is rightly signed")


@decides("SLS-COMMON-05")
def test_order_of_parameters_does_not_matter(sls: Sls) -> None:
    """A signature covers the parameters by name, so any order in the request line is accepted."""
    shipper = sls.shipper([FAILED])
    window = sls.window()
    pairs = [("from", str(window.start)), ("to", str(window.end)), ("size", "5"), ("offset", "0"), ("status", "")]

    for order in (pairs, pairs[::-1], pairs[2:] + pairs[:2]):
        answer = sls.raw_get(shipper, order)
        expect_accepted(sls, "SLS-COMMON-05", answer, f"parameters in the order {', '.join(n for n, _ in order)}")
