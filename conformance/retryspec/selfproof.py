"""Proves, before a run, that the judging still works: a built-in responder breaks its contract and has to be found out.

No server is involved. A run whose own judging is broken would be green for nothing.
"""

from retryspec.behaviours import Behaviour, Level
from retryspec.checks import Judge, conduct
from retryspec.exchange import Exchange, Request, Response
from retryspec.shape import BadJson, parse_json
from retryspec.verdicts import CheckResult, ExchangeRecord, Outcome, Verdict, api_verdict, judge_behaviours

__all__ = ["prove_judging"]

_KEPT = Behaviour("SELF-01", Level.MUST, "The answer is 200.", "retryspec", None, (), None)
_BROKEN = Behaviour("SELF-02", Level.MUST, "The answer has a JSON body.", "retryspec", None, (), None)
_UNSEEN = Behaviour("SELF-03", Level.MUST, "Nobody looks at this.", "retryspec", None, (), None)
_CATALOGUE = {behaviour.id: behaviour for behaviour in (_KEPT, _BROKEN, _UNSEEN)}

_ANSWER = Exchange(Request("GET", "/", ()), Response(200, (), b"{", 0.0))


def prove_judging() -> None:
    """Judge a responder that keeps one statement and breaks another.

    Raises:
        RuntimeError: the judging does not tell them apart.
    """
    result = conduct(lambda: Judge("selfproof", ("SELF-01", "SELF-02"), _CATALOGUE, _record), _check)
    outcomes = {r.behaviour.id: r.outcome for r in judge_behaviours(_CATALOGUE, [result], selected=_CATALOGUE)}
    expected = {"SELF-01": Outcome.PASS, "SELF-02": Outcome.FAIL, "SELF-03": Outcome.UNTESTED}
    if outcomes != expected or _verdict(result) is not Verdict.BREAKS or _verdict(None) is not Verdict.INCOMPLETE:
        raise RuntimeError(f"The suite's own judging is broken: {outcomes}.")


def _check(judge: Judge) -> None:
    response = _ANSWER.response
    if response is None:
        return
    judge.expect("SELF-01", response.status == 200, _ANSWER, expected="200")
    judge.expect("SELF-02", _is_json(response.body), _ANSWER, expected="JSON")


def _is_json(body: bytes) -> bool:
    try:
        parse_json(body)
    except BadJson:
        return False
    return True


def _record(exchange: Exchange) -> ExchangeRecord:
    return ExchangeRecord(exchange.request.method, "", (), "", 200, (), "", None, None, "")


def _verdict(result: CheckResult | None) -> Verdict:
    results = [] if result is None else [result]
    return api_verdict(judge_behaviours(_CATALOGUE, results, selected=_CATALOGUE), finished=True)
