"""Our own lints of a contract document: what no other tool looks at, and what the suite and the generator rely on.

python -m retryspec.document_lints openapi/sls.yaml
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retryspec.document_lints.arazzo import arazzo
from retryspec.document_lints.rules import RULES, local_references
from retryspec.document_lints.source import Source
from retryspec.errors import RetryspecError, UsageError

__all__ = ["Finding", "lint", "main"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place of a document that breaks one rule."""

    path: Path
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def lint(path: Path) -> list[Finding]:
    """Every finding in one document, in the order of its lines.

    Raises:
        UsageError: the file cannot be read, is no YAML mapping, or a library for reading it is missing.
    """
    source = Source(path)
    objections = [*source.early]
    # References that lead nowhere would make the other rules speak about what is not there.
    broken = list(local_references(source))
    if broken:
        objections += [("local-references", pointer, message) for pointer, message in broken]
    elif "arazzo" in source.content:
        objections += [("arazzo", pointer, message) for pointer, message in arazzo(source)]
    else:
        objections += [(name, pointer, message) for name, rule in RULES.items() for pointer, message in rule(source)]
    findings = {Finding(path, source.line(pointer), rule, message) for rule, pointer, message in objections}
    return sorted(findings, key=lambda finding: (finding.line, finding.rule, finding.message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the findings in the documents named; 1 when there is one, 2 when a document cannot be looked at."""
    names = sys.argv[1:] if arguments is None else arguments
    if not names:
        print("usage: python -m retryspec.document_lints FILE...", file=sys.stderr)
        return UsageError.exit_code
    try:
        findings = [finding for name in names for finding in lint(Path(name))]
    except RetryspecError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for finding in findings:
        print(finding)
    return 1 if findings else 0
