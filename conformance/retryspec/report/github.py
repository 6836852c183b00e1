"""Tells GitHub Actions what a run found: annotations, and a summary of the job in Markdown.

Both are written where its environment variables are set.
Its runner reads each line that a step prints and obeys those that look like commands, indented ones as well.
So nothing that a server sent may be printed there as it came: in what we tell it is escaped, and while a person is told
commands are stopped. How both is done: "Workflow commands for GitHub Actions".
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from retryspec.report.content import numbered_findings
from retryspec.runner import RunReport
from retryspec.verdicts import BehaviourResult, Finding, Outcome, Strength
from retryspec.visible import visible

__all__ = ["commands_stopped", "tell_github", "without_commands"]

MOST_ANNOTATIONS = 10
"""Annotations of a kind that GitHub shows of one step."""

MOST_FINDINGS = 50
"""Findings of an API in the summary, for which GitHub takes a MiB."""

MOST_OF_A_TEXT = 500


def tell_github(report: RunReport, stream: TextIO) -> None:
    """Write annotations and the job summary, each where GitHub Actions asks for it."""
    if not _listens():
        return
    stream.writelines(line + "\n" for line in annotations(report))
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(file).open("a", encoding="utf-8", errors="replace") as summary:
                summary.write(markdown(report))
        except OSError as error:
            # The verdict does not hang on it.
            stream.write(f"::warning::{_data(f'the job summary cannot be written: {error.strerror}')}\n")
    stream.flush()


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Keep GitHub Actions from obeying what is printed on standard output meanwhile."""
    if not _listens():
        yield
        return
    token = secrets.token_hex(16)
    sys.stdout.write(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        sys.stdout.write(f"::{token}::\n")


def without_commands(text: str) -> str:
    """JSON in which nothing is a command to GitHub Actions: the older kind may stand anywhere in a line."""
    return text.replace("##[", "#\\u0023[")


def _listens() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotations(report: RunReport) -> list[str]:
    """A workflow command for each run that was not finished, and for each finding: an error, a warning or a notice."""
    lines: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for api in report.apis:
        if api.trouble:
            lines["error"].append(f"::error title={_property(api.slug)}::{_data(_cut(api.trouble))}")
    for slug, found in numbered_findings(report).items():
        for number, result, finding in found:
            kind = "error" if result.outcome is Outcome.FAIL and not result.known else "warning"
            kind = "notice" if finding.strength is Strength.NOTE else kind
            title = _property(f"{slug}-{number} {result.behaviour.id}")
            lines[kind].append(f"::{kind} title={title}::{_data(_told(result, finding))}")
    return [line for kind in lines.values() for line in kind[:MOST_ANNOTATIONS]]


def _told(result: BehaviourResult, finding: Finding) -> str:
    return f"{result.behaviour.says}\nexpected: {_cut(finding.expected)}\nreceived: {_cut(finding.received)}"


def _cut(text: str) -> str:
    return visible(text[:MOST_OF_A_TEXT])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(report: RunReport) -> str:
    """The job summary."""
    lines = [f"## retryspec: {report.verdict.value}", "", "| API | server | verdict | " + " | ".join(Outcome) + " |"]
    lines.append("|---|---|---|" + "---:|" * len(Outcome))
    for api in report.apis:
        counts = " | ".join(str(api.count(outcome)) for outcome in Outcome)
        lines.append(f"| {api.slug} | {_text(api.base_url)} | {api.verdict.value} | {counts} |")
    lines.append("")
    lines += [f"- {api.slug}: {_text(api.trouble)}" for api in report.apis if api.trouble]
    for slug, found in numbered_findings(report).items():
        lines += [
            f"- **{slug}-{number}** {result.outcome.value} {result.behaviour.id}: {_text(result.behaviour.says)} "
            f"Expected: {_text(finding.expected)}; received: {_text(finding.received)}"
            for number, result, finding in found[:MOST_FINDINGS]
        ]
        if len(found) > MOST_FINDINGS:
            lines.append(f"- {slug}: {len(found) - MOST_FINDINGS} more in the report")
    return "\n".join(lines) + "\n\n"


def _text(text: str) -> str:
    """A text that is shown as it is: every sign that could mean something to Markdown or HTML is an entity."""
    return re.sub(r"[^\w ,;()'-]|_", lambda sign: f"&#{ord(sign[0])};", " ".join(_cut(text).split()))
