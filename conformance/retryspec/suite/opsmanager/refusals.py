"""What a refusal has to look like: the challenge of a 401, and the error document."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from retryspec.checks import Judge
from retryspec.exchange import Exchange, Response
from retryspec.shape import json_of
from retryspec.suite.opsmanager.asked import Asked, is_wrapped, look_at_white_space
from retryspec.suite.opsmanager.digest import Challenge, challenges_in

__all__ = ["look_at_error"]

# Two phrases have had other names in the course of time.
_PHRASES = {status.value: status.phrase for status in HTTPStatus if status not in (413, 422)}


def look_at_error(judge: Judge, exchange: Exchange, response: Response, asked: Asked) -> None:
    """Look at a refusal: its challenge, where it is a 401, and its body."""
    if response.status == 401:
        _look_at_challenges(judge, exchange, response, asked)
    if asked.envelope is not False or exchange.request.method == "HEAD":
        return
    if not response.body:
        # A body that may be absent; but each refusal but a 405 is documented with one.
        if response.status != 405:
            behaviour = "OM-COMMON-13" if response.status == 401 else "OM-COMMON-17"
            judge.expect(behaviour, False, exchange, expected="an error document", strict=False, conclusive=True)
        return
    media_type = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
    body = json_of(response)
    expectations = _Expectations(judge, exchange, response.status)
    expectations.look("OM-COMMON-14", media_type == "application/json", "application/json", media_type or "no type")
    if not expectations.look("OM-COMMON-16", isinstance(body, dict), "a JSON object"):
        return
    if is_wrapped(body):
        judge.expect("OM-COMMON-20", False, exchange, expected="no envelope around an error", conclusive=True)
        return
    if asked.pretty is not None:
        look_at_white_space(judge, exchange, response, pretty=asked.pretty)
    _look_at_members(expectations, response.status, body)


@dataclass(frozen=True, slots=True)
class _Expectations:
    """Expectations about the body of an error; of a 401 they warn at most, and all as one (opsmanager R-08)."""

    judge: Judge
    exchange: Exchange
    status: int

    def look(
        self, behaviour: str, holds: bool, expected: str, received: str | None = None, strict: bool = True
    ) -> bool:
        judged = "OM-COMMON-13" if self.status == 401 else behaviour
        return self.judge.expect(
            judged,
            holds,
            self.exchange,
            expected=f"{expected} in the answer with {self.status}",
            received=received,
            strict=strict and self.status != 401,
            conclusive=True,
        )


def _look_at_members(expectations: _Expectations, status: int, body: dict[str, Any]) -> None:
    look = expectations.look
    has = {name: isinstance(body.get(name), str) for name in ("reason", "detail")}
    look("OM-COMMON-17", all(has.values()), "the strings reason and detail", str(has))
    error = body.get("error")
    is_integer = isinstance(error, int) and not isinstance(error, bool)
    look("OM-COMMON-17", error is not None, "a member error")
    look(
        "OM-COMMON-18", error is None or (is_integer and error == status), f"the integer {status} as error", str(error)
    )
    code, parameters = body.get("errorCode"), body.get("parameters")
    fits = parameters is None or (isinstance(parameters, list) and all(isinstance(each, str) for each in parameters))
    look("OM-COMMON-17", code is None or isinstance(code, str), "an errorCode that is a string or null", str(code))
    look("OM-COMMON-17", fits, "parameters that are an array of strings", str(parameters))
    if status not in (401, 405):
        there = code is not None and parameters is not None
        look("OM-COMMON-17", there, "errorCode and parameters", strict=False)
    phrase = _PHRASES.get(status)
    if has["reason"] and phrase is not None:
        same = body["reason"].lower() == phrase.lower()
        look("OM-COMMON-19", same, f"{phrase} as reason", str(body["reason"])[:100], strict=False)
    if has["detail"] and isinstance(parameters, list):
        unnamed = [each for each in parameters if isinstance(each, str) and each.lower() not in body["detail"].lower()]
        look("OM-COMMON-19", not unnamed, "parameters that detail names", str(unnamed)[:200], strict=False)


def _look_at_challenges(judge: Judge, exchange: Exchange, response: Response, asked: Asked) -> None:
    values = [value for name, value in response.headers if name.lower() == "www-authenticate"]
    digests = [challenge for challenge in challenges_in(values) if challenge.scheme == "digest"]
    usable = bool(digests) and bool(digests[0].value("nonce")) and digests[0].value("realm") is not None
    judge.expect(
        "OM-COMMON-03",
        usable,
        exchange,
        expected="a WWW-Authenticate challenge of the scheme Digest, with a realm and a nonce",
        received="; ".join(values) or "no WWW-Authenticate",
        strict=asked.stranger,
        conclusive=True,
    )
    if digests:
        _look_at_parameters(judge, exchange, digests[0], asked, alone=len(digests) == 1)


def _look_at_parameters(judge: Judge, exchange: Exchange, challenge: Challenge, asked: Asked, *, alone: bool) -> None:
    def expect(behaviour: str, holds: bool, expected: str, received: str | None) -> None:
        judge.expect(behaviour, holds, exchange, expected=expected, received=received, strict=False, conclusive=True)

    names = [name for name, _ in challenge.parameters]
    realm = challenge.value("realm")
    expect("OM-COMMON-04", realm == "MMS Public API", 'realm="MMS Public API"', realm)
    misspelt = "op" in names and "qop" not in names
    expect("OM-COMMON-07", not misspelt, "qop (opsmanager A07)", "op")
    wanted = {"algorithm": "MD5", "qop": "auth", "domain": ""} | ({"stale": "false"} if asked.stranger else {})
    for name, value in wanted.items():
        given = challenge.value(name)
        if not (name == "qop" and misspelt):
            expect("OM-COMMON-05", given == value, f"{name}={value!r} in the challenge", str(given))
    more = sorted(set(names) - {"realm", "domain", "nonce", "algorithm", "qop", "op", "stale"})
    repeated = len(set(names)) < len(names)
    expect("OM-COMMON-05", not more and not repeated, "no further parameters, and none twice", ", ".join(names))
    expect("OM-COMMON-05", alone, "one challenge of the scheme Digest", None)
    expect("OM-COMMON-05", challenge.tidy, "parameters separated by a comma and a blank", None)
