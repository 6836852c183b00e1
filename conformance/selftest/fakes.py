"""Values that the tests of judging and reporting begin with."""

from retryspec.behaviours import Behaviour, Level
from retryspec.exchange import Exchange, Request, Response
from retryspec.verdicts import CheckResult, ExchangeRecord, Finding, Strength

__all__ = [
    "CATALOGUE",
    "CHECK",
    "answered_with",
    "behaviour",
    "check_result",
    "finding",
    "record_of",
    "unanswered",
]

CHECK = "suite/sls/test_fakes.py::test_fake"


def behaviour(
    name: str, level: Level = Level.MUST, *, operation: str | None = None, unobservable: str | None = None
) -> Behaviour:
    """A behaviour."""
    return Behaviour(name, level, f"What {name} says.", "seed 000", operation, (), unobservable)


CATALOGUE = {
    entry.id: entry
    for entry in (behaviour("X-MUST-01"), behaviour("X-SHOULD-02", Level.SHOULD), behaviour("X-MAY-03", Level.MAY))
}


def finding(
    name: str = "X-MUST-01",
    strength: Strength = Strength.STRICT,
    *,
    received: str = "200",
    exchange: ExchangeRecord | None = None,
    stable: bool = True,
) -> Finding:
    """A finding."""
    return Finding(name, CHECK, strength, "400", received, exchange, stable=stable)


def check_result(
    *decides: str, observed: bool = True, findings: tuple[Finding, ...] = (), check: str = CHECK, **more: str | None
) -> CheckResult:
    """What a check found that decides these behaviours."""
    seen = frozenset(decides) if observed else frozenset()
    return CheckResult(
        check=check,
        decides=decides,
        observed=seen,
        findings=findings,
        untested=more.get("untested"),
        skipped=more.get("skipped"),
        error=more.get("error"),
    )


def answered_with(status: int = 200, body: bytes = b"{}") -> Exchange:
    """An exchange with an answer."""
    return Exchange(Request("GET", "/", (("Host", "h"),)), Response(status, (), body, 0.01))


def unanswered(failure: str = "cannot connect") -> Exchange:
    """An exchange without an answer."""
    return Exchange(Request("GET", "/", (("Host", "h"),)), None, failure)


def record_of(exchange: Exchange) -> ExchangeRecord:
    """The record of an exchange, with nothing taken out."""
    request, response = exchange.request, exchange.response
    return ExchangeRecord(
        method=request.method,
        url=f"http://h{request.target}",
        request_headers=request.headers,
        request_body="",
        status=response.status if response else None,
        response_headers=response.headers if response else (),
        response_body=response.body.decode("utf-8", "replace") if response else "",
        seconds=response.seconds if response else None,
        failure=exchange.failure,
        curl="curl http://h/",
    )
