"""Signatures: a request that is not signed by the key it names, over just what is sent, is refused and does nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from functools import partial

import pytest

from retryspec.authentication.sls import content_md5, string_to_sign
from retryspec.checks import Untestable, decides
from retryspec.exchange import Request
from retryspec.suite.sls.answers import Answer
from retryspec.suite.sls.client import Sls
from retryspec.suite.sls.expectations import (
    Surroundings,
    expect_accepted,
    expect_no_effect,
    expect_refused,
    expect_twin,
)
from retryspec.suite.sls.model import Shipper, TaskPlan
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


def another_scheme(scheme: str, value: str) -> str:
    """Another scheme before the same claim."""
    return f"{scheme}{value.removeprefix('LOG')}"


def another_second(date: str) -> str:
    """A Date that is some seconds off."""
    seconds = date[-6:-4]
    return f"{date[:-6]}{(int(seconds) + 7) % 60:02}{date[-4:]}"


# What the signature was made over, where that is something else than what is sent.
COVERED_BY_BOTH: dict[str, Change] = {
    "method": lambda request: replace(request, method="PUT" if request.method == "GET" else "GET"),
    "path": target("/tasks", "x/tasks"),
    "logstore": target("/logstores/", "/logstores/x"),
    "date": header("date", another_second),
    "x-log header": header("x-log-bodyrawsize", lambda value: f"{value}0"),
}
COVERED: dict[str, dict[str, Change]] = {
    GET: {
        **COVERED_BY_BOTH,
        "value of size": target("size=50", "size=51"),
        "value of from": target("from=", "from=1"),
        "value of to": target("to=", "to=1"),
        "query": lambda request: replace(request, target=request.target.partition("?")[0]),
        "list of parameters": target("&size=50", ""),
    },
    PUT: {
        **COVERED_BY_BOTH,
        "body": header("content-md5", lambda _: content_md5(b"[]")),
        "content type": header("content-type", lambda _: "text/plain"),
    },
}


def without_log_headers(text: str, only: str | tuple[str, ...] = ("x-log-", "x-acs-")) -> str:
    """A string to sign that leaves out the x-log and x-acs headers."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(only))


def in_url_order(request: Request) -> str:
    """A string to sign with the parameters in the order of the URL."""
    text = string_to_sign(request.method, request.target, request.headers)
    return text.rpartition("\n")[0] + "\n" + request.target


def with_log_date(request: Request) -> str:
    """A string to sign that takes x-log-date in as one of the x-log headers."""
    text = string_to_sign(request.method, request.target, request.headers)
    return text.replace(
        "\nx-log-signaturemethod:", f"\nx-log-date:{request.header('x-log-date')}\nx-log-signaturemethod:"
    )


ALTERED: dict[str, Change] = {
    "first character": signature(other_character(0)),
    "middle character": signature(other_character(13)),
    "late character": signature(other_character(25)),
    "letter case": signature(str.swapcase),
    "order of its characters": signature(lambda text: text[1:14] + text[0] + text[14:]),
}

# Signatures that are part of the right one, or have it as a part.
CUT: dict[str, Change] = {
    "its first character": signature(lambda text: text[:1]),
    "its first half": signature(lambda text: text[:14]),
    "all but its last character": signature(lambda text: text[:-1]),
    "it and more": signature(lambda text: f"{text}AAAA"),
}

# What may stand in a request beside what is signed; none of it makes a wrong signature right.
BESIDE: dict[str, dict[str, dict[str, str | None]]] = {
    GET: {
        "nothing more": {},
        "x-log-date": {"x-log-date": "now"},
        "a security token": {"x-acs-security-token": "a-token"},
        "Content-Type": {"Content-Type": "application/json"},
    },
    PUT: {
        "nothing more": {},
        "x-log-date": {"x-log-date": "now"},
        "a security token": {"x-acs-security-token": "a-token"},
        "no Content-MD5": {"Content-MD5": None},
        "no x-log-bodyrawsize": {"x-log-bodyrawsize": None},
    },
}


