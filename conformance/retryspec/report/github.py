"""Tells GitHub Actions what a run found: annotations on standard output, and a job summary.

Both are written where their environment variables are set.
How values are escaped: "Workflow commands for GitHub Actions".
"""

import os
import sys
from pathlib import Path

from retryspec.report.content import numbered_findings
from retryspec.runner import RunReport
from retryspec.verdicts import Outcome

__all__ = ["tell_github"]

MOST_ANNOTATIONS = 10
"""Annotations of a kind that GitHub shows of one step."""

MOST_OF_A_TEXT = 500


def tell_github(report: RunReport) -> None:
    """Write annotations and the job summary, each where GitHub Actions asks for it."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stdout.writelines(line + "\n" for line in annotations(report))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8", errors="replace") as file:
            file.write(markdown(report))


def annotations(report: RunReport) -> list[str]:
    """A workflow command for each finding that fails or warns."""
    lines: dict[str, list[str]] = {"error": [], "warning": []}
    for slug, found in numbered_findings(report).items():
        for number, result, finding in found:
            kind = "error" if result.outcome is Outcome.FAIL and not result.known else "warning"
            title = _property(f"{slug}-{number} {result.behaviour.id}")
            told = f"{result.behaviour.says} Expected {finding.expected}; received {finding.received}"
            lines[kind].append(f"::{kind} title={title}::{_data(told[:MOST_OF_A_TEXT])}")
    return [line for kind in lines.values() for line in kind[:MOST_ANNOTATIONS]]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(report: RunReport) -> str:
    """The job summary."""
    lines = [f"## retryspec: {report.verdict.value}", "", "| API | verdict | " + " | ".join(Outcome) + " |"]
    lines.append("|---|---|" + "---|" * len(Outcome))
    for api in report.apis:
        counts = " | ".join(str(api.count(outcome)) for outcome in Outcome)
        lines.append(f"| {_cell(api.slug)} | {api.verdict.value} | {counts} |")
    for slug, found in numbered_findings(report).items():
        lines += [
            f"- **{slug}-{number}** {result.outcome.value} {result.behaviour.id}: {_cell(result.behaviour.says)} "
            f"Expected {_cell(finding.expected)}; received {_cell(finding.received)}"
            for number, result, finding in found[:MOST_ANNOTATIONS]
        ]
    return "\n".join(lines) + "\n\n"


def _cell(text: str) -> str:
    """A text that is neither markup nor a new line of it."""
    flat = " ".join(text[:MOST_OF_A_TEXT].split())
    escaped = "".join(f"\\{each}" if each in "\\`*_{}[]()#+!|~@" else each for each in flat)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
