"""`retryspec replay`: see whether a finding of a report still holds."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from retryspec.cli.target import target_file
from retryspec.errors import UsageError

__all__ = ["replay"]


def replay(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The id of a finding, such as F3 or sls-F3.")],
    target: Annotated[Path | None, typer.Option(metavar="FILE", help="The target file: which servers.")] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Start the reference server and ask that.")] = False,
    timeout: Annotated[float, typer.Option(min=0.01, metavar="SECONDS", help="For one exchange.")] = 10.0,
    settle: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="For a state to show.")] = 5.0,
) -> None:
    """Conduct the check of a finding again, freshly signed and with fresh state: exit 0 if it passes now, 1 if not."""
    from retryspec.console import safe
    from retryspec.report.reading import read_report
    from retryspec.runner import Plan, run
    from retryspec.verdicts import Outcome

    content = read_report(report)
    slug, behaviour, told = _found(content, finding, report)
    with target_file(target, reference, (slug,)) as file:
        plan = Plan(
            target=file,
            slugs=(slug,),
            depth=content["tool"]["depth"],
            seed=content["tool"]["seed"],
            timeout=timeout,
            settle=settle,
            checks=(told["check"],),
        )
        again = run(plan)
    [api] = again.apis
    result = next(each for each in api.behaviours if each.behaviour.id == behaviour["id"])
    lines = [
        f"{behaviour['id']}  {behaviour['says']}",
        f"then      expected {told['expected']}",
        f"          received {told['received']}",
    ]
    for each in result.findings:
        lines += [f"now       expected {each.expected}", f"          received {each.received}"]
        lines += [f"          {each.exchange.curl}"] if each.exchange else []
    still = bool(result.findings)
    looked = result.outcome in (Outcome.PASS, Outcome.SKIPPED) or result.partly
    if not still:
        lines.append(f"now       {'as it should be' if looked and not api.trouble else api.trouble or result.reason}")
    sys.stdout.write("\n".join(safe(line) for line in lines) + "\n")
    raise typer.Exit(1 if still else 0 if looked and not api.trouble else 3)


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
    raise UsageError(f"{report}: there is no finding {finding!r} in this report.")