def valid(sls: Sls, operation: str, shipper: Shipper, headers: Mapping[str, str | None] | None = None) -> Request:
    """A rightly signed call; `now` as a header's value is the server's present time."""
    now = formatdate(sls.now(), usegmt=True)
    dated = {name: now if value == "now" else value for name, value in (headers or {}).items()}
    if operation == GET:
        return sls.get_request(shipper, sls.window(), size=50, headers=dated)
    return sls.put_request(shipper, shipper.ids("fail")[:1], headers=dated)


def must_verify(sls: Sls) -> None:
    """Stop where the target says that the server does not verify signatures."""
    if not sls.verifies_signatures:
        raise Untestable("the target says verifies_signatures = false")


def expect_not_matched(sls: Sls, request: Request, what: str) -> Answer:
    """A signature that is not that of the request gives 401 SignatureNotMatch."""
    answer = sls.send(request)
    expect_refused(sls, "SLS-COMMON-05", answer, what, statuses=(401,), codes=("SignatureNotMatch",))
    return answer


@BOTH
@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_signature_over_something_else_is_refused(sls: Sls, operation: str) -> None:
    """A right key's signature over other bytes than those sent gives 401 SignatureNotMatch and has no effect."""
    must_verify(sls)
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    right = valid(sls, operation, shipper)
    dated = valid(sls, operation, shipper, {"x-log-date": "now"})

    wrong = {}
    for name, change in COVERED[operation].items():
        other = change(right)
        text = string_to_sign(other.method, other.target, other.headers)
        wrong[f"was made over another {name}"] = sls.signed_over(right, text)
    text = without_log_headers(string_to_sign(right.method, right.target, right.headers))
    wrong["leaves out the x-log headers"] = sls.signed_over(right, text)
    wrong["takes x-log-date in"] = sls.signed_over(dated, with_log_date(dated))
    other = header("x-log-date", another_second)(dated)
    text = string_to_sign(other.method, other.target, other.headers)
    wrong["was made over another x-log-date"] = sls.signed_over(dated, text)
    for neighbour in shipper.neighbours:
        moved = right.target.replace(shipper.path, neighbour.path)
        text = string_to_sign(right.method, moved, right.headers)
        wrong[f"is that for {neighbour.logstore}/{neighbour.name}"] = sls.signed_over(right, text)
    with_token = valid(sls, operation, shipper, {"x-acs-security-token": "a-token"})
    text = without_log_headers(string_to_sign(right.method, right.target, right.headers), only="x-acs-")
    wrong["leaves out x-acs-security-token"] = sls.signed_over(with_token, text)
    if operation == GET:
        wrong["has the parameters in the order of the URL"] = sls.signed_over(right, in_url_order(right))
        plain = sls.get_request(shipper, sls.window(), status="", offset=0)
        for name, change in {
            "status": target("status=", "status=fail"),
            "offset": target("offset=0", "offset=1"),
        }.items():
            other = change(plain)
            text = string_to_sign(other.method, other.target, other.headers)
            wrong[f"was made over another {name}"] = sls.signed_over(plain, text)
    else:
        asked = sls.put_request(shipper, shipper.ids("fail")[:1], query="unknown=1")
        text = string_to_sign(right.method, right.target, right.headers)
        wrong["leaves out the query"] = sls.signed_over(asked, text)
    answers = [expect_not_matched(sls, request, f"the signature {what}") for what, request in wrong.items()]
    expect_no_effect(sls, around, answers, "a request signed over something else")
    expect_twin(sls, operation, sls.send(right))


