"""What a person sees on the terminal: after a run a summary to act on.

Everything that came from a server is shown as text: control characters are replaced, markup is not interpreted.
"""

from itertools import groupby

from rich.console import Console
from rich.text import Text

from retryspec.report import numbered_findings
from retryspec.runner import ApiReport, RunReport
from retryspec.verdicts import BehaviourResult, Finding, Outcome, Strength, Verdict
from retryspec.visible import visible

__all__ = ["print_summary"]

COLOURS = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.WARN: "yellow",
    Outcome.UNSTABLE: "yellow",
    Outcome.UNTESTED: "cyan",
    Outcome.SKIPPED: "dim",
    Outcome.ERROR: "bold magenta",
}
MOST_SHOWN = 400
MOST_IDS = 3
MOST_FINDINGS = 3
"""Findings shown of one behaviour; the report has them all."""


def print_summary(report: RunReport, *, verbose: bool, out: str) -> None:
    """Print the verdict, and what speaks against each API."""
    console = Console(highlight=False, soft_wrap=True)
    if console.no_color:
        # Without this rich would leave out the colours alone, and still print what is bold or dim.
        console = Console(highlight=False, soft_wrap=True, force_terminal=False)
    numbered = numbered_findings(report)
    for api in report.apis:
        _print_api(console, api, numbered[api.slug], verbose=verbose)
    requests = sum(api.requests for api in report.apis)
    seconds = f"{report.seconds:.1f} s"
    line = Text(f"{report.verdict.value}", style="bold green" if report.verdict is Verdict.CONFORMS else "bold red")
    line.append(
        f"  {requests} requests in {seconds}, seed {report.seed}, depth {report.depth}; report in {safe(out)}",
        "default",
    )
    console.print(line)


def _print_api(
    console: Console, api: ApiReport, numbered: list[tuple[str, BehaviourResult, Finding]], *, verbose: bool
) -> None:
    console.print(Text(f"{api.slug}  {safe(api.base_url)}", style="bold"))
    if api.trouble:
        console.print(Text(f"  {safe(api.trouble)}", style=COLOURS[Outcome.ERROR]))
    for behaviour, findings in groupby(numbered, key=lambda entry: entry[1].behaviour.id):
        shown = list(findings)
        for number, result, finding in shown[:MOST_FINDINGS]:
            _print_finding(console, number, result, finding)
        if len(shown) > MOST_FINDINGS:
            rest = shown[MOST_FINDINGS:]
            console.print(f"           {behaviour}: {len(rest)} more in the report, {rest[0][0]} to {rest[-1][0]}")
    for result in api.behaviours:
        if verbose or _needs_a_line(api, result):
            _print_line(console, result)
    if verbose:
        for operation, statuses in api.reached.items():
            reached = ", ".join(f"{cases} x {status}" for status, cases in statuses.items())
            console.print(Text(f"  generated requests of {operation}: {reached}", style="dim"))
    if api.changing:
        named = ", ".join(safe(name) for name in api.changed[:MOST_IDS])
        more = f" and {len(api.changed) - MOST_IDS} more" if len(api.changed) > MOST_IDS else ""
        console.print(Text(f"  {api.changing} requests that can change state, to {named}{more}", style="dim"))
    counts = Text("  ")
    for outcome in Outcome:
        if api.count(outcome):
            counts.append(f"{api.count(outcome)} {outcome.value}", style=COLOURS[outcome]).append("  ")
    console.print(counts)
    console.print()


def _needs_a_line(api: ApiReport, result: BehaviourResult) -> bool:
    """Whether a behaviour without findings has something to say; after a failed smoke all of them say the same."""
    if result.outcome is Outcome.UNTESTED:
        return api.trouble is None and result.behaviour.unobservable is None
    return result.outcome is Outcome.ERROR or bool(result.reason and result.outcome is Outcome.PASS)


def _print_line(console: Console, result: BehaviourResult) -> None:
    line = Text("  ").append(f"{result.outcome.value:9}", style=COLOURS[result.outcome])
    line.append(f"{result.behaviour.id}  {result.behaviour.says}")
    if result.reason:
        line.append(f"  ({safe(result.reason)})", style="dim")
    console.print(line)


def _print_finding(console: Console, number: str, result: BehaviourResult, finding: Finding) -> None:
    behaviour = result.behaviour
    title = Text("  ").append(*_weight_of(finding))
    title.append(f"{number}  {behaviour.id} {behaviour.level}  {behaviour.says}", style="bold")
    console.print(title)
    rows = [("expected", finding.expected), ("received", finding.received), ("source", _source(result))]
    if result.known and result.reason:
        rows.append(("note", result.reason))
    if finding.exchange:
        rows.append(("curl", finding.exchange.curl))
    for label, value in rows:
        most = len(value) if label == "curl" else MOST_SHOWN
        console.print(Text("           ").append(f"{label:9}", style="dim").append(safe(value[:most])))


def _weight_of(finding: Finding) -> tuple[str, str]:
    """What a finding amounts to, in a word and its style; what a server may do is only noted."""
    if finding.strength is Strength.NOTE:
        return f"{'note':9}", "dim"
    broken = Outcome.FAIL if finding.strength is Strength.STRICT else Outcome.WARN
    outcome = broken if finding.stable else Outcome.UNSTABLE
    return f"{outcome.value:9}", COLOURS[outcome]


def _source(result: BehaviourResult) -> str:
    decision = ", ".join(result.behaviour.decision)
    return f"{result.behaviour.source}; decision {decision}" if decision else result.behaviour.source


def safe(text: str) -> str:
    """Text that cannot command a terminal: control and direction characters are shown as what they are.

    A line break is kept, but no line after it can pass for one of ours.
    """
    return visible(text, kept="\n").replace("\n", "\n" + " " * 20)
