"""`retryspec replay`: see whether a finding of a report still holds."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retryspec.cli.options import DAY
from retryspec.cli.target import target_file
from retryspec.errors import RunError, UsageError
from retryspec.visible import visible

if TYPE_CHECKING:
    from retryspec.runner import ApiReport
    from retryspec.verdicts import BehaviourResult, ExchangeRecord

__all__ = ["replay"]

MOST_NAMED = 12
"""Findings that are named where the one that was asked for is not there."""

MOST_SHOWN = 4000
"""Characters of an answer's body that a replay shows."""


def replay(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The id of a finding, such as F3 or sls-F3.")],
    target: Annotated[Path | None, typer.Option(metavar="FILE", help="The target file: which servers.")] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Start the reference server and ask that.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Send nothing that can change state.")] = False,
    allow_retry: Annotated[
        bool, typer.Option("--allow-retry", help="Retry tasks as well that were only found in a list.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.01, max=DAY, metavar="SECONDS", help="For one exchange.")] = 10.0,
    settle: Annotated[float, typer.Option(min=0, max=DAY, metavar="SECONDS", help="For a state to show.")] = 5.0,
    max_time: Annotated[float, typer.Option(min=1, max=DAY, metavar="SECONDS", help="For all of it.")] = 300.0,
) -> None:
    """Conduct the check of a finding again, freshly signed and with fresh state.

    Exit 0 if the server behaves now, 1 if it still does not, 2 for a wrong call, 3 if that could not be seen.
    """
    from retryspec.report.reading import read_report
    from retryspec.runner import Plan, run

    content = read_report(report)
    slug, behaviour, told = _found(content, finding, report)
    with target_file(target, reference, (slug,)) as file:
        plan = Plan(
            target=file,
            slugs=(slug,),
            depth=content["tool"]["depth"],
            seed=content["tool"]["seed"],
            read_only=read_only,
            allow_retry=allow_retry,
            timeout=timeout,
            settle=settle,
            max_time=max_time,
            checks=(told["check"],),
        )
        [api] = run(plan).apis
    result = next((each for each in api.behaviours if each.behaviour.id == behaviour["id"]), None)
    if result is None:
        raise RunError(f"{report}: this version of retryspec knows no behaviour {behaviour['id']}.")
    still = _still_holds(result, behaviour)
    unseen = None if still else _why_unseen(api, result, told["check"])
    for label, text in _lines(behaviour, told, result, unseen):
        lines = visible(text, kept="\n").split("\n")
        sys.stdout.write(f"{label:9} " + ("\n" + " " * 10).join(lines) + "\n")
    raise typer.Exit(1 if still else 3 if unseen else 0)


def _found(content: dict[str, Any], finding: str, report: Path) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The API, the behaviour and the finding of an id.

    Raises:
        UsageError: the report has none of that id.
    """
    slug, _, number = finding.rpartition("-")
    for api in content["apis"]:
        for behaviour in api["behaviours"]:
            for each in behaviour["findings"]:
                if each["id"] == number and slug in ("", api["api"]):
                    return api["api"], behaviour, each
    there = [
        f"{api['api']}-{each['id']}" for api in content["apis"] for b in api["behaviours"] for each in b["findings"]
    ]
    named = ", ".join(there[:MOST_NAMED]) or "none"
    more = " and more" if len(there) > MOST_NAMED else ""
    raise UsageError(f"{report}: there is no finding {finding!r} in this report; there is {named}{more}.")


def _still_holds(result: "BehaviourResult", behaviour: dict[str, Any]) -> bool:
    """Whether the check speaks against the server again; a mere note counts where it was no more before."""
    from retryspec.verdicts import Outcome

    if result.outcome in (Outcome.FAIL, Outcome.WARN, Outcome.UNSTABLE):
        return True
    return bool(result.findings) and behaviour["outcome"] not in ("fail", "warn", "unstable")


def _why_unseen(api: "ApiReport", result: "BehaviourResult", check: str) -> str | None:
    """Why nothing can be said of the server now; None when it was seen to behave."""
    from retryspec.verdicts import Outcome

    if api.trouble:
        return api.trouble
    decided = [each for each in api.behaviours if check.partition("[")[0] in each.checks]
    if not decided:
        return f"this version of retryspec has no check {check}; run `retryspec check` again"
    if result.checks:
        decided = [result]
    # A check also says what speaks against behaviours that it does not decide: of such a one nothing is left to say
    # once the check came to its end.
    nothing = (Outcome.UNTESTED, Outcome.SKIPPED, Outcome.ERROR)
    seen = [each for each in decided if each.partly or each.outcome not in nothing]
    stopped = [each for each in decided if each not in seen and each.outcome is not Outcome.SKIPPED]
    if seen and not stopped:
        return None
    return next((each.reason for each in stopped or decided if each.reason), "the check came to no observation")


def _lines(
    behaviour: dict[str, Any], told: dict[str, Any], result: "BehaviourResult", unseen: str | None
) -> Iterator[tuple[str, str]]:
    yield behaviour["id"], behaviour["says"]
    yield "then", f"expected {told['expected']}"
    yield "", f"received {told['received']}"
    for finding in result.findings:
        yield "now", f"expected {finding.expected}"
        yield "", f"received {finding.received}"
        if finding.exchange:
            yield from _exchange(finding.exchange)
    if not result.findings:
        yield "now", f"not seen: {unseen}" if unseen else "as it should be"


def _exchange(exchange: "ExchangeRecord") -> Iterator[tuple[str, str]]:
    yield "sent", f"{exchange.method} {exchange.url}"
    if exchange.request_body:
        yield "", exchange.request_body
    if exchange.status is None:
        yield "got", exchange.failure or "no answer"
    else:
        yield "got", f"{exchange.status} after {1000 * (exchange.seconds or 0):.0f} ms"
        for name, value in exchange.response_headers:
            yield "", f"{name}: {value}"
        if exchange.response_body:
            yield "", exchange.response_body[:MOST_SHOWN]
        if (more := len(exchange.response_body) - MOST_SHOWN) > 0:
            yield "", f"... and {more} characters more"
    yield "curl", exchange.curl