@BOTH
@decides("SLS-COMMON-05", "SLS-RETRY-11")
def test_altered_signature_is_refused(sls: Sls, operation: str) -> None:
    """A signature that is another one is not matched, whatever else stands in the request."""
    must_verify(sls)
    shipper = sls.shipper_for(operation)
    around = Surroundings.of(sls, shipper)
    right = valid(sls, operation, shipper)

    answers = [
        expect_not_matched(sls, change(right), f"the signature is another one ({name})")
        for name, change in ALTERED.items()
    ]
    for secret, what in (("not-the-secret-of-this-key", "another secret"), ("", "an empty secret")):
        signed = sls.call_request(operation, shipper, secret=secret)
        answers.append(expect_not_matched(sls, signed, f"it was signed with {what}"))
    wrong = ALTERED["middle character"]
    beside = {name: valid(sls, operation, shipper, headers) for name, headers in BESIDE[operation].items()}
    if operation == GET:
        window = sls.window()
        beside["a status"] = sls.get_request(shipper, window, status="fail")
        beside["an offset"] = sls.get_request(shipper, window, status="", offset=1)
        beside["a size"] = sls.get_request(shipper, window, offset=0, size=500)
    unlike = {f"beside it: {name}": wrong(request) for name, request in beside.items()}
    unlike |= {name: change(right) for name, change in CUT.items()}
    for name, request in unlike.items():
        answer = sls.send(request)
        expected = f"a refusal, since the signature is another one ({name})"
        sls.judge.expect("SLS-COMMON-05", answer.refused, answer.exchange, expected=expected)
        answers.append(answer)
    expect_no_effect(sls, around, answers, "a wrongly signed request")
    expect_twin(sls, operation, sls.send(right))


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
    around = Surroundings.of(sls, shipper)
    key = sls.access_key_id
    right = valid(sls, operation, shipper)

    answers = {
        name: sls.call(operation, shipper, headers={"Authorization": form and form.replace("{id}", key)})
        for name, form in UNUSABLE.items()
    }
    if operation == PUT:
        answers["absent, with no task named"] = sls.put(shipper, [], headers={"Authorization": None})
    for name in {"nobodys-key-id", f"{key}x", key[:-1], key.swapcase()} - {key, ""}:
        answers[f"key id {name}"] = sls.call(operation, shipper, key_id=name)
    nobody = sls.call(operation, shipper, key_id="nobodys-key-id", secret="")
    answers["nobody's key id, signed with an empty secret"] = nobody
    for scheme in ("ACS", "LOGX"):
        other = header("authorization", partial(another_scheme, scheme))
        answers[f"scheme {scheme}"] = sls.send(other(right))
    for name, answer in answers.items():
        expected = f"a refusal, since Authorization is unusable: {name} (sls A-19)"
        sls.judge.expect("SLS-COMMON-05", answer.refused, answer.exchange, expected=expected)
    expect_no_effect(sls, around, answers.values(), "a request without a usable Authorization")
    expect_twin(sls, operation, sls.call(operation, shipper))


@decides("SLS-COMMON-05", "SLS-GET-01")
def test_parameters_are_signed_by_name_and_decoded(sls: Sls) -> None:
    """Any order of the parameters is accepted, and a value is signed as it is, not as it is escaped."""
    shipper = sls.some_shipper([FAILED])
    window = sls.window()
    pairs = [("from", str(window.start)), ("to", str(window.end)), ("size", "5"), ("offset", "0"), ("status", "fail")]

    for order in (pairs, pairs[::-1], pairs[2:] + pairs[:2]):
        answer = sls.raw_get(shipper, order)
        # Only a refusal of the signature is one of how it was made.
        behaviour = "SLS-COMMON-05" if answer.status == 401 else "SLS-GET-01"
        expect_accepted(sls, behaviour, answer, f"parameters in the order {', '.join(n for n, _ in order)}")
    sls.judge.expect("SLS-COMMON-05", True, expected="any order of the parameters under the signature")
    answer = sls.get(shipper, window, headers={"x-log-unknown": "1"})
    expect_accepted(sls, "SLS-COMMON-05", answer, "the signature covers every x-log header, known or not")
    escaped = sls.get_request(shipper, window, status="fail")
    escaped = replace(escaped, target=escaped.target.replace("status=fail", "status=f%61il"))
    odd = [
        sls.raw_get(shipper, [*pairs[:4], ("status", "a b&c=d/\u00e9")]),
        sls.raw_get(shipper, [*pairs, ("unknown", "a b+c")]),
        sls.raw_get(shipper, [*pairs[:4], ("status", "")]),
        sls.send(escaped),
    ]
    for answer in odd:
        sls.judge.expect(
            "SLS-COMMON-05",
            answer.status != 401,
            answer.exchange,
            expected="no refusal of the signature, which was made over the decoded values",
        )
